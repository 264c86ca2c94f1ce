package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// valueLints are about the variables and the form of the proxy's URL.
func valueLints() []lint {
	return []lint{
		{code: "proxy-variable-one-case", title: "a proxy variable is set in one case only", severity: diagnosis.Info, cite: measured("PX005", "P01, P02, P04"),
			means:  "Go and curl read both spellings; wget, insights-client and curl for http:// do not. Both with the same value is what every client reads.",
			remedy: "set both spellings", world: survey(fault.Canonical("no_proxy", ""))},
		{code: "proxy-variable-empty", title: "an empty lower-case variable hides the upper-case one", cite: measured("PX007", "P14, M05"),
			means:  "Half of the clients take the empty value for set and go direct, the other half do not see it.",
			remedy: "correct the pair", world: surveyOf(emptied(fault.Canonical(), "https_proxy"), "go-1.26.8")},
		{code: "request-method-set", title: "REQUEST_METHOD is set", cite: measured("PX038", "P17 to P19"),
			means:  "CI runners and wrappers leave it behind. https is not concerned; plain http:// registries and token servers are refused.",
			remedy: "unset REQUEST_METHOD where the client is started", world: survey(fault.Canonical("REQUEST_METHOD", "GET"))},
		{code: "proxy-url-without-port", title: "the proxy's URL names no port", cite: measured("PX032", "S03, S04, S31"),
			means: "Each client has a default of its own, so that one reaches the proxy and another one does not.", remedy: "write the port",
			world: survey(fault.Proxied("http://" + fault.ProxyName))},
		{code: "proxy-url-without-scheme", title: "the proxy's URL has no scheme", cite: measured("PX033", "S01, C14"),
			means: "podman and curl take http for granted; several Python and Node clients fail.", remedy: "write the scheme",
			world: surveyOf(fault.Proxied(fault.ProxyName+":"+fault.ProxyTCPPort), "go-1.26.8")},
		{code: "proxy-url-https", title: "the proxy is named with https://", severity: diagnosis.Info, cite: measured("PX003", "S06 to S08"),
			means:  "It says how the proxy is spoken to, not what for. Where the proxy listens in plain HTTP, Go ends with \"first record does not look like a TLS handshake\".",
			remedy: "if the proxy has no TLS listener, write", world: surveyOf(fault.Proxied("https://"+fault.ProxyName+":"+fault.ProxyTCPPort), "go-1.26.8")},
		{code: "proxy-socks", title: "the proxy is a SOCKS proxy", cite: measured("PX034", "S09 to S14"),
			means:  "podman and docker speak it, most other tools on the host do not, and they differ in where the name is looked up.",
			remedy: "use the HTTP port of the proxy where it has one", world: surveyOf(fault.Proxied("socks5://"+fault.ProxyName+":1080"), "go-1.26.8")},
		{code: "setting-quoted", remarks: []string{"setting-quoted", "literal-quotes"}, title: "quotation marks are part of a value", cite: measured("PX020", "S20, N77, N78"),
			means:  "A shell takes quotes off, an environment file or a second pair of quotes does not. The first and the last entry of such a list never match.",
			remedy: "take the quotes off", world: survey(fault.Exempting(`"registry.lab.example"`))},
		{code: "client-version-known-bad", title: "a client's release reads the settings wrongly", cite: measured("PX039", "7.86.0, 1.19.4, 1.3"),
			means: "No form of the setting helps; another release does.", remedy: "update the client",
			world: surveyOf(fault.Canonical(), "curl-7.86.0")},
	}
}

// emptied are variables of which one is set and empty.
func emptied(env map[string]string, name string) map[string]string {
	env[name] = ""
	return env
}
