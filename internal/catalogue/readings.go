package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// readings say what a sign in a text may mean that no row decides by itself: in which
// order the causes remain, what in the text speaks for one of them or contradicts it, and the
// command that tells them apart. The first reading that takes a step has it, so that the more
// particular stand first. docs/decisions/0059-what-a-text-may-mean.md says how they were put
// in order.
func readings() []diagnosis.Reading {
	return slices.Concat(readPackets(), readSettings(), readNames(), readDials(), readWaits(), readTunnels(), readRefusedTunnels(),
		readCertificates(), readValidity(), readServers(), readHandshakes(), readUnmet(), readLogs(), readPlaces(), readEnds(), readAnswers(),
		readContent(), readForeign(), readDamage(), readRefusals(), readDenials())
}

// What to ask for where the rows' own words need what a text does not tell.
const (
	addToNoProxy = "add {host} to NO_PROXY where this client reads it, and restart the client if it is a daemon"
	installCA    = "put the CA where this client reads it: certs.d/{host}/ca.crt, or the system's store with a restart of the daemon"
	whoSigns     = "find out who signs for {host}; if it is your company's CA, install it where this client reads it"
)

// The commands that decide, with the names of the case.
const (
	askDNS       = "dig {host}"
	askDNSAt     = "dig @{server} {host}"
	askTCP       = "curl -sv --max-time 10 --noproxy '*' https://{host}:{port}/v2/"
	askProxy     = "curl -sv --max-time 10 -x http://{proxy} https://{host}:{port}/v2/"
	askOtherPort = "curl -sv -x http://{proxy} https://{host}/"
	askChain     = "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null"
	askNoName    = "openssl s_client -connect {host}:{port} -noservername </dev/null"
	askGET       = "curl -sv {url}"
	askClients   = "pullpath settings --clients all https://{host}:{port}/"
	askCheck     = "pullpath check {host}:{port}"
	askDaemon    = "systemctl show docker containerd crio --property=Environment"
	askEnv       = "env | grep -i proxy"
	askClock     = "date -u; curl -sI http://{host}/ | grep -i ^date"
	askTrust     = "pullpath settings --clients all {host}"
	askLogins    = "pullpath check --deep {host}:{port}"
)

func readSettings() []diagnosis.Reading {
	const op = evidence.OpSetting
	return []diagnosis.Reading{
		{Sign: "a SOCKS proxy is refused", Op: op, When: all(says("proxy"), says("socks")), Causes: []diagnosis.Cause{
			{Code: ProxySOCKS, Because: "the client says that it takes no SOCKS proxy", Tell: askEnv},
			{Code: DockerConfigProxies, Because: "docker build takes its proxies from ~/.docker/config.json",
				Tell: "grep -A5 proxies ~/.docker/config.json"}}},
		{Sign: "a proxy's URL is refused", Op: op, When: says("proxy", "invalid port", "unknown port", "url escape",
			"first path segment", "missing port"),
			Causes: []diagnosis.Cause{
				{Code: ProxyCredentialsUnescaped, Because: "a sign in a password that is not percent-encoded ends the host's name early",
					Tell: askEnv, Speaks: says("@", "invalid port", "url escape")},
				{Code: ProxyURLInvalid, Because: "the client cannot read the proxy's URL", Tell: askEnv, Speaks: says("unknown port")}}},
		{Sign: "a credential helper fails", Op: op, When: says("credential", "credentials"), Causes: []diagnosis.Cause{
			{Code: AuthHelperFailed, Because: "the client asks a program for the login, and that does not answer",
				Remedy: "install the helper that the client's config.json names, or take its credsStore or credHelpers entry out"}}},
		{Sign: "a file with logins may not be read", Op: op, When: all(says("json"), says("permission denied"), not(says("policy.json"))),
			Causes: []diagnosis.Cause{
				{Code: SettingsSourceUnreadable, Because: "the client may not read the file in which its logins are",
					Tell: "ls -l ~/.docker/config.json"},
				{Code: AuthCredentialsElsewhere, Because: "the file may be that of another user, as behind sudo", Tell: askLogins}}},
		{Sign: "a file with logins is not understood", Op: op, When: says("error loading config file", "json file", "unmarshaling json at"),
			Causes: []diagnosis.Cause{{Code: AuthFileBroken, Because: "the client cannot read its file of logins as JSON",
				Remedy: "correct the file that the message names, or move it away and log in again"}}},
		{Sign: "a Secret with a login is not there", Op: op, When: says("pull secret"), Causes: []diagnosis.Cause{
			{Code: AuthCredentialsMissing, Because: "kubelet does not get the Secret that the pod names under imagePullSecrets",
				Tell: "kubectl get pod POD -o jsonpath='{.spec.imagePullSecrets}'; kubectl get secrets"},
			{Code: AuthCredentialsElsewhere, Because: "the Secret may be in another namespace than the pod", Tell: "kubectl get secrets -A"}}},
		{Sign: "policy.json is not read", Op: op, When: all(says("policy"), says("no such file", "permission denied", "trust policy")),
			Causes: []diagnosis.Cause{
				{Code: RegistryBlockedByPolicy, Because: "the client does not get its policy.json; without one it takes no image",
					Remedy: "install the package containers-common, or write a policy.json that the client's user can read"}}},
		{Sign: "a CA file is not read", Op: op, When: says("certificate verify locations", "ca certificate", "trust anchors"),
			Causes: []diagnosis.Cause{{Code: ClientTrustMisplaced, Because: "the client does not find the CA file that it is pointed at",
				Remedy: "give the client a file that exists: SSL_CERT_FILE, --cacert or its own setting"}}},
		{Sign: "daemon.json is refused", Op: op, When: says("docker daemon", "daemon.json"), Causes: []diagnosis.Cause{
			{Code: DaemonJSONRefused, Because: "dockerd does not start with this daemon.json",
				Remedy: "correct daemon.json; dockerd --validate tells the place"}}},
		{Sign: "the name of the image is refused", Op: op, When: says("did not resolve to an alias", "unqualified", "invalid reference format",
			"invalid repository name", "parse reference", "in host name"), Causes: []diagnosis.Cause{
			{Code: RegistryNameSuspect, Because: "the name has no registry that the client knows, or a part of it is empty",
				Tell: "podman info | grep -A5 search"}}},
		{Sign: "the registry configuration is refused", Op: op, When: says("registries configuration", "toml:", "registries.conf\""),
			Causes: []diagnosis.Cause{{Code: RegistryEntryIneffective, Because: "the client does not take its registry configuration as it is",
				Remedy: "correct the file and line that the message names"}}},
		{Sign: "the client's policy forbids it", Op: op, When: says("policy", "blocked", "rejected"), Causes: []diagnosis.Cause{
			{Code: RegistryBlockedByPolicy, Because: "the client's own configuration forbids the image; nothing was sent",
				Remedy: "change policy.json or the blocked entry of registries.conf, or use a registry that is allowed"}}},
	}
}

// readNames are about names that are not looked up: those of the proxy and what keeps a question from being
// sent, and then what name servers answer.
func readNames() []diagnosis.Reading {
	unknown := says("no such host", "not known", "resolve", "enotfound", "nodename", "unknown host", "unknownhost", "non-existent",
		"bad address", "lookup address", "host is known", "nameresolution", "not found")
	late := says("temporary failure", "try again", "eai_again", "timed out", "timeout", "no answer")
	return slices.Concat(readNamesNotAsked(unknown, late), readNamesAsked(unknown, late))
}

func readNamesNotAsked(unknown, late sign) []diagnosis.Reading {
	const op = evidence.OpResolve
	return []diagnosis.Reading{
		{Sign: "a scheme is looked up as the proxy's name", Op: op, When: all(ofProxy, askedName("http", "https", "socks5", "socks")),
			Doubts: []diagnosis.Code{ProxyNameUnresolved}, Causes: []diagnosis.Cause{
				{Code: ProxyCredentialsUnescaped, Because: "Go looks up {host} where a # or / in the password ends the proxy's name early",
					Tell: askEnv, Speaks: says("no such host")},
				{Code: ProxyURLInvalid,
					Because: "{host} is the scheme of a URL: the variable's value has a scheme twice, or a sign that does not belong",
					Tell:    askEnv + "; " + askDaemon},
				{Code: PercentDoubled, Because: "a doubled percent in a unit hides an escaped sign", Tell: askDaemon}}},
		{Sign: "the socket for names is denied", Op: op, When: says("permission denied", "not permitted"), Causes: []diagnosis.Cause{
			{Code: TCPDeniedLocally, Because: "this host itself refuses the socket, before anything is sent",
				Remedy: "look for what denies sockets to the client: seccomp, AppArmor, SELinux, a rule of this host's firewall"}}},
		{Sign: "no name server is configured", Op: op, When: all(says("refused", "cannot assign requested address",
			"network is unreachable"), serverIs("[::1]:53", "127.0.0.1:53")),
			Doubts: []diagnosis.Code{DNSResolverUnreachable}, Causes: []diagnosis.Cause{
				{Code: DNSNoResolver, Because: "Go asks {server} where resolv.conf names no server", Tell: "cat /etc/resolv.conf"},
				{Code: DNSResolverUnreachable, Because: "{server} refuses the question", Tell: askDNSAt}}},
		{Sign: "the question is not sent", Op: op, When: all(says("dial udp", "dial tcp"), says("invalid argument", "network is unreachable",
			"no route to host", "cannot assign requested address")), Causes: []diagnosis.Cause{
			{Code: DNSResolverUnreachable, Because: "this host itself has no way to the name server {server}, and sent no question",
				Remedy: "check routes, interfaces and VPN of this host, and whether {server} is the right name server here"}}},
		{Sign: "a token server has a name of a cluster", Op: op, When: all(ofTokenServer, inCluster, unknown),
			Causes: []diagnosis.Cause{{Code: AuthRealmUnusable,
				Because: "the registry names a token server, {host}, that only its own cluster knows",
				Remedy:  "set the public URL of the token server in the registry's configuration"}}},
		{Sign: "the proxy's name has one label", Op: op, When: all(ofProxy, oneLabel, unknown), Doubts: []diagnosis.Code{ProxyNameUnresolved},
			Causes: []diagnosis.Cause{
				{Code: ProxyCredentialsUnescaped, Because: "an unescaped @ in the password makes what follows it the proxy's name", Tell: askEnv},
				{Code: ProxyNameUnresolved, Because: "the proxy setting has a short name, which does not resolve where the client runs",
					Tell: "getent hosts {host}"},
				{Code: ProxyURLInvalid, Because: "the setting may lack its scheme or port", Tell: askEnv}}},
		{Sign: "the proxy's name is not resolved", Op: op, When: ofProxy, Causes: []diagnosis.Cause{
			{Code: ProxyNameUnresolved, Because: "the name that the proxy setting has does not resolve where the client runs",
				Tell: "getent hosts {host}"},
			{Code: DNSResolverUnreachable, Speaks: late, Unless: says("no such host"), Because: "the name server gives no answer", Tell: askDNSAt}}},
	}
}

func readNamesAsked(unknown, late sign) []diagnosis.Reading {
	const op = evidence.OpResolve
	return []diagnosis.Reading{
		{Sign: "the name server fails", Op: op, When: says("misbehaving", "non-recoverable", "cannot unmarshal"), Causes: []diagnosis.Cause{
			{Code: DNSServfail, Because: "Go says this of an answer that is an error, most often SERVFAIL", Tell: askDNSAt},
			{Code: DNSRefused, Because: "Go says the same of an answer that is REFUSED", Tell: askDNSAt},
			{Code: DNSResolverUnreachable, Because: "a stub on this host says it for a server that gives no answer", Tell: "resolvectl status"},
			{Code: DNSFiltered, Because: "a filter answers so too", Tell: askDNS}}},
		{Sign: "names are not resolved for now", Op: op, When: all(late, not(unknownOnly)), Causes: []diagnosis.Cause{
			{Code: DNSResolverUnreachable, Because: "the C library says this where no name server answers", Tell: "getent hosts {host}; " + askDNS},
			{Code: DNSServfail, Because: "the C library says the same where a server fails to look the name up", Tell: askDNS},
			{Code: DNSSlow, Because: "an answer may come too late", Tell: askDNS},
			{Code: DNSNoResolver, Because: "resolv.conf may name no server where the client runs", Tell: "cat /etc/resolv.conf"}}},
		{Sign: "a name has no address", Op: op, When: says("no data of the requested type"), Causes: []diagnosis.Cause{
			{Code: DNSNoAddress, Because: "Windows says this of a name that exists and has no address of the kind that was asked for",
				Tell: "nslookup {host}"},
			{Code: DNSFiltered, Because: "a filter may take the addresses out of the answer", Tell: "nslookup {host}"}}},
		{Sign: "a public name is not resolved", Op: op, When: all(unknown, public), Causes: []diagnosis.Cause{
			{Code: DNSNameNotFound, Because: "{server} answers that there is no such name", Tell: askDNSAt, Speaks: hasServer,
				Unless: not(hasServer)},
			{Code: ClientProxyMissing,
				Because: "in a network with a proxy names of the web do not resolve and need not; this client was told of no proxy",
				Tell:    askClients},
			{Code: ProxyNeeded, Because: "another client or user of this host may have the proxy", Tell: askClients},
			{Code: DNSNameNotFound, Because: "the name server answers that there is no such name", Tell: askDNS, Unless: hasServer},
			{Code: DNSResolverUnreachable, Because: "some C libraries say the same where no server answers", Tell: askDNS, Unless: hasServer},
			{Code: DNSFiltered, Because: "a filter may hide the name", Tell: askDNS},
			{Code: DNSNoAddress, Because: "Go says the same of a name that has no address", Tell: askDNS}}},
		{Sign: "a name is not resolved", Op: op, Kinds: []evidence.Kind{evidence.Unknown}, Causes: []diagnosis.Cause{
			{Code: DNSNameNotFound, Because: "the name server answers that there is no such name", Tell: askDNS},
			{Code: DNSResolversDisagree, Because: "another resolver, of the host around a VM or container or of a VPN, may know the name",
				Tell: "dig {host} on the host, and getent hosts {host} where the client runs"},
			{Code: DNSNoAddress, Because: "Go says the same of a name that has no address", Tell: askDNS},
			{Code: DNSFiltered, Because: "a filter may hide the name", Tell: askDNS},
			{Code: DNSResolverUnreachable, Because: "some C libraries say the same where no server answers", Tell: askDNS,
				Unless: says("no such host")}}},
	}
}

func readDials() []diagnosis.Reading {
	const op = evidence.OpDial
	return []diagnosis.Reading{
		{Sign: "the proxy's address is empty", Op: op, When: all(ofProxy, emptyHost), Doubts: []diagnosis.Code{ProxyRefused, ProxyUnreachable,
			ProxyTimeout},
			Causes: []diagnosis.Cause{{Code: ProxyURLInvalid,
				Because: "the client dials {peer}, which has no host: the proxy setting has none that it can read",
				Remedy:  "write the proxy as http://HOST:PORT in the setting that this client reads"}}},
		{Sign: "a proxy on loopback does not answer", Op: op, Kinds: []evidence.Kind{evidence.Refused}, When: all(ofProxy, loopback,
			not(fromShell)),
			Doubts: []diagnosis.Code{ProxyRefused}, Causes: []diagnosis.Cause{
				{Code: ProxyOnLoopback,
					Because: "{peer} is the loopback of where the client runs: inside a container or a VM the proxy of the host is not there",
					Tell:    "curl -sv -x http://{proxy} https://{host}:{port}/ on the host, and where the client runs"},
				{Code: ProxyRefused, Because: "nothing may listen at {peer}", Tell: "ss -ltnp | grep {proxy}"}}},
		{Sign: "a public name leads to this host", Op: op, When: all(public, not(ofProxy), oneOf(loopback, unspecified)),
			Doubts: []diagnosis.Code{TCPRefused, TCPTimeout}, Causes: []diagnosis.Cause{
				{Code: DNSSinkhole, Because: "{host} has the address {peer}, which is none of the web", Tell: askDNS},
				{Code: DNSHostsOverride, Because: "the hosts file may pin it", Tell: "grep {host} /etc/hosts"},
				{Code: TCPRefused, Because: "{peer} refuses the connection", Tell: askTCP}}},
		{Sign: "a name leads nowhere", Op: op, When: all(not(ofProxy), unspecified), Doubts: []diagnosis.Code{TCPRefused, TCPTimeout},
			Causes: []diagnosis.Cause{
				{Code: DNSSinkhole, Because: "{peer} is the address that filters of names give", Tell: askDNS},
				{Code: DNSHostsOverride, Because: "the hosts file may pin it", Tell: "grep {host} /etc/hosts"}}},
		{Sign: "a device may refuse the way", Op: op, Kinds: []evidence.Kind{evidence.NoRoute}, When: all(says("no route to host",
			"ehostunreach"), not(ofProxy), not(noPeer), not(overIPv6)),
			Doubts: []diagnosis.Code{TCPNoRoute}, Causes: []diagnosis.Cause{
				{Code: TCPNoRoute, Because: "a router, or this host, has no route to {peer}", Tell: "ip route get {peer}"},
				{Code: TCPProhibited, Because: "Linux says the same where a firewall rejects with \"host prohibited\"", Tell: askCheck}}},
		{Sign: "IPv6 has no way out", Op: op, Kinds: []evidence.Kind{evidence.NoRoute}, When: all(oneOf(overIPv6,
			says("cannot assign requested address", "dial tcp [")), not(ofProxy)), Doubts: []diagnosis.Code{TCPNoRoute},
			Causes: []diagnosis.Cause{
				{Code: IPv6Broken, Because: "{peer} is an IPv6 address, and there is no way to it",
					Tell: "curl -6sv https://{host}/v2/; curl -4sv https://{host}/v2/"},
				{Code: IPv6Only, Because: "the name may have no other address", Tell: "dig {host} A; dig {host} AAAA"},
				{Code: TCPNoRoute, Because: "the network is unreachable", Tell: "ip -6 route"}}},
		{Sign: "curl does not connect, and says no reason", Op: op, Kinds: []evidence.Kind{evidence.Unknown}, When: says("connect to server"),
			Causes: []diagnosis.Cause{
				{Code: ProxyRefused, Because: "newer curls say only this where the proxy refuses the connection", Tell: askProxy, Unless: not(ofProxy)},
				{Code: ProxyTimeout, Because: "the proxy may not answer", Tell: askProxy, Unless: not(ofProxy)},
				{Code: TCPTimeout, Because: "curl's number is 28: nothing answered in its time", Tell: askTCP,
					Speaks: says("(28)"), Unless: oneOf(ofProxy, not(says("(28)")))},
				{Code: TCPRefused, Because: "newer curls say only this where the connection is refused", Tell: askTCP, Unless: ofProxy},
				{Code: ProxyNeeded, Because: "the network may have a proxy that this client was not told of", Tell: askClients,
					Unless: oneOf(ofProxy, private)},
				{Code: TCPNoRoute, Because: "there may be no route", Tell: "ip route get {peer}", Unless: oneOf(ofProxy, says("(28)"))},
				{Code: TCPTimeout, Because: "a firewall may drop the connection", Tell: askTCP, Unless: oneOf(ofProxy, says("(28)"))}}},
		{Sign: "there is no way to the network", Op: op, Kinds: []evidence.Kind{evidence.NoRoute},
			When:   all(noPeer, not(namesSender), not(ofProxy)),
			Doubts: []diagnosis.Code{TCPNoRoute},
			Causes: []diagnosis.Cause{
				{Code: ClientProxyMissing,
					Because: "the client goes direct, and there is no way: a proxy that others on this host use may not be set for it", Tell: askClients},
				{Code: ProxyNeeded, Because: "the network may have a proxy", Tell: askClients},
				{Code: TCPNoRoute, Because: "the host has no route", Tell: "ip route get $(dig +short {host} | tail -1)"},
				{Code: TCPProhibited, Because: "Linux says \"no route to host\" also where a firewall rejects so", Tell: askCheck,
					Unless: not(says("no route to host"))}}},
	}
}

// readWaits are about waiting of which the text does not say for what.
func readWaits() []diagnosis.Reading {
	const op = evidence.OpDial
	// Go's words where the request was sent: behind a connection that is not there yet it says "while waiting
	// for connection" (net/http, transport.go, ResponseHeaderTimeout, errRequestCanceled, errRequestCanceledConn).
	asked := says("timeout awaiting response headers", "request canceled (client.timeout")
	return []diagnosis.Reading{
		{Sign: "a connection that stood fell silent", Op: op, Kinds: []evidence.Kind{evidence.Unknown},
			When: oneOf(stood, says("read timed out")), Causes: []diagnosis.Cause{
				{Code: ProxySilent, Because: "the proxy has the connection and sends nothing", Tell: askProxy, Unless: not(ofProxy)},
				{Code: ProxyUpstreamTimeout, Because: "the proxy may wait for the host in vain", Tell: askProxy, Unless: not(ofProxy)},
				{Code: HTTPTimeout, Because: "the connection to {peer} stood, and nothing more came in the client's time", Tell: askTCP},
				{Code: TLSTimeout, Because: "the handshake may have got no answer", Tell: askChain},
				{Code: TLSPathMTU, Because: "packets of full size may get lost, as in a VPN or an overlay network", Tell: "ping -M do -s 1472 {host}"},
				{Code: HTTPTruncated, Because: "an answer may have stopped in the middle", Tell: askCheck + " --full"},
				{Code: HTTPSlow, Because: "the link may be too slow for the client's time", Tell: askCheck + " --full"}}},
		{Sign: "the client waited for a connection", Op: op, Kinds: []evidence.Kind{evidence.Unknown},
			When: says("waiting for connection", "client.timeout", "awaiting headers", "awaiting response headers"), Causes: []diagnosis.Cause{
				{Code: ProxyNeeded, Because: "the client goes direct and gets nothing: the network may have a proxy that this client was not told of",
					Tell: askClients, Unless: oneOf(ofProxy, asked)},
				{Code: ClientProxyMissing, Because: "a proxy may be set for the shell and not for the daemon", Tell: askClients,
					Unless: oneOf(ofProxy, asked)},
				{Code: TCPTimeout, Because: "a firewall may drop the connection", Tell: askTCP, Unless: oneOf(ofProxy, asked)},
				{Code: HTTPTimeout, Because: "the client waited for the head of an answer, behind a request that it had sent", Tell: askTCP,
					Speaks: asked, Unless: not(asked)},
				{Code: HTTPTimeout, Because: "the host may have been too slow to answer", Tell: askTCP, Unless: asked},
				{Code: ProxyUpstreamTimeout, Because: "a proxy may wait for the host in vain", Tell: askProxy},
				{Code: TLSPathMTU, Because: "packets of full size may get lost, as in a VPN or an overlay network", Tell: "ping -M do -s 1472 {host}",
					Unless: not(asked)},
				{Code: DNSSlow, Because: "a slow name server uses the time up", Tell: askDNS, Unless: asked}}},
		{Sign: "the client's own time was over", Op: op, Kinds: []evidence.Kind{evidence.Unknown},
			When: says("deadline", "canceled", "awaiting 'request'"),
			Causes: []diagnosis.Cause{
				{Code: ClientGaveUp, Because: "the client's own time for the whole pull was over; the text shows no step that failed",
					Tell: askCheck + " --full", Unless: not(noURL)},
				{Code: HTTPTimeout, Because: "an answer came too late for the client", Tell: askTCP, Unless: noURL},
				{Code: TCPTimeout, Because: "a firewall may drop the connection", Tell: askTCP, Unless: noURL},
				{Code: HTTPSlow, Because: "the pull may have been too slow for the time that it was given", Tell: askCheck + " --full"},
				{Code: HTTPTimeout, Because: "an answer may have come too late for the client", Tell: askCheck, Unless: not(noURL)},
				{Code: TCPTimeout, Because: "a firewall may drop the connection", Tell: askTCP, Unless: not(noURL)},
				{Code: ClientGaveUp, Because: "the client's own time may have been over while the pull was moving",
					Tell: askCheck + " --full", Unless: noURL}}},
		{Sign: "a connection got no answer", Op: op, Kinds: []evidence.Kind{evidence.Unknown}, Causes: []diagnosis.Cause{
			{Code: TCPTimeout, Because: "a firewall may drop the connection", Tell: askTCP, Unless: ofProxy},
			{Code: ProxyNeeded, Because: "the network may have a proxy that this client was not told of", Tell: askClients, Unless: ofProxy},
			{Code: ProxyTimeout, Because: "the proxy does not answer", Tell: askProxy, Speaks: ofProxy, Unless: all(not(ofProxy), not(noHost))},
			{Code: HTTPTimeout, Because: "the host may have been too slow to answer", Tell: askTCP},
			{Code: ProxySilent, Because: "a proxy may accept the connection and not answer CONNECT", Tell: askProxy},
			{Code: TLSTimeout, Because: "the handshake may have got no answer", Tell: askChain}}},
	}
}

func readTunnels() []diagnosis.Reading {
	const op = evidence.OpTunnel
	status := []evidence.Kind{evidence.ProxyStatus}
	family := connects.Order
	login := answersConnect([]int{407}, "authentication required", "auth")
	late := answersConnect([]int{504}, "timeout", "time-out")
	unavailable := answersConnect([]int{503}, "unavailable")
	exempt := diagnosis.Cause{Code: NoProxyMissesTarget,
		Because: "{host} looks like a host of one's own network, and the client sends it to the proxy", Tell: askTCP,
		Speaks: ownHost, Unless: not(ownHost), Remedy: addToNoProxy}
	return []diagnosis.Reading{
		{Sign: "the proxy wants a login", Op: op, Kinds: status, When: all(headless, login), Doubts: family, Causes: []diagnosis.Cause{
			{Code: ProxyAuthRequired, Because: "the proxy asks for a login", Tell: askProxy},
			{Code: ProxyAuthRejected, Because: "a login may have been sent and refused; the text does not show it", Tell: askProxy},
			{Code: SettingQuoted, Because: "quotation marks around the setting become a part of the password", Tell: askDaemon},
			{Code: ProxyAuthSchemeUnsupported, Because: "it may offer only NTLM, Negotiate or Digest, which container clients do not speak",
				Tell: askProxy}}},
		{Sign: "the proxy does not take the method", Op: op, Kinds: status, When: all(headless, answersConnect([]int{400, 404, 405,
			501}, "not allowed", "bad request", "not implemented", "not found")), Doubts: family, Causes: []diagnosis.Cause{
			{Code: ProxyNotAProxy, Because: "what the setting names answers CONNECT as a web server does", Tell: askProxy},
			{Code: ProxyConnectPortDenied, Because: "some proxies refuse a port so", Tell: askOtherPort, Speaks: oddPort},
			{Code: ProxyConnectDenied, Because: "some proxies refuse a host so", Tell: askProxy}}},
		{Sign: "the proxy redirects", Op: op, Kinds: status, When: all(headless, answersConnect([]int{301, 302, 303, 307, 308}, "found",
			"moved", "redirect")), Doubts: family,
			Causes: []diagnosis.Cause{{Code: ProxyRedirects,
				Because: "the proxy answers CONNECT with a redirect, most often to a page that asks for consent or a login",
				Remedy:  "open the proxy's page in a browser on this host, or have {targets} exempted from it"}}},
		{Sign: "the proxy cannot serve the host", Op: op, Kinds: status, When: all(headless, answersConnect([]int{502, 503, 504}, "gateway",
			"unavailable", "timeout", "unreachable", "refused")), Doubts: family, Causes: []diagnosis.Cause{exempt,
			{Code: ProxyUpstreamTimeout, Because: "the proxy waited for the host in vain", Tell: askProxy, Speaks: late, Unless: not(late)},
			{Code: ProxyCannotResolveTarget, Because: "the proxy cannot resolve the host's name", Tell: askProxy, Speaks: unavailable,
				Unless: not(unavailable)},
			{Code: ProxyCannotReachTarget, Because: "the proxy cannot connect to the host", Tell: askProxy},
			{Code: ProxyCannotResolveTarget, Because: "some proxies say so where they cannot resolve the name", Tell: askProxy,
				Unless: unavailable},
			{Code: ProxyUpstreamTimeout, Because: "some proxies say so where they waited in vain", Tell: askProxy, Unless: late},
			{Code: NoProxyMissesTarget, Because: "a host of one's own network is often not reached from the proxy", Tell: askTCP,
				Unless: oneOf(public, ownHost)},
			{Code: ProxyConnectDenied, Because: "some proxies refuse a host so", Tell: askProxy},
			{Code: HTTPGatewayError, Because: "the words may be those of something in front of the registry", Tell: askGET, Unless: not(noHost)}}},
	}
}

// readRefusedTunnels are about refusals that say no reason, and about proxies that say nothing.
func readRefusedTunnels() []diagnosis.Reading {
	const op = evidence.OpTunnel
	status := []evidence.Kind{evidence.ProxyStatus}
	family := connects.Order
	exempt := diagnosis.Cause{Code: NoProxyMissesTarget,
		Because: "{host} looks like a host of one's own network, and the client sends it to the proxy", Tell: askTCP,
		Speaks: ownHost, Unless: not(ownHost)}
	return []diagnosis.Reading{
		{Sign: "the proxy's log says that the port is not allowed", Op: op, Kinds: status, When: says("refused connect method on port"),
			Doubts: family, Causes: []diagnosis.Cause{{Code: ProxyConnectPortDenied,
				Because: "the proxy's own log says that it does not allow CONNECT to port {port}",
				Remedy:  "allow CONNECT to the port of {targets} on the proxy (tinyproxy: ConnectPort)"}}},
		{Sign: "the proxy refuses a port that is not 443", Op: op, Kinds: status, When: all(not(headless), asksConnect, oddPort, code(403)),
			Doubts: []diagnosis.Code{ProxyConnectDenied},
			Causes: []diagnosis.Cause{
				{Code: ProxyConnectPortDenied, Because: "the port is {port}; proxies allow CONNECT to 443 alone unless they are told otherwise",
					Tell: askOtherPort},
				{Code: ProxyConnectDenied, Because: "the host may not be allowed at any port", Tell: askOtherPort}, exempt}},
		{Sign: "the proxy refuses", Op: op, Kinds: status, When: headless, Doubts: family, Causes: []diagnosis.Cause{exempt,
			{Code: ProxyConnectPortDenied, Because: "the port is {port}; proxies allow CONNECT to 443 alone unless they are told otherwise",
				Tell: askOtherPort, Unless: not(oddPort), Speaks: oddPort},
			{Code: ProxyConnectDenied, Because: "a phrase without a number behind a URL is the proxy's answer to CONNECT", Tell: askProxy,
				Unless: not(code(0))},
			{Code: ProxyConnectDenied, Because: "the proxy refuses CONNECT; most often its rules do not allow the host", Tell: askProxy,
				Unless: code(0)},
			{Code: ProxyAuthRequired, Because: "some proxies refuse so whoever sent no login", Tell: askProxy}}},
		{Sign: "what answers does not speak SOCKS", Op: op, Kinds: []evidence.Kind{evidence.NotHTTP}, When: ofSOCKS,
			Doubts: []diagnosis.Code{ProxyNotAProxy}, Causes: []diagnosis.Cause{
				{Code: ProxySpeaksPlaintext, Because: "the setting says socks5://, and most proxies speak HTTP; 72 is the H of HTTP/",
					Tell: askProxy, Speaks: says("version 72")},
				{Code: ProxyNotAProxy, Because: "another service may listen there", Tell: askProxy, Unless: says("version 72")}}},
		{Sign: "the SOCKS server ends the connection", Op: op, Kinds: []evidence.Kind{evidence.Closed, evidence.Reset}, When: ofSOCKS,
			Doubts: []diagnosis.Code{ProxyClosed, ProxyConnectDenied}, Causes: []diagnosis.Cause{
				{Code: ProxyClosed, Because: "what listens there ends the connection and does not answer as a SOCKS server", Tell: askProxy},
				{Code: ProxySpeaksPlaintext, Because: "the setting says socks5://, and the port may be one of an HTTP proxy", Tell: askProxy},
				{Code: ProxyConnectDenied, Because: "it may end it for this host alone", Tell: askProxy}}},
		{Sign: "the proxy ends the connection", Op: op, Kinds: []evidence.Kind{evidence.Closed, evidence.Reset, evidence.Unknown},
			When:   not(says("timeout", "timed out")),
			Doubts: []diagnosis.Code{ProxyClosed, ProxyConnectDenied, ProxyError}, Causes: []diagnosis.Cause{
				{Code: ProxyClosed, Because: "the proxy ends the connection and does not answer CONNECT", Tell: askProxy},
				{Code: ProxyConnectDenied, Because: "it may end it for this host alone", Tell: askProxy},
				{Code: TLSReset, Because: "the tunnel may stand, and the handshake inside it be reset: the connection's peer is then the proxy too",
					Tell: askProxy, Unless: not(says("reset"))},
				{Code: ProxySpeaksTLS, Because: "the port may expect TLS", Tell: "openssl s_client -connect {proxy} </dev/null"},
				{Code: ProxySpeaksPlaintext, Because: "an https:// in the setting may meet a port of plain HTTP", Tell: askProxy}}},
		{Sign: "the proxy is silent", Op: op, Kinds: []evidence.Kind{evidence.Timeout, evidence.Unknown}, Doubts: []diagnosis.Code{ProxySilent,
			ProxyUpstreamTimeout, ProxyError},
			Causes: []diagnosis.Cause{
				{Code: ProxySilent, Because: "the proxy accepts the connection and does not answer CONNECT", Tell: askProxy},
				{Code: ProxyUpstreamTimeout, Because: "it may wait for the host in vain", Tell: askProxy}}},
	}
}
