package report

import (
	"strings"
	"testing"
)

// The last column of a list keeps a width in which sentences can be read: where the others leave
// it too little, it stands below them.
func TestListKeepsItsTextReadable(t *testing.T) {
	header := []string{"HOST", "PORT", "NEED", "PURPOSE"}
	rows := [][]string{{"a-host-with-a-long-name.registry.corp.example", "443/tcp", "required",
		"layers, by redirect, and what else a purpose says"}}
	for width, want := range map[int]string{
		120: "HOST                                           PORT     NEED      PURPOSE\n" +
			"a-host-with-a-long-name.registry.corp.example  443/tcp  required  layers, by redirect, and what else a purpose says\n",
		90: "HOST                                           PORT     NEED      PURPOSE\n" +
			"a-host-with-a-long-name.registry.corp.example  443/tcp  required  layers, by redirect, and\n" + strings.Repeat(" ", 66) + "what",
		80: "HOST                                    PORT     NEED\n  PURPOSE\n" +
			"a-host-with-a-long-name.registry.corp.  443/tcp  required\nexample\n  layers, by redirect, and what else a purpose says\n",
	} {
		var out strings.Builder
		if err := List(&out, header, rows, width); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("%d columns:\n%s", width, out.String())
		}
	}
}
