//go:build linux

package hostile

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"pullpath/internal/report"
)

// many repeats a line that holds its number.
func many(n int, line string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(line, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// fields returns as many header lines.
func fields(n int, line string) []string {
	return strings.Split(strings.TrimSuffix(many(n, line+"\n"), "\n"), "\n")
}

// jwt returns a token with these claims, signed by nobody.
func jwt(claims any) string {
	data, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256"}`)) + "." + part(data) + ".x"
}

func texts(n int, text string) []string { return fields(n, text) }

// leftOut reports whether a hop of the report counts what it does not keep, by a field's
// name.
func leftOut(field string) func(*testing.T, result) {
	return func(t *testing.T, r result) {
		t.Helper()
		hops, _ := r.report(t)["hops"].([]any)
		for _, h := range hops {
			hop, _ := h.(map[string]any)
			if left, ok := hop["left_out"].(map[string]any); ok && left[field] != nil {
				return
			}
		}
		t.Errorf("no hop says how many of its %s it leaves out", field)
	}
}

// bounds of a small network's outputs when a peer says as much as it can.
const (
	someKiB = 512 << 10
	oneMiB  = 1 << 20
)

// What one answer holds is bounded, and what is left out is counted.
func TestAnswersOfAnySize(t *testing.T) {
	login := []string{"check", target, "-u", "joe:hunter22-Secret", "--hop-timeout", "3s"}
	tokenOf := func(claims any) *network {
		return &network{auth: speak(func(*http.Request) []byte {
			return answer("200 OK", fmt.Sprintf(`{"token":%q}`, jwt(claims)), "Content-Type: application/json")
		})}
	}
	first := func(status, body string, lines ...string) *network {
		return &network{registry: speak(func(*http.Request) []byte { return answer(status, body, lines...) })}
	}
	var access []any
	for i := range 5000 {
		access = append(access, map[string]any{"type": "repository", "name": fmt.Sprint("r", i), "actions": []string{"pull"}})
	}
	var platforms, errors []string
	for i := range 5000 {
		platforms = append(platforms, fmt.Sprintf(`{"digest":"sha256:%064x","size":1,"platform":{"os":"os%d","architecture":"a"}}`, i, i))
		errors = append(errors, fmt.Sprintf(`{"code":"C%d","message":%q}`, i, strings.Repeat("m", 300)))
	}
	index := `{"schemaVersion":2,"manifests":[` + strings.Join(platforms, ",") + `]}`
	rows := []attempt{
		{name: "100,000 header fields", net: first("200 OK", "{}", fields(100000, "A#:")...), then: leftOut("headers")},
		{name: "20,000 fields of one name", net: first("200 OK", "{}", fields(20000, "Set-Cookie: a#=b")...), then: leftOut("headers")},
		{name: "a flood before what tells who answered", net: first("403 Forbidden", "x",
			append(fields(20000, "A#: x"), "X-Squid-Error: ERR_ACCESS_DENIED 0")...),
			says: []string{"ERR_ACCESS_DENIED"}, then: leftOut("headers")},
		{name: "header fields of 100 KiB", net: first("200 OK", "{}", fields(9, "Server: "+strings.Repeat("s", 100<<10))...)},
		{name: "a header's name of 100 KiB", net: first("200 OK", "{}", strings.Repeat("n", 100<<10)+": x")},
		{name: "16,000 challenges", net: first("401 Unauthorized", "{}", fields(10000, bearer)...)},
		{name: "a challenge of 10,000 schemes", net: first("401 Unauthorized", "{}",
			"WWW-Authenticate: "+strings.TrimSuffix(many(10000, `S# realm="r",`), ","))},
		{name: "a challenge of 10,000 parameters", net: first("401 Unauthorized", "{}", bearer+many(10000, `,p#="x"`))},
		{name: "a realm of 500 KiB", net: first("401 Unauthorized", "{}",
			`WWW-Authenticate: Bearer realm="https://`+authHost+"/"+strings.Repeat("r", 500<<10)+`"`)},
		{name: "a Location of 500 KiB", net: first("302 Found", "", "Location: https://"+otherHost+"/"+strings.Repeat("l", 500<<10))},
		{name: "a status line of 500 KiB", net: first("200 "+strings.Repeat("s", 500<<10), "")},
		{name: "10,000 errors", net: first("403 Forbidden", `{"errors":[`+strings.Join(errors, ",")+`]}`, "Content-Type: application/json")},
		{name: "an error message of 3 MiB", net: first("403 Forbidden", `{"errors":[{"code":"X","message":"`+strings.Repeat("m", 3<<20)+`"}]}`,
			"Content-Type: application/json")},
		{name: "a title of 1 MiB", net: first("403 Forbidden", "<html><title>"+strings.Repeat("t", 1<<20)+"</title>", "Content-Type: text/html")},
		{name: "a token for 60,000 services", net: tokenOf(map[string]any{"aud": texts(60000, "service-#"), "iss": "x"})},
		{name: "a token for 3,000 services", net: tokenOf(map[string]any{"aud": texts(3000, "service-#"), "iss": "x"}),
			then: leftOut("audience")},
		{name: "a token that grants 5,000 repositories", net: tokenOf(map[string]any{"access": access})},
		{name: "a token with an issuer of 1 MiB", net: tokenOf(map[string]any{"iss": strings.Repeat("i", 1<<20),
			"sub": strings.Repeat("s", 1<<20)})},
		{name: "a token of 3 MiB", net: &network{auth: speak(func(*http.Request) []byte {
			return answer("200 OK", `{"token":"`+strings.Repeat("t", 3<<20)+`"}`, "Content-Type: application/json")
		})}},
		{name: "a token answer of 100,000 keys", net: &network{auth: speak(func(*http.Request) []byte {
			return answer("200 OK", `{`+many(100000, `"k#":1,`)+`"token":"`+token+`"}`, "Content-Type: application/json")
		})}},
		{name: "an index of 5,000 platforms", net: &network{registry: registryBut(func(r *http.Request) []byte {
			if r.Header.Get("Authorization") == "" || !strings.Contains(r.URL.Path, "/manifests/") {
				return nil
			}
			return answer("200 OK", index, apiVersion, "Content-Type: application/vnd.oci.image.index.v1+json",
				"Docker-Content-Digest: "+digest(index))
		})}},
	}
	for i := range rows {
		rows[i].args, rows[i].output, rows[i].lacks = login, someKiB, []string{"hunter22-Secret"}
	}
	try(t, rows)
}

// A chain of redirects each of whose answers is as large as it can be.
func TestRedirectsOfAnySize(t *testing.T) {
	flood := fields(90000, "A#:")
	again := func(r *http.Request) []byte {
		return answer("302 Found", "", append([]string{"Location: https://" + otherHost + r.URL.Path + "x"}, flood...)...)
	}
	registry := registryBut(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") != "" && strings.Contains(r.URL.Path, "/blobs/") {
			return again(r)
		}
		return nil
	})
	try(t, []attempt{{name: "with a flood of header fields in each", args: []string{"check", target, "-u", "joe:hunter22-Secret", "--full"},
		output: 2 * oneMiB,
		net:    &network{registry: registry, other: speak(again)}, timeout: 10 * time.Second, cpu: 15 * time.Second,
		lacks: []string{"hunter22-Secret"}, then: leftOut("headers")}})
}

// Certificates with as much in them as a message takes.
func TestCertificatesOfAnySize(t *testing.T) {
	made := func(name string, change func(*x509.Certificate)) attempt {
		return attempt{name: name, args: []string{"check", target, "--anonymous"}, net: &network{config: presenting(t, change)}, output: oneMiB}
	}
	var oids []x509.OID
	var addresses []net.IP
	for i := range 2000 {
		oid, err := x509.OIDFromInts([]uint64{1, 3, 6, 1, 4, 1, uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		oids, addresses = append(oids, oid), append(addresses, net.IPv4(10, byte(i>>8), byte(i), 1))
	}
	chain := func(n int) func(*tls.Config) {
		return func(c *tls.Config) {
			leaf := trust(t).leaf
			for range n {
				leaf.Certificate = append(leaf.Certificate, leaf.Certificate[0])
			}
			c.Certificates = []tls.Certificate{leaf}
		}
	}
	rows := []attempt{
		made("2,000 names", func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, texts(2000, "h#.example.net")...) }),
		made("2,000 addresses", func(c *x509.Certificate) { c.IPAddresses = append(c.IPAddresses, addresses...) }),
		made("500 places of the issuer", func(c *x509.Certificate) {
			c.IssuingCertificateURL = texts(500, "http://h#.example.net/"+strings.Repeat("a", 40))
		}),
		made("500 revocation lists", func(c *x509.Certificate) {
			c.CRLDistributionPoints = texts(500, "http://h#.example.net/"+strings.Repeat("c", 40))
		}),
		made("2,000 policies", func(c *x509.Certificate) { c.Policies = oids }),
		made("1,000 organizations", func(c *x509.Certificate) { c.Subject.Organization = texts(1000, "Organization #") }),
		made("a name of 20 KiB", func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("n", 20<<10) }),
		made("an extension of 30 KiB", func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(make([]byte, 30<<10)))
		}),
		{name: "a chain of 60", args: []string{"check", target, "--anonymous"}, net: &network{config: chain(60)}, output: oneMiB},
		{name: "a chain of 60, with --deep", args: []string{"check", target, "--anonymous", "--deep"}, net: &network{config: chain(60)},
			output: 2 * oneMiB, cpu: 8 * time.Second},
	}
	try(t, rows)
}

// Answers of name servers with as many records as a message takes.
func TestNameAnswersOfAnySize(t *testing.T) {
	with := func(change func(*dnsmessage.Message, dnsmessage.Question)) func(dnsmessage.Question, []byte) [][]byte {
		return func(q dnsmessage.Question, honest []byte) [][]byte {
			var m dnsmessage.Message
			if m.Unpack(honest) != nil {
				return [][]byte{honest}
			}
			change(&m, q)
			raw, err := m.Pack()
			if err != nil || len(raw) > 60000 {
				return [][]byte{honest}
			}
			return [][]byte{raw}
		}
	}
	header := func(name dnsmessage.Name, kind dnsmessage.Type) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET, TTL: 60}
	}
	alias := func(i int) dnsmessage.Name { return dnsmessage.MustNewName(fmt.Sprintf("a%d.example.net.", i)) }
	rows := []attempt{
		{name: "2,000 addresses", net: &network{dns: with(func(m *dnsmessage.Message, q dnsmessage.Question) {
			for i := range 2000 {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(q.Name, dnsmessage.TypeA),
					Body: &dnsmessage.AResource{A: [4]byte{203, 0, byte(i >> 8), byte(i)}}})
			}
		})}},
		{name: "a chain of 500 aliases", net: &network{dns: with(func(m *dnsmessage.Message, q dnsmessage.Question) {
			last := q.Name
			for i := range 500 {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(last, dnsmessage.TypeCNAME),
					Body: &dnsmessage.CNAMEResource{CNAME: alias(i)}})
				last = alias(i)
			}
		})}},
		{name: "a circle of aliases", net: &network{dns: with(func(m *dnsmessage.Message, q dnsmessage.Question) {
			m.Answers = []dnsmessage.Resource{{Header: header(q.Name, dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: alias(0)}},
				{Header: header(alias(0), dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: q.Name}}}
		})}},
		{name: "texts of 30 KiB", net: &network{dns: with(func(m *dnsmessage.Message, q dnsmessage.Question) {
			for range 120 {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(q.Name, dnsmessage.TypeTXT),
					Body: &dnsmessage.TXTResource{TXT: []string{strings.Repeat("t", 250)}}})
			}
		})}},
		{name: "each answer 50 times", net: &network{dns: func(_ dnsmessage.Question, honest []byte) [][]byte {
			var out [][]byte
			for range 50 {
				out = append(out, honest)
			}
			return out
		}}},
		{name: "2,000 answers with another ID", net: &network{dns: func(_ dnsmessage.Question, honest []byte) [][]byte {
			var out [][]byte
			for i := range 2000 {
				stray := append([]byte{byte(i), byte(i >> 8)}, honest[2:]...)
				out = append(out, stray)
			}
			return out
		}}},
	}
	for i := range rows {
		rows[i].args, rows[i].output = []string{"check", target, "--anonymous", "--hop-timeout", "2s"}, someKiB
	}
	try(t, rows)
}

// reportOf returns a report with so many targets, each refused by the proxy.
func reportOf(targets int, text func(i int) string) string {
	var b strings.Builder
	b.WriteString(`{"schema":"pullpath.report/v1","tool":{"version":"x"},"started":"2026-01-02T03:04:05Z","duration_ms":1,` +
		`"seed":"s","vantage":{"hostname":"h","os":"linux","addresses":[],"resolvers":[]},"run":{"client":"podman",` +
		`"credentials":"none","timeout_ms":30000,"hop_timeout_ms":5000},"targets":[`)
	for i := range targets {
		fmt.Fprintf(&b, `%s{"id":"h%d.example.com:443","host":"h%d.example.com","port":443,`+
			`"role":"registry","required":true,"public":true,"found_by":"profile",`+
			`"route":{"kind":"proxy","proxy":"http://proxy.example.com:3128","source":"HTTPS_PROXY"},"status":"fail"}`,
			comma(i), i, i)
	}
	b.WriteString(`],"hops":[`)
	for i := range targets {
		fmt.Fprintf(&b, `%s{"id":%d,"op":"tunnel","target":"h%d.example.com:443","role":"proxy",`+
			`"via":"http://proxy.example.com:3128","peer":"203.0.113.10:3128","local":"10.0.0.1:5%04d","at":"2026-01-02T03:04:05Z",`+
			`"purpose":"path","state":"failed","began_ms":1,"took_ms":2,`+
			`"failure":{"kind":"proxy_status","text":%q},"detail":{"request":"CONNECT h%d.example.com:443 HTTP/1.1","status_line":%q,"code":403}}`,
			comma(i), i+1, i, i%10000, text(i), i, text(i))
	}
	b.WriteString(`]}`)
	return b.String()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// Ten thousand failed targets are judged and written in every form, and what would be
// more than any run's is refused before it takes memory.
func TestReportsOfAnySize(t *testing.T) {
	alike := reportOf(10000, func(int) string { return "HTTP/1.1 403 Forbidden" })
	unlike := reportOf(3000, func(i int) string { return fmt.Sprintf("HTTP/1.1 403 Forbidden by rule %d", i) })
	var rows []attempt
	commands := []string{"ticket {dir}/r.json", "ticket {dir}/r.json -o csv", "anonymize {dir}/r.json",
		"compare {dir}/r.json {dir}/r.json", "compare {dir}/r.json {dir}/r.json -o json",
		"replay --print-scenario {dir}/r.json", "replay {dir}/r.json -- true"}
	for _, f := range report.Formats() {
		commands = append(commands, "diagnose {dir}/r.json -o "+f.Name+"={dir}/out/"+f.Name)
	}
	for _, how := range commands {
		rows = append(rows,
			attempt{name: "10,000 targets: " + how, args: strings.Fields(how), plain: true, files: map[string]string{"r.json": alike},
				cpu: 12 * time.Second, output: 64 << 20, exit: []int{0, 1}},
			attempt{name: "3,000 targets, each refused otherwise: " + how, args: strings.Fields(how), plain: true,
				files: map[string]string{"r.json": unlike}, cpu: 12 * time.Second, output: 64 << 20, exit: []int{0, 1}})
	}
	const head = `{"schema":"pullpath.report/v1",`
	for name, text := range map[string]string{
		"a million empty targets": head + `"targets":[` + strings.TrimSuffix(strings.Repeat("{},", 1_000_001), ",") + `]}`,
		"30,000 targets":          head + `"targets":[` + strings.TrimSuffix(many(30000, `{"id":"#"},`), ",") + `]}`,
		"a million hops": head + `"hops":[` + strings.TrimSuffix(many(1000000, `{"id":#,"op":"dial","purpose":"path","state":"ok"},`),
			",") + `]}`,
		"300,000 hops": head + `"targets":[{"id":"a"}],"hops":[` + strings.TrimSuffix(many(300000,
			`{"id":#,"op":"dial","purpose":"path","state":"ok"},`), ",") + `]}`,
		"a million header fields in a hop": head +
			`"targets":[{"id":"a"}],"hops":[{"id":1,"op":"request","purpose":"path","state":"ok","target":"a","detail":{"headers":[` +
			strings.TrimSuffix(strings.Repeat("{},", 1_000_000), ",") + `]}}]}`,
		"lists in lists in lists":       head + `"targets":` + strings.Repeat("[", 1_000_000),
		"objects in objects":            head + strings.Repeat(`"a":{`, 1_000_000),
		"hops that stand on each other": head + `"targets":[{"id":"a"}],"hops":[` + standing(5000) + `]}`,
	} {
		for _, how := range []string{"diagnose", "anonymize"} {
			rows = append(rows, attempt{name: how + " " + name, args: []string{how, "{dir}/r.json"}, plain: true,
				files: map[string]string{"r.json": text}, exit: []int{2},
				says: []string{"read report"}, cpu: 8 * time.Second, memory: 450})
		}
	}
	try(t, rows)
}

// standing are hops each of which stands on the one before.
func standing(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"id":%d,"parent":%d,"op":"dial","purpose":"path","state":"ok","target":"a"}`, i+1, i))
	}
	return strings.Join(list, ",")
}

// Hops of one target that all bear on each other are not worked through without end.
func TestReportsMadeToBeSlow(t *testing.T) {
	var hops []string
	for i := range 60000 {
		probe := []string{"", "same-hello", "small-hello", "tls-1.2", "control-sni", "mss-536"}[i%6]
		purpose, failure := "path", `"state":"failed","failure":{"kind":"reset","text":"connection reset by peer"}`
		if probe != "" {
			purpose = "probe"
		}
		hops = append(hops, fmt.Sprintf(`{"id":%d,"op":"handshake","role":"registry","target":"a",`+
			`"peer":"203.0.113.1:443","purpose":%q,"probe":%q,%s,"detail":{"server_name":"a"}}`,
			i+1, purpose, probe, failure))
	}
	text := `{"schema":"pullpath.report/v1","targets":[{"id":"a","host":"a","required":true}],"hops":[` + strings.Join(hops, ",") + `]}`
	try(t, []attempt{{name: "60,000 handshakes with one host", args: []string{"diagnose", "{dir}/r.json"}, plain: true,
		files: map[string]string{"r.json": text},
		exit:  []int{1, 2}, cpu: 25 * time.Second, memory: 500, output: 64 << 20}})
}

// extension returns one that nobody knows.
func extension(value []byte) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Value: value}
}
