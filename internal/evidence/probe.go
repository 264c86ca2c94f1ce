package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Probe is the name of a side probe: a hop that the client's pull does not need, made
// to tell apart what looks alike. The list is closed; [Probes] says what each asks.
type Probe string

// Side probes that are made while the paths are walked.
const (
	ProbeSources          Probe = "sources"
	ProbeClientRoute      Probe = "client-route"
	ProbeLocalLookup      Probe = "local-lookup"
	ProbeFurtherResolver  Probe = "further-resolver"
	ProbeSystemLookup     Probe = "system-lookup"
	ProbeFurtherAddress   Probe = "further-address"
	ProbeBehindRefused    Probe = "behind-refused-chain"
	ProbeRepeated         Probe = "repeated"
	ProbeTrace            Probe = "trace"
	ProbeRisingTTL        Probe = "rising-ttl"
	ProbeRisingTTLControl Probe = "rising-ttl-control"
	ProbeHelloWay         Probe = "hello-way"
	ProbeRisingHello      Probe = "rising-hello"
	ProbeRisingControl    Probe = "rising-hello-control"
	ProbeRisingLarge      Probe = "rising-hello-large"
)

// Side probes that are made when the paths were walked.
const (
	// ProbeAsClient has the other client's name behind it: [AsClient] makes one.
	ProbeAsClient         Probe = "as-"
	ProbeCheckingDisabled Probe = "checking-disabled"
	ProbeFurtherAnswer    Probe = "further-answer"
	ProbeBareName         Probe = "bare-name"
	ProbeInvalidLookup    Probe = "invalid-look-up"
	ProbeThroughProxy     Probe = "through-proxy"
	ProbeOtherSetting     Probe = "other-setting"
	ProbeSilentConnection Probe = "silent-connection"
	ProbeProxyNode        Probe = "proxy-node"
	ProbeOtherPort        Probe = "other-port"
	ProbeControl          Probe = "control"
	ProbeDirect           Probe = "direct"
	ProbeTLSToProxy       Probe = "tls-to-proxy"
	ProbePlainToProxy     Probe = "plain-to-proxy"
	ProbeSpeaksSOCKS      Probe = "speaks-socks"
	ProbeInvalidName      Probe = "invalid-name"
	ProbeBrowserAgent     Probe = "browser-agent"
	ProbeBlockPage        Probe = "block-page"
	ProbeSOCKSPassword    Probe = "socks-password"
	ProbeSOCKSGSSAPI      Probe = "socks-gssapi"
	ProbeSameHello        Probe = "same-hello"
	ProbeControlSNI       Probe = "control-sni"
	ProbeNoSNI            Probe = "no-sni"
	ProbeSNIElsewhere     Probe = "sni-elsewhere"
	ProbeSmallHello       Probe = "small-hello"
	ProbeLargeHello       Probe = "large-hello"
	ProbeSplitHello       Probe = "split-hello"
	ProbeTLS12            Probe = "tls-1.2"
	ProbeTLS13            Probe = "tls-1.3"
	ProbeTLS10            Probe = "tls-1.0"
	ProbeNewerGroups      Probe = "newer-groups"
	ProbeDockerSuites     Probe = "docker-suites"
	ProbeLegacySuites     Probe = "legacy-suites"
	ProbeSegments536      Probe = segments + "536"
	ProbeSegments1240     Probe = segments + "1240"
	ProbeSegments1360     Probe = segments + "1360"
	ProbeRawChain         Probe = "raw-chain"
	ProbeIssuerFetch      Probe = "issuer-fetch"
	ProbeByGet            Probe = "by-get"
	ProbeWithoutLogin     Probe = "without-login"
	ProbeOtherNode        Probe = "other-node"
	ProbeCutBefore        Probe = "cut-before"
	ProbeByRange          Probe = "by-range"
	ProbeKnownBadToken    Probe = "known-bad-token"
	ProbeGrowingHeader    Probe = "growing-header"
	ProbePlainHTTP        Probe = "plain-http"
	ProbeTLSFirst         Probe = "tls-first"
	ProbePACEarlier       Probe = "pac-earlier"
	ProbeHTTP1            Probe = "http1"
)

// segments is the beginning of the names of the probes with a maximum segment size.
const segments = "mss-"

// SideProbe is what is known of a probe before it is made.
type SideProbe struct {
	Probe Probe
	// Flag is the flag of check without which the probe is not made, empty for a
	// probe that what was seen calls for.
	Flag string
	// InPlace means that a report has the probe where it was begun. The others run
	// side by side, and a report has them in the order of [Probes].
	InPlace bool
	// Asks says in one sentence what the probe asks.
	Asks string
}

// Probes returns the side probes. Those of one target that run side by side are
// reported in this order.
func Probes() []SideProbe { return append(probesOnTheWay(), probesAfterwards()...) }

func probesOnTheWay() []SideProbe {
	return []SideProbe{
		{ProbeSources, "", true, "Which settings of this host belong to no client?"},
		{ProbeClientRoute, "", true, "Which way does another client of this host take to the target?"},
		{ProbeLocalLookup, "", true, "What does this host's resolver say of a name that the proxy looks up?"},
		{ProbeFurtherResolver, "", true, "What do the other name servers answer?"},
		{ProbeSystemLookup, "", true, "What do the other ways answer in which programs of this host look a name up?"},
		{ProbeFurtherAddress, "", true, "Do the other addresses of the name answer?"},
		{ProbeBehindRefused, "", true, "What does the server say behind a chain that the client refuses?"},
		{ProbeRepeated, "--repeat", true, "Which further CDN hosts does the registry send a layer to?"},
		{ProbeCutBefore, "", true, "What came of a blob before its transfer broke off and the client asked for the rest?"},
		{ProbeByRange, "", true, "Does the host serve a part of a blob?"},
		{ProbeTrace, "--trace", true, "Which devices are on the way to an address that answers?"},
		{ProbeRisingTTL, "", true, "At which device does the SYN that failed end?"},
		{ProbeRisingTTLControl, "", true, "How far does a SYN to another port of the same address get?"},
		{ProbeHelloWay, "", true, "Which devices are on the way that the ClientHello takes?"},
		{ProbeRisingHello, "", true, "At which device does a small ClientHello with the name that failed end?"},
		{ProbeRisingControl, "", true, "How far does a ClientHello get with a name that passes, or without one?"},
		{ProbeRisingLarge, "", true, "At which device does the ClientHello that failed end, where the small one is answered?"},
	}
}

func probesAfterwards() []SideProbe {
	return []SideProbe{
		{ProbeAsClient, "--client all", false, "What is another client answered?"},
		{ProbeCheckingDisabled, "", false, "Does the name server answer where it is asked not to check signatures?"},
		{ProbeFurtherAnswer, "", false, "Is the host at the address that another name server gave?"},
		{ProbeBareName, "", false, "What does the name server say of the name itself, without the search list that made the answer?"},
		{ProbeInvalidLookup, "", false, "Does the name server give an address for a name that cannot exist?"},
		{ProbeThroughProxy, "", false, "Does the target pass through the proxy from which NO_PROXY keeps it?"},
		{ProbeOtherSetting, "", false, "Does the target pass through the proxy that another client of this host has?"},
		{ProbeSilentConnection, "", false, "Is a connection reset on which nothing is sent?"},
		{ProbeProxyNode, "", false, "Do the other addresses of the proxy's name give the same tunnel?"},
		{ProbeOtherPort, "", false, "Does the proxy give a tunnel to the same host at port 443?"},
		{ProbeControl, "--control", false, "Does the proxy give a tunnel to the control host?"},
		{ProbeDirect, "", false, "Does the target answer without the proxy?"},
		{ProbeTLSToProxy, "", false, "Does the proxy speak TLS at the port where it ended a plain CONNECT?"},
		{ProbePlainToProxy, "", false, "Does the proxy take a plain CONNECT where TLS or SOCKS was expected?"},
		{ProbeSpeaksSOCKS, "", false, "Does the proxy speak SOCKS at the port where it ended a plain CONNECT?"},
		{ProbeInvalidName, deep, false, "Does the proxy give a tunnel to a name that cannot exist?"},
		{ProbeBrowserAgent, deep, false, "Does the proxy give the tunnel to a browser's User-Agent?"},
		{ProbeBlockPage, deep, false, "Which page does the proxy send for the target in plain HTTP?"},
		{ProbeSOCKSPassword, "", false, "Does the SOCKS server take a login by name and password?"},
		{ProbeSOCKSGSSAPI, "", false, "Does the SOCKS server take a login by GSSAPI?"},
		{ProbeSameHello, "", false, "Does the ClientHello that failed fail again?"},
		{ProbeControlSNI, "", false, "Does the same address answer a ClientHello with the name of a host that passed?"},
		{ProbeNoSNI, "", false, "Does the same address answer a ClientHello without a name?"},
		{ProbeSNIElsewhere, deep, false, "Does the address of a host that passed answer the name that failed?"},
		{ProbeSmallHello, "", false, "Does a ClientHello pass without the post-quantum group?"},
		{ProbeLargeHello, "", false, "Does a ClientHello pass that is as long without that group?"},
		{ProbeSplitHello, "", false, "Does a small ClientHello pass in two segments?"},
		{ProbeTLS12, "", false, "Does a ClientHello pass that offers TLS 1.2 at most?"},
		{ProbeTLS13, "", false, "Does a ClientHello pass that offers TLS 1.3 alone?"},
		{ProbeTLS10, "", false, "Does the peer speak TLS 1.0 or 1.1, which clients refuse?"},
		{ProbeNewerGroups, "", false, "Does a ClientHello pass with the key-exchange groups of a newer release of the client?"},
		{ProbeDockerSuites, "", false, "Does the peer agree on one of the cipher suites of docker and podman?"},
		{ProbeLegacySuites, "", false, "Does the peer agree on any cipher suite that can still be spoken?"},
		{ProbeSegments536, "", false, "Does the handshake pass with segments of 536 bytes, which every IPv4 host takes?"},
		{ProbeSegments1240, "", false, "Does the handshake pass with segments of 1240 bytes, those of IPv6's least MTU?"},
		{ProbeSegments1360, "", false, "Does the handshake pass with segments of 1360 bytes, those of an MTU of 1400?"},
		{ProbeRawChain, "", false, "Which bytes are the certificate that cannot be read?"},
		{ProbeIssuerFetch, deep, false, "Which certificate does the chain leave out?"},
		{ProbeByGet, "", false, "Is the request that was refused answered by GET?"},
		{ProbeWithoutLogin, "", false, "Does the token server that refused the login give a token without one?"},
		{ProbeOtherNode, "", false, "Do the other addresses of the host serve the content that came damaged?"},
		{ProbeKnownBadToken, "", false, "Is a token refused in the same way that nobody can have made?"},
		{ProbeGrowingHeader, deep, false, "At which size is a request's head refused?"},
		{ProbePlainHTTP, "", false, "Does a registry answer there in plain HTTP?"},
		{ProbeHTTP1, "", false, "Is the request that broke over HTTP/2 answered over HTTP/1.1?"},
		{ProbePACEarlier, "", false, "Does a way serve that the PAC file names before the one that was taken?"},
		{ProbeTLSFirst, "", false, "Does a registry that may be without TLS speak it?"},
	}
}

const deep = "--deep"

// SegmentProbes returns the probes with a maximum segment size, the smallest first.
func SegmentProbes() []Probe {
	return []Probe{ProbeSegments536, ProbeSegments1240, ProbeSegments1360}
}

// Segment returns the maximum segment size of a probe in bytes, false for a probe with
// the system's own.
func (p Probe) Segment() (size int, ok bool) {
	text, ok := strings.CutPrefix(string(p), segments)
	if !ok {
		return 0, false
	}
	size, err := strconv.Atoi(text)
	return size, err == nil
}

// AsClient returns the probe that asks as another client.
func AsClient(tool string) Probe { return ProbeAsClient + Probe(tool) }

// Client returns the client as which a probe asks, false for a probe that asks as the
// run's own.
func (p Probe) Client() (tool string, ok bool) {
	return strings.CutPrefix(string(p), string(ProbeAsClient))
}

// Order returns the probe's place among those of one target that run side by side,
// counted from 1; 0 for one that is reported where it was begun, and for none.
func (p Probe) Order() int {
	if _, ok := p.Client(); ok {
		p = ProbeAsClient
	}
	return 1 + slices.IndexFunc(probesAfterwards(), func(s SideProbe) bool { return s.Probe == p })
}

// maxTool bounds a client's name in a probe's, in bytes: the longest has ten.
const maxTool = 40

// check refuses a probe that is not on the list.
func (p Probe) check() error {
	if p == "" {
		return nil
	}
	if tool, ok := p.Client(); ok && tool != "" && len(tool) <= maxTool {
		return nil
	}
	if p == ProbeAsClient || !slices.ContainsFunc(Probes(), func(s SideProbe) bool { return s.Probe == p }) {
		return fmt.Errorf("no side probe %q", p)
	}
	return nil
}
