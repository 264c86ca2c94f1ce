//go:build linux

package hostile

import (
	"bytes"
	"net/http"
	"testing"
)

// TestHonestNetworkPasses proves that the failing rows fail because of what they
// replace.
func TestHonestNetworkPasses(t *testing.T) {
	var n network
	var logins notes
	counting := speak(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") != "" {
			logins.add(r.URL.Path)
		}
		return answer("200 OK", `{"token":"`+token+`"}`, "Content-Type: application/json")
	})
	try(t, []attempt{
		{name: "by pass", args: []string{"check", target, "--anonymous"}, net: &n, exit: []int{0}},
		{name: "by this machine", args: []string{"check", target, "--anonymous"}, net: &n, machine: true, exit: []int{0}},
		{name: "through a proxy", args: []string{"check", target, "--anonymous"}, net: &network{proxy: tunnel}, exit: []int{0},
			says: []string{"CONNECT"}},
		{name: "a proxy that is none", args: []string{"check", target, "--anonymous"},
			net: &network{proxy: say([]byte("220 mail ESMTP\r\n"))}, exit: []int{1},
			says: []string{"220 mail ESMTP"}, then: func(t *testing.T, r result) {
				if got := r.codes(t); len(got) != 1 || got[0] != "proxy-not-a-proxy" {
					t.Errorf("it is judged %v", got)
				}
			}},
		{name: "with a login", args: []string{"check", target, "-u", "joe:hunter22-Secret"}, net: &network{auth: counting}, exit: []int{0},
			lacks: []string{"hunter22-Secret", token}, then: func(t *testing.T, _ result) {
				if got := logins.all(); len(got) != 1 || got[0] != "/token" {
					t.Errorf("the login was sent to %v", got)
				}
			}},
	})
}

// TestOutputsAreWhole: an output is a whole document, or there is none.
func TestOutputsAreWhole(t *testing.T) {
	try(t, []attempt{{name: "a report", args: []string{"check", target, "--anonymous"}, net: &network{}, exit: []int{0},
		then: func(t *testing.T, r result) {
			if r.report(t)["schema"] != "pullpath.report/v1" || !bytes.Contains(r.out["html"], []byte("</html>")) || len(r.out["events"]) == 0 {
				t.Error("an output is not whole")
			}
		}}})
}
