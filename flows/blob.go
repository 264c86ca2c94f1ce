package flows

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

const (
	// maxRedirects is how many redirects a blob may take: Go's client stops at ten.
	maxRedirects = 10
	// pageLimit bounds the body of an answer that is not the blob.
	pageLimit = 64 << 10
	// trickle is the rate below which a transfer is given up when it has gone on for
	// twice a hop's limit: at 16 KiB/s a layer of 100 MiB takes two hours, and no
	// pull lasts that long.
	trickle = 16 << 10
	// repeated names the question for a redirect that was asked for before.
	repeated = "repeated"
)

// blob reads a blob at the registry, or where it redirects to. Each host on the
// way gets its own full path, and no credential goes along. A host that broke the
// connection under an earlier blob is not asked again: the client had stopped there.
func (c *conversation) blob(image Argument, ref blobRef, stepName string, limit int64) {
	w, u := c.registry, c.repository(image)+"/blobs/"+ref.Digest
	for followed := range maxRedirects + 1 {
		out, ok := c.readFrom(w, u, followed, ref, stepName, limit)
		if out.lost {
			c.lost[w] = out.node
		}
		if !ok || !redirects(out.detail) {
			return
		}
		next, err := nextURL(u, out.header.Get("Location"))
		if err != nil {
			c.skipBlob(w, out.node, stepName, u)
			return
		}
		if next.Scheme != "https" {
			c.skipPlain(out.node, stepName)
			return
		}
		if c.run.holdsSecret(next.Host) {
			c.refuseHost(out.node, evidence.Blob, stepName, next.String())
			return
		}
		u = next.String()
		if !c.leadsTo(next) {
			c.skipBlob(w, out.node, stepName, u)
			return
		}
		w = c.target(next, evidence.Blob, "redirect")
		<-w.done
		if !w.reached {
			return
		}
		if because := c.lost[w]; because != nil {
			c.skipBlob(w, because, stepName, u)
			return
		}
	}
}

// readFrom asks one host for a blob, after so many redirects, and reads it up to a
// limit.
func (c *conversation) readFrom(w *walk, u string, followed int, ref blobRef, stepName string, limit int64) (reply, bool) {
	a := ask{stepName: stepName, method: http.MethodGet, url: u, header: http.Header{}, limit: pageLimit}
	if w == c.registry {
		c.authorizeAsk(&a)
	}
	ranged := ref.Size > limit && limit > 0
	if ranged {
		a.header.Set("Range", fmt.Sprintf("bytes=0-%d", limit-1))
	}
	a.expect = expectBlob(u, followed, ranged)
	sum := &evidence.Digest{Want: ref.Digest, Of: ref.Size}
	p := &pace{now: c.run.net.Now, patience: 2 * c.run.patience(evidence.OpRequest), watch: c.run.watch(w.lane.target.ID, ref.Size)}
	a.stream = func(r io.Reader) error {
		p.r = r
		err := readBlob(p, sum, limit)
		if errors.Is(err, errTrickle) {
			return nil
		}
		return err
	}
	a.finish = func(d *evidence.Request) {
		d.Digest, d.Transfer = sum, p.transfer()
		d.Transfer.Range = rangeAnswer(ranged, d.Code)
	}
	return c.request(w, a)
}

// rangeAnswer says what became of a wish for a part.
func rangeAnswer(asked bool, code int) string {
	switch {
	case !asked:
		return ""
	case code == http.StatusPartialContent:
		return "honoured"
	}
	return "ignored"
}

// watch tells whoever looks how far a transfer is.
func (r *run) watch(target string, of int64) func(int64) {
	if r.net.Transfer == nil {
		return func(int64) {}
	}
	return func(done int64) { r.net.Transfer(target, done, of) }
}

// askAgain asks for the redirect of a layer further times (--repeat) and walks each
// host that turns up. What is asked is the redirect alone.
func (c *conversation) askAgain(image Argument, ref blobRef) {
	u := c.repository(image) + "/blobs/" + ref.Digest
	for range c.run.cfg.Repeat - 1 {
		a := ask{stepName: "layer", method: http.MethodGet, url: u, header: http.Header{}, expect: expectBlob(u, 0, false), limit: pageLimit, again: true,
			stream: func(io.Reader) error { return nil }}
		c.authorizeAsk(&a)
		out, ok := c.registry.request(a)
		if !ok || !redirects(out.detail) {
			return
		}
		next, err := nextURL(u, out.header.Get("Location"))
		if err != nil || next.Scheme != "https" || c.run.holdsSecret(next.Host) || !c.leadsTo(next) {
			return
		}
		<-c.target(next, evidence.Blob, "redirect").done
	}
}

// skipBlob records that a blob was not asked for at its host.
func (c *conversation) skipBlob(w *walk, because *node, stepName, u string) {
	n := c.skip(w, because)
	n.hop.Detail = evidence.Request{Method: http.MethodGet, Step: stepName, URL: c.run.cfg.Scribe.URL(u)}
}

// skipPlain records that a redirect to plain HTTP was not followed.
func (c *conversation) skipPlain(because *node, stepName string) {
	n := c.run.rec.skip(c.registry.lane, because, because, evidence.Blob, evidence.OpRequest)
	n.hop.Detail = evidence.Request{Method: http.MethodGet, Step: stepName, URL: because.hop.Detail.(evidence.Request).Location} //nolint:errcheck // a request hop's detail
}

// digestError is a content that is not what its digest says.
type digestError struct{ want, got string }

func (e *digestError) Error() string {
	return fmt.Sprintf("the content hashes to %s, not to %s", e.got, e.want)
}

// hashOf is the algorithm of a digest, with its name: SHA-256 unless it says SHA-512
// (OCI image spec, descriptor.md, "Registered algorithms").
func hashOf(digest string) (hash.Hash, string) {
	if strings.HasPrefix(digest, "sha512:") {
		return sha512.New(), "sha512"
	}
	return sha256.New(), "sha256"
}

// digestOf is the digest of a content, by the algorithm of the one that is wanted.
func digestOf(content []byte, want string) string {
	h, name := hashOf(want)
	_, _ = h.Write(content) // a hash never fails
	return name + ":" + hex.EncodeToString(h.Sum(nil))
}

// readBlob reads up to limit bytes and checks the digest of what was read
// whole.
func readBlob(r io.Reader, sum *evidence.Digest, limit int64) error {
	h, name := hashOf(sum.Want)
	n, err := io.Copy(h, io.LimitReader(r, limit))
	sum.Bytes = n
	if err != nil {
		return err
	}
	if n < sum.Of || sum.Of > limit {
		if n < limit {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	sum.Got = name + ":" + hex.EncodeToString(h.Sum(nil))
	if sum.Got != sum.Want {
		return &digestError{want: sum.Want, got: sum.Got}
	}
	return nil
}

// errTrickle ends a transfer that would never come to an end.
var errTrickle = errors.New("the transfer trickles")

// pace measures a transfer and gives up one that trickles.
type pace struct {
	r        io.Reader
	now      func() time.Time
	patience time.Duration
	watch    func(int64)
	began    time.Time
	last     time.Time
	bytes    int64
	gaveUp   bool
}

func (p *pace) Read(b []byte) (int, error) {
	if p.began.IsZero() {
		p.began = p.now()
	}
	n, err := p.r.Read(b)
	p.last = p.now()
	p.bytes += int64(n)
	p.watch(p.bytes)
	if passed := p.last.Sub(p.began); err == nil && passed > p.patience && float64(p.bytes) < trickle*passed.Seconds() {
		p.gaveUp = true
		return n, errTrickle
	}
	return n, err
}

func (p *pace) transfer() *evidence.Transfer {
	return &evidence.Transfer{Bytes: p.bytes, MS: ms(p.last.Sub(p.began)), GaveUp: p.gaveUp}
}
