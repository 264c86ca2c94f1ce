package flows

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/client"
	"pullpath/internal/evidence"
)

// resumeProgress is how much more must have come before a client asks a further time for the rest
// of a blob (containers/image, docker/body_reader.go, bodyReaderMinimumProgress; the others go by
// the count of their tries).
const resumeProgress = 1 << 20

// cut reports whether a body was begun and broke off.
func cut(out reply) bool {
	return out.hop != nil && out.detail.Code/100 == 2 && out.hop.FailedWith(evidence.Truncated, evidence.Reset, evidence.Closed)
}

// refusesPart reports whether an answer refuses a part that no client had asked for, so that it
// says nothing of what the client would have been answered.
func refusesPart(out reply) bool {
	code := out.detail.Code
	return out.hop.FailedWith(evidence.UnexpectedAnswer) && code/100 >= 4 && !slices.Contains([]int{401, 404, 407, 429}, code)
}

// resume asks for the rest of a blob that was cut, as the client does. What was cut is then what
// the client gets over.
func (c *conversation) resume(from *walk, a ask, b blobAsk, out reply, elsewhere bool) (reply, bool) {
	var cuts []*openHop
	ok := false
	for reached := int64(0); cut(out) && c.resumesAfter(b.part.n-reached, len(cuts)); {
		cuts = append(cuts, out.hop)
		c.forgive(out.hop)
		reached = b.part.n
		a.header.Set("Range", fmt.Sprintf("bytes=%d-", b.part.n))
		b.ranged = true
		out, ok = c.readPart(from, a, b, elsewhere)
	}
	if ok {
		for _, n := range cuts {
			c.run.rec.relabelHop(n, evidence.ProbeCutBefore)
		}
	}
	return out, ok
}

// resumesAfter reports whether the client asks for the rest after it got so much more, having
// asked so often before.
func (c *conversation) resumesAfter(progress int64, tries int) bool {
	return c.run.cfg.shape().asks().Resumes != "" && c.run.ctx.Err() == nil && (tries == 0 && progress > 0 || progress >= resumeProgress)
}

// forgive lets the host be asked again that broke the connection in a hop.
func (c *conversation) forgive(n *openHop) {
	for w, hop := range c.lost {
		if hop == n {
			delete(c.lost, w)
			w.refused = nil
		}
	}
}

// expectRest is the expectation of what follows so many bytes: the part from there on, or the
// whole where the client takes that too.
func expectRest(from int64, resumes client.Resumes, e expectation) expectation {
	words := fmt.Sprintf("206 from byte %d on, or a redirect", from)
	if resumes == client.TakesWhole {
		words = fmt.Sprintf("206 from byte %d on, 200, or a redirect", from)
	}
	return expectation{words: words, usable: e.usable, met: func(r evidence.Request) bool {
		if r.Code == http.StatusOK && resumes != client.TakesWhole {
			return false
		}
		return e.met(r) && (r.Code != http.StatusPartialContent || startsAt(r, from))
	}}
}

// startsAt reports whether an answer says that it is the part from a byte on (RFC 9110 section
// 14.4).
func startsAt(r evidence.Request, from int64) bool {
	value, _ := evidence.HeaderValue(r.Headers, "Content-Range")
	first, _, _ := strings.Cut(strings.TrimPrefix(value, "bytes "), "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return err == nil && n == from
}

// askPart asks for one byte of a layer (--deep): clients that resume, and those that pull parts of
// layers, need a host that serves them.
func (c *conversation) askPart(image Argument, ref blobRef) {
	if !c.run.cfg.Deep || c.run.cfg.shape().asks().Resumes != client.NeedsPart {
		return
	}
	a := ask{step: evidence.StepLayer, method: http.MethodGet, url: c.repository(image) + "/blobs/" + ref.Digest,
		header: http.Header{"Range": {"bytes=0-0"}}, limit: pageLimit, probe: evidence.ProbeByRange, stream: noBody}
	c.authorizeAsk(&a)
	c.followBy(c.registry, evidence.Blob, a, func(_ *walk, a ask, followed int) ask {
		a.expect = expectBlob(a.url, followed, c.redirects(), true)
		met := a.expect.met
		a.expect.words = "206 with the part that was asked for, or a redirect"
		a.expect.met = func(r evidence.Request) bool { return met(r) && r.Code != http.StatusOK }
		return a
	})
}
