// Package rebuild makes a World of a saved trace: the network that the report
// shows, with the faults that its evidence shows. It reads evidence alone, never
// a verdict, and says what it could not rebuild and why. It is pure.
package rebuild

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/redact"
)

// DefaultDelay is how long a rebuilt answer is waited for at most: long enough to
// be felt, short enough that a demonstration goes on.
const DefaultDelay = 2 * time.Second

// slow is from when on a wait is rebuilt at all. Below it lie the round trips of
// any network, which a report's reader does not look for.
const slow = 500 * time.Millisecond

// builder collects the World of one trace.
type builder struct {
	trace    *evidence.Trace
	byID     map[int]evidence.Hop
	world    fault.World
	site     *fault.Site
	max      time.Duration
	problems []string
	hosts    []fault.Host
	// addresses are those of the report, once they were looked for.
	addresses map[string]bool
	// last is the made-up address that was given out last.
	last    netip.Addr
	offset  time.Duration
	started time.Time
	// accepted are the hosts that gave a token for a login, with its scheme.
	accepted map[string]bool
	// connects are the requests for a tunnel that have an answer.
	connects map[connect]bool
	// given says that the run was given a CA that its client did not have.
	given bool
}

// World rebuilds the network of a trace, with delays of at most max. It returns
// what could not be rebuilt, a line each, with the reason.
func World(t *evidence.Trace, max time.Duration) (fault.World, []string) {
	b := &builder{byID: map[int]evidence.Hop{}, connects: map[connect]bool{}, hosts: []fault.Host{},
		site: &fault.Site{Profile: profileName(t.Run.Profile)}, max: max, started: t.Started}
	b.trace = b.spelled(b.bounded(t))
	for _, h := range b.trace.Hops {
		b.byID[h.ID] = h
	}
	if t.Vantage.ClockOffsetMS != nil {
		b.offset = millis(*t.Vantage.ClockOffsetMS)
	}
	b.world.Title = "rebuilt from a report of " + t.Started.UTC().Format(time.RFC3339)
	b.run()
	b.places()
	b.lookups()
	b.sockets()
	b.unplaced()
	b.tunnels()
	b.handshakes()
	b.certificates()
	b.chains()
	if b.given {
		b.world = fault.WithGivenRoots(b.world, fault.GivenRoots)
	}
	b.requests()
	b.leftOut()
	b.world.Hosts, b.world.Site = b.hosts, b.site
	return b.world, b.problems
}

// cannot notes what could not be rebuilt, once.
func (b *builder) cannot(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if slices.Contains(b.problems, line) {
		return
	}
	switch {
	case len(b.problems) < maxProblems:
		b.problems = append(b.problems, line)
	case len(b.problems) == maxProblems:
		b.problems = append(b.problems, "more than is listed here")
	}
}

func (b *builder) fault(f fault.Fault) { b.insert(len(b.world.Faults), f) }

// insert puts a fault before those from a place on, as long as there are not too many.
func (b *builder) insert(at int, f fault.Fault) {
	if len(b.world.Faults) == maxFaults {
		b.cannot("more than %d faults", maxFaults)
		return
	}
	if _, ok := fault.Typed(f); !ok {
		b.cannot("%q: it holds what no scenario can say", fault.Text(f))
		return
	}
	b.world.Faults = slices.Insert(b.world.Faults, at, f)
	if c, ok := f.(fault.Connect); ok {
		b.connects[connectOf(c)] = true
	}
}

// run takes over how the check was asked for.
func (b *builder) run() {
	r, w := b.trace.Run, &b.world
	w.Env = map[string]string{}
	for _, v := range r.ProxySettings {
		b.variable(v)
	}
	if len(r.ProxySettings) == 0 {
		b.settingsOfRoutes()
	}
	if b.loginBeside() {
		w.ProxyLoginBeside, w.ProxyLogin = true, "right"
		if b.refusedLogin() {
			w.ProxyLogin = "wrong"
		}
	}
	w.Flags = slices.Clone(r.Flags)
	b.pacFile()
	b.searchList()
	b.ofTheSite()
	if r.PublicRoots != "" {
		*w = fault.WithForeignRoots(*w)
	}
	if r.AsArticle { // it is asked as curl, in each flow
		b.flag("as-article", "true")
	} else {
		b.flag("client", r.Client)
		b.ofRelease(r.Client)
		b.flag("auth-flow", r.AuthFlow)
	}
	w.Anonymous = r.Credentials == "anonymous" || r.Credentials == "none"
	for _, t := range b.trace.Targets {
		for _, image := range t.Images {
			b.image(image)
		}
		if e := t.Route.Registry; e != nil {
			for _, asked := range e.Asked {
				b.imageAt(t, asked)
			}
		}
	}
	if limit := millis(r.TimeoutMS); limit > 0 {
		b.flag("timeout", limit.String())
	}
	if limit := millis(r.HopTimeoutMS); limit > 0 {
		b.flag("hop-timeout", limit.String())
	}
	if b.clockIsOff() {
		w.ClientClock = -b.offset
	}
	b.askedFor()
}

// searchList takes over what this host's resolver makes of names.
func (b *builder) searchList() {
	stub := b.trace.Vantage.Stub
	if stub == nil {
		return
	}
	search := slices.DeleteFunc(slices.Clone(stub.Search), func(suffix string) bool { return !fault.HostName(suffix) })
	if len(search) > 0 {
		b.world.Files = map[string]string{"/etc/resolv.conf": fmt.Sprintf("search %s\noptions ndots:%d\n", strings.Join(search, " "), stub.Ndots)}
	}
}

// askedFor takes over the targets of the command line.
func (b *builder) askedFor() {
	w := &b.world
	for _, t := range b.trace.Targets {
		if e := t.Route.Registry; e != nil {
			for _, asked := range e.Asked {
				if !slices.Contains(w.Targets, asked.For) {
					w.Targets = append(w.Targets, asked.For)
				}
			}
		}
		if t.FoundBy != "argument" {
			continue
		}
		if len(t.Images) == 0 {
			w.Targets = append(w.Targets, t.ID)
		}
		w.Targets = append(w.Targets, t.Images...)
	}
}

// ofTheSite takes over what the site gave in files: its own profile, as far as it was
// walked, and its own signs of its proxies.
func (b *builder) ofTheSite() {
	type host struct {
		Host     string                `json:"host"`
		Port     int                   `json:"port"`
		Role     evidence.Role         `json:"role"`
		Required bool                  `json:"required"`
		Public   bool                  `json:"public"`
		Expect   *evidence.Fingerprint `json:"expect,omitempty"`
	}
	var hosts []host
	for _, t := range b.trace.Targets {
		if t.Listed {
			hosts = append(hosts, host{t.Host, t.Port, t.Role, t.Required, t.Public, t.Expect})
		}
	}
	if len(hosts) > 0 {
		b.site.Listed = asText(map[string]any{"name": b.trace.Run.Profile, "hosts": hosts})
	}
	if len(b.trace.Run.Signatures) > 0 {
		b.site.Signatures = asText(map[string]any{"signatures": b.trace.Run.Signatures})
	}
	if r := evidence.Recollect(b.trace); !r.Empty() {
		b.site.Recalled = asText(r)
	}
	for _, h := range b.trace.Hops {
		for _, c := range evidence.DetailOf[evidence.Handshake](h).Clients {
			if !slices.Contains(b.site.Clients, c.Client) {
				b.site.Clients = append(b.site.Clients, c.Client)
			}
		}
	}
}

// asText writes what holds nothing that JSON cannot write. YAML reads it too.
func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// ofRelease lets the check be that of a client whose release of Go offers the key-exchange groups
// that were offered, where these are not the newest one's.
func (b *builder) ofRelease(client string) {
	for _, h := range b.trace.Hops {
		groups := evidence.DetailOf[evidence.Handshake](h).Groups
		if len(groups) == 0 {
			continue
		}
		release := "go1.22"
		if slices.Contains(groups, tls.X25519MLKEM768.String()) {
			release = "go1.24"
		}
		if i := slices.Index(b.world.Flags, "--client="+client); i >= 0 {
			b.world.Flags[i] += "@" + release
		}
		return
	}
}

// flag adds a flag of the check that the report's own flags do not have; an empty value adds
// none.
func (b *builder) flag(name, value string) {
	has := func(flag string) bool { return flag == "--"+name || strings.HasPrefix(flag, "--"+name+"=") }
	if value != "" && !slices.ContainsFunc(b.world.Flags, has) {
		b.world.Flags = append(b.world.Flags, "--"+name+"="+value)
	}
}

// clockIsOff: below a minute, from which a check itself warns, the clock is the
// network's own.
func (b *builder) clockIsOff() bool { return b.offset.Abs() >= time.Minute }

// millis returns a time of the report, within the bounds of a World's.
func millis(ms float64) time.Duration {
	most := float64(fault.MaxTime / time.Millisecond)
	return time.Duration(math.Max(-most, math.Min(most, ms)) * float64(time.Millisecond))
}

// refilled puts a made-up login where a proxy's URL had one.
func (b *builder) refilled(value string) string {
	i := strings.LastIndex(value, "@")
	if i < 0 || !strings.Contains(value[:i], redact.Mark) {
		return value
	}
	scheme, _, found := strings.Cut(value, "://")
	if !found {
		scheme = "http"
	}
	password := fault.ProxyPassword
	if b.refusedLogin() {
		password += "-wrong"
	}
	password += b.breaks(value)
	return scheme + "://" + fault.ProxyUser + ":" + password + value[i:]
}

// breaks returns what makes a password break the URL that it stands in, as the one of the
// report did; empty where that held.
func (b *builder) breaks(value string) string {
	for _, h := range b.trace.Hops {
		for _, p := range evidence.DetailOf[evidence.Setting](h).Problems {
			switch {
			case evidence.DetailOf[evidence.Setting](h).Value != value:
			case p.Code == "unescaped-credentials":
				return "#"
			case p.Code == "bad-percent":
				return "%ss"
			}
		}
	}
	return ""
}

// pacFile makes a PAC file that says to each target what the report's did.
func (b *builder) pacFile() {
	answers := map[string]string{}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Setting](h)
		if target, known := b.trace.Target(h.Target); known && d.Answer != nil {
			answers[target.URL().String()] = d.Answer.Answer
		}
	}
	if len(answers) == 0 {
		return
	}
	list, err := json.Marshal(answers)
	if err != nil {
		b.cannot("the PAC file: %v", err)
		return
	}
	script := "function FindProxyForURL(url, host) { return " + string(list) + "[url] || 'DIRECT'; }"
	b.flag("pac", "data:;base64,"+base64.StdEncoding.EncodeToString([]byte(script)))
}

// settingsOfRoutes sets the proxy variables that lead to the proxies to which the
// targets' routes lead, for a report that does not hold the client's own.
func (b *builder) settingsOfRoutes() {
	proxy, direct := "", []string{}
	for _, t := range b.trace.Targets {
		switch {
		case t.Route.Kind != "proxy":
			direct = append(direct, t.Host)
		case proxy == "":
			proxy = t.Route.Proxy
		case proxy != t.Route.Proxy:
			b.cannot("the proxy %s of %s: the report does not hold the settings, and the first route's proxy is taken for all",
				t.Route.Proxy, t.Host)
		}
	}
	if proxy == "" {
		return
	}
	b.variable(evidence.UnusedVariable{Name: "HTTPS_PROXY", Value: proxy})
	if len(direct) > 0 {
		b.variable(evidence.UnusedVariable{Name: "NO_PROXY", Value: strings.Join(direct, ",")})
	}
}

// loginBeside reports whether a login was sent to a proxy whose URL has none.
func (b *builder) loginBeside() bool {
	inURL := slices.ContainsFunc(b.trace.Run.ProxySettings,
		func(v evidence.UnusedVariable) bool { return strings.Contains(v.Value, redact.Mark) })
	return !inURL && b.anyTunnel(func(h evidence.Hop, d evidence.Tunnel) bool {
		return h.OnPath() && (d.AuthSent != "" || d.SOCKS != nil && d.SOCKS.Login >= 0)
	})
}

// refusedLogin reports whether a proxy did not take the login.
func (b *builder) refusedLogin() bool {
	return slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Tunnel](h)
		return d.AuthSent != "" && d.Code == 407 || d.SOCKS != nil && d.SOCKS.Login > 0
	})
}

// realms sets what each registry's challenge names.
func (b *builder) realms() {
	for _, h := range b.trace.Hops {
		target, _ := b.trace.Target(h.Target)
		for _, c := range evidence.DetailOf[evidence.Request](h).Challenges {
			for i := range b.hosts {
				if strings.EqualFold(c.Scheme, "Bearer") && b.hosts[i].Name == target.Host && b.hosts[i].Realm == "" {
					b.hosts[i].Realm, b.hosts[i].Service = c.Params["realm"], c.Params["service"]
				}
			}
		}
	}
}

// leftOut names what a network has no place for.
func (b *builder) leftOut() {
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Setting](h)
		switch {
		case h.Op != evidence.OpSetting:
		case d.Login != nil:
			b.cannot("stored logins of the host: pullpath recalls what was found, with a made-up login; other clients find that login alone")
		case h.Purpose == evidence.Probing:
			b.cannot("settings of other clients on the host: pullpath recalls them, the files are not here")
		}
	}
	if len(b.trace.Vantage.TrustStores) > 0 {
		b.cannot("trust stores of other clients on the host: pullpath recalls them, the files are not here")
	}
	if b.trace.Run.Ended != "" {
		b.cannot("what was under way when the run ended (%s): nobody knows what would have come", b.trace.Run.Ended)
	}
	if b.trace.Run.Client == evidence.SurveyClient {
		b.cannot("a survey of settings: no path was walked, there is no network in it")
	}
}
