package transcript

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/profile"
)

const (
	// maxAttempts is how many different attempts a report keeps. A log of a day has some
	// tens; of a node that retries for weeks they are the same again and again.
	maxAttempts = 500
	// maxQuote is how much of a line is kept beside a step, in characters: three lines of
	// a terminal.
	maxQuote = 240
	// maxSecretPlaces bounds the list of lines that held a login.
	maxSecretPlaces = 20
)

// attempt is what one client tried once, as far as the text tells.
type attempt struct {
	at line
	// url is what was asked for; nil where the text names none.
	url *url.URL
	// host is the one that the text names without a URL, host[:port].
	host  string
	role  evidence.Role
	image string
	// via is the proxy in between as the text names it; proxied means that there is one.
	via     string
	proxied bool
	// direct means that the text shows that there is none.
	direct bool
	// fallback marks an attempt that a client makes only because another has failed, and
	// whose failure says nothing: plain HTTP behind TLS.
	fallback bool
	steps    []evidence.Hop
}

// add puts a step at the end.
func (a *attempt) add(h evidence.Hop) { a.steps = append(a.steps, h) }

// builder makes a trace of attempts.
type builder struct {
	scribe  evidence.Scribe
	trace   *evidence.Trace
	targets map[string]int
	seen    map[string][]int // the hops of an attempt by what it says
}

// newBuilder begins with a walk, or with nothing.
func newBuilder(walk *evidence.Trace, scribe evidence.Scribe) *builder {
	b := &builder{scribe: scribe, targets: map[string]int{}, seen: map[string][]int{},
		trace: &evidence.Trace{Schema: evidence.Schema, Targets: []evidence.Target{}, Hops: []evidence.Hop{}}}
	if walk != nil {
		b.trace = walk
	}
	if b.trace.Texts == nil {
		b.trace.Texts = &evidence.Texts{Files: []evidence.TextFile{}}
	}
	for i, t := range b.trace.Targets {
		b.targets[t.ID] = i
	}
	return b
}

// endpoint returns where an attempt goes, false where the text does not say.
func (a *attempt) endpoint() (evidence.Endpoint, bool) {
	if a.url != nil && a.url.Hostname() != "" {
		return evidence.EndpointOf(a.url), true
	}
	if a.host == "" {
		return evidence.Endpoint{}, false
	}
	u, err := url.Parse("https://" + a.host)
	if err != nil || u.Hostname() == "" {
		return evidence.Endpoint{}, false
	}
	return evidence.EndpointOf(u), true
}

// keep puts an attempt into the trace, once, and returns its key.
func (b *builder) keep(a attempt) string {
	if len(a.steps) == 0 {
		return ""
	}
	key := a.key()
	switch {
	case b.again(key):
	case len(b.seen) == maxAttempts:
		b.trace.Texts.LeftOut++
	default:
		b.seen[key] = b.write(a, b.target(a))
	}
	return key
}

// again counts an attempt that is there already, false for one that is not.
func (b *builder) again(key string) bool {
	ids, known := b.seen[key]
	for _, id := range ids {
		o := b.trace.Hops[id-1].Origin
		o.Times = max(o.Times, 1) + 1
	}
	return known
}

// key is what an attempt says, without its time and its own ports.
func (a *attempt) key() string {
	var out strings.Builder
	fmt.Fprint(&out, a.url, " ", a.host, " ", a.via, " ", a.proxied)
	for _, h := range a.steps {
		fmt.Fprint(&out, "\n", h.Op, h.State, h.Kind(), h.Role, h.Peer)
		if h.Failure != nil {
			out.WriteString(h.Failure.Text)
		}
		switch d := h.Detail.(type) {
		case evidence.Request:
			fmt.Fprint(&out, d.Method, d.URL, d.Code, d.Errors)
		case evidence.Tunnel:
			fmt.Fprint(&out, d.Request, d.StatusLine)
		case evidence.Resolve:
			fmt.Fprint(&out, d.Name, d.Server)
		}
	}
	return out.String()
}

// write appends the steps, each on the one before it.
func (b *builder) write(a attempt, target string) []int {
	var ids []int
	parent := 0
	for _, h := range a.steps {
		h.ID, h.Parent, h.Target, h.Via = len(b.trace.Hops)+1, parent, target, b.scribe.URL(a.via)
		if h.Purpose == "" {
			h.Purpose = evidence.Path
		}
		if a.fallback {
			h.Purpose = evidence.Probing
		}
		if h.Role == "" {
			h.Role = a.role
		}
		if h.Role == "" {
			h.Role = evidence.Registry
		}
		if h.Role == evidence.Proxy && h.Op != evidence.OpTunnel {
			h.Via = ""
		}
		if h.Origin == nil {
			h.Origin = a.at.origin(b.scribe)
		}
		b.trace.Hops = append(b.trace.Hops, evidence.Seal(b.scribe, h))
		parent = h.ID
		ids = append(ids, h.ID)
	}
	return ids
}

// origin is where a line stands, with its text.
func (l line) origin(scribe evidence.Scribe) *evidence.Origin {
	return &evidence.Origin{Place: l.place(), Text: scribe.Short(strings.Join(strings.Fields(l.text), " "), maxQuote)}
}

// place names a line as file:line.
func (l line) place() string {
	if l.file == nil {
		return fmt.Sprintf("line %d", l.no)
	}
	return fmt.Sprintf("%s:%d", l.file.name, l.no)
}

// target returns the ID of an attempt's host, which becomes a target where it is none yet;
// empty where the text names no host.
func (b *builder) target(a attempt) string {
	at, ok := a.endpoint()
	if !ok {
		return ""
	}
	id := at.ID()
	i, known := b.targets[id]
	if !known {
		t := evidence.Target{ID: id, Endpoint: at, Role: a.role, Required: true, FoundBy: "text",
			Plain: a.url != nil && a.url.Scheme == "http", Route: evidence.Route{Kind: "unknown"}}
		if t.Role == "" {
			t.Role = evidence.Registry
		}
		t.Public = public(at)
		i = len(b.trace.Targets)
		b.targets[id], b.trace.Targets = i, append(b.trace.Targets, t)
		b.suspect(a, at)
	}
	t := &b.trace.Targets[i]
	switch {
	case a.proxied:
		t.Route.Kind, t.Route.Proxy = "proxy", b.scribe.URL(a.via)
	case a.direct && t.Route.Kind == "unknown":
		t.Route.Kind = "direct"
	}
	if a.image != "" && len(t.Images) == 0 {
		t.Images = []string{b.scribe.Short(a.image, maxQuote)}
	}
	return id
}

// suspect notes that a registry is called almost as a known one.
func (b *builder) suspect(a attempt, at evidence.Endpoint) {
	known := profile.Meant(at)
	if known == "" {
		return
	}
	remark := evidence.SettingRemark{Code: nameSuspect, Source: "the text", Value: at.Host,
		Text: "the name is one or two letters off " + known, Write: known}
	b.trace.Hops = append(b.trace.Hops, evidence.Hop{ID: len(b.trace.Hops) + 1, Op: evidence.OpSetting, Target: at.ID(),
		Role: evidence.Registry, Purpose: evidence.Path, State: evidence.OK, Origin: a.at.origin(b.scribe),
		Detail: evidence.Setting{Remarks: []evidence.SettingRemark{remark}}})
}

// nameSuspect is the code of the remark about such a name.
const nameSuspect = "registry-name-suspect"

// public reports whether a host is one of the public web.
func public(at evidence.Endpoint) bool {
	return profile.PublicRegistry(at) ||
		slices.ContainsFunc(web, func(host string) bool { return at.Host == host || strings.HasSuffix(at.Host, "."+host) })
}

// web are hosts of the public web that no profile has, because no pull goes there by itself: those
// from which builds fetch packages and modules, and further registries. What a text says of them is
// judged as of a public registry: everybody's trust store has their authority.
var web = []string{"npmjs.org", "yarnpkg.com", "pypi.org", "pythonhosted.org", "golang.org", "debian.org", "ubuntu.com", "alpinelinux.org",
	"fedoraproject.org", "centos.org", "maven.org", "maven.apache.org", "gradle.org", "rubygems.org", "crates.io", "nuget.org",
	"download.docker.com", "pkgs.k8s.io", "packages.microsoft.com", "githubusercontent.com", "gitlab.com",
	"cloudfront.net", "amazonaws.com", "azureedge.net", "core.windows.net", "googleapis.com", "unpkg.com", "jsdelivr.net", "terraform.io",
	"hashicorp.com", "github.com", "packagist.org", "cloudsmith.io", "google.com", "microsoft.com", "cloudflare.com", "docker.com",
	"redhat.com"}
