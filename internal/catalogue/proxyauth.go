package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// loggingIn are the rows about the proxy's own login.
func loggingIn() []diagnosis.Entry {
	return []diagnosis.Entry{
		tunnelRow("proxy-auth-required", diagnosis.HostAdmin, diagnosis.Proven, "the proxy wants credentials and got none",
			"The proxy asks for {schemes}. The proxy variable holds no name and password.",
			"put NAME:PASSWORD@ into the proxy variable, percent-encoded, or have {source} exempted from authentication at the proxy",
			[]string{"failures D7: docker/hub-feedback#826", "RFC 9110 section 15.5.8 (407)", "RFC 1928 section 3 (SOCKS methods)"},
			fault.World{Title: "the proxy asks for Basic credentials",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
			fault.World{Title: "the proxy offers Negotiate, NTLM and Basic",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM", "Basic"}, Realm: "corp proxy"}}},
			fault.World{Title: "the proxy offers Basic, and NTLM is tried", ProxyLogin: "right", ProxyScheme: "NTLM",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
			fault.World{Title: "the proxy offers Negotiate, and no ticket can be had", ProxyLogin: "right", ProxyScheme: "Negotiate", Client: "curl",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate"}}}},
			fault.World{Title: "the SOCKS server wants a login", Env: socksEnv(""),
				Faults: []fault.Fault{fault.ProxyAuth{}}},
			fault.World{Title: "the SOCKS server wants a ticket, which curl can get", Env: socksEnv(""), Client: "curl",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}}),
		tunnelRow("proxy-auth-rejected", diagnosis.AccountOwner, diagnosis.Proven, "the proxy rejects the name and password that it was given",
			"The pair was sent once and the proxy asked again. It was not sent a second time, for accounts lock out.",
			"correct name and password for the proxy; in a proxy variable special characters must be percent-encoded",
			[]string{"failures D7, A4: fixwikihub squid article", "RFC 9110 section 15.5.8 (407)", "RFC 1929 section 2"},
			fault.World{Title: "the proxy refuses the credentials in the proxy variable", ProxyLogin: "wrong",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
			fault.World{Title: "the proxy refuses the Digest of a wrong password", ProxyLogin: "wrong", ProxyScheme: "Digest",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Digest", "Basic"}, Realm: "corp proxy"}}},
			fault.World{Title: "the proxy refuses the NTLM login of a wrong password", ProxyLogin: "wrong", ProxyScheme: "NTLM",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}}}},
			fault.World{Title: "the proxy's NTLM challenge cannot be read", ProxyLogin: "right", ProxyScheme: "NTLM",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}, Garbled: true}}},
			fault.World{Title: "the SOCKS server refuses the login", Env: socksEnv(fault.ProxyUser + ":" + fault.ProxyPassword + "-wrong@"),
				Faults: []fault.Fault{fault.ProxyAuth{}}},
			fault.World{Title: "the proxy answers a wrong password by 401", ProxyLogin: "wrong", Faults: []fault.Fault{fault.Connect{Status: 401,
				Headers: []string{"Server: tinyproxy/1.11.1", `WWW-Authenticate: Basic realm="Tinyproxy"`}}}}),
		unsupported(),
	}
}

// socksEnv leads to the World's proxy by SOCKS; login ends in @ where there is one.
func socksEnv(login string) map[string]string {
	return map[string]string{"HTTPS_PROXY": "socks5h://" + login + fault.ProxyName + ":" + fault.ProxyTCPPort}
}

// unsupported is seen where the proxy refused and offered nothing for the client,
// and also where it let us in by a scheme that the client does not speak: the walk
// goes on, and the client cannot.
func unsupported() diagnosis.Entry {
	row := tunnelRow("proxy-auth-scheme-unsupported", diagnosis.ProxyAdmin, diagnosis.Proven, "the proxy offers no authentication that container clients speak",
		"The proxy offers {schemes}. Go clients (podman, docker, containerd, skopeo) can do Basic alone, so no credentials will help. To see what lies behind, this tool logs in by Digest and NTLM (--proxy-user with --proxy-digest or --proxy-ntlm), and by Negotiate where it was built with Kerberos.",
		"exempt {source} from proxy authentication for {targets}, or run a local helper that authenticates (cntlm, px, alpaca)",
		[]string{"failures D8: docker/for-win#1064, docker/for-win#14880", "containers/podman#20656", "net/http transport.go, connectMethod.proxyAuth"},
		fault.World{Title: "the proxy offers Negotiate and NTLM only",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM"}}}},
		fault.World{Title: "the proxy offers NTLM only and the variable has credentials", ProxyLogin: "right",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}}}},
		fault.World{Title: "the proxy lets NTLM in and nothing else", ProxyLogin: "right", ProxyScheme: "NTLM",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM"}}}},
		fault.World{Title: "the proxy lets Digest in and hangs up with each 407", ProxyLogin: "right", ProxyScheme: "Digest",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Digest"}, Realm: "corp proxy", HangsUp: true}}},
		fault.World{Title: "the SOCKS server takes GSSAPI alone", Env: socksEnv(""),
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}},
		fault.World{Title: "the SOCKS server takes GSSAPI alone and is offered a password", Env: socksEnv(fault.ProxyUser + ":" + fault.ProxyPassword + "@"),
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}},
		fault.World{Title: "the SOCKS server takes a method that nobody else has", Env: socksEnv(""),
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSOwn}}}})
	refused := row.Match
	row.Match = func(v *diagnosis.View) []diagnosis.Match {
		let := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool {
			d := evidence.DetailOf[evidence.Tunnel](h)
			return h.OnPath() && h.State == evidence.OK && len(d.Offers()) > 0 && !clientCan(v, d)
		})
		return slices.Concat(refused(v), matchEachWith(diagnosis.Group(let, func(h evidence.Hop) string { return h.Via }), func(g []evidence.Hop) diagnosis.Match {
			d := evidence.DetailOf[evidence.Tunnel](g[0])
			values := tunnelValues(v, g)
			values["answer"], values["others"] = quoted(d.Legs[0].StatusLine)+" first, and "+quoted(d.StatusLine)+" to a login by "+d.AuthSent, ""
			return diagnosis.Match{Hops: diagnosis.IDs(g), Values: values,
				Means: "The proxy offers {schemes}. The login by " + d.AuthSent + " was accepted, so the walk went on behind it; podman, docker, containerd and skopeo can do Basic alone and stop here."}
		}))
	}
	return row
}
