package flows

import (
	"strings"
	"testing"
)

// A script whose variable is empty or was not replaced gives a name that says so.
func TestParseArgumentSeesUnsetVariables(t *testing.T) {
	for text, want := range map[string]string{
		"/team/app": "begins with a slash", "//team/app": "begins with a slash", "docker.io//app": "has an empty part",
		"docker.io/${REGISTRY}/app": "was not replaced", "$REGISTRY/app": "was not replaced", "{{registry}}/app": "was not replaced",
		"quay.io/team/app": "", "quay.io/team/app:v1.0_2": "",
	} {
		_, err := ParseArgument(text)
		if got := ""; err != nil {
			got = err.Error()
			if want == "" || !strings.Contains(got, want) {
				t.Errorf("%s: %s", text, got)
			}
		} else if want != "" {
			t.Errorf("%s: no error, want %q", text, want)
		}
	}
}
