package route

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"
)

// TestNamed: a family alone is the newest measured version, a version between two
// that are known takes the older one's rules.
func TestNamed(t *testing.T) {
	const list = "foo.example registry.corp.example"
	for _, r := range []struct{ name, list, target, want string }{
		{"go", "*.corp.example", "https://a.corp.example/", "direct"},
		{"curl", "*.corp.example", "https://a.corp.example/", "proxy"},
		{"curl-8.5.0", list, "https://registry.corp.example/", "direct"},
		{"curl-8.8.0", list, "https://registry.corp.example/", "direct"},
		{"curl-8.10.1", list, "https://registry.corp.example/", "proxy"},
		{"curl-7.80.0", "10.0.0.0/8", "https://10.1.2.3/", "proxy"},
		{"curl-7.86.1", ".corp.example,x", "https://a.corp.example/", "proxy"},
		{"curl-7.87.0", ".corp.example,x", "https://a.corp.example/", "direct"},
		{"curl-7.76.1-29.el9_4", "10.0.0.0/8", "https://10.1.2.3/", "proxy"},
		{"go-1.21.5", "2.3", "https://10.1.2.3/", "direct"},
		{"go-1.24.0", "2.3", "https://10.1.2.3/", "direct"},
		{"go-1.24.1", "2.3", "https://10.1.2.3/", "proxy"},
		{"go-1.9", "10.0.0.0/8", "https://10.1.2.3/", "proxy"},
		{"wget-1.19.5", ".corp.example", "https://a.corp.example/", "proxy"},
		{"wget-1.21.1", ".corp.example", "https://a.corp.example/", "direct"},
		{"requests-2.30.0", "corp.example", "https://notcorp.example/", "direct"},
		{"requests-2.40.0", "corp.example", "https://notcorp.example/", "proxy"},
	} {
		d, err := Named(r.name)
		if err != nil {
			t.Fatal(err)
		}
		env := environment("HTTPS_PROXY=http://p:1", "https_proxy=http://p:1")
		env = append(env, Variable{Name: "NO_PROXY", Value: r.list, Source: "e"}, Variable{Name: "no_proxy", Value: r.list, Source: "e"})
		if got := d.Decide(env, parse(t, r.target)).Outcome(); got != r.want {
			t.Errorf("%s, %q, %s: %s, want %s", r.name, r.list, r.target, got, r.want)
		}
	}
	for _, name := range []string{"", "nosuch", "nosuch-1.2", "-1", "curl-"} {
		if d, err := Named(name); err == nil || !strings.Contains(err.Error(), "known are go, curl") {
			t.Errorf("%q: %v, %v", name, d.Name, err)
		}
	}
}

// FuzzEveryDialect gives each family values that nobody writes: none panics, a
// decision names what decided, and no password gets out.
func FuzzEveryDialect(f *testing.F) {
	f.Add("http://", "@proxy:1", "a b;c,*,[::1]:5,10.0.0.0/8:5,.x.", "h.example:5", "GET")
	f.Add("", "@[fd00::1]:1", " ,\t,<local>,*.h,-,1-2", "[fd00::1]", "")
	f.Add("socks5h://", "@p", "10.1.2.0/255.255.255.0|x", "10.1.2.3", "")
	f.Fuzz(func(t *testing.T, before, after, list, host, method string) {
		cost.Linear(t, len(before)+len(after)+len(list)+len(host)+len(method), func() {
			if strings.Contains(strings.ToLower(before+after+list+host+method), "secret") {
				t.Skip("the password stands elsewhere too")
			}
			value := before + "user:secret" + after
			var env Environment
			for _, name := range []string{"https_proxy", "HTTPS_PROXY", "all_proxy"} {
				env = append(env, Variable{Name: name, Value: value, Source: "e"})
			}
			env = append(env, Variable{Name: "NO_PROXY", Value: list, Source: "e"}, Variable{Name: "no_proxy", Value: list, Source: "e"},
				Variable{Name: "REQUEST_METHOD", Value: method, Source: "e"},
				Variable{Name: "JAVA_TOOL_OPTIONS", Value: "-Dhttps.proxyHost=" + host, Source: "e"})
			for _, family := range Families() {
				d, err := Named(family)
				if err != nil {
					t.Fatal(err)
				}
				got := d.Decide(env, &url.URL{Scheme: "https", Host: host})
				if (got.Reason == NoProxy) != (got.Token != "") || got.Reason == "" ||
					!slices.Contains([]string{"direct", "proxy", "error", "unknown"}, got.Outcome()) {
					t.Fatalf("%s: %+v", family, got)
				}
				encoded, err := json.Marshal(got)
				if err != nil || strings.Contains(strings.ToLower(string(encoded)), "secret") {
					t.Fatalf("%s: %v: %q leaks: %s", family, err, value, encoded)
				}
			}
			Forms(list)
			for _, form := range ValueForms(value) {
				if strings.Contains(strings.ToLower(form.Entry+form.Write), "secret") {
					t.Fatalf("%q leaks: %+v", value, form)
				}
			}
		})
	})
}
