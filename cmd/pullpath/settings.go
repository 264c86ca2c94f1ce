package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/profile"
	"pullpath/internal/report"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/internal/userfile"
	"pullpath/mockproxy"
)

// settingsOptions are the flags of settings as typed.
type settingsOptions struct {
	env, root, profile      string
	clients, outputs        []string
	strict, quiet, noColour bool
	suggest                 bool
}

// newSettings tells which proxy each client will use, and why.
func newSettings(s streams) *cobra.Command {
	o := &settingsOptions{}
	c := &cobra.Command{
		Use: "settings [HOST ...]", Short: "Which proxy each client on this host will use, and why",
		Long: "settings shows, for each client and host, whether it goes direct or to which proxy, and the variable,\n" +
			"file and line and NO_PROXY entry that decide. HOST is a host, host:port or URL; without one the\n" +
			"profile's hosts are taken. Nothing is sent and nothing is run.",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			return showSettings(c.Context(), s, o, args)
		},
	}
	f := c.Flags()
	f.StringVar(&o.env, "env", "", "`file` with a saved environment, NUL or newline separated; - is stdin; nothing else is read")
	f.StringVar(&o.root, "root", "", "`dir` with a host's files (sosreport, must-gather, image) to read instead of this host's")
	f.StringSliceVar(&o.clients, "clients", nil, "comma-separated `list` of families or versions: curl, go-1.22.12")
	f.StringVar(&o.profile, "profile", "redhat", "built-in profile or YAML `file` whose hosts are taken")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "`format[=file]`: table, json; repeatable")
	f.BoolVar(&o.strict, "strict", false, "exit status 1 when anything was found wrong")
	f.BoolVar(&o.suggest, "suggest", false, "print the recommended settings in the form of each client's file")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the sum alone")
	f.BoolVar(&o.noColour, "no-color", false, "no colour")
	return c
}

func showSettings(ctx context.Context, s streams, o *settingsOptions, args []string) error {
	outputs, err := within(ctx, openingOutputs, func() (*outputs, error) { return openOutputs(s, orTable(o.outputs)) })
	if err != nil {
		return err
	}
	defer outputs.discard()
	_, err = within(ctx, "reading the settings", func() (struct{}, error) { return struct{}{}, writeSurvey(s, o, outputs, args) })
	return err
}

// writeSurvey reads what is asked about and writes it.
func writeSurvey(s streams, o *settingsOptions, outputs *outputs, args []string) error {
	survey, err := o.survey(s, args)
	if err != nil {
		return err
	}
	trace := survey.Record()
	result := diagnosis.Diagnose(trace, catalogue.All())
	if o.suggest {
		return suggest(s.out, survey, trace)
	}
	if err := outputs.each(s, func(out *output, w io.Writer) error { return out.writeSettings(w, s, o, trace, result) }); err != nil {
		return err
	}
	if o.strict && len(result.Unmasked()) > 0 {
		return &statusError{status: exitFindings}
	}
	return nil
}

// writeSettings renders one output of settings.
func (o *output) writeSettings(w io.Writer, s streams, options *settingsOptions, t *evidence.Trace, r diagnosis.Result) error {
	switch o.format {
	case "json":
		return report.SettingsJSON(w, t, r)
	case "table", "wide":
		colour := w == io.Writer(s.out) && isTerminal(s.out) && !options.noColour && os.Getenv("NO_COLOR") == ""
		return report.SettingsTable(w, t, r, report.TableOptions{Width: terminalWidth(s.out), Quiet: options.quiet, Colour: colour})
	}
	return errors.New("settings is written as table or json")
}

// survey gathers what is asked about: hosts, clients and what they read.
func (o *settingsOptions) survey(s streams, args []string) (flows.Survey, error) {
	hostname, _ := os.Hostname()
	out := flows.Survey{Now: time.Now, Seed: newSeed(), Version: version,
		Vantage: evidence.Vantage{Hostname: hostname, OS: runtime.GOOS}}
	if o.env != "" || o.root != "" {
		out.Vantage.Hostname = ""
	}
	if o.env == "" && o.root == "" && os.Getenv(mockproxy.PassVariable) != "" {
		return o.madeUpSurvey(out, args)
	}
	host, err := o.host(s.in)
	if err != nil {
		return out, err
	}
	if out.Targets, out.Profile, err = surveyTargets(args, o.profile); err != nil {
		return out, err
	}
	switch {
	case len(o.clients) > 0:
		out.Clients, err = settings.OfDialects(o.clients, host.Env)
		if err != nil {
			err = &hintError{err.Error(), "write a family, or family-version as in curl-7.88.1"}
		}
	case host.Root == nil:
		out.Clients = settings.OfEnvironment(host.Env)
	default:
		reading := settings.Read(host)
		out.Clients, out.Remarks = reading.Clients, append(out.Remarks, reading.Remarks...)
		var remarks []settings.Remark
		out.Targets, remarks = withMirrors(host, out.Targets)
		out.Remarks = append(out.Remarks, remarks...)
	}
	return out, err
}

// host is what is read: this machine, the files below --root, or, with --env
// alone, the saved environment and nothing else.
func (o *settingsOptions) host(stdin io.Reader) (settings.Host, error) {
	h := settings.Host{Home: home()}
	if o.root != "" || o.env == "" {
		root, err := settings.OpenRoot(cmp.Or(o.root, "/"))
		if err != nil {
			return h, &hintError{"--root: " + err.Error(), "give the directory that holds etc, usr and so on"}
		}
		h.Root = root
	}
	if o.root != "" {
		h.Home = "/root"
	}
	switch {
	case o.env != "":
		var err error
		h.Env, err = o.savedEnv(stdin)
		return h, err
	case o.root != "":
		h.Env, h.EnvRemarks = settings.LoginEnvironment(h.Root, h.Home)
	default:
		h.Env = processEnvironment()
	}
	return h, nil
}

// withMirrors adds the hosts that registries.conf puts in the place of a target
// or in front of it.
func withMirrors(host settings.Host, targets []flows.SurveyTarget) (all []flows.SurveyTarget, unread []settings.Remark) {
	out := slices.Clone(targets)
	registries := settings.ReadRegistries(host.Root, host.Home, host.Env)
	for _, m := range registries.Remarks {
		if m.Code == settings.TooLarge {
			unread = append(unread, settings.Remark{Code: settings.NotAllRead, Source: m.Source, Text: "not all was read: " + m.Source + " " + m.Text})
		}
	}
	known := map[string]bool{}
	for _, t := range targets {
		known[t.URL.Host] = true
	}
	for _, t := range targets {
		for _, m := range registries.Contacts(t.URL.Host) {
			u, err := flows.ParseSurveyTarget(m.Host)
			if err != nil || known[u.Host] {
				continue
			}
			if len(out) == len(targets)+maxMirrors {
				return out, append(unread, settings.Remark{Code: settings.NotAllRead, Source: m.Source,
					Text: fmt.Sprintf("not all was read: more than %d mirrors are named", maxMirrors)})
			}
			if m.Insecure {
				u.Scheme = "http"
			}
			known[u.Host] = true
			out = append(out, flows.SurveyTarget{URL: u, Role: evidence.Registry, FoundBy: m.Source})
		}
	}
	return out, unread
}

// maxMirrors bounds the mirrors that are asked about: a disconnected cluster has some
// ten, and each is a column of the table.
const maxMirrors = 100

// savedEnv reads the file of --env.
func (o *settingsOptions) savedEnv(stdin io.Reader) (route.Environment, error) {
	if o.env == "-" {
		data, err := userfile.ReadFrom(stdin, maxEnvironment)
		if err != nil {
			return nil, fmt.Errorf("--env -: %w", err)
		}
		return usable(savedEnvironment(data, "stdin"))
	}
	data, err := userfile.Read(o.env, maxEnvironment)
	if err != nil {
		return nil, fmt.Errorf("--env: %w", err)
	}
	return usable(savedEnvironment(data, o.env))
}

// usable refuses an environment that no process has: Linux gives none a variable of 128
// KiB (execve(2), MAX_ARG_STRLEN), and nobody sets a thousand for proxies.
func usable(env route.Environment) (route.Environment, error) {
	const maxValue, maxNames = 128 << 10, 1000
	for _, v := range env {
		if len(v.Value) > maxValue {
			return nil, fmt.Errorf("--env: %s has more than %d bytes, which no process can have", v.Name, maxValue)
		}
	}
	if len(env) > maxNames {
		return nil, fmt.Errorf("--env: more than %d variables that concern proxies", maxNames)
	}
	return env, nil
}

// maxEnvironment bounds a saved environment: the kernel takes 2 MiB of arguments
// and environment together (execve(2), a quarter of the default stack).
const maxEnvironment = 4 << 20

// savedEnvironment reads NAME=VALUE records, separated by NUL where there is
// one, else by line ends. Of two of one name the first counts, as for getenv(3).
func savedEnvironment(data []byte, source string) route.Environment {
	separator := byte('\n')
	if bytes.IndexByte(data, 0) >= 0 {
		separator = 0
	}
	var out route.Environment
	seen := map[string]bool{}
	for record := range bytes.SplitSeq(data, []byte{separator}) {
		name, value, found := strings.Cut(string(record), "=")
		if found && !seen[name] && settings.Keeps(name) {
			seen[name] = true
			out = append(out, route.Variable{Name: name, Value: value, Source: source})
		}
	}
	return out
}

// processEnvironment is what of this process's environment bears on a client.
func processEnvironment() route.Environment {
	return savedEnvironment([]byte(strings.Join(os.Environ(), "\x00")+"\x00"), "environment")
}

// surveyTargets are the arguments, or the profile's hosts.
func surveyTargets(args []string, name string) ([]flows.SurveyTarget, string, error) {
	prof, err := profile.Load(name)
	if err != nil {
		return nil, "", err
	}
	var out []flows.SurveyTarget
	for _, text := range args {
		u, err := flows.ParseSurveyTarget(text)
		if err != nil {
			return nil, "", &hintError{err.Error(), "write a host, host:port, or a URL"}
		}
		out = append(out, flows.SurveyTarget{URL: u, Role: evidence.Registry, FoundBy: "argument"})
	}
	if len(args) > 0 {
		return out, "", nil
	}
	for _, h := range prof.Hosts {
		if !h.Walkable() {
			continue
		}
		host := h.Host
		if h.Port != 443 {
			host = fmt.Sprintf("%s:%d", h.Host, h.Port)
		}
		out = append(out, flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: host}, Role: h.Role, Public: h.Public, FoundBy: "profile"})
	}
	return out, prof.Name, nil
}

// suggest prints the recommended settings.
func suggest(w io.Writer, s flows.Survey, _ *evidence.Trace) error {
	text, err := settings.Suggest(settings.Wanted{Clients: s.Clients, Hosts: surveyHosts(s)})
	if err != nil {
		return &hintError{err.Error(), "set HTTPS_PROXY, or give a saved environment with --env"}
	}
	_, err = io.WriteString(w, text)
	return err
}

func surveyHosts(s flows.Survey) []string {
	var out []string
	for _, t := range s.Targets {
		out = append(out, strings.ToLower(t.URL.Hostname()))
	}
	return out
}
