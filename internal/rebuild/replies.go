package rebuild

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
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

// bodyText is a body with the title, the sentences and the marks of the one that
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
			if h.Op == evidence.OpRequest && h.Role != evidence.Proxy && h.OnPath() == onPath && h.State != evidence.Skipped && !h.FailedWith(evidence.Budget) {
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
		if served, ok := d.ServedAt(); ok && !d.Token.Issued.IsZero() && d.Token.Issued.Sub(served).Abs() > 10*time.Second {
			b.world.TokenClock = d.Token.Issued.Sub(served)
		}
	}
}

// oneLogin notes where a host took one login and refused another: the rebuilt one tells
// requests apart by what stands in them openly.
func (b *builder) oneLogin(h evidence.Hop, d evidence.Request) {
	if d.Step == "token" && h.State == evidence.Failed && b.accepted[h.Target+" "+d.AuthSent] {
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
	f := fault.HTTPReply{Host: b.at(h, target.Host), Method: d.Method, Path: b.path(u.Path, d, target), Auth: d.AuthSent, Agent: d.UserAgent,
		Bad: h.Probe == "known-bad-token"}
	if f.Method == "POST" && f.Auth == "" {
		f.Auth = "form"
	}
	if b.blobHost(d); target.Role == evidence.Blob && !toItself(d, target) || strings.HasSuffix(f.Path, "/blobs/*") {
		f.Blob = blobOf(d)
	}
	if d.Alert == certificateRequired {
		b.once(fault.TLSServer{Host: f.Host, ClientCertificate: true})
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

// fill picks what stands in the place of the answer: the answer itself, or the
// World's own with what became of it.
func (b *builder) fill(f *fault.HTTPReply, h evidence.Hop, d evidence.Request, target evidence.Target) {
	switch {
	case d.Code == 0:
		f.Effect = ended(h.Kind())
		if d.FirstBytes != "" {
			f.Raw = d.FirstBytes
		}
	case h.FailedWith(evidence.Truncated):
		f.Proper, f.Effect, f.Share = true, fault.Truncate, cmp.Or(share(d), 0.5)
	case h.FailedWith(evidence.DigestMismatch):
		f.Proper, f.Effect = true, fault.NotTheBody
	case h.FailedWith(evidence.Timeout):
		f.Proper, f.Effect, f.Share = true, fault.Stall, share(d)
	case d.Transfer != nil && d.Transfer.GaveUp:
		f.Proper, f.Effect = true, fault.Trickle
	case d.Code/100 == 2 && h.State == evidence.OK && d.Step != "allow-list", b.toBlob(d) && !toItself(d, target):
		f.Proper = true
		if t := d.Transfer; t != nil && millis(t.MS) > slow {
			f.Over = b.capped(millis(t.MS), fmt.Sprintf("a body of %d bytes from %s", t.Bytes, target.Host))
		}
	default:
		f.Raw = b.rawAnswer(d)
		connection, _ := evidence.HeaderValue(d.Headers, "Connection")
		whole := h.State == evidence.OK || h.FailedWith(evidence.UnexpectedAnswer)
		if f.Kept = whole && !strings.EqualFold(connection, "close"); !f.Kept && connection == "" {
			f.Raw = strings.Replace(f.Raw, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
		}
	}
}

// share is how much of a body came in, where the report tells both lengths.
func share(d evidence.Request) float64 {
	if d.Transfer == nil || d.Digest == nil || d.Digest.Of <= 0 {
		return 0
	}
	return min(max(float64(d.Transfer.Bytes)/float64(d.Digest.Of), 0), 1)
}

// blobOf is which blob a request was for; empty for neither.
func blobOf(d evidence.Request) string {
	if d.Step == "config" || d.Step == "layer" {
		return d.Step
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

// indexOf is an index of these platforms, whose manifests are nowhere.
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

// path is the path that is asked for again. The names of blobs are other ones in
// the rebuilt network, for its image is another.
func (b *builder) path(path string, d evidence.Request, target evidence.Target) string {
	switch {
	case target.Role == evidence.Blob && d.Step != "allow-list":
		return "*"
	case strings.Contains(path, "/blobs/"):
		before, _, _ := strings.Cut(path, "/blobs/")
		return before + "/blobs/*"
	case strings.Contains(path, "/manifests/sha256:"):
		before, _, _ := strings.Cut(path, "/manifests/")
		return before + "/manifests/sha256:*"
	case path == "":
		return "/"
	}
	return path
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

// overHead is the length from which a request like this one was refused, where a
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
func (b *builder) httpReply(f fault.HTTPReply) {
	for _, agent := range []string{f.Agent, ""} {
		f.Agent = agent
		same := func(o fault.Fault) bool {
			r, ok := o.(fault.HTTPReply)
			return ok && r.Host == f.Host && r.Method == f.Method && r.Path == f.Path && r.Blob == f.Blob && strings.EqualFold(r.Auth, f.Auth) && r.Agent == f.Agent &&
				r.Bad == f.Bad && r.OverHead == f.OverHead
		}
		if slices.ContainsFunc(b.world.Faults, same) {
			continue
		}
		at := slices.IndexFunc(b.world.Faults, func(o fault.Fault) bool {
			r, ok := o.(fault.HTTPReply)
			return ok && lessNarrow(r, f)
		})
		if at < 0 {
			at = len(b.world.Faults)
		}
		b.insert(at, f)
	}
}

// lessNarrow tells that an answer is for more requests than another, and has to
// stand behind it.
func lessNarrow(r, f fault.HTTPReply) bool {
	rank := func(x fault.HTTPReply) int {
		n := 0
		for i, narrow := range []bool{x.OverHead > 0, x.Bad, x.Agent != "", !strings.HasSuffix(x.Path, "*") || x.Blob != ""} {
			if narrow {
				n += 8 >> i
			}
		}
		return n
	}
	return rank(r) < rank(f)
}
