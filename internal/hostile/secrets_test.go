//go:build linux

package hostile

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// passwords are of the shapes that people and registries give them.
func passwords() map[string]string {
	return map[string]string{
		"plain": "hunter22-Secret", "percent": "a%41b%2Fc@d:e|f%", "quotes": "qu\"o'te\\back`tick$", "umlaut": "pässwörd-€uro",
		"slash": "ab/cd/ef+gh=ij",
		"angle": "pass<word>more&amp;tail", "spaces": "two  spaces\tand tab", "control": "ctl\x01\x1b[31mend",
		"long": "L" + strings.Repeat("0123456789abcdef", 500),
		"word": "swordfish", "short": "zq9!", "astral": "p\U0001F511key\u202eXyz",
		"token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiI3ZjNhOWMyZSJ9.c2lnbmF0dXJlLW9mLWl0",
	}
}

// echoes returns the places in which a registry gives back what it was sent. Each answer
// holds it several times.
func echoes() map[string]func(string) []byte {
	field := func(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
	quoted := func(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(field(s)) }
	name := regexp.MustCompile(`[^A-Za-z0-9-]`)
	refuse := func(body string, fields ...string) []byte {
		return answer("401 Unauthorized", body, append(fields, apiVersion)...)
	}
	return map[string]func(string) []byte{
		"fields": func(s string) []byte {
			return answer("401 No "+field(s), "", basic, "Server: "+field(s), "Via: 1.1 "+field(s), "X-Request-Id: "+field(s),
				"Content-Type: text/"+field(s), "X-Foo: "+field(s),
				"X-Registry-Note: "+strings.Repeat("x", 500)+field(s), name.ReplaceAllString(s, "-")+": x", "Set-Cookie: "+field(s)+"="+field(s),
				"X-Cache-"+name.ReplaceAllString(s, "-")+": x")
		},
		"location": func(s string) []byte {
			return answer("302 Found", "", "Location: https://other.example.com/p/"+url.PathEscape(s)+
				"?scope="+url.QueryEscape(s)+"&a="+url.QueryEscape(s)+"&"+url.QueryEscape(s)+"=1#"+url.PathEscape(s))
		},
		"location as it is": func(s string) []byte {
			return answer("302 Found", "", "Location: https://other.example.com/p/"+field(s), "Content-Location: /"+field(s))
		},
		"challenges": func(s string) []byte {
			return refuse("no", `WWW-Authenticate: Basic realm="`+quoted(s)+`"`,
				`WWW-Authenticate: Bearer realm="https://auth.example.com/`+quoted(s)+`",service="`+quoted(s)+`",scope="`+quoted(s)+
					`",error_description="the token `+quoted(s)+` is expired"`, "WWW-Authenticate: Basic realm="+field(s),
				"WWW-Authenticate: "+name.ReplaceAllString(s, "-")+" a=b")
		},
		"page": func(s string) []byte {
			return refuse("<html><head><title>for "+s+"</title></head><p>raw "+s+"</p>"+
				"<p>escaped "+html.EscapeString(s)+"</p>"+entities(s)+"<p>cut "+s[:max(len(s)*2/3, 1)], basic, "Content-Type: text/html")
		},
		"JSON": func(s string) []byte {
			message, _ := json.Marshal("for " + s) //nolint:errchkjson // a string
			return refuse(strings.ReplaceAll(fmt.Sprintf(`{"errors":[{"code":%s,"message":%s}],"detail":%s}`, message, message, escaped(s)), "/",
				`\/`), basic, "Content-Type: application/json")
		},
		"text": func(s string) []byte {
			latin := strings.Map(func(r rune) rune { return r }, s)
			return refuse("form password="+url.QueryEscape(s)+" twice "+url.QueryEscape(url.QueryEscape(s))+" hex "+fmt.Sprintf("%x", s)+" basic "+
				base64.StdEncoding.EncodeToString([]byte("joe:"+s))+" alone "+base64.URLEncoding.EncodeToString([]byte(s))+" latin "+latin1(latin),
				basic, "Content-Type: text/plain")
		},
		"no HTTP": func(s string) []byte { return []byte("ECHO " + s + strings.Repeat(" "+s, 3) + "\r\n\r\n") },
	}
}

func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

// escaped returns a JSON string with every character as \u.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return `"` + b.String() + `"`
}

func latin1(s string) string {
	var b []byte
	for _, r := range s {
		if r < 256 {
			b = append(b, byte(r))
		}
	}
	return string(b)
}

// sent returns what came in an Authorization: the password of Basic, or the token.
func sent(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme != "Basic" {
		return value
	}
	pair, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return value
	}
	_, password, _ := strings.Cut(string(pair), ":")
	return password
}

// echoing returns a registry that asks for Basic and repeats what it then gets.
func echoing(place func(string) []byte) peer {
	return speak(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") == "" {
			return answer("401 Unauthorized", "", apiVersion, basic)
		}
		return place(sent(r))
	})
}

// remains returns the forms in which more than a beginning of a password can be left.
func remains(password string) []string {
	out := []string{password}
	for _, form := range []string{strings.Join(strings.Fields(password), " "), regexp.MustCompile(`<[^>]*>`).ReplaceAllString(password, " "),
		html.UnescapeString(password),
		fmt.Sprintf("%x", password), base64.StdEncoding.EncodeToString([]byte("joe:" + password)), strings.Trim(escaped(password), `"`)} {
		if len(form) > 3 {
			out = append(out, form)
		}
	}
	if len(password) >= 16 {
		out = append(out, password[:14], password[len(password)-14:], base64.StdEncoding.EncodeToString([]byte("joe:" + password))[:18])
	}
	return out
}

// TestEchoedLoginsAreInNoOutput: a registry gives back a password of every shape in
// every place, and no form of output has it, nor a part of it.
func TestEchoedLoginsAreInNoOutput(t *testing.T) {
	var rows []attempt
	for shape, password := range passwords() {
		for place, echo := range echoes() {
			rows = append(rows, attempt{name: shape + " in " + place, args: []string{"check", target, "-u", "joe", "--password-stdin", "-v",
				"--no-probes"}, stdin: []byte(password),
				net: &network{registry: echoing(echo)}, exit: []int{1}, lacks: remains(password)})
		}
	}
	try(t, rows)
}

// TestEchoedTokensAreInNoOutput: the same with what a token server gave, also in the
// very answer that brings it.
func TestEchoedTokensAreInNoOutput(t *testing.T) {
	var rows []attempt
	for place, echo := range echoes() {
		rows = append(rows, attempt{name: place, args: []string{"check", target, "--anonymous", "-v", "--no-probes"}, exit: []int{1},
			lacks: remains(token),
			net: &network{registry: registryBut(func(r *http.Request) []byte {
				if r.Header.Get("Authorization") == "" {
					return nil
				}
				return echo(sent(r))
			})}})
	}
	early := speak(func(*http.Request) []byte {
		return answer("200 OK", `{"token":"`+token+`","access_token":"`+token[4:]+`x","refresh_token":"refresh-`+token[8:]+`"}`, "Server: "+token,
			"X-Request-Id: refresh-"+token[8:], "Via: 1.1 "+token[4:]+"x")
	})
	claims, _ := json.Marshal(map[string]any{"iss": "hunter22-Secret", "aud": []string{"for hunter22-Secret"}, "sub": "hunter22-Secret",
		"access": []map[string]any{{"type": "hunter22-Secret", "name": "a", "actions": []string{"pull"}}}}) //nolint:errchkjson // texts
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"hunter22-Secret"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
	rows = append(rows, attempt{name: "in the answer that brings it", args: []string{"check", target, "--anonymous"},
		net: &network{auth: early}, lacks: remains(token)},
		attempt{name: "claims of a token", args: []string{"check", target, "-u", "joe:hunter22-Secret"}, lacks: []string{"hunter22", jwt[:40]},
			net: &network{auth: speak(func(*http.Request) []byte {
				return answer("200 OK", `{"token":"`+jwt+`","issued_at":"hunter22-Secret"}`)
			})}})
	try(t, rows)
}

// TestSecretsInNamesOfHostsGoNowhere: a host with a secret in its name is neither
// looked up nor dialled, and the run says so.
func TestSecretsInNamesOfHostsGoNowhere(t *testing.T) {
	const password = "hunter22-Secret"
	const says = "whose name holds a secret of this run"
	label := strings.ReplaceAll(token, "_", "-")[4:]
	var asked notes
	listening := func(n *network) *network {
		n.dns = func(q dnsmessage.Question, honest []byte) [][]byte {
			asked.add(strings.ToLower(q.Name.String()))
			return [][]byte{honest}
		}
		return n
	}
	redirect := func(host string) peer {
		return registryBut(func(r *http.Request) []byte {
			if strings.Contains(r.URL.Path, "/blobs/") {
				return answer("302 Found", "", "Location: https://"+host+"/x")
			}
			return nil
		})
	}
	realm := func(host string) peer {
		return registryBut(func(r *http.Request) []byte {
			if r.Header.Get("Authorization") == "" {
				return answer("401 Unauthorized", "{}", apiVersion, `WWW-Authenticate: Bearer realm="https://`+host+`/token",service="x"`)
			}
			return nil
		})
	}
	unheard := func(t *testing.T, _ result) {
		for _, name := range asked.all() {
			if strings.Contains(name, "hunter22") || strings.Contains(name, label[:20]) {
				t.Errorf("the name server was asked for %s", name)
			}
		}
	}
	args := []string{"check", target, "-u", "joe:" + password}
	var rows []attempt
	for name, n := range map[string]*network{
		"a redirect to the token":    {registry: redirect(label + ".evil.example.net")},
		"a redirect to the password": {registry: redirect("HUNTER22-secret.evil.example.net")},
		"in the middle of a label":   {registry: redirect("xhunter22-secretx.example.net")},
		"a realm":                    {registry: realm("hunter22-secret.evil.example.net")},
		"a realm with a port":        {registry: realm("hunter22-secret.evil.example.net:8443")},
	} {
		rows = append(rows, attempt{name: name, args: args, net: listening(n), exit: []int{1}, says: []string{says},
			lacks: []string{password, "hunter22", label[:20]}, then: unheard})
	}
	rows = append(rows, attempt{name: "a redirect asked for again", args: append(args, "--repeat", "3"),
		net: listening(&network{registry: redirect("hunter22-secret.example.net")}), says: []string{says}, then: unheard},
		attempt{name: "an alias", args: args, net: &network{dns: alias("hunter22-secret.example.net")}, exit: []int{0},
			lacks: []string{password, "hunter22"}})
	try(t, rows)
}

// TestOtherPeersEchoLogins: proxies, SOCKS servers, name servers and certificates.
func TestOtherPeersEchoLogins(t *testing.T) {
	const password, proxied = "hunter22-Secret", "http://joe:hunter22-Secret@proxy.example.com:3128"
	long := strings.Repeat("kQ7wVn2ZtLx9Rb4HsYc6", 20)
	refusing := func(status string, fields ...string) peer {
		return speak(func(r *http.Request) []byte {
			s := password
			return answer(status+" for "+s, "<html><title>"+s+"</title><p>no "+s+"</p>", append(fields, "Server: "+s, "Content-Type: text/html")...)
		})
	}
	back := func(conn net.Conn) {
		buffer := make([]byte, 65536)
		n, _ := conn.Read(buffer)
		text := string(buffer[:n])
		_, _ = conn.Write([]byte(text[max(0, strings.Index(text, "Basic ")):]))
	}
	socks := func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 512))
		_, _ = conn.Write([]byte{5, 2})
		buffer := make([]byte, 1024)
		n, _ := conn.Read(buffer)
		_, _ = conn.Write(append([]byte("no "), buffer[:n]...))
	}
	bannered := func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 512))
		_, _ = conn.Write([]byte("220 " + password + " " + password))
	}
	cert := func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: registryHost, Organization: []string{password}, OrganizationalUnit: []string{"of " + password}}
		c.DNSNames = append(c.DNSNames, "hunter22-secret.example.net")
		c.IssuingCertificateURL, c.CRLDistributionPoints = []string{"http://h/" + password}, []string{"http://h/" + password}
	}
	told := func(q dnsmessage.Question, _ []byte) [][]byte {
		m := dnsmessage.Message{Header: dnsmessage.Header{Response: true, RCode: dnsmessage.RCodeRefused}, Questions: []dnsmessage.Question{q}}
		extra := append([]byte{0, 15}, []byte("blocked for "+password)...)
		m.Additionals = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Class: 1232},
			Body: &dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: 15, Data: extra}}}}}
		packed, err := m.Pack()
		if err != nil {
			return nil
		}
		return [][]byte{packed}
	}
	lacks := []string{password, "hunter22"}
	proxy := func(name string, p peer, more ...string) attempt {
		return attempt{name: name, args: append([]string{"check", target, "--anonymous", "-v", "-x", proxied}, more...), net: &network{proxy: p},
			exit: []int{1}, lacks: lacks}
	}
	withID := func(n func(dnsmessage.Question, []byte) [][]byte) func(dnsmessage.Question, []byte) [][]byte {
		return func(q dnsmessage.Question, honest []byte) [][]byte {
			out := n(q, honest)
			for _, m := range out {
				copy(m, honest[:2])
			}
			return out
		}
	}
	try(t, []attempt{
		proxy("a proxy refuses", refusing("403 Forbidden")),
		proxy("a proxy asks again", refusing("407 No", `Proxy-Authenticate: Basic realm="for `+password+`"`)),
		proxy("a proxy redirects", refusing("302 Found", "Location: https://portal.example.net/"+password)),
		proxy("a proxy redirects to the name", refusing("302 Found", "Location: https://hunter22-secret.example.net/")),
		proxy("a proxy asks by Digest", refusing("407 No", `Proxy-Authenticate: Digest realm="`+password+`", nonce="`+password+`", qop="auth"`),
			"--proxy-digest"),
		proxy("a proxy asks by Digest of no algorithm", refusing("407 No",
			`Proxy-Authenticate: Digest realm="`+password+`", nonce="x", algorithm="`+password+`"`), "--proxy-digest"),
		proxy("a proxy asks by NTLM", refusing("407 No", "Proxy-Authenticate: NTLM "+base64.StdEncoding.EncodeToString([]byte(password))),
			"--proxy-ntlm"),
		proxy("a proxy says it all back", back),
		proxy("a banner", bannered),
		proxy("a page before TLS", func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK " + password + "\r\n\r\n<html><title>" + password + "</title>" + password))
		}),
		{name: "a long login comes back in part", args: []string{"check", target, "--anonymous", "-x",
			"http://joe:" + long + "@proxy.example.com:3128"}, net: &network{proxy: back}, exit: []int{1},
			lacks: []string{long[:16], base64.StdEncoding.EncodeToString([]byte("joe:" + long))[:16]}},
		{name: "a SOCKS server", args: []string{"check", target, "--anonymous", "-x", "socks5h://joe:hunter22-Secret@proxy.example.com:3128"},
			net: &network{proxy: socks}, exit: []int{1}, lacks: lacks},
		{name: "a SOCKS server that is none", args: []string{"check", target, "--anonymous", "-x",
			"socks5h://joe:hunter22-Secret@proxy.example.com:3128"}, net: &network{proxy: bannered}, exit: []int{1}, lacks: lacks},
		{name: "a certificate", args: []string{"check", target, "-u", "joe:" + password, "--deep"}, net: &network{config: presenting(t, cert)},
			lacks: lacks, timeout: 10 * time.Second},
		{name: "an extended error", args: []string{"check", target, "-u", "joe:" + password}, net: &network{dns: withID(told)}, exit: []int{1},
			lacks: lacks, says: []string{"blocked for"}},
		{name: "plain text in place of TLS", args: []string{"check", target, "-u", "joe:" + password},
			net: &network{raw: map[string]peer{registryHost: bannered}}, exit: []int{1}, lacks: lacks},
	})
}
