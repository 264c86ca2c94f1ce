package grid

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hostileTexts are put into the fields of a report: what a terminal, a shell, a page, a
// spreadsheet or a parser might obey, and what is none of the known words.
var hostileTexts = []string{"", "\x1b[2J\x1b]0;x\a", "a\r\nHost: b", "\x00", "\u009b31m", "\u202eevil", "%s%n", "{targets}", "{",
	"'; rm -rf /", "`id`", "$(id):53", "http://a;id:80",
	"</script><script>", "]]>", "=1+1", "|", "[", ":", "::", "[::1", "1.2.3.4", "256.1.1.1:99999", "fe80::1%eth0", "10.0.0.0/33",
	"http://", "http://%zz@:0",
	"HTTP/1.1 403", "HTTP/9.9 999 \x1b[m", "proxy", "Proxy-Authenticate", "Date", "Thu, 01 Jan 1970 00:00:00 GMT", "a.b.c.d.e.f.corp",
	"A.Corp:443", "*.", ".", "..",
	"CN=,O=\\", "(unclosed", "[a-", "rising-ttl", "missing", "public", "none", "登録.例え", "\ufffd", "-1", "REDACTED@", strings.Repeat("a.", 200),
	strings.Repeat("x", 3000)}

// hostileNumbers stand for numbers, and hostileTimes for durations in milliseconds.
var (
	hostileNumbers = []string{"-1", "0", "1", "2", "65536", "255", "407", "403", "9223372036854775807", "-9223372036854775808"}
	hostileTimes   = []string{"1e308", "-1e308", "5e-324", "-0.0", "1e15"}
)

// ruled are the fields that evidence.Read holds to its laws.
var ruled = []string{"schema", "id", "op", "target", "parent", "because", "purpose", "state", "kind", "failure", "targets", "hops",
	"started", "at", "not_before", "not_after"}

// garbler changes a document in a few places, the same for the same seed.
type garbler struct {
	*rand.Rand
	nodes []any
}

// garble changes a report in a few places; seed 0 leaves it as it is. Bytes that are
// changed at random give hardly ever a report, and never one whose fields contradict
// each other.
func garble(report []byte, seed uint64) []byte {
	var doc any
	if seed == 0 || json.Unmarshal(report, &doc) != nil {
		return report
	}
	g := &garbler{Rand: rand.New(rand.NewPCG(seed, 0))}
	g.collect(doc)
	for range 1 + g.IntN(1+g.IntN(300)) {
		g.change()
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return report
	}
	return out
}

// collect lists what holds other values.
func (g *garbler) collect(v any) {
	switch v := v.(type) {
	case map[string]any:
		g.nodes = append(g.nodes, v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			g.collect(v[key])
		}
	case []any:
		g.nodes = append(g.nodes, v)
		for _, e := range v {
			g.collect(e)
		}
	}
}

// change gives one field or element another value, or takes it away.
func (g *garbler) change() {
	if len(g.nodes) == 0 {
		return
	}
	switch v := g.nodes[g.IntN(len(g.nodes))].(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 {
			return
		}
		key := keys[g.IntN(len(keys))]
		switch {
		case slices.Contains(ruled, key) && g.IntN(300) > 0 && (key != "kind" || v["text"] != nil):
		case g.IntN(6) == 0:
			delete(v, key)
		default:
			v[key] = g.other(v[key], key)
		}
	case []any:
		if len(v) > 0 {
			v[g.IntN(len(v))] = g.other(v[g.IntN(len(v))], "")
		}
	}
}

// other is a value in place of old, of its own type but for one in a thousand: a report
// with a text in place of a number is refused as a whole.
func (g *garbler) other(old any, key string) any {
	if g.IntN(1000) == 0 {
		return json.RawMessage(hostileNumbers[g.IntN(len(hostileNumbers))])
	}
	switch old := old.(type) {
	case string:
		from, ok := g.nodes[g.IntN(len(g.nodes))].(map[string]any)
		if text, is := from[key].(string); ok && is && g.IntN(2) == 0 {
			return text
		}
		return hostileTexts[g.IntN(len(hostileTexts))]
	case float64:
		if strings.HasSuffix(key, "ms") && g.IntN(2) == 0 {
			return json.RawMessage(hostileTimes[g.IntN(len(hostileTimes))])
		}
		return json.RawMessage(hostileNumbers[g.IntN(len(hostileNumbers))])
	case bool:
		return !old
	case []any:
		if g.IntN(2) == 0 || len(old) == 0 || slices.Contains(ruled, key) {
			return nil
		}
		return append(old[:len(old):len(old)], old[g.IntN(len(old))])
	}
	return nil
}

// hostileReports are small reports made by hand: what evidence.Read lets pass and no
// run would write.
func hostileReports() map[string]string {
	dial := `{"id":1,"op":"dial","target":"a","purpose":"path","state":"failed","failure":{"kind":"timeout","text":"t"}}`
	detail := func(op, kind, detail string) string {
		return reportOf(`{"id":"a","host":"a","port":443,"required":true,"public":true}`,
			`{"id":1,"op":"`+op+`","target":"a","via":"http://\u001b[2J:1","peer":"\u001b[2J","purpose":"path","state":"failed",`+
				`"failure":{"kind":"`+kind+`","text":"t"},"detail":`+detail+`}`)
	}
	return map[string]string{
		"nothing": `{"schema":"pullpath.report/v1"}`,
		"null everywhere": `{"schema":"pullpath.report/v1","tool":null,"started":null,"vantage":null,"run":null,"targets":[null],` +
			`"hops":null}`,
		"a target without a name": reportOf(`{}`, `{"id":1,"op":"dial","purpose":"path","state":"ok"}`),
		"a target in two cases":   reportOf(`{"id":"A.corp:443","host":"A.corp"},{"id":"a.corp:443","host":"a.corp"}`, ``),
		"a top domain of its own": reportOf(`{"id":"registry.acmecorp:443","host":"registry.acmecorp"}`,
			`{"id":1,"op":"dial","target":"registry.acmecorp:443","purpose":"path","state":"ok"}`),
		"terminal in names": reportOf(`{"id":"\u001b[2J\r\n","host":"\u0000\u009b","port":-1,"required":true}`,
			strings.Replace(dial, `"a"`, `"\u001b[2J\r\n"`, 1)),
		"skipped for each other": reportOf(`{"id":"a"}`, `{"id":1,"op":"dial","target":"a","purpose":"path","state":"skipped","because":2},`+
			`{"id":2,"op":"request","target":"a","purpose":"path","state":"skipped","because":1}`),
		"times": `{"schema":"pullpath.report/v1","duration_ms":-1e308,"vantage":{"clock_offset_ms":1e308},"hops":[{"id":1,"op":"dial",` +
			`"purpose":"path","state":"ok","took_ms":1e308,"began_ms":-1e308}]}`,
		"tunnel": detail("tunnel", "proxy_status", `{"status_line":"HTTP/1.1 403 \u001b[2J\r\nx","code":-403,"headers":[{"name":"Via\r\n",`+
			`"value":"\u001b"}],"challenges":[{}],"legs":[{}],"body":{},"socks":{}}`),
		"certificate": detail("handshake", "untrusted",
			`{"chain":[{}],"anchor":{"kind":"presented"},"judgements":[{}],"clients":[{}],"timestamps":{}}`),
		"no chain": detail("handshake", "expired", `{"anchor":{"kind":"\u001b"}}`),
		"request": detail("request", "unexpected_answer", `{"step":"token","code":401,"challenges":[{"scheme":"Bearer",`+
			`"params":{"realm":"\u001b"}}],"errors":[{}],"token":{},"digest":{},"transfer":{"ms":1e308},"body":{"bytes":-1}}`),
		"answer": detail("resolve", "nodata", `{"questions":[{"extended_error":-5,"answers":[{}]}],"addresses":["","1.2.3.4.5","::%"]}`),
		"trail":  detail("dial", "timeout", `{"icmp":{},"trail":{"steps":[{},{"ttl":-1,"answer":"router"}]}}`),
		"shell": `{"schema":"pullpath.report/v1","run":{"client":"x;id","profile":"$(id)","as_article":true},"targets":[{"id":"a",` +
			`"host":"$(id)","port":443,"required":true}],"hops":[` +
			`{"id":1,"op":"resolve","target":"a","purpose":"path","state":"failed","failure":{"kind":"nxdomain","text":""},"detail":{"name":"-x",` +
			`"server":"$(id):53;id"}},` +
			`{"id":2,"op":"request","target":"a","via":"http://a;id:80","purpose":"path","state":"failed","failure":{"kind":"closed","text":""},` +
			`"detail":{"method":"$(id)","url":"` + "`id`" + `","step":"token"}}]}`,
		"setting": detail("setting", "invalid", `{"problems":[{}],"near_misses":[{}],"unused":[{}],"remarks":[{}],"login":{"places":[{}]}}`),
	}
}

// reportOf is a report of these targets and hops.
func reportOf(targets, hops string) string {
	return `{"schema":"pullpath.report/v1","targets":[` + targets + `],"hops":[` + hops + `]}`
}

// addReports gives a fuzz target recorded reports, as they are and garbled in turn, and
// those made by hand.
func addReports(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("../report/testdata/reports/*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no recorded reports: %v", err)
	}
	for i, path := range paths {
		if i%2 == 1 {
			continue // half of them, for the race detector's sake
		}
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint64(i/2%2))
	}
	for _, text := range hostileReports() {
		f.Add([]byte(text), uint64(0))
	}
}
