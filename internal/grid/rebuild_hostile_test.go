package grid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/cost"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
	"pullpath/internal/route"
	"pullpath/mockproxy"
)

// FuzzRebuild: whatever report is read, the network of it can be served, and written.
func FuzzRebuild(f *testing.F) {
	addReports(f)
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		cost.Linear(t, len(data), func() {
			trace := readable(data, seed)
			if trace == nil || len(trace.Targets) == 0 {
				return // the command refuses what walks no path
			}
			served(t, trace)
		})
	})
}

// served rebuilds the network of a trace, serves it once, and returns it with what
// could not be rebuilt.
func served(t *testing.T, trace *evidence.Trace) (fault.World, []string) {
	t.Helper()
	world, cannot := rebuild.World(trace, time.Second)
	sameWhenWritten(t, world)
	network, err := mockproxy.Start(world, mockproxy.Complete())
	if err != nil {
		t.Fatal(err)
	}
	network.Pass()
	network.Close()
	return world, cannot
}

// hostileReport is a change to a sound report that somebody may have made, and what is
// then said to be left out.
type hostileReport struct {
	name string
	edit func(report map[string]any)
	says string
}

var hostile = []hostileReport{
	{"nothing changed", func(map[string]any) {}, ""},
	{"a variable for the loader", func(r map[string]any) {
		within(r, "run")["proxy_settings"] = []any{map[string]any{"name": "LD_PRELOAD", "value": "/tmp/x.so"}}
	}, `the variable "LD_PRELOAD"`},
	{"a variable of two lines", func(r map[string]any) {
		within(r, "run")["proxy_settings"] = []any{map[string]any{"name": "HTTPS_PROXY", "value": "http://p:1\nPATH=/tmp"}}
	}, `the variable "HTTPS_PROXY"`},
	{"limits without measure", func(r map[string]any) {
		within(r, "run")["timeout_ms"], within(r, "run")["hop_timeout_ms"] = 1e308, -1e308
		within(r, "vantage")["clock_offset_ms"] = -1e300
	}, ""},
	{"name servers that are none", func(r map[string]any) {
		within(r, "vantage")["resolvers"] = []any{"", "x", "1.2.3.4", "ftp://1.2.3.4:53", "tls://[::1", "https://a b:443"}
	}, `the name server "x"`},
	{"a thousand name servers", func(r map[string]any) {
		within(r, "vantage")["resolvers"] = many(1000, func(i int) any { return fmt.Sprintf("10.0.%d.%d:53", i/250, i%250) })
	}, `the name server "10.0.0.64:53"`},
	{"a profile that is a file", func(r map[string]any) { within(r, "run")["profile"] = "/dev/zero" }, ""},
	{"images with line ends", func(r map[string]any) {
		first(r, "targets")["images"] = []any{"registry.redhat.io/a\r\nHost: b", "registry.redhat.io/" + strings.Repeat("a", 600)}
	}, "the image"},
	{"a host with a path", func(r map[string]any) { first(r, "targets")["host"] = "../../etc/passwd" }, `the host "../../etc/passwd"`},
	{"a host with an end of line", func(r map[string]any) { first(r, "targets")["host"] = "a\n127.0.0.1 b" }, `the host "a\n127.0.0.1 b"`},
	{"a long chain", func(r map[string]any) {
		eachChain(r, func(chain []any) []any { return many(500, func(int) any { return chain[0] }) })
	}, "500 certificates of"},
	{"certificates of other alphabets", func(r map[string]any) {
		eachCert(r, func(c map[string]any) {
			c["names"], c["aia"], c["subject_cn"] = []any{"müller.example", "", "\x00"}, []any{"http://ü/"}, "\x00\x1b"
		})
	}, `"müller.example" in a certificate`},
	{"policies that are none", func(r map[string]any) {
		eachCert(r, func(c map[string]any) { c["policies"] = []any{"2.5.29.32.0", "2.5.29.32.0", "x", "9.9"} })
	}, `the policy "x" in a certificate`},
	{"authorities whose keys are not told", func(r map[string]any) {
		eachCert(r, func(c map[string]any) {
			if c["ca"] == true {
				delete(c, "spki")
			}
		})
	}, ""},
	{"certificates without anything", func(r map[string]any) { eachCert(r, func(c map[string]any) { clear(c) }) }, ""},
	{"certificates of all times", func(r map[string]any) {
		eachCert(r, func(c map[string]any) {
			c["not_before"], c["not_after"] = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
		})
	}, ""},
	{"answers with line ends", func(r map[string]any) {
		eachDetail(r, func(d map[string]any) {
			if _, ok := d["status_line"]; ok {
				d["status_line"] = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 \x00"
			}
		})
	}, ""},
	{"addresses that are none", func(r map[string]any) {
		eachDetail(r, func(d map[string]any) {
			if _, ok := d["addresses"]; ok {
				d["addresses"] = []any{"", "1.2.3", "::1%eth0", "1.2.3.4; drop", "fe80::1%lo"}
			}
		})
		eachHop(r, func(h map[string]any) { h["peer"] = "1.2.3.4 accept:99999" })
	}, ""},
	{"more addresses than an answer has", func(r map[string]any) {
		eachDetail(r, func(d map[string]any) {
			if _, ok := d["addresses"]; ok {
				d["addresses"] = many(300, func(i int) any { return fmt.Sprintf("10.1.%d.%d", i/250, i%250+1) })
			}
		})
	}, "300 addresses of"},
	{"more hosts than a machine has ports", func(r map[string]any) {
		r["targets"] = append(r["targets"].([]any), many(3000, func(i int) any {
			name := fmt.Sprintf("h%d.example", i)
			return map[string]any{"id": name + ":443", "host": name, "port": 443, "role": "blob", "found_by": "profile"}
		})...)
	}, "the report has more than 1000 hosts"},
	{"all times at once", func(r map[string]any) {
		eachDetail(r, func(d map[string]any) {
			for key := range d {
				if strings.HasSuffix(key, "_ms") {
					d[key] = 1e307
				}
			}
		})
	}, ""},
}

// TestHostileReportsAreServed: what a network cannot hold is left out and named.
func TestHostileReportsAreServed(t *testing.T) {
	sound, err := os.ReadFile("../report/testdata/reports/intercepted-untrusted.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range hostile {
		t.Run(row.name, func(t *testing.T) {
			trace, err := evidence.Read(bytes.NewReader(row.change(t, sound)))
			if err != nil {
				t.Fatal(err)
			}
			world, cannot := served(t, trace)
			if said := strings.Join(cannot, "\n"); !strings.Contains(said, row.says) {
				t.Errorf("it says %s; want %q", said, row.says)
			}
			for name := range world.Env {
				if !route.IsVariable(name) {
					t.Errorf("the command is told %s", name)
				}
			}
			if strings.Contains(world.Site.Profile, "/") {
				t.Errorf("the profile is read from %s", world.Site.Profile)
			}
		})
	}
}

// change makes the changed report.
func (h hostileReport) change(t testing.TB, sound []byte) []byte {
	t.Helper()
	var report map[string]any
	if err := json.Unmarshal(sound, &report); err != nil {
		t.Fatal(err)
	}
	h.edit(report)
	out, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func within(report map[string]any, key string) map[string]any { return report[key].(map[string]any) }

func first(report map[string]any, key string) map[string]any {
	return report[key].([]any)[0].(map[string]any)
}

func many(count int, make func(i int) any) []any {
	var out []any
	for i := range count {
		out = append(out, make(i))
	}
	return out
}

func eachHop(report map[string]any, do func(map[string]any)) {
	for _, h := range report["hops"].([]any) {
		do(h.(map[string]any))
	}
}

func eachDetail(report map[string]any, do func(map[string]any)) {
	eachHop(report, func(h map[string]any) {
		if d, ok := h["detail"].(map[string]any); ok {
			do(d)
		}
	})
}

func eachChain(report map[string]any, change func([]any) []any) {
	eachDetail(report, func(d map[string]any) {
		if chain, ok := d["chain"].([]any); ok && len(chain) > 0 {
			d["chain"] = change(chain)
		}
	})
}

func eachCert(report map[string]any, do func(map[string]any)) {
	eachChain(report, func(chain []any) []any {
		for _, c := range chain {
			do(c.(map[string]any))
		}
		return slices.Clone(chain)
	})
}
