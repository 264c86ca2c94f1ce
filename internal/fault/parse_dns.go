package fault

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// dnsKind is a fault of name servers, of one or of all.
func dnsKind(name, about string, own []string, set func(params, *DNS) error) Kind {
	return Kind{Name: name, About: about, Params: append([]string{"host", "resolver", "type"}, own...),
		build: func(p params) (Fault, error) {
			f := DNS{Type: p["type"]}
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
			f.Rcode, f.ExtendedError, f.ExtendedText, f.Authority = p.or("rcode", "NXDOMAIN"), uint16(code), p["text"], p["soa"]
			return err
		}),
		dnsKind("dns-answer", "the name server answers with an address", []string{"address", "owner"}, func(p params, f *DNS) error {
			f.Rcode, f.Owner = "NOERROR", p["owner"]
			address, ok := p["address"]
			if !ok {
				return nil
			}
			f.Addresses = strings.Split(address, separator)
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
		dnsKind("dns-delay", "the name server takes its time", []string{"delay", "ms"}, func(p params, f *DNS) error {
			n, err := p.number("ms", 2500)
			f.Delay = time.Duration(n) * time.Millisecond
			if _, given := p["delay"]; given && err == nil {
				f.Delay, err = p.delay()
			}
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
