package mockproxy

import "testing"

// An image's name has a host before it where that has a dot or a port; what no registry takes is none.
func TestRepository(t *testing.T) {
	t.Parallel()
	for place, want := range map[string][2]string{
		"quay.example/team/app:1":                   {"team/app", "1"},
		"my-registry:2524/admin/image/test:v2":      {"admin/image/test", "v2"},
		"localhost/app":                             {"app", "latest"},
		"team/app":                                  {"team/app", "latest"},
		"quay.example/team/app@sha256:00aa":         {"team/app", "latest"},
		"quay.example/team/app:1@sha256:00aa":       {"team/app", "1"},
		"<my-registry>/<image>:tag":                 {},
		"quay.example/Team/App:1":                   {},
		"quay.example/team/app:1:2":                 {},
		"quay.example/team/app/../../v2/other:none": {},
	} {
		name, tag, ok := repository(place)
		if name != want[0] || tag != want[1] || ok != (want[0] != "") {
			t.Errorf("%s: %q %q %v", place, name, tag, ok)
		}
	}
}
