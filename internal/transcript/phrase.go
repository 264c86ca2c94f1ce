package transcript

import (
	"strings"
	"sync"

	"pullpath/internal/evidence"
)

// phrase is how programs word what ended a step, whatever their language. The kind is
// [evidence.Unknown] where the same words stand for several things.
type phrase struct {
	// says are texts in lower case that are all there.
	says []string
	op   evidence.Op
	kind evidence.Kind
	// alert is the number of the TLS alert that it names.
	alert int
	// socks is what a SOCKS server said, nil where the words are about none.
	socks *evidence.SOCKS
}

func says(op evidence.Op, kind evidence.Kind, texts ...string) []phrase {
	var out []phrase
	for _, t := range texts {
		out = append(out, phrase{says: strings.Split(t, "…"), op: op, kind: kind})
	}
	return out
}

// alerted are phrases for one alert of the peer (RFC 8446 section 6; OpenSSL's words for
// those before TLS 1.3 begin with sslv3 or tlsv1).
func alerted(number int, texts ...string) []phrase {
	out := says(evidence.OpHandshake, evidence.Alert, texts...)
	for i := range out {
		out[i].alert = number
	}
	return out
}

// phrases are asked from the first: one that another holds stands before it.
var phrases = sync.OnceValue(func() []phrase {
	var out []phrase
	for _, list := range [][]phrase{
		settingPhrases(), policyPhrases(), browserPhrases(), proxyPhrases(), alertPhrases(), certificatePhrases(), tlsPhrases(),
		contentPhrases(), namePhrases(), dialPhrases(), endPhrases(),
	} {
		out = append(out, list...)
	}
	return out
})

// settingPhrases are said before anything is sent.
func settingPhrases() []phrase {
	return says(evidence.OpSetting, evidence.Invalid,
		"unsupported proxy configured", "unsupported proxy syntax", "unsupported proxy scheme", "proxy: unknown scheme", "invalid proxy url",
		"invalid url escape", "unsupported scheme for a proxy", "unable to parse proxy", "proxyurl is malformed",
		`docker-credential-…executable file not found`, "docker-credential-…not found in", "error getting credentials",
		"error retrieving credentials", "error storing credentials", "error erasing credentials", "credential helper",
		"no such host in credsstore",
		"error loading ca certificate", "error setting certificate verify locations", "error adding trust anchors",
		"could not load trusted ca certificates", "problem with the ssl ca cert", "toml: line",
		"error loading registries configuration", "loading registries configuration",
		"first path segment in url cannot contain colon", "missing port in address", "unknown port", "invalid port",
		"failed to start docker…conflict", "unable to configure the docker daemon",
		"policy.json: no such file", "policy.json: permission denied",
		"error loading trust policy", "error loading config file", "error reading json file", "unmarshaling json at", "reading json file",
		"invalid character…in host name", "unable to retrieve some image pull secrets", "unable to retrieve pull secret",
	)
}

// policyPhrases: the client's own configuration forbids it.
func policyPhrases() []phrase {
	return says(evidence.OpSetting, evidence.Invalid,
		"rejected by policy", "running image…is rejected", "is blocked in …registries", "registry…is blocked", "blocked by policy",
		"did not resolve to an alias", "no unqualified-search registries", "short-name …unqualified", "invalid reference format",
		"source image rejected", "could not parse reference", "invalid repository name", "unsupported media type in image reference",
		"cannot unmarshal string into go struct field configfile", "failed to resolve specifiers",
	)
}

// proxyPhrases name the proxy. Their numbers are read by [connectStatus].
func proxyPhrases() []phrase {
	out := says(evidence.OpTunnel, evidence.ProxyStatus, "proxy authentication required")
	out = append(out, says(evidence.OpResolve, evidence.Unknown, "could not resolve proxy", "couldn't resolve proxy",
		"connect to proxy…nameresolutionerror", "connect to proxy…name or service not known", "tunneling socket…cause=getaddrinfo")...)
	out = append(out, says(evidence.OpDial, evidence.Refused, "connect to proxy…connection refused",
		"tunneling socket…cause=connect econnrefused")...)
	out = append(out, says(evidence.OpDial, evidence.NoRoute, "tunneling socket…cause=connect ehostunreach",
		"tunneling socket…cause=connect enetunreach")...)
	out = append(out, says(evidence.OpDial, evidence.Timeout, "connect to proxy…timed out", "tunneling socket…cause=connect etimedout")...)
	out = append(out, says(evidence.OpTunnel, evidence.ProxyStatus, "proxy authorization required", // Rust's hyper, of a 407
		"your credentials could not be authenticated")...) // the page of ProxySG
	out = append(out, says(evidence.OpResolve, evidence.Unknown, "connect to proxy…no such host")...)
	out = append(out, says(evidence.OpTunnel, evidence.Unknown, "proxy connect aborted", "cannot connect to proxy",
		"unable to connect to proxy",
		"proxy tunneling failed", "unsuccessful tunnel", "proxyconnect tcp: eof", "proxyconnect tcp: unexpected eof", "tunneling socket",
		"unable to tunnel through proxy", "proxyerror(")...)
	out = append(out, says(evidence.OpTunnel, evidence.SpeaksTLS, `malformed http response "\x15\x03`, `malformed http response "\x16\x03`,
		`malformed http response "\u0015\u0003`, `malformed http response "\\x15\\x03`)...)
	out = append(out, says(evidence.OpTunnel, evidence.NotHTTP, "malformed http response", "malformed http version",
		"malformed http status")...)
	return append(out, socksPhrases()...)
}

// browserPhrases are Chromium's names of errors, which browsers built on it show and write into
// archives (net/base/net_error_list.h), and Firefox's.
func browserPhrases() []phrase {
	var out []phrase
	out = append(out, says(evidence.OpTunnel, evidence.ProxyStatus, "err_tunnel_connection_failed", "err_proxy_auth_requested",
		"err_unexpected_proxy_auth")...)
	out = append(out, says(evidence.OpHandshake, evidence.Untrusted, "err_proxy_certificate_invalid", "err_cert_authority_invalid",
		"err_bad_ssl_client_auth_cert")...)
	out = append(out, says(evidence.OpDial, evidence.Unknown, "err_proxy_connection_failed", "err_connection_failed")...)
	out = append(out, says(evidence.OpResolve, evidence.Unknown, "err_name_not_resolved", "err_name_resolution_failed",
		"ns_error_unknown_host",
		"ns_error_unknown_proxy_host")...)
	out = append(out, says(evidence.OpResolve, evidence.Timeout, "err_dns_timed_out")...)
	out = append(out, says(evidence.OpDial, evidence.Refused, "err_connection_refused", "ns_error_connection_refused")...)
	out = append(out, says(evidence.OpDial, evidence.Timeout, "err_connection_timed_out")...)
	out = append(out, says(evidence.OpDial, evidence.NoRoute, "err_address_unreachable", "err_internet_disconnected")...)
	out = append(out, says(evidence.OpDial, evidence.DeniedLocally, "err_network_access_denied")...)
	out = append(out, says(evidence.OpHandshake, evidence.WrongName, "err_cert_common_name_invalid")...)
	out = append(out, says(evidence.OpHandshake, evidence.Expired, "err_cert_date_invalid")...)
	out = append(out, says(evidence.OpHandshake, evidence.Protocol, "err_ssl_version_or_cipher_mismatch", "err_ssl_obsolete_version")...)
	out = append(out, alerted(116, "err_ssl_client_auth_cert_needed")...)
	out = append(out, alerted(112, "err_ssl_unrecognized_name_alert")...)
	return append(out, says(evidence.OpHandshake, evidence.Unknown, "err_ssl_protocol_error", "err_cert_", "err_ssl_",
		"err_connection_closed",
		"err_connection_reset", "err_empty_response", "ns_error_net_reset", "ns_error_net_interrupt")...)
}

// alertPhrases name an alert of the peer.
func alertPhrases() []phrase {
	var out []phrase
	for _, a := range []struct {
		number int
		texts  []string
	}{
		{116, []string{"tls: certificate required", "alert certificate required", "tls alert, certificate required"}},
		{112, []string{"tls: unrecognized name", "unrecognized name", "unrecognized_name"}},
		{70, []string{"remote error: tls: protocol version not supported", "alert protocol version", "received fatal alert: protocol_version"}},
		{48, []string{"remote error: tls: unknown certificate authority", "alert unknown ca", "fatal alert: unknownca",
			"nss error -12195"}},
		{42, []string{"remote error: tls: bad certificate", "alert bad certificate", "fatal alert: bad_certificate"}},
		{40, []string{"remote error: tls: handshake failure", "alert handshake failure", "received fatal alert: handshake_failure",
			"handshakefailure", "nss error -12227", "unknown ssl protocol error…:-9824"}},
		{49, []string{"remote error: tls: access denied", "alert access denied", "fatal alert: access_denied"}},
		{80, []string{"remote error: tls: internal error", "alert internal error", "fatal alert: internal_error", "internalerror"}},
		{71, []string{"remote error: tls: insufficient security", "alert insufficient security"}},
		{120, []string{"remote error: tls: no application protocol"}},
		{46, []string{"remote error: tls: unknown certificate", "alert certificate unknown"}},
		{45, []string{"remote error: tls: expired certificate", "alert certificate expired"}},
	} {
		out = append(out, alerted(a.number, a.texts...)...)
	}
	out = append(out, says(evidence.OpHandshake, evidence.Protocol, "bad record mac", "decryption failed or bad record", "bad_record_mac",
		"decryption has failed",
		"data decryption error", "decrypterror")...)
	return append(out, says(evidence.OpHandshake, evidence.Alert, "remote error: tls:", "fatal alert was received", "received fatal alert",
		"ssl alert number")...)
}

// certificatePhrases are what clients say of a chain that they refuse.
func certificatePhrases() []phrase {
	var out []phrase
	out = append(out, says(evidence.OpHandshake, evidence.NotYetValid, "is not yet valid: current time…is before",
		"certificate is not yet valid",
		"cert_not_yet_valid", "notvalidyet", "certificatenotyetvalid", "certificate of…is not yet activated")...)
	out = append(out, says(evidence.OpHandshake, evidence.Expired, "certificate has expired", "cert_has_expired", "sec_e_cert_expired",
		"certificate expired", "notafter:", "certificateexpiredexception", "sec_error_expired_certificate", "certificate of…has expired",
		"nss error -8181", "nss error -8162",
		"invalid peer certificate: expired")...)
	out = append(out, says(evidence.OpHandshake, evidence.WrongName, "certificate is valid for", "doesn't contain any ip sans",
		"not valid for any names", "no alternative certificate subject name", "does not match target host name", "hostname mismatch",
		"cert_altname_invalid", "does not match certificate's altnames", "no subject alternative", "sec_e_wrong_principal",
		"remotecertificatenamemismatch", "legacy common name field", "notvalidforname", "does not match hostname", "doesn't match either of",
		"doesn't match '", "doesn't match any of the subject alternative", "no certificate subject alternative name matches",
		"certificate name mismatch", "certificate's owner does not match",
		"ip address mismatch", "name in the certificate does not match", "requested domain name does not match", "nss error -12276",
		"ssl_error_bad_cert_domain")...)
	out = append(out, says(evidence.OpHandshake, evidence.Untrusted, "signed by unknown authority", "unable to get local issuer",
		"unable to get issuer certificate", "self-signed certificate", "self signed certificate", "unable to verify the first certificate",
		"unable_to_verify_leaf", "self_signed_cert", "unable_to_get_issuer", "pkix path", "unable to find valid certification path",
		"sec_e_untrusted_root", "cert_e_untrustedroot", "could not establish trust relationship", "issuer is not recognized",
		"sec_error_unknown_issuer", "sec_error_untrusted_issuer",
		"certificate is not trusted", "untrustedroot", "partialchain", "unknownissuer", "root certificate which is not trusted",
		"the certificate was not trusted",
		"server certificate verification failed", "invalid certificate chain", "certificate issuer is unknown", "issuer certificate is invalid",
		"certificate chain was issued by an authority that is not trusted", "not trusted by the trust provider", "self-signed or untrusted",
		"certificate of…have a known issuer", "certificate of…is not trusted", "cannot be authenticated with known ca certificates",
		"cannot be authenticated with given ca certificates", "peer certificate or ssh remote key was not ok",
		"nss error -8172", "nss error -8179", "nss error -8171",
		"certificate verify failed", "verify error:num=", "error in the certificate verification", "certificate_verify_failed",
		"cannot verify …certificate", "remotecertificatechainerrors", "the remote certificate is invalid")...)
	out = append(out, says(evidence.OpHandshake, evidence.MalformedCertificate, "failed to parse certificate", "x509: malformed", "asn1:",
		"x509: negative serial", "x509: invalid")...)
	return append(out, says(evidence.OpHandshake, evidence.Unknown, "incompatible key usage", "unsupported certificate purpose",
		"not authorized to sign", "insecure algorithm", "cannot verify signature", "too many intermediates", "not permitted by any constraint",
		"certificate revoked", "x509:",
		"0x80092012", "0x80092013", "crypt_e_no_revocation_check", "crypt_e_revocation_offline")...)
}

// tlsPhrases are about handshakes that came to no certificate.
func tlsPhrases() []phrase {
	var out []phrase
	out = append(out, says(evidence.OpHandshake, evidence.NotTLS, "server gave http response to https client",
		"first record does not look like a tls handshake", "wrong version number", "unknown protocol", "unexpected tls packet",
		"invalidcontenttype", "packet length too long", "unsupported or unrecognized ssl message", "oversized record", "wrong_version_number",
		"an unexpected tls packet was received", "plaintext connection", "record overflow", "cannot determine the frame size",
		"nss error -12263", "ssl_error_rx_record_too_long",
		"http request to an https")...)
	out = append(out, says(evidence.OpHandshake, evidence.Timeout, "tls handshake timeout", "ssl connection timeout",
		"ssl connection timed out", "timed out before ssl handshake", "timeout awaiting 'secureconnect'",
		"handshake timed out", "ssl handshake timed out")...)
	out = append(out, says(evidence.OpHandshake, evidence.Protocol, "unsupported protocol version", "unsupported protocol",
		"no supported versions satisfy", "no protocols available", "no ciphers available", "dh key too small", "legacy renegotiation",
		"legacy sigalg",
		"unsupported group", "no cipher suite supported", "no mutual cipher", "sec_e_algorithm_mismatch", "sec_e_illegal_message",
		"unsupported elliptic curve", "unsupported curve", "ca md too weak", "ee key too small", "no appropriate protocol",
		"server selected protocol version", "no common encryption algorithm", "illegal or unsupported version", "nss error -12286",
		"nss error -12190", "ssl_error_no_cypher_overlap", "ssl_error_protocol_version_alert", "unknown ssl protocol error…:-9836")...)
	out = append(out, says(evidence.OpHandshake, evidence.Reset, "gnutls_handshake…error in the push function",
		"gnutls_handshake…error in the pull function", "nss error -5961")...)
	out = append(out, says(evidence.OpHandshake, evidence.Closed, "unexpected eof while reading", "non-properly terminated",
		"without sending tls close_notify", "remote host terminated the handshake", "remote host closed connection during handshake",
		"socket disconnected before secure tls", "unexpected_eof_while_reading", "eof occurred in violation of protocol",
		"nss error -5938", "unknown ssl protocol error…:-9806", "unknown ssl protocol error…:-9805")...)
	return append(out, says(evidence.OpHandshake, evidence.Unknown, "nss: client certificate not found",
		"ssl_error_syscall", "unknown ssl protocol error", "tls connect error", "ssl connect error",
		"failed to receive handshake", "unable to establish ssl connection", "ssl_connect", "gnutls_handshake", "tls: ", "ssl routines",
		"the ssl connection could not be established", "sslerror(", "sslhandshakeexception")...)
}

// contentPhrases are about what arrived.
func contentPhrases() []phrase {
	out := says(evidence.OpRequest, evidence.UnexpectedAnswer, "mirror resolve retries exhausted", "unsupported protocol scheme",
		"too many colons in address", "invalid token auth challenge realm", "invalid realm", "none of the challenges sent by server",
		"stopped after 10 redirects", "number of redirects hit maximum amount", "missing or empty", "did not include a token",
		"no token in bearer response", "to an https server",
		"sent to https port", "request has expired", "signaturedoesnotmatch", "only one auth mechanism")
	out = append(out, says(evidence.OpRequest, evidence.DigestMismatch, "digest did not match", "unexpected commit digest",
		"filesystem layer verification failed", "image config verification failed", "does not match digest", "digest mismatch",
		"digest verification failed", "hash mismatch",
		"invalid checksum digest", "failed size validation", "invalid digest. expected", "digest…expected sha256:…got sha256:")...)
	out = append(out, says(evidence.OpRequest, evidence.Truncated, "short read", "bytes remaining to read", "incompleteread",
		"incomplete read",
		"transfer closed with", "content-length…unexpected eof", "happened during read: unexpected eof", "happened during read: eof",
		"premature eof", "content truncated",
		"end of response with", "transferred a partial file")...)
	out = append(out, says(evidence.OpRequest, evidence.Timeout, "read timed out. (read timeout=")...)
	out = append(out, says(evidence.OpRequest, evidence.Closed, "empty reply from server", // curl, of a request that was sent
		"server returned nothing")...)
	out = append(out, says(evidence.OpRequest, evidence.Protocol, "http2:", "stream error:", "http/2 stream", "http2 framing", "goaway",
		"was not closed cleanly", "error in the http2", "http/2 framing layer")...)
	return append(out, says(evidence.OpRequest, evidence.UnexpectedAnswer, "talk to a v1 container registry",
		"talk to a v1 docker registry", "invalid character '<'", "looking for beginning of value",
		"missing signature key", "unsupported manifest media type", "unsupported manifest", "unrecognized manifest", "unknown media type",
		"gzip: invalid header",
		"invalid tar header", "after top-level value", "missing docker-content-digest", "unsupported media type", "no matching manifest for",
		"no image found in manifest list", "no image found in image index", "does not match the specified platform", "no child with platform",
		"content-type:…not supported", "missing…header")...)
}

// namePhrases are said of a name. Go has "no such host" for a name that does not exist and for one
// without an address alike; the C library's words stand for no answer as well as for a refusal.
func namePhrases() []phrase {
	return says(evidence.OpResolve, evidence.Unknown, "no such host", "server misbehaving", "temporary failure in name resolution",
		"temporary failure resolving", "try again", "eai_again", "name or service not known", "nodename nor servname", "no address associated",
		"could not resolve host",
		"couldn't resolve host", "bad address", "unknown host", "enotfound", "unknownhostexception", "name could not be resolved",
		"unable to resolve host", "name resolution", "non-existent domain", "non-recoverable failure in name resolution", "host not found",
		"resolving timed out", "failed to lookup address", "dns error", "getaddrinfo", "cannot unmarshal dns", "no answer from dns",
		"nameresolutionerror", "lookup failed", "host is unknown", "timeout awaiting 'lookup'", "no data of the requested type")
}

// dialPhrases are said of a connection.
func dialPhrases() []phrase {
	var out []phrase
	out = append(out, says(evidence.OpDial, evidence.Refused, "connection refused", "actively refused", "econnrefused",
		"connectionrefused", "refused it")...)
	out = append(out, says(evidence.OpDial, evidence.NoRoute, "no route to host", "network is unreachable", "host is unreachable",
		"cannot assign requested address",
		"enetunreach", "ehostunreach", "unreachable network", "unreachable host", "cannot assign requested address", "host is down")...)
	out = append(out, says(evidence.OpDial, evidence.DeniedLocally, "socket: permission denied", "connect: permission denied",
		"operation not permitted", "forbidden by its access permissions", "eacces", "connect: invalid argument")...)
	out = append(out, says(evidence.OpDial, evidence.Unknown, "connection timed out after", "connection timeout after", "connection timeout",
		"there is a connection issue between", "check your task network configuration", "couldn't connect to server",
		"could not connect to server", "couldn't connect to host",
		"is having trouble accessing", "vm is unable to access")...) // minikube
	out = append(out, says(evidence.OpDial, evidence.Timeout, "connect timed out", "connection timed out", "did not properly respond",
		"connect etimedout", "connecttimeout", "connect: operation timed out", "connection time-out", "connecttimeouterror",
		"timeout awaiting 'connect'")...)
	return out
}

// endPhrases are said of an open connection, or of the whole, and do not say which step it was.
func endPhrases() []phrase {
	var out []phrase
	out = append(out, says("", evidence.Timeout, "i/o timeout", "waiting for connection", "client.timeout", "awaiting headers",
		"awaiting response headers", "deadline exceeded", "deadlineexceeded", "operation timed out", "timed out", "timeout expired",
		"timeout was reached", "read timed out", "timeout awaiting '", "etimedout",
		"context canceled", "request canceled", "timeout exceeded", "timeoutexception", "idle timeout")...)
	out = append(out, says("", evidence.Reset, "reset by peer", "forcibly closed", "connection was reset", "econnreset", "connection reset",
		"errno=10054", "errno=104", "errno=54", "recv failure", "connection aborted", "software caused connection abort", "socket hang up",
		"failed sending data to the peer", "failure when receiving data from the peer", "error in the pull function",
		"error in the push function", "broken pipe")...)
	return append(out, says("", evidence.Closed, "unexpected eof", "eof", "closed connection without response",
		"connection closed", "underlying connection was closed", "server closed", "closed by foreign host", "connection broken",
		"server disconnected",
		"remotedisconnected",
		"unexpected end of", "closed network connection", "server aborted", "closed by the remote")...)
}

// phraseIn returns the first phrase that a text says.
func phraseIn(text string) (phrase, bool) {
	text = strings.ToLower(text)
next:
	for _, p := range phrases() {
		rest := text
		for _, part := range p.says {
			i := strings.Index(rest, part)
			if i < 0 {
				continue next
			}
			rest = rest[i+len(part):]
		}
		if p.says[0] == "eof" && !standsAlone(text, "eof") {
			continue
		}
		return p, true
	}
	return phrase{}, false
}

// standsAlone reports whether a word is in a text and no part of another.
func standsAlone(text, word string) bool {
	for i := strings.Index(text, word); i >= 0; {
		before, after := i == 0 || !isLetter(text[i-1]), i+len(word) == len(text) || !isLetter(text[i+len(word)])
		if before && after {
			return true
		}
		next := strings.Index(text[i+1:], word)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
