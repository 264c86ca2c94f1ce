package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// readCertificates are about chains that a client refused and a text does not show.
func readCertificates() []diagnosis.Reading {
	const op = evidence.OpHandshake
	untrusted := []evidence.Kind{evidence.Untrusted}
	intercepted := diagnosis.Cause{Code: TLSInterceptedUntrusted,
		Because: "{host} is a public host, whose chain clients trust: something on the way may sign in its place",
		Tell:    askChain, Speaks: signedByProduct}
	misplaced := diagnosis.Cause{Code: ClientTrustMisplaced,
		Because: "the CA may be installed where this client does not read it (another host, container, VM or file)", Tell: askTrust,
		Remedy: installCA}
	roots := diagnosis.Cause{Code: TLSTrustStoreLacksPublicRoots, Because: "the client's store may be old or empty, as in small images",
		Tell: "curl -sv https://{host}/v2/ where the client runs"}
	return []diagnosis.Reading{
		{Sign: "the proxy's own certificate is refused", Op: op, Kinds: untrusted, When: toTheProxy, Causes: []diagnosis.Cause{
			{Code: ProxyTLSUntrusted, Because: "the certificate of the proxy itself is refused",
				Tell: "openssl s_client -connect {proxy} -showcerts </dev/null"}}},
		{Sign: "a signature above is not taken", Op: op, Kinds: untrusted, When: says("insecure algorithm", "cannot sign this kind"),
			Causes: []diagnosis.Cause{
				{Code: TLSCertificateMisused,
					Because: "the client knows an authority of this name, and does not take the signature: its algorithm is too old, or it may not sign",
					Tell:    askChain},
				{Code: TLSUnknownAuthority, Because: "another authority of the same name may have signed", Tell: askChain, Remedy: whoSigns},
				{Code: TLSInterceptedUntrusted, Because: "something on the way may sign in the host's place", Tell: askChain, Unless: private}}},
		{Sign: "a certificate signs itself", Op: op, Kinds: untrusted, When: all(says("self-signed", "self signed", "self_signed"),
			not(says("in certificate chain", "cert_in_chain"))),
			Causes: []diagnosis.Cause{
				{Code: TLSSelfSigned, Because: "the one certificate that was presented signs itself", Tell: askChain},
				{Code: TLSInterceptedUntrusted, Because: "a device may answer in the host's place", Tell: askChain, Unless: private},
				{Code: TLSUnknownAuthority, Because: "it may be a company's own CA", Tell: askChain, Remedy: whoSigns}}},
		{Sign: "an intermediate is missing", Op: op, Kinds: untrusted, When: says("first certificate", "unable_to_verify_leaf", "partialchain"),
			Causes: []diagnosis.Cause{
				{Code: TLSIncompleteChain, Because: "the client was sent the host's certificate without the one that signed it", Tell: askChain},
				{Code: TLSUnknownAuthority, Because: "the client may not know who signed it", Tell: askChain, Unless: public, Remedy: whoSigns},
				{Code: TLSInterceptedUntrusted, Because: "something on the way may sign in the host's place", Tell: askChain, Unless: private}}},
		{Sign: "a public host's authority is unknown", Op: op, Kinds: untrusted, When: public, Causes: []diagnosis.Cause{intercepted, roots,
			misplaced,
			{Code: TLSIncompleteChain, Because: "an intermediate may be missing", Tell: askChain}}},
		{Sign: "a private host's authority is unknown", Op: op, Kinds: untrusted, When: not(noHost), Causes: []diagnosis.Cause{
			{Code: TLSInterceptedUntrusted, Because: "the certificate is signed by {issuer}", Tell: askChain, Unless: not(signedByProduct),
				Speaks: signedByProduct},
			{Code: TLSUnknownAuthority,
				Because: "{host} is no registry of the public web that this tool knows: its certificate may be of a company's own CA", Tell: askChain,
				Remedy: whoSigns},
			misplaced,
			{Code: TLSSelfSigned, Because: "the certificate may sign itself", Tell: askChain},
			{Code: TLSIncompleteChain, Because: "an intermediate may be missing", Tell: askChain},
			{Code: TLSInterceptedUntrusted, Because: "something on the way may sign in the host's place", Tell: askChain,
				Unless: oneOf(signedByProduct, private)},
			{Code: TLSTrustStoreLacksPublicRoots, Because: "the client's store may be old or empty", Tell: askTrust, Unless: private}}},
		{Sign: "an authority is unknown", Op: op, Kinds: untrusted, Causes: []diagnosis.Cause{
			{Code: TLSUnknownAuthority, Because: "the chain ends in an authority that the client does not know; the text names no host",
				Tell: askChain, Remedy: whoSigns},
			misplaced,
			{Code: TLSInterceptedUntrusted, Because: "for a public host: something on the way signs in its place", Tell: askChain,
				Unless: signedByProduct},
			{Code: TLSInterceptedUntrusted, Because: "the certificate is signed by {issuer}", Tell: askChain, Unless: not(signedByProduct),
				Speaks: signedByProduct},
			{Code: TLSSelfSigned, Because: "the certificate may sign itself", Tell: askChain},
			{Code: TLSIncompleteChain, Because: "an intermediate may be missing", Tell: askChain}, roots}},
	}
}

// readValidity are about dates, names and usage.
func readValidity() []diagnosis.Reading {
	const op = evidence.OpHandshake
	return []diagnosis.Reading{
		{Sign: "a certificate is over", Op: op, Kinds: []evidence.Kind{evidence.Expired}, Causes: []diagnosis.Cause{
			{Code: TLSTrustStoreLacksPublicRoots,
				Because: "the date is that of the root DST Root CA X3: the client's store is older than its successor", Tell: askTrust,
				Speaks: endsWithDST, Unless: not(endsWithDST)},
			{Code: ClockSkew, Because: "the client's clock says a time that cannot be", Tell: askClock, Speaks: clockAstray,
				Unless: not(clockAstray)},
			{Code: TLSCertificateExpired, Because: "by the client's clock the certificate's time is over", Tell: askChain},
			{Code: ClockSkew, Because: "the client's clock may be wrong", Tell: askClock, Unless: clockAstray},
			{Code: TLSInterceptedBroken, Because: "an inspecting proxy may sign with an authority whose time is over", Tell: askChain,
				Unless: private},
			{Code: TLSTrustStoreLacksPublicRoots, Because: "an old store may lead to a root whose time is over", Tell: askTrust,
				Unless: oneOf(endsWithDST, not(public))}}},
		{Sign: "a certificate is not valid yet", Op: op, Kinds: []evidence.Kind{evidence.NotYetValid}, Causes: []diagnosis.Cause{
			{Code: ClockSkew, Because: "by the client's clock the certificate's time has not begun: most often that clock is behind",
				Tell: askClock},
			{Code: TLSCertificateNotYetValid, Because: "the certificate may begin in the future", Tell: askChain},
			{Code: TLSInterceptedBroken, Because: "an inspecting proxy's clock may be ahead", Tell: askChain, Unless: private}}},
		{Sign: "the name stands in the subject alone", Op: op, Kinds: []evidence.Kind{evidence.WrongName}, When: says("common name"),
			Causes: []diagnosis.Cause{
				{Code: TLSCertificateMalformed,
					Because: "the certificate names the host in its subject's common name alone, which Go does not read since Go 1.15",
					Remedy:  "reissue the certificate of {targets} with a subject alternative name"}}},
		{Sign: "a certificate is for another name", Op: op, Kinds: []evidence.Kind{evidence.WrongName}, Causes: []diagnosis.Cause{
			{Code: TLSNameMismatch,
				Because: "what answers for {host} presents a certificate for another name: a gateway or page in its place, " +
					"a wrong address, or a server without a " +
					"certificate for this name",
				Remedy: "find what answers for {targets} there, and correct the address or its certificate; do not install its CA"}}},
		{Sign: "a certificate may not be used so", Op: op, Kinds: []evidence.Kind{evidence.Unknown}, When: says("usage", "purpose",
			"not authorized to sign", "constraint", "intermediates", "insecure algorithm", "verify signature"),
			Causes: []diagnosis.Cause{{Code: TLSCertificateMisused, Because: "the certificate, or one above it, may not be used for this",
				Remedy: "reissue the certificate of {targets} with the usage and names that it needs"}}},
	}
}

// readHandshakes are about handshakes and connections that ended, of which the text does not say
// at which step.
func readHandshakes() []diagnosis.Reading {
	const op = evidence.OpHandshake
	kinds := []evidence.Kind{evidence.Unknown, evidence.Reset, evidence.Closed}
	reset := says("reset", "forcibly closed", "econnreset", "10054", "abort", "hang up", "broken pipe", "pull function", "push function",
		"errno=54", "errno=104", "-5961")
	// Windows' CRYPT_E_REVOCATION_OFFLINE: there is a list, and its server is not reached.
	offline := says("0x80092013", "revocation_offline")
	return []diagnosis.Reading{
		{Sign: "no certificate revocation could be looked up", Op: op, Kinds: kinds, When: says("0x80092012", "0x80092013", "revocation"),
			Causes: []diagnosis.Cause{
				{Code: ClientProxyMissing,
					Because: "Windows does not reach the server of the revocation list; it asks that by the proxy of WinHTTP, not by the client's",
					Tell:    "netsh winhttp show proxy", Unless: not(offline), Speaks: offline},
				{Code: TCPTimeout, Because: "the server of the revocation list may be blocked", Tell: "certutil -url https://{host}/",
					Unless: not(offline), Speaks: offline},
				{Code: TLSInterceptedTrusted,
					Because: "Windows finds no revocation list for the certificate, as for one that an inspecting proxy signs",
					Tell:    askChain},
				{Code: TLSInterceptedUntrusted, Because: "something on the way may sign in the host's place", Tell: askChain},
				{Code: TCPTimeout, Because: "the server of the revocation list may be blocked", Tell: askChain, Unless: offline}}},
		{Sign: "the proxy answers TLS in plain text", Op: op, Kinds: []evidence.Kind{evidence.NotTLS}, When: toTheProxy,
			Doubts: []diagnosis.Code{ProxyNotAProxy, ProxySpeaksPlaintext},
			Causes: []diagnosis.Cause{
				{Code: ProxySpeaksPlaintext, Because: "the setting says https://, and the proxy's port speaks plain HTTP", Tell: askProxy},
				{Code: ProxyNotAProxy, Because: "another service may answer there", Tell: askProxy}}},
		{Sign: "the proxy is silent in TLS", Op: op, Kinds: []evidence.Kind{evidence.Timeout}, When: toTheProxy,
			Doubts: []diagnosis.Code{ProxySilent}, Causes: []diagnosis.Cause{
				{Code: ProxySilent, Because: "the proxy does not answer the ClientHello", Tell: "openssl s_client -connect {proxy} </dev/null"},
				{Code: ProxySpeaksPlaintext, Because: "an https:// in the setting may meet a port of plain HTTP", Tell: askProxy},
				{Code: ProxyTLSFailed, Because: "TLS with the proxy itself may fail", Tell: "openssl s_client -connect {proxy} </dev/null"}}},
		{Sign: "a connection to the proxy ends", Op: op, Kinds: kinds, When: toTheProxy, Causes: []diagnosis.Cause{
			{Code: ProxySpeaksPlaintext, Because: "the setting says https://, and a port of plain HTTP most often ends a ClientHello so",
				Tell: askProxy, Speaks: says("ssl", "tls"), Unless: not(says("ssl", "tls"))},
			{Code: ProxyClosed, Because: "the proxy ends the connection", Tell: askProxy},
			{Code: ProxyTLSFailed, Because: "TLS with the proxy itself may fail", Tell: "openssl s_client -connect {proxy} </dev/null"},
			{Code: ProxySpeaksPlaintext, Because: "an https:// in the setting may meet a port of plain HTTP", Tell: askProxy,
				Unless: says("ssl", "tls")}}},
		{Sign: "the connection is reset", Op: op, Kinds: kinds, When: reset, Doubts: []diagnosis.Code{TLSReset}, Causes: []diagnosis.Cause{
			{Code: TLSReset, Because: "the connection to {peer} stood and was reset; most often that meets the ClientHello", Tell: askChain},
			{Code: TLSSNIBlocked, Because: "a firewall may go by the name {host} in it", Tell: askNoName},
			{Code: TCPReset, Because: "it may have been reset before anything was sent", Tell: "nc -v {host} {port}"},
			{Code: HTTPClosed, Because: "the host may have ended it instead of an answer", Tell: askTCP},
			{Code: TLSLargeHelloDropped, Because: "the ClientHello may be too large or too new for something on the way",
				Tell: "GODEBUG=tlsmlkem=0 " + askCheck}}},
		{Sign: "the connection ends", Op: op, Kinds: kinds, When: says("eof", "closed", "without response", "empty reply", "ssl_error_syscall",
			"disconnect", "ssl protocol error",
			"non-properly", "terminated", "syscall", "broken", "data from the peer", "data to the peer"),
			Doubts: []diagnosis.Code{TLSClosed}, Causes: []diagnosis.Cause{
				{Code: TLSClosed, Because: "the far side ended the connection; most often that meets the ClientHello", Tell: askChain},
				{Code: TLSReset, Because: "these words stand for a reset as well", Tell: askChain, Unless: says("eof")},
				{Code: HTTPClosed, Because: "the host may have ended it instead of an answer", Tell: askTCP},
				{Code: ProxyConnectDenied, Because: "a proxy may end it in place of a refusal", Tell: askProxy, Unless: directPeer},
				{Code: TLSSNIBlocked, Because: "a firewall may go by the name {host}", Tell: askNoName}}},
	}
}

// serverSays is how Go's HTTP server begins what it says of a handshake (net/http, server.go).
const serverSays = "tls handshake error from"

// readServers are about what a server's own log says of its clients.
func readServers() []diagnosis.Reading {
	const op = evidence.OpHandshake
	return []diagnosis.Reading{
		{Sign: "a server's log says that a client speaks plain HTTP to its TLS port", Op: op, Kinds: []evidence.Kind{evidence.NotTLS},
			When: says(serverSays), Doubts: []diagnosis.Code{TLSPlaintext, RegistrySpeaksHTTP, ProxyAnswersWithPage},
			Causes: []diagnosis.Cause{{Code: RegistrySpeaksTLS,
				Because: "the server's own log says that what came was no TLS: a client asks it in plain HTTP",
				Remedy:  "ask it by https://: take it out of the client's insecure registries, or correct the URL of what stands before it"}}},
		{Sign: "a server's log says that a client does not trust it", Op: op, Kinds: []evidence.Kind{evidence.Alert}, When: all(says(serverSays),
			oneOf(alertIs(42), alertIs(46), alertIs(48))), Doubts: []diagnosis.Code{TLSAlert}, Causes: []diagnosis.Cause{
			{Code: TLSUnknownAuthority, Because: "the server's own log has the client's alert: the client ends the handshake over the certificate",
				Tell: askChain, Remedy: installCA},
			{Code: ClientTrustMisplaced, Because: "the CA may be installed where that client does not read it", Tell: askTrust, Remedy: installCA},
			{Code: TLSSelfSigned, Because: "the certificate may sign itself", Tell: askChain}}},
	}
}

// readUnmet are about handshakes in which the two sides do not meet: plain text, versions,
// certificates of the client, silence.
func readUnmet() []diagnosis.Reading {
	const op = evidence.OpHandshake
	port := diagnosis.Cause{Code: RegistrySpeaksHTTP, Because: "the port is {port}, at which a registry of one's own often speaks plain HTTP",
		Tell: "curl -sv http://{host}:{port}/v2/", Speaks: all(oneOf(oddPort, private), not(ofProxy))}
	return []diagnosis.Reading{
		{Sign: "plain text answers TLS", Op: op, Kinds: []evidence.Kind{evidence.NotTLS}, When: not(oneOf(toTheProxy, ofPackets)),
			Doubts: []diagnosis.Code{TLSPlaintext, RegistrySpeaksHTTP, ProxyAnswersWithPage},
			Causes: []diagnosis.Cause{
				{Code: TLSPlaintext, Because: "what answers at {host}:{port} speaks plain HTTP where the client speaks TLS",
					Tell: "curl -sv http://{host}:{port}/v2/"},
				port,
				{Code: ProxyAnswersWithPage, Because: "a proxy may answer with a page in place of the tunnel", Tell: askProxy, Unless: private}}},
		{Sign: "the server asks for a certificate, and the client has none", Op: op, Kinds: []evidence.Kind{evidence.Unknown},
			When: says("nss: client certificate not found"), Causes: []diagnosis.Cause{{Code: TLSClientCertificateRequired,
				Because: "{host} asks for a certificate of the client, and this client ends the handshake because it has none",
				Remedy:  "give the client a certificate for {targets}, in the place that it reads (curl: --cert)"}}},
		{Sign: "the far side demands a certificate of the client", Op: op, Kinds: []evidence.Kind{evidence.Alert}, When: alertIs(116),
			Doubts: []diagnosis.Code{TLSAlert},
			Causes: []diagnosis.Cause{{Code: TLSClientCertificateRequired,
				Because: "{host} ends the handshake because the client sent no certificate of its own",
				Remedy:  "give the client a certificate for {targets}, in the place that it reads (certs.d, hosts.toml with its server line)"}}},
		{Sign: "the far side refuses the client's certificate, or wants one", Op: op, Kinds: []evidence.Kind{evidence.Alert},
			When:   oneOf(alertIs(42), alertIs(45), alertIs(46), alertIs(48)),
			Doubts: []diagnosis.Code{TLSAlert}, Causes: []diagnosis.Cause{
				{Code: TLSClientCertificateRequired,
					Because: "an alert about a certificate that the far side sends is about the client's: none was sent, or it does not take that one",
					Tell:    askChain},
				{Code: TLSAlert, Because: "something on the way may send it", Tell: askChain}}},
		{Sign: "the handshake gets no answer", Op: op, Kinds: []evidence.Kind{evidence.Timeout}, When: not(toTheProxy),
			Doubts: []diagnosis.Code{TLSTimeout, TLSLargeHelloDropped}, Causes: []diagnosis.Cause{
				{Code: TLSTimeout, Because: "TCP stands, and the ClientHello gets no answer in the client's time", Tell: askChain},
				{Code: TLSLargeHelloDropped, Because: "the ClientHello of newer clients is larger than one packet, which some devices drop",
					Tell: "GODEBUG=tlsmlkem=0 " + askCheck},
				{Code: TLSPathMTU, Because: "packets of full size may get lost, as in a VPN or an overlay network", Tell: "ping -M do -s 1472 {host}"},
				{Code: TLSSNIBlocked, Because: "a firewall may drop it for the name {host} in it", Tell: askNoName},
				{Code: ProxyUpstreamTimeout, Because: "a proxy may wait for the host in vain", Tell: askProxy, Unless: directPeer}}},
		{Sign: "a group or version is refused", Op: op, Kinds: []evidence.Kind{evidence.Protocol, evidence.Alert}, When: says("unsupported group",
			"handshake failure", "handshake_failure",
			"insufficient security"), Causes: []diagnosis.Cause{
			{Code: TLSAlert, Because: "the far side finds nothing in the ClientHello that it takes", Tell: askChain},
			{Code: TLSVersionUnsupported, Because: "it may want another version of TLS", Tell: askChain + " -tls1_2"},
			{Code: TLSClientCertificateRequired, Because: "the far side may want a certificate of the client", Tell: askChain}}},
		{Sign: "records arrive altered", Op: op, Kinds: []evidence.Kind{evidence.Protocol}, When: says("bad record mac", "bad_record_mac",
			"decryption failed", "decryption has failed", "data decryption"), Causes: []diagnosis.Cause{{Code: TLSRecordCorrupt,
			Because: "a record of TLS did not arrive as it was sent: something on the way, or this host's own network card, changes bytes",
			Remedy: "try another network or cable and another host; turn off offloading of the card (ethtool -K); " +
				"then look at the devices on the way"}}},
		{Sign: "the versions do not meet", Op: op, Kinds: []evidence.Kind{evidence.Protocol}, When: says("protocol", "version", "legacy",
			"cipher", "cypher", "dh key", "encryption algorithm", "-12286", "-12190", ":-9836"), Causes: []diagnosis.Cause{
			{Code: TLSVersionUnsupported, Because: "client and server have no version or suite in common", Tell: askChain},
			{Code: TLSInterceptedBroken, Because: "an inspecting proxy may speak an old version", Tell: askChain, Unless: private}}},
		{Sign: "the handshake fails", Op: op, Kinds: []evidence.Kind{evidence.Unknown}, Causes: []diagnosis.Cause{
			{Code: TLSAlert, Because: "the handshake did not come to its end", Tell: askChain},
			{Code: TLSTimeout, Because: "wget says no more of a handshake that gets no answer", Tell: askChain,
				Unless: not(says("unable to establish ssl"))},
			{Code: TLSClosed, Because: "the far side may have ended it", Tell: askChain},
			{Code: TLSInterceptedUntrusted, Because: "the client may not trust who signs", Tell: askChain, Unless: private}}},
	}
}
