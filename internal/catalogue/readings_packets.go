package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// ofPackets: the step was read from a capture, which shows what was sent byte by byte.
func ofPackets(_ *diagnosis.View, h evidence.Hop) bool { return h.Packets != nil }

// losesBySize: packets of one size are lost on the connection, or something said that they are too
// large.
func losesBySize(_ *diagnosis.View, h evidence.Hop) bool {
	return h.Packets != nil && (h.Packets.Lost != nil || h.Packets.MTU > 0)
}

// readPackets are about what only packets show of a step that others may fail with too.
func readPackets() []diagnosis.Reading {
	timeout := []evidence.Kind{evidence.Timeout}
	narrow := diagnosis.Cause{Code: TLSPathMTU,
		Because: "packets of full size are lost on the way and smaller ones get through: a tunnel, a VPN or an overlay makes the path " +
			"narrow, and the message that says so does not come, or is not heeded",
		Remedy: "find where between the client and {peer} the path is narrower than 1500 bytes; have its devices let ICMP type 3 code 4 " +
			"(IPv6: type 2) through, or clamp the MSS there"}
	bySize := func(op evidence.Op, doubts ...diagnosis.Code) diagnosis.Reading {
		return diagnosis.Reading{Sign: "packets of one size are lost", Op: op, Kinds: timeout, When: losesBySize, Doubts: doubts,
			Causes: []diagnosis.Cause{narrow}}
	}
	return []diagnosis.Reading{
		bySize(evidence.OpHandshake, TLSTimeout, TLSAnswerDropped, TLSLargeHelloDropped),
		bySize(evidence.OpTunnel, ProxySilent, ProxyUpstreamTimeout, ProxyError),
		bySize(evidence.OpRequest, HTTPTimeout, HTTPTruncated),
		{Sign: "the client went no further than the server's certificate", Op: evidence.OpHandshake, Kinds: []evidence.Kind{evidence.Unknown},
			When: all(ofPackets, says("behind the server's certificate")), Causes: []diagnosis.Cause{
				{Code: TLSInterceptedUntrusted, Because: "the client ended the handshake at the certificate, which TLS 1.3 encrypts: something on " +
					"the way may sign in the host's place", Tell: askChain, Unless: private},
				{Code: TLSUnknownAuthority, Because: "the client ended the handshake at the certificate: it may be of an authority that the " +
					"client does not know", Tell: askChain, Remedy: whoSigns},
				{Code: TLSCertificateExpired, Because: "its time may be over", Tell: askChain},
				{Code: TLSNameMismatch, Because: "it may be for another name", Tell: askChain},
				{Code: TLSTrustStoreLacksPublicRoots, Because: "the client's store may be old or empty", Tell: askTrust, Unless: private}}},
	}
}
