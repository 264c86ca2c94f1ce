package flows

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

// fetchIssuers completes chains that no other host of the run completed (--deep,
// docs/rules.md, rule 7). Each address is asked once.
func (r *run) fetchIssuers() {
	fetched := map[string][]byte{}
	for _, t := range r.chains.inOrder() {
		d := evidence.DetailOf[evidence.Handshake](t.hop.Hop)
		if len(t.chain) == 0 || d.Anchor.Kind != evidence.AnchorMissing || d.Completion != nil {
			continue
		}
		address, ok := issuerAddress(d)
		if !ok {
			continue
		}
		der, asked := fetched[address.String()]
		if !asked {
			if len(fetched) == maxTries {
				return
			}
			der = r.walks[t.log.target.ID].fetchIssuer(t.hop, address)
			fetched[address.String()] = der
		}
		if found := t.opts.Complete(t.chain, [][]byte{der}); found != nil {
			found.From = r.cfg.Scribe.URL(address.String())
			d.Completion = found
			t.hop.Detail = d
		}
	}
}

// issuerAddress returns the first plain HTTP address of the last certificate's issuer
// (RFC 5280 section 4.2.2.1). An address from which a secret was removed does not count.
func issuerAddress(d evidence.Handshake) (*url.URL, bool) {
	for _, text := range d.Chain[len(d.Chain)-1].AIA {
		if u, err := url.Parse(text); err == nil && u.Scheme == "http" && u.Hostname() != "" && u.User == nil &&
			!strings.Contains(text, redact.Mark) {
			return u, true
		}
	}
	return nil, false
}

// fetchIssuer gets a certificate by the client's route; nil where it could not be
// had. A login at the proxy is not sent for it.
func (w *walk) fetchIssuer(parent *openHop, address *url.URL) []byte {
	decision := w.run.cfg.Dialect.Decide(w.run.cfg.Env, address)
	conn, last := w.connectPlain(parent, address, decision)
	if conn == nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	s := step{log: w.log, op: evidence.OpRequest, role: evidence.Control, probe: evidence.ProbeIssuerFetch, via: last.Via}
	var body []byte
	w.run.hop(w.run.ctx, s.on(last), conn, func(ctx context.Context, _ *openHop) (evidence.Detail, *evidence.Failure) {
		detail, read, failure := tunnel.Fetch(ctx, conn, evidence.StepIssuerFetch, redact.URL(address.String()), tunnel.Request{
			UserAgent: w.run.cfg.shape().connectAgent, Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
		if failure == nil && detail.Code == http.StatusOK {
			body = read
		}
		return detail, failure
	})
	return certificateIn(body)
}

// connectPlain dials the host of an http:// address, or the proxy for it.
func (w *walk) connectPlain(parent *openHop, address *url.URL, d route.Decision) (net.Conn, *openHop) {
	host, port, role, via := address.Hostname(), portOf(address), evidence.Control, ""
	if d.Kind == route.Proxy {
		host, port, role, via = d.Host, atoi(d.Port), evidence.Proxy, d.ProxyText
		if d.Proxy().Scheme != "http" {
			return nil, nil
		}
	}
	s := step{log: w.log, role: role, probe: evidence.ProbeIssuerFetch, parent: parent}
	addr, err := netip.ParseAddr(host)
	addresses := []netip.Addr{addr}
	if err != nil {
		found := w.run.lookup(w.run.ctx, s, evidence.Endpoint{Host: host, Port: port})
		if found.failed() {
			return nil, found.hop
		}
		s.parent, addresses = found.hop, found.addresses
	}
	s.via = via
	return w.run.dial(w.run.ctx, s, destination{addresses: slices.Clone(addresses), port: port})
}

func portOf(u *url.URL) int {
	if u.Port() != "" {
		return atoi(u.Port())
	}
	return 80
}

// certificateIn takes a certificate in either form in which authorities serve it.
func certificateIn(body []byte) []byte {
	if block, _ := pem.Decode(body); block != nil {
		body = block.Bytes
	}
	if _, err := x509.ParseCertificate(body); err != nil {
		return nil
	}
	return body
}
