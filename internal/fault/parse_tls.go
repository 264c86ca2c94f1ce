package fault

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

func handshakeKinds() []Kind {
	out := []Kind{
		{Name: "tls-alert", About: "the ClientHello is answered with a fatal alert", Params: []string{"host", "number", "only", "bytes", "first", "behind", "warning", "delay"},
			build: func(p params) (Fault, error) {
				n, err := p.number("number", 40)
				if err == nil && (n < 0 || n > 255) {
					err = fmt.Errorf("number=%d is no alert", n)
				}
				if err != nil {
					return nil, err
				}
				f, err := p.handshake(Alert)
				if h, ok := f.(Handshake); ok {
					h.Alert = uint8(n)
					return h, err
				}
				return nil, err
			}},
	}
	for _, e := range []Effect{Close, Reset, Silence, Plaintext, Garbage} {
		out = append(out, Kind{Name: "tls-" + string(e), About: "the answer to the ClientHello, or to those with the host's name or of a size: " + string(e),
			Params: []string{"host", "only", "bytes", "first", "behind", "warning", "delay", "body"},
			build:  func(p params) (Fault, error) { return p.handshake(e) }})
	}
	return slices.Concat(out, certificateKinds(), tlsServerKinds())
}

// day is what a certificate is late or early by.
const day = 24 * time.Hour

// certificateKind is a chain other than the proper one. Each can be combined with
// an interceptor's: issuer=interceptor.
func certificateKind(name, about string, own []string, set func(params, *Certificate) error) Kind {
	return Kind{Name: name, About: about, Params: append([]string{"host", "issuer", "organization", "name"}, own...),
		build: func(p params) (Fault, error) {
			f := Certificate{Host: p.host(), Issuer: p["issuer"], Organization: p["organization"], CommonName: p["name"]}
			if !slices.Contains([]string{"", "interceptor", "private", "self", "goproxy"}, f.Issuer) {
				return nil, fmt.Errorf("issuer=%s is none of interceptor, private, self, goproxy", f.Issuer)
			}
			err := set(p, &f)
			return f, err
		}}
}

func certificateKinds() []Kind {
	return []Kind{
		certificateKind("tls-intercept", "an interceptor's chain is presented", []string{"ca-key", "expired-ca"}, func(p params, f *Certificate) error {
			f.Issuer = cmp.Or(f.Issuer, "interceptor")
			f.CAKey, f.ExpiredAuthority = p.yes("ca-key"), p.yes("expired-ca")
			return nil
		}),
		certificateKind("tls-expired", "the certificate has expired", nil, func(_ params, f *Certificate) error {
			f.NotBefore, f.NotAfter = -90*day, -day
			return nil
		}),
		certificateKind("tls-not-yet-valid", "the certificate is not valid yet", nil, func(_ params, f *Certificate) error {
			f.NotBefore, f.NotAfter = day, 90*day
			return nil
		}),
		certificateKind("tls-wrong-name", "the certificate is for another name", []string{"names"}, func(p params, f *Certificate) error {
			f.Names = strings.Fields(p.or("names", "blockpage.corp.example"))
			return nil
		}),
		certificateKind("tls-missing-intermediate", "the intermediate certificate is not sent", nil, func(_ params, f *Certificate) error {
			f.OmitIntermediate = true
			return nil
		}),
		certificateKind("tls-self", "the certificate signs itself", nil, func(_ params, f *Certificate) error {
			f.Issuer = "self"
			return nil
		}),
		certificateKind("tls-private", "the chain ends in an authority that is in no store", nil, func(_ params, f *Certificate) error {
			f.Issuer = "private"
			return nil
		}),
	}
}

// versions are TLS versions by their numbers.
var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12}

func tlsServerKinds() []Kind {
	return []Kind{
		{Name: "tls-old", About: "the server speaks nothing newer than TLS 1.1", Params: []string{"host"},
			build: func(p params) (Fault, error) { return TLSServer{Host: p.host(), MaxVersion: tls.VersionTLS11}, nil }},
		{Name: "tls-version", About: "the server speaks nothing newer than max: 1.0, 1.1 or 1.2", Params: []string{"host", "max"},
			build: func(p params) (Fault, error) {
				v, ok := versions[p.or("max", "1.1")]
				if !ok {
					return nil, fmt.Errorf("max=%s is none of 1.0, 1.1, 1.2", p["max"])
				}
				return TLSServer{Host: p.host(), MaxVersion: v}, nil
			}},
		{Name: "tls-client-certificate", About: "the server demands a certificate of the client", Params: []string{"host"},
			build: func(p params) (Fault, error) { return TLSServer{Host: p.host(), ClientCertificate: true}, nil }},
		{Name: "path-mtu", About: "longer packets are lost without a word; host may be proxy", Params: []string{"host", "mtu", "direction"},
			build: func(p params) (Fault, error) {
				mtu, err := p.number("mtu", 1000)
				if err == nil && mtu < leastMTU {
					err = fmt.Errorf("mtu=%d is less than IPv4's least, %d", mtu, leastMTU)
				}
				direction := p.or("direction", "both")
				if err == nil && direction != "both" && direction != "out" {
					err = fmt.Errorf("direction=%s is neither both nor out", direction)
				}
				return PathMTU{Host: p.host(), MTU: mtu, Outbound: direction == "out"}, err
			}},
	}
}

// handshake reads what becomes of ClientHellos.
func (p params) handshake(e Effect) (Fault, error) {
	f := Handshake{Host: p.host(), Effect: e}
	if e == Plaintext {
		f.Text = cmp.Or(p["body"], "<html><title>Blocked</title></html>")
	}
	warning := 0
	for name, into := range inOrder(map[string]*int{"first": &f.First, "behind": &f.Behind, "warning": &warning}) {
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
	if f.Only, err = p.hello(); err != nil {
		return nil, err
	}
	f.Delay, err = p.delay()
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
