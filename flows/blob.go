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
	// pageLimit bounds the body of an answer that is not the blob.
	pageLimit = 64 << 10
	// trickle is the rate below which a transfer is given up when it has gone on for
	// twice a hop's limit: at 16 KiB/s a layer of 100 MiB takes two hours, and no
	// pull lasts that long.
	trickle = 16 << 10
	// parting is what a slow transfer leaves of the run's time, so that the run comes to
	// its end: to close what is open takes milliseconds, and a busy machine some more.
	parting = time.Second
)

// blob reads a blob at the registry, or where it redirects to. Each host on the way gets
// its own full path. It reports whether the blob came.
func (c *conversation) blob(image Argument, ref blobRef, step evidence.Step, limit int64) bool {
	a := ask{step: step, method: http.MethodGet, url: c.repository(image) + "/blobs/" + ref.Digest, header: http.Header{}, limit: pageLimit}
	c.authorizeAsk(&a)
	return c.readBlob(c.registry, a, ref, limit, c.elsewhere(ref))
}

// readBlob makes a request for a blob and reads it up to a limit, there or where it is
// redirected to. It reports whether the blob came. Where the client asks elsewhere after it, any
// answer will do.
func (c *conversation) readBlob(from *walk, a ask, ref blobRef, limit int64, elsewhere bool) bool {
	b := blobAsk{ref: ref, ranged: ref.Size > limit && limit > 0, limit: limit, part: newPart(ref.Digest)}
	if b.ranged {
		a.header.Set("Range", fmt.Sprintf("bytes=0-%d", limit-1))
	}
	out, ok := c.readPart(from, a, b, elsewhere)
	if b.ranged && !ok && refusesPart(out) { // the client asks for the whole
		c.run.rec.relabelHop(out.hop, evidence.ProbeByRange)
		a.header.Del("Range")
		b.ranged = false
		out, ok = c.readPart(from, a, b, elsewhere)
	}
	if cut(out) {
		out, ok = c.resume(from, a, b, out, elsewhere)
	}
	c.spoilt = c.spoilt || !ok && out.detail.Code/100 == 2
	return ok && out.detail.Code/100 == 2
}

// readPart is one request of readBlob.
func (c *conversation) readPart(from *walk, a ask, b blobAsk, elsewhere bool) (reply, bool) {
	return c.followBy(from, evidence.Blob, a, func(w *walk, a ask, followed int) ask {
		a.expect = expectBlob(a.url, followed, c.redirects(), b.ranged)
		if b.part.n > 0 {
			a.expect = expectRest(b.part.n, c.run.cfg.shape().asks().Resumes, a.expect)
		}
		if elsewhere {
			a.expect = expectation{words: a.expect.words + "; else the client asks the layer's own URL", met: anyAnswer}
		}
		return w.reading(a, b)
	})
}

// blobAsk is what of a blob is read: up to a limit, for which a part may be asked for.
type blobAsk struct {
	ref    blobRef
	ranged bool
	limit  int64
	part   *part
}

// part is what of a blob has come, by one request or several.
type part struct {
	digest string
	hash   hash.Hash
	n      int64
}

func newPart(digest string) *part {
	h, _ := hashOf(digest)
	return &part{digest: digest, hash: h}
}

// anew forgets what came before: the whole is sent again.
func (p *part) anew() { *p = *newPart(p.digest) }

// reading returns a request that reads a blob.
func (w *walk) reading(a ask, b blobAsk) ask {
	sum := &evidence.Digest{Want: b.ref.Digest, Of: b.ref.Size}
	p := &pace{now: w.run.net.Now, patience: 2 * w.run.patience(evidence.OpRequest), watch: w.run.watch(w.log.target.ID, b.ref.Size),
		until: w.run.rec.started.Add(w.run.cfg.Timeout - parting)}
	a.blob = &b
	a.stream = func(code int, r io.Reader) error {
		p.r = r
		if code != http.StatusPartialContent {
			b.part.anew()
		}
		err := hashBlob(p, sum, b)
		if errors.Is(err, errTrickle) {
			return nil
		}
		return err
	}
	a.finish = func(d *evidence.Request) {
		d.Digest, d.Transfer = sum, p.transfer()
		d.Transfer.Range = rangeAnswer(b.ranged, d.Code)
	}
	return a
}

// rangeAnswer returns what became of a wish for a part.
func rangeAnswer(asked bool, code int) string {
	switch {
	case !asked:
		return ""
	case code == http.StatusPartialContent:
		return "honoured"
	}
	return "ignored"
}

// watch reports the progress of a transfer to whoever looks.
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
		a := ask{step: evidence.StepLayer, method: http.MethodGet, url: u, header: http.Header{}, expect: expectBlob(u, 0, c.redirects(), false),
			limit: pageLimit, again: true, stream: noBody}
		c.authorizeAsk(&a)
		out, ok := c.registry.request(a)
		if !ok || !redirects(out.detail) {
			return
		}
		next, err := nextURL(u, out.header.Get("Location"))
		if err != nil || c.run.holdsSecret(next.Host) || !c.leadsTo(next) {
			return
		}
		<-c.target(next, evidence.Blob, "redirect").done
	}
}

// skipRequest records that a host was not asked.
func (c *conversation) skipRequest(w *walk, because *openHop, step evidence.Step, u string) {
	n := c.skip(w, because)
	n.Detail = evidence.Request{Method: http.MethodGet, Step: step, URL: c.run.cfg.Scribe.URL(u)}
}

// digestError is a content that is not what its digest says.
type digestError struct{ want, got string }

func (e *digestError) Error() string {
	return fmt.Sprintf("the content hashes to %s, not to %s", e.got, e.want)
}

// shortError is a content that ended before the length that the manifest says.
type shortError struct {
	sum *evidence.Digest
	got string
}

func (e *shortError) Error() string { return "the content is shorter than the manifest says" }

func (e *shortError) Unwrap() error { return io.ErrUnexpectedEOF }

// whole is the error where the answer came to its own end: that is another content.
func (e *shortError) whole() error {
	e.sum.Got = e.got
	return &digestError{want: e.sum.Want, got: e.got}
}

// hashOf returns the algorithm of a digest, with its name: SHA-256 unless it says SHA-512
// (OCI image spec, descriptor.md, "Registered algorithms").
func hashOf(digest string) (hash.Hash, string) {
	if strings.HasPrefix(digest, "sha512:") {
		return sha512.New(), "sha512"
	}
	return sha256.New(), "sha256"
}

// digestOf returns the digest of a content, by the algorithm of the one that is wanted.
func digestOf(content []byte, want string) string {
	h, name := hashOf(want)
	_, _ = h.Write(content) // a hash never fails
	return name + ":" + hex.EncodeToString(h.Sum(nil))
}

// noBody leaves a body where it is.
func noBody(int, io.Reader) error { return nil }

// hashBlob reads up to a limit, and checks the digest where it has the whole blob.
func hashBlob(r io.Reader, sum *evidence.Digest, b blobAsk) error {
	_, name := hashOf(sum.Want)
	n, err := io.Copy(b.part.hash, io.LimitReader(r, b.limit-b.part.n))
	b.part.n += n
	sum.Bytes = b.part.n
	if err != nil {
		return err
	}
	got := name + ":" + hex.EncodeToString(b.part.hash.Sum(nil))
	if sum.Bytes < sum.Of || sum.Of > b.limit {
		if sum.Bytes < b.limit {
			return &shortError{sum, got}
		}
		return nil
	}
	if sum.Got = got; sum.Got != sum.Want {
		return &digestError{want: sum.Want, got: sum.Got}
	}
	return nil
}

// errTrickle ends a transfer that would not come to an end in this run.
var errTrickle = errors.New("the transfer trickles")

// pace measures a transfer. It gives up one that trickles, and a slow one when the run's
// time is up: its rate is known by then.
type pace struct {
	r        io.Reader
	now      func() time.Time
	patience time.Duration
	until    time.Time
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
	if err == nil && p.hopeless() {
		p.gaveUp = true
		return n, errTrickle
	}
	return n, err
}

func (p *pace) hopeless() bool {
	passed := p.last.Sub(p.began)
	return passed > p.patience && float64(p.bytes) < trickle*passed.Seconds() ||
		p.last.After(p.until) && evidence.Slow(p.bytes, passed)
}

func (p *pace) transfer() *evidence.Transfer {
	return &evidence.Transfer{Bytes: p.bytes, MS: ms(p.last.Sub(p.began)), GaveUp: p.gaveUp}
}
