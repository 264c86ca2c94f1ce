package catalogue

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/redact"
	"pullpath/internal/refusal"
	"pullpath/internal/words"
)

// answerMatch states at most likely where the chain does not tell who answered.
func answerMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: requestValues(v, g)}
	if c := over(v, g[0]); c == unknownChain || c == unseenChain {
		m.Strength = diagnosis.Likely
	}
	return m
}

// chainClass is over what kind of chain an answer came.
type chainClass int

const (
	publicChain chainClass = iota
	interceptedChain
	unknownChain
	// unseenChain: what was read shows no certificates of the host, which is one of the public web.
	unseenChain
)

// over tells the chain that a request went over. A sound public chain clears
// the path (docs/rules.md, rule 2).
func over(v *diagnosis.View, h evidence.Hop) chainClass {
	hs, ok := v.Before(h, evidence.OpHandshake)
	d := evidence.DetailOf[evidence.Handshake](hs)
	switch {
	case ok && d.Public():
		return publicChain
	case v.Target(h.Target).Public && v.Read() && len(d.Chain) == 0 && (d.Leaf == nil || publicIssuer(*d.Leaf)):
		return unseenChain
	case v.Target(h.Target).Public:
		return interceptedChain
	}
	return unknownChain
}

// publicIssuers are the organizations that sign for registries of the public web, as certificates name
// them. A text has the name alone, which proves nothing; another name in its place does.
var publicIssuers = []string{"digicert", "let's encrypt", "google trust services", "amazon", "sectigo", "comodo", "globalsign", "entrust",
	"geotrust", "microsoft", "cloudflare", "godaddy", "identrust", "ssl corp", "thawte", "internet security research group", "baltimore",
	"rapidssl", "zerossl", "starfield", "quovadis", "trustasia"}

// publicIssuer: the name of who signed is one of these, or is not known.
func publicIssuer(leaf evidence.Certificate) bool {
	name := strings.ToLower(leaf.Issuer)
	return name == "" || slices.ContainsFunc(publicIssuers, func(p string) bool { return strings.Contains(name, p) })
}

// unexpected are the answers that a family judges. One of which the digest is wrong is
// judged by that alone, and no row of the second family has what the first has.
func unexpected(v *diagnosis.View, f *diagnosis.Family) []evidence.Hop {
	return v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		if !h.FailedWith(evidence.UnexpectedAnswer) || otherClientFails(h) {
			return false
		}
		return f == &asking || !refusedForm(v, h) && !wrongDigest(h)
	})
}

// refusedForm tells that a request was refused for how it was asked.
func refusedForm(v *diagnosis.View, h evidence.Hop) bool {
	code, _ := v.Taken(&asking, h)
	return code != ""
}

// wrongDigest tells that what came does not hash to what was asked for.
func wrongDigest(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h).Digest
	return d != nil && d.Want != "" && d.Got != "" && d.Want != d.Got
}

// statusOf, stepOf and loginOf read a request: the status of its answer, its place in the
// conversation, and the scheme of the login that was sent.
func statusOf(h evidence.Hop) int         { return evidence.DetailOf[evidence.Request](h).Code }
func stepOf(h evidence.Hop) evidence.Step { return evidence.DetailOf[evidence.Request](h).Step }
func loginOf(h evidence.Hop) string       { return evidence.DetailOf[evidence.Request](h).AuthSent }

// byTarget joins the requests to one host.
func byTarget(_ *diagnosis.View, h evidence.Hop) string { return h.Target }

// takesBlockPage: a page came over a connection in which something else than the origin
// speaks.
func takesBlockPage(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	body := evidence.DetailOf[evidence.Request](h).Body
	return when(inspectorSeen(v, h) && body != nil && (body.HTML || product.BlockPage(body.Markers, body.Title)))
}

// takesRefusal: the host, or what inspects the connection to it, says no.
func takesRefusal(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch {
	case means(h) == refusal.AddressDenied:
		return &diagnosis.Match{Means: "The registry itself, or what serves it, refuses by the source address: {answers}{saw}. {owner}"}
	case statusOf(h) != 403 && statusOf(h) != 451:
		return nil
	case over(v, h) == interceptedChain:
		return &diagnosis.Match{Audience: diagnosis.ProxyAdmin,
			Means:  "{owner} The reason may be a rule of that device, or one of the registry's for source or account.",
			Remedy: "look in the inspecting proxy's log for {targets} at the time below",
			Or: diagnosis.Way{Audience: diagnosis.AccountOwner,
				Remedy: "if the registry refused, ask its operator, and name source address and time"}}
	}
	return &diagnosis.Match{Means: blockedMeans}
}

// blockedMeans is what a host's own refusal means where nothing more is known.
const blockedMeans = "{owner} The reason may be a geographic or export rule, a web application firewall, or a rule about the account."

// takesBodyLimit: a body is too large for the server. Where the request had none, the status
// says less.
func takesBodyLimit(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	if statusOf(h) != 413 {
		return nil
	}
	out := &diagnosis.Match{}
	if evidence.DetailOf[evidence.Request](h).Method != "POST" {
		out.Strength = diagnosis.Possible
		out.Means = "413 says that the body of a request is too large, and this request has none. Whoever answers may be passing on the " +
			"answer to a request of its own, or may mean the size of what was asked for. {owner}"
		out.Remedy = "look in the log of {targets}, and of what stands in front of it, for a limit on sizes at the time below"
	}
	if over(v, h) == interceptedChain {
		out.Audience = diagnosis.ProxyAdmin
	}
	return out
}

// takesLoginRefused: the server that was given a login answers 401; or 403, and explains that
// in JSON or gives a token without the login.
func takesLoginRefused(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	forbidden := statusOf(h) == 403 && stepOf(h) == evidence.StepToken &&
		(evidence.DetailOf[evidence.Request](h).SaysWhy() || len(grantedWithout(v, h)) > 0)
	return when(givenLogin(h) && (statusOf(h) == 401 || forbidden))
}

// matchStalled matches requests to which no answer came in time, or not all of it.
func matchStalled(v *diagnosis.View) []diagnosis.Match {
	failed := slices.DeleteFunc(v.Failed(evidence.OpRequest, evidence.Timeout), func(h evidence.Hop) bool {
		return otherClientFails(h) || refusedForm(v, h)
	})
	return matchEachWith(byKind(failed), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: endValues(g), Audience: onTheWay(g[0])}
		m.Values["text"], m.Values["wait"] = join(g, stall), hopLimit(v)
		if !overTLS(v, g[0]) {
			m.Means = ofAnyConnection(unansweredMeans)
		}
		if statusOf(g[0]) != 0 {
			m.Means = "The answer began and then stopped. The server may be slow, or something on the way may hold the rest back to " +
				"scan it.{wait}"
		}
		return m
	})
}

// stall says how an answer that was waited for in vain stood in the end.
func stall(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Digest == nil {
		return reason(h)
	}
	return fmt.Sprintf("%s, then nothing; given up after %s", part(d.Digest.Bytes, d.Digest.Of), words.Seconds(h.TookMS))
}

// hopLimit says whose patience ended a request (docs/rules.md, rule 5).
func hopLimit(v *diagnosis.View) string {
	limit := v.Run().HopTimeoutMS
	if limit == 0 {
		return ""
	}
	return fmt.Sprintf(" This check gave up after %s without a byte (--hop-timeout); the client may wait longer.", words.Seconds(limit))
}

// onTheWay is whom to ask about the devices that a request passes: the proxy's admins where
// it goes through a proxy.
func onTheWay(h evidence.Hop) diagnosis.Audience {
	if h.Via != "" {
		return diagnosis.ProxyAdmin
	}
	return diagnosis.NetworkTeam
}

// matchAltered needs a chain over which something else than the origin can have spoken; over
// a public one a wrong digest is the registry's.
func matchAltered(v *diagnosis.View) []diagnosis.Match {
	failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		altered := h.FailedWith(evidence.DigestMismatch) || h.FailedWith(evidence.UnexpectedAnswer) && !refusedForm(v, h) && wrongDigest(h)
		code, _ := damaged(v, h)
		return altered && code == HTTPBodyAltered
	})
	return matchEach(diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
		values := endValues(g)
		values["owner"] = whose(over(v, g[0]))
		return values
	})
}

// whose says what the chain tells of who can have written an answer (docs/rules.md, rule 2).
func whose(c chainClass) string {
	switch c {
	case publicChain:
		return "The chain is the public one, so the answer is the registry's own or its CDN's."
	case interceptedChain:
		return "The chain is not the registry's public one, so the device that inspects the connection may have written or changed the answer."
	}
	if c == unseenChain {
		return "What was read does not show the certificates, so it does not tell whether the host or something on the way answered."
	}
	return "The host is no public registry that this tool knows, so the chain does not tell whether the host or something on the way answered."
}

// endValues are those of a row about an exchange that did not come to a complete answer.
func endValues(g []evidence.Hop) map[string]string {
	return map[string]string{"requests": join(g, requestLine), "text": join(g, reason), "time": seconds(g)}
}

func requestValues(v *diagnosis.View, g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Request](g[0])
	through := ""
	if hs, ok := v.Before(g[0], evidence.OpHandshake); ok && over(v, g[0]) != publicChain {
		through = " under " + anchorName(evidence.DetailOf[evidence.Handshake](hs))
	}
	location := locationHost(d.Location)
	if d.Code/100 == 3 {
		location = cmp.Or(location, "a place that it does not name")
	}
	return map[string]string{
		"requests": join(g, requestLine), "answers": answerText(d), "location": location, "challenges": challengeNames(d), "through": through,
		"messages": cmp.Or(messages(d), "it gives no reason"), "token": tokenProblem(d), "platforms": strings.Join(d.Platforms, ", "),
		"owner": whose(over(v, g[0])),
	}
}

// matchLedAstray matches redirects that something on the way may have sent, and that were
// followed to a host which does not answer as the registry's would: with a page, or, where
// the connection is known to be inspected, not at all.
func matchLedAstray(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	redirecting := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && statusOf(h)/100 == 3 && !isBlobStep(stepOf(h)) && over(v, h) != publicChain
	})
	for _, g := range diagnosis.Group(redirecting, func(h evidence.Hop) string { return h.Target + locationTarget(h) }) {
		to := locationTarget(g[0])
		astray := astrayAt(v, to, over(v, g[0]))
		if to == g[0].Target || len(astray) == 0 {
			continue
		}
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(append(slices.Clone(g), astray...)), Targets: []string{g[0].Target},
			Values: requestValues(v, g), Explains: []string{to}})
	}
	return out
}

// astrayAt are the failed hops of a target that show that no registry is there.
func astrayAt(v *diagnosis.View, target string, chain chainClass) []evidence.Hop {
	var out []evidence.Hop
	for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
		out = append(out, v.HopsAbout(op, diagnosis.About{}.Target(target).State(evidence.Failed), func(h evidence.Hop) bool {
			body := evidence.DetailOf[evidence.Request](h).Body
			return h.OnPath() && (chain == interceptedChain || body != nil && body.HTML)
		})...)
	}
	return out
}

// isBlobStep reports whether a request is for a blob.
func isBlobStep(s evidence.Step) bool { return s == evidence.StepConfig || s == evidence.StepLayer }

// locationTarget is the target that a redirect leads to, by its ID; empty where there is none.
func locationTarget(h evidence.Hop) string {
	u, err := url.Parse(evidence.DetailOf[evidence.Request](h).Location)
	if err != nil || u.Host == "" {
		return ""
	}
	at := evidence.EndpointOf(u)
	at.Host = evidence.HostName(at.Host)
	return at.ID()
}

func answerText(d evidence.Request) string {
	out := words.Quoted(d.StatusLine)
	switch {
	case d.Body != nil && d.Body.Title != "":
		out += ", page titled " + words.Quoted(d.Body.Title)
	case len(d.Errors) > 0:
		out += ", " + messages(d)
	case d.Location != "":
		out += ", Location " + d.Location
	}
	return out
}

func messages(d evidence.Request) string {
	var out []string
	for _, e := range d.Errors {
		said := e.Code
		for _, text := range []string{e.Message, e.Detail} {
			if text != "" && text[0] != '{' && text[0] != '[' { // what lists the rights that were asked for says nothing new
				said += " " + words.Quoted(text)
			}
		}
		out = append(out, strings.TrimSpace(said))
	}
	return strings.Join(out, "; ")
}

func tokenProblem(d evidence.Request) string {
	if d.Token == nil {
		return "there is none"
	}
	return cmp.Or(d.Token.Problem, "what came cannot be used")
}

func locationHost(location string) string {
	if u, err := url.Parse(location); err == nil && u.Host != "" {
		return u.Host
	}
	return location
}

func challengeNames(d evidence.Request) string {
	return cmp.Or(words.Schemes(d.Challenges), "none")
}

// tooLargeHead tells that a request was refused for the size of its head: by the
// status that says so, or because a smaller one passed the same host and one of a
// size did not.
func tooLargeHead(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.AuthSent == "" || h.State != evidence.Failed {
		return false
	}
	if d.Code == 431 {
		return true
	}
	passes, fails := headBounds(v, h)
	return passes > 0 && fails > 0 && fails <= d.HeadBytes+headSlack
}

// headSlack is how far the search for a limit may have missed it: its last step.
const headSlack = 256

// headBounds are the largest head that passed in the search and the smallest that did
// not, 0 where there is none.
func headBounds(v *diagnosis.View, h evidence.Hop) (passes, fails int) {
	for _, p := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(evidence.ProbeGrowingHeader).Target(h.Target), nil) {
		size := evidence.DetailOf[evidence.Request](p).HeadBytes
		if p.State == evidence.OK {
			passes = max(passes, size)
		} else if p.RefusesHead() && (fails == 0 || size < fails) {
			fails = size
		}
	}
	return passes, fails
}

func headLimit(v *diagnosis.View, h evidence.Hop) string {
	passes, fails := headBounds(v, h)
	switch {
	case fails == 0:
		return ""
	case passes == 0:
		return fmt.Sprintf(", and one of %d bytes without a token is refused too", fails)
	}
	return fmt.Sprintf("; without a token one of %d bytes passes and one of %d does not", passes, fails)
}

// stripped tells that a token did not arrive: the answer equals the one without it,
// while a wrong token gets another (docs/rules.md, rule 2).
func stripped(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.AuthSent != "Bearer" || d.Code != 401 || over(v, h) == publicChain {
		return false
	}
	answers := func(probe evidence.Probe, step evidence.Step) []evidence.Hop {
		return v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
			return o.Probe == probe && evidence.DetailOf[evidence.Request](o).Step == step
		})
	}
	without, wrong := answers("", "ping"), answers(evidence.ProbeKnownBadToken, "ping-authorized")
	return len(without) > 0 && len(wrong) > 0 && sameAnswer(d, evidence.DetailOf[evidence.Request](without[0])) &&
		!sameAnswer(d, evidence.DetailOf[evidence.Request](wrong[0]))
}

func sameAnswer(a, b evidence.Request) bool {
	return a.Code == b.Code && challengeText(a) == challengeText(b) && messages(a) == messages(b)
}

func challengeText(d evidence.Request) string { return fmt.Sprint(d.Challenges) }

// requestLine is a request without the query of a signed URL, whose values nobody
// may see and whose names nobody wants.
func requestLine(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	url := d.URL
	if path, query, ok := strings.Cut(url, "?"); ok && strings.Contains(query, redact.Mark) {
		url = path + "?…"
	}
	return cmp.Or(strings.TrimSpace(d.Method+" "+url), "a request") // a text may name neither
}

// begunThenEnded tells that the head of an answer came, and its body not whole.
func begunThenEnded(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	ended := d.Code != 0 && h.FailedWith(evidence.Reset, evidence.Closed)
	return h.FailedWith(evidence.Truncated) || ended && (h.OnPath() || h.Probe == evidence.ProbeCutBefore)
}

// endedUnanswered tells that the connection ended before an answer's head was there.
func endedUnanswered(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.OnPath() && d.Code == 0 && d.Alert != alertCertificateRequired && (h.FailedWith(evidence.Reset) || h.FailedWith(evidence.Closed))
}

// matchEnds makes a match of the requests of each host that ended so.
func matchEnds(v *diagnosis.View, ended func(evidence.Hop) bool) []diagnosis.Match {
	failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return ended(h) && !otherClientFails(h) && !refusedForm(v, h)
	})
	return matchEachWith(byKind(failed), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"requests": join(g, requestLine), "text": join(g, reason),
			"time": seconds(g), "whose": whoseEnd(v, g[0])}}
		if !overTLS(v, g[0]) && !begunThenEnded(g[0]) {
			m.Means = ofAnyConnection(endedMeans)
		}
		if over(v, g[0]) == interceptedChain || begunThenEnded(g[0]) && g[0].Via != "" {
			m.Audience = diagnosis.ProxyAdmin
		}
		return m
	})
}

// overTLS: a handshake that completed stands before the request.
func overTLS(v *diagnosis.View, h evidence.Hop) bool {
	shake, ok := v.Before(h, evidence.OpHandshake)
	return ok && shake.State == evidence.OK
}

// ofAnyConnection is what a text says of a connection of which no handshake was seen.
func ofAnyConnection(means string) string {
	return strings.Replace(means, "The TLS connection", "The connection", 1)
}

// overHTTP: the request is one of plain HTTP.
func overHTTP(h evidence.Hop) bool {
	return strings.HasPrefix(evidence.DetailOf[evidence.Request](h).URL, "http://")
}

// whoseEnd says what the chain tells of who can have ended a connection.
func whoseEnd(v *diagnosis.View, h evidence.Hop) string {
	c := over(v, h)
	if overHTTP(h) {
		return "The request is plain HTTP: a device on the way can read it, and can end it."
	}
	switch c {
	case publicChain:
		return "The chain is the public one, so no device on the way can read the request; it can still cut a " +
			"connection that it does not read."
	case interceptedChain:
		return "The connection is inspected: the device that inspects it sees the request first."
	}
	if c == unseenChain {
		return "What was read does not show the certificates, and so not whether a device on the way reads the request."
	}
	return "The chain does not tell whether a device on the way reads the request."
}

// askers names the clients that ask by a method.
func askers(method string) string {
	if method == "HEAD" {
		return "containerd requests manifests only by HEAD, and docker does so first"
	}
	return "containerd sends a login by POST"
}

func statusOr(d evidence.Request) string {
	if d.StatusLine == "" {
		return ""
	}
	return answerText(d)
}

// blockedMethod finds the request by GET that passes where a hop's own method was
// refused, on the same host for the same thing.
func blockedMethod(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	d := evidence.DetailOf[evidence.Request](h)
	refused := h.FailedWith(evidence.UnexpectedAnswer, evidence.Closed, evidence.Reset, evidence.Timeout)
	explained := d.Step == evidence.StepToken && d.SaysWhy() // by the token server, and so not for the method
	ofMethod := d.Code/100 != 2 && d.Code/100 != 5 && !slices.Contains([]int{401, 413, 429}, d.Code)
	if d.Method == "GET" || d.Method == "" || !refused || explained || !ofMethod {
		return evidence.Hop{}, false
	}
	passing := v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		p := evidence.DetailOf[evidence.Request](o)
		return p.Method == "GET" && p.Step == d.Step && (o.OnPath() || o.Probe == evidence.ProbeByGet)
	})
	if len(passing) == 0 {
		return evidence.Hop{}, false
	}
	return passing[0], true
}

// otherClientFails tells that a side probe asked in another client's name.
func otherClientFails(h evidence.Hop) bool {
	_, other := h.Probe.Client()
	return other
}

// writeLimit reads how much is allowed, how much is left, who is counted, and how long
// to wait (RFC 9110 section 10.2.3).
func writeLimit(d evidence.Request, values map[string]string) {
	values["counted"] = ""
	var parts []string
	for _, field := range []struct{ name, words string }{{"RateLimit-Limit", "limit "}, {"RateLimit-Remaining", "left "},
		{"Docker-RateLimit-Source", "counted as source "}} {
		if value, ok := evidence.HeaderValue(d.Headers, field.name); ok {
			parts = append(parts, field.words+value)
		}
	}
	if len(parts) > 0 {
		values["counted"] = ": " + strings.Join(parts, ", ")
	}
	values["wait"] = retryAfter(d)
}

// retryAfter is how long an answer asks to wait, empty where it does not say.
func retryAfter(d evidence.Request) string {
	if wait, ok := evidence.HeaderValue(d.Headers, "Retry-After"); ok {
		return " as long as the answer says (Retry-After: " + wait + ")"
	}
	return ""
}

// loggedIn tells that a token server of the run was sent a login.
func loggedIn(v *diagnosis.View) bool {
	_, sent := v.FirstAbout(evidence.OpRequest, diagnosis.About{}, givenLogin)
	return sent
}

// slowFirst is how long an answer may take to begin before it is called slow, in
// milliseconds: healthy ones take a round trip, and Go's clients wait without a limit.
const slowFirst = 5000.0

// slowAnswers finds the hosts whose answers came slowly, one match each.
func slowAnswers(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && h.State == evidence.OK && slowness(h).pace != "" })
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
		s := slowness(g[0])
		return diagnosis.Match{Hops: diagnosis.IDs(g), Audience: onTheWay(g[0]),
			Values: map[string]string{"requests": join(g, requestLine), "pace": s.pace, "cause": s.cause}}
	})
}

// pacing is how slow an answer was, and what that points to.
type pacing struct{ pace, cause string }

// slowness is empty for an answer that was not slow.
func slowness(h evidence.Hop) pacing {
	d := evidence.DetailOf[evidence.Request](h)
	t := d.Transfer
	switch {
	case t != nil && t.GaveUp:
		return pacing{rate(d) + ", then given up" + whole(d), "The data comes very slowly: a bandwidth " +
			"limit, a link that loses packets, or a filter that keeps the connection alive while it scans"}
	case t != nil && evidence.Slow(t.Bytes, lasted(t)):
		return pacing{rate(d) + whole(d), "The rate is too low for layers of ordinary " +
			"size: a bandwidth limit, or a link that loses packets"}
	case d.FirstByteMS >= slowFirst && t != nil && t.MS < d.FirstByteMS/4:
		return pacing{fmt.Sprintf("first byte after %.1f s, the rest in %.1f s", d.FirstByteMS/1000, t.MS/1000),
			"The answer is held back and then comes at once: a scanner that reads the whole file first"}
	case d.FirstByteMS >= slowFirst:
		return pacing{fmt.Sprintf("first byte after %.1f s", d.FirstByteMS/1000), "The server, or something on the way, takes " +
			"long to begin"}
	}
	return pacing{}
}

func lasted(t *evidence.Transfer) time.Duration {
	return time.Duration(t.MS * float64(time.Millisecond))
}

// rate says how much came in which time.
func rate(d evidence.Request) string {
	of := int64(0)
	if d.Digest != nil {
		of = d.Digest.Of
	}
	return part(d.Transfer.Bytes, of) + " in " + words.Seconds(d.Transfer.MS)
}

// longestSpan is what a forecast goes up to: a year is never to a reader, and in range.
const longestSpan = 365 * day

// whole says how long all of the content would take at that rate, empty where that is not
// known.
func whole(d evidence.Request) string {
	t := d.Transfer
	if d.Digest == nil || d.Digest.Of <= t.Bytes || t.Bytes == 0 || t.MS == 0 {
		return ""
	}
	perSecond := float64(t.Bytes) / (t.MS / 1000)
	all := min(float64(d.Digest.Of)/perSecond, longestSpan.Seconds())
	return fmt.Sprintf(": at %.1f KiB/s all of it takes %s", perSecond/1024, span(time.Duration(all*float64(time.Second))))
}

// part writes how much of an amount came.
func part(n, of int64) string {
	if of <= 0 {
		return kibibytes(n)
	}
	return kibibytes(n) + " of " + kibibytes(of)
}
