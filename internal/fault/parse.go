package fault

import (
	"crypto/tls"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a fault that can be asked for by name and parameters.
type Kind struct {
	Name string
	// About says in a few words what breaks.
	About string
	// Params are the names of its parameters.
	Params []string
	build  func(params) (Fault, error)
}

// Usage shows name and parameters as they are typed.
func (k Kind) Usage() string {
	out := k.Name
	for i, p := range k.Params {
		sep := ","
		if i == 0 {
			sep = ":"
		}
		out += sep + p + "=…"
	}
	return out
}

type params map[string]string

// host is the host parameter; a fault without one is everyone's.
func (p params) host() string {
	if h, ok := p["host"]; ok {
		return h
	}
	return Everyone
}

func (p params) number(name string, fallback int) (int, error) {
	text, ok := p[name]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is no number", name, text)
	}
	return n, nil
}

func (p params) headers() []string {
	if h, ok := p["header"]; ok {
		return []string{h}
	}
	return nil
}

// Kinds lists the faults by name.
func Kinds() []Kind {
	return slices.Concat(socketKinds(), dnsKinds(), connectKinds(), handshakeKinds(), httpKinds())
}

func socketKinds() []Kind {
	var out []Kind
	for effect, about := range map[Effect]string{Refuse: "the connection is refused", Drop: "the SYN is dropped",
		Reset: "the accepted connection is reset", NoRoute: "no route leads there",
		Prohibit: "a router prohibits it by ICMP", HostUnreachable: "a router says that the host is unreachable",
		NetUnreachable: "a router says that the network is unreachable", DenyLocally: "this host's own kernel denies it"} {
		out = append(out, Kind{Name: "tcp-" + string(effect), About: about + "; host may be proxy, resolver or resolver-2",
			Params: []string{"host", "address", "family", "port", "behind"},
			build:  func(p params) (Fault, error) { return p.socket(effect) }})
	}
	slices.SortFunc(out, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (p params) socket(effect Effect) (Fault, error) {
	f := Socket{Host: p.host(), Effect: effect, Address: p["address"]}
	for name, into := range map[string]*int{"family": &f.Family, "port": &f.Port, "behind": &f.Behind} {
		var err error
		if *into, err = p.number(name, 0); err != nil {
			return nil, err
		}
	}
	if f.Family != 0 && f.Family != 4 && f.Family != 6 {
		return nil, fmt.Errorf("family=%d is neither 4 nor 6", f.Family)
	}
	return f, nil
}

// dnsKind is a fault of name servers, of one or of all.
func dnsKind(name, about string, own []string, set func(params, *DNS) error) Kind {
	return Kind{Name: name, About: about, Params: append([]string{"host", "resolver", "type"}, own...),
		build: func(p params) (Fault, error) {
			f := DNS{Type: strings.ToUpper(p["type"])}
			if h := p.host(); h != Everyone {
				f.Name = h
			}
			var err error
			if f.Resolver, err = p.number("resolver", 0); err != nil {
				return nil, err
			}
			err = set(p, &f)
			return f, err
		}}
}

func dnsKinds() []Kind { return slices.Concat(dnsAnswerKinds(), dnsManners()) }

// dnsAnswerKinds change what the name server says, dnsManners how.
func dnsAnswerKinds() []Kind {
	return []Kind{
		dnsKind("dns-rcode", "the name server answers with an rcode", []string{"rcode", "ede", "text", "soa"}, func(p params, f *DNS) error {
			code, err := p.number("ede", 0)
			if err == nil && (code < 0 || code > math.MaxUint16) {
				err = fmt.Errorf("ede=%d is no extended error", code)
			}
			f.Rcode, f.ExtendedError, f.ExtendedText, f.Authority = strings.ToUpper(p["rcode"]), uint16(code), p["text"], p["soa"]
			return err
		}),
		dnsKind("dns-answer", "the name server answers with an address", []string{"address"}, func(p params, f *DNS) error {
			f.Rcode = "NOERROR"
			address, ok := p["address"]
			if !ok {
				return nil
			}
			f.Addresses = []string{address}
			if _, err := netip.ParseAddr(address); err != nil {
				return fmt.Errorf("address=%s is no IP address", address)
			}
			return nil
		}),
		dnsKind("dns-bogus", "the name server takes the name's signatures for false", nil, func(_ params, f *DNS) error {
			f.Rcode, f.Unsigned = "SERVFAIL", true
			return nil
		}),
	}
}

func dnsManners() []Kind {
	return []Kind{
		dnsKind("dns-silent", "the name server does not answer", nil, func(_ params, f *DNS) error {
			f.Silent = true
			return nil
		}),
		dnsKind("dns-delay", "the name server takes its time", []string{"ms"}, func(p params, f *DNS) error {
			n, err := p.number("ms", 2500)
			f.Delay = time.Duration(n) * time.Millisecond
			return err
		}),
		dnsKind("dns-truncate", "the answer over UDP is cut", nil, func(_ params, f *DNS) error {
			f.Truncate = true
			return nil
		}),
		dnsKind("dns-wrong-id", "the answer has another ID than the question", nil, func(_ params, f *DNS) error {
			f.WrongID = true
			return nil
		}),
	}
}

func connectKinds() []Kind {
	out := []Kind{
		{Name: "connect-status", About: "the proxy answers CONNECT with a status", Params: []string{"host", "status", "phrase", "header", "body"},
			build: func(p params) (Fault, error) {
				status, err := p.number("status", http.StatusForbidden)
				return Connect{Host: p.host(), Status: status, Phrase: p["phrase"], Headers: p.headers(), Body: p["body"]}, err
			}},
		{Name: "proxy-auth", About: "the proxy asks for credentials of a scheme", Params: []string{"scheme", "realm"},
			build: func(p params) (Fault, error) {
				return ProxyAuth{Schemes: []string{p["scheme"]}, Realm: p["realm"]}, nil
			}},
	}
	for _, e := range []Effect{Close, Reset, Silence, Garbage, Late, Forge} {
		out = append(out, Kind{Name: "connect-" + string(e), About: "the proxy's answer to CONNECT: " + string(e), Params: []string{"host"},
			build: func(p params) (Fault, error) { return Connect{Host: p.host(), Effect: e}, nil }})
	}
	for _, e := range []Effect{Page, Endless, Flood} {
		out = append(out, Kind{Name: "connect-" + string(e), About: "the proxy's answer to CONNECT: " + string(e), Params: []string{"host", "status", "body"},
			build: func(p params) (Fault, error) {
				status, err := p.number("status", http.StatusBadGateway)
				return Connect{Host: p.host(), Status: status, Body: p["body"], Effect: e}, err
			}})
	}
	return append(out, proxyPortKinds()...)
}

// proxyPortKinds are about what listens where the proxy should, and about a SOCKS
// server there.
func proxyPortKinds() []Kind {
	out := []Kind{{Name: "socks-reply", About: "the SOCKS server answers with a reply code of RFC 1928", Params: []string{"host", "reply"},
		build: func(p params) (Fault, error) {
			reply, err := p.number("reply", 2)
			if err == nil && (reply < 1 || reply > math.MaxUint8) {
				err = fmt.Errorf("reply=%d is no reply code of a refusal", reply)
			}
			return Connect{Host: p.host(), Reply: reply}, err
		}}}
	for _, e := range []Effect{SpeaksTLS, TLSAlone, PlainAlone, SOCKSAlone, SpeaksSSH, WebServer, Close, Reset, Silence} {
		out = append(out, Kind{Name: "proxy-port-" + string(e), About: "the proxy's port: " + string(e),
			build: func(params) (Fault, error) { return ProxyPort{Effect: e}, nil }})
	}
	return out
}

func handshakeKinds() []Kind {
	out := []Kind{
		{Name: "tls-alert", About: "the ClientHello is answered with a fatal alert", Params: []string{"host", "number"},
			build: func(p params) (Fault, error) {
				n, err := p.number("number", 40)
				if err == nil && (n < 0 || n > 255) {
					err = fmt.Errorf("number=%d is no alert", n)
				}
				return Handshake{Host: p.host(), Effect: Alert, Alert: uint8(n)}, err
			}},
		{Name: "tls-intercept", About: "an interceptor's chain is presented", Params: []string{"host", "organization", "name"},
			build: func(p params) (Fault, error) {
				return Certificate{Host: p.host(), Issuer: "interceptor", Organization: p["organization"], CommonName: p["name"]}, nil
			}},
		{Name: "tls-expired", About: "the certificate has expired", Params: []string{"host"},
			build: func(p params) (Fault, error) {
				return Certificate{Host: p.host(), NotBefore: -90 * 24 * time.Hour, NotAfter: -24 * time.Hour}, nil
			}},
	}
	for _, e := range []Effect{Close, Reset, Silence, Plaintext} {
		out = append(out, Kind{Name: "tls-" + string(e), About: "the answer to the ClientHello, or to those with the host's name or of a size: " + string(e),
			Params: []string{"host", "only", "bytes", "first", "behind", "warning"},
			build:  func(p params) (Fault, error) { return p.handshake(e) }})
	}
	return append(out, tlsServerKinds()...)
}

// handshake reads what becomes of ClientHellos.
func (p params) handshake(e Effect) (Fault, error) {
	f := Handshake{Host: p.host(), Effect: e, Text: "<html><title>Blocked</title></html>"}
	warning := 0
	for name, into := range map[string]*int{"first": &f.First, "behind": &f.Behind, "warning": &warning} {
		var err error
		if *into, err = p.number(name, 0); err != nil {
			return nil, err
		}
	}
	if warning < 0 || warning > math.MaxUint8 {
		return nil, fmt.Errorf("warning=%d is no alert", warning)
	}
	f.Warning = uint8(warning)
	var err error
	f.Only, err = p.hello()
	return f, err
}

// hello reads which ClientHellos are meant.
func (p params) hello() (Hello, error) {
	size, err := p.number("bytes", 0)
	out := Hello{MinBytes: size}
	switch p["only"] {
	case "":
	case "name":
		out.OwnName = true
	case "post-quantum":
		out.Group = uint16(tls.X25519MLKEM768)
	case "tls-1.3":
		out.Version = tls.VersionTLS13
	case "split":
		out.Split = true
	default:
		err = fmt.Errorf("only=%s is none of name, post-quantum, tls-1.3, split", p["only"])
	}
	return out, err
}

// leastMTU is what every IPv4 host takes (RFC 791 section 3.2).
const leastMTU = 576

func tlsServerKinds() []Kind {
	return []Kind{
		{Name: "tls-old", About: "the server speaks nothing newer than TLS 1.1", Params: []string{"host"},
			build: func(p params) (Fault, error) { return TLSServer{Host: p.host(), MaxVersion: tls.VersionTLS11}, nil }},
		{Name: "path-mtu", About: "longer packets are lost without a word; host may be proxy", Params: []string{"host", "mtu"},
			build: func(p params) (Fault, error) {
				mtu, err := p.number("mtu", 1000)
				if err == nil && mtu < leastMTU {
					err = fmt.Errorf("mtu=%d is less than IPv4's least, %d", mtu, leastMTU)
				}
				return PathMTU{Host: p.host(), MTU: mtu}, err
			}},
		{Name: "tls-client-certificate", About: "the server demands a certificate of the client", Params: []string{"host"},
			build: func(p params) (Fault, error) { return TLSServer{Host: p.host(), ClientCertificate: true}, nil }},
	}
}

func httpKinds() []Kind {
	out := []Kind{{Name: "http-status", About: "a host answers requests with a status", Params: []string{"host", "path", "status", "header", "body"},
		build: func(p params) (Fault, error) {
			status, err := p.number("status", http.StatusServiceUnavailable)
			return HTTP{Host: p.host(), Path: p["path"], Status: status, Headers: p.headers(), Body: p["body"]}, err
		}}}
	for _, e := range []Effect{Close, Reset, Silence, Truncate, NotTheBody} {
		out = append(out, Kind{Name: "http-" + string(e), About: "the answer to a request: " + string(e), Params: []string{"host", "path"},
			build: func(p params) (Fault, error) { return HTTP{Host: p.host(), Path: p["path"], Effect: e}, nil }})
	}
	return out
}

// Parse reads NAME or NAME:PARAM=VALUE,PARAM=VALUE. A value runs to the comma
// before the next known parameter, so that a header may hold commas.
func Parse(text string) (Fault, error) {
	name, rest, _ := strings.Cut(text, ":")
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("no fault %q", name)
	}
	p, err := parseParams(rest, kinds[i].Params)
	if err != nil {
		return nil, fmt.Errorf("fault %s: %w", name, err)
	}
	f, err := kinds[i].build(p)
	if err != nil {
		return nil, fmt.Errorf("fault %s: %w", name, err)
	}
	return f, nil
}

func parseParams(text string, known []string) (params, error) {
	p := params{}
	last := ""
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case text == "":
		case ok && slices.Contains(known, name):
			p[name], last = value, name
		case last != "":
			p[last] += "," + part
		default:
			return nil, fmt.Errorf("no parameter %q; it has %s", part, strings.Join(known, ", "))
		}
	}
	return p, nil
}
