package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Codes of causes that lie in TLS.
const (
	TLSReset                      diagnosis.Code = "tls-reset"                          // the handshake is reset
	TLSClosed                     diagnosis.Code = "tls-closed"                         // the handshake is ended by the far side
	TLSTimeout                    diagnosis.Code = "tls-timeout"                        // the handshake gets no answer
	TLSAnswerDropped              diagnosis.Code = "tls-answer-dropped"                 // the ClientHello arrived and its answer does not
	TLSRecordCorrupt              diagnosis.Code = "tls-record-corrupt"                 // records of TLS arrive altered
	TLSPlaintext                  diagnosis.Code = "tls-plaintext"                      // the answer to the handshake is plain text
	TLSAlert                      diagnosis.Code = "tls-alert"                          // the handshake is refused with an alert
	TLSSNIBlocked                 diagnosis.Code = "tls-sni-blocked"                    // a device blocks the name in the ClientHello
	TLSLargeHelloDropped          diagnosis.Code = "tls-large-hello-dropped"            // the ClientHello is too large or too new for a device
	TLSPathMTU                    diagnosis.Code = "tls-path-mtu"                       // large packets are lost on the way
	TLSGroupUnsupported           diagnosis.Code = "tls-group-unsupported"              // the server takes no key-exchange group of the client
	TLSVersionUnsupported         diagnosis.Code = "tls-version-unsupported"            // the server does not take the client's versions
	TLSClientCertificateRequired  diagnosis.Code = "tls-client-certificate-required"    // the server demands a certificate of the client
	ClockSkew                     diagnosis.Code = "clock-skew"                         // this host's clock is wrong
	TLSInterceptedUntrusted       diagnosis.Code = "tls-intercepted-untrusted"          // the client does not trust an interceptor
	TLSInterceptedTrusted         diagnosis.Code = "tls-intercepted-trusted"            // the client trusts an interceptor
	TLSInterceptedBroken          diagnosis.Code = "tls-intercepted-broken"             // an interceptor's certificates are broken
	TLSCertificateExpired         diagnosis.Code = "tls-certificate-expired"            // the certificate has expired
	TLSCertificateNotYetValid     diagnosis.Code = "tls-certificate-not-yet-valid"      // the certificate is not valid yet
	TLSNameMismatch               diagnosis.Code = "tls-name-mismatch"                  // the certificate is for another name
	TLSSelfSigned                 diagnosis.Code = "tls-self-signed"                    // the certificate is self-signed
	TLSIncompleteChain            diagnosis.Code = "tls-incomplete-chain"               // the intermediate certificate is left out
	TLSTrustStoreLacksPublicRoots diagnosis.Code = "tls-trust-store-lacks-public-roots" // the client's store lacks a public root
	TLSUnknownAuthority           diagnosis.Code = "tls-unknown-authority"              // the authority is unknown
	TLSCertificateMisused         diagnosis.Code = "tls-certificate-misused"            // the certificate may not be used for this
	TLSCertificateMalformed       diagnosis.Code = "tls-certificate-malformed"          // clients refuse the form of the certificate
	TLSCompromisedAuthority       diagnosis.Code = "tls-compromised-authority"          // the authority's private key is public
	TLSTrustedInThisRunOnly       diagnosis.Code = "tls-trusted-in-this-run-only"       // trusted by --cacert or the profile's ca alone
	PublicRootsFileSuspect        diagnosis.Code = "public-roots-file-suspect"          // --public-roots does not name public roots
)

// beforeTLS are the causes that explain a handshake that did not complete.
func beforeTLS() []diagnosis.Code { return append(beforeTCP(), TCPReset, ProxyAnswersWithPage) }

// tls are the rows about TLS with the hosts of a pull.
func tls() []diagnosis.Entry { return slices.Concat(tlsConnection(), hello(), tlsChain()) }

// tlsConnection are the rows about handshakes that did not complete.
func tlsConnection() []diagnosis.Entry {
	return []diagnosis.Entry{tlsReset(), tlsClosed(), tlsTimeout(), tlsAnswerDropped(), tlsRecordCorrupt(), tlsPlaintext(),
		tlsAlert()}
}

func tlsReset() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSReset, Since: "0.1.0",
		Strength: diagnosis.Likely,
		Title:    "the TLS handshake with {hosts} is reset",
		Means: "TCP works, and the reset came after the ClientHello. Most likely a device on the way reads the handshake and does not " +
			"allow its name, size or form; the server itself may also reset it.",
		Remedy: "look in the firewall's log for resets to {peers}: URL or application filter, or a rule on TLS handshakes",
		Symptoms: []diagnosis.Symptom{
			{Text: "connection reset by peer", Cite: "https://github.com/moby/buildkit/issues/5839"},
			{Text: "(35) Recv failure: Connection reset", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://github.com/moby/buildkit/issues/5839",
			"https://github.com/canonical/lxd/issues/14839",
			"https://github.com/ooni/spec/blob/e8aafe4/nettests/ts-024-sni-blocking.md (interference.reset)",
		},
		Match: brokenOff(evidence.Reset),
		Provoke: fault.World{Title: "the ClientHello is answered with a reset", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset}}},
		Also: []fault.World{
			{Title: "the first ClientHello is answered with a reset, the second is let through", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, First: 1}}},
		},
	})
}

func tlsClosed() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSClosed, Since: "0.1.0",
		Strength: diagnosis.Likely,
		Title:    "the TLS handshake with {hosts} is closed by the far side",
		Means: "TCP works and the connection was ended in the handshake without an alert. Proxies that connect late do this, and " +
			"so do filters that close connections instead of resetting them.",
		Remedy: "look in the logs of proxy and firewall for {targets} at the time below",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL_ERROR_SYSCALL in connection to …`, Cite: printed},
			{Text: "EOF", Cite: "internal/oracle/network_test.go"},
		},
		Cite:  []string{"docs/field-notes.md#connect-in-go", "RFC 8446 section 6.1"},
		Match: brokenOff(evidence.Closed),
		Provoke: fault.World{Title: "the ClientHello is answered with FIN",
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Close}}},
		Also: []fault.World{
			{Title: "the proxy says 200 before it connects, and to one host it does not get", Flags: []string{"--deep"},
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Late}, fault.Connect{Host: invalidHost, Effect: fault.Late}}},
			{Title: "a server that does not know the name warns and ends the connection", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Close, Warning: 112}}},
		},
	})
}

func tlsTimeout() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSTimeout, Since: "0.1.0",
		Strength: diagnosis.Likely,
		Title:    "the TLS handshake with {hosts} gets no answer",
		Means: "TCP works and the ClientHello, or what answers it, is lost: a filter that drops, a path MTU that is too small for " +
			"large packets, or a firewall behind the proxy. Go clients give up after 10 s with TLS handshake timeout.",
		Remedy: "look for drops of packets to {peers} on the firewall, and check whether the server there is healthy",
		Symptoms: []diagnosis.Symptom{
			{Text: `(28) Connection timed out after … milliseconds`, Cite: printed},
			{Text: "net/http: TLS handshake timeout", Cite: "docs/field-notes.md#silence"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/20628",
			"https://github.com/tailscale/tailscale/issues/20777",
		},
		Match: func(v *diagnosis.View) []diagnosis.Match { return brokenOffBut(v, evidence.Timeout, heard) },
		Provoke: fault.World{Title: "the ClientHello is never answered", Flags: []string{quickHop},
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence}}},
		Also: []fault.World{
			{Title: "the ClientHello does not arrive", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence}}},
		},
	})
}

func tlsAnswerDropped() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSAnswerDropped, Since: "0.1.0",
		Strength: diagnosis.Likely,
		Title:    "{hosts} acknowledges the ClientHello, and its answer does not arrive",
		Means: "The far end of TCP acknowledged all of the ClientHello, so it is not what is lost. Either the answer is, which holds the " +
			"server's certificate (a firewall may read the names in it, or drop large packets on their way back), or the server is hung.",
		Remedy: "look for drops of packets from {peers} on the firewall, and allow the names in that server's certificate too (often " +
			"a wildcard of the parent domain)",
		Or: diagnosis.Way{Audience: diagnosis.RegistryOperator, Remedy: "check whether the server at {peers} is healthy"},
		Symptoms: []diagnosis.Symptom{
			{Text: "net/http: TLS handshake timeout", Cite: "docs/field-notes.md#silence"},
		},
		Cite: []string{
			"https://github.com/MicrosoftDocs/azure-docs/pull/101254",
			"tcp(7), TCP_INFO",
			"RFC 9293 section 3.4",
		},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return brokenOffBut(v, evidence.Timeout, func(h evidence.Hop) bool { return !heard(h) })
		},
		Provoke: fault.World{Title: "the ClientHello arrives and its answer is lost", Direct: true, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Acknowledged: true}}},
	})
}

func tlsRecordCorrupt() diagnosis.Entry {
	return diagnosis.Entry{
		Code: TLSRecordCorrupt, Since: "0.1.0",
		Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "records of TLS with {hosts} arrive altered",
		Seen:  "{peers}: {text}{side}",
		Means: "Each record of TLS carries a code that only its two ends can make, and one did not fit, although TCP's own checksum did. So " +
			"the bytes were altered by what makes checksums anew, or behind it: a device that rewrites what passes, a faulty router, network " +
			"card or memory, a virtual machine, or a bug in offloading may do this. The login is not the reason.",
		Remedy: "find the device between {source} and {peers} that alters packets; compare another path, and look for firmware updates",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "check this host's own card: turn its offloading off for a trial " +
			"(ethtool -K NAME rx off tx off tso off gso off gro off)"},
		Symptoms: []diagnosis.Symptom{
			{Text: "local error: tls: bad record MAC", Cite: "https://github.com/moby/moby/issues/40240"},
			{Text: "remote error: tls: bad record MAC", Cite: "RFC 8446 section 6.2, bad_record_mac"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/40240",
			"RFC 8446 sections 5.2 and 6.2, bad_record_mac",
			"https://github.com/golang/go/blob/go1.26.8/src/crypto/tls/conn.go (decrypt)",
			"RFC 9293 section 3.1 (Checksum)",
		},
		Values: []string{"peers", "text", "side"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		After:  beforeTLS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := slices.DeleteFunc(append(v.PathFailed(evidence.OpHandshake), v.PathFailed(evidence.OpRequest)...),
				func(h evidence.Hop) bool { return !corrupt(h) })
			return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Via }), func(g []evidence.Hop) map[string]string {
				side := "; what came from there did not fit"
				if alertOf(g[0]) == alertBadRecordMAC {
					side = "; what this host sent did not fit there"
				}
				return map[string]string{"peers": far(g), "text": reasons(g), "side": side}
			})
		},
		Provoke: fault.World{Title: "a device alters one bit in the middle of a handshake", Direct: true,
			Faults: []fault.Fault{fault.Stream{Host: "sso.redhat.com", Effect: fault.NotTheBody, Bytes: 1600}}},
		Also: []fault.World{
			{Title: "the far side finds that what it received was altered",
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Alert, Alert: alertBadRecordMAC}}},
			{Title: "a device alters one bit in the middle of a layer", Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag},
				LayerBytes: 1 << 20, Faults: []fault.Fault{fault.Stream{Host: fault.BlobHost, Effect: fault.NotTheBody, Bytes: 500_000}}},
		},
	}
}

// corrupt tells that one end found a record's code not to fit (crypto/tls says so in these words).
func corrupt(h evidence.Hop) bool {
	return h.FailedWith() && (alertOf(h) == alertBadRecordMAC || strings.Contains(h.Failure.Text, "local error: tls: bad record MAC"))
}

// alertOf is the number of the alert by which the peer ended a connection, 0 for none.
func alertOf(h evidence.Hop) int {
	if h.Op == evidence.OpRequest {
		return evidence.DetailOf[evidence.Request](h).Alert
	}
	return evidence.DetailOf[evidence.Handshake](h).Alert
}

// heard tells that the peer acknowledged the whole ClientHello of a handshake that got no answer.
func heard(h evidence.Hop) bool { return evidence.DetailOf[evidence.Handshake](h).Delivery.Whole() }

func tlsPlaintext() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSPlaintext, Since: "0.1.0",
		Strength: diagnosis.Proven,
		Title:    "{hosts} answers the TLS handshake in plain text",
		Means: "What answers is not a TLS server: a proxy, portal or filter may answer in the host's place, or the port may belong to a " +
			"service without TLS.",
		Remedy: "find what answers for {targets}: a block page or portal on the way, or a wrong port",
		Symptoms: []diagnosis.Symptom{
			{Text: "http: server gave HTTP response to HTTPS client", Cite: "https://github.com/docker/for-linux/issues/1338"},
			{Text: "wrong version number", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://github.com/docker/for-linux/issues/1291",
			"https://github.com/docker/cli/issues/3811",
			"RFC 8446 section 5.1",
		},
		Needs: []evidence.Op{evidence.OpHandshake, evidence.OpDial, evidence.OpTunnel, evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return brokenOffBut(v, evidence.NotTLS, func(h evidence.Hop) bool { return len(inPlain(v, h)) > 0 })
		},
		Provoke: fault.World{Title: "a block page is sent in plain text", Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com",
			Effect: fault.Plaintext, Text: "<html><title>Web page blocked</title>Blocked by policy.</html>"}}},
	})
}

func tlsAlert() diagnosis.Entry {
	return brokenRow(diagnosis.Entry{
		Code: TLSAlert, Since: "0.1.0",
		Strength: diagnosis.Proven,
		Title:    "{hosts} refuses the TLS handshake with an alert",
		Means:    "The far side speaks TLS and says why it ends the handshake. Where a proxy inspects TLS, the alert may be the proxy's.",
		Remedy:   "give the alert to whoever terminates TLS for {targets}: version, cipher, name or policy",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL routines::tlsv1 alert …`, Cite: printed},
			{Text: "remote error: tls: handshake failure", Cite: "https://github.com/golang/go/issues/66512"},
			{Text: "remote error: tls: access denied", Cite: "internal/oracle/network_test.go"},
			{Text: "remote error: tls: internal error", Cite: "internal/oracle/network_test.go"},
			{Text: "remote error: tls: unrecognized name", Cite: "internal/oracle/network_test.go"},
			{Text: "ems not enabled", Cite: "https://github.com/openshift/openshift-docs/issues/62760"},
		},
		Cite: []string{
			"docs/field-notes.md#alerts",
			"https://github.com/golang/go/issues/66512",
			"RFC 8446 section 6.2",
		},
		Match: func(v *diagnosis.View) []diagnosis.Match { return brokenOffBut(v, evidence.Alert, corrupt) },
		Provoke: fault.World{Title: "the handshake is refused with access denied",
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Alert, Alert: 49}}},
		Also: []fault.World{
			{Title: "the server speaks no suite that the client offers", Direct: true,
				Faults: []fault.Fault{fault.TLSServer{Host: "sso.redhat.com", OnlySuite: 0xc009}}},
		},
	})
}

// brokenRow is a row about a handshake that came to no certificate.
func brokenRow(e diagnosis.Entry) diagnosis.Entry {
	return shared(diagnosis.Entry{
		Layer: diagnosis.TLS, Severity: diagnosis.Error, Audience: diagnosis.NetworkTeam,
		Seen:   "{peers}: {text}{progress}{again}{place}",
		Values: []string{"peers", "text", "progress", "again", "place"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpDial, evidence.OpTunnel},
		After:  beforeTLS(),
	}, e)
}

// brokenOff matches handshakes with hosts that ended in a way which nothing in the
// ClientHello explains.
func brokenOff(kind evidence.Kind) func(*diagnosis.View) []diagnosis.Match {
	return func(v *diagnosis.View) []diagnosis.Match {
		return brokenOffBut(v, kind, func(evidence.Hop) bool { return false })
	}
}

// brokenOffBut is brokenOff without those that another row has.
func brokenOffBut(v *diagnosis.View, kind evidence.Kind, taken func(evidence.Hop) bool) []diagnosis.Match {
	failed := slices.DeleteFunc(notProxy(brokenHandshakes(v, kind)), func(h evidence.Hop) bool { return helloCode(v, h) != "" || taken(h) })
	var out []diagnosis.Match
	for _, g := range byKind(failed) {
		m := tlsMatch(v, g)
		m.Values["progress"] += connectsLate(v, g)
		out = append(out, m)
	}
	return out
}

// hello are the rows about what a ClientHello has in it: the name, the size,
// the version, and what comes back for it.
func hello() []diagnosis.Entry {
	return []diagnosis.Entry{nameBlocked(), largeHello(), pathMTU(), groupUnsupported(), versionUnsupported(), clientCertificate()}
}

func nameBlocked() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSSNIBlocked, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "TLS to {hosts} is blocked by the host name",
		Seen: "{peers}: SNI {name}: {text} {progress}, and again; SNI {control} on the same address: handshake " +
			"completes{elsewhere}{place}",
		Means: "A device on the way, or what answers at that address, reads the name in the ClientHello and {manner}. Address and port " +
			"are open, and the form of the handshake is not at fault: the same ClientHello with another name passes.",
		Remedy:  "allow the name in the URL, application or SNI filter for {source}: {targets}",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "connection reset by peer", Cite: "https://github.com/moby/buildkit/issues/5839"},
			{Text: "(35) Recv failure: Connection reset", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://github.com/moby/buildkit/issues/5839",
			"https://github.com/ooni/spec/blob/e8aafe4/nettests/ts-024-sni-blocking.md (interference.reset, interference.closed)",
			"https://github.com/ooni/spec/blob/e8aafe4/nettests/ts-037-tlsmiddlebox.md",
			"docs/rules.md, rule 8",
		},
		When: takesNameBlocked,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Hops = append(m.Hops, placesOfHellos(v, g)...)
			if h, name := probedHello(v, g), helloName(v, g); name != "" {
				m.Reproduce = []string{opensslClient(h, name), opensslClient(h, m.Values["control"])}
			}
		},
		Provoke: fault.World{Title: "a filter resets ClientHellos with the host's name", Direct: true,
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{OwnName: true}}}},
		Also: []fault.World{
			{Title: "a filter drops ClientHellos with the host's name", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{OwnName: true}}}},
			{Title: "the site's second router resets ClientHellos with the host's name", Direct: true, Flags: []string{"--deep"},
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Behind: 2, Only: fault.Hello{OwnName: true}},
					fault.Handshake{Host: "registry.redhat.io", Effect: fault.Reset, Behind: 2, Only: fault.Hello{Name: "sso.redhat.com"}}}},
			{Title: "the site's first router drops ClientHellos with the host's name", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Behind: 1, Only: fault.Hello{OwnName: true}}}},
		},
	})
}

func largeHello() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSLargeHelloDropped, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "the ClientHello to {hosts} is too large or too new for something on the way",
		Seen: "{peers}: ClientHello of {size} bytes: {text}, and again; of {small} bytes, without the post-quantum group: " +
			"handshake completes{cause}{place}",
		Means: "A device on the way, or the server itself, {manner} when it gets this ClientHello. Clients built with Go 1.24 or later are " +
			"affected (see go version FILE). They offer " +
			"X25519MLKEM768, which makes the ClientHello longer than one TCP segment, and since 1.26 also SecP256r1MLKEM768 " +
			"and SecP384r1MLKEM1024. Go 1.23 offered a draft of Kyber, older Go nothing like it. curl with OpenSSL 3.0 to " +
			"3.4 sends a small one and works.",
		Remedy: "find and update the device, or exempt {hosts} from its TLS inspection",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "until then: {workaround} (a client built with Go 1.23: tlskyber=0)"},
		Symptoms: []diagnosis.Symptom{
			{Text: "net/http: TLS handshake timeout", Cite: "https://github.com/canonical/lxd/issues/14839"},
			{Text: "connection reset by peer", Cite: "https://github.com/golang/go/issues/80573"},
		},
		Cite: []string{
			"https://github.com/canonical/lxd/issues/14839",
			"https://github.com/tailscale/tailscale/issues/20777",
			"https://tldr.fail",
			"https://go.dev/doc/go1.23 (crypto/tls)",
			"https://go.dev/doc/go1.24 (crypto/tls)",
			"https://go.dev/doc/go1.26 (crypto/tls)",
			"docs/field-notes.md#clienthello-sizes",
		},
		When: takesLargeHello,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Hops = append(m.Hops, placesOfHellos(v, g)...)
			if h, name := probedHello(v, g), helloName(v, g); name != "" { // OpenSSL has the group since 3.5
				m.Reproduce = []string{opensslClient(h, name, "-groups", "X25519MLKEM768"), opensslClient(h, name, "-groups", "X25519")}
			}
		},
		Provoke: fault.World{Title: "ClientHellos of more than one segment are dropped", Direct: true, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Silence, Only: fault.Hello{MinBytes: 1400}}}},
		Also: []fault.World{
			{Title: "ClientHellos with a group that a device does not know are reset", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{Group: postQuantum}}}},
			{Title: "a device that reads one segment resets what is not complete in it", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Behind: 2, Only: fault.Hello{Split: true}}}},
			{Title: "behind the proxy, ClientHellos of more than one segment are reset",
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{MinBytes: 1400}}}},
			{Title: "ClientHellos of more than one segment to a proxy that speaks TLS are reset",
				Env: map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":" + fault.ProxyTCPPort},
				Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}, fault.Handshake{Host: fault.TheProxy, Effect: fault.Reset,
					Only: fault.Hello{MinBytes: 1400}}}},
			{Title: "ClientHellos with a new group are dropped to every host", Direct: true, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Handshake{Host: fault.Everyone, Effect: fault.Silence, Only: fault.Hello{Group: postQuantum}}}},
		},
	})
}

func pathMTU() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSPathMTU, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "large packets to or from {hosts} are lost",
		Seen:     "{peers}: {text} {progress}, and again; with TCP segments of at most {fits}: handshake completes{fails}",
		Means: "A path MTU black hole: {lost}, and the ICMP message that would say so (fragmentation needed, packet too big) does " +
			"not come. TCP connects, because its first packets are small. Tunnels, VPNs and overlays often make the path narrow; a " +
			"firewall that drops ICMP makes it a black hole. Large layers may stall in the same way.",
		Remedy: "let ICMP type 3 code 4 (IPv6: type 2) through to {source}, or clamp the MSS where the path is narrow (nft: " +
			"tcp flags syn tcp option maxseg size set rt mtu)",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "until then: set the route's MTU: ip route add {address} via GATEWAY mtu lock {mtu} advmss {segment}"},
		Symptoms: []diagnosis.Symptom{
			{Text: "net/http: TLS handshake timeout", Cite: "https://github.com/moby/moby/issues/20628"},
			{Text: "Your browser didn't send a complete request in time", Cite: "https://github.com/moby/moby/issues/15949"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/20628",
			"https://github.com/moby/moby/issues/15949",
			"https://github.com/concourse/concourse/issues/551",
			"RFC 1191, RFC 2923 section 2.1, RFC 8201",
			"tcp(7), TCP_MAXSEG",
		},
		When: takesPathMTU,
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			if most, err := strconv.Atoi(m.Values["mtu"]); err == nil && probedHello(v, g).Via == "" {
				m.Reproduce = []string{dontFragment(m.Values["address"], onePacket), dontFragment(m.Values["address"], most)}
			}
		},
		Provoke: fault.World{Title: "packets of more than 1000 bytes are lost on the way to a host", Direct: true, Flags: []string{quickHop},
			Faults: []fault.Fault{fault.PathMTU{Host: "sso.redhat.com", MTU: 1000}}},
		Also: []fault.World{
			{Title: "packets of more than 1300 bytes are lost on the way to the proxy", Flags: []string{quickHop},
				Faults: []fault.Fault{fault.PathMTU{Host: fault.TheProxy, MTU: 1300}}},
		},
	})
}

// groupUnsupported is about a client whose release is older, or was told to leave groups out.
func groupUnsupported() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSGroupUnsupported, Since: "0.1.0",
		Audience: diagnosis.RegistryOperator,
		Title:    "{hosts} takes none of the key-exchange groups that {client} offers",
		Seen:     "{peers}: {text} {progress}; the same again fails; with the groups of a newer release of Go: handshake completes ({group})",
		Means: "{client} {release} and offers {offers}. Who ends TLS at the address wants {group}, which newer releases offer. " +
			"So the path is in order, and clients differ by their release.",
		Remedy: "let whoever terminates TLS for {targets} take X25519 and P-256 besides",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "install a build of {client} with {since} or newer, and take tlsmlkem=0 and " +
			"tlssecpmlkem=0 out of its GODEBUG where they stand there"},
		Symptoms: []diagnosis.Symptom{
			{Text: "remote error: tls: handshake failure", Cite: "https://github.com/golang/go/issues/66512"},
		},
		Cite: []string{
			"https://go.dev/doc/go1.24 (crypto/tls: X25519MLKEM768)",
			"https://go.dev/doc/go1.26 (crypto/tls: SecP256r1MLKEM768, SecP384r1MLKEM1024)",
			"RFC 8446 section 4.2.7 (supported_groups)",
		},
		Values: []string{"release", "offers", "group", "since"},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			offered := evidence.DetailOf[evidence.Handshake](h).Groups
			return when(len(offered) > 0 && endedHello(v, h) && failsAgain(v, h) && passes(v, h, evidence.ProbeNewerGroups) &&
				!slices.Contains(offered, groupTaken(v, h)))
		},
		Refine: func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			h := probedHello(v, g)
			m.Values["group"], m.Values["release"] = groupTaken(v, h), "leaves groups out by its GODEBUG"
			m.Values["offers"] = strings.Join(evidence.DetailOf[evidence.Handshake](h).Groups, ", ")
			if m.Values["since"] = "Go 1.26"; m.Values["group"] == "X25519MLKEM768" {
				m.Values["since"] = "Go 1.24"
			}
			if release := v.Run().GoRelease; release != "" {
				m.Values["release"] = "is built with " + release
			}
		},
		Provoke: fault.World{Title: "the front end takes a post-quantum group alone, and docker is built with an older Go", Direct: true,
			Flags: asClient("docker@go1.22"), Faults: []fault.Fault{fault.TLSServer{Host: "registry.redhat.io", OnlyGroup: postQuantum}}},
		Also: []fault.World{{Title: "the front end takes a group that only the newest release offers, and containerd is a year older",
			Flags: asClient("containerd@go1.25"), Faults: []fault.Fault{fault.TLSServer{Host: "sso.redhat.com", OnlyGroup: newestGroup}}}},
	})
}

// newestGroup is the number of SecP256r1MLKEM768 among the TLS Supported Groups.
const newestGroup = 4587

// groupTaken is the group that was agreed on where a newer release's were offered.
func groupTaken(v *diagnosis.View, h evidence.Hop) string {
	p, _ := helloProbe(v, h, evidence.ProbeNewerGroups)
	return evidence.DetailOf[evidence.Handshake](p).Curve
}

func versionUnsupported() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSVersionUnsupported, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "{hosts} does not accept the TLS versions that the client offers",
		Seen:     "{peers}: {text} {progress}{versions}",
		Means: "The client offers TLS 1.2 and 1.3. The server, or a device on the way, accepts only other versions: an old server " +
			"or appliance, or a filter that cannot handle TLS 1.3.",
		Remedy: "have whoever terminates TLS for {targets} enable TLS 1.2 and 1.3; if only TLS 1.2 gets through, find and update the " +
			"device that drops TLS 1.3",
		Symptoms: []diagnosis.Symptom{
			{Text: "remote error: tls: protocol version not supported", Cite: "docs/field-notes.md#alerts"},
		},
		Cite: []string{"docs/field-notes.md#alerts", "RFC 8446 section 6.2, protocol_version", "RFC 8996"},
		When: takesVersionUnsupported,
		Provoke: fault.World{Title: "the server speaks nothing newer than TLS 1.1", Direct: true,
			Faults: []fault.Fault{fault.TLSServer{Host: "sso.redhat.com", MaxVersion: 0x0302}}},
		Also: []fault.World{
			{Title: "a device resets ClientHellos that offer TLS 1.3", Direct: true,
				Faults: []fault.Fault{fault.Handshake{Host: "sso.redhat.com", Effect: fault.Reset, Only: fault.Hello{Version: 0x0304}}}},
		},
	})
}

func clientCertificate() diagnosis.Entry {
	return helloRow(diagnosis.Entry{
		Code: TLSClientCertificateRequired, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "{hosts} demands a certificate of the client",
		Seen:     "{peers}: {text}{asked}",
		Means: "The server asks for a client certificate in the handshake and ends the connection without one. A private registry " +
			"may be configured this way. Where the registry is a public one, something else may answer.",
		Remedy: "put the client's certificate and key where {client} reads them (for podman and docker: client.cert and client.key " +
			"below certs.d/HOST), or find what answers for {targets}",
		Symptoms: []diagnosis.Symptom{
			{Text: "remote error: tls: certificate required", Cite: "https://github.com/docker/buildx/issues/895"},
			{Text: "remote error: tls: bad certificate", Cite: "docs/field-notes.md#alerts"},
		},
		Cite: []string{"docs/field-notes.md#alerts", "RFC 8446 sections 4.3.2 and 6.2", "containers-certs.d(5)"},
		When: takesCertificateWanted,
		Provoke: fault.World{Title: "the server demands a client certificate", Direct: true,
			Faults: []fault.Fault{fault.TLSServer{Host: "registry.redhat.io", ClientCertificate: true}}},
		Also: []fault.World{
			{Title: "the server demands a client certificate, in TLS 1.2",
				Faults: []fault.Fault{fault.TLSServer{Host: "registry.redhat.io", ClientCertificate: true, MaxVersion: 0x0303}}},
		},
	})
}

// hellos are the rows about what a ClientHello has in it. What the peer says goes before
// what the probes changed. Smaller segments carry any ClientHello, so that they say nothing
// about its size; the version and the name are looked at only where the size is not it.
var hellos = diagnosis.Family{Name: "refused ClientHello", Order: []diagnosis.Code{
	TLSClientCertificateRequired, TLSGroupUnsupported, TLSPathMTU, TLSLargeHelloDropped, TLSVersionUnsupported, TLSSNIBlocked,
}}

// helloRow is a row of the family. Those that look alike are one finding: one of them
// was probed (docs/rules.md, rule 7).
func helloRow(e diagnosis.Entry) diagnosis.Entry {
	e = shared(diagnosis.Entry{
		Family: &hellos, Layer: diagnosis.TLS, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Values: []string{"peers", "text", "progress", "name", "control", "elsewhere", "place", "manner", "size", "small", "cause",
			"workaround", "fits", "fails", "lost", "mtu", "segment", "address", "versions", "asked", "client"},
		Needs: []evidence.Op{evidence.OpHandshake, evidence.OpDial, evidence.OpRequest},
		After: beforeTLS(),
	}, e)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return matchHellos(v, e) }
	return e
}
