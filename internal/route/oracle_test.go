package route

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// measured is testdata/vectors.json; see its own "source".
type measured struct {
	Clients []string
	Vectors []vector
	Tables  []tabled
}

// vector is one case with the answer of every client, one letter each.
type vector struct {
	ID, URL, Results string
	Env              map[string]string
	Ports            map[string][]string
}

// tabled is a case of which only the printed tables are known.
type tabled struct {
	ID, URL string
	Env     map[string]string
	Results map[string]string
}

func load(t *testing.T) measured {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file measured
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Clients) != 102 || len(file.Vectors) != 162 || len(file.Tables) != 45 {
		t.Fatalf("%d clients, %d vectors, %d tabled; 102, 162 and 45 are there", len(file.Clients), len(file.Vectors), len(file.Tables))
	}
	return file
}

func environ(env map[string]string) Environment {
	var out Environment
	for name, value := range env {
		out = append(out, Variable{Name: name, Value: value, Source: "environment"})
	}
	slices.SortFunc(out, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// network has the vectors that failed on the wire and not in the setting: the
// proxy's name does not resolve, nothing listens on its port. No rule can know.
func network() map[string]bool { return map[string]bool{"P22": true, "P23": true} }

// named returns the dialect of a client; Ruby's looks names up as the
// measurement's network did.
func dialectOf(t *testing.T, name string) Dialect {
	t.Helper()
	d, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(d.Family, "ruby-") {
		m := rubyMatcher{v: parseVersion(strings.TrimPrefix(name, d.Family+"-")), resolves: func(string) []netip.Addr {
			return []netip.Addr{netip.MustParseAddr("10.9.9.9")}
		}}
		d.rules.exempt, d.rules.unsure = m.exempt, m.unsure
	}
	return d
}

// TestMeasuredVectors compares with what 102 real clients did on the wire.
func TestMeasuredVectors(t *testing.T) {
	file := load(t)
	for i, client := range file.Clients {
		d := dialectOf(t, client)
		for _, v := range file.Vectors {
			want := letters()[v.Results[i]]
			if want == "" || network()[v.ID] {
				continue
			}
			got := d.Decide(environ(v.Env), parse(t, v.URL))
			if got.Outcome() != want {
				t.Errorf("%s %s %v: %s (%s %s), measured %s", client, v.ID, v.Env, got.Outcome(), got.Reason, got.Token, want)
			}
			for port, clients := range v.Ports {
				if want == "proxy" && !d.rules.unseen && (slices.Contains(clients, client) || clients[0] == "*" && d.Family != "git") &&
					got.Port != port {
					t.Errorf("%s %s: port %s, measured %s", client, v.ID, got.Port, port)
				}
			}
		}
	}
}

func letters() map[byte]string { return map[byte]string{'P': "proxy", 'D': "direct", 'E': "error"} }

// TestTabledVectors does the same for the cases of which only the printed tables
// of the measurement are known; a letter may carry the port that was dialled.
func TestTabledVectors(t *testing.T) {
	for _, v := range load(t).Tables {
		for client, answer := range v.Results {
			want := letters()[answer[0]]
			got := dialectOf(t, client).Decide(environ(v.Env), parse(t, v.URL))
			if got.Outcome() != want {
				t.Errorf("%s %s %v: %s (%s %s), measured %s", client, v.ID, v.Env, got.Outcome(), got.Reason, got.Token, answer)
			}
			if port := strings.TrimLeft(answer, "P"); isDigits(port) && got.Port != port {
				t.Errorf("%s %s: port %s, measured %s", client, v.ID, got.Port, answer)
			}
		}
	}
}

// oracleVariable tells the re-executed test binary to answer as net/http does.
const oracleVariable = "PULLPATH_TEST_ORACLE_URL"

// TestMain answers for net/http when asked: ProxyFromEnvironment reads the
// environment once per process, so every case needs a process of its own.
func TestMain(m *testing.M) {
	target, asked := os.LookupEnv(oracleVariable)
	if !asked {
		os.Exit(m.Run())
	}
	request, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		fmt.Println("bad target", err)
		os.Exit(2)
	}
	fmt.Print(answer(http.ProxyFromEnvironment(request)))
}

// answer writes a proxy decision as one line.
func answer(proxy *url.URL, err error) string {
	switch {
	case err != nil:
		return string(Refused)
	case proxy == nil:
		return string(Direct)
	}
	return fmt.Sprintf("%q", proxy.String())
}

// ask returns what net/http decides for v in a process with its environment.
func ask(t *testing.T, v vector, more ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	// A race-enabled binary otherwise sleeps for a second at its exit.
	command.Env = append(more, oracleVariable+"="+v.URL, "GORACE=atexit_sleep_ms=0")
	for name, value := range v.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	return string(out)
}

// TestAgreesWithNetHTTP asks the net/http that this test is built with about
// every vector, once as most clients are built and once with the strict reading
// of colons that a go.mod of Go 1.26 brings.
func TestAgreesWithNetHTTP(t *testing.T) {
	for _, mode := range []struct {
		dialect Dialect
		debug   string
	}{{Go(), "urlstrictcolons=0"}, {GoStrict(), "urlstrictcolons=1"}} {
		for _, v := range load(t).Vectors {
			t.Run(mode.dialect.Name+"/"+v.ID, func(t *testing.T) {
				t.Parallel()
				d := mode.dialect.Decide(environ(v.Env), parse(t, v.URL))
				got := string(d.Kind)
				if d.Kind == Proxy {
					got = fmt.Sprintf("%q", d.Proxy().String())
				}
				if want := ask(t, v, "GODEBUG="+mode.debug); got != want {
					t.Errorf("%v: %s, net/http %s", v.Env, got, want)
				}
			})
		}
	}
}
