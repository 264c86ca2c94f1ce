package rebuild

import (
	"crypto/tls"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// handshakes rebuilds what became of ClientHellos that were not answered
// properly.
func (b *builder) handshakes() {
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		b.slowHandshake(h, d)
		if h.Op != evidence.OpHandshake || h.Role == evidence.Proxy || h.State != evidence.Failed ||
			!h.OnPath() && h.Probe != evidence.ProbeBehindRefused || h.FailedWith(evidence.Budget) {
			continue
		}
		if mtu := b.pathMTU(h); mtu > 0 {
			small, _ := b.probed(h.Target, evidence.ProbeSmallHello) // then the long answer came
			b.once(fault.PathMTU{Host: b.lostAt(h, d), MTU: mtu, Outbound: small})
			continue
		}
		f, broken := b.broken(h, d)
		if !broken || slices.ContainsFunc(b.world.Faults, func(o fault.Fault) bool {
			s, ok := o.(fault.Socket)
			return ok && s.Host == f.Host && s.Effect == fault.Reset
		}) {
			continue
		}
		f.Only, f.First = b.which(h, f.Host)
		for _, w := range d.Warnings {
			f.Warning = uint8(w.Number)
		}
		b.fault(f)
	}
}

// slowHandshake lets a host that took long for its certificate take long.
func (b *builder) slowHandshake(h evidence.Hop, d evidence.Handshake) {
	if h.Op == evidence.OpHandshake && h.Role != evidence.Proxy && h.OnPath() && len(d.Chain) > 0 && millis(h.TookMS) > slow {
		b.once(fault.Stream{Host: b.at(h, strings.ToLower(d.ServerName)), Delay: b.capped(millis(h.TookMS), "the handshake of "+d.ServerName)})
	}
}

// pathMTU returns the size of the packets with which a probe got through where longer
// ones were lost; 0 where none did. Its name has the segment's size.
func (b *builder) pathMTU(h evidence.Hop) int {
	const headers = 40 // of IPv4 and TCP, without options
	best := 0
	for _, o := range b.trace.Hops {
		size, found := o.Probe.Segment()
		if passed, _ := b.probed(h.Target, o.Probe); found && passed {
			best = max(best, size+headers)
		}
	}
	if !h.FailedWith(evidence.Timeout) || best == 0 {
		return b.sharedMTU(h)
	}
	return best
}

// sharedMTU: not every target is probed; those behind one proxy share its way.
func (b *builder) sharedMTU(h evidence.Hop) int {
	for _, f := range b.world.Faults {
		if m, ok := f.(fault.PathMTU); ok && m.Host == fault.TheProxy && h.Via != "" && h.FailedWith(evidence.Timeout) {
			return m.MTU
		}
	}
	return 0
}

// lostAt returns where packets are lost: on the way to the host, or to the proxy.
func (b *builder) lostAt(h evidence.Hop, d evidence.Handshake) string {
	if h.Via != "" {
		return fault.TheProxy
	}
	return b.at(h, strings.ToLower(d.ServerName))
}

// altered rebuilds a connection on which a record arrived altered. Where it did within the
// connection is not kept.
func (b *builder) altered(h evidence.Hop, host string) bool {
	if !h.FailedWith() || !strings.Contains(h.Failure.Text, "local error: tls: bad record MAC") {
		return false
	}
	b.once(fault.Stream{Host: host, Effect: fault.NotTheBody, Bytes: inCertificate})
	return true
}

// inCertificate is a byte of a server's first flight that is in the record of its certificate,
// with and without a post-quantum key share (1,221 and 133 bytes before it; a chain has two
// kilobytes or more).
const inCertificate = 1600

func (b *builder) broken(h evidence.Hop, d evidence.Handshake) (fault.Handshake, bool) {
	f := fault.Handshake{Host: b.at(h, strings.ToLower(d.ServerName)), Effect: ended(h.Kind())}
	if h.Role == evidence.Proxy {
		f.Host = fault.TheProxy
	}
	switch {
	case d.ClientCertificate != nil:
		b.demands(f.Host)
		return f, false
	case len(d.Chain) > 0:
		return f, false
	case b.onlyGroup(h) != 0:
		b.once(fault.TLSServer{Host: f.Host, OnlyGroup: b.onlyGroup(h)})
		return f, false
	case h.FailedWith(evidence.Alert) && b.oldOnly(h):
		b.once(fault.TLSServer{Host: f.Host, MaxVersion: tls.VersionTLS11})
		return f, false
	case h.FailedWith(evidence.Alert) && b.onlySuite(h) != 0:
		b.once(fault.TLSServer{Host: f.Host, OnlySuite: b.onlySuite(h)})
		return f, false
	case h.FailedWith(evidence.Alert):
		f.Effect, f.Alert = fault.Alert, uint8(d.Alert)
	case h.FailedWith(evidence.NotTLS):
		f.Effect, f.Text = fault.Plaintext, bodyText(d.Page)
		if d.Page == nil {
			f.Text = d.FirstBytes
		}
	case b.altered(h, f.Host):
		return f, false
	case h.FailedWith(evidence.Protocol):
		f.Effect = fault.Garbage
	case !h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout):
		return f, false
	}
	f.Acknowledged = d.Delivery.Whole()
	return f, true
}

// demands rebuilds a server that ends the handshake without a certificate of the
// client. In TLS 1.3 that ends later, so this one speaks TLS 1.2. What it presented is
// not known; the client went on behind it.
func (b *builder) demands(host string) {
	b.once(fault.TLSServer{Host: host, ClientCertificate: true, MaxVersion: tls.VersionTLS12})
	if host == fault.TheProxy {
		b.once(fault.Certificate{Host: host})
	}
}

// probed returns the outcome of a side probe's handshake with the same target.
func (b *builder) probed(target string, probe evidence.Probe) (passed, looked bool) {
	for _, o := range b.trace.Hops {
		if o.Op == evidence.OpHandshake && o.Target == target && o.Probe == probe && o.State != evidence.Skipped {
			d := evidence.DetailOf[evidence.Handshake](o)
			return o.State == evidence.OK || len(d.Chain) > 0, true
		}
	}
	return false, false
}

func (b *builder) oldOnly(h evidence.Hop) bool {
	passed, _ := b.probed(h.Target, evidence.ProbeTLS10)
	return passed
}

// segment is more than a ClientHello without a post-quantum share, and less than
// one with it: 302 and 1512 bytes (measured, Go 1.26).
const segment = 1400

// onlySuite returns the cipher suite that was agreed on where only an old one was; 0
// for none.
func (b *builder) onlySuite(h evidence.Hop) uint16 {
	for _, o := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](o)
		if o.Target != h.Target || o.Probe != evidence.ProbeLegacySuites && o.Probe != evidence.ProbeDockerSuites || d.Cipher == "" {
			continue
		}
		for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			if s.Name == d.Cipher {
				return s.ID
			}
		}
	}
	return 0
}

// onlyGroup returns the key-exchange group that was agreed on where only a newer release's was;
// 0 for none.
func (b *builder) onlyGroup(h evidence.Hop) uint16 {
	for _, o := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](o)
		if o.Target != h.Target || o.Probe != evidence.ProbeNewerGroups || d.Curve == "" {
			continue
		}
		for _, g := range []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024} {
			if g.String() == d.Curve {
				return uint16(g)
			}
		}
	}
	return 0
}

// which finds the ClientHellos that are broken by those that were not.
func (b *builder) which(h evidence.Hop, host string) (fault.Hello, int) {
	pass := func(probe evidence.Probe) bool { passed, _ := b.probed(h.Target, probe); return passed }
	refused := func(probe evidence.Probe) bool { passed, looked := b.probed(h.Target, probe); return looked && !passed }
	switch {
	case pass(evidence.ProbeSameHello):
		return fault.Hello{}, 1
	case pass(evidence.ProbeControlSNI) || pass(evidence.ProbeNoSNI):
		return fault.Hello{Name: host}, 0
	case pass(evidence.ProbeSmallHello) && refused(evidence.ProbeLargeHello) && pass(evidence.ProbeSplitHello):
		return fault.Hello{MinBytes: segment}, 0
	case pass(evidence.ProbeSmallHello) && refused(evidence.ProbeLargeHello):
		return fault.Hello{Split: true}, 0
	case pass(evidence.ProbeSmallHello):
		return fault.Hello{Group: uint16(tls.X25519MLKEM768)}, 0
	case pass(evidence.ProbeTLS12):
		return fault.Hello{Version: tls.VersionTLS13}, 0
	}
	return fault.Hello{}, 0
}

// chains rebuilds what hosts presented.
func (b *builder) chains() {
	done := map[string][]evidence.Certificate{}
	for _, h := range b.pathFirst() {
		d := evidence.DetailOf[evidence.Handshake](h)
		host := b.at(h, strings.ToLower(d.ServerName))
		if h.Role == evidence.Proxy && h.Op == evidence.OpHandshake {
			host = fault.TheProxy
		}
		if h.Op != evidence.OpHandshake || len(d.Chain) == 0 || host == "" {
			continue
		}
		if before, ok := done[host]; ok {
			if before[0].SPKI != d.Chain[0].SPKI && before[0].Issuer != d.Chain[0].Issuer {
				b.cannot("the second chain of %s, issued by %s: one chain is rebuilt for a host", host, d.Chain[0].Issuer)
			}
			continue
		}
		done[host] = d.Chain
		b.chain(host, h, d)
	}
}

// pathFirst returns the hops in order, those on a path before the others. A ClientHello
// with another host's name at this address tells nothing about that host.
func (b *builder) pathFirst() []evidence.Hop {
	out := slices.DeleteFunc(slices.Clone(b.trace.Hops), func(h evidence.Hop) bool {
		return h.Probe == evidence.ProbeControlSNI || h.Probe == evidence.ProbeSNIElsewhere
	})
	slices.SortStableFunc(out, func(x, y evidence.Hop) int {
		switch {
		case x.OnPath() == y.OnPath():
			return 0
		case x.OnPath():
			return -1
		}
		return 1
	})
	return out
}

// trustedBy are the other clients that trust a chain.
func trustedBy(d evidence.Handshake) []string {
	var out []string
	for _, other := range d.Clients {
		if other.Trusted {
			out = append(out, other.Client)
		}
	}
	return out
}

func (b *builder) chain(host string, h evidence.Hop, d evidence.Handshake) {
	if strings.Contains(strings.ToLower(d.Chain[0].Issuer), "goproxy") {
		b.fault(fault.Certificate{Host: host, Issuer: "goproxy"})
		return
	}
	trusted, looked := d.Judged(evidence.StoreClient, evidence.AspectTrust)
	public := d.Anchor.Kind == evidence.AnchorPublic
	c := fault.Chain{Host: host, Public: public, Trusted: trusted, Copied: d.Timestamps.Copied()}
	if !looked {
		c.Trusted = public
	}
	if d.TrustedBy != "" {
		c.Trusted, c.Given = false, true
		b.given = true
	}
	c.TrustedBy = trustedBy(d)
	b.world.EmptyStore = b.world.EmptyStore || public && looked && (!trusted || d.TrustedBy != "")
	now := b.started
	if b.clockIsOff() {
		now = now.Add(b.offset)
	}
	for i, cert := range b.few(host, d.Chain) {
		out := fault.Cert{CommonName: commonName(cert.SubjectCN, cert.Subject), Organization: cert.SubjectOrg,
			IssuerName: commonName(cert.IssuerCN, cert.Issuer), IssuerOrg: cert.IssuerOrg,
			Names: b.texts(host, cert.Names), NotBefore: cert.NotBefore.Sub(now), NotAfter: cert.NotAfter.Sub(now),
			Key: keyKind(cert.Key), KeyID: cert.SPKI,
			CA: cert.CA, SelfSigned: cert.SelfSigned, Timestamps: cert.EmbeddedSCTs > 0, AIA: b.texts(host, cert.AIA),
			CRL: b.texts(host, cert.CRL), Policies: b.policies(host, cert.Policies),
			SHA1: strings.Contains(cert.SignatureAlgorithm, "SHA1") && !cert.CA, NegativeSerial: strings.Contains(cert.Problem, "negative serial")}
		if cert.Problem != "" && !out.NegativeSerial {
			b.cannot("the certificate of %s that cannot be parsed (%s): it comes with a negative serial number", host, cert.Problem)
			out.NegativeSerial = true
		}
		if i == 0 {
			out.ForClients = refuses(d, "usage")
		}
		if i == 1 && refuses(d, "constraints") {
			out.OnlyFor = "another.example"
		}
		c.Certs = append(c.Certs, out)
	}
	c.Anchor = b.anchor(d)
	b.fault(c)
	if d.Version == "TLS 1.2" && h.OnPath() {
		b.fault(fault.TLSServer{Host: host, MaxVersion: tls.VersionTLS12})
	}
}

func refuses(d evidence.Handshake, aspect evidence.Aspect) bool {
	ok, looked := d.Judged(evidence.StorePublic, aspect)
	return looked && !ok
}

// anchor returns the authority above the chain, where somebody has it.
func (b *builder) anchor(d evidence.Handshake) fault.Cert {
	last := top(d.Chain)
	out := fault.Cert{CommonName: commonName(last.IssuerCN, last.Issuer), Organization: last.IssuerOrg}
	switch {
	case d.LeafKeySigned && len(d.Chain) == 1:
		out.KeyID = last.SPKI
	case (d.Anchor.Kind == evidence.AnchorPublic || d.Anchor.Kind == evidence.AnchorLocal) && !last.SelfSigned:
		out.KeyID = d.Anchor.SPKI
	default:
		out.KeyID = b.keyOf(last.Issuer)
	}
	return out
}

// top returns the certificate of a chain that none of the chain issued, or that signs
// itself. Servers present them in any order.
func top(chain []evidence.Certificate) evidence.Certificate {
	out := chain[0]
	for range chain {
		i := slices.IndexFunc(chain, func(c evidence.Certificate) bool { return c.Subject == out.Issuer && c.SPKI != out.SPKI })
		if out.SelfSigned || i < 0 {
			break
		}
		out = chain[i]
	}
	return out
}

// keyOf returns the key of an authority by its name: what another host presents, or what
// another chain ends in, is the same authority. Empty where no chain has it.
func (b *builder) keyOf(name string) string {
	out := ""
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if d.Anchor.Subject == name && d.Anchor.SPKI != "" {
			out = d.Anchor.SPKI
		}
		for _, c := range d.Chain {
			if c.CA && c.Subject == name {
				out = c.SPKI
			}
		}
	}
	return out
}

// commonName returns the CN, or what a subject without one is called.
func commonName(cn, subject string) string {
	if cn == "" && !strings.Contains(subject, "=") {
		return subject
	}
	return cn
}

// keyKind returns a key's kind, empty for one of which none can be made.
func keyKind(text string) string {
	if !fault.HasKey(text) {
		return ""
	}
	return text
}
