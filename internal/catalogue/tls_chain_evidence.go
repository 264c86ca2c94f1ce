package catalogue

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/words"
)

// day in relative dates of Worlds.
const day = 24 * time.Hour

// shownChains are the hops that the family judges: what was presented, or could not be read.
func shownChains(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		shown := evidence.DetailOf[evidence.Handshake](h).Completed() || h.FailedWith(evidence.MalformedCertificate)
		return h.OnPath() && h.Role != evidence.Proxy && h.State != evidence.Skipped && shown
	})
}

// chainKey is what the hops of one match have in common. What the clock explains stands
// apart from what it does not.
func chainKey(v *diagnosis.View, h evidence.Hop) string {
	return evidence.DetailOf[evidence.Handshake](h).Anchor.SPKI + h.Via + string(h.Kind()) + strconv.FormatBool(skewOf(v).explains(h))
}

// byAnchor joins the chains that one authority signed.
func byAnchor(_ *diagnosis.View, h evidence.Hop) string {
	return evidence.DetailOf[evidence.Handshake](h).Anchor.SPKI
}

// refineMismatch says which names would do. A genuine certificate of the public web is nobody's
// block page; behind another one the page says what it is.
func refineMismatch(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	m.Values["host"], m.Values["wanted"] = d.ServerName, d.ServerName
	if _, parent, ok := strings.Cut(d.ServerName, "."); ok && strings.Contains(parent, ".") && net.ParseIP(d.ServerName) == nil {
		m.Values["wanted"] += " or *." + parent
	}
	m.Values["fits"] = fitsAnother(v, g[0])
	if public, _ := d.Judged(evidence.StorePublic, evidence.AspectTrust); public {
		m.Means = "The certificate is a genuine one of the public web, for {names}{fits}. A client that asks for {host} takes one for " +
			"{wanted}. Either the address belongs to another service (a stale record, or an alias such as that of a private link), or the " +
			"service has no certificate for this name."
		m.Remedy = "compare the record of {host} with what its operator says, and correct the record or the alias"
		m.Or = diagnosis.Way{Audience: diagnosis.RegistryOperator, Remedy: "have {peers} present a certificate with {host} in it"}
		return
	}
	if maker := ingressDefault(d); maker != "" {
		m.Audience = diagnosis.RegistryOperator
		m.Means = "It is the certificate that " + maker + " makes for itself and presents where it has none for a name. So the address is that " +
			"of an ingress, which has no certificate for {host}, or none that it can read; or the name leads to the wrong ingress."
		m.Remedy = "give the ingress of {host} a certificate with that name (its tls section and the secret that it names), or correct the " +
			"record if {peers} is not where {host} is served"
		return
	}
	for _, h := range behindChain(v, g) {
		if v.Takes(&answering, HTTPBlockPage, h) {
			m.Values["proof"] = "; behind it is a page titled " + words.Quoted(evidence.DetailOf[evidence.Request](h).Body.Title)
			m.Hops = append(m.Hops, h.ID)
			m.Means = "It is valid for {names}{product}. A page answers in place of the host: a filter, or a name server that keeps " +
				"such a list, may lead there."
			m.Remedy = "allow {targets} in the filter or name server that leads to {peers}; do not install its CA"
			return
		}
	}
}

// ingressDefault is the product whose certificate for want of any a peer presents; empty for others.
// https://kubernetes.github.io/ingress-nginx/user-guide/tls/#default-ssl-certificate
// https://github.com/traefik/traefik/blob/v3.3.4/pkg/tls/generate/generate.go (DefaultDomain, KeyPair)
func ingressDefault(d evidence.Handshake) string {
	for name, maker := range map[string]string{"Kubernetes Ingress Controller Fake Certificate": "ingress-nginx",
		"TRAEFIK DEFAULT CERT": "Traefik"} {
		if strings.Contains(d.Chain[0].Subject, "CN="+name) {
			return maker
		}
	}
	return ""
}

// fitsAnother names what the certificate is right for among the names that the look-up went
// through: the one that the search list made, and the aliases.
func fitsAnother(v *diagnosis.View, h evidence.Hop) string {
	on, _ := v.Before(h, evidence.OpResolve)
	d := lookupOf(on)
	through := []string{d.SearchName()}
	for _, q := range d.Questions {
		through = append(through, q.Aliases...)
	}
	leaf := x509.Certificate{DNSNames: evidence.DetailOf[evidence.Handshake](h).Chain[0].Names}
	for i, name := range through {
		switch fits := leaf.VerifyHostname(strings.TrimSuffix(name, ".")) == nil; {
		case name == "" || !fits:
		case i == 0:
			return ", and fits " + name + ", which the search list made of " + d.Name
		default:
			return ", and fits " + name + ", of which " + d.Name + " is an alias here"
		}
	}
	return ""
}

// behindChain are the requests that were made behind refused chains, to see what answers.
func behindChain(v *diagnosis.View, g []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range g {
		out = append(out, v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(evidence.ProbeBehindRefused).Target(h.Target), nil)...)
	}
	return out
}

// chainMatch is the match of chains that are alike.
func chainMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: chainValues(g)}
	writeTrust(v, g, &m)
	return m
}

// datesRight tells that the client found the dates of a chain right.
func datesRight(h evidence.Hop) bool {
	right, _ := evidence.DetailOf[evidence.Handshake](h).Judged(evidence.StoreClient, evidence.AspectDates)
	return right
}

// forged tells that something on the way made a chain, and that it is not this host's
// clock alone that makes it look wrong.
func forged(v *diagnosis.View, h evidence.Hop) bool {
	return intercepted(v.Target(h.Target), evidence.DetailOf[evidence.Handshake](h)) && !skewOf(v).explains(h)
}

// refineUnknown weighs what speaks for an interception. A chain that stops before any
// authority names nobody who could be asked about it.
func refineUnknown(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	m.Values["proof"] = weigh(v, g)
	if evidence.DetailOf[evidence.Handshake](g[0]).Anchor.Subject == "" {
		m.Means = "The chain stops before an authority that is a public root or in the client's store. For a registry with a company's " +
			"own CA that is normal before the CA is installed."
		m.Remedy = "find out who answers for {targets}; if the certificate is your company's, {install}"
	}
}

// refineForged says how sure an interception is, and by what.
func refineForged(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	m.Strength, m.Values["proof"] = interceptionStrength(v, g), proof(v, g)
	if words := suspectWords(v); !forgesInvalid(v, g, m) && words != "" {
		m.Strength, m.Values["proof"] = diagnosis.Possible, m.Values["proof"]+words
	}
}

func chainValues(g []evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	out := map[string]string{"peers": far(g), "length": words.Count(len(d.Chain), "certificate"), "anchor": anchorName(d),
		"text": cmp.Or(reason(g[0]), "the client accepts it"), "product": productOfChain(d), "proof": "", "ca": words.Quoted(d.Anchor.Subject)}
	if len(d.Chain) > 0 {
		leaf := d.Chain[0]
		out["leaf"], out["issuer"] = words.Quoted(leaf.Subject), words.Quoted(leaf.Issuer)
		out["names"] = cmp.Or(strings.Join(leaf.Names, ", "), leaf.SubjectCN, "no name")
	}
	return out
}

// anchorName is what a chain ends in, with where it is known.
func anchorName(d evidence.Handshake) string {
	known := map[string]string{
		evidence.AnchorPublic: "a public root", evidence.AnchorLocal: "in this host's store only",
		evidence.AnchorPresented: "presented by the peer, in no store"}[d.Anchor.Kind]
	switch {
	case known == "":
		return "no known authority"
	case d.TrustedBy != "":
		known = "given by " + d.TrustedBy + ", not in the client's own store"
	}
	return words.Quoted(d.Anchor.Subject) + " (" + known + ")"
}

// productOfChain names the product of a forged chain, in brackets for a
// sentence, empty where nothing tells. A mark from memory alone names nothing.
func productOfChain(d evidence.Handshake) string {
	if m, ok := product.Best(product.OfChain(d.Chain)); ok && m.Grade != product.Memory {
		return " (" + m.Name + ", by its issuer)"
	}
	return ""
}

// damage is what makes an interceptor's chain one that nobody should accept.
type damage struct {
	what, repair string
	strength     diagnosis.Strength
}

// breakage looks for it in a chain. Dates are facts;
// that a name says untrusted is a word of the product's, so it is likely.
func breakage(h evidence.Hop, clock skew) damage {
	d := evidence.DetailOf[evidence.Handshake](h)
	now := clock.at(h.At)
	for i, c := range d.Chain {
		who := "its authority " + words.Quoted(c.Subject)
		if i == 0 {
			who = "the certificate that it forged"
		}
		switch {
		case now.After(c.NotAfter):
			return damage{who + " expired at " + c.NotAfter.UTC().Format(time.RFC3339), "renew its certificate, set its clock " +
				"(compare this host's first)", diagnosis.Proven}
		case now.Before(c.NotBefore):
			return damage{who + " begins only at " + c.NotBefore.UTC().Format(time.RFC3339), "set its clock (compare this host's first)",
				diagnosis.Proven}
		}
	}
	if what := spoiltForgery(h); what != "" {
		return damage{what, "update it, or correct the template that it forges by", diagnosis.Proven}
	}
	for _, m := range product.OfChain(d.Chain) {
		if m.Untrust {
			return damage{"it signs with the authority that it keeps for origins that it could not verify itself, " +
				words.Quoted(d.Chain[0].Issuer),
				"its own list of public roots may be old, or its way to the origin broken or intercepted in turn", diagnosis.Likely}
		}
	}
	return damage{}
}

// spoiltForgery says why no client would take a forged certificate whatever it
// trusts; empty where nothing of the kind is wrong.
func spoiltForgery(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	switch {
	case namesInSubject(d):
		return "the certificate that it forged has no subject alternative name"
	case weakSignature(d) != "":
		return "it signs with " + weakSignature(d)
	case forbidden(d) != "":
		return forbidden(d)
	}
	return ""
}

func (b damage) write(m *diagnosis.Match) {
	m.Values["broken"], m.Values["repair"] = upper(b.what), b.repair
	if b.strength != diagnosis.Proven {
		m.Strength = b.strength
	}
}

// intercepted: a public host whose chain ends in a certificate that the peer
// sent or that only this machine knows, and whose leaf no transparency log has
// seen: it has no timestamp, or those of another certificate (docs/decisions/0019-copied-timestamps.md).
// One that its own key signs under another name is forged wherever the chain
// ends: mitmproxy sends nothing above it. A lone self-signed certificate is a
// device's own.
func intercepted(t evidence.Target, d evidence.Handshake) bool {
	lone := len(d.Chain) == 1 && d.Chain[0].SelfSigned
	local := d.Anchor.Kind == evidence.AnchorPresented || d.Anchor.Kind == evidence.AnchorLocal || d.LeafKeySigned
	return t.Public && local && (d.SCTs == 0 || d.Timestamps.Copied()) && !lone
}

// interceptionStrength is proven when something shows it that no origin does.
func interceptionStrength(v *diagnosis.View, g []evidence.Hop) diagnosis.Strength {
	if proof(v, g) != "" {
		return diagnosis.Proven
	}
	return diagnosis.Likely
}

// proof names what only an interceptor does (docs/field-notes.md#chains):
// the leaf carries its issuer's key or another certificate's timestamps, or one
// anchor, or one key, answers for hosts of different owners.
func proof(v *diagnosis.View, g []evidence.Hop) string {
	for _, h := range g {
		d := evidence.DetailOf[evidence.Handshake](h)
		if d.LeafKeySigned {
			return "; the leaf carries its issuer's own key"
		}
		if d.Timestamps.Copied() {
			return "; the leaf's transparency timestamps were copied from another certificate: no log's signature holds"
		}
	}
	if owners := ownersOf(g, func(evidence.Handshake) bool { return true }); len(owners) > 1 {
		return "; one anchor signs for hosts of different owners: " + diagnosis.List(owners)
	}
	return sharedKey(v, g[0])
}

// ownersOf lists the owners of the hosts whose handshakes are taken, each once.
func ownersOf(hops []evidence.Hop, take func(evidence.Handshake) bool) []string {
	hops = slices.DeleteFunc(slices.Clone(hops), func(h evidence.Hop) bool { return !take(evidence.DetailOf[evidence.Handshake](h)) })
	return distinct(hops, func(h evidence.Hop) string {
		return evidence.Owner(evidence.DetailOf[evidence.Handshake](h).ServerName)
	})
}

// sharedKey looks for hosts of other owners that answer with the same key in
// another certificate: one certificate for many names is usual at a CDN.
func sharedKey(v *diagnosis.View, h evidence.Hop) string {
	own := evidence.DetailOf[evidence.Handshake](h).Chain[0]
	type byKey struct{}
	keys := diagnosis.Remember(v, byKey{}, func() map[string][]evidence.Hop {
		out := map[string][]evidence.Hop{}
		for _, o := range v.Hops(evidence.OpHandshake, evidence.Hop.OnPath) {
			if d := evidence.DetailOf[evidence.Handshake](o); d.Completed() {
				out[d.Chain[0].SPKI] = append(out[d.Chain[0].SPKI], o)
			}
		}
		return out
	})
	same := ownersOf(keys[own.SPKI], func(d evidence.Handshake) bool {
		return (d.Chain[0].SHA256 != own.SHA256 || d.ServerName == evidence.DetailOf[evidence.Handshake](h).ServerName)
	})
	if len(same) < 2 {
		return ""
	}
	return "; one key answers for hosts of different owners: " + diagnosis.List(same)
}

// refineIncomplete names the certificate that is missing, and where it is.
func refineIncomplete(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	m.Values["missing"], m.Values["fetch"], m.Strength = "", "", diagnosis.Likely
	if d.Completion == nil {
		eitherEnd(d, m)
	}
	if c := d.Completion; c != nil {
		had := c.From + " presents it"
		if strings.HasPrefix(c.From, "http:") {
			had = "it was fetched from " + c.From
		}
		m.Values["missing"] = "; " + had + ", and with it the chain ends in " + words.Quoted(c.Anchor.Subject)
		m.Strength = diagnosis.Proven
	}
	if leaf := d.Chain[len(d.Chain)-1]; len(leaf.AIA) > 0 {
		m.Values["fetch"] = "; it can be downloaded from " + leaf.AIA[0]
	}
}

// eitherEnd says of a chain that nothing completes what its missing issuer may be: one
// between, which the server leaves out, or the end, which no server has to send. A CA that
// says where to fetch its certificate is more often one between.
func eitherEnd(d evidence.Handshake, m *diagnosis.Match) {
	m.Means = "The presented chain stops at a certificate whose issuer, {issuer}, was not sent and is in no store. Either the server leaves " +
		"out an intermediate certificate, or {issuer} is itself a CA that the client does not trust: a company's own, or that of a device " +
		"that inspects TLS."
	m.Or = diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "if {issuer} is your company's own CA, add it to the client's trust store"}
	if len(d.Chain[len(d.Chain)-1].AIA) == 0 {
		m.Strength = diagnosis.Possible
	}
}

// writeTrust says which clients of the host trust a chain, and how its CA gets
// into the store of those that do not.
func writeTrust(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	var lines []string
	for _, c := range d.Clients {
		says := " does not trust it"
		if c.Trusted {
			says = " trusts it"
		}
		lines = append(lines, c.Client+says)
	}
	m.Values["clients"] = ""
	if len(lines) > 0 {
		m.Values["clients"] = "; " + strings.Join(lines, ", ")
	}
	m.Values["install"] = install(v, g[0])
}

// anyInstall is what is known of every host whose files were not read
// (update-ca-trust(8), update-ca-certificates(8)).
const anyInstall = "put it into the system's store (Red Hat: /etc/pki/ca-trust/source/anchors/ and update-ca-trust; " +
	"Debian: /usr/local/share/ca-certificates/NAME.crt and update-ca-certificates; OpenShift: additionalTrustBundle), and restart the daemon"

// install is how the client under test gets it, and for each other one that does not
// trust the chain its own file, with the restart that it needs.
func install(v *diagnosis.View, h evidence.Hop) string {
	at, d := v.Vantage(), evidence.DetailOf[evidence.Handshake](h)
	all := at.CAInstall
	if all == "" {
		all = anyInstall
	}
	out := []string{all}
	for _, s := range at.TrustStores {
		if trusts(d, s.Client) {
			continue
		}
		line := "for " + s.Client + " and this registry alone " + placeFor(v, h, s.Place)
		switch {
		case s.Replaced != "" && strings.Contains(all, s.Replaced):
			line = s.Client + " reads it there" // said already
		case s.Replaced != "":
			line = s.Client + " reads " + strings.Join(s.Files, ", ") + " instead (" + s.Replaced + ")"
		}
		if s.Restart != "" {
			line += ", then " + s.Restart
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// placeFor is the place for a CA of the registry at which a chain was presented. The report has that
// of the run's first one.
func placeFor(v *diagnosis.View, h evidence.Hop, place string) string {
	host := v.Target(h.Target)
	for _, t := range v.Targets() {
		if first := "/" + t.URLHost() + "/"; host.Role.HasImages() && strings.Contains(place, first) {
			return strings.Replace(place, first, "/"+host.URLHost()+"/", 1)
		}
	}
	return place
}

func trusts(d evidence.Handshake, client string) bool {
	for _, c := range d.Clients {
		if c.Client == client {
			return c.Trusted
		}
	}
	return true
}

// passesByAddition tells that the client accepted a chain on the path, a proxy's too, only
// because of what the run was given.
func passesByAddition(h evidence.Hop) bool {
	return h.OnPath() && h.State == evidence.OK && evidence.DetailOf[evidence.Handshake](h).TrustedBy != ""
}

// givenAnchor is what hops of one match have in common: the CA, and who gave it.
func givenAnchor(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	if h.Role == evidence.Proxy {
		return h.Via
	}
	return d.Anchor.SPKI + " " + d.TrustedBy
}

func givenMatch(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	d := evidence.DetailOf[evidence.Handshake](g[0])
	m := diagnosis.Match{Hops: diagnosis.IDs(g), Values: map[string]string{"added": d.TrustedBy, "peers": far(g),
		"ca": words.Quoted(d.Anchor.Subject), "client": v.Run().Client}}
	if g[0].Role == evidence.Proxy {
		m.Values["whom"], m.Values["peers"] = "the proxy "+evidence.ProxyAddress(g[0].Via), g[0].Peer
	} else {
		m.Values["whom"] = diagnosis.Short(v.Through(m.Hops...))
	}
	writeTrust(v, g, &m)
	return m
}

// weigh lists what speaks for and against an interception, for chains of which
// neither is certain (docs/field-notes.md#chains).
func weigh(v *diagnosis.View, g []evidence.Hop) string {
	h := g[0]
	d := evidence.DetailOf[evidence.Handshake](h)
	leaf := d.Chain[0]
	var pro, con []string
	sort := func(is bool, yes, no string) {
		switch {
		case is && yes != "":
			pro = append(pro, yes)
		case !is && no != "":
			con = append(con, no)
		}
	}
	sort(v.Target(h.Target).Public, "the host belongs to the public web", "the host is no public registry that this tool knows")
	sort(d.SCTs == 0, "no transparency log knows the leaf", timestampWords(d))
	sort(len(leaf.AIA)+len(leaf.CRL) == 0, "the leaf says nowhere where its issuer or its revocation list is",
		"the leaf names its issuer's addresses")
	sort(d.Anchor.Kind == evidence.AnchorPresented, "the root was sent along, which public servers do not do", "")
	sort(proof(v, g) != "", strings.TrimPrefix(proof(v, g), "; "), "")
	if name := productOfChain(d); name != "" {
		pro = append(pro, "the issuer's name is that of a product"+name)
	}
	out := ""
	if len(pro) > 0 {
		out += "; for interception: " + strings.Join(pro, ", ")
	}
	if len(con) > 0 {
		out += "; against it: " + strings.Join(con, ", ")
	}
	return out
}

// timestampWords says what the logs' signatures on a leaf are worth.
func timestampWords(d evidence.Handshake) string {
	t := d.Timestamps
	switch {
	case t == nil:
		return ""
	case t.Copied():
		return ""
	case t.Verified > 0:
		return fmt.Sprintf("%s of transparency logs hold (%s)", words.Count(t.Verified, "timestamp"), strings.Join(t.Logs, ", "))
	case t.NotLooked != "":
		return "the leaf carries " + words.Count(d.SCTs, "timestamp") + " of transparency logs, not checked: " + t.NotLooked
	}
	return "the leaf carries " + words.Count(d.SCTs, "timestamp") + " of transparency logs, of logs that are not on the list"
}

// leakedAuthority finds such an authority in a chain, presented or in a store.
func leakedAuthority(d evidence.Handshake) (product.Leaked, bool) {
	if found, ok := product.LeakedKey(d.Anchor.SPKI); ok {
		return found, true
	}
	for _, c := range d.Chain {
		if found, ok := product.LeakedKey(c.SPKI); ok {
			return found, true
		}
	}
	return product.Leaked{}, false
}

// forbidden says what a chain may not be used for, by the store of the client;
// empty where nothing is forbidden.
func forbidden(d evidence.Handshake) string {
	usage, looked := d.Judged(evidence.StoreClient, evidence.AspectUsage)
	if looked && !usage {
		return "the leaf is not meant for TLS servers (extended key usage)"
	}
	if ok, looked := d.Judged(evidence.StoreClient, evidence.AspectConstraints); looked && !ok {
		return "an authority in it may not sign for this name (name constraints or path length)"
	}
	return ""
}

// oddity is what is wrong with the form of a certificate: what, who refuses it,
// and what helps until it is issued anew.
type oddity struct{ what, refused, until string }

// goClients names the clients whose judgement is Go's.
const goClients = "podman, skopeo, docker, containerd, CRI-O and crane"

// takesMalformed: Go cannot read it, or its form is the only thing that is wrong. A name
// that stands in the subject alone goes before every date.
func takesMalformed(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	d := evidence.DetailOf[evidence.Handshake](h)
	spoilt := namesInSubject(d) || datesRight(h) && forbidden(d) == "" && weakSignature(d) != ""
	return when(h.FailedWith(evidence.MalformedCertificate) || d.Completed() && h.FailedWith() && spoilt)
}

func refineMalformed(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	o := oddityOf(g[0])
	m.Values = map[string]string{"peers": far(g), "text": reason(g[0]), "leaf": malformedLeaf(v, g[0]),
		"what": o.what, "refused": o.refused, "until": o.until}
}

// oddityOf names what is wrong. A handshake that was broken off shows it in the
// error's text alone.
func oddityOf(h evidence.Hop) oddity {
	d, text := evidence.DetailOf[evidence.Handshake](h), reason(h)
	switch {
	case namesInSubject(d):
		return oddity{"The name stands in the subject's common name alone, and there is no subject alternative name",
			"Go clients (" + goClients + ") refuse it since Go 1.15, with no way around since 1.17; curl takes it", ""}
	case weakSignature(d) != "":
		return oddity{"It is signed with " + weakSignature(d),
			"Go clients (" + goClients + ") refuse it since Go 1.18, with no way around since 1.24; OpenSSL refuses it at security " +
				"level 2, the default of Debian and RHEL 9", ""}
	case strings.Contains(text, "negative serial"):
		return oddity{"Its serial number is negative", "Go clients (" + goClients + ") refuse it since Go 1.23; curl and openssl take it",
			"; until then GODEBUG=x509negativeserial=1 in the client's environment lets it in"}
	case strings.Contains(text, "RSA key larger"):
		return oddity{"Its RSA key is larger than 8192 bits", "Go clients (" + goClients + ") refuse it since Go 1.20.7; curl takes 16384 bits",
			"; until then GODEBUG=tlsmaxrsasize=BITS in the client's environment lets it in"}
	}
	return oddity{"crypto/x509 cannot read it", "Go clients (" + goClients + ") refuse it before anything is judged; other " +
		"clients may take it", ""}
}

// namesInSubject tells that the leaf names its host in the common name only, as
// was usual until 2000 (RFC 2818 section 3.1).
func namesInSubject(d evidence.Handshake) bool {
	return d.Completed() && len(d.Chain[0].Names) == 0 && strings.EqualFold(d.Chain[0].SubjectCN, d.ServerName)
}

// weakSignature is the algorithm of a presented certificate, below its root, that
// crypto/x509 takes no more; empty where there is none.
func weakSignature(d evidence.Handshake) string {
	for _, c := range d.Chain {
		if slices.ContainsFunc([]string{"SHA1", "MD5", "MD2"}, func(hash string) bool {
			return strings.Contains(c.SignatureAlgorithm, hash)
		}) && !c.SelfSigned {
			return c.SignatureAlgorithm
		}
	}
	return ""
}

// malformedLeaf describes the certificate, from a second handshake where the first
// did not show it.
func malformedLeaf(v *diagnosis.View, h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	for _, p := range v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe(evidence.ProbeRawChain).Target(h.Target), nil) {
		if len(d.Chain) == 0 {
			d = evidence.DetailOf[evidence.Handshake](p)
		}
	}
	if len(d.Chain) == 0 {
		return "; the certificate is encrypted (TLS 1.3) and could not be looked at"
	}
	return "; leaf " + words.Quoted(d.Chain[0].Subject) + " issued by " + words.Quoted(d.Chain[0].Issuer) + productOfChain(d)
}

// suspectRoots tells that every chain of a public host fails against the file of
// --public-roots and holds against the system's store.
func suspectRoots(v *diagnosis.View) ([]evidence.Hop, bool) {
	if v.Run().PublicRoots == "" {
		return nil, false
	}
	hops := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role != evidence.Proxy && v.Target(h.Target).Public && evidence.DetailOf[evidence.Handshake](h).Completed()
	})
	holds := func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Handshake](h)
		public, _ := d.Judged(evidence.StorePublic, evidence.AspectTrust)
		system, _ := d.Judged(evidence.StoreSystem, evidence.AspectTrust)
		return !public && system
	}
	// One host says nothing: it may have an authority of its own.
	return hops, len(hops) > 1 && !slices.ContainsFunc(hops, func(h evidence.Hop) bool { return !holds(h) })
}

// suspectWords adds the file to what is said of an interception that rests on it.
func suspectWords(v *diagnosis.View) string {
	if _, suspect := suspectRoots(v); !suspect {
		return ""
	}
	return "; every host fails against " + v.Run().PublicRoots + " of --public-roots and holds against this host's store, so " +
		"that file may be what is wrong"
}

// skewWorth is from where a wrong clock is worth a warning though nothing fails
// yet (docs/rules.md#tls): tokens are made for 300 s, and a fifth of that is gone.
const skewWorth = time.Minute

// skew is what the servers say of this host's clock.
type skew struct {
	offset time.Duration
	agree  []evidence.ServerTime
	known  bool
}

// skewOf reads it from all requests of the run.
func skewOf(v *diagnosis.View) skew {
	type ofRun struct{}
	return diagnosis.Remember(v, ofRun{}, func() skew {
		hops := append(v.Hops(evidence.OpHandshake, nil), v.Hops(evidence.OpRequest, nil)...)
		var s skew
		s.offset, s.agree, s.known = evidence.AgreedTime(evidence.ServerTimes(hops))
		return s
	})
}

// at is the servers' time of a moment of this host, its own where nobody says
// that it is wrong.
func (s skew) at(local time.Time) time.Time {
	if s.known && s.offset.Abs() >= skewWorth {
		return local.Add(s.offset)
	}
	return local
}

// explains tells that a chain was refused for its dates at this host's time and
// holds at the servers'.
func (s skew) explains(h evidence.Hop) bool {
	if !h.FailedWith(evidence.Expired, evidence.NotYetValid) || !s.known || s.offset.Abs() < skewWorth {
		return false
	}
	return datesHold(evidence.DetailOf[evidence.Handshake](h), s.at(h.At))
}

// datesHold tells that every presented certificate is valid at a time.
func datesHold(d evidence.Handshake, at time.Time) bool {
	for _, c := range d.Chain {
		if at.Before(c.NotBefore) || at.After(c.NotAfter) {
			return false
		}
	}
	return len(d.Chain) > 0
}

func matchClock(v *diagnosis.View) []diagnosis.Match {
	s := skewOf(v)
	if !s.known || s.offset.Abs() < skewWorth {
		return nil
	}
	failed := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool { return h.OnPath() && s.explains(h) })
	m := diagnosis.Match{Hops: diagnosis.IDs(failed), Values: map[string]string{"amount": s.words(), "servers": s.servers(), "chains": ""}}
	if len(failed) > 0 {
		m.Values["chains"] = "; refused at this host's time and sound at theirs: " + words.Count(len(failed), "chain")
		return []diagnosis.Match{m}
	}
	for _, t := range s.agree {
		m.Hops = append(m.Hops, t.Hop)
	}
	m.Severity = diagnosis.Warning
	m.Means = "No certificate was refused because of it in this run. Tokens are valid for minutes, and certificates begin and end on " +
		"the second, so something may fail soon."
	return []diagnosis.Match{m}
}

// words says how wrong this host's clock is: behind where the servers' time is later.
func (s skew) words() string {
	if s.offset > 0 {
		return span(s.offset) + " behind"
	}
	return span(-s.offset) + " ahead"
}

// shownServers bounds how many servers are named as witnesses.
const shownServers = 3

func (s skew) servers() string {
	var names []string
	for _, t := range s.agree {
		names = append(names, t.Target)
	}
	if len(names) > shownServers {
		return strings.Join(names[:shownServers], ", ") + fmt.Sprintf(" and %d more", len(names)-shownServers)
	}
	return strings.Join(names, ", ")
}

// invalidHost is the name that cannot exist which --deep asks a proxy for (RFC 6761
// section 6.4).
const invalidHost = "pullpath-probe.invalid"

// ofInvalid are the hops of that probe at the proxy of a hop.
func ofInvalid(v *diagnosis.View, op evidence.Op, via string) []evidence.Hop {
	return v.HopsAbout(op, diagnosis.About{}.Probe(evidence.ProbeInvalidName).Via(via), func(evidence.Hop) bool { return via != "" })
}

// forgesInvalid makes an interception proven, and says so, where the same authority
// has signed for a name that cannot exist: no origin can have shown that
// certificate (docs/field-notes.md#chains).
func forgesInvalid(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) bool {
	own := evidence.DetailOf[evidence.Handshake](g[0]).Anchor.SPKI
	for _, h := range ofInvalid(v, evidence.OpHandshake, g[0].Via) {
		d := evidence.DetailOf[evidence.Handshake](h)
		if len(d.Chain) > 0 && slices.Contains(d.Chain[0].Names, invalidHost) && own != "" && d.Anchor.SPKI == own {
			m.Strength, m.Hops, m.Targets = diagnosis.Proven, append(m.Hops, h.ID), targetsOf(g)
			m.Values["proof"] += "; the same authority signs for " + invalidHost + ", a name that cannot exist"
			return true
		}
	}
	return false
}

// connectsLate says of a proxy whose tunnel led to nothing that its 200 is no
// proof that the far side was reached; empty where it was not asked or said no.
func connectsLate(v *diagnosis.View, g []evidence.Hop) string {
	tunnels := ofInvalid(v, evidence.OpTunnel, g[0].Via)
	if len(tunnels) == 0 || tunnels[0].State != evidence.OK {
		return ""
	}
	return "; the proxy says " + words.Quoted(evidence.DetailOf[evidence.Tunnel](tunnels[0]).StatusLine) + " for " + invalidHost +
		" too, a name that cannot exist, so its 200 does not tell that it reached " + strings.TrimSuffix(g[0].Target, ":443")
}
