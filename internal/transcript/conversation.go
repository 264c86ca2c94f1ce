package transcript

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// What a client's first bytes are.
const (
	speaksNothing = iota
	speaksTLS
	speaksHTTP
	speaksSOCKS
	speaksOther
)

// speechOf recognises what a client says by its first bytes, on whatever port.
func speechOf(head []byte) int {
	switch {
	case len(head) == 0:
		return speaksNothing
	case len(head) >= 2 && head[0] == 22 && head[1] == 3, len(head) == 1 && head[0] == 22:
		return speaksTLS
	case len(head) >= 3 && head[0] == 5 && int(head[1]) == len(head)-2, len(head) > 3 && head[0] == 5 && head[1] > 0 && head[1] < 6 &&
		head[2] <= 2:
		return speaksSOCKS
	}
	method, rest, ok := bytes.Cut(head[:min(len(head), 4096)], []byte(" "))
	if ok && len(method) < 10 && bytes.Equal(method, bytes.ToUpper(method)) && bytes.Contains(rest, []byte(" HTTP/1.")) {
		return speaksHTTP
	}
	return speaksOther
}

// conversation is a connection under way to an attempt.
type conversation struct {
	k *captured
	c *capture.Connection
	a attempt
	// up and down are what the two say from here on; below is how much of each stream is behind.
	up, down             []byte
	behindUp, behindDown int64
	// proxied means that a tunnel was opened.
	proxied bool
	// opened is what a key log opened, nil for what is in clear; sealedUp and sealedDown are where
	// its streams begin.
	opened               *tlsinspect.Overheard
	sealedUp, sealedDown int64
}

func newConversation(k *captured, c *capture.Connection) *conversation {
	host := c.Server.Addr().String()
	if c.Name != "" {
		host = c.Name
	}
	return &conversation{k: k, c: c, up: c.Up.Head, down: c.Down.Head,
		a: attempt{at: line{file: k.file, no: c.First.Frame}, role: evidence.Registry, host: net.JoinHostPort(host, fmt.Sprint(c.Server.Port()))}}
}

// read goes through the steps of a connection.
func (v *conversation) read() {
	dial, ok := v.dial()
	if ok {
		v.a.add(dial)
	}
	if ok && dial.State == evidence.Failed || v.c.Midway && speechOf(v.up) != speaksTLS && speechOf(v.up) != speaksHTTP {
		return
	}
	switch speechOf(v.up) {
	case speaksHTTP:
		v.http()
	case speaksSOCKS:
		v.socks()
	case speaksTLS:
		v.tls()
	}
	if v.proxied && len(v.a.steps) > 0 && v.a.steps[0].Op == evidence.OpDial {
		v.a.steps[0].Role = evidence.Proxy
	}
	if !v.proxied {
		v.a.direct = true
	}
}

// ends says who is who, for the quote of a step.
func (v *conversation) ends() string {
	return fmt.Sprintf("%s > %s", v.c.Client, v.c.Server)
}

// dial is the connection itself, false where the capture does not show how it came out.
func (v *conversation) dial() (evidence.Hop, bool) {
	c := v.c
	if c.Midway && c.Accepted.Never() {
		return evidence.Hop{}, false
	}
	h := v.k.hop(c, c.First, v.ends()+": SYN")
	h.Op = evidence.OpDial
	d := evidence.Dial{Address: h.Peer}
	waited := c.Until.Sub(c.First.At)
	switch reset := c.Cut(); {
	case !c.Accepted.Never() && reset && c.Up.Bytes == 0 && c.Down.Bytes == 0:
		v.k.fail(&h, evidence.Reset, "SYN-ACK, then RST before anything was sent"+v.resetPlace())
	case !c.Accepted.Never():
		h.TookMS = milliseconds(c.Accepted.At.Sub(c.First.At))
	case len(c.ICMP) > 0:
		d.ICMP = icmpOf(c.ICMP[0], c.Client.Addr())
		v.k.fail(&h, icmpKind(d.ICMP), fmt.Sprintf("ICMP %s from %s", d.ICMP.Name, d.ICMP.Sender))
		h.TookMS = milliseconds(c.ICMP[0].At.Sub(c.First.At))
	case reset:
		v.k.fail(&h, evidence.Refused, "RST to the SYN"+v.resetPlace())
		h.TookMS = milliseconds(c.Reset.At.Sub(c.First.At))
	case c.SYNs > 1 || waited.Seconds() >= patience:
		h.TookMS = milliseconds(max(c.Last.At.Sub(c.First.At), min(waited, patience*time.Second)))
		v.k.fail(&h, evidence.Timeout, fmt.Sprintf("no answer to the SYN, sent %s", times(c.SYNs)))
	default:
		return h, false
	}
	h.Detail = d
	return h, true
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// resetPlace is the frame of the reset.
func (v *conversation) resetPlace() string { return fmt.Sprintf(" (frame %d)", v.c.Reset.Frame) }

// ending says how a connection ended on which the client waited for an answer, and of what kind
// that is; empty where the capture does not tell. sent counts what the client said last.
func (v *conversation) ending(sent int64) (evidence.Kind, string) {
	c := v.c
	bytes := fmt.Sprintf("the client's %d bytes", sent)
	switch {
	case c.Cut():
		return evidence.Reset, fmt.Sprintf("RST behind %s, before any answer%s", bytes, v.resetPlace())
	case !c.Down.Finished.Never() && (c.Up.Finished.Never() || c.Down.Finished.Frame < c.Up.Finished.Frame):
		return evidence.Closed, fmt.Sprintf("FIN behind %s, before any answer (frame %d)", bytes, c.Down.Finished.Frame)
	}
	if waited := v.waited(); waited.Seconds() >= patience || c.Up.Again > 0 && c.Up.Acked < c.Up.Bytes {
		return evidence.Timeout, fmt.Sprintf("no answer to %s in %s%s", bytes, waited.Round(100*time.Millisecond), v.delivered())
	}
	return evidence.Unknown, ""
}

// waited is how long the client waited for an answer to what it said last.
func (v *conversation) waited() time.Duration {
	end := v.c.Until
	if left := v.c.Up.Finished; !left.Never() {
		end = left.At
	}
	if r := v.c.Reset; r != nil && r.At.Before(end) {
		end = r.At
	}
	since := v.c.Up.Spoke.At
	if v.c.Down.Spoke.At.After(since) {
		since = v.c.Down.Spoke.At
	}
	return end.Sub(since)
}

// delivered says whether what was sent arrived.
func (v *conversation) delivered() string {
	switch {
	case v.c.Up.Acked >= v.c.Up.Bytes:
		return "; they were acknowledged"
	case v.c.Up.Again > 0:
		return fmt.Sprintf("; they were not acknowledged, sent again %s", times(v.c.Up.Again))
	}
	return "; they were not acknowledged"
}

// delivery is the same as evidence.
func (v *conversation) delivery() *evidence.Delivery {
	return &evidence.Delivery{Acked: v.c.Up.Acked, Unacked: v.c.Up.Bytes - v.c.Up.Acked, SentAgain: v.c.Up.Again}
}

// spoke is when a side said what stands at an offset of its stream.
func (v *conversation) spoke(down bool, at int64) capture.Moment {
	switch {
	case v.opened != nil && down:
		at = v.sealedDown + v.opened.Down.SealedAt(at)
	case v.opened != nil:
		at = v.sealedUp + v.opened.Up.SealedAt(at)
	}
	out := v.c.First
	for _, t := range v.c.Turns {
		if t.Down == down && t.Offset <= at {
			out = t.Moment
		}
	}
	return out
}

// answered returns the offset in the server's stream up to which it answers what the client said
// before an offset of its own: where it speaks again after the client's next turn.
func (v *conversation) answered(next int64) int64 {
	if v.opened != nil {
		return int64(len(v.opened.Down.Data)) // answers say themselves where they end
	}
	for i, t := range v.c.Turns {
		if !t.Down && t.Offset >= next {
			for _, later := range v.c.Turns[i:] {
				if later.Down {
					return later.Offset
				}
			}
			break
		}
	}
	return v.c.Down.Bytes
}

// pass goes behind so much of the two streams.
func (v *conversation) pass(up, down int64) {
	v.behindUp, v.behindDown = v.behindUp+up, v.behindDown+down
	v.up, v.down = v.up[min(up, int64(len(v.up))):], v.down[min(down, int64(len(v.down))):]
}

// maxRequests bounds the requests of one connection that are read.
const maxRequests = 64

// http reads requests in clear: those to a proxy for tunnels, or to a host.
func (v *conversation) http() {
	for range maxRequests {
		if speechOf(v.up) != speaksHTTP {
			break
		}
		in := &counting{in: bytes.NewReader(v.up)}
		buffered := bufio.NewReader(in)
		request, err := http.ReadRequest(buffered)
		if err != nil {
			return // cut in its head
		}
		_, _ = io.Copy(io.Discard, request.Body) // cut bodies end where they are cut
		length := in.n - int64(buffered.Buffered())
		lines := v.lines(v.up[:min(length, int64(len(v.up)))])
		if request.Method == http.MethodConnect {
			if !v.connect(request.RequestURI, lines, length) {
				return
			}
			if v.proxied && speechOf(v.up) != speaksHTTP {
				v.inside()
				return
			}
			continue
		}
		if !v.request(request, lines, length) {
			return
		}
	}
}

// counting counts what is read.
type counting struct {
	in io.Reader
	n  int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// lines are those of a head, without its secrets.
func (v *conversation) lines(raw []byte) []string {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var out []string
	for text := range strings.SplitSeq(string(head), "\n") {
		text = strings.TrimRight(text, "\r")
		plain, held := cut(text, v.k.r.scribe.Secrets)
		if held != "" && len(v.k.r.trace.Texts.Secrets) < maxSecretPlaces {
			place := v.k.origin(v.spoke(false, v.behindUp), "").Place + ": " + held
			if !slices.Contains(v.k.r.trace.Texts.Secrets, place) {
				v.k.r.trace.Texts.Secrets = append(v.k.r.trace.Texts.Secrets, place)
			}
		}
		out = append(out, plain)
	}
	return out
}

// answer reads the head of an answer and its body; length is that of both, ok false where there
// is no answer.
func (v *conversation) answer(method string, length int64) (h head, body string, read int64, ok bool) {
	end := v.answered(v.behindUp+length) - v.behindDown
	raw := v.down[:max(min(end, int64(len(v.down))), 0)]
	for {
		said, ok := answerIn(raw, method)
		if !ok {
			return h, "", 0, false
		}
		if said.code >= 100 && said.code < 200 && said.code != http.StatusSwitchingProtocols {
			raw, read = raw[said.begun:], read+said.begun
			continue
		}
		text, _ := cut(said.page, v.k.r.scribe.Secrets)
		return v.k.r.head(v.lines(raw[:said.begun])), text, read + said.length, true
	}
}

// saidAnswer is an answer in a stream.
type saidAnswer struct {
	code int
	page string
	// begun is the length of the head, length that of head and body, as far as it is there.
	begun, length int64
}

// answerIn reads the answer with which a stream begins, false where its head is not whole.
func answerIn(raw []byte, method string) (saidAnswer, bool) {
	in := &counting{in: bytes.NewReader(raw)}
	buffered := bufio.NewReader(in)
	response, err := http.ReadResponse(buffered, &http.Request{Method: method})
	if err != nil {
		return saidAnswer{}, false
	}
	defer response.Body.Close()
	begun := in.n - int64(buffered.Buffered())
	page, _ := io.ReadAll(io.LimitReader(response.Body, maxPage)) // what is cut ends there
	_, _ = io.Copy(io.Discard, response.Body)
	return saidAnswer{response.StatusCode, string(page), begun, in.n - int64(buffered.Buffered())}, true
}

// transferOf is what the readers of requests need of a connection.
func (v *conversation) transferOf(lines []string) *transfer {
	t := &transfer{at: v.a.at, sentAt: v.a.at, sent: lines, name: v.a.host, tls: v.opened != nil}
	for _, l := range lines {
		if name, value, ok := strings.Cut(l, ":"); ok && strings.EqualFold(name, "user-agent") {
			t.agent = strings.TrimSpace(value)
		}
	}
	return t
}

// connect reads a CONNECT and its answer, and reports whether the conversation goes on.
func (v *conversation) connect(target string, lines []string, length int64) bool {
	at := v.spoke(false, v.behindUp)
	v.a.via, v.a.proxied, v.proxied = "http://"+v.c.Server.String(), true, false
	if v.c.Name != "" {
		v.a.via = "http://" + net.JoinHostPort(v.c.Name, fmt.Sprint(v.c.Server.Port()))
	}
	v.a.host = target
	if len(v.a.steps) > 0 && v.a.steps[0].Op == evidence.OpDial {
		v.a.steps[0].Role = evidence.Proxy
	}
	h, body, read, ok := v.answer(http.MethodConnect, length)
	if !ok {
		v.unansweredConnect(lines, at, length)
		return false
	}
	hop := *v.k.r.connectHop(v.transferOf(lines), lines[0], h, body)
	hop.Origin, hop.Peer, hop.Local, hop.At = v.k.origin(at, lines[0]+" → "+h.line), v.c.Server.String(), v.c.Client.String(), at.At.UTC()
	answered := v.spoke(true, v.behindDown)
	hop.TookMS = max(milliseconds(answered.At.Sub(at.At)), 0)
	v.leg(hop)
	if h.code >= 200 && h.code < 300 {
		v.proxied = true
	}
	v.pass(length, read)
	return true
}

// leg adds an answer to CONNECT: one more of a login becomes the last of its step.
func (v *conversation) leg(hop evidence.Hop) {
	if n := len(v.a.steps); n > 0 && v.a.steps[n-1].Op == evidence.OpTunnel {
		before, _ := v.a.steps[n-1].Detail.(evidence.Tunnel)
		now, _ := hop.Detail.(evidence.Tunnel)
		now.Legs = append(before.Legs, evidence.Leg{AuthSent: before.AuthSent, StatusLine: before.StatusLine, Code: before.Code,
			Challenges: before.Challenges, Connection: evidence.Kept})
		hop.Detail = now
		v.a.steps[n-1] = hop
		return
	}
	v.a.add(hop)
}

// unansweredConnect is a CONNECT that got no HTTP for an answer.
func (v *conversation) unansweredConnect(lines []string, at capture.Moment, length int64) {
	h := v.k.hop(v.c, at, lines[0])
	h.Op, h.Role = evidence.OpTunnel, evidence.Proxy
	d := evidence.Tunnel{Request: v.k.r.scribe.Short(lines[0], maxQuote), AuthSent: authSent(lines, "Proxy-Authorization")}
	switch {
	case len(v.down) > 0 && v.down[0] >= 20 && v.down[0] <= 23:
		v.k.fail(&h, evidence.SpeaksTLS, "a record of TLS answers")
	case len(v.down) > 0 && !bytes.HasPrefix(v.down, []byte("HTTP/")):
		d.FirstBytes = v.k.r.scribe.FirstBytes(v.down)
		v.k.fail(&h, evidence.NotHTTP, "the first bytes are no status line: "+d.FirstBytes)
	case len(v.down) > 0:
		return // cut in its head
	default:
		kind, text := v.ending(length)
		if text == "" {
			return
		}
		v.k.fail(&h, kind, text)
	}
	h.TookMS = max(milliseconds(v.c.Last.At.Sub(at.At)), 0)
	h.Detail = d
	v.leg(h)
}

// request reads a request to a host in clear, and reports whether the conversation goes on.
func (v *conversation) request(q *http.Request, lines []string, length int64) bool {
	at := v.spoke(false, v.behindUp)
	t := v.transferOf(lines)
	if q.URL.IsAbs() { // a proxy is asked for it
		v.a.via, v.a.proxied, v.proxied = "http://"+v.c.Server.String(), true, true
		v.a.url, v.a.host = parseURL(q.RequestURI), ""
		t.url = q.RequestURI
	} else if q.Host != "" {
		v.a.url = parseURL(v.scheme() + "://" + v.hostOf(q.Host) + q.RequestURI)
	}
	v.a.role = roleOf(v.a.url, place{})
	h, body, read, ok := v.answer(q.Method, length)
	if !ok {
		v.unansweredRequest(q.Method, lines, at, length)
		return false
	}
	hop := v.k.r.requestHop(t, lines[0], h, body)
	if v.a.proxied && h.code == http.StatusProxyAuthRequired {
		hop.Role = evidence.Proxy
	}
	hop.Origin, hop.Peer, hop.Local, hop.At = v.k.origin(at, lines[0]+" → "+h.line), v.c.Server.String(), v.c.Client.String(), at.At.UTC()
	hop.TookMS = max(milliseconds(v.spoke(true, v.behindDown).At.Sub(at.At)), 0)
	v.a.add(hop)
	v.pass(length, read)
	return true
}

// scheme is that of the URLs that are asked for.
func (v *conversation) scheme() string {
	if v.opened != nil {
		return "https"
	}
	return "http"
}

// hostOf is a Host field with the port of the connection, where that is not the scheme's own.
func (v *conversation) hostOf(field string) string {
	if _, _, err := net.SplitHostPort(field); err == nil || v.c.Server.Port() == 80 || v.opened != nil {
		return field
	}
	return net.JoinHostPort(strings.Trim(field, "[]"), fmt.Sprint(v.c.Server.Port()))
}

// unansweredRequest is a request that got no HTTP for an answer.
func (v *conversation) unansweredRequest(method string, lines []string, at capture.Moment, length int64) {
	h := v.k.hop(v.c, at, lines[0])
	h.Op = evidence.OpRequest
	d := evidence.Request{Method: method, URL: v.k.r.urlOf(&v.a), Step: stepOf(v.a.url)}
	if len(v.down) > 0 {
		if bytes.HasPrefix(v.down, []byte("HTTP/")) {
			return // cut in its head
		}
		d.FirstBytes = v.k.r.scribe.FirstBytes(v.down)
		v.k.fail(&h, evidence.Protocol, "the first bytes are no status line: "+d.FirstBytes)
	} else {
		kind, text := v.ending(length)
		if text == "" {
			return
		}
		v.k.fail(&h, kind, text)
		d.Delivery = v.delivery()
	}
	h.Detail = d
	v.a.add(h)
}
