package rebuild

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// raw writes an answer as it stood: status line, headers in their order and
// spelling, and what is known of the body.
func raw(status string, headers []evidence.Header, body *evidence.Body, remarks []string) string {
	end := "\r\n"
	if slices.Contains(remarks, evidence.RemarkBareLF) {
		end = "\n"
	}
	var out strings.Builder
	out.WriteString(status + end)
	text := bodyText(body)
	announced := false
	for _, h := range headers {
		switch strings.ToLower(h.Name) {
		case "date", "transfer-encoding":
			continue
		case "content-length":
			announced = true
			h.Value = fmt.Sprint(len(text))
		}
		out.WriteString(h.Name + ": " + h.Value + end)
	}
	if !announced && text == "" && !strings.Contains(status, " 2") {
		out.WriteString("Content-Length: 0" + end)
	}
	out.WriteString(end + text)
	return out.String()
}

// bodyText returns a body with the title, the sentences and the marks of the one that
// was seen.
func bodyText(b *evidence.Body) string {
	if b == nil {
		return ""
	}
	if !b.HTML {
		return b.Text + comment(b, "\n# ")
	}
	title := ""
	if b.Title != "" {
		title = "<title>" + html.EscapeString(b.Title) + "</title>"
	}
	return "<html><head>" + title + "</head><body>" + html.EscapeString(b.Text) + comment(b, "<!-- ") + "</body></html>\n"
}

// comment holds the marks of a product that the kept text does not show.
func comment(b *evidence.Body, open string) string {
	out := ""
	for _, m := range b.Markers {
		if !strings.Contains(strings.ToLower(b.Text+b.Title), strings.ToLower(m)) {
			out += open + m
			if open == "<!-- " {
				out += " -->"
			}
		}
	}
	return out
}

// requests rebuilds what hosts answered.
func (b *builder) requests() {
	b.tokens()
	for _, onPath := range []bool{true, false} {
		for _, h := range b.trace.Hops {
			if h.Op == evidence.OpRequest && h.Role != evidence.Proxy && h.OnPath() == onPath && h.State != evidence.Skipped &&
				!h.FailedWith(evidence.Budget) {
				b.request(h, evidence.DetailOf[evidence.Request](h))
			}
		}
	}
}

// tokens takes over what the token server grants, and its clock.
func (b *builder) tokens() {
	b.accepted = map[string]bool{}
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Request](h)
		if d.Token == nil || d.Token.Problem != "" {
			continue
		}
		if d.AuthSent != "" {
			b.accepted[h.Target+" "+d.AuthSent] = true
		}
		if d.Token.Access != nil && len(d.Token.Access) == 0 && strings.Contains(d.URL, "scope=") {
			b.world.NoAccess = true
		}
		if life := time.Duration(d.Token.ExpiresIn) * time.Second; life > 0 && life < fault.TokenLife {
			b.world.TokenLife = life
		}
		if served, ok := d.ServedAt(); ok && !d.Token.Issued.IsZero() && d.Token.Issued.Sub(served).Abs() > 10*time.Second {
			b.world.TokenClock = d.Token.Issued.Sub(served)
		}
	}
}

// oneLogin notes where a host took one login and refused another: the rebuilt one tells
// requests apart by what stands in them openly.
func (b *builder) oneLogin(h evidence.Hop, d evidence.Request) {
	if d.Step == evidence.StepToken && h.State == evidence.Failed && b.accepted[h.Target+" "+d.AuthSent] {
		b.cannot("the logins at %s, of which one was accepted and one refused: they are answered alike", h.Target)
	}
}

func (b *builder) request(h evidence.Hop, d evidence.Request) {
	b.oneLogin(h, d)
	u, err := url.Parse(d.URL)
	if err != nil {
		return
	}
	target, _ := b.trace.Target(h.Target)
	f := fault.HTTP{Host: b.at(h, target.Host), Method: d.Method, Login: login(d.AuthSent), Agent: d.UserAgent,
		BadToken: h.Probe == evidence.ProbeKnownBadToken, Ranged: d.Range != ""}
	f.Path, f.Whole = b.path(u.Path, d, target)
	b.largeLayer(h, d)
	if f.Method == "POST" && f.Login == fault.NoLogin {
		f.Login = fault.Form
	}
	if b.blobHost(d); target.Role == evidence.Blob && !toItself(d, target) || !f.Whole && strings.HasSuffix(f.Path, "/blobs/") {
		f.Blob = blobOf(d)
	}
	if d.Alert == certificateRequired {
		b.once(fault.TLSServer{Host: f.Host, ClientCertificate: true})
		return
	}
	if b.altered(h, f.Host) {
		return
	}
	if took := millis(d.FirstByteMS); took > slow {
		f.Delay = b.capped(took, "the answer of "+target.Host)
	}
	b.fill(&f, h, d, target)
	if f.OverHead = b.overHead(d); f.OverHead > 0 && d.Code/100 == 2 {
		f.OverHead = 0
	}
	b.httpReply(f)
}

// maxPart is the longest part of a layer that is rebuilt: what a check reads of one is 8 MiB.
const maxPart = 64 << 20

// largeLayer makes the layer so large that a check asks for a part of it, where it did and was
// refused.
func (b *builder) largeLayer(h evidence.Hop, d evidence.Request) {
	text, ok := strings.CutPrefix(d.Range, "bytes=0-")
	last, err := strconv.ParseInt(text, 10, 64)
	if h.Probe == evidence.ProbeByRange && ok && err == nil && last > 0 && last < maxPart {
		b.world.LayerBytes = max(b.world.LayerBytes, last+2)
	}
}

// fill picks what stands in the place of the answer: the answer itself, or the
// World's own with what became of it.
func (b *builder) fill(f *fault.HTTP, h evidence.Hop, d evidence.Request, target evidence.Target) {
	if b.brokenOff(f, h, d) {
		return
	}
	switch {
	case d.Code/100 == 2 && h.State == evidence.OK && d.Step != evidence.StepAllowList, b.toBlob(d) && !toItself(d, target):
		f.Granted = true
		if t := d.Transfer; t != nil && millis(t.MS) > slow {
			f.Over = b.capped(millis(t.MS), fmt.Sprintf("a body of %d bytes from %s", t.Bytes, target.Host))
		}
	case d.Range != "" && d.Code == 200:
		f.Effect, f.Field = fault.Strip, "Range"
	default:
		f.Raw = b.rawAnswer(d)
		connection, _ := evidence.HeaderValue(d.Headers, "Connection")
		whole := h.State == evidence.OK || h.FailedWith(evidence.UnexpectedAnswer, evidence.DigestMismatch)
		if f.Kept = whole && !strings.EqualFold(connection, "close"); !f.Kept && connection == "" {
			f.Raw = strings.Replace(f.Raw, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
		}
	}
}

// brokenOff picks what became of an answer that did not come whole, and reports whether it was
// one of these.
func (b *builder) brokenOff(f *fault.HTTP, h evidence.Hop, d evidence.Request) bool {
	switch {
	case d.Code == 0:
		f.Effect = ended(h.Kind())
		if d.FirstBytes != "" {
			f.Raw = d.FirstBytes
		}
		if d.Alert != 0 && strings.HasPrefix(d.URL, "http://") { // a fatal one, as a record of TLS
			f.Raw = "\x15\x03\x01\x00\x02\x02" + string([]byte{byte(d.Alert)})
		}
	case h.FailedWith(evidence.Protocol):
		f.Granted, f.Effect, f.Share, f.HTTP2 = true, fault.Truncate, cmp.Or(share(d), 0.5), true
		b.world.HTTP2 = true
	case h.FailedWith(evidence.Truncated), h.FailedWith(evidence.Reset, evidence.Closed) && d.Transfer != nil:
		f.Granted, f.Effect, f.Share = true, fault.Truncate, cmp.Or(share(d), 0.5)
	case h.FailedWith(evidence.DigestMismatch) && (d.Digest == nil || d.Digest.Bytes == d.Digest.Of):
		f.Granted, f.Effect = true, fault.NotTheBody
	case h.FailedWith(evidence.Timeout):
		f.Granted, f.Effect, f.Share = true, fault.Stall, share(d)
	case d.Transfer != nil && d.Transfer.GaveUp:
		f.Granted, f.Effect = true, fault.Trickle
	default:
		return false
	}
	return true
}

// share returns how much of a body came in, where the report tells both lengths.
func share(d evidence.Request) float64 {
	if d.Transfer == nil || d.Digest == nil || d.Digest.Of <= 0 {
		return 0
	}
	return min(max(float64(d.Transfer.Bytes)/float64(d.Digest.Of), 0), 1)
}

// blobOf returns which blob a request was for; empty for neither.
func blobOf(d evidence.Request) string {
	if d.Step == evidence.StepConfig || d.Step == evidence.StepLayer {
		return string(d.Step)
	}
	return ""
}

// toItself tells a redirect of a blob host to the same host, where no blob is.
func toItself(d evidence.Request, target evidence.Target) bool {
	u, err := url.Parse(d.Location)
	return err == nil && target.Role == evidence.Blob && strings.EqualFold(u.Hostname(), target.Host)
}

func (b *builder) rawAnswer(d evidence.Request) string {
	body := d.Body
	if len(d.Errors) > 0 && (body == nil || !json.Valid([]byte(body.Text))) {
		text, err := json.Marshal(map[string]any{"errors": d.Errors})
		if err == nil {
			body = &evidence.Body{Text: string(text)}
		}
	}
	if len(d.Platforms) > 0 && (body == nil || !json.Valid([]byte(body.Text))) {
		body = &evidence.Body{Text: indexOf(d.Platforms)}
	}
	if body == nil && d.Token != nil {
		body = &evidence.Body{Text: "{}"}
	}
	return raw(d.StatusLine, d.Headers, body, nil)
}

// indexOf returns an index of these platforms, whose manifests are nowhere.
func indexOf(platforms []string) string {
	type named struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
	}
	type of struct {
		Digest   string `json:"digest"`
		Size     int    `json:"size"`
		Platform named  `json:"platform"`
	}
	var all []of
	for _, p := range platforms {
		system, architecture, _ := strings.Cut(p, "/")
		all = append(all, of{"sha256:" + strings.Repeat("0", 64), 2, named{system, architecture}})
	}
	return asText(map[string]any{"schemaVersion": 2, "manifests": all})
}

// path returns the path that is asked for again, or its beginning. The names of blobs
// are other ones in the rebuilt network, for its image is another.
func (b *builder) path(path string, d evidence.Request, target evidence.Target) (beginning string, whole bool) {
	switch {
	case target.Role == evidence.Blob && d.Step != evidence.StepAllowList:
		return "", false
	case strings.Contains(path, "/blobs/"):
		before, _, _ := strings.Cut(path, "/blobs/")
		return before + "/blobs/", false
	case strings.Contains(path, "/manifests/sha256:"):
		before, _, _ := strings.Cut(path, "/manifests/")
		return before + "/manifests/sha256:", false
	}
	return cmp.Or(path, "/"), true
}

// login returns a scheme of a report as faults name it.
func login(scheme string) string {
	switch scheme = strings.ToLower(scheme); scheme {
	case "":
		return fault.NoLogin
	case "bearer":
		return fault.Token
	}
	return scheme
}

// toBlob: a redirect to a blob host of the run, whose signature is a secret; the
// World's own has another.
func (b *builder) toBlob(d evidence.Request) bool {
	u, err := url.Parse(d.Location)
	return err == nil && d.Location != "" && d.Code/100 == 3 && slices.ContainsFunc(b.trace.Targets, func(t evidence.Target) bool {
		return t.Role == evidence.Blob && strings.EqualFold(t.Host, u.Hostname())
	})
}

// blobHost remembers where blobs are.
func (b *builder) blobHost(d evidence.Request) {
	if !b.toBlob(d) {
		return
	}
	u, _ := url.Parse(d.Location)
	if b.world.BlobsByHTTP = b.world.BlobsByHTTP || u.Scheme == "http"; !slices.Contains(b.world.BlobHosts, u.Host) {
		b.world.BlobHosts = append(b.world.BlobHosts, u.Host)
	}
}

// overHead returns the length from which a request like this one was refused, where a
// shorter one was not; 0 where length made no difference.
func (b *builder) overHead(d evidence.Request) int {
	longest := 0
	for _, h := range b.trace.Hops {
		o := evidence.DetailOf[evidence.Request](h)
		if o.Method == d.Method && o.URL == d.URL && o.AuthSent == d.AuthSent && o.Code != 0 && o.Code != d.Code && o.HeadBytes < d.HeadBytes {
			longest = max(longest, o.HeadBytes)
		}
	}
	return longest
}

// httpReply adds an answer once, and behind it one for clients of other names.
func (b *builder) httpReply(f fault.HTTP) {
	for _, agent := range []string{f.Agent, ""} {
		f.Agent = agent
		if slices.ContainsFunc(b.world.Faults, func(o fault.Fault) bool { return sameRequest(o, f) }) {
			continue
		}
		at := slices.IndexFunc(b.world.Faults, func(o fault.Fault) bool {
			r, ok := o.(fault.HTTP)
			return ok && lessNarrow(r, f)
		})
		if at < 0 {
			at = len(b.world.Faults)
		}
		b.insert(at, f)
	}
}

// sameRequest reports whether a fault is about the requests that another is about.
func sameRequest(o fault.Fault, f fault.HTTP) bool {
	r, ok := o.(fault.HTTP)
	scope := func(x fault.HTTP) fault.HTTP {
		return fault.HTTP{Host: x.Host, Method: x.Method, Path: x.Path, Whole: x.Whole, Blob: x.Blob, Login: x.Login, Agent: x.Agent,
			BadToken: x.BadToken, OverHead: x.OverHead, Ranged: x.Ranged}
	}
	return ok && reflect.DeepEqual(scope(r), scope(f))
}

// lessNarrow reports whether an answer is for more requests than another, and has to
// stand behind it.
func lessNarrow(r, f fault.HTTP) bool {
	rank := func(x fault.HTTP) int {
		n := 0
		for i, narrow := range []bool{x.OverHead > 0, x.BadToken, x.Ranged, x.Agent != "", x.Whole || x.Blob != ""} {
			if narrow {
				n += 16 >> i
			}
		}
		return n
	}
	return rank(r) < rank(f)
}
