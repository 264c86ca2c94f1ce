package har

import (
	"cmp"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/words"
)

// Of returns the requests of a run in the order in which they began. The comment is on the whole.
func Of(t *evidence.Trace, comment string) Archive {
	m := maker{trace: t, told: map[int]bool{}, wentOn: map[int]bool{}, targets: map[string]int{}, stopped: map[int][]string{}}
	for i, target := range t.Targets {
		m.targets[target.ID] = i
	}
	type pair struct {
		hop    int
		target string
	}
	kept := map[pair]bool{}
	for _, h := range t.Hops {
		if h.OnPath() && h.State != evidence.Skipped {
			m.wentOn[h.Parent] = true
		}
		if k := (pair{h.Because, h.Target}); h.Because != 0 && h.Target != "" && !kept[k] {
			kept[k], m.stopped[h.Because] = true, append(m.stopped[h.Because], h.Target)
		}
	}
	out := Archive{log{Version: "1.2", Creator: creator{"pullpath", cmp.Or(t.Tool.Version, "unknown")}, Entries: []entry{}, Comment: comment}}
	for _, h := range t.Hops {
		out.Log.Entries = append(out.Log.Entries, m.entries(h)...)
	}
	slices.SortStableFunc(out.Log.Entries, func(a, b entry) int { return a.Started.Compare(b.Started) })
	return out
}

// maker makes entries of hops.
type maker struct {
	trace *evidence.Trace
	// wentOn are the hops from which the path goes on: some clients get over some failures. stopped
	// are, by a failed hop, the targets whose requests it kept from being sent.
	wentOn  map[int]bool
	targets map[string]int // their places, by ID
	stopped map[int][]string
	// told are the hops whose time is in an entry: that of a connection is in the first on it.
	told map[int]bool
}

// entries returns those that a hop makes: mostly none or one.
func (m *maker) entries(h evidence.Hop) []entry {
	var out []entry
	switch d := h.Detail.(type) {
	case evidence.Request:
		if h.State != evidence.Skipped {
			return []entry{m.request(h, d)}
		}
	case evidence.Tunnel:
		if d.SOCKS == nil && h.State != evidence.Skipped {
			out = append(out, m.connect(h, d))
		}
	}
	if h.State == evidence.Failed && h.OnPath() && h.Op != evidence.OpRequest && h.Op != evidence.OpSetting && !m.wentOn[h.ID] {
		for _, target := range m.stoppedBy(h) {
			out = append(out, m.unsent(h, target))
		}
	}
	return out
}

// stoppedBy returns the targets whose requests a failed hop kept from being sent.
func (m *maker) stoppedBy(failed evidence.Hop) []string {
	if failed.Target != "" {
		return []string{failed.Target}
	}
	return m.stopped[failed.ID]
}

// begin returns an entry with what every hop has, and the time of the hops that it stands on and
// that no other entry has: from the first of them on, it begins.
func (m *maker) begin(h evidence.Hop) entry {
	e := entry{Started: h.At, Hop: h.ID, Target: h.Target, Role: string(h.Role), Via: h.Via, Probe: string(h.Probe),
		Timings: timings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1}}
	if at, err := netip.ParseAddrPort(h.Peer); err == nil {
		e.ServerIP = at.Addr().WithZone("").String()
	}
	if at, err := netip.ParseAddrPort(h.Local); err == nil {
		e.Connection = at.String()
	}
	for parent, known := m.trace.Hop(h.Parent); known && !m.told[parent.ID]; parent, known = m.trace.Hop(parent.Parent) {
		if parent.Op == evidence.OpRequest {
			break
		}
		m.told[parent.ID] = true
		m.count(&e, parent)
	}
	return e
}

// count adds the time of a hop that an entry stands on.
func (m *maker) count(e *entry, h evidence.Hop) {
	switch h.Op {
	case evidence.OpResolve:
		e.Timings.DNS = max(e.Timings.DNS, 0) + h.TookMS
	case evidence.OpDial:
		e.Timings.Connect = max(e.Timings.Connect, 0) + h.TookMS
	case evidence.OpTunnel:
		if evidence.DetailOf[evidence.Tunnel](h).SOCKS == nil {
			return // it has an entry of its own
		}
		e.Timings.Connect = max(e.Timings.Connect, 0) + h.TookMS
	case evidence.OpHandshake:
		e.Timings.Connect = max(e.Timings.Connect, 0) + h.TookMS
		e.Timings.SSL = max(e.Timings.SSL, 0) + h.TookMS
	default:
		return
	}
	if h.At.Before(e.Started) {
		e.Started = h.At
	}
}

// end adds the time of the hop itself, split at its first byte.
func (e *entry) end(took, firstByte float64) {
	e.Timings.Wait = took
	if firstByte > 0 && firstByte <= took {
		e.Timings.Wait, e.Timings.Receive = firstByte, took-firstByte
	}
	for _, ms := range []*float64{&e.Timings.DNS, &e.Timings.Connect, &e.Timings.SSL, &e.Timings.Wait, &e.Timings.Receive} {
		*ms = toMicroseconds(*ms)
		if ms != &e.Timings.SSL { // connect has it
			e.Time += max(*ms, 0)
		}
	}
	e.Time = toMicroseconds(e.Time)
}

func toMicroseconds(ms float64) float64 { return math.Round(ms*1000) / 1000 }

// request is one that was sent.
func (m *maker) request(h evidence.Hop, d evidence.Request) entry {
	e := m.begin(h)
	e.end(h.TookMS, d.FirstByteMS)
	version, status := statusOf(d.StatusLine)
	e.Request = asked(d.Method, d.URL, version)
	e.Request.HeadersSize = cmp.Or(d.HeadBytes, -1)
	e.Request.add("User-Agent", d.UserAgent)
	e.Request.add("Range", d.Range)
	if d.AuthSent != "" {
		e.Request.add("Authorization", d.AuthSent+" "+redact.Mark)
	}
	e.Response = answered(d.Code, status, version, d.Headers, d.Body)
	e.Response.RedirectURL = d.Location
	if d.Transfer != nil {
		e.Response.BodySize, e.Response.Content.Size = d.Transfer.Bytes, d.Transfer.Bytes
	}
	e.Response.Error = errorOf(h)
	e.Comment = "step " + string(d.Step)
	return e
}

// connect is what a proxy was asked for.
func (m *maker) connect(h evidence.Hop, d evidence.Tunnel) entry {
	e := m.begin(h)
	m.told[h.ID] = true
	e.end(h.TookMS, d.FirstByteMS)
	version, status := statusOf(d.StatusLine)
	authority := strings.TrimPrefix(d.Request, "CONNECT ")
	authority, _, _ = strings.Cut(authority, " ")
	e.Request = asked("CONNECT", "https://"+cmp.Or(authority, h.Target)+"/", version)
	e.Request.add("User-Agent", d.UserAgent)
	if d.AuthSent != "" {
		e.Request.add("Proxy-Authorization", d.AuthSent+" "+redact.Mark)
	}
	e.Response = answered(d.Code, cmp.Or(d.Phrase, status), version, d.Headers, d.Body)
	e.Response.Error = errorOf(h)
	return e
}

// unsent is the request that would have come next.
func (m *maker) unsent(h evidence.Hop, target string) entry {
	e := m.begin(h)
	e.Target = target
	if !m.told[h.ID] {
		m.count(&e, h)
	}
	e.end(0, 0)
	e.Request = asked("GET", m.first(target), "")
	e.Response = answered(0, "", "", nil, nil)
	e.Response.Error = errorOf(h)
	e.Comment = "not sent"
	return e
}

// first returns the URL that a client asks for first at a target.
func (m *maker) first(id string) string {
	i, known := m.targets[id]
	if !known {
		return "https://" + id + "/"
	}
	t := m.trace.Targets[i]
	u := url.URL{Scheme: "https", Host: t.URLHost(), Path: "/"}
	if t.Plain {
		u.Scheme = "http"
	}
	if t.Role.HasImages() {
		u.Path = "/v2/"
	}
	return u.String()
}

func asked(method, address, version string) request {
	r := request{Method: method, URL: address, HTTPVersion: cmp.Or(version, "HTTP/1.1"), Cookies: []pair{}, Headers: []pair{}, Query: []pair{},
		HeadersSize: -1}
	u, err := url.Parse(address)
	if err != nil { // a peer's word, which readers would stumble over
		r.URL = "https://invalid/" + url.PathEscape(address)
		return r
	}
	r.add("Host", u.Host)
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name != "" {
			r.Query = append(r.Query, pair{unescaped(name), unescaped(value)})
		}
	}
	return r
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// add adds a field that was sent, unless it was not.
func (r *request) add(name, value string) {
	if value != "" {
		r.Headers = append(r.Headers, pair{name, value})
	}
}

func answered(code int, text, version string, headers []evidence.Header, body *evidence.Body) response {
	r := response{Status: code, StatusText: text, HTTPVersion: version, Cookies: []pair{}, Headers: []pair{}, HeadersSize: -1, BodySize: -1}
	for _, h := range headers {
		r.Headers = append(r.Headers, pair(h))
		if strings.EqualFold(h.Name, "Content-Type") {
			r.Content.MimeType = h.Value
		}
	}
	if code == 0 {
		r.BodySize = 0
	}
	if body == nil {
		return r
	}
	r.BodySize, r.Content.Size, r.Content.Text = body.Bytes, body.Bytes, body.Text
	r.Content.Comment = "the words of the body, without secrets; of a long one its beginning"
	return r
}

// statusOf returns version and text of a status line.
func statusOf(line string) (version, text string) {
	version, rest, _ := strings.Cut(line, " ")
	_, text, _ = strings.Cut(rest, " ")
	if !strings.HasPrefix(version, "HTTP/") {
		return "", ""
	}
	return version, text
}

// errorOf says why a hop failed, empty for one that did not.
func errorOf(h evidence.Hop) string {
	if h.Failure == nil {
		return ""
	}
	text := words.OpName(h.Op) + " " + string(h.Failure.Kind)
	if h.Failure.Text != "" {
		text += ": " + h.Failure.Text
	}
	return text
}
