package transcript

import "pullpath/internal/evidence"

// socksPhrases are how clients word what a SOCKS server said: Go's golang.org/x/net/internal/socks,
// curl's lib/socks.c, whose number in parentheses is the reply code, and Python's PySocks.
func socksPhrases() []phrase {
	var out []phrase
	for code, texts := range [][]string{ // by the reply code of RFC 1928 section 6
		1: {"unknown error general socks server failure", "socks5 connection to…(1)", "0x01: general socks server failure"},
		2: {"connection not allowed by ruleset", "socks5 connection to…(2)"},
		3: {"unknown error network unreachable", "socks5 connection to…(3)", "0x03: network unreachable"},
		4: {"unknown error host unreachable", "socks5 connection to…(4)", "0x04: host unreachable"},
		5: {"unknown error connection refused", "socks5 connection to…(5)", "0x05: connection refused"},
		6: {"unknown error ttl expired", "socks5 connection to…(6)", "0x06: ttl expired"},
		7: {"unknown error command not supported", "socks5 connection to…(7)", "0x07: command not supported"},
		8: {"unknown error address type not supported", "socks5 connection to…(8)", "0x08: address type not supported"},
	} {
		out = append(out, socksSaid(evidence.SOCKS{Login: evidence.SOCKSUnsaid, Reply: code}, texts...)...)
	}
	noMethod := evidence.SOCKS{Method: evidence.SOCKSNoMethod, Login: evidence.SOCKSUnsaid, Reply: evidence.SOCKSUnsaid}
	out = append(out, socksSaid(noMethod, "no acceptable authentication methods", "no authentication method was acceptable",
		"socks5 authentication methods were rejected")...)
	refused := evidence.SOCKS{Method: evidence.SOCKSPassword, Login: 1, Reply: evidence.SOCKSUnsaid}
	out = append(out, socksSaid(refused, "username/password authentication failed", "was rejected by the socks5 server",
		"socks5 authentication failed")...)
	out = append(out, socksEnds(evidence.NotHTTP, "socks connect …unexpected protocol version",
		"invalid version in initial socks5 response", "socks5 reply has wrong version", "socks5 proxy server sent invalid data")...)
	out = append(out, socksEnds(evidence.Closed, "socks connect …eof", "connection to proxy closed", "receive initial socks5 response")...)
	out = append(out, socksEnds(evidence.Reset, "socks connect …connection reset")...)
	return append(out, says(evidence.OpTunnel, evidence.ProxyStatus, "socks connect …unknown error", "socks connect …not allowed",
		"socks5 connection to…rejected", "can't complete socks", "cannot complete socks", "socks connect", "proxy handshake error")...)
}

// socksSaid are words for what it answered.
func socksSaid(said evidence.SOCKS, texts ...string) []phrase {
	return ofSOCKS(says(evidence.OpTunnel, evidence.ProxyStatus, texts...), said)
}

// socksEnds are words for a dialogue that came to no answer of such a server.
func socksEnds(kind evidence.Kind, texts ...string) []phrase {
	unsaid := evidence.SOCKS{Method: evidence.SOCKSUnsaid, Login: evidence.SOCKSUnsaid, Reply: evidence.SOCKSUnsaid}
	return ofSOCKS(says(evidence.OpTunnel, kind, texts...), unsaid)
}

func ofSOCKS(out []phrase, said evidence.SOCKS) []phrase {
	for i := range out {
		out[i].socks = &said
	}
	return out
}
