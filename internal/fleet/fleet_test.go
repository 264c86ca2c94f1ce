package fleet

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/bundle"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// host is a report of a host with attributes in pairs.
func host(n int, fingerprint string, attributes ...string) Report {
	r := Report{Name: fmt.Sprintf("n%03d.json", n), Node: fmt.Sprintf("n%03d", n), Fingerprint: fingerprint, Status: fingerprint}
	for i := 0; i < len(attributes); i += 2 {
		r.Attributes = append(r.Attributes, Attribute{attributes[i], attributes[i+1]})
	}
	return r
}

// hosts makes reports by their number.
func hosts(n int, of func(i int) (fingerprint string, attributes []string)) []Report {
	var out []Report
	for i := range n {
		fingerprint, attributes := of(i)
		out = append(out, host(i, fingerprint, attributes...))
	}
	return out
}

// explained is what is said of the group of those that fail, a line for each explanation.
func explained(f Fleet) []string {
	g, _ := f.Group("fail")
	var out []string
	for _, e := range g.Explained {
		text := fmt.Sprintf("%s=%s %d/%d+%d", e.Attribute, strings.Join(e.Values, "|"), e.Inside, g.Count, e.Outside)
		if e.Exact {
			text += " exact"
		}
		if e.Possible {
			text += " possible"
		}
		for _, c := range e.Confounded {
			text += " or " + c.Kind + "=" + c.Value
		}
		out = append(out, strings.TrimSpace(text+" "+strings.Join(append(e.Without, e.With...), " ")))
	}
	return out
}

func TestExplain(t *testing.T) {
	pass := func(fails bool) string { return map[bool]string{true: "fail", false: "pass"}[fails] }
	net := func(address string) (out []string) {
		networks(address, func(kind, value string) { out = append(out, kind, value) })
		return out
	}
	for name, c := range map[string]struct {
		reports []Report
		want    []string
	}{
		"a label": {hosts(100, func(i int) (string, []string) {
			return pass(i >= 80), []string{Label + "zone", []string{"a", "b", "c", "d", "e"}[i/20]}
		}), []string{"label zone=e 20/20+0 exact"}},
		"two zones of five": {hosts(100, func(i int) (string, []string) {
			return pass(i >= 60), []string{Label + "zone", []string{"a", "b", "c", "d", "e"}[i/20]}
		}), []string{"label zone=d|e 40/40+0 exact"}},
		"two things that always go together": {hosts(40, func(i int) (string, []string) {
			return pass(i < 10), []string{Label + "zone", pass(i < 10), Resolver, pass(i < 10), OS, "linux"}
		}), []string{"label zone=fail 10/10+0 exact or resolver=fail"}},
		"the longest network": {hosts(40, func(i int) (string, []string) {
			return pass(i < 10), net(fmt.Sprintf("10.%d.0.%d", i/10, i))
		}), []string{"addresses in /28=10.0.0.0/28 10/10+0 exact"}},
		"a network that is not longer than it must be": {hosts(40, func(i int) (string, []string) {
			return pass(i < 20), net(fmt.Sprintf("10.%d.%d.1", i/20, 7*(i%20)))
		}), []string{"addresses in /16=10.0.0.0/16 20/20+0 exact"}},
		"IPv6": {hosts(40, func(i int) (string, []string) {
			return pass(i < 20), net(fmt.Sprintf("2001:db8:%x::%x", i/20, i))
		}), []string{"addresses in /64=2001:db8::/64 20/20+0 exact"}},
		"with exceptions": {hosts(200, func(i int) (string, []string) {
			return pass(i < 100), []string{ProxyAt, pass(i < 99 || i == 150)}
		}), []string{"proxy address=fail 99/100+1 n099 n150"}},
		"few": {hosts(10, func(i int) (string, []string) { return pass(i < 3), []string{OS, pass(i < 3)} }),
			[]string{"system=fail 3/3+0 exact possible"}},
		"one is nothing":      {hosts(10, func(i int) (string, []string) { return pass(i < 1), []string{OS, pass(i < 1)} }), nil},
		"all fail":            {hosts(10, func(int) (string, []string) { return "fail", []string{OS, "x"} }), nil},
		"nothing separates":   {hosts(100, func(i int) (string, []string) { return pass(i%2 == 0), []string{OS, fmt.Sprint(i % 3)} }), nil},
		"each has its own":    {hosts(100, func(i int) (string, []string) { return pass(i < 50), []string{Label + "x", fmt.Sprint(i)} }), nil},
		"all of it have none": {hosts(100, func(i int) (string, []string) { return pass(i < 50), nil }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, explained(New(c.reports, ""))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	f := New(hosts(10, func(i int) (string, []string) { return []string{"fail", "pass"}[min(i/3, 1)], nil }), "")
	if len(f.Groups) != 2 || f.Groups[0].Count != 7 || f.Groups[0].Number != 1 || !f.Groups[0].Baseline || f.Groups[1].Share != 0.3 ||
		f.Groups[1].First != "n000.json" || len(f.Members(f.Groups[1])) != 3 {
		t.Errorf("%+v", f.Groups)
	}
	f = New(f.Reports, "fail")
	if f.Groups[0].Baseline || !f.Groups[1].Baseline {
		t.Errorf("the baseline is not the one that is named: %+v", f.Groups)
	}
}

func TestSince(t *testing.T) {
	before := New([]Report{host(1, "pass"), host(2, "pass"), host(3, "old"), host(4, "pass")}, "")
	now := New([]Report{host(1, "pass"), host(2, "fail"), host(3, "fail"), host(5, "pass")}, "")
	got := now.Since(before)
	want := Changes{Came: []string{"fail"}, Went: []string{"old"}, New: []string{"n005"}, Gone: []string{"n004"}, Unchanged: 1,
		Moves: []Move{{From: Outcome{"old", "old"}, To: Outcome{"fail", "fail"}, Nodes: []string{"n003"}},
			{From: Outcome{"pass", "pass"}, To: Outcome{"fail", "fail"}, Nodes: []string{"n002"}}}}
	if diff := cmp.Diff(want, got); diff != "" || !got.Any() {
		t.Error(diff)
	}
	if same := now.Since(now); same.Any() || same.Unchanged != 4 {
		t.Errorf("%+v", same)
	}
}

func TestLabels(t *testing.T) {
	const list = `{"kind": "List", "items": [{"metadata": {"name": "N1", "labels": {"zone": "a", "kubernetes.io/hostname": "N1"}},
		"status": {"nodeInfo": {"kernelVersion": "6.1"}}}]}`
	for name, c := range map[string]struct {
		text, host string
		want       []Attribute
		wrong      string
	}{
		"kubectl's list": {text: list, host: "n1", want: []Attribute{{"label zone", "a"}, {"kernel", "6.1"}}},
		"one node": {text: `{"kind": "Node", "metadata": {"name": "n1", "labels": {"zone": "b"}}}`, host: "n1",
			want: []Attribute{{"label zone", "b"}}},
		"the full name":      {text: list, host: "n1.corp.example", want: []Attribute{{"label zone", "a"}, {"kernel", "6.1"}}},
		"a short name":       {text: "host,zone\nn1.corp.example,a\n", host: "n1", want: []Attribute{{"label zone", "a"}}},
		"two of that name":   {text: "host,zone\nn1.a.example,a\nn1.b.example,b\n", host: "n1"},
		"another domain":     {text: "host,zone\nn1.a.example,a\n", host: "n1.b.example"},
		"an address":         {text: "host,zone\n10.0.0.1,a\n", host: "10.0.0.2"},
		"a CSV":              {text: "host,zone,rack\nn1,a,\nn2,b,7\n", host: "n2", want: []Attribute{{"label zone", "b"}, {"label rack", "7"}}},
		"another host":       {text: list, host: "n2"},
		"a row that is long": {text: "host,zone\nn1,a,b\n", wrong: "line 2"},
		"no list":            {text: `{"kind": "Pod"}`, wrong: "no nodes"},
		"no names":           {text: `{"items": [{}]}`, wrong: "no metadata.name"},
		"no labels":          {text: "n1\nn2\n", wrong: "neither a list"},
		"broken":             {text: `{"items": [`, wrong: "not a list of nodes"},
		"empty":              {text: "", wrong: "neither a list"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ReadLabels([]byte(c.text))
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("%v, want %q", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, _ := l.Of(c.host)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	reports := []Report{host(1, "x", Label+"zone", "old", OS, "linux"), host(2, "x")}
	l := newLabels(map[string][]Attribute{"n001": {{Label + "zone", "new"}}})
	if unknown := l.Apply(reports); !slices.Equal(unknown, []string{"n002"}) ||
		!slices.Equal(reports[0].Attributes, []Attribute{{OS, "linux"}, {Label + "zone", "new"}}) {
		t.Errorf("%q, %+v", unknown, reports[0])
	}
}

// sample is a report of this tool in a directory of the report's own tests.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "report", "testdata", "reports", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func nobody(*evidence.Trace) diagnosis.Result { return diagnosis.Result{} }

func TestRead(t *testing.T) {
	r, err := Read("dir/proxy-denied.json", sample(t, "proxy-denied"), nobody)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Attribute{{Proxy, "proxy.corp.example:3128"}, {OS, "linux"}, {Client, "podman"}} {
		if !slices.Contains(r.Attributes, want) {
			t.Errorf("no %v in %v", want, r.Attributes)
		}
	}
	if r.Node != "mock-client" || r.Status != "fail" || !slices.Equal(r.Codes, []string{"proxy-connect-denied"}) || len(r.Fingerprint) != 8 {
		t.Errorf("%+v", r)
	}
	for name, text := range map[string]string{"no report": "{}", "no JSON": "hello", "cut": string(sample(t, "proxy-denied")[:5000]),
		"another schema": `{"schema": "pullpath.report/v9"}`} {
		if _, err := Read("x", []byte(text), nobody); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
}

// A report that does not say how it came out is judged.
func TestReadOfAnOlderVersion(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(sample(t, "healthy"), &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "outcome")
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	r, err := Read("x", text, func(*evidence.Trace) diagnosis.Result {
		asked++
		return diagnosis.Result{Verdict: diagnosis.Verdict{Status: "warn"}, Findings: []diagnosis.Finding{{Code: "c", Severity: diagnosis.Error}}}
	})
	if err != nil || asked != 1 || r.Status != "warn" || len(r.Fingerprint) != 8 || !slices.Equal(r.Codes, []string{"c"}) {
		t.Errorf("%+v, %v, judged %d times", r, err, asked)
	}
}

// The order in which reports come makes no difference, and the broken ones are named.
func TestCollect(t *testing.T) {
	var items []bundle.Item
	for i, name := range []string{"healthy", "proxy-denied", "healthy", "login-refused"} {
		items = append(items, bundle.Item{Name: fmt.Sprint(i), Data: sample(t, name)})
	}
	items = append(items, bundle.Item{Name: "z", Data: []byte("{}")}, bundle.Item{Name: "y", Err: os.ErrPermission})
	var results []string
	for range 2 {
		slices.Reverse(items)
		c, err := Collect(func(yield func(bundle.Item) bool) error {
			for _, i := range items {
				yield(i)
			}
			return nil
		}, nobody)
		if err != nil || len(c.Broken) != 2 || c.Broken[0].Name != "y" || len(c.Samples) != 3 {
			t.Errorf("%+v, %v, %d samples", c.Broken, err, len(c.Samples))
		}
		text, err := json.Marshal(New(c.Reports, ""))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, string(text))
	}
	if results[0] != results[1] {
		t.Error("the order makes a difference")
	}
}

// BenchmarkCollect reads 5,000 reports of 80 KB, as a fleet's: the time of one is what
// "pullpath compare" takes, and live-MB what stays in memory.
func BenchmarkCollect(b *testing.B) {
	data := [][]byte{sample(b, "healthy"), sample(b, "proxy-denied"), sample(b, "login-refused")}
	for b.Loop() {
		c, err := Collect(func(yield func(bundle.Item) bool) error {
			for i := range 5000 {
				yield(bundle.Item{Name: fmt.Sprint("n", i), Data: data[i%len(data)]})
			}
			return nil
		}, nobody)
		if err != nil || len(c.Broken) > 0 {
			b.Fatal(err, c.Broken)
		}
		New(c.Reports, "")
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "live-MB")
		runtime.KeepAlive(c)
	}
}
