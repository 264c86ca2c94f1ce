package fault

import (
	"fmt"
	"net/http"
)

// connectScope are the parameters that say which CONNECT is meant.
var connectScope = []string{"host", "port", "node", "agent", "unless-agent"}

func connectKind(name, about string, own []string, set func(params, *Connect) error) Kind {
	return Kind{Name: name, About: about, Params: append(append([]string{}, connectScope...), append(own, "delay")...),
		build: func(p params) (Fault, error) {
			f := Connect{Host: p.host(), Agent: p["agent"], UnlessAgent: p["unless-agent"]}
			var port, node, delay error
			f.Port, port = p.number("port", 0)
			f.Node, node = p.number("node", 0)
			f.Delay, delay = p.delay()
			err := all(port, node, delay, set(p, &f))
			return f, err
		}}
}

// status reads a status; what has no three digits is none (RFC 9110 section 15).
func (p params) status(fallback int) (int, error) {
	n, err := p.number("status", fallback)
	if err == nil && (n < 100 || n > 999) {
		err = fmt.Errorf("status=%d has no three digits", n)
	}
	return n, err
}

// redirect reads the status of a redirect (RFC 9110 section 15.4).
func (p params) redirect() (int, error) {
	n, err := p.status(http.StatusFound)
	if err == nil && n/100 != 3 {
		err = fmt.Errorf("status=%d is no redirect; 301, 302, 303, 307 and 308 are", n)
	}
	return n, err
}

func connectKinds() []Kind {
	out := []Kind{
		connectKind("connect-status", "the proxy answers CONNECT with a status", []string{"status", "phrase", "header", "body"}, func(p params, f *Connect) (err error) {
			f.Phrase, f.Headers, f.Body = p["phrase"], p.list("header"), p["body"]
			f.Status, err = p.status(http.StatusForbidden)
			return err
		}),
		connectKind("connect-redirect", "the proxy answers CONNECT with a redirect", []string{"status", "to"}, func(p params, f *Connect) (err error) {
			f.Headers = []string{"Location: " + p.or("to", "https://login.corp.example/")}
			f.Status, err = p.redirect()
			return err
		}),
		connectKind("connect-delay", "the proxy takes its time for the proper answer", nil, func(_ params, f *Connect) error {
			if f.Delay == 0 {
				f.Delay = slowAnswer
			}
			return nil
		}),
		{Name: "proxy-auth", About: "the proxy asks for credentials of a scheme; Basic, Digest and NTLM are taken, others offered",
			Params: []string{"scheme", "realm", "hangs-up"},
			build: func(p params) (Fault, error) {
				schemes := p.list("scheme")
				if schemes == nil {
					schemes = []string{"Basic"}
				}
				return ProxyAuth{Schemes: schemes, Realm: p["realm"], HangsUp: p.yes("hangs-up")}, nil
			}},
	}
	for _, e := range []Effect{Close, Reset, Silence, Garbage, Late, Forge} {
		out = append(out, connectKind("connect-"+string(e), "the proxy's answer to CONNECT: "+string(e), nil, func(_ params, f *Connect) error {
			f.Effect = e
			return nil
		}))
	}
	for _, e := range []Effect{Page, Endless, Flood} {
		out = append(out, connectKind("connect-"+string(e), "the proxy's answer to CONNECT: "+string(e), []string{"status", "body"}, func(p params, f *Connect) (err error) {
			f.Effect, f.Body = e, p["body"]
			f.Status, err = p.status(http.StatusBadGateway)
			return err
		}))
	}
	return append(out, proxyPortKinds()...)
}

// proxyPortKinds are about what listens where the proxy should, and about a SOCKS
// server there.
func proxyPortKinds() []Kind {
	out := []Kind{{Name: "socks-reply", About: "the SOCKS server answers with a reply code of RFC 1928", Params: []string{"host", "reply"},
		build: func(p params) (Fault, error) {
			reply, err := p.number("reply", 2)
			return Connect{Host: p.host(), Reply: reply}, err
		}}}
	for _, e := range []Effect{SpeaksTLS, TLSAlone, PlainAlone, SOCKSAlone, SpeaksSSH, WebServer, Close, Reset, Silence} {
		out = append(out, Kind{Name: "proxy-port-" + string(e), About: "the proxy's port: " + string(e),
			build: func(params) (Fault, error) { return ProxyPort{Effect: e}, nil }})
	}
	return out
}
