package route

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// vector is one measured case; see the file's own "source".
type vector struct {
	ID, Note, URL, Want, Via, Error string
	Env                             map[string]string
}

// lenient has the vectors in which the measured client parsed colons in a host
// as Go did before 1.26 (its go.mod named an older version, which sets
// GODEBUG=urlstrictcolons=0), with what the strict parser dials instead.
func lenient() map[string]string {
	return map[string]string{
		"S23": "http://:80",     // measured: host "http:127.0.0.77"
		"S27": "http://http:80", // measured: the proxy, by the last colon
		"S35": "http://http:80", // measured: host "127.0.0.77:3129,http"
	}
}

// network has the vectors that failed on the wire and not in the setting: the
// proxy's name does not resolve, nothing listens on its port.
func network() map[string]bool { return map[string]bool{"P22": true, "P23": true} }

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/go-1.26.8.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 162 {
		t.Fatalf("%d vectors, 162 were measured", len(file.Vectors))
	}
	return file.Vectors
}

func (v vector) environment() Environment {
	var env Environment
	for name, value := range v.Env {
		env = append(env, Variable{name, value, "environment"})
	}
	return env
}

// TestMeasuredVectors compares with what a real client did on the wire.
func TestMeasuredVectors(t *testing.T) {
	for _, v := range vectors(t) {
		d := Go().Decide(v.environment(), parse(t, v.URL))
		if text, found := lenient()[v.ID]; found {
			if d.ProxyText != text || !d.Broken() {
				t.Errorf("%s: %s, broken %v; want %s, broken", v.ID, d.ProxyText, d.Broken(), text)
			}
			continue
		}
		got := string(d.Kind)
		if d.Broken() && d.Reason != Unusable {
			got = "error"
		}
		want := v.Want
		if network()[v.ID] {
			want = "proxy"
		}
		if got != want {
			t.Errorf("%s (%s): %s, measured %s", v.ID, v.Note, got, v.Want)
		}
		if d.Kind == Proxy && v.Via != "" && d.Port != v.Via[strings.LastIndexByte(v.Via, ':')+1:] {
			t.Errorf("%s: port %s, measured %s", v.ID, d.Port, v.Via)
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
// every vector.
func TestAgreesWithNetHTTP(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			d := Go().Decide(v.environment(), parse(t, v.URL))
			got := string(d.Kind)
			if d.Kind == Proxy {
				got = fmt.Sprintf("%q", d.Proxy().String())
			}
			if want := ask(t, v); got != want {
				t.Errorf("%s: %s, net/http %s", v.Note, got, want)
			}
		})
	}
}

// TestLenientColonsExplainTheOddVectors shows that the vectors set apart differ
// by nothing but the mode of net/url.
func TestLenientColonsExplainTheOddVectors(t *testing.T) {
	want := map[string]string{
		"S23": `"http://http:127.0.0.77:3129"`,
		"S27": `"http://fd00::77:3129"`,
		"S35": `"http://127.0.0.77:3129,http://127.0.0.77:3130"`,
	}
	for _, v := range vectors(t) {
		if lenient()[v.ID] == "" {
			continue
		}
		if got := ask(t, v, "GODEBUG=urlstrictcolons=0"); got != want[v.ID] {
			t.Errorf("%s: %s, want %s", v.ID, got, want[v.ID])
		}
	}
}
