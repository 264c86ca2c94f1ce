package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/product"
	"pullpath/internal/words"
)

// Codes of causes that lie in the proxy.
const (
	ProxyNameUnresolved        diagnosis.Code = "proxy-name-unresolved"         // the proxy's name does not resolve
	ProxyRefused               diagnosis.Code = "proxy-refused"                 // the proxy refuses the connection
	ProxyTimeout               diagnosis.Code = "proxy-timeout"                 // the proxy does not answer the connection
	ProxyUnreachable           diagnosis.Code = "proxy-unreachable"             // there is no way to the proxy
	ProxyClosed                diagnosis.Code = "proxy-closed"                  // the proxy closes every connection without an answer
	ProxySilent                diagnosis.Code = "proxy-silent"                  // the proxy accepts connections and answers nothing
	ProxySpeaksTLS             diagnosis.Code = "proxy-speaks-tls"              // the proxy's port wants TLS, and the setting says http://
	ProxySpeaksPlaintext       diagnosis.Code = "proxy-speaks-plaintext"        // the proxy speaks plain HTTP, and the setting says otherwise
	ProxyTLSUntrusted          diagnosis.Code = "proxy-tls-untrusted"           // the client does not accept the proxy's own certificate
	ProxyTLSFailed             diagnosis.Code = "proxy-tls-failed"              // TLS with the proxy itself does not come about
	ProxyNotAProxy             diagnosis.Code = "proxy-not-a-proxy"             // what answers at the proxy's address is no HTTP proxy
	ProxyAnswersWithPage       diagnosis.Code = "proxy-answers-with-page"       // the proxy says 200 and sends a page in place of a tunnel
	ProxyAuthRequired          diagnosis.Code = "proxy-auth-required"           // the proxy wants credentials and got none
	ProxyAuthRejected          diagnosis.Code = "proxy-auth-rejected"           // the proxy rejects the name and password that it was given
	ProxyAuthSchemeUnsupported diagnosis.Code = "proxy-auth-scheme-unsupported" // the proxy offers no login that container clients speak
	ProxyConnectDenied         diagnosis.Code = "proxy-connect-denied"          // the proxy refuses a tunnel to the host
	ProxyConnectPortDenied     diagnosis.Code = "proxy-connect-port-denied"     // the proxy refuses the port of the host, not the host
	ProxyCannotResolveTarget   diagnosis.Code = "proxy-cannot-resolve-target"   // the proxy cannot resolve the host
	ProxyCannotReachTarget     diagnosis.Code = "proxy-cannot-reach-target"     // the proxy cannot connect to the host
	ProxyUpstreamTimeout       diagnosis.Code = "proxy-upstream-timeout"        // the proxy gets no answer from the host
	ProxyRedirects             diagnosis.Code = "proxy-redirects"               // the proxy redirects the CONNECT for the host to a page
	ProxyError                 diagnosis.Code = "proxy-error"                   // the proxy answers CONNECT to the host with an error
	ProxyPACFallback           diagnosis.Code = "proxy-pac-fallback"            // a way of a PAC file's list does not serve
	ProxyNodesDisagree         diagnosis.Code = "proxy-nodes-disagree"          // one address of the proxy's name fails, another serves
	ProxyNodesUnasked          diagnosis.Code = "proxy-nodes-unasked"           // only one of the proxy's addresses was asked
)

// proxyConnectDenied is the row to copy. It says of every field what it is for; the other
// rows leave out what they do not need. connectRow fills in what the rows about a failed
// CONNECT share, so that those fields stand here as comments: a row without a family says
// them itself, as proxyNameUnresolved does.
func proxyConnectDenied() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		// The code stands in the block above. It is never reused and never changes its meaning.
		// Since is the version under development: main.version in cmd/pullpath.
		Code: ProxyConnectDenied, Since: "0.1.0",
		// Layer: where on the path it lies. Severity: how bad it is for a pull. Both from connectRow.
		// Strength: how far the evidence carries the conclusion. Audience: who has to act.
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		// The texts are for a network engineer in a hurry: what is wrong, what was seen, what it
		// means, what to ask for. {targets}, {hosts}, {source} and {via} are always there; other
		// {values} are declared in Values. Seen comes from connectRow.
		Title: "the proxy refuses a tunnel to {hosts}",
		Means: "The proxy lets other hosts pass and refuses this one: its rules do not allow the host for this source or user. " +
			"Registry credentials are not the problem: none were sent to this host.",
		Remedy: "allow CONNECT to {targets} for {source}",
		// What kind of change mends it, for the change request. Without it, what Remedy says.
		Changes: []diagnosis.Change{diagnosis.AllowConnect},
		// What clients print, with … for what differs, each with where it was seen. A row whose
		// clients print nothing of their own says why in NoSymptom instead.
		Symptoms: []diagnosis.Symptom{
			{Text: `Get "https://…": Forbidden`, Cite: "https://github.com/moby/moby/issues/40507"},
			{Text: "CONNECT tunnel failed, response 403", Cite: "internal/oracle/network_test.go"},
			{Text: "unexpected EOF", Cite: "https://github.com/docker/for-linux/issues/376"},
		},
		// Where the sign is documented. A sign without a source does not go in.
		Cite: []string{
			"https://github.com/moby/moby/issues/40507",
			"https://github.com/docker/for-linux/issues/376",
			"https://www.squid-cache.org/Doc/config/http_access/",
			"https://www.squid-cache.org/Doc/config/deny_info/",
			proxyCite,
		},
		// Values: the names of the further values that the texts use. Needs: the operations whose
		// hops are read. After: the more basic causes that explain this one away, by their codes.
		// All three from connectRow, and what stands here is added to them.

		// When decides whether the row takes a hop, and may replace its texts there. The order
		// in which the rows are asked is that of connects, in proxy_connect.go: a new row goes
		// in before those that it is more particular than.
		When: takesDenied,
		// Group: which hops become one finding, if not those that failed alike. Refine: what is
		// added to the finding of a group. Most rows need neither.

		// Match: reads the hops and returns the findings, in a row without a family. It never
		// looks at the wire. connectRow makes one of When, Group and Refine.

		// The World in which exactly this is the root cause, of faults of internal/fault, and
		// further Worlds of the same cause. A Title says what happens in it.
		Provoke: titled("the proxy denies the token server", refusedWith(403, "Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0")),
		Also:    otherDenials(),
	})
}

// otherDenials are further shapes of it.
func otherDenials() []fault.World {
	return []fault.World{
		{Title: "the proxy closes the connection for one host alone",
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Close}}},
		{Title: "the proxy denies every host", Faults: []fault.Fault{fault.Connect{Status: 403}}},
		{Title: "the proxy closes for every host that is checked, and lets a control host pass", Flags: []string{"--control=cdn.quay.io:443"},
			Targets: []string{"registry.redhat.io"}, Faults: []fault.Fault{fault.Connect{Host: "registry.redhat.io", Effect: fault.Close},
				fault.Connect{Host: "sso.redhat.com", Effect: fault.Close}}},
		{Title: "the proxy denies what is not a browser", Flags: []string{"--deep"},
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 403, UnlessAgent: "Mozilla"}}},
		{Title: "the proxy's page names category and rule", Flags: []string{"--deep"}, Faults: []fault.Fault{
			fault.Connect{Host: "sso.redhat.com", Status: 403},
			fault.Connect{Host: "sso.redhat.com", Plain: true, Status: 403, Headers: []string{"Content-Type: text/html"},
				Body: "<html><title>Blocked</title><p>Category: Authentication Portals. Rule: container-hosts-out-4711.</html>"}}},
		{Title: "the SOCKS server does not allow the host", Env: socksEnv(""),
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Reply: 2}}},
	}
}

// proxy are the rows about the proxy.
func proxy() []diagnosis.Entry {
	return slices.Concat(reaching(), speaking(), loggingIn(), refusing(), nodes())
}

// reaching are the rows about getting to the proxy at all.
func reaching() []diagnosis.Entry {
	return []diagnosis.Entry{proxyNameUnresolved(), proxyRefused(), proxyTimeout(), proxyUnreachable()}
}

func proxyNameUnresolved() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyNameUnresolved, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the proxy's name {names} does not resolve",
		Seen:  "{servers} answered for {names}: {text}",
		Means: "No host behind this proxy can be reached: each connection begins with its name. A name like http in a client's error " +
			"means that the variable's value was misread.",
		Remedy: "correct the proxy's name in the setting",
		Or:     diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "if the name is right, have {servers} resolve {names}"},
		Symptoms: []diagnosis.Symptom{
			{Text: `Could not resolve proxy: …`, Cite: printed},
			{Text: "proxyconnect tcp: dial tcp: lookup … no such host", Cite: "https://github.com/docker/for-linux/issues/751"},
			{Text: "proxyconnect tcp: dial tcp: lookup …: server misbehaving", Cite: "https://github.com/moby/moby/issues/37946"},
		},
		Cite: []string{
			"https://github.com/docker/for-linux/issues/751",
			"https://github.com/moby/moby/issues/37946",
		},
		Values: []string{"names", "name", "servers", "text"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  append(failedLookup(), ProxyURLInvalid, ProxyIsPACFile, ProxyCredentialsUnescaped),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return matchEach(byServer(toProxy(v.PathFailed(evidence.OpResolve))), dnsValues)
		},
		Provoke: fault.World{Title: "the proxy's name does not exist",
			Faults: []fault.Fault{fault.DNS{Name: fault.ProxyName, Rcode: "NXDOMAIN"}}},
	}
}

func proxyRefused() diagnosis.Entry {
	return proxyDialRow(diagnosis.Entry{
		Code: ProxyRefused, Since: "0.1.0",
		Audience: diagnosis.ProxyAdmin,
		Title:    "the proxy refuses the connection",
		Means:    "Nothing listens on that port of the proxy, or a firewall rejects the connection.",
		Remedy:   "check that the proxy runs and listens at {peers}, and that it accepts TCP from {source}",
		Or:       diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "correct host and port of the proxy in the setting, if they are wrong"},
		Symptoms: []diagnosis.Symptom{
			{Text: "proxyconnect tcp: dial tcp …: connect: connection refused", Cite: "https://github.com/containers/podman/issues/27889"},
		},
		Cite:    []string{"https://github.com/containers/podman/issues/27889"},
		Match:   matchProxyRefused,
		Provoke: proxyPort("the proxy refuses the connection", fault.Refuse),
		Also: []fault.World{{Title: "the setting names a proxy on this host, and none is running",
			Env:    map[string]string{"HTTPS_PROXY": "http://127.0.0.1:3128"},
			Hosts:  append(fault.Hosts(), fault.Host{Name: "localhost", Role: "registry", Address: "127.0.0.1", Private: true}),
			Faults: []fault.Fault{fault.Socket{Host: "localhost", Effect: fault.Refuse}}}},
	})
}

func proxyTimeout() diagnosis.Entry {
	return proxyDialRow(diagnosis.Entry{
		Code: ProxyTimeout, Since: "0.1.0",
		Audience: diagnosis.NetworkTeam,
		Title:    "the proxy does not answer the connection",
		Means: "No answer came. A firewall may drop the packets, a VPN may be missing, the proxy may be down, or its address may be " +
			"wrong.",
		Remedy:  "allow TCP from {source} to {peers}",
		Or:      diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "connect the VPN, or correct the proxy's address in the setting"},
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: "proxyconnect tcp: dial tcp …: i/o timeout", Cite: "docs/field-notes.md#errors-of-a-dial"},
		},
		Cite:    []string{"docs/field-notes.md#errors-of-a-dial"},
		Match:   proxyDialled(evidence.Timeout),
		Provoke: proxyPort("the proxy does not answer the connection", fault.Drop),
	})
}

func proxyUnreachable() diagnosis.Entry {
	return proxyDialRow(diagnosis.Entry{
		Code: ProxyUnreachable, Since: "0.1.0",
		Audience: diagnosis.HostAdmin,
		Title:    "the proxy cannot be reached from this host",
		Means:    "This host has no route to the proxy's address, or a rule of this host forbids the connection.",
		Remedy:   "check routes, interfaces, VPN and outgoing rules of this host",
		Symptoms: []diagnosis.Symptom{
			{Text: "proxyconnect tcp: dial tcp …: connect: no route to host", Cite: "docs/field-notes.md#errors-of-a-dial"},
			{Text: "proxyconnect tcp: dial tcp …: connect: network is unreachable", Cite: "docs/field-notes.md#errors-of-a-dial"},
		},
		Cite:    []string{"docs/field-notes.md#errors-of-a-dial", "RFC 792"},
		Match:   matchProxyUnreachable,
		Provoke: proxyPort("the proxy cannot be reached from this host", fault.NoRoute),
		Also: []fault.World{
			proxyPort("the proxy cannot be reached from this host", fault.Prohibit),
			proxyPort("the proxy cannot be reached from this host", fault.DenyLocally),
		},
	})
}

// proxyDialRow is a row about a proxy to which no connection comes about.
func proxyDialRow(e diagnosis.Entry) diagnosis.Entry {
	return shared(diagnosis.Entry{
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven,
		Seen:   "{peers}: {text}{place}",
		Values: []string{"peers", "text", "time", "place", "sender"},
		Needs:  []evidence.Op{evidence.OpDial},
		After:  []diagnosis.Code{ProxyURLInvalid, ProxyIsPACFile, ProxyCredentialsUnescaped, TCPResetInjected},
	}, e)
}

// proxyDialled matches connections to the proxy that failed in one of these ways.
func proxyDialled(kinds ...evidence.Kind) func(*diagnosis.View) []diagnosis.Match {
	return func(v *diagnosis.View) []diagnosis.Match {
		return matchDial(v, toProxy(v.PathFailed(evidence.OpDial, kinds...)))
	}
}

// proxyPort is a World in which a connection to the proxy meets an effect.
func proxyPort(title string, effect fault.Effect) fault.World {
	return fault.World{Title: title, Flags: []string{quickHop}, Faults: []fault.Fault{fault.Socket{Host: fault.TheProxy, Effect: effect}}}
}

// speaking are the rows about what speaks at the proxy's port.
func speaking() []diagnosis.Entry {
	return []diagnosis.Entry{
		proxyClosed(), proxySilent(), proxySpeaksTLS(), speaksPlaintext(), proxyUntrusted(),
		proxyTLSFailed(), proxyNotAProxy(), answersWithPage(),
	}
}

func proxyClosed() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyClosed, Since: "0.1.0",
		Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy closes every connection without an answer",
		Means: "The proxy accepts TCP and ends the connection when it is asked, for every host that was tried. Often this source is " +
			"not allowed to use the proxy, or the port expects TLS.",
		Remedy: "look in the proxy's log for {source}: an access list by source address, a port that expects TLS, or overload",
		Symptoms: []diagnosis.Symptom{
			{Text: `Proxy CONNECT aborted`, Cite: printed},
			{Text: "proxyconnect tcp: EOF", Cite: "https://github.com/containers/podman/issues/24752"},
			{Text: "unexpected EOF", Cite: "internal/oracle/network_test.go"},
			{Text: "read tcp …->…:3128: read: connection reset by peer", Cite: "https://github.com/containers/podman/issues/24849"},
		},
		Cite:    []string{"https://github.com/containers/podman/issues/24752", proxyCite},
		When:    takesClosed,
		Provoke: fault.World{Title: "the proxy closes after CONNECT", Faults: []fault.Fault{fault.Connect{Effect: fault.Close}}},
		Also: []fault.World{
			{Title: "the proxy resets after CONNECT", Faults: []fault.Fault{fault.Connect{Effect: fault.Reset}}},
			httpsWorld("an https:// proxy resets TLS and plain text alike", fault.ProxyPort{Effect: fault.Reset}),
			httpsWorld("an https:// proxy closes TLS and plain text alike", fault.ProxyPort{Effect: fault.Close}),
		},
	})
}

func proxySilent() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxySilent, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy accepts connections and answers nothing",
		Means: "No host got an answer in {time}. A Go client waits 60 s and then prints context deadline exceeded, without " +
			"mentioning a proxy.",
		Remedy: "check whether the proxy's helpers (authentication, filter, DNS) are hung, and what the proxy itself can reach",
		Symptoms: []diagnosis.Symptom{
			{Text: `(28) Connection timed out after … milliseconds`, Cite: printed},
			{Text: "context deadline exceeded", Cite: "docs/field-notes.md#silence"},
		},
		Cite: []string{"docs/field-notes.md#silence", proxyCite},
		When: takesSilent,
		Provoke: fault.World{Title: "the proxy never answers CONNECT", Flags: []string{quickRun, quickHop},
			Faults: []fault.Fault{fault.Connect{Effect: fault.Silence}}},
		Also: []fault.World{
			httpsWorld("an https:// proxy answers neither TLS nor plain text", fault.ProxyPort{Effect: fault.Silence}),
		},
	})
}

func proxySpeaksTLS() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxySpeaksTLS, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the proxy's port expects TLS, and the setting says http://",
		Means: "The answer to the plain CONNECT was a TLS record or a message of a TLS server. The scheme in the proxy variable " +
			"is that of the connection to the proxy, not that of the URL that is fetched.",
		Remedy: "set HTTPS_PROXY=https://{proxy} and trust the proxy's CA, or use the proxy's plain port",
		Symptoms: []diagnosis.Symptom{
			{Text: `Proxy CONNECT aborted`, Cite: printed},
			{Text: `malformed HTTP response "\x15\x03\x01\x00\x02\x02`, Cite: "https://github.com/moby/moby/issues/31779"},
			{Text: "unexpected EOF", Cite: "internal/oracle/network_test.go"},
		},
		Cite:    []string{"https://github.com/moby/moby/issues/31779", "internal/oracle/network_test.go"},
		When:    takesSpeaksTLS,
		Provoke: fault.World{Title: "the proxy's port speaks TLS", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksTLS}}},
		Also: []fault.World{
			{Title: "the proxy's port speaks TLS and ends plain text without an answer",
				Faults: []fault.Fault{fault.ProxyPort{Effect: fault.TLSAlone}}},
		},
	})
}

func proxyNotAProxy() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyNotAProxy, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "what answers at the proxy's address is not an HTTP proxy",
		Means:  "The setting points at something else: a web server, the host of a PAC file, or another service.",
		Remedy: "set HTTPS_PROXY to the host and port of the forward proxy itself",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 4…`, Cite: printed},
			{Text: "Bad Request", Cite: "https://github.com/docker/cli/issues/4501"},
			{Text: "Method Not Allowed", Cite: "https://github.com/docker/for-win/issues/10894"},
			{Text: `malformed HTTP response "SSH-2.0`, Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{"https://github.com/docker/cli/issues/4501", proxyCite},
		When: takesNotAProxy,
		Provoke: fault.World{Title: "a web server listens where the proxy should",
			Faults: []fault.Fault{fault.ProxyPort{Effect: fault.WebServer}}},
		Also: []fault.World{
			{Title: "an SSH server listens where the proxy should", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SpeaksSSH}}},
			{Title: "the setting says http:// for a SOCKS server", Faults: []fault.Fault{fault.ProxyPort{Effect: fault.SOCKSAlone}}},
			httpsWorld("an SSH server listens where the https:// proxy should", fault.ProxyPort{Effect: fault.SpeaksSSH}),
			{Title: "the answer to CONNECT is not HTTP", Faults: []fault.Fault{fault.Connect{Effect: fault.Garbage}}},
		},
	})
}

func answersWithPage() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyAnswersWithPage, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy says 200 and sends a page instead of a tunnel to {hosts}",
		Seen:  "{peers} answered {status} to {request} and went on with {bytes}",
		Means: "Those bytes came before the client had sent anything through the tunnel, so they do not answer its TLS handshake. " +
			"Most likely they are a block page or login page of the proxy, sent with a success status.",
		Remedy:  "allow CONNECT to {targets} for {source} without a page",
		Changes: []diagnosis.Change{diagnosis.AllowConnect},
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL routines::wrong version number`, Cite: printed},
			{Text: `": EOF`, Cite: printed},
			{Text: "http: server gave HTTP response to HTTPS client", Cite: "https://github.com/docker/for-linux/issues/1291"},
			{Text: "first record does not look like a TLS handshake", Cite: "docs/field-notes.md#connect-in-go"},
		},
		Cite: []string{
			"https://github.com/docker/for-linux/issues/1291",
			"docs/field-notes.md#connect-in-go",
			proxyCite,
		},
		Values: []string{"peers", "status", "request", "bytes"},
		Needs:  []evidence.Op{evidence.OpTunnel, evidence.OpHandshake},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			early := v.Hops(evidence.OpTunnel, func(h evidence.Hop) bool {
				return h.OnPath() && h.State == evidence.OK && evidence.DetailOf[evidence.Tunnel](h).EarlyBytes != ""
			})
			return matchEach(byProxy(withHandshake(v, early)), func(g []evidence.Hop) map[string]string {
				d := evidence.DetailOf[evidence.Tunnel](g[0])
				return map[string]string{"peers": g[0].Peer, "status": words.Quoted(d.StatusLine), "request": d.Request,
					"bytes": words.Quoted(d.EarlyBytes)}
			})
		},
		Provoke: fault.World{Title: "the proxy answers 200 and a block page",
			Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Page, Body: "<html><title>Blocked</title>This " +
				"site is blocked.</html>"}}},
	}
}

// httpsWorld leads to the World's proxy by https://, with faults of its port.
func httpsWorld(title string, faults ...fault.Fault) fault.World {
	return fault.World{Title: title, Flags: []string{quickHop}, Faults: faults,
		Env: map[string]string{"HTTPS_PROXY": "https://" + fault.ProxyName + ":" + fault.ProxyTCPPort}}
}

// behindTLS makes the World's proxy one that speaks TLS, with further faults.
func behindTLS(title string, faults ...fault.Fault) fault.World {
	return httpsWorld(title, append(faults, fault.ProxyPort{Effect: fault.SpeaksTLS})...)
}

func speaksPlaintext() diagnosis.Entry {
	return connectRowOf(diagnosis.Entry{
		Code: ProxySpeaksPlaintext, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the proxy's port speaks plain HTTP, and the setting says otherwise",
		Seen:  "the setting says {scheme}://; {peers} answered {asked} with {bytes}",
		Means: "https:// in a proxy variable means TLS to the proxy itself. Most proxies expect plain HTTP on this port, even when the " +
			"target is HTTPS.",
		Remedy: "set HTTPS_PROXY=http://{proxy}",
		Symptoms: []diagnosis.Symptom{
			{Text: `wrong version number`, Cite: printed},
			{Text: "proxyconnect tcp: tls: first record does not look like a TLS handshake", Cite: "https://github.com/docker/for-linux/issues/415"},
			{Text: "proxyconnect tcp: EOF", Cite: "https://github.com/docker/for-linux/issues/620"},
			{Text: "proxyconnect tcp: net/http: TLS handshake timeout", Cite: "https://github.com/docker/for-win/issues/3550"},
		},
		Cite: []string{
			"https://github.com/docker/for-linux/issues/415",
			"https://github.com/docker/cli/issues/3351",
			"https://docs.docker.com/engine/daemon/proxy/ (its example shows https://)",
		},
		Values:  []string{"peers", "bytes", "scheme", "asked", "proxy"},
		Needs:   []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel, evidence.OpRequest},
		After:   []diagnosis.Code{ProxyURLInvalid, ProxyIsPACFile, ProxyCredentialsUnescaped},
		When:    takesSpeaksPlaintext,
		Group:   plainKey,
		Refine:  func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) { m.Values = plainValues(v, g) },
		Provoke: httpsWorld("the setting says https:// for a plain proxy"),
		Also: []fault.World{
			httpsWorld("the setting says https:// for a plain proxy that waits for the end of a line", fault.ProxyPort{Effect: fault.PlainAlone}),
			{Title: "the setting says socks5h:// for an HTTP proxy", Env: socksEnv(""), Flags: []string{quickHop},
				Faults: []fault.Fault{fault.ProxyPort{Effect: fault.PlainAlone}}}},
	})
}

func proxyUntrusted() diagnosis.Entry {
	public := func(title string, c fault.Certificate) fault.World {
		c.Host = fault.TheProxy
		return behindTLS(title, c)
	}
	return connectRowOf(diagnosis.Entry{
		Code: ProxyTLSUntrusted, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the client does not accept the certificate of the proxy itself",
		Seen:  "{peers}: {text}",
		Means: "The connection to the proxy is TLS (https:// in the setting), and its chain fails in the client's store. The " +
			"registry was not asked yet.",
		Remedy: "put the CA of the proxy's own certificate into the client's trust store, or use the proxy's plain port",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL certificate problem: self-signed certificate in certificate chain`, Cite: printed},
			{Text: `proxyconnect tcp: x509: certificate signed by unknown authority`, Cite: printed},
			{Text: "proxyconnect tcp: tls: failed to verify certificate: x509: certificate signed by unknown authority",
				Cite: "docs/field-notes.md#certificates"},
		},
		Cite:   []string{"docs/field-notes.md#certificates", "RFC 5280 section 6"},
		Values: []string{"peers", "text", "names"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel, evidence.OpRequest},
		When:   takesTLSUntrusted,
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			m.Values = map[string]string{"peers": peers(g), "text": reason(g[0]), "names": certifiedNames(g[0])}
		},
		Provoke: behindTLS("the proxy speaks TLS under a CA that the client does not know"),
		Also: []fault.World{
			public("the proxy's own certificate has expired", fault.Certificate{NotBefore: -90 * day, NotAfter: -day}),
			public("the proxy's own certificate begins tomorrow", fault.Certificate{NotBefore: day, NotAfter: 60 * day}),
			public("the proxy's own certificate has another name", fault.Certificate{Names: []string{"proxy-01.corp.example"}}),
			public("the proxy's own certificate cannot be parsed", fault.Certificate{NegativeSerial: true})},
	})
}

func proxyTLSFailed() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyTLSFailed, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the TLS handshake with the proxy itself fails",
		Means: "The connection to the proxy is TLS (https:// in the setting), and the proxy ends the handshake. The registry was " +
			"not asked yet.",
		Remedy: "compare versions, ciphers and the demand for a client certificate with what {source} offers, or give {source} a " +
			"plain port",
		Symptoms: []diagnosis.Symptom{
			{Text: `SSL routines::sslv3 alert handshake failure`, Cite: printed},
			{Text: "proxyconnect tcp: remote error: tls: …", Cite: "docs/field-notes.md#alerts"},
			{Text: "proxyconnect tcp: net/http: TLS handshake timeout", Cite: "docs/field-notes.md#silence"},
		},
		Cite: []string{"docs/field-notes.md#alerts", "RFC 8446 section 6.2"},
		When: takesTLSFailed,
		Provoke: behindTLS("an https:// proxy refuses the handshake with an alert", fault.Handshake{Host: fault.TheProxy,
			Effect: fault.Alert, Alert: alertHandshakeFailure}),
		Also: []fault.World{
			behindTLS("an https:// proxy speaks nothing newer than TLS 1.1", fault.TLSServer{Host: fault.TheProxy, MaxVersion: 0x0302}),
			behindTLS("an https:// proxy answers the handshake with nonsense", fault.Handshake{Host: fault.TheProxy, Effect: fault.Garbage}),
			behindTLS("an https:// proxy demands a certificate of the client", fault.Certificate{Host: fault.TheProxy},
				fault.TLSServer{Host: fault.TheProxy, ClientCertificate: true}),
			behindTLS("an https:// proxy demands a certificate of the client in TLS 1.2", fault.Certificate{Host: fault.TheProxy},
				fault.TLSServer{Host: fault.TheProxy, ClientCertificate: true, MaxVersion: 0x0303}),
		},
	})
}

// nodes are the rows about a proxy's name with several addresses.
func nodes() []diagnosis.Entry {
	return []diagnosis.Entry{proxyNodesDisagree(), proxyNodesUnasked()}
}

func proxyNodesDisagree() diagnosis.Entry {
	everyone := fault.Connect{Node: 1, Status: 403, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_ACCESS_DENIED 0"}}
	one := everyone
	one.Host = "sso.redhat.com"
	second := everyone
	second.Node = 2
	return diagnosis.Entry{
		Code: ProxyNodesDisagree, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy's name has several addresses, and {odd} fails",
		Seen:  "{odd} for {request}: {answer}; {sound} of the same name {does}",
		Means: "The name stands for several proxies, and they do not answer the same request alike. A client may get another one with " +
			"each connection, so the same pull can pass and fail.",
		Remedy: "bring {odd} in line with {sound}, or take it out of the proxy's name until it is",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response …`, Cite: printed},
			{Text: "Forbidden", Cite: "https://github.com/docker/hub-feedback/issues/2027"},
			{Text: "Proxy Authentication Required", Cite: "https://github.com/containers/podman/issues/18482"},
		},
		Cite: []string{
			"https://github.com/docker/hub-feedback/issues/2027",
			"https://github.com/containers/podman/issues/18482",
			"RFC 6724 section 6 (order of addresses)",
		},
		Values: []string{"odd", "sound", "does", "request", "answer"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake},
		After:  []diagnosis.Code{ProxyURLInvalid, ProxyIsPACFile, ProxyCredentialsUnescaped, NoProxyMissesTarget},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			return slices.Concat(refusingNodes(v), failingNodes(v), deadNodes(v))
		},
		Provoke: fault.World{Title: "the first of two proxy nodes denies every host", ProxyNodes: 2, Faults: []fault.Fault{everyone}},
		Also: []fault.World{
			{Title: "one of three proxy nodes has an old allow-list", ProxyNodes: 3, Faults: []fault.Fault{one}},
			{Title: "the first of two proxy nodes closes", ProxyNodes: 2, Faults: []fault.Fault{fault.Connect{Node: 1, Effect: fault.Close}}},
			{Title: "the first of two proxy nodes is down", ProxyNodes: 2,
				Faults: []fault.Fault{fault.Socket{Host: fault.ProxyNode(1), Effect: fault.Refuse}}},
			{Title: "the second of two proxy nodes does not answer", ProxyNodes: 2, Flags: []string{quickHop},
				Faults: []fault.Fault{fault.Socket{Host: fault.ProxyNode(2), Effect: fault.Drop}}},
			{Title: "the second of two proxy nodes denies, seen with --deep", ProxyNodes: 2, Flags: []string{"--deep"},
				Faults: []fault.Fault{second}},
		},
	}
}

func proxyNodesUnasked() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyNodesUnasked, Since: "0.1.0",
		Layer: diagnosis.Proxy, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "not every address of the proxy's name was asked for a tunnel",
		Seen:  "{proxy} has {addresses}; tunnels went by {asked}, none by {unasked}",
		Means: "Each address may be a proxy of its own, with its own rules. Nothing was seen of what {unasked} would answer, and a later " +
			"connection may use it.",
		Remedy: "check with pullpath --deep, which asks each address for one tunnel",
		Cite:   []string{"RFC 6724 section 6 (order of addresses)"},
		Values: []string{"asked", "unasked", "proxy", "addresses"},
		Needs:  []evidence.Op{evidence.OpResolve, evidence.OpTunnel},
		Match:  unaskedNodes,
		Provoke: fault.World{Title: "the second of two proxy nodes denies, and the first passes", ProxyNodes: 2,
			Faults: []fault.Fault{fault.Connect{Node: 2, Status: 403}}},
	}
}

// refusedWith is a World whose proxy answers for the token server with a status.
func refusedWith(status int, headers ...string) fault.World {
	return fault.World{Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: status, Headers: headers}}}
}

func titled(title string, w fault.World) fault.World { w.Title = title; return w }

// denying are the rows about a rule of the proxy.
func denying() []diagnosis.Entry {
	return []diagnosis.Entry{proxyConnectDenied(), proxyConnectPortDenied()}
}

func proxyConnectPortDenied() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyConnectPortDenied, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy refuses the port of {hosts}, not the host",
		Means: "The same host passes at port 443. Most proxies allow CONNECT only to port 443, and private registries often " +
			"listen on 5000 or 8443.",
		Remedy:  "allow CONNECT to {targets} for {source}; in Squid the port belongs in SSL_ports, in tinyproxy in ConnectPort",
		Changes: []diagnosis.Change{diagnosis.AllowConnect},
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 403`, Cite: printed},
			{Text: `Get "https://…:5000/v2/": Forbidden`, Cite: "internal/oracle/network_test.go"},
			{Text: "Forbidden", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://www.squid-cache.org/Doc/config/http_access/ (deny CONNECT !SSL_ports)",
			"tinyproxy.conf(5): ConnectPort",
		},
		When: takesPortDenied,
		Provoke: fault.World{Title: "the proxy allows CONNECT to 443 alone", Targets: []string{"registry.corp.example:5000"},
			Hosts: []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}},
			Faults: []fault.Fault{fault.Connect{OtherPorts: 443, Status: 403, Headers: []string{"Server: squid/5.7",
				"X-Squid-Error: ERR_ACCESS_DENIED 0"}}}},
	})
}

// refusing are the rows about a proxy that answered CONNECT with a refusal, but
// for those about its login.
func refusing() []diagnosis.Entry { return slices.Concat(denying(), failingBehind()) }

// failingBehind are the rows about a proxy that let the request in.
func failingBehind() []diagnosis.Entry {
	return []diagnosis.Entry{
		proxyCannotResolveTarget(), proxyCannotReachTarget(), proxyUpstreamTimeout(), proxyRedirects(),
		proxyError(),
	}
}

func proxyCannotResolveTarget() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyCannotResolveTarget, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title:  "the proxy cannot resolve {hosts}",
		Means:  "The proxy accepted the request, and says that its own look-up of the name failed.",
		Remedy: "have the proxy's name servers resolve {names}, if the name is spelt right",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 5…`, Cite: printed},
			{Text: "Service Unavailable", Cite: "internal/oracle/network_test.go"},
			{Text: "Bad Gateway", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"internal/oracle/network_test.go",
			"https://github.com/squid-cache/squid/blob/SQUID_6_13/src/errorpage.cc (X-Squid-Error: ERR_DNS_FAIL)",
		},
		When: func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(saidCause(v, h) == product.CannotResolve)
		},
		Provoke: titled("the proxy cannot look the token server up", refusedWith(503, "Server: squid/5.7", "X-Squid-Error: ERR_DNS_FAIL 0")),
	})
}

func proxyCannotReachTarget() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyCannotReachTarget, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy cannot connect to {hosts}",
		Means: "The proxy accepted the request, and says that its own connection failed. A firewall behind the proxy may block it, or the " +
			"server may be down.",
		Remedy: "allow TCP from the proxy to {targets} in the firewall behind it, if there is one, and check that the server runs",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 5…`, Cite: printed},
			{Text: "Service Unavailable", Cite: "internal/oracle/network_test.go"},
			{Text: "Bad Gateway", Cite: "internal/oracle/network_test.go"},
			{Text: "Unable to connect", Cite: "internal/testbed/daemons_test.go (tinyproxy)"},
		},
		Cite: []string{
			"internal/oracle/network_test.go",
			"https://github.com/squid-cache/squid/blob/SQUID_6_13/src/errorpage.cc (X-Squid-Error: ERR_CONNECT_FAIL with the errno)",
			"https://github.com/squid-cache/squid/blob/SQUID_6_13/src/tunnel.cc (noteDestinationsEnd: ERR_CANNOT_FORWARD)",
			"https://github.com/squid-cache/squid/pull/1453 (ERR_CANNOT_FORWARD for names, until 6.3)",
			"https://github.com/tinyproxy/tinyproxy/blob/1.11.1/src/reqs.c (Unable to connect)",
		},
		When:    takesUnreached,
		Provoke: titled("the proxy's connection is refused", refusedWith(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 111")),
		Also: []fault.World{
			{Title: "the SOCKS server's connection is refused", Env: socksEnv(""),
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Reply: 5}}},
			{Title: "Squid cannot forward for any host, as with a parent that is down", Faults: []fault.Fault{
				fault.Connect{Status: 500, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_CANNOT_FORWARD 0"}}}},
			titled("Squid cannot forward for one host alone, as 5.0 to 6.2 say of a name without an address",
				refusedWith(500, "Server: squid/5.7", "X-Squid-Error: ERR_CANNOT_FORWARD 0")),
			{Title: "tinyproxy cannot connect and does not say why", Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 500,
				Phrase: "Unable to connect", Headers: []string{"Server: tinyproxy/1.11.1", "Content-Type: text/html"},
				Body: "<p>Tinyproxy was unable to connect to the remote web server.</p>"}}},
			titled("the parent behind the proxy cannot connect, and signs the answer", refusedWith(503, "Server: squid/4.15",
				"X-Squid-Error: ERR_CONNECT_FAIL 111", "X-Cache: MISS from parent.corp.example",
				"Via: 1.1 parent.corp.example (squid/4.15)")),
		},
	})
}

func proxyUpstreamTimeout() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyUpstreamTimeout, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the proxy gets no answer from {hosts}",
		Means: "The proxy accepted the request and got no answer from the host in time. A firewall behind the proxy may drop its " +
			"packets, or the host may be down.",
		Remedy:  "allow TCP from the proxy to {targets} in the firewall behind it",
		Changes: []diagnosis.Change{diagnosis.AllowHost},
		Symptoms: []diagnosis.Symptom{
			{Text: `Service Unavailable`, Cite: printed},
			{Text: `CONNECT tunnel failed, response 5…`, Cite: printed},
			{Text: "Gateway Timeout", Cite: "internal/oracle/network_test.go"},
			{Text: "context deadline exceeded", Cite: "docs/field-notes.md#silence"},
		},
		Cite: []string{
			"docs/field-notes.md#silence",
			"https://github.com/squid-cache/squid/blob/SQUID_6_13/src/errorpage.cc (X-Squid-Error: ERR_CONNECT_FAIL 110)",
		},
		When:    takesUpstreamTimeout,
		Provoke: titled("the proxy's connection times out", refusedWith(503, "Server: squid/5.7", "X-Squid-Error: ERR_CONNECT_FAIL 110")),
		Also: []fault.World{
			{Title: "the proxy is silent for one host alone", Flags: []string{quickRun, quickHop},
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Effect: fault.Silence}}},
		},
	})
}

func proxyRedirects() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyRedirects, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title:   "the proxy redirects the CONNECT for {hosts} to a page",
		Means:   "A browser would show the page at {portal}; a container client cannot. It may be a login, consent or block page.",
		Remedy:  "let {source} reach {targets} without the page, by an exemption for this host",
		Changes: []diagnosis.Change{diagnosis.ExemptProxyAuth},
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 3…`, Cite: printed},
			{Text: `": Found`, Cite: printed},
			{Text: "Moved Temporarily", Cite: "internal/oracle/network_test.go"},
			{Text: "See Other", Cite: "docs/field-notes.md#connect-in-go"},
			{Text: "Temporary Redirect", Cite: "docs/field-notes.md#connect-in-go"},
		},
		Cite: []string{
			"internal/oracle/network_test.go",
			"https://www.squid-cache.org/Doc/config/deny_info/ (302, 307)",
		},
		When:    takesRedirect,
		Provoke: titled("the proxy redirects to a login page", refusedWith(302, "Location: http://login.corp.example/consent")),
	})
}

func proxyError() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyError, Since: "0.1.0",
		Strength: diagnosis.Possible, Audience: diagnosis.ProxyAdmin,
		Title:  "the proxy answers CONNECT to {hosts} with an error",
		Means:  "The answer does not say whether the proxy, its look-up or the server behind it failed.",
		Remedy: "look in the proxy's log for the request below",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 5…`, Cite: printed},
			{Text: "Bad Gateway", Cite: "internal/oracle/network_test.go"},
			{Text: "Service Unavailable", Cite: "internal/oracle/network_test.go"},
			{Text: "Internal Server Error", Cite: "internal/testbed/daemons_test.go (tinyproxy)"},
		},
		Cite:    []string{"internal/oracle/network_test.go", proxyCite},
		When:    takesOtherError,
		Provoke: titled("the proxy answers with a bare 502", refusedWith(502)),
		Also: []fault.World{
			{Title: "the proxy's error page never ends",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 502, Effect: fault.Endless}}},
			{Title: "the proxy's headers never end",
				Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com", Status: 502, Effect: fault.Flood}}},
			{Title: "the proxy answers in its own manner", Faults: []fault.Fault{fault.Connect{Host: "sso.redhat.com",
				Raw: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.0 502 Gateway\nTransfer-Encoding: chunked\n\n3\r\nbad\r\n0\r\n\r\n"}}},
		},
	})
}

// loggingIn are the rows about the proxy's own login.
func loggingIn() []diagnosis.Entry {
	return []diagnosis.Entry{proxyAuthRequired(), proxyAuthRejected(), unsupported()}
}

func proxyAuthRequired() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyAuthRequired, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:   "the proxy asks for credentials, and none were sent",
		Means:   "The proxy asks for {schemes}. The client was given no name and password for it.",
		Remedy:  "set HTTPS_PROXY=http://NAME:PASSWORD@{proxy}, with both percent-encoded",
		Or:      diagnosis.Way{Audience: diagnosis.ProxyAdmin, Remedy: "exempt {source} from authentication at the proxy"},
		Changes: []diagnosis.Change{diagnosis.Mend, diagnosis.ExemptProxyAuth},
		Symptoms: []diagnosis.Symptom{
			{Text: "Proxy Authentication Required", Cite: "https://github.com/docker/hub-feedback/issues/826"},
			{Text: "CONNECT tunnel failed, response 407", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"https://github.com/docker/hub-feedback/issues/826",
			"RFC 9110 section 15.5.8 (407)",
			"RFC 1928 section 3 (SOCKS methods)",
		},
		When: takesAuthRequired,
		Provoke: fault.World{Title: "the proxy asks for Basic credentials",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
		Also: []fault.World{
			{Title: "the proxy offers Negotiate, NTLM and Basic",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM", "Basic"}, Realm: "corp proxy"}}},
			{Title: "the proxy offers Basic, and NTLM is tried", ProxyLogin: "right", Flags: []string{"--proxy-ntlm"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
			{Title: "the proxy offers Negotiate, and no ticket can be had", ProxyLogin: "right",
				Flags:  []string{"--proxy-negotiate", "--client=curl"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate"}}}},
			{Title: "the SOCKS server wants a login", Env: socksEnv(""),
				Faults: []fault.Fault{fault.ProxyAuth{}}},
			{Title: "the SOCKS server wants a ticket, which curl can get", Env: socksEnv(""), Flags: []string{"--client=curl"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}},
		},
	})
}

func proxyAuthRejected() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyAuthRejected, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the proxy rejects the name and password that were sent",
		Means:  "The pair was sent once and the proxy asked again. It was not sent a second time, because accounts lock out.",
		Remedy: "correct name and password for the proxy; in a proxy variable special characters must be percent-encoded",
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 407`, Cite: printed},
			{Text: "Proxy Authentication Required", Cite: "https://github.com/docker/for-win/issues/369"},
		},
		Cite: []string{"internal/oracle/network_test.go", "RFC 9110 section 15.5.8 (407)", "RFC 1929 section 2"},
		When: takesAuthRejected,
		Provoke: fault.World{Title: "the proxy refuses the credentials in the proxy variable", ProxyLogin: "wrong",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Basic"}, Realm: "corp proxy"}}},
		Also: []fault.World{
			{Title: "the proxy refuses the Digest of a wrong password", ProxyLogin: "wrong", Flags: []string{"--proxy-digest"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Digest", "Basic"}, Realm: "corp proxy"}}},
			{Title: "the proxy refuses the NTLM login of a wrong password", ProxyLogin: "wrong", Flags: []string{"--proxy-ntlm"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}}}},
			{Title: "the proxy's NTLM challenge cannot be read", ProxyLogin: "right", Flags: []string{"--proxy-ntlm"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}, Garbled: true}}},
			{Title: "the SOCKS server refuses the login", Env: socksEnv(fault.ProxyUser + ":" + fault.ProxyPassword + "-wrong@"),
				Faults: []fault.Fault{fault.ProxyAuth{}}},
			{Title: "the proxy answers a wrong password by 401", ProxyLogin: "wrong", Faults: []fault.Fault{fault.Connect{Status: 401,
				Headers: []string{"Server: tinyproxy/1.11.1", `WWW-Authenticate: Basic realm="Tinyproxy"`}}}},
		},
	})
}

// socksEnv leads to the World's proxy by SOCKS; login ends in @ where there is one.
func socksEnv(login string) map[string]string {
	return map[string]string{"HTTPS_PROXY": "socks5h://" + login + fault.ProxyName + ":" + fault.ProxyTCPPort}
}

// unsupported is seen where the proxy refused and offered nothing for the client,
// and also where it let us in by a scheme that the client does not speak: the walk
// goes on, and the client cannot.
func unsupported() diagnosis.Entry {
	return connectRow(diagnosis.Entry{
		Code: ProxyAuthSchemeUnsupported, Since: "0.1.0",
		Strength: diagnosis.Proven, Audience: diagnosis.ProxyAdmin,
		Title: "the proxy offers no authentication that container clients support",
		Means: "The proxy offers {schemes}. Go clients (podman, docker, containerd, skopeo) support only Basic, so no credentials " +
			"will help. To see what lies behind, this tool logs in by Digest and NTLM (--proxy-user with --proxy-digest or " +
			"--proxy-ntlm), and by Negotiate where it was built with Kerberos.",
		Remedy:  "exempt {source} from proxy authentication for {targets}",
		Or:      diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "run a local helper that authenticates (cntlm, px, alpaca)"},
		Changes: []diagnosis.Change{diagnosis.ExemptProxyAuth},
		Symptoms: []diagnosis.Symptom{
			{Text: `CONNECT tunnel failed, response 407`, Cite: printed},
			{Text: "Proxy Authentication Required", Cite: "https://github.com/docker/for-win/issues/1064"},
			{Text: "authenticationrequired", Cite: "https://github.com/docker/for-win/issues/14880"},
		},
		Cite: []string{
			"https://github.com/docker/for-win/issues/1064",
			"https://github.com/docker/for-win/issues/14880",
			"https://github.com/containers/podman/issues/20656",
			"https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go (connectMethod.proxyAuth)",
		},
		When: takesAuthUnsupported,
		Refine: func(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
			if g[0].State == evidence.OK {
				d := evidence.DetailOf[evidence.Tunnel](g[0])
				m.Values["answer"] = words.Quoted(d.Legs[0].StatusLine) + " first, and " + words.Quoted(d.StatusLine) + " to a login by " + d.AuthSent
				m.Values["others"] = ""
			}
		},
		Provoke: fault.World{Title: "the proxy offers Negotiate and NTLM only",
			Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM"}}}},
		Also: []fault.World{
			{Title: "the proxy offers NTLM only and the variable has credentials", ProxyLogin: "right",
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"NTLM"}}}},
			{Title: "the proxy lets NTLM in and nothing else", ProxyLogin: "right", Flags: []string{"--proxy-ntlm"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Negotiate", "NTLM"}}}},
			{Title: "the proxy lets Digest in and hangs up with each 407", ProxyLogin: "right", Flags: []string{"--proxy-digest"},
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{"Digest"}, Realm: "corp proxy", HangsUp: true}}},
			{Title: "the SOCKS server takes GSSAPI alone", Env: socksEnv(""),
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}},
			{Title: "the SOCKS server takes GSSAPI alone and is offered a password", Env: socksEnv(fault.ProxyUser + ":" +
				fault.ProxyPassword + "@"),
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSGSSAPI}}}},
			{Title: "the SOCKS server accepts only a method of its own", Env: socksEnv(""),
				Faults: []fault.Fault{fault.ProxyAuth{Schemes: []string{fault.SOCKSOwn}}}},
		},
	})
}
