package client

import "testing"

// Releases before a client's body reader end a pull where a transfer breaks off.
func TestReleasesThatResume(t *testing.T) {
	for tool, versions := range map[string]map[string]bool{
		"podman":     {"4.3.1": false, "4.4.1": false, "4.4.2": true, "5.8.0-dev": true, "": true, "unknown": true},
		"skopeo":     {"1.9.3": false, "1.12.0": true},
		"crio":       {"1.26.4": false, "1.27.0": true},
		"containerd": {"1.4.0": true},
		"docker":     {"20.10.0": true},
	} {
		c, err := Named(tool)
		if err != nil {
			t.Fatal(err)
		}
		for version, want := range versions {
			if got := c.Speaks.Asks.Of(version).Resumes != ""; got != want {
				t.Errorf("%s %s: resumes %t", tool, version, got)
			}
		}
	}
}
