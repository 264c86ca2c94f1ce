//go:build linux

package testbed

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/golden"
)

// teller is a client that is asked in a row's World, and a column of the page.
type teller struct {
	name, part string
	// command is run in the World of a row; engines get the socket of a containerd as well.
	command func(t *testing.T, code, socket string) []string
	// sampled are the rows that each run asks it for. go test -run TestTexts -update asks for all.
	sampled []string
}

// shell is a teller's command that needs nothing of its own.
func shell(script string) func(*testing.T, string, string) []string {
	return func(*testing.T, string, string) []string { return []string{"sh", "-c", script} }
}

// viaProxy is the proxy without its login, as openssl and dig take it; empty where there is none.
const viaProxy = `p=${HTTPS_PROXY##*@}; p=${p#http://}; p=${p#https://}; p=${p%/}
`

// tellers stand beside the walks. One of each layer, and of each way in which a text tells its cause,
// is asked of curl and skopeo, and of the others what they tell in forms of their own.
var tellers = []teller{
	{"curl -v", "curl", shell(`token=https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth
curl -sSv --max-time 8 https://registry.redhat.io/v2/
curl -sSv --max-time 8 "$token?service=docker-registry&scope=repository:ubi9/ubi:pull"
curl -sSv --max-time 8 https://cdn01.quay.io/`), everyLayer},
	{"skopeo --debug", "skopeo", func(*testing.T, string, string) []string {
		return []string{"timeout", "20", "skopeo", "--debug", "inspect", "--no-tags", "--override-os", "linux", "docker://" + tellersImage}
	}, everyLayer},
	{"wget -d", "wget", shell(`token=https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth
for url in https://registry.redhat.io/v2/ "$token?service=docker-registry&scope=repository:ubi9/ubi:pull" https://cdn01.quay.io/; do
wget -d --no-hsts --tries=1 --timeout=8 --ca-certificate="$SSL_CERT_FILE" -O /dev/null "$url"
done`), []string{"proxy-connect-denied", "tls-certificate-expired", "tcp-refused"}},
	{"openssl s_client", "openssl", shell(viaProxy + `for host in registry.redhat.io sso.redhat.com cdn01.quay.io; do
timeout 8 openssl s_client ${p:+-proxy $p} -connect $host:443 -servername $host </dev/null
done`), []string{"tls-intercepted-untrusted", "tls-reset"}},
	{"dig", "dig", shell(viaProxy + `for host in ${p:+${p%%:*}} registry.redhat.io sso.redhat.com cdn01.quay.io; do
dig +time=2 +tries=1 $host
[ -z "$p" ] || break
done`), []string{"dns-servfail"}},
}

// engines bring units of their own, and are asked after the walks, which judge the host that they run on.
var engines = []teller{
	{"podman pull", "podman", pulls("podman"), []string{"proxy-connect-denied", "tls-certificate-expired", "registry-not-found"}},
	{"buildah pull", "buildah", pulls("buildah"), []string{"http-rate-limited"}},
	{"ctr pull", "containerd", func(_ *testing.T, code, socket string) []string {
		return []string{"sh", "-c", `login=$(sed -n 's/.*"auth": *"\([^"]*\)".*/\1/p' "$REGISTRY_AUTH_FILE" | base64 -d)
exec timeout 20 ctr --address "$0" --namespace "$1" images pull --snapshotter native --platform linux/amd64 --user "$login" "$2"`,
			socket, "of-" + code, tellersImage}
	}, []string{"proxy-connect-denied", "tls-certificate-expired", "registry-not-found"}},
}

const tellersImage = "registry.redhat.io/ubi9/ubi:latest"

var everyLayer = []string{"proxy-connect-denied", "proxy-auth-rejected", "proxy-refused", "dns-name-not-found", "tcp-refused", "tls-reset",
	"tls-intercepted-untrusted", "tls-certificate-expired", "http-rate-limited", "http-gateway-error", "registry-not-found"}

// pulls is a pull by podman or buildah into a store of its own.
func pulls(program string) func(*testing.T, string, string) []string {
	return func(t *testing.T, _, _ string) []string {
		store := t.TempDir()
		return []string{"timeout", "20", program, "--root", store + "/root", "--runroot", store + "/run", "--storage-driver", "vfs", "pull",
			"--quiet", tellersImage}
	}
}

// told is what diagnose makes of what a client prints in a row's World.
func told(t *testing.T, code string, command []string) string {
	t.Helper()
	flags := []string{"--transparent"}
	if code != "" {
		flags = append(flags, "--fault", code)
	}
	text, _ := mocked(t, flags, command...)
	if strings.TrimSpace(text) == "" { // as of a program that waited in vain
		return notInText
	}
	cmd := exec.Command(PullPath(t), "diagnose", "-o", "json", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	var report struct {
		Findings   []diagnosis.Finding   `json:"findings"`
		Candidates []diagnosis.Candidate `json:"candidates"`
	}
	if json.Unmarshal(out, &report) != nil {
		if strings.Contains(fmt.Sprint(errorOutput(err)), "no form is recognised") { // as of a pull that says nothing
			return notInText
		}
		t.Fatalf("%s: no report (%v) of:\n%s", code, err, text)
	}
	for _, f := range report.Findings {
		if f.Code == code {
			return "decided"
		}
	}
	for i, c := range report.Candidates {
		if c.Code == code {
			return fmt.Sprintf("candidate %d", i+1)
		}
	}
	for _, f := range report.Findings {
		if f.MaskedBy == "" && f.Severity != diagnosis.Info {
			return "as " + f.Code
		}
	}
	if len(report.Candidates) > 0 {
		return "as " + report.Candidates[0].Code
	}
	return notInText
}

const notInText = "not in the text"

// errorOutput is what a program that failed wrote to stderr.
func errorOutput(err error) string {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // of exec itself
		return string(exit.Stderr)
	}
	return ""
}

// TestTexts puts before diagnose what the clients beside the walks print of a failure. A cause that the
// text holds is decided or among the causes that remain; docs/from-text.md has all of them.
func TestTexts(t *testing.T) {
	Require(t, "namespaces", "nftables")
	askTellers(t, tellers, "")
}

// TestEngineTexts does the same with the engines. Nothing of docs/from-text.md is taken from a recorded
// text: each of its columns is of clients that ran, and each run asks them again for the rows of its sample.
func TestEngineTexts(t *testing.T) {
	Require(t, "namespaces", "nftables", "podman", "buildah", "containerd")
	b := New(t)
	b.Engines = true
	askTellers(t, engines, b.StartContainerd())
}

func askTellers(t *testing.T, list []teller, socket string) {
	var asked sync.WaitGroup
	const atOnce = 2 // each has a network of its own and clients that mostly wait
	turns := make(chan struct{}, atOnce)
	cells := make([]map[string]string, len(list))
	var mu sync.Mutex
	for i, c := range list {
		Require(t, c.part)
		cells[i] = map[string]string{}
		rows := c.sampled
		if golden.Updating() {
			rows = errorRows()
		}
		for _, code := range append(slices.Clone(rows), "") {
			asked.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				got := told(t, code, c.command(t, code, socket))
				mu.Lock()
				defer mu.Unlock()
				cells[i][code] = got
			})
		}
	}
	asked.Wait()
	page := readPage(t)
	for i, c := range list {
		if got := cells[i][""]; got != notInText {
			t.Errorf("%s in a healthy network: %s", c.name, got)
		}
		delete(cells[i], "")
		if golden.Updating() {
			page[c.name] = cells[i]
		}
		for code, got := range cells[i] {
			if want := page[c.name][code]; got != want {
				t.Errorf("%s, %s: %s, docs/from-text.md has %q (go test -run Texts -update writes it)", c.name, code, got, want)
			}
		}
	}
	if golden.Updating() {
		writePage(t, page)
	}
}

// errorRows are the rows of the page.
func errorRows() []string {
	var rows []string
	for _, e := range catalogue.All() {
		if e.Severity == diagnosis.Error && e.Code != diagnosis.Unexplained {
			rows = append(rows, string(e.Code))
		}
	}
	return rows
}

// page is the table of what texts tell, in docs.
const page = "../../docs/from-text.md"

// readPage returns the cells of the table, by client and code.
func readPage(t *testing.T) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	var names []string
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---"):
		case names == nil:
			names = cells
			for _, n := range names[1:] {
				out[strings.TrimSpace(n)] = map[string]string{}
			}
		default:
			for i, cell := range cells[1:] {
				out[strings.TrimSpace(names[i+1])][strings.Trim(cells[0], " `")] = strings.TrimSpace(cell)
			}
		}
	}
	return out
}

func writePage(t *testing.T, cells map[string]map[string]string) {
	t.Helper()
	var text, rule strings.Builder
	text.WriteString("# What a text tells\n\nWhat `pullpath diagnose` makes of what clients print in the World of each cause\n" +
		"(`pullpath mock --transparent --fault CODE -- CLIENT`): `decided`, a finding; `candidate N`, the N-th of the\n" +
		"causes that remain; `as CODE`, what the text shows in its place, where only other evidence would tell; `not in\n" +
		"the text`, where this client does not meet the cause, as curl that only asks for /v2/ and a token. curl and wget\n" +
		"ask by hand, without a login, for /v2/, a token and a blob host; openssl shakes hands with these hosts; dig asks\n" +
		"for their names, or for the proxy's where there is one; skopeo inspects an image, and the engines pull it.\n" +
		"Each cell is of a client that ran (internal/testbed, TestTexts and TestEngineTexts).\n\n| cause |")
	rule.WriteString("|---|")
	columns := append(slices.Clone(tellers), engines...)
	for _, c := range columns {
		text.WriteString(" " + c.name + " |")
		rule.WriteString("---|")
	}
	text.WriteString("\n" + rule.String() + "\n")
	for _, code := range errorRows() {
		text.WriteString("| `" + code + "` |")
		for _, c := range columns {
			text.WriteString(" " + cells[c.name][code] + " |")
		}
		text.WriteString("\n")
	}
	if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
