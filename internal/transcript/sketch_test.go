package transcript

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

// reading reads a text as one case.
func reading(t testing.TB, text string) *evidence.Trace {
	t.Helper()
	trace, err := Read(context.Background(), nil, []Source{{Name: "f", Data: strings.NewReader(text)}},
		evidence.Scribe{Secrets: &redact.Secrets{}}, func(string) bool { return false })
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return trace
}

// sketch is a trace in short: a line for each hop with all that tells it from another.
func sketch(trace *evidence.Trace) string {
	var out strings.Builder
	for _, h := range trace.Hops {
		fmt.Fprintf(&out, "%s %s", h.Op, h.State)
		for _, part := range []struct{ name, value string }{
			{"kind", string(h.Kind())}, {"of", h.Target}, {"role", roleUnlessUsual(h.Role)}, {"via", h.Via}, {"peer", h.Peer}, {"local", h.Local},
		} {
			if part.value != "" {
				fmt.Fprintf(&out, " %s=%s", part.name, part.value)
			}
		}
		if !h.OnPath() {
			out.WriteString(" probe")
		}
		out.WriteString(detailed(h))
		if h.Origin.Times > 1 {
			fmt.Fprintf(&out, " times=%d", h.Origin.Times)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func roleUnlessUsual(r evidence.Role) string {
	if r == evidence.Registry {
		return ""
	}
	return string(r)
}

func detailed(h evidence.Hop) string {
	out := ""
	add := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" && text != "[]" && text != "false" {
			out += " " + name + "=" + text
		}
	}
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		add("name", d.Name)
		add("server", d.Server)
		add("addresses", d.Addresses)
		for _, q := range d.Questions {
			add("asked", strings.TrimSpace(q.Type+" "+q.Rcode+" "+q.Authority))
			if q.ExtendedError >= 0 {
				add("ede", q.ExtendedError)
			}
			add("aliases", q.Aliases)
			add("flags", q.Flags)
		}
	case evidence.Dial:
		if d.ICMP != nil {
			add("icmp", fmt.Sprintf("%+v", *d.ICMP))
		}
	case evidence.Tunnel:
		add("request", strings.TrimPrefix(d.Request, "CONNECT "))
		add("code", d.Code)
		add("phrase", d.Phrase)
		if d.Log != nil {
			add("log", strings.TrimSpace(d.Log.Client+" "+d.Log.Says))
		}
	case evidence.Handshake:
		add("sni", d.ServerName)
		add("alert", d.Alert)
		add("version", d.Version)
		add("cipher", d.Cipher)
		if d.Leaf != nil {
			add("subject", d.Leaf.SubjectCN)
			add("issuer", d.Leaf.IssuerCN)
			add("names", d.Leaf.Names)
			if !d.Leaf.NotAfter.IsZero() {
				add("until", d.Leaf.NotAfter.Format("2006-01-02"))
			}
		}
	case evidence.Request:
		add("method", d.Method)
		add("url", d.URL)
		add("code", d.Code)
		add("auth", d.AuthSent)
		for _, e := range d.Errors {
			add("error", e.Code)
		}
	case evidence.Setting:
		add("decision", d.Decision)
		add("proxy", d.Proxy)
		add("variable", d.Variable)
	}
	return out
}

// same compares a sketch with the one that is wanted, both ways, line by line.
func same(t *testing.T, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("read:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

// formOf is which forms were recognised.
func formOf(trace *evidence.Trace) string { return trace.Vantage.Source }
