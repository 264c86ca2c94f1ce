package fault

// Name is what logs call a fault: the name by which it can be asked for, as far
// as there is one; "chain", "connect-reply" and "http-reply" are those of a report.
func Name(f Fault) string {
	switch f := f.(type) {
	case Counted:
		return Name(f.Fault)
	case Socket:
		return "tcp-" + string(f.Effect)
	case Stream:
		return named("conn", f.Effect, "slow")
	case DNS:
		return dnsName(f)
	case Connect:
		return connectName(f)
	case ProxyAuth:
		return "proxy-auth"
	case ProxyPort:
		return "proxy-port-" + string(f.Effect)
	case Handshake:
		return "tls-" + string(f.Effect)
	case Certificate:
		return certificateName(f)
	case TLSServer:
		if f.ClientCertificate {
			return "tls-client-certificate"
		}
		return "tls-version"
	case PathMTU:
		return "path-mtu"
	case HTTP:
		return httpName(f)
	case Chain:
		return "chain"
	case ConnectReply:
		return "connect-reply"
	case HTTPReply:
		return "http-reply"
	}
	return f.seam()
}

func connectName(f Connect) string {
	switch {
	case f.Reply != 0:
		return "socks-reply"
	case f.Effect == "" && f.Status == 0 && f.Raw == "":
		return "connect-delay"
	}
	return named("connect", f.Effect, "status")
}

func named(seam string, effect Effect, otherwise string) string {
	if effect == "" {
		return seam + "-" + otherwise
	}
	return seam + "-" + string(effect)
}

func dnsName(f DNS) string {
	switch {
	case f.Silent:
		return "dns-silent"
	case f.Unsigned:
		return "dns-bogus"
	case f.Rcode == "NOERROR":
		return "dns-answer"
	case f.Rcode != "":
		return "dns-rcode"
	case f.Truncate:
		return "dns-truncate"
	case f.WrongID:
		return "dns-wrong-id"
	}
	return "dns-delay"
}

func certificateName(f Certificate) string {
	switch {
	case f.NotAfter < 0:
		return "tls-expired"
	case f.NotBefore > 0:
		return "tls-not-yet-valid"
	case f.OmitIntermediate:
		return "tls-missing-intermediate"
	case f.Names != nil:
		return "tls-wrong-name"
	case f.Issuer == "interceptor":
		return "tls-intercept"
	case f.Issuer != "":
		return "tls-" + f.Issuer
	}
	return "tls-certificate"
}

func httpName(f HTTP) string {
	switch {
	case f.Effect != "":
		return "http-" + string(f.Effect)
	case f.OverHead != 0 && f.Status != 0:
		return "http-limit"
	case f.Status != 0:
		return "http-status"
	case f.Body != "":
		return "http-body"
	case len(f.Headers)+len(f.Remove) > 0:
		return "http-header"
	case f.Rate != 0:
		return "http-rate"
	}
	return "http-delay"
}
