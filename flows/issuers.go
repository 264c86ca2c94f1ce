package flows

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/tunnel"
)

// issuerFetch names the side probe that fetches a certificate which a chain leaves
// out from where the last one says that it is.
const issuerFetch = "issuer-fetch"

// fetchIssuers completes chains that no other host of the run completed (--deep,
// CONTRACT.md 4.7). Each address is asked once.
func (r *run) fetchIssuers() {
	fetched := map[string][]byte{}
	for _, t := range r.chains.inOrder() {
		d := evidence.DetailOf[evidence.Handshake](t.node.hop)
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
			der = r.walks[t.lane.target.ID].fetchIssuer(t.node, address)
			fetched[address.String()] = der
		}
		if found := t.opts.Complete(t.chain, [][]byte{der}); found != nil {
			found.From = r.cfg.Scribe.URL(address.String())
			d.Completion = found
			t.node.hop.Detail = d
		}
	}
}

// issuerAddress is the first plain HTTP address of the last certificate's issuer
// (RFC 5280 section 4.2.2.1). One from which a secret was taken out is none.
func issuerAddress(d evidence.Handshake) (*url.URL, bool) {
	for _, text := range d.Chain[len(d.Chain)-1].AIA {
		if u, err := url.Parse(text); err == nil && u.Scheme == "http" && u.Hostname() != "" && u.User == nil && !strings.Contains(text, redact.Mark) {
			return u, true
		}
	}
	return nil, false
}

// fetchIssuer gets a certificate by the client's route; nil where it could not be
// had. A login at the proxy is not sent for it.
func (w *walk) fetchIssuer(parent *node, address *url.URL) []byte {
	decision := w.run.cfg.Dialect.Decide(w.run.cfg.Env, address)
	conn, last := w.connectPlain(parent, address, decision)
	if conn == nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	n := w.run.rec.begin(w.lane, step{op: evidence.OpRequest, role: evidence.Control, purpose: evidence.Probe,
		probe: issuerFetch, via: last.hop.Via, peer: last.hop.Peer, parent: last})
	n.hop.Local = conn.LocalAddr().String()
	ctx, cancel := w.run.hop(w.run.ctx)
	defer cancel()
	detail, body, failure := tunnel.Fetch(ctx, conn, issuerFetch, redact.URL(address.String()), tunnel.Request{
		UserAgent: w.run.cfg.shape().connectAgent, Scribe: w.run.cfg.Scribe, Now: w.run.net.Now})
	n.end(detail, w.run.settle(failure))
	if failure != nil || detail.Code != 200 {
		return nil
	}
	return certificateIn(body)
}

// connectPlain dials the host of an http:// address, or the proxy for it.
func (w *walk) connectPlain(parent *node, address *url.URL, d route.Decision) (net.Conn, *node) {
	host, port, role, via := address.Hostname(), portOf(address), evidence.Control, ""
	if d.Kind == route.Proxy {
		host, port, role, via = d.Host, atoi(d.Port), evidence.Proxy, d.ProxyText
		if d.Proxy().Scheme != "http" {
			return nil, nil
		}
	}
	addr, err := netip.ParseAddr(host)
	addresses := []netip.Addr{addr}
	if err != nil {
		found := w.run.lookup(w.run.ctx, lookupStep{lane: w.lane, parent: parent, role: role, purpose: evidence.Probe,
			probe: issuerFetch, host: host, port: port})
		if found.failed() {
			return nil, found.node
		}
		parent, addresses = found.node, found.addresses
	}
	return w.run.dial(w.run.ctx, dialStep{lane: w.lane, parent: parent, role: role, purpose: evidence.Probe,
		probe: issuerFetch, addresses: slices.Clone(addresses), port: port, via: via})
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
