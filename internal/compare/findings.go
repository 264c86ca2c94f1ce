package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// Finding is one thing in which the reports differ.
type Finding struct {
	// Code names the difference; see the constants.
	Code string `json:"code"`
	Text string `json:"text"`
	// Targets are the hosts that it is about, empty for the run as a whole.
	Targets []string `json:"targets,omitempty"`
}

// Differences.
const (
	// OtherNode: one report went through another address of the proxy.
	OtherNode = "other-proxy-node"
	// OtherRoute: direct here, a proxy there, or two proxies.
	OtherRoute = "other-route"
	// OtherAnswer: the name resolves to other addresses.
	OtherAnswer = "other-answer"
	// Inspected: the chain is one of the public web in some reports, and one of an
	// authority that is not public in others.
	Inspected = "inspected"
	// OtherAuthority: the certificates come from different authorities, and the chains
	// do not show whether one of them is inspected: they are not complete, or none is
	// public.
	OtherAuthority = "other-authority"
	// OtherTrust: the same authority's chain is accepted in some reports alone.
	OtherTrust = "other-trust"
	// OtherDevice: the same refusal, by another device.
	OtherDevice = "same-refusal-other-device"
	// Refused: a proxy refuses in some reports alone.
	Refused = "refused"
	// OtherClient: another client or version of this tool made the report.
	OtherClient = "other-client"
	// OtherClock: the clocks of the vantage points lie apart.
	OtherClock = "other-clock"
	// NotWalked: a report does not have a host.
	NotWalked = "not-walked"
)

// clockApart is the difference from which clocks are worth a word: the minute from
// which a check itself warns.
const clockApart = time.Minute

// question is put to one target of each report; reports with other answers differ.
type question struct {
	code string
	of   func(w walk, id string) string
	what string
	// among, where set, divides the reports into groups: only reports of one group are
	// compared.
	among func(w walk, id string) string
}

func questions() []question {
	return []question{
		{code: OtherRoute, of: routeOf, what: "the route differs"},
		{code: OtherAnswer, of: answerOf, what: "the name resolves differently"},
		{code: OtherNode, of: nodeOf, what: "the proxy's address differs"},
		{code: Refused, of: refusalOf, what: "the proxy answers CONNECT differently"},
		{code: OtherDevice, of: deviceOf, among: statusOf, what: "the same refusal comes from different devices"},
		{code: Inspected, of: inspectorOf, what: "some reports see a publicly trusted certificate and others do not: " +
			"there TLS is inspected, or a different server answers"},
		{code: OtherAuthority, of: authorityOf, what: "the certificates come from different authorities"},
		{code: OtherTrust, of: trustOf, among: authorityOf, what: "the client trusts the authority in only some of the reports"},
	}
}

// answersByReport names every report with its answer. Reports that agree are named
// together.
func answersByReport(what string, answers, names []string) string {
	var groups []string
	for i, a := range answers {
		if slices.Index(answers, a) != i {
			continue
		}
		var who []string
		for j, other := range answers {
			if other == a {
				who = append(who, names[j])
			}
		}
		if len(who) == 1 && len(answers) > 2 {
			who[0] = "only " + who[0]
		}
		groups = append(groups, strings.Join(who, ", ")+": "+a)
	}
	return what + ". " + strings.Join(groups, ". ") + "."
}

// message is what a finding says. Findings of several targets with one message are one.
type message struct{ code, text string }

// findings compares target by target and folds those with one text.
func findings(names []string, walks []walk, hosts []Host) []Finding {
	out := wholeRun(names, walks)
	at, inspected := map[message]int{}, map[string]bool{}
	for _, q := range questions() {
		for _, h := range hosts {
			for _, group := range answersTo(q, h, names, walks) {
				if len(group.answers) < 2 || !different(q.code, group.answers) || q.code == OtherAuthority && inspected[h.Target] {
					continue
				}
				text := answersByReport(q.what, group.answers, group.reports)
				i, known := at[message{q.code, text}]
				if !known {
					i, out = len(out), append(out, Finding{Code: q.code, Text: text})
					at[message{q.code, text}] = i
				}
				out[i].Targets = append(out[i].Targets, h.Target)
				inspected[h.Target] = inspected[h.Target] || q.code == Inspected
			}
		}
	}
	return append(out, missing(names, hosts)...)
}

// group is a number of reports that are compared: the names and the answers, and for each
// the part that it belongs to.
type group struct{ parts, answers, reports []string }

// answersTo puts a question about a host to every report that can answer it.
func answersTo(q question, h Host, names []string, walks []walk) []group {
	var out []group
	for i, w := range walks {
		if !h.Cells[i].Walked {
			continue
		}
		a, part := q.of(w, h.Target), ""
		if q.among != nil {
			part = q.among(w, h.Target)
		}
		if a == "" {
			continue
		}
		at := slices.IndexFunc(out, func(g group) bool { return g.parts[0] == part })
		if at < 0 {
			at, out = len(out), append(out, group{})
		}
		g := &out[at]
		g.parts, g.answers, g.reports = append(g.parts, part), append(g.answers, a), append(g.reports, names[i])
	}
	return out
}

func different(code string, answers []string) bool {
	if code == Inspected && !slices.Contains(answers, publicChain) {
		return false
	}
	return slices.ContainsFunc(answers, func(a string) bool {
		return code == OtherAnswer && !alike(evidence.OpResolve, answers[0], a) || code != OtherAnswer && a != answers[0]
	})
}

func routeOf(w walk, id string) string {
	target := w.targets[id]
	if target.Route.Kind == "proxy" {
		return "proxy " + withoutLogin(target.Route.Proxy)
	}
	return target.Route.Kind
}

// withoutLogin returns a proxy's URL without the mark of a login, which leads to no other
// proxy.
func withoutLogin(proxy string) string {
	scheme, rest, found := strings.Cut(proxy, "://")
	if i := strings.LastIndex(rest, "@"); found && i >= 0 {
		return scheme + "://" + rest[i+1:]
	}
	return proxy
}

func answerOf(w walk, id string) string {
	h, ok := w.onPath(id, evidence.OpResolve)
	switch {
	case !ok:
		return ""
	case h.Failure != nil:
		return string(h.Failure.Kind)
	}
	return strings.Join(evidence.DetailOf[evidence.Resolve](h).Addresses, " ")
}

// nodeOf returns the address of the proxy that was used. Where the names of the proxies
// differ, the route says so already.
func nodeOf(w walk, id string) string {
	if h, ok := w.onPath(id, evidence.OpDial); ok && h.Role == evidence.Proxy {
		return h.Peer
	}
	return ""
}

func refusalOf(w walk, id string) string {
	h, ok := w.onPath(id, evidence.OpTunnel)
	switch d := evidence.DetailOf[evidence.Tunnel](h); {
	case !ok:
		return ""
	case h.Failure == nil:
		return "the tunnel opens"
	case d.StatusLine != "":
		return d.StatusLine
	}
	return string(h.Failure.Kind)
}

// statusOf returns the status by which a tunnel was refused; empty for other failures.
func statusOf(w walk, id string) string {
	h, _ := w.onPath(id, evidence.OpTunnel)
	return fmt.Sprint(evidence.DetailOf[evidence.Tunnel](h).Code)
}

// deviceOf returns which device refused, by the name that it gives itself, or by the
// title of its page where it gives none. The reason that Squid gives is not its name.
func deviceOf(w walk, id string) string {
	h, ok := w.onPath(id, evidence.OpTunnel)
	if !ok || !h.FailedWith(evidence.ProxyStatus) {
		return ""
	}
	d := evidence.DetailOf[evidence.Tunnel](h)
	var parts []string
	for _, name := range []string{"Server", "Via", "Proxy-Agent"} {
		if v, found := evidence.HeaderValue(d.Headers, name); found {
			parts = append(parts, name+": "+v)
		}
	}
	if len(parts) == 0 && d.Body != nil && d.Body.Title != "" {
		parts = append(parts, "page "+d.Body.Title)
	}
	if len(parts) == 0 {
		return "does not name itself"
	}
	return strings.Join(parts, ", ")
}

// publicChain stands for every authority of the public web: hosts change between
// them.
const publicChain = "a publicly trusted chain"

// authorityOf returns where the chain of a target ends, and whether it was followed to
// its end.
func authorityOf(w walk, id string) string {
	h, ok := w.onPath(id, evidence.OpHandshake)
	d := evidence.DetailOf[evidence.Handshake](h)
	switch {
	case !ok || len(d.Chain) == 0:
		return ""
	case d.Anchor.Kind == evidence.AnchorPublic:
		return publicChain
	case d.Anchor.Kind == evidence.AnchorMissing:
		return "issued by " + authority(d) + ", its root was not found"
	}
	return "issued by " + authority(d)
}

// trustOf says whether the client trusted the authority of the chain.
func trustOf(w walk, id string) string {
	h, ok := w.onPath(id, evidence.OpHandshake)
	switch {
	case !ok || len(evidence.DetailOf[evidence.Handshake](h).Chain) == 0:
		return ""
	case h.State == evidence.OK:
		return "accepted"
	case h.FailedWith(evidence.Untrusted):
		return "not trusted"
	}
	return ""
}

// inspectorOf is authorityOf for a chain by which an inspected connection is recognised: its
// root is in a store, or was presented and is not the leaf itself. It is empty for a chain
// that is not whole and for a certificate that signed itself.
func inspectorOf(w walk, id string) string {
	h, _ := w.onPath(id, evidence.OpHandshake)
	d := evidence.DetailOf[evidence.Handshake](h)
	if d.Anchor.Kind == evidence.AnchorMissing || d.Anchor.Kind == evidence.AnchorPresented && len(d.Chain) == 1 {
		return ""
	}
	return authorityOf(w, id)
}

// wholeRun returns the differences of the vantage points themselves.
func wholeRun(names []string, walks []walk) []Finding {
	var clients, clocks []string
	apart, measured := false, 0
	for _, w := range walks {
		t := w.trace
		clients = append(clients, t.Run.Client+", pullpath "+t.Tool.Version)
		text, off := clockOf(t)
		clocks, apart = append(clocks, text), apart || off
		if t.Vantage.ClockOffsetMS != nil {
			measured++
		}
	}
	var out []Finding
	if different(OtherClient, clients) {
		out = append(out, Finding{Code: OtherClient, Text: answersByReport("the reports were made as different clients", clients, names)})
	}
	if apart && different(OtherClock, clocks) {
		what := "the clocks differ"
		if measured == 1 { // whether they differ nobody knows
			what = "a clock is wrong"
		}
		out = append(out, Finding{Code: OtherClock, Text: answersByReport(what, clocks, names)})
	}
	return out
}

// maxOffsetMS bounds a clock's offset to what a [time.Duration] holds with room to
// spare, a century: what a float holds beyond that turns its sign.
const maxOffsetMS = 100 * 365 * 24 * 3600 * 1000

// clockOf returns how far the clock of a vantage point is off, and whether that is
// enough to be reported.
func clockOf(t *evidence.Trace) (text string, off bool) {
	if t.Vantage.ClockOffsetMS == nil {
		return "not measured", false
	}
	ms := min(max(*t.Vantage.ClockOffsetMS, -maxOffsetMS), maxOffsetMS)
	offset := time.Duration(ms * float64(time.Millisecond)).Round(time.Second)
	switch {
	case offset.Abs() < clockApart:
		return "within a minute of the servers", false
	case offset < 0:
		return fmt.Sprintf("%d s ahead of the servers", int(-offset.Seconds())), true
	}
	return fmt.Sprintf("%d s behind the servers", int(offset.Seconds())), true
}

// missing returns a finding for each report that lacks hosts.
func missing(names []string, hosts []Host) []Finding {
	var out []Finding
	for i, name := range names {
		f := Finding{Code: NotWalked, Text: name + " does not contain these hosts; it says nothing about them."}
		for _, h := range hosts {
			if !h.Cells[i].Walked {
				f.Targets = append(f.Targets, h.Target)
			}
		}
		if len(f.Targets) > 0 {
			out = append(out, f)
		}
	}
	return out
}
