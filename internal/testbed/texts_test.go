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

// The two commands by which clients are asked here: the requests of a pull by hand, and the
// client of containers itself with all that it tells.
var tellers = []struct {
	name    string
	command []string
}{
	{"curl -v", []string{"sh", "-c", `token=https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth
curl -sSv --max-time 8 https://registry.redhat.io/v2/
curl -sSv --max-time 8 "$token?service=docker-registry&scope=repository:ubi9/ubi:pull"
curl -sSv --max-time 8 https://cdn01.quay.io/`}},
	{"skopeo --debug", []string{"timeout", "20", "skopeo", "--debug", "inspect", "--no-tags", "--override-os", "linux",
		"docker://registry.redhat.io/ubi9/ubi:latest"}},
}

// told is what diagnose makes of what a client prints in a row's World.
func told(t *testing.T, code string, command []string) string {
	t.Helper()
	flags := []string{"--transparent"}
	if code != "" {
		flags = append(flags, "--fault", code)
	}
	text, _ := mocked(t, flags, command...)
	cmd := exec.Command(PullPath(t), "diagnose", "-o", "json", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	var report struct {
		Findings   []diagnosis.Finding   `json:"findings"`
		Candidates []diagnosis.Candidate `json:"candidates"`
	}
	if json.Unmarshal(out, &report) != nil {
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
	return "not in the text"
}

// page is the table of what texts tell, in docs.
const page = "../../docs/from-text.md"

// sampled are the rows that each run asks for: one of each layer and of each way in which a text
// tells its cause. go test -run TestTexts -update asks for all of them.
var sampled = []string{"proxy-connect-denied", "proxy-auth-rejected", "proxy-refused", "dns-name-not-found", "tcp-refused", "tls-reset",
	"tls-intercepted-untrusted", "tls-certificate-expired", "http-rate-limited", "http-gateway-error", "registry-not-found"}

// TestTexts puts before diagnose what curl and skopeo print of a failure. A cause that the text
// holds is decided or among the causes that remain; docs/from-text.md has all of them.
func TestTexts(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl", "skopeo")
	rows, all := sampled, golden.Updating()
	if all {
		rows = nil
		for _, e := range catalogue.All() {
			if e.Severity == diagnosis.Error && e.Code != diagnosis.Unexplained {
				rows = append(rows, string(e.Code))
			}
		}
	}
	lines := make([]string, len(rows))
	var asked sync.WaitGroup
	const atOnce = 2 // each has a network of its own and two clients that mostly wait
	turns := make(chan struct{}, atOnce)
	for i, code := range rows {
		asked.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			lines[i] = "| `" + code + "` |"
			for _, c := range tellers {
				lines[i] += " " + told(t, code, c.command) + " |"
			}
		})
	}
	asked.Wait()
	if all {
		writePage(t, lines)
		return
	}
	known, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if !slices.Contains(strings.Split(string(known), "\n"), line) {
			t.Errorf("docs/from-text.md lacks %q (go test -run TestTexts -update writes it)", line)
		}
	}
}

// A healthy network's texts tell of no failure.
func TestHealthyTexts(t *testing.T) {
	Require(t, "namespaces", "nftables", "curl", "skopeo")
	for _, c := range tellers {
		if got := told(t, "", c.command); got != "not in the text" {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func writePage(t *testing.T, lines []string) {
	t.Helper()
	text := "# What a text tells\n\nWhat `pullpath diagnose` makes of what clients print in the World of each cause\n" +
		"(`pullpath mock --transparent --fault CODE -- CLIENT`): `decided`, a finding; `candidate N`, the N-th of the\n" +
		"causes that remain; `as CODE`, what the text shows in its place, where only other evidence would tell; `not in\n" +
		"the text`, where this client does not meet the cause, as curl that only asks for /v2/ and a token. curl is asked\n" +
		"by hand, without a login, for /v2/, a token and a blob host; skopeo inspects an image.\n\n| cause |"
	rule := "|---|"
	for _, c := range tellers {
		text += " " + c.name + " |"
		rule += "---|"
	}
	if err := os.WriteFile(page, []byte(text+"\n"+rule+"\n"+strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
