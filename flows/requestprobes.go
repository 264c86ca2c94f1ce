package flows

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Names of the side probes that ask what a refused request meant.
const (
	// byGet repeats by GET what was refused by HEAD or POST.
	byGet = "by-get"
	// knownBad asks with a token that nobody made.
	knownBad = "known-bad-token"
	// growingHeader asks with a header of a size, to find the size that is refused.
	growingHeader = "growing-header"
	// asClient, with the client's name behind it, asks as another client would.
	asClient = "as-"
)

const (
	// badToken is one that no registry can have made: it has no part of a JWT's form.
	badToken = "pullpath-known-bad-token"
	// maxFiller and fillerTries bound the search for a header's limit (CONTRACT.md
	// 4.7): eight halvings of 64 KiB leave 256 bytes.
	maxFiller   = 64 << 10
	fillerTries = 8
	// fillerHeader is a name that no product gives a meaning to.
	fillerHeader = "X-Pullpath-Filler"
)

// refusal is a request of the conversation that did not bring what was expected.
type refusal struct {
	ask ask
	out reply
}

// refuse keeps a refusal for the side probes. Where several conversations were
// refused at one host it is not the last that counts, which is a matter of timing.
func (w *walk) refuse(r *refusal) {
	if w.refused == nil || slices.Compare(r.ask.by, w.refused.ask.by) <= 0 {
		w.refused = r
	}
}

// requestJobs are the side probes of a target whose request was refused.
func (w *walk) requestJobs() []sideProbe {
	r := w.refused
	if r == nil || !w.session.trusted || w.run.ctx.Err() != nil {
		return nil
	}
	bearer := strings.HasPrefix(r.ask.header.Get("Authorization"), "Bearer ")
	var out []sideProbe
	if r.ask.method != http.MethodGet && r.out.detail.Code != http.StatusUnauthorized && r.out.detail.Code != http.StatusTooManyRequests {
		out = append(out, sideProbe{kind: byGet, run: func() { w.probeByGet(r) }})
	}
	if bearer && r.out.detail.Code == http.StatusUnauthorized {
		out = append(out, sideProbe{kind: knownBad, run: w.probeKnownBad})
	}
	if bearer && w.run.cfg.Deep && r.out.node.hop.RefusesHead() {
		out = append(out, sideProbe{kind: growingHeader, once: true, run: w.probeGrowing})
	}
	return out
}

// probeByGet sends what was refused as GET. A login does not go along.
func (w *walk) probeByGet(r *refusal) {
	a := ask{stepName: r.ask.stepName, method: http.MethodGet, url: r.ask.url, header: http.Header{}, expect: expectAnonymousToken, probe: byGet, secretBody: true}
	if r.ask.method == http.MethodHead {
		a.header, a.expect, a.secretBody = r.ask.header.Clone(), expectManifest, false
		if r.ask.header.Get("Authorization") == "" {
			a.expect = expectPing
		}
	}
	w.request(a)
}

// probeKnownBad asks with a token that cannot be right: a registry that tells it
// from none answers in another way.
func (w *walk) probeKnownBad() {
	w.request(ask{stepName: "ping-authorized", method: http.MethodGet, url: w.base() + "/v2/", probe: knownBad,
		header: http.Header{"Authorization": {"Bearer " + badToken}}, expect: expectPing})
}

// probeGrowing halves the gap between a head that passes and one that does not. An
// answer that has nothing to do with size, such as 429, ends the search.
func (w *walk) probeGrowing() {
	passes, fails := 0, maxFiller
	for range fillerTries {
		size := (passes + fails) / 2
		out, ok := w.request(ask{stepName: "ping", method: http.MethodGet, url: w.base() + "/v2/", probe: growingHeader,
			header: http.Header{fillerHeader: {strings.Repeat("a", size)}}, expect: expectPing})
		switch {
		case w.run.ctx.Err() != nil:
			return
		case ok:
			passes = size
		case out.node.hop.RefusesHead():
			fails = size
		default:
			return
		}
	}
}

// clientJobs ask as every other modelled client would (--client all): /v2/ under its
// name, and the first manifest by HEAD where it does so.
func (w *walk) clientJobs() []sideProbe {
	if !w.run.cfg.AllClients || w.lane.target.Role != evidence.Registry || w.session.conn == nil || !w.session.trusted {
		return nil
	}
	return []sideProbe{{kind: asClient, run: func() {
		for _, tool := range Tools() {
			if shape, err := ShapeOf(tool, ""); err == nil && tool != w.run.cfg.shape().Tool {
				w.askAs(shape)
			}
		}
	}}}
}

func (w *walk) askAs(shape Shape) {
	ping := ask{stepName: "ping", method: http.MethodGet, url: w.base() + "/v2/", header: http.Header{}, expect: expectPing,
		probe: asClient + shape.Tool, agent: shape.requestAgent}
	if !shape.asks.manifestFirst || len(w.planned.Images) == 0 {
		w.request(ping)
	}
	if !shape.asks.heads || len(w.planned.Images) == 0 {
		return
	}
	image := w.planned.Images[0]
	head := ping
	head.stepName, head.method, head.expect = "manifest", http.MethodHead, expectOpening
	head.url = fmt.Sprintf("%s/v2/%s/manifests/%s", w.base(), image.Repository, image.Reference)
	head.header = http.Header{"Accept": acceptManifests}
	w.request(head)
}
