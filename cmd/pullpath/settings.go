package main

import (
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
	"pullpath/internal/client"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
	"pullpath/internal/report"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/internal/userfile"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// settingsOptions are the flags of settings as typed.
type settingsOptions struct {
	env, root, profile, pac string
	clients, outputs        []string
	strict, quiet, noColour bool
	suggest, wpad           bool
}

// newSettings returns the command that shows which proxy each client will use, and why.
func newSettings(s streams) *cobra.Command {
	o := &settingsOptions{}
	c := &cobra.Command{
		Use: "settings [HOST ...]", Short: "Show which proxy each client on this host will use, and why",
		Long: "settings shows for each client and host whether the client goes direct or to which proxy, with the " +
			"variable, the file and line, and the NO_PROXY entry that decide. HOST is a host, host:port or URL. " +
			"Without one the profile's hosts are used. For an engine in a virtual machine both steps are shown: what it is told there, " +
			"and where on the host that leads. Nothing is sent, and nothing is run but scutil on macOS. With --pac it shows instead what a PAC " +
			"file says for each host, by which lines, and the variables that say the same: a URL is fetched, the file's script runs, " +
			"bounded, and the names that it asks for are looked up.",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("pac") || o.wpad {
				return orMeant(showPAC(c.Context(), s, o, args), c)
			}
			return orMeant(showSettings(c.Context(), s, o, args), c)
		},
	}
	f := c.Flags()
	f.StringVar(&o.env, "env", "", "`file` with a saved environment, separated by NUL or newline; - is stdin; nothing else is read")
	f.StringVar(&o.root, "root", "", "`dir` with the files of another host (sosreport, image, exports of a Windows or macOS machine) "+
		"to read instead of this host's")
	f.StringVar(&o.pac, "pac", "", "`file` or URL with FindProxyForURL (PAC): show what it says for each host")
	f.BoolVar(&o.wpad, "wpad", false, "as --pac, with the file that the network names (WPAD: DHCP option 252, then "+
		"http://wpad.DOMAIN/wpad.dat)")
	f.StringSliceVar(&o.clients, "clients", nil, "comma-separated `list` of clients (podman, curl) or rules (requests, go-1.22.12)")
	o.profile = vantage.DefaultProfile
	vantage.ProfileFlag(f, &o.profile, "built-in profile or YAML `file` whose hosts are used; repeatable: the hosts of all")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "write it in this `format[=file]`: table, json; repeatable")
	f.BoolVar(&o.strict, "strict", false, "exit status 1 on any finding")
	f.BoolVar(&o.suggest, "suggest", false, "print the recommended settings in the form of each client's file")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print only the last line")
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
		return suggest(s.out, survey, terminalWidth(s.out))
	}
	whole := report.Settings{Trace: trace, Result: result}
	whole.NoProxy = strings.Join(wantedBy(survey).NoProxy(), ",")
	if err := outputs.each(s, func(out *output, w io.Writer) error { return out.writeSettings(w, s, o, whole) }); err != nil {
		return err
	}
	if o.strict && len(result.Unmasked()) > 0 {
		return &statusError{status: exitFindings}
	}
	return nil
}

// writeSettings renders one output of settings.
func (o *output) writeSettings(w io.Writer, s streams, options *settingsOptions, whole report.Settings) error {
	switch o.format.Name {
	case "json":
		return whole.JSON(w)
	case "table", "wide":
		colour := w == io.Writer(s.out) && isTerminal(s.out) && obeysEscapes(s.out) && !options.noColour && os.Getenv("NO_COLOR") == ""
		return whole.Table(w, report.TableOptions{Width: terminalWidth(s.out), Quiet: options.quiet, Colour: colour})
	}
	return errors.New("settings is written as table or json")
}

// survey gathers what is asked about: hosts, clients and what they read.
func (o *settingsOptions) survey(s streams, args []string) (flows.Survey, error) {
	hostname, _ := os.Hostname()
	out := flows.Survey{Now: time.Now, Seed: vantage.NewSeed(), Version: version,
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
	if o.root != "" {
		out.Vantage.OS = string(host.Root.System())
	}
	if out.Targets, out.Profile, err = surveyTargets(args, o.profile, nil); err != nil {
		return out, err
	}
	switch {
	case len(o.clients) > 0:
		chosen, failed := client.Chosen(o.clients, host)
		out.Clients, out.Remarks, err = chosen.Clients, chosen.Remarks, failed
	case host.Root == nil:
		out.Clients = client.OfEnvironment(host.Env)
	default:
		reading := client.Read(host)
		out.Clients, out.Remarks = reading.Clients, append(out.Remarks, reading.Remarks...)
		var remarks []settings.Remark
		out.Targets, remarks = withMirrors(host, out.Targets)
		out.Remarks = append(out.Remarks, remarks...)
	}
	return out, err
}

// madeUpSurvey reads the settings of a made-up network's host: its files, its shell's
// variables and nothing of this machine.
func (o *settingsOptions) madeUpSurvey(out flows.Survey, args []string) (flows.Survey, error) {
	pass, err := mockproxy.LoadPass(os.Getenv(mockproxy.PassVariable))
	if err != nil {
		return out, err
	}
	from, err := vantage.Of(pass)
	if err != nil {
		return out, err
	}
	defer from.Close()
	if out.Targets, out.Profile, err = surveyTargets(args, o.profile, pass.Words); err != nil {
		return out, err
	}
	return from.Survey(out, o.clients, len(args) > 0)
}

// host returns the source of settings: this machine, the files below --root, or, with
// only --env, the saved environment and nothing else.
func (o *settingsOptions) host(stdin io.Reader) (settings.Host, error) {
	h := settings.Host{Home: settings.HomeBelow(vantage.OwnHome())}
	var err error
	switch {
	case o.root != "":
		if h.Root, err = settings.OpenTree(o.root); err == nil {
			h.Home, _ = settings.HomeOf(h.Root)
		}
	case o.env == "":
		h.Root, err = settings.OpenOwn()
	}
	switch {
	case err != nil:
		return h, err
	case o.env != "":
		h.Env, err = o.savedEnv(stdin)
		return h, err
	case o.root != "":
		login := vantage.LoginEnvironment(h.Root, h.Home)
		h.Env, h.EnvRemarks, h.EnvUnread = login.Env, login.Remarks, login.Unread
	default:
		h.Env = vantage.ProcessEnvironment(os.Environ())
	}
	return h, nil
}

// withMirrors adds the hosts that the clients' own files put in the place of a target or in
// front of it.
func withMirrors(host settings.Host, targets []flows.SurveyTarget) (all []flows.SurveyTarget, unread []settings.Remark) {
	out := slices.Clone(targets)
	known := map[string]bool{}
	for _, t := range targets {
		known[t.URL.Host] = true
	}
	for _, p := range client.Programs() {
		if p.Mirrors == nil {
			continue
		}
		registries := p.Mirrors(host.Root, host.Home, host.Env)
		for _, m := range registries.Remarks {
			if m.Code == settings.TooLarge {
				unread = append(unread, settings.Remark{Code: settings.NotAllRead, Source: m.Source,
					Text: "not all was read: " + m.Source + " " + m.Text})
			}
		}
		unread = append(unread, refusedFor(registries, targets)...)
		for _, m := range mirrorsOf(registries, targets) {
			if known[m.URL.Host] {
				continue
			}
			if len(out) == len(targets)+maxMirrors {
				return out, append(unread, settings.Remark{Code: settings.NotAllRead, Source: m.FoundBy,
					Text: fmt.Sprintf("not all was read: more than %d mirrors are named", maxMirrors)})
			}
			known[m.URL.Host] = true
			out = append(out, m)
		}
	}
	return out, unread
}

// refusedFor are the entries for which a client pulls nothing from the targets.
func refusedFor(registries settings.Registries, targets []flows.SurveyTarget) []settings.Remark {
	var out []settings.Remark
	for _, t := range targets {
		for _, m := range registries.Ineffective(t.URL.Host) {
			if m.Code == settings.EntryRefused && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// mirrorsOf are the hosts that a client's file names for the targets.
func mirrorsOf(registries settings.Registries, targets []flows.SurveyTarget) []flows.SurveyTarget {
	var out []flows.SurveyTarget
	for _, t := range targets {
		for _, m := range registries.Contacts(t.URL.Host) {
			u, err := flows.ParseSurveyTarget(m.Host)
			if err != nil {
				continue
			}
			if m.Insecure {
				u.Scheme = "http"
			}
			out = append(out, flows.SurveyTarget{URL: u, Role: evidence.Registry, FoundBy: m.Source})
		}
	}
	return out
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
		return usable(settings.ParseEnvironment(data, "stdin"))
	}
	data, err := userfile.Read(o.env, maxEnvironment)
	if err != nil {
		return nil, fmt.Errorf("--env: %w", err)
	}
	return usable(settings.ParseEnvironment(data, o.env))
}

// usable refuses an environment that no process can have: Linux gives none a variable of 128
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

// surveyTargets returns the arguments, or the profile's hosts. words are names of one word
// that are hosts.
func surveyTargets(args []string, name string, words []string) ([]flows.SurveyTarget, string, error) {
	prof, err := profile.Load(name)
	if err != nil {
		return nil, "", err
	}
	var out []flows.SurveyTarget
	for _, text := range args {
		if err := vantage.CheckWord(text, prof, words); err != nil {
			return nil, "", err
		}
		u, err := flows.ParseSurveyTarget(text)
		if err != nil {
			return nil, "", hint.New(err.Error(), "write a host, host:port, or a URL")
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
