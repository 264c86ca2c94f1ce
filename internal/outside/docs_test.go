package outside

import (
	"os"
	"strings"
	"testing"
)

// TestTheGuideShowsTheTest: the code of docs/mockproxy.md is that of the test above.
func TestTheGuideShowsTheTest(t *testing.T) {
	guide, err := os.ReadFile("../../docs/mockproxy.md")
	if err != nil {
		t.Fatal(err)
	}
	test, err := os.ReadFile("client_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```go\n")
	code, _, found := strings.Cut(rest, "```")
	if !found || !strings.HasSuffix(string(test), code) {
		t.Errorf("docs/mockproxy.md shows\n%s\nand client_test.go ends in another test", code)
	}
}
