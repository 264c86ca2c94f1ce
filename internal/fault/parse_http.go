package fault

import (
	"fmt"
	"net/http"
	"time"
)

// slowAnswer is a delay that a client notices and bears.
const slowAnswer = 3 * time.Second

// httpKind is a fault of HTTP answers, of those that its scope means.
func httpKind(name, about string, own []string, set func(params, *HTTP) error) Kind {
	return Kind{Name: name, About: about, Params: append([]string{"host", "path", "method", "login"}, append(own, "delay")...),
		build: func(p params) (Fault, error) {
			f := HTTP{Host: p.host(), Path: p["path"], Method: p["method"]}
			switch p["login"] {
			case "":
			case "basic":
				f.WithBasic = true
			case "token":
				f.WithToken = true
			default:
				return nil, fmt.Errorf("login=%s is neither basic nor token", p["login"])
			}
			var delay error
			f.Delay, delay = p.delay()
			err := all(delay, set(p, &f))
			return f, err
		}}
}

func httpKinds() []Kind {
	out := append(httpAnswerKinds(), httpChangeKinds()...)
	for _, e := range []Effect{Close, Reset, Silence, NotTheBody, Trickle} {
		out = append(out, httpKind("http-"+string(e), "the answer to a request: "+string(e), nil, func(_ params, f *HTTP) error {
			f.Effect = e
			return nil
		}))
	}
	for _, e := range []Effect{Truncate, Stall} {
		out = append(out, httpKind("http-"+string(e), "the answer to a request: "+string(e)+" after so many bytes of the body", []string{"bytes"}, func(p params, f *HTTP) (err error) {
			f.Effect = e
			f.Bytes, err = p.size("bytes", 0)
			return err
		}))
	}
	return out
}

// httpAnswerKinds replace the answer, httpChangeKinds change it or the request.
func httpAnswerKinds() []Kind {
	return []Kind{
		httpKind("http-status", "a host answers requests with a status", []string{"status", "header", "body"}, func(p params, f *HTTP) (err error) {
			f.Headers, f.Body = p.list("header"), p["body"]
			f.Status, err = p.status(http.StatusServiceUnavailable)
			return err
		}),
		httpKind("http-redirect", "a host answers requests with a redirect", []string{"status", "to"}, func(p params, f *HTTP) (err error) {
			f.Headers = []string{"Location: " + p.or("to", "https://login.corp.example/")}
			f.Status, err = p.redirect()
			return err
		}),
		httpKind("http-limit", "requests whose line and fields are longer are refused", []string{"head", "status"}, func(p params, f *HTTP) error {
			var head, status error
			f.OverHead, head = p.size("head", 8<<10) // Apache's and nginx's limit of one line
			f.Status, status = p.status(http.StatusRequestHeaderFieldsTooLarge)
			return all(head, status)
		}),
	}
}

func httpChangeKinds() []Kind {
	return []Kind{
		httpKind("http-header", "fields of the proper answer are added or stripped", []string{"header", "strip"}, func(p params, f *HTTP) error {
			f.Headers, f.Remove = p.list("header"), p.list("strip")
			return nil
		}),
		httpKind("http-strip", "a field of the request is taken away", []string{"field"}, func(p params, f *HTTP) error {
			f.Effect, f.Field = Strip, p.or("field", "Authorization")
			return nil
		}),
		httpKind("http-body", "the body of the proper answer is replaced", []string{"body"}, func(p params, f *HTTP) error {
			f.Body = p.or("body", "<html><title>Blocked</title></html>")
			return nil
		}),
		httpKind("http-rate", "the body comes at so many bytes a second; rate=4K if not given", []string{"rate"}, func(p params, f *HTTP) (err error) {
			f.Rate, err = p.size("rate", slowRate)
			return err
		}),
		httpKind("http-delay", "the proper answer comes late", nil, func(_ params, f *HTTP) error {
			if f.Delay == 0 {
				f.Delay = slowAnswer
			}
			return nil
		}),
	}
}

// or is a parameter's value, or another where it is not there.
func (p params) or(name, otherwise string) string {
	if v, ok := p[name]; ok {
		return v
	}
	return otherwise
}
