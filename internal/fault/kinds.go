package fault

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Kind is a fault that can be asked for by name and parameters.
type Kind struct {
	Name string
	// About says what breaks.
	About string
	// prototype is the fault without parameters.
	prototype Fault
	// params are the names of the parameters, with blanks between them.
	params string
}

// Parameters that several kinds have: which packets, questions, requests to a proxy,
// ClientHellos and requests to a host are meant, what an answer of a name server can have,
// and who signs a certificate.
const (
	ofSocket  = "host address family port tcp-only"
	ofDNS     = "host resolver type unsigned"
	ofAnswer  = "ede text soa address alias owner own truncate delay"
	ofConnect = "host port other-ports node agent unless-agent login plain"
	ofHello   = "host only sni bytes first behind"
	ofChain   = "host issuer organization name"
	ofRequest = "host path whole blob method agent head plain http2 ranged login bad-token"
)

// day is what a certificate is late or early by.
const day = 24 * time.Hour

// loginPage is where a redirect leads, and blockPage what is served, when nobody says
// more.
const (
	loginPage = "https://login.corp.example/"
	blockPage = "<html><title>Blocked</title></html>"
)

// slowAnswer is a delay that a client notices and bears.
const slowAnswer = 3 * time.Second

// kinds are all kinds of faults. A fault is of the first of them whose prototype it
// extends, so that what is more special stands first.
var kinds = []Kind{
	{"tcp-deny-locally", "this host's own kernel denies the connection; host may be proxy, resolver or resolver-2",
		Socket{Effect: DenyLocally}, ofSocket},
	{"tcp-drop", "the SYN is dropped; host may be proxy, resolver or resolver-2", Socket{Effect: Drop}, ofSocket + " behind"},
	{"tcp-host-unreachable", "a router says that the host is unreachable; host may be proxy, resolver or resolver-2",
		Socket{Effect: HostUnreachable}, ofSocket + " behind"},
	{"tcp-net-unreachable", "a router says that the network is unreachable; host may be proxy, resolver or resolver-2",
		Socket{Effect: NetUnreachable}, ofSocket + " behind"},
	{"tcp-no-route", "no route leads there; host may be proxy, resolver or resolver-2", Socket{Effect: NoRoute}, ofSocket},
	{"tcp-prohibit", "a router prohibits it by ICMP; host may be proxy, resolver or resolver-2",
		Socket{Effect: Prohibit}, ofSocket + " behind"},
	{"tcp-refuse", "the connection is refused; host may be proxy, resolver or resolver-2", Socket{Effect: Refuse}, ofSocket + " behind"},
	{"tcp-reset", "the accepted connection is reset before a byte; host may be proxy", Socket{Effect: Reset}, "host"},

	{"conn-reset", "an accepted connection is reset after so many bytes to the client; host may be proxy",
		Stream{Effect: Reset}, "host bytes delay rate"},
	{"conn-close", "an accepted connection ends after so many bytes; host may be proxy", Stream{Effect: Close}, "host bytes delay rate"},
	{"conn-half-close", "the server stops sending after so many bytes, and goes on listening; host may be proxy",
		Stream{Effect: HalfClose}, "host bytes delay rate"},
	{"conn-silence", "an accepted connection falls silent after so many bytes; host may be proxy",
		Stream{Effect: Silence}, "host bytes delay rate"},
	{"conn-alter", "one bit of an accepted connection is altered after so many bytes to the client; host may be proxy",
		Stream{Effect: NotTheBody}, "host bytes delay rate"},
	{"conn-slow", "an accepted connection is slow; rate=4K if neither rate nor delay is given; host may be proxy",
		Stream{}, "host delay rate"},

	{"dns-silent", "the name server does not answer", DNS{Silent: true}, ofDNS},
	{"dns-bogus", "the name server takes the name's signatures for false",
		DNS{Rcode: "SERVFAIL", Unsigned: true}, "host resolver type ede text"},
	{"dns-answer", "the name server answers with an address", DNS{Rcode: "NOERROR"}, ofDNS + " " + ofAnswer},
	{"dns-rcode", "the name server answers with an rcode", DNS{Rcode: "NXDOMAIN"}, ofDNS + " rcode " + ofAnswer},
	{"dns-truncate", "the answer over UDP is cut", DNS{Truncate: true}, ofDNS},
	{"dns-wrong-id", "the answer has another ID than the question", DNS{WrongID: true}, ofDNS},
	{"dns-delay", "the name server takes its time", DNS{Delay: 2500 * time.Millisecond}, ofDNS + " delay ms"},

	{"connect-redirect", "the proxy answers CONNECT with a redirect", Connect{Status: 302, To: loginPage}, ofConnect + " status to delay"},
	{"connect-status", "the proxy answers CONNECT with a status", Connect{Status: 403}, ofConnect + " status phrase header body delay"},
	{"connect-raw", "the proxy answers CONNECT with these bytes", Connect{Raw: "HTTP/1.1 403 Forbidden\r\n\r\n"}, ofConnect + " raw delay"},
	{"connect-close", "the proxy ends the connection in place of an answer to CONNECT", Connect{Effect: Close}, ofConnect + " raw delay"},
	{"connect-reset", "the proxy resets the connection in place of an answer to CONNECT", Connect{Effect: Reset}, ofConnect + " raw delay"},
	{"connect-silence", "the proxy does not answer CONNECT", Connect{Effect: Silence}, ofConnect + " raw"},
	{"connect-garbage", "the proxy answers CONNECT with bytes that are not HTTP", Connect{Effect: Garbage}, ofConnect + " delay"},
	{"connect-late", "the proxy opens the tunnel and ends it at the first byte inside", Connect{Effect: Late}, ofConnect + " delay"},
	{"connect-forge", "the proxy opens the tunnel and shakes hands itself, with a forged certificate for any name",
		Connect{Effect: Forge}, ofConnect + " delay"},
	{"connect-page", "the proxy answers CONNECT with 200 and a page where the tunnel should be", Connect{Effect: Page},
		ofConnect + " body delay"},
	{"connect-endless", "the proxy answers CONNECT with a body that never ends", Connect{Effect: Endless, Status: 502},
		ofConnect + " status body delay"},
	{"connect-flood", "the proxy answers CONNECT with headers that never end", Connect{Effect: Flood, Status: 502},
		ofConnect + " status delay"},
	{"socks-reply", "the SOCKS server answers with a reply code of RFC 1928", Connect{Reply: 2}, "host node reply"},
	{"connect-delay", "the proxy takes its time for the proper answer", Connect{Delay: slowAnswer}, ofConnect + " delay"},

	{"proxy-auth", "the proxy asks for credentials of a scheme; Basic, Digest and NTLM are taken, others offered",
		ProxyAuth{}, "scheme realm hangs-up garbled"},
	{"proxy-port-tls", "the proxy's port speaks TLS, and answers plain text with an alert", ProxyPort{Effect: SpeaksTLS}, ""},
	{"proxy-port-tls-alone", "the proxy's port speaks TLS, and ends all else", ProxyPort{Effect: TLSAlone}, "by-reset"},
	{"proxy-port-plain-alone", "the proxy's port speaks HTTP, and does not answer TLS or SOCKS", ProxyPort{Effect: PlainAlone}, ""},
	{"proxy-port-http-alone", "the proxy's port speaks HTTP, and ends SOCKS", ProxyPort{Effect: HTTPAlone}, ""},
	{"proxy-port-socks-alone", "the proxy's port speaks SOCKS, and ends all else", ProxyPort{Effect: SOCKSAlone}, ""},
	{"proxy-port-ssh", "an SSH server is at the proxy's port", ProxyPort{Effect: SpeaksSSH}, ""},
	{"proxy-port-web-server", "a web server is at the proxy's port", ProxyPort{Effect: WebServer}, ""},
	{"proxy-port-close", "the proxy's port ends the connection at the first byte", ProxyPort{Effect: Close}, ""},
	{"proxy-port-reset", "the proxy's port resets the connection at the first byte", ProxyPort{Effect: Reset}, ""},
	{"proxy-port-silence", "the proxy's port takes what is sent and says nothing", ProxyPort{Effect: Silence}, ""},

	{"tls-alert", "the ClientHello is answered with a fatal alert", Handshake{Effect: Alert, Alert: 40}, ofHello + " warning delay number"},
	{"tls-close", "the connection ends after the ClientHello", Handshake{Effect: Close}, ofHello + " warning delay"},
	{"tls-reset", "the connection is reset after the ClientHello", Handshake{Effect: Reset}, ofHello + " warning delay"},
	{"tls-silence", "the ClientHello is not answered", Handshake{Effect: Silence}, ofHello + " warning delay acknowledged"},
	{"tls-plaintext", "the ClientHello is answered in plain HTTP", Handshake{Effect: Plaintext, Text: blockPage},
		ofHello + " warning delay body"},
	{"tls-garbage", "the ClientHello is answered with a record that is no TLS", Handshake{Effect: Garbage}, ofHello + " warning delay"},

	{"tls-expired", "the certificate has expired", Certificate{NotBefore: -90 * day, NotAfter: -day}, ofChain},
	{"tls-not-yet-valid", "the certificate is not valid yet", Certificate{NotBefore: day, NotAfter: 90 * day}, ofChain},
	{"tls-wrong-name", "the certificate is for another name", Certificate{Names: []string{"blockpage.corp.example"}}, ofChain + " names"},
	{"tls-missing-intermediate", "the intermediate certificate is not sent", Certificate{OmitIntermediate: true}, ofChain},
	{"tls-self", "the certificate signs itself", Certificate{Issuer: "self"}, "host"},
	{"tls-private", "the chain ends in an authority that is in no store", Certificate{Issuer: "private"}, "host"},
	{"tls-intercept", "an interceptor's chain is presented", Certificate{Issuer: "interceptor"}, ofChain + " ca-key expired-ca"},
	{"tls-certificate", "the certificate is what the parameters make of it", Certificate{},
		ofChain + " ca-key expired-ca no-intermediate names not-before not-after negative-serial sha1 no-names " +
			"copied-timestamps for-clients only-for"},
	{"tls-client-certificate", "the server demands a certificate of the client", TLSServer{ClientCertificate: true}, "host max"},
	{"tls-suite", "the server speaks TLS 1.2 with one cipher suite; ECDHE-ECDSA-AES128-SHA (0xc009) if not given",
		TLSServer{OnlySuite: 0xc009}, "host suite client-certificate"},
	{"tls-group", "the server takes one key-exchange group alone; SecP256r1MLKEM768 if not given", TLSServer{OnlyGroup: 4587}, "host group"},
	{"tls-version", "the server speaks nothing newer than max: 1.0, 1.1 or 1.2", TLSServer{MaxVersion: 0x0302}, "host max"},
	{"tls-old", "the server speaks nothing newer than TLS 1.1", TLSServer{MaxVersion: 0x0302}, "host"},
	{"path-mtu", "longer packets are lost without a word; host may be proxy", PathMTU{MTU: 1000}, "host mtu direction"},

	{"http-limit", "requests whose line and fields are longer are refused", HTTP{OverHead: 8 << 10, Status: 431},
		ofRequest + " status header body delay"},
	{"http-redirect", "a host answers requests with a redirect; {path} in to is the path that was asked for", HTTP{Status: 302, To: loginPage},
		ofRequest + " status to delay"},
	{"http-status", "a host answers requests with a status", HTTP{Status: 503}, ofRequest + " status header body delay"},
	{"http-says", "a host refuses in a registry's or a store's own words", HTTP{Says: "docker-hub-pull-limit"}, ofRequest + " what delay"},
	{"http-raw", "a host answers requests with these bytes", HTTP{Raw: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"},
		ofRequest + " raw kept delay"},
	{"http-granted", "a host gives the proper answer whatever login the request has; over=10s is how long its body takes",
		HTTP{Granted: true}, ofRequest + " over delay"},
	{"http-strip", "a field of the request is taken away", HTTP{Effect: Strip, Field: "Authorization"}, ofRequest + " field delay"},
	{"http-close", "the connection ends in place of an answer", HTTP{Effect: Close}, ofRequest + " raw delay"},
	{"http-reset", "the connection is reset in place of an answer", HTTP{Effect: Reset}, ofRequest + " raw delay"},
	{"http-silence", "a request is not answered", HTTP{Effect: Silence}, ofRequest + " raw"},
	{"http-alter", "the bytes of the body are changed", HTTP{Effect: NotTheBody}, ofRequest + " granted delay"},
	{"http-trickle", "the body comes in drops", HTTP{Effect: Trickle}, ofRequest + " granted delay"},
	{"http-truncate", "the body ends after so many bytes; half of it if bytes is not given", HTTP{Effect: Truncate},
		ofRequest + " bytes share granted delay"},
	{"http-stall", "the body stops after so many bytes, and the connection stays open", HTTP{Effect: Stall},
		ofRequest + " bytes share granted delay"},
	{"http-body", "the body of the proper answer is replaced", HTTP{Body: blockPage}, ofRequest + " body header strip delay"},
	{"http-rate", "the body comes at so many bytes a second; rate=4K if not given", HTTP{Rate: SlowRate},
		ofRequest + " rate header strip delay"},
	{"http-delay", "the proper answer comes late", HTTP{Delay: slowAnswer}, ofRequest + " delay"},
	{"http-header", "fields of the proper answer are added or stripped", HTTP{}, ofRequest + " header strip delay"},

	{"chain", "the certificates of a report are presented, made anew", Chain{}, "host cert public trusted given trusted-by anchor copied"},
}

// Kinds returns the faults by name.
func Kinds() []Kind { return slices.Clone(kinds) }

// Params returns the names of the kind's parameters, without those of every fault.
func (k Kind) Params() []string { return strings.Fields(k.params) }

// Usage shows the parameters as they are typed, without those of every fault.
func (k Kind) Usage() string {
	if k.params == "" {
		return k.Name
	}
	return k.Name + ":" + strings.Join(k.Params(), "=…,") + "=…"
}

// counting returns the parameters of every fault that a server of the mock plays.
func counting() []field { return fieldsOf(reflect.TypeFor[Counted]()) }

// own returns the fields of the prototype that the kind has parameters for.
func (k Kind) own() []field {
	params := k.Params()
	return slices.DeleteFunc(fieldsOf(reflect.TypeOf(k.prototype)), func(f field) bool { return !slices.Contains(params, f.name) })
}

// fields returns all parameters of the kind.
func (k Kind) fields() []field {
	out := k.own()
	if slices.Contains(k.Params(), milliseconds) {
		out = append(out, field{name: milliseconds, kind: reflect.TypeFor[time.Duration]()})
	}
	if k.counts() {
		out = append(out, counting()...)
	}
	return out
}

// counts reports whether a server plays the fault, each time anew. A dialler does not
// count, and chains are made at the start.
func (k Kind) counts() bool {
	switch k.prototype.(type) {
	case Socket, PathMTU, Chain:
		return false
	}
	return true
}

// paramNames returns the names of parameters, each once.
func paramNames(fields []field) []string {
	var out []string
	for _, f := range fields {
		if !slices.Contains(out, f.name) {
			out = append(out, f.name)
		}
	}
	return out
}

func kindNamed(name string) (Kind, error) {
	var names []string
	for _, k := range kinds {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	if n := near(name, names); n != "" {
		return Kind{}, fmt.Errorf("no fault %q: %s", name, n)
	}
	return Kind{}, fmt.Errorf("no fault %q", name)
}

// kindOf returns the kind of a fault: the first whose prototype it extends.
func kindOf(f Fault) (Kind, bool) {
	v := reflect.ValueOf(Bare(f))
	for _, k := range kinds {
		if reflect.TypeOf(k.prototype) == v.Type() && k.extendedBy(v) {
			return k, true
		}
	}
	return Kind{}, false
}

// extendedBy reports whether a fault is the prototype but for the kind's parameters.
// Where no effect says what the prototype does, the fault has something in each field in
// which the prototype has.
func (k Kind) extendedBy(v reflect.Value) bool {
	prototype, rest := reflect.ValueOf(k.prototype), reflect.New(v.Type()).Elem()
	rest.Set(v)
	effect := prototype.FieldByName("Effect")
	plain := !effect.IsValid() || effect.IsZero()
	for _, f := range k.own() {
		is, was := rest.FieldByIndex(f.index), prototype.FieldByIndex(f.index)
		if plain && is.IsZero() && !was.IsZero() {
			return false
		}
		is.Set(was)
	}
	return reflect.DeepEqual(rest.Interface(), k.prototype)
}

// Name returns what logs call a fault: the name of its kind, else that of its seam.
func Name(f Fault) string {
	if k, ok := kindOf(f); ok {
		return k.Name
	}
	return Bare(f).seam()
}

// Bare returns the fault itself, without its text and its counts.
func Bare(f Fault) Fault {
	switch f := f.(type) {
	case Asked:
		return Bare(f.Fault)
	case Counted:
		return Bare(f.Fault)
	}
	return f
}
