package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// Codes of causes that lie in how clients are set up.
const (
	HTTPSProxyMissing          diagnosis.Code = "https-proxy-missing"           // only HTTP_PROXY or ALL_PROXY is set, so https goes direct
	ProxyURLInvalid            diagnosis.Code = "proxy-url-invalid"             // the proxy variable's value cannot be read as it was meant
	NoProxyBypassesTarget      diagnosis.Code = "no-proxy-bypasses-target"      // NO_PROXY sends a host direct, where only the proxy works
	NoProxyMissesTarget        diagnosis.Code = "no-proxy-misses-target"        // a host goes through the proxy, where only direct works
	RegistryEntryIneffective   diagnosis.Code = "registry-entry-ineffective"    // an entry of the client's registries does not apply
	RegistryNameSuspect        diagnosis.Code = "registry-name-suspect"         // the name of the registry is almost that of a known one
	SettingsSourceUnread       diagnosis.Code = "settings-source-unread"        // what decides the way cannot be read from here
	ClientInVM                 diagnosis.Code = "client-in-vm"                  // the engine pulls from inside a machine of this host
	RegistryBlockedByPolicy    diagnosis.Code = "registry-blocked-by-policy"    // the client's own configuration forbids the image
	ProxyCredentialsUnescaped  diagnosis.Code = "proxy-credentials-unescaped"   // name or password in the proxy's URL is not percent-encoded
	ProxyVariablesConflict     diagnosis.Code = "proxy-variables-conflict"      // the two spellings of a variable have different values
	NoProxyEntryIneffective    diagnosis.Code = "no-proxy-entry-ineffective"    // a NO_PROXY entry was meant for a host and does not match it
	NoProxyDialectsDisagree    diagnosis.Code = "no-proxy-dialects-disagree"    // clients of this host read one NO_PROXY list differently
	ClientProxyMissing         diagnosis.Code = "client-proxy-missing"          // a daemon has no proxy, the shell has one
	ClientProxyDiffers         diagnosis.Code = "client-proxy-differs"          // a daemon uses another proxy than the shell
	ProxyNeeded                diagnosis.Code = "proxy-needed"                  // direct is blocked, and another client has a working proxy
	NoProxySplitsPull          diagnosis.Code = "no-proxy-splits-pull"          // NO_PROXY sends one half of a pull direct
	DockerBuildProxyMissing    diagnosis.Code = "docker-build-proxy-missing"    // docker build requests its token without the proxy of dockerd
	ProxyVariableOneCase       diagnosis.Code = "proxy-variable-one-case"       // a proxy variable is set in one case only
	ProxyVariableEmpty         diagnosis.Code = "proxy-variable-empty"          // an empty lower-case variable hides the upper-case one
	RequestMethodSet           diagnosis.Code = "request-method-set"            // REQUEST_METHOD is set
	ProxyURLWithoutPort        diagnosis.Code = "proxy-url-without-port"        // the proxy's URL names no port
	ProxyURLWithoutScheme      diagnosis.Code = "proxy-url-without-scheme"      // the proxy's URL has no scheme
	ProxyURLHTTPS              diagnosis.Code = "proxy-url-https"               // the proxy is named with https://
	ProxySOCKS                 diagnosis.Code = "proxy-socks"                   // the proxy is a SOCKS proxy
	SettingQuoted              diagnosis.Code = "setting-quoted"                // quotation marks are where they change a value
	ClientVersionKnownBad      diagnosis.Code = "client-version-known-bad"      // a client's release reads the settings wrongly
	NoProxySeparator           diagnosis.Code = "no-proxy-separator"            // a NO_PROXY list is not separated by commas
	NoProxyURLEntry            diagnosis.Code = "no-proxy-url-entry"            // a NO_PROXY entry has a scheme, a path or a comment
	NoProxyWildcard            diagnosis.Code = "no-proxy-wildcard"             // a NO_PROXY entry has an asterisk
	NoProxyStarInList          diagnosis.Code = "no-proxy-star-in-list"         // * is one of several NO_PROXY entries
	NoProxyPort                diagnosis.Code = "no-proxy-port"                 // a NO_PROXY entry has a port
	NoProxyCIDR                diagnosis.Code = "no-proxy-cidr"                 // NO_PROXY has an address prefix
	NoProxyIPv6Form            diagnosis.Code = "no-proxy-ipv6-form"            // a NO_PROXY entry is an IPv6 address in a form that few read
	NoProxyTrailingDot         diagnosis.Code = "no-proxy-trailing-dot"         // a NO_PROXY entry ends in a dot
	NoProxyDomainForm          diagnosis.Code = "no-proxy-domain-form"          // a NO_PROXY entry names a domain only with a leading dot
	NoProxyLoopbackMissing     diagnosis.Code = "no-proxy-loopback-missing"     // NO_PROXY does not name loopback
	NoProxyIDN                 diagnosis.Code = "no-proxy-idn"                  // a NO_PROXY entry has letters beyond ASCII
	NoProxyBreaksHTTPX         diagnosis.Code = "no-proxy-breaks-httpx"         // NO_PROXY makes Python tools on httpx fail
	NoProxyLookAlikes          diagnosis.Code = "no-proxy-look-alikes"          // a NO_PROXY entry also exempts hosts with the same ending
	DaemonJSONRefused          diagnosis.Code = "daemon-json-refused"           // this daemon.json keeps dockerd from starting
	DaemonJSONProxyIgnored     diagnosis.Code = "daemon-json-proxy-ignored"     // a proxy in daemon.json is set where dockerd does not read it
	DaemonJSONOverridesUnit    diagnosis.Code = "daemon-json-overrides-unit"    // the unit and daemon.json name different proxies
	DockerConfigProxies        diagnosis.Code = "docker-config-proxies"         // the proxies of ~/.docker/config.json are not for pulls
	DockerHostProxied          diagnosis.Code = "docker-host-proxied"           // the docker CLI goes to its engine through the proxy
	UnitPercentDropped         diagnosis.Code = "unit-percent-dropped"          // an assignment in a unit is dropped or changed by systemd
	PercentDoubled             diagnosis.Code = "percent-doubled"               // a doubled percent stays doubled
	EnvironmentFileLineIgnored diagnosis.Code = "environment-file-line-ignored" // a line of an environment file does not do what it says
	UnitAssignmentCut          diagnosis.Code = "unit-assignment-cut"           // an unquoted blank cuts an assignment in a unit
	UnitDropInIneffective      diagnosis.Code = "unit-drop-in-ineffective"      // a drop-in has no effect
	EnvironmentFileMissing     diagnosis.Code = "environment-file-missing"      // an environment file that a unit names does not exist
	ProxyPasswordReadable      diagnosis.Code = "proxy-password-readable"       // a proxy password can be read by every user
	ProxyOnLoopback            diagnosis.Code = "proxy-on-loopback"             // a daemon's proxy is on loopback
	SudoDropsProxy             diagnosis.Code = "sudo-drops-proxy"              // sudo removes the proxy variables
	KubeconfigProxyURL         diagnosis.Code = "kubeconfig-proxy-url"          // a kubeconfig names a proxy
	DNFProxyNone               diagnosis.Code = "dnf-proxy-none"                // a repository's proxy=_none_ does not keep dnf from the proxy
	ClientKeyIgnored           diagnosis.Code = "client-key-ignored"            // a client's own file has a key that does not do what it says
	SettingsSourceUnreadable   diagnosis.Code = "settings-source-unreadable"    // a source of settings could not be read
	ClientSettingsNotLoaded    diagnosis.Code = "client-settings-not-loaded"    // a running daemon has not loaded its settings
	ProxyIsPACFile             diagnosis.Code = "proxy-is-pac-file"             // a PAC file decides, and the client ignores it
	ClientTrustMisplaced       diagnosis.Code = "client-trust-misplaced"        // a CA file is stored where the client does not read it
)

// settings are the rows about how clients are set up.
func settings() []diagnosis.Entry {
	return slices.Concat(clientSettings(), pacRows(), clients(), lints())
}

func clientSettings() []diagnosis.Entry {
	return []diagnosis.Entry{httpsProxyMissing(), proxyURLInvalid(), noProxyBypassesTarget(), noProxyMisses(), registryBlocked(),
		sourceUnread(), clientInVM()}
}

func httpsProxyMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: HTTPSProxyMissing, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
		Title: "HTTPS_PROXY is not set, so https goes direct although {variable} names a proxy",
		Seen:  "{variable}={value} is set; for {hosts} the client reads only HTTPS_PROXY and goes direct. {direct}",
		Means: "Go clients (podman, docker, containerd, skopeo) use HTTP_PROXY for http:// only and do not read ALL_PROXY. " +
			"Registries are reached over https.",
		Remedy: "set HTTPS_PROXY={value} where the client reads it, and restart the daemon if it is one",
		Cite: []string{
			"https://github.com/docker/for-linux/issues/1039",
			"https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config",
			"internal/route/testdata/vectors.json (P07, P09)",
		},
		Values: []string{"variable", "value", "direct"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake},
		Match:  matchHTTPSProxyMissing,
		Provoke: fault.World{Title: "only HTTP_PROXY is set and direct egress is dropped", Direct: true,
			Env:   map[string]string{"HTTP_PROXY": fault.ProxyURL},
			Flags: []string{quickHop}, Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}},
		Also: []fault.World{{Title: "only ALL_PROXY is set and direct works", Direct: true,
			Env: map[string]string{"ALL_PROXY": fault.ProxyURL}},
			surveyOf(map[string]string{"HTTP_PROXY": fault.ProxyURL, "http_proxy": fault.ProxyURL}, "go-1.26.8", "curl-8.14.1")},
	}
}

func proxyURLInvalid() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyURLInvalid, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the value of {variable} is not a usable proxy URL",
		Seen:   "{variable}={value} from {where}: {problem}",
		Means:  "{clients} {effect}. The error that a client prints later may name something else.",
		Remedy: "correct {variable}: scheme://host:port, no spaces or quotes, special characters of name and password percent-encoded",
		Symptoms: []diagnosis.Symptom{
			{Text: `proxyconnect tcp: dial tcp :80: connect: connection refused`, Cite: printed},
			{Text: "lookup http: no such host", Cite: "docs/field-notes.md#proxy-urls"},
			{Text: "proxyconnect tcp: dial tcp: lookup http…", Cite: "https://github.com/helm/helm/issues/12892"},
			{Text: `lookup "http: no such host`, Cite: "docs/field-notes.md#proxy-urls"},
		},
		Cite: []string{
			"https://github.com/helm/helm/issues/12892",
			"docs/field-notes.md#proxy-urls",
			"https://github.com/golang/net/blob/v0.47.0/http/httpproxy/proxy.go (parseProxy)",
		},
		Values: []string{"variable", "value", "where", "problem", "clients", "effect"},
		Needs:  []evidence.Op{evidence.OpSetting},
		Match:  matchProxyURLInvalid,
		Provoke: fault.World{Title: "a slash is missing in the proxy's URL",
			Env: map[string]string{"HTTPS_PROXY": "http:/" + fault.ProxyName + ":" + fault.ProxyTCPPort}},
		Also: []fault.World{{Title: "a leading space makes Go ignore the proxy", Direct: true, Flags: []string{quickHop},
			Env:    map[string]string{"HTTPS_PROXY": " " + fault.ProxyURL},
			Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}}},
	}
}

func noProxyBypassesTarget() diagnosis.Entry {
	return diagnosis.Entry{
		Code: NoProxyBypassesTarget, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{variable} sends {hosts} direct, where only the proxy works",
		Seen:   "the entry {entry} of {variable} matches; direct: {direct}; through {proxy}: {proxied}",
		Means:  "The host is exempt from the proxy and cannot be reached without it.",
		Remedy: "remove {entry} from {variable}, or narrow it so that it does not match {targets}",
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp …:443: i/o timeout", Cite: "docs/field-notes.md#no_proxy-lists"},
		},
		Cite: []string{
			"docs/field-notes.md#no_proxy-lists",
			"https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config",
			"https://github.com/openshift/cluster-authentication-operator/blob/2d56c85/pkg/controllers/proxyconfig/" +
				"proxyconfig_controller.go (checkProxyConfig)",
		},
		Values: []string{"variable", "entry", "direct", "proxy", "proxied"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		Match:  matchNoProxyBypass,
		Provoke: fault.World{Title: "quay.io is in NO_PROXY and direct egress is dropped",
			Env:   map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "localhost,quay.io"},
			Flags: []string{quickHop}, Faults: dropDirect("cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io",
				"cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io")},
	}
}

// beforeDNS are the causes that explain any failed direct look-up.
func beforeDNS() []diagnosis.Code {
	return append(lost(), SettingQuoted, HTTPSProxyMissing, ProxyIsPACFile, ProxyURLInvalid, ProxyCredentialsUnescaped, NoProxyBypassesTarget,
		ClientProxyMissing,
		ProxyNeeded)
}

// dropDirect drops what is dialled to the hosts from here; the proxy of the
// World reaches them by another way.
func dropDirect(hosts ...string) []fault.Fault {
	var out []fault.Fault
	for _, h := range hosts {
		out = append(out, fault.Socket{Host: h, Effect: fault.Drop})
	}
	return out
}

// clients are the rows about clients of one host that take different ways.
func clients() []diagnosis.Entry {
	return []diagnosis.Entry{credentialsUnescaped(), variablesConflict(), entryIneffective(), dialectsDisagree(),
		clientProxyMissing(), clientProxyDiffers(), proxyNeeded(), splitsPull(), buildProxyMissing()}
}

func credentialsUnescaped() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyCredentialsUnescaped, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "name or password in {variable} is not percent-encoded",
		Seen:  "{variable}={value} from {where}: {problem}",
		Means: `{clients} {effect}. The error that a client prints later may name something else, often a host called "http".`,
		Remedy: "percent-encode the special characters of name and password in {variable}: # %23, / %2F, ? %3F, @ %40, : %3A, % %25, " +
			"\\ %5C, space %20; in a systemd unit write each % twice",
		Symptoms: []diagnosis.Symptom{
			{Text: `proxyconnect tcp: dial tcp: lookup http on …: no such host`, Cite: printed},
			{Text: `Unsupported proxy syntax in '…'`, Cite: printed},
			{Text: "proxyconnect tcp: dial tcp: lookup http: no such host", Cite: "docs/field-notes.md#proxy-urls"},
			{Text: "lookup http on …: server misbehaving", Cite: "https://github.com/helm/helm/issues/12892"},
		},
		Cite: []string{
			"https://github.com/docker/for-linux/issues/1149",
			"https://github.com/helm/helm/issues/12892",
			"docs/field-notes.md#proxy-urls",
			"RFC 3986 section 3.2.1",
			"internal/route/testdata/vectors.json (C04 to C09, C15, C17, C20)",
		},
		Values: []string{"variable", "value", "where", "problem", "clients", "effect"},
		Needs:  []evidence.Op{evidence.OpSetting},
		After:  []diagnosis.Code{PercentDoubled},
		Match:  matchUnescaped,
		Provoke: fault.World{Title: "the password of the proxy's URL has a # in it",
			Env: map[string]string{"HTTPS_PROXY": "http://svc:pa#ss@" + fault.ProxyName + ":" + fault.ProxyTCPPort}},
		Also: []fault.World{
			{Title: "a bare percent makes Go go direct", Direct: true, Flags: []string{quickHop},
				Env:    map[string]string{"HTTPS_PROXY": "http://svc:pa%ss@" + fault.ProxyName + ":" + fault.ProxyTCPPort},
				Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Drop}}},
			{Title: "a bare percent makes Go go direct, and dockerd has the proxy without a login", Direct: true, Flags: []string{quickHop},
				Env:    map[string]string{"HTTPS_PROXY": "http://svc:100%@" + fault.ProxyName + ":" + fault.ProxyTCPPort},
				Files:  map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL)},
				Faults: []fault.Fault{fault.Socket{Host: fault.Everyone, Effect: fault.Refuse}}},
			{Title: "the password of the proxy's URL has an @ before a #",
				Env: map[string]string{"HTTPS_PROXY": "http://svc:pa@rt#ss@" + fault.ProxyName + ":" + fault.ProxyTCPPort}},
		},
	}
}

func variablesConflict() diagnosis.Entry {
	other := strings.Replace(fault.ProxyURL, "proxy.", "proxy2.", 1)
	return diagnosis.Entry{
		Code: ProxyVariablesConflict, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "{variable} and {shadowed} have different values",
		Seen:  "{clients}: {variable} from {where} is used{value}; {shadowed}={hidden} is set too",
		Means: "Go clients (podman, docker) and subscription-manager use the upper-case name; curl, git, dnf, Python and wget " +
			"use the lower-case one. A test with one tool says nothing about the other.",
		Remedy: "set {variable} and {shadowed} to the same value",
		Cite: []string{
			"docs/field-notes.md#no_proxy-lists",
			"internal/route/testdata/vectors.json (P03, P06, M03, M04)",
		},
		Values: []string{"variable", "shadowed", "value", "hidden", "where", "clients"},
		Needs:  []evidence.Op{evidence.OpSetting},
		Match:  matchConflict,
		Provoke: fault.World{Title: "HTTPS_PROXY and https_proxy name different proxies",
			Env: map[string]string{"HTTPS_PROXY": fault.ProxyURL, "https_proxy": other}},
		Also: []fault.World{surveyOf(fault.Canonical("no_proxy", fault.Canonical()["no_proxy"]+",registry.redhat.io"), "go-1.26.8",
			"curl-8.14.1")},
	}
}

func entryIneffective() diagnosis.Entry {
	return diagnosis.Entry{
		Code: NoProxyEntryIneffective, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.HostAdmin,
		Title: "the NO_PROXY entry {entry} does not match {hosts}",
		Seen:  "{variable} from {where} has {entry}; {proxy} still gets {hosts} from {clients}",
		Means: "The entry looks as if it was meant for this host, and it is written in a form that the client does not " +
			"understand: {text}.",
		Remedy: "write the entry as a plain name in {variable}, or remove it if the proxy should be used",
		Cite: []string{
			"https://github.com/moby/moby/issues/37946",
			"https://github.com/docker/for-mac/issues/5844",
			"docs/field-notes.md#no_proxy-lists",
			"https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config",
		},
		Values: []string{"entry", "variable", "where", "clients", "proxy", "text"},
		Needs:  []evidence.Op{evidence.OpSetting},
		After:  append(noProxyForms(), NoProxyMissesTarget),
		Match:  matchIneffective,
		Provoke: fault.World{Title: "a NO_PROXY entry for the registry has a wildcard inside",
			Env: map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "registry.*.io"}},
	}
}

// noProxyForms are the lints that say why an entry is read differently.
func noProxyForms() []diagnosis.Code {
	return []diagnosis.Code{NoProxySeparator, NoProxyURLEntry, NoProxyWildcard, NoProxyStarInList, NoProxyPort, NoProxyCIDR,
		NoProxyIPv6Form, NoProxyTrailingDot, NoProxyDomainForm, NoProxyIDN, SettingQuoted, ClientVersionKnownBad,
		NoProxyLookAlikes}
}

func dialectsDisagree() diagnosis.Entry {
	world := surveyOf(fault.Exempting("redhat.io"), "go-1.26.8", "insights-client", "curl-8.14.1")
	world.Title = "a parent domain exempts the registry in podman and curl, not in insights-client"
	return diagnosis.Entry{
		Code: NoProxyDialectsDisagree, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "clients on this host read NO_PROXY differently for {hosts}",
		Seen:  "the entry {entry} of {variable} sends {direct} direct; the same list does not keep {proxied} from {proxy}",
		Means: "There is no standard for NO_PROXY. A test with one client does not show what another one does.",
		Remedy: "write each domain twice, bare and with a leading dot, names without ports, commas without spaces: pullpath settings " +
			"--suggest prints the list",
		Cite: []string{
			"https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config",
			"https://everything.curl.dev/usingcurl/proxies/env.html",
			"docs/field-notes.md#no_proxy-lists",
		},
		Values:  []string{"entry", "variable", "direct", "proxied", "proxy"},
		Needs:   []evidence.Op{evidence.OpSetting},
		After:   append(noProxyForms(), NoProxyEntryIneffective),
		Match:   matchDialectsDisagree,
		Provoke: world,
	}
}

// lost are the lints that explain why a daemon has no proxy, or a broken one.
func lost() []diagnosis.Code {
	return []diagnosis.Code{UnitPercentDropped, PercentDoubled, EnvironmentFileLineIgnored, UnitDropInIneffective, DaemonJSONRefused,
		DaemonJSONProxyIgnored, ClientSettingsNotLoaded}
}

func clientProxyMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ClientProxyMissing, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "{daemon} has no proxy, though {shell} has one",
		Seen:  "{shell} goes to {proxy} ({variable} from {where}); {daemon}: {why}",
		Means: "A daemon does not see the variables of a shell. What works here with {shell} fails in {daemon} on a network where " +
			"only the proxy reaches the Internet.",
		Remedy: "set the proxy for {daemon} where it reads it: {change}",
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp …:443: i/o timeout", Cite: "https://github.com/kubernetes-sigs/cri-tools/issues/336"},
			{Text: "lookup … no such host", Cite: "docs/field-notes.md#errors-of-a-look-up"},
		},
		Cite: []string{
			"https://github.com/kubernetes-sigs/cri-tools/issues/336",
			"https://github.com/containerd/containerd/issues/11164",
			"https://github.com/cri-o/cri-o/issues/3003",
			"docs/field-notes.md#who-connects",
			"https://docs.docker.com/engine/daemon/proxy/",
		},
		Values: []string{"daemon", "shell", "proxy", "variable", "where", "why", "change"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		After:  lost(),
		Match:  matchClientProxyMissing,
		Provoke: fault.World{Title: "the shell has a proxy, dockerd has none", Env: fault.Canonical(),
			Files: map[string]string{dockerUnit: plainUnit}},
	}
}

func clientProxyDiffers() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ClientProxyDiffers, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "{daemon} uses another proxy than {shell}",
		Seen:   "{shell} goes to {proxy} ({variable} from {where}); {daemon} goes to {other} ({othervariable} from {otherwhere})",
		Means:  "Two proxies may have two allow-lists. A host that passes for one client may be refused for the other.",
		Remedy: "set both to the same proxy, or have the hosts allowed on both",
		Cite: []string{
			"docs/field-notes.md#sudo",
			"https://everything.curl.dev/usingcurl/proxies/env.html",
			"docs/field-notes.md#dockerd",
		},
		Values: []string{"daemon", "shell", "proxy", "variable", "where", "other", "othervariable", "otherwhere"},
		Needs:  []evidence.Op{evidence.OpSetting},
		After:  lost(),
		Match:  matchClientProxyDiffers,
		Provoke: fault.World{Title: "dockerd has another proxy than the shell", Env: fault.Canonical(),
			Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn("http://proxy2.corp.example:3128")}},
	}
}

func proxyNeeded() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ProxyNeeded, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "direct access fails, and {other} on this host has a proxy that answers",
		Seen:   "direct: {direct}; through {proxy}, which {other} has from {where}: {proxied}",
		Means:  "The client under test has no proxy set. The proxy that another client of this host uses answers for the same host.",
		Remedy: "set HTTPS_PROXY={proxy} for the client, with the credentials that {other} has, if any",
		Symptoms: []diagnosis.Symptom{
			{Text: "dial tcp …:443: i/o timeout", Cite: "https://github.com/kubernetes-sigs/cri-tools/issues/336"},
			{Text: "Client.Timeout exceeded while awaiting headers", Cite: "https://github.com/okd-project/okd/issues/1693"},
		},
		Cite: []string{
			"https://github.com/kubernetes-sigs/cri-tools/issues/336",
			"docs/field-notes.md#who-connects",
		},
		Values: []string{"other", "direct", "proxy", "where", "proxied"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpTunnel},
		// These have a proxy set, which the client cannot read.
		After: []diagnosis.Code{ProxyURLInvalid, ProxyCredentialsUnescaped},
		Match: matchProxyNeeded,
		Provoke: fault.World{Title: "direct egress is dropped, dockerd has the proxy and the shell has none", Flags: []string{quickHop},
			Env: map[string]string{}, Files: map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL)},
			Faults: dropDirect("registry.redhat.io", "sso.redhat.com", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io",
				"cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io")},
		Also: []fault.World{{Title: "direct egress is dropped, and /etc/environment has a proxy that this shell has not",
			Flags: []string{quickHop}, Env: map[string]string{},
			Files:   map[string]string{"/etc/environment": "HTTPS_PROXY=" + fault.ProxyURL + "\n"},
			Targets: []string{"registry.redhat.io"}, Anonymous: true, Faults: dropDirect("registry.redhat.io", "sso.redhat.com")}},
	}
}

// splitsPull is the row about one pull that takes two ways. It speaks in a survey
// only: in a walk each half is seen to pass or fail.
func splitsPull() diagnosis.Entry {
	world := survey(fault.Exempting("registry.redhat.io"))
	world.Title = "the registry is exempt from the proxy, its token server is not"
	world.Survey = &fault.Survey{Clients: []string{"go-1.26.8"}, Hosts: []string{"registry.redhat.io", "sso.redhat.com"}}
	return diagnosis.Entry{
		Code: NoProxySplitsPull, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "one pull is split: direct to {direct}, through the proxy to {proxied}",
		Seen:  "{clients}: {entry} of {variable} matches {direct}, nothing matches {proxied}; the proxy is {proxy}",
		Means: "A pull contacts the registry, its token server and its blob hosts, and NO_PROXY is applied to each host " +
			"separately. So only one part of this pull goes through the proxy.",
		Remedy:  "exempt all hosts of the registry from the proxy or none: {direct}, {proxied}",
		Cite:    []string{"docs/field-notes.md#who-connects"},
		Values:  []string{"clients", "direct", "proxied", "entry", "variable", "proxy"},
		Needs:   []evidence.Op{evidence.OpSetting},
		Match:   matchSplitsPull,
		Provoke: world,
	}
}

// buildProxyMissing is the row about BuildKit, whose token request the CLI makes.
func buildProxyMissing() diagnosis.Entry {
	return diagnosis.Entry{
		Code: DockerBuildProxyMissing, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "docker build requests its token without the proxy that dockerd uses",
		Seen:  "dockerd goes to {proxy} ({variable} from {where}); the docker CLI in this shell goes direct",
		Means: "BuildKit pulls in the daemon, and the CLI requests the token. Where only the proxy reaches the Internet, docker pull works " +
			`and docker build ends with "failed to fetch anonymous token".`,
		Remedy: "export HTTPS_PROXY in the shell that runs docker build, or set BUILDKIT_NO_CLIENT_TOKEN=1",
		Symptoms: []diagnosis.Symptom{
			{Text: `failed to fetch anonymous token: Get "https://auth…": i/o timeout`, Cite: "https://github.com/moby/buildkit/issues/5839"},
			{Text: `failed to fetch oauth token: Post "https://auth…`, Cite: "https://github.com/moby/buildkit/issues/5839"},
		},
		Cite: []string{
			"https://github.com/moby/buildkit/issues/5839",
			"https://github.com/docker/cli/issues/4501",
			"docs/field-notes.md#docker-build",
		},
		Values: []string{"proxy", "variable", "where"},
		Needs:  []evidence.Op{evidence.OpSetting},
		Match:  matchBuildProxyMissing,
		Provoke: fault.World{Title: "dockerd has a proxy, the shell has none", Env: map[string]string{},
			Files:  map[string]string{dockerUnit: plainUnit, dockerDropIn: dropIn(fault.ProxyURL), "/usr/bin/docker": "no ELF"},
			Survey: &fault.Survey{}},
	}
}

// noProxyMisses is the other half of no-proxy-bypasses-target: a host that belongs
// on the list and is not on it, or not in a form that the client takes.
func noProxyMisses() diagnosis.Entry {
	private := []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "10.20.30.40", Private: true}}
	return diagnosis.Entry{
		Code: NoProxyMissesTarget, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title: "the way through the proxy fails for {hosts}, and a direct connection works",
		Seen:  "{peers} answered {request}: {answer}; direct, {address} completes the TLS handshake. {meant}",
		Means: "The host answers without the proxy and not through it. It most likely belongs on the list of hosts that are reached " +
			"without the proxy.",
		Remedy: "add {entries} to {variable} where the client reads it, and restart the daemon if it is one",
		Symptoms: []diagnosis.Symptom{
			{Text: `Get "https://…": Forbidden`, Cite: "https://github.com/moby/moby/issues/40507"},
			{Text: "Service Unavailable", Cite: "internal/oracle/network_test.go"},
		},
		Cite: []string{
			"docs/field-notes.md#no_proxy-lists",
			"https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config",
			"https://github.com/openshift/cluster-authentication-operator/blob/2d56c85/pkg/controllers/proxyconfig/" +
				"proxyconfig_controller.go (checkProxyConfig)",
			"RFC 1918 section 3",
		},
		Values: []string{"peers", "request", "answer", "address", "meant", "entries", "variable"},
		Needs:  []evidence.Op{evidence.OpSetting, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest},
		After:  []diagnosis.Code{ProxyURLInvalid, ProxyCredentialsUnescaped},
		Match:  matchNoProxyMisses,
		Provoke: fault.World{Title: "the proxy denies a registry at a private address", Targets: []string{"registry.corp.example"},
			Hosts:  private,
			Faults: []fault.Fault{fault.Connect{Status: 403}}},
		Also: []fault.World{
			{Title: "the registry's address is in a network of NO_PROXY, and the client decides by the name",
				Targets: []string{"registry.corp.example"},
				Env:     map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "localhost,203.0.113.0/24"},
				Hosts:   []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}},
				Faults:  []fault.Fault{fault.Connect{Status: 403}}},
			{Title: "an entry of NO_PROXY is meant for the registry and does not match it", Targets: []string{"registry.corp.example"},
				Env:    map[string]string{"HTTPS_PROXY": fault.ProxyURL, "NO_PROXY": "localhost,https://registry.corp.example"},
				Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150"}},
				Faults: []fault.Fault{fault.Connect{Status: 503, Headers: []string{"Server: squid/5.7", "X-Squid-Error: ERR_DNS_FAIL 0"}}}},
		},
	}
}

// sourceUnread is about a way that cannot be told: what decides it is not to be read from here.
func sourceUnread() diagnosis.Entry {
	return diagnosis.Entry{
		Code: SettingsSourceUnread, Since: "0.1.0",
		Layer: diagnosis.Settings, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:     "what decides for {client} cannot be read from here",
		Seen:      "{why}",
		Means:     "Nothing was sent: what another way shows says nothing of this client.",
		Remedy:    "find it out on the host itself: {find}",
		NoSymptom: "it is about what this check could not read",
		Cite:      []string{"docs/field-notes.md#proxy-settings"},
		Values:    []string{"client", "why", "find"},
		Needs:     []evidence.Op{evidence.OpSetting},
		Match:     matchSourceUnread,
		Provoke: fault.World{Title: "systemd passes the proxy on from its own environment", Direct: true, Flags: asClient("containerd"),
			Files: map[string]string{"/usr/bin/containerd": "", "/etc/systemd/system/containerd.service": "[Service]\n" +
				"ExecStart=/usr/bin/containerd\nPassEnvironment=HTTPS_PROXY\n"}},
	}
}
