package flows

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/client"
	"pullpath/internal/evidence"
)

const (
	// badToken is one that no registry can have made: it has no part of a JWT's form.
	badToken = "pullpath-known-bad-token"
	// maxFiller and fillerTries bound the search for a header's limit (docs/rules.md,
	// rule 7): eight halvings of 64 KiB leave 256 bytes.
	maxFiller   = 64 << 10
	fillerTries = 8
	// fillerHeader is a name that no product gives a meaning to.
	fillerHeader = "X-Pullpath-Filler"
)

// refusal is a request of the conversation whose answer was not an expected one.
type refusal struct {
	ask ask
	out reply
}

// refuse keeps a refusal for the side probes. Where several conversations were refused
// at one host, the choice must not depend on timing, so the last one does not win.
func (w *walk) refuse(r *refusal) {
	if w.refused == nil || slices.Compare(r.ask.by, w.refused.ask.by) <= 0 {
		w.refused = r
	}
}

// refusesLogin reports whether a token server refused a request with a login for something
// that is to be read: for nothing it gives anybody a token. One that forbids a POST and does
// not say why in JSON may be a filter that refuses the method. Whose answer did not come to its
// end is not asked for another one.
func (r *refusal) refusesLogin() bool {
	code := r.out.detail.Code
	if u, err := url.Parse(r.ask.url); err != nil || !u.Query().Has("scope") && !r.ask.form.Has("scope") {
		return false
	}
	explained := r.ask.method == http.MethodGet || r.out.detail.SaysWhy()
	return !r.out.lost && r.ask.step == evidence.StepToken && slices.Contains([]string{"Basic", "form"}, r.ask.authScheme()) &&
		(code == http.StatusUnauthorized || code == http.StatusForbidden && explained)
}

// requestJobs returns the side probes of a target whose request was refused.
func (w *walk) requestJobs() []sideProbe {
	r := w.refused
	if r == nil || !w.session.trusted || w.run.ctx.Err() != nil {
		return nil
	}
	bearer := strings.HasPrefix(r.ask.header.Get("Authorization"), "Bearer ")
	code := r.out.detail.Code
	var out []sideProbe
	if r.out.hop.FailedWith(evidence.Protocol) {
		out = append(out, sideProbe{kind: evidence.ProbeHTTP1, run: func() { w.probeHTTP1(r) }})
	}
	switch {
	case r.refusesLogin() && !w.run.cfg.AsArticle:
		out = append(out, sideProbe{kind: evidence.ProbeWithoutLogin, run: func() { w.probeWithoutLogin(r) }})
	case r.ask.method != http.MethodGet && code != http.StatusUnauthorized && code != http.StatusTooManyRequests:
		out = append(out, sideProbe{kind: evidence.ProbeByGet, run: func() { w.probeByGet(r) }})
	}
	if nodes := w.otherNodes(r); len(nodes) > 0 {
		out = append(out, sideProbe{kind: evidence.ProbeOtherNode, run: func() { w.askOtherNodes(r, nodes) }})
	}
	if bearer && code == http.StatusUnauthorized {
		out = append(out, sideProbe{kind: evidence.ProbeKnownBadToken, run: w.probeKnownBad})
	}
	if bearer && w.run.cfg.Deep && r.out.hop.RefusesHead() {
		out = append(out, sideProbe{kind: evidence.ProbeGrowingHeader, once: true, run: w.probeGrowing})
	}
	return out
}

// probeWithoutLogin asks for the token that was refused to a login without one. What it
// brings is used for nothing.
func (w *walk) probeWithoutLogin(r *refusal) {
	u, err := url.Parse(r.ask.url)
	if err != nil {
		return
	}
	query := u.Query()
	query.Del("account")
	for _, name := range []string{"service", "scope"} {
		if r.ask.form.Has(name) {
			query[name] = r.ask.form[name]
		}
	}
	u.RawQuery = query.Encode()
	var token string
	w.request(ask{step: r.ask.step, method: http.MethodGet, url: u.String(), header: http.Header{}, expect: expectToken,
		probe: evidence.ProbeWithoutLogin, secretBody: true, read: (&conversation{run: w.run}).tokenReader(&token)})
}

// maxNodes is how many further addresses are asked for content that came damaged
// (docs/rules.md, rule 7).
const maxNodes = 3

// otherNodes returns the addresses of a host that did not answer a request.
func (w *walk) otherNodes(r *refusal) []netip.Addr {
	damaged := r.out.hop.FailedWith(evidence.DigestMismatch) || r.out.detail.Digest != nil && r.out.detail.Digest.Got != "" &&
		r.out.detail.Digest.Got != r.out.detail.Digest.Want
	if !damaged || w.proxied() || w.found == nil {
		return nil
	}
	asked, _ := netip.ParseAddrPort(r.out.hop.Peer)
	out := slices.DeleteFunc(bothFamilies(w.found.addresses, maxAddresses),
		func(a netip.Addr) bool { return a.Unmap() == asked.Addr().Unmap() })
	return out[:min(len(out), maxNodes)]
}

// askOtherNodes asks other addresses of the host for the same content, without a login.
func (w *walk) askOtherNodes(r *refusal, nodes []netip.Addr) {
	for _, node := range nodes {
		again := &walk{run: w.run, planned: w.planned, log: w.log, root: w.found.hop, node: node}
		a := r.ask
		a.probe, a.header = evidence.ProbeOtherNode, a.header.Clone()
		a.header.Del("Authorization")
		if a.blob != nil {
			b := *a.blob
			b.part = newPart(b.ref.Digest)
			a = again.reading(a, b)
		}
		again.request(a)
		again.session.close()
	}
}

// probeByGet sends the refused request as GET, without a login.
func (w *walk) probeByGet(r *refusal) {
	a := ask{step: r.ask.step, method: http.MethodGet, url: r.ask.url, header: http.Header{}, expect: expectAnonymousToken,
		probe: evidence.ProbeByGet, secretBody: true}
	if r.ask.method == http.MethodHead {
		a.header, a.expect, a.secretBody = r.ask.header.Clone(), expectManifest, false
		if r.ask.header.Get("Authorization") == "" {
			a.expect = expectPing
		}
	}
	w.request(a)
}

// probeHTTP1 repeats a request that broke over HTTP/2 without offering that, and without what a
// login brought.
func (w *walk) probeHTTP1(r *refusal) {
	again := &walk{run: w.run, planned: w.planned, log: w.log, root: w.root, http1: true}
	defer again.session.close()
	a := r.ask
	a.probe, a.header = evidence.ProbeHTTP1, a.header.Clone()
	if a.brought || a.authScheme() == "Basic" {
		a.header.Del("Authorization")
	}
	if a.form == nil {
		again.request(a)
	}
}

// probeKnownBad asks with a token that cannot be right: a registry that can tell it from
// a missing one answers differently.
func (w *walk) probeKnownBad() {
	w.request(ask{step: evidence.StepPingAuthorized, method: http.MethodGet, url: w.base() + "/v2/", probe: evidence.ProbeKnownBadToken,
		header: http.Header{"Authorization": {"Bearer " + badToken}}, expect: expectPing})
}

// probeGrowing halves the gap between a head that passes and one that does not. An
// answer that has nothing to do with size, such as 429, ends the search.
func (w *walk) probeGrowing() {
	passes, fails := 0, maxFiller
	for range fillerTries {
		size := (passes + fails) / 2
		out, ok := w.request(ask{step: evidence.StepPing, method: http.MethodGet, url: w.base() + "/v2/", probe: evidence.ProbeGrowingHeader,
			header: http.Header{fillerHeader: {strings.Repeat("a", size)}}, expect: expectPing})
		switch {
		case w.run.ctx.Err() != nil:
			return
		case ok:
			passes = size
		case out.hop.RefusesHead():
			fails = size
		default:
			return
		}
	}
}

// plainJobs ask a registry in plain HTTP whose port does not speak TLS.
func (w *walk) plainJobs() []sideProbe {
	broke := w.broke
	if w.reached || broke == nil || broke.Op != evidence.OpHandshake || !broke.FailedWith(evidence.NotTLS) || !w.log.target.Role.HasImages() {
		return nil
	}
	return []sideProbe{{kind: evidence.ProbePlainHTTP, run: func() {
		again := &walk{run: w.run, planned: w.planned, log: w.log, root: w.root, plain: true}
		again.request(ask{step: evidence.StepPing, method: http.MethodGet, url: again.base() + "/v2/", header: http.Header{},
			expect: expectPing, probe: evidence.ProbePlainHTTP})
		again.session.close()
	}}}
}

// clientJobs ask as every other modelled client would (--client all): /v2/ under its
// name, and the first manifest by HEAD where it does so.
func (w *walk) clientJobs() []sideProbe {
	if !w.run.cfg.AllClients || !w.log.target.Role.HasImages() || w.session.conn == nil || !w.session.trusted {
		return nil
	}
	return []sideProbe{{kind: evidence.ProbeAsClient, run: func() {
		for _, tool := range client.Askers() {
			if shape, err := ShapeOf(tool, ""); err == nil && tool != w.run.cfg.shape().Tool {
				w.askAs(shape)
			}
		}
	}}}
}

func (w *walk) askAs(shape Shape) {
	ping := ask{step: evidence.StepPing, method: http.MethodGet, url: w.base() + "/v2/", header: http.Header{}, expect: expectPing,
		probe: evidence.AsClient(shape.Tool), agent: shape.requestAgent}
	if !shape.asks().ManifestFirst || len(w.planned.Images) == 0 {
		w.request(ping)
	}
	if !shape.asks().Heads || len(w.planned.Images) == 0 {
		return
	}
	image := w.planned.Images[0]
	head := ping
	head.step, head.method, head.expect = evidence.StepManifest, http.MethodHead, expectOpening
	head.url = fmt.Sprintf("%s/v2/%s/manifests/%s", w.base(), image.Repository, image.Reference)
	head.header = http.Header{"Accept": acceptManifests}
	w.request(head)
}
