package vantage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// reported are the flags that say how is asked, and hold nothing that is secret or lies in
// a file of this host. A report has them, so that another can ask in the same way.
var reported = []string{"realm", "resolve", "connect-to", "client", "blob-bytes", "full", "repeat", "platform", "no-mirrors", "no-probes",
	"deep", "control", "trace", "retry-rejected", "ipv4", "ipv6", "hop-timeout", "withhold-from-interceptors", "all-required"}

// schemeFlags exclude each other.
var schemeFlags = []string{"proxy-basic", "proxy-digest", "proxy-ntlm", "proxy-negotiate"}

// networkFlags are those that a made-up network may set: the reported ones, and what
// belongs to its own account, its limits and its files.
var networkFlags = slices.Concat([]string{"timeout", "auth-flow", "as-article", "public-roots", "ct-logs", "cacert", "pac"}, schemeFlags,
	reported)

// reportedFlags returns the reported ones that were set, as --name=value.
func (a *Ask) reportedFlags() []string {
	var out []string
	a.flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(reported, flag.Name) {
			return
		}
		values := []string{flag.Value.String()}
		if many, ok := flag.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			out = append(out, "--"+flag.Name+"="+redact.Argument(v))
		}
	})
	return out
}

// takeNetworks sets a made-up network's flags where the command line has none of that name.
// A flag that no network may set is left out: a report may be of a later version.
func (a *Ask) takeNetworks(flags []string) error {
	a.network = map[string]bool{}
	for _, text := range flags {
		name, value, err := splitFlag(a.flags, text)
		if err != nil || a.byUser(name) || slices.Contains(schemeFlags, name) && slices.ContainsFunc(schemeFlags, a.byUser) {
			continue
		}
		if err := a.flags.Set(name, value); err != nil {
			return fmt.Errorf("the network's flag --%s: %w", name, err)
		}
		a.network[name] = true
	}
	return nil
}

// splitFlag reads --name=value, or --name of a flag that needs no value.
func splitFlag(f *pflag.FlagSet, text string) (name, value string, err error) {
	name, value, valued := strings.Cut(strings.TrimPrefix(text, "--"), "=")
	if !strings.HasPrefix(text, "--") || !slices.Contains(networkFlags, name) {
		shown := text[:strings.IndexAny(text+"=", "=:")] // a login may follow
		return "", "", hint.New(fmt.Sprintf("%q is not a flag that a network may set", redact.Text(shown, 100)),
			"write --name=value, where name is one of "+strings.Join(networkFlags, ", "))
	}
	if !valued {
		value = f.Lookup(name).NoOptDefVal
	}
	return name, value, nil
}

// CheckFlags returns an error that says what is wrong with the flags that a scenario gives its network, nil
// for nothing.
func CheckFlags(flags []string) error {
	var a Ask
	a.Register(pflag.NewFlagSet("", pflag.ContinueOnError))
	for _, text := range flags {
		name, value, err := splitFlag(a.flags, text)
		if err != nil {
			return err
		}
		if err := a.flags.Set(name, value); err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
	}
	return a.Validate()
}

// FromVariable is the annotation of a flag that a variable of the environment has set: its
// name.
const FromVariable = "environment"

// asVariable returns what a flag holds as a variable, with where it was given.
func (a *Ask) asVariable(flag, typed, value string) route.Variable {
	out := route.Variable{Name: flag, Value: value, Source: "command line", Key: typed}
	if by := a.flags.Lookup(flag).Annotations[FromVariable]; len(by) > 0 {
		out.Source, out.Key = "environment", by[0]
	}
	return out
}

// clientTimeout is the limit of a run that waits as long as the client: a dial of 30 s,
// a CONNECT of 60 s and a handshake of 10 s fit, with what else a pull needs.
const clientTimeout = 2 * time.Minute

// hopPatience is the value of --hop-timeout: a duration, or "client".
type hopPatience struct {
	limit  time.Duration
	client bool
}

func (p *hopPatience) String() string {
	if p.client {
		return "client"
	}
	return p.limit.String()
}

// Set takes "client" or what time.ParseDuration reads.
func (p *hopPatience) Set(text string) error {
	if text == "client" {
		p.limit, p.client = defaultHopTimeout, true
		return nil
	}
	limit, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("neither a duration such as 5s nor client")
	}
	p.limit, p.client = limit, false
	return nil
}

// Type returns what help calls the value.
func (p *hopPatience) Type() string { return "duration|client" }
