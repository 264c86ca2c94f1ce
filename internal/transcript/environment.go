package transcript

import (
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/way"
	"pullpath/resolve"
)

// environment reads what env and printenv print, and the Environment= of systemctl show: which
// proxies a client is told of.
type environment struct{ r *reader }

func newEnvironment(r *reader) *environment { return &environment{r} }

func (e *environment) form() string { return "environment" }

var (
	envLine = regexp.MustCompile(`^\s*(?:export |declare -x |set |\$env:)?([A-Za-z_][A-Za-z0-9_]*) ?= ?(.*)$`)
	envUnit = regexp.MustCompile(`^Environment=(.+)$`)
	envWord = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// maxVariables bounds the proxy variables that are kept: a process has ten, and a text may show
// some processes.
const maxVariables = 64

func (e *environment) begins(text string) bool {
	if m := envUnit.FindStringSubmatch(text); m != nil {
		return true
	}
	m := envLine.FindStringSubmatch(text)
	return m != nil && (route.IsVariable(m[1]) || m[1] == "PATH" && strings.HasPrefix(m[2], "/"))
}

func (e *environment) take(l line) bool {
	if m := envUnit.FindStringSubmatch(e.r.raw); m != nil {
		for _, word := range envWord.FindAllString(m[1], maxVariables) {
			if name, value, ok := strings.Cut(strings.Trim(word, `"'`), "="); ok {
				e.variable(l, name, value)
			}
		}
		return true
	}
	m := envLine.FindStringSubmatch(e.r.raw)
	if m == nil {
		return false
	}
	value := m[2]
	if strings.HasPrefix(strings.TrimSpace(e.r.raw), "export ") || strings.HasPrefix(e.r.raw, "declare ") || strings.HasPrefix(e.r.raw,
		"$env:") {
		value = strings.Trim(value, `"'`) // as a shell takes them off
	}
	e.variable(l, m[1], value)
	return true
}

func (e *environment) variable(l line, name, value string) {
	if !route.IsVariable(name) || len(e.r.environment) == maxVariables {
		return
	}
	e.r.scribe.Secrets.AddProxyURL(value)
	e.r.environment = append(e.r.environment, route.Variable{Name: name, Value: value, Source: l.place()})
	e.r.trace.Run.ProxySettings = append(e.r.trace.Run.ProxySettings,
		evidence.UnusedVariable{Name: name, Value: e.r.shownSetting(name, value), Source: l.place()})
}

// shownSetting is a variable's value without its login.
func (r *reader) shownSetting(name, value string) string {
	if strings.EqualFold(name, "no_proxy") {
		return r.scribe.Text(value)
	}
	return r.scribe.Secrets.Scrub(redact.ProxyURL(value))
}

func (e *environment) end() {}

// ways notes which way a client takes to each host of the case by the environment that was read:
// by Go's rules, which the container clients have, or curl's where that is what was run.
func (r *reader) ways() {
	if len(r.environment) == 0 {
		return
	}
	dialect := route.Go()
	if len(r.client()) == 1 && r.client()[0] == "curl" {
		if curl, err := route.Named("curl-8.14.1"); err == nil {
			dialect = curl
		}
	}
	for i := range r.trace.Targets {
		t := &r.trace.Targets[i]
		if t.FoundBy != "text" {
			continue
		}
		d := dialect.Decide(r.environment, t.URL())
		detail, broken := way.Detail(d)
		h := evidence.Hop{ID: len(r.trace.Hops) + 1, Op: evidence.OpSetting, Target: t.ID, Role: t.Role, Purpose: evidence.Path,
			State: evidence.OK, Detail: detail}
		if broken != nil {
			h.State, h.Failure = evidence.Failed, broken
		}
		source := d.Source
		if source == "" {
			source = r.environment[0].Source
		}
		h.Origin = &evidence.Origin{Place: source}
		r.trace.Hops = append(r.trace.Hops, evidence.Seal(r.scribe, h))
		if t.Route.Kind == "unknown" {
			t.Route = evidence.Route{Kind: "direct", Source: d.Source, Rule: d.Token}
			if proxy := d.Proxy(); proxy != nil {
				t.Route.Kind, t.Route.Proxy = "proxy", d.ProxyText
			}
		}
	}
}

// client are the programs whose output was read besides that which only shows settings.
func (r *reader) client() []string {
	var out []string
	for _, f := range r.trace.Texts.Files {
		for _, form := range f.Forms {
			if form != "environment" && form != "resolv.conf" && !slices.Contains(out, form) {
				out = append(out, form)
			}
		}
	}
	return out
}

// resolvConf reads a resolv.conf(5).
type resolvConf struct {
	r    *reader
	text strings.Builder
}

func newResolvConf(r *reader) *resolvConf { return &resolvConf{r: r} }

func (c *resolvConf) form() string { return "resolv.conf" }

var (
	confBegins = regexp.MustCompile(`^\s*nameserver\s+[0-9a-fA-F.:%a-z]+\s*(?:[#;].*)?$`)
	confLine   = regexp.MustCompile(`^\s*(?:nameserver|search|domain|options|sortlist)\s+\S|^\s*[#;]|^\s*$`)
)

// maxConf bounds the text of one, in bytes; the largest that systems write have some hundred.
const maxConf = 16 << 10

func (c *resolvConf) begins(text string) bool {
	return confBegins.MatchString(text) || (strings.HasPrefix(text, "search ") || strings.HasPrefix(text, "options ")) &&
		confLine.MatchString(text) &&
		!strings.ContainsAny(text, ":,()[]\"'") || strings.HasPrefix(text, "options ndots:")
}

func (c *resolvConf) take(l line) bool {
	if !confLine.MatchString(l.text) {
		return false
	}
	if c.text.Len() < maxConf {
		c.text.WriteString(l.text + "\n")
	}
	return true
}

// end notes the servers and how they are asked.
func (c *resolvConf) end() {
	text := c.text.String()
	c.text.Reset()
	if text == "" {
		return
	}
	conf, err := resolve.ParseResolvConf(strings.NewReader(text))
	if err != nil {
		return
	}
	v := &c.r.trace.Vantage
	for _, s := range conf.Servers {
		if !conf.Default && !slices.Contains(v.Resolvers, s) {
			v.Resolvers = append(v.Resolvers, c.r.scribe.Short(s, maxQuote))
		}
	}
	if v.Stub == nil {
		v.Stub = conf.Stub()
	}
}
