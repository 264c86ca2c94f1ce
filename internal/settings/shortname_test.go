package settings

import (
	"strings"
	"testing"
)

func TestShortNames(t *testing.T) {
	const two = "unqualified-search-registries = [\"docker.io\", \"quay.io\"]\n"
	for name, row := range map[string]struct{ conf, image, want string }{
		"nothing is set": {"", "app", ""},
		"one host": {"unqualified-search-registries = [\"quay.io\"]\nshort-name-mode = \"enforcing\"\n", "app",
			"podman looks for it at quay.io ("},
		"no mode": {two, "team/app:1",
			"which of docker.io, quay.io is meant, and tries them in this order without one (short-name-mode is permissive"},
		"enforcing": {two + "short-name-mode = \"enforcing\"\n", "app",
			"fails without one (short-name-mode = \"enforcing\", /etc/containers/registries.conf:2)"},
		"disabled": {two + "short-name-mode = \"disabled\"\n", "app",
			"podman tries docker.io, quay.io in this order (short-name-mode = \"disabled\""},
		"an alias": {two + "[aliases]\n\"app\" = \"quay.io/team/app\"\n", "app:1",
			"podman takes it for quay.io/team/app (alias, /etc/containers/registries.conf:3)"},
		"another one's alias": {two + "[aliases]\n\"tool\" = \"quay.io/team/tool\"\n", "app", "which of docker.io"},
		"an alias taken back": {two + "[aliases]\n\"app\" = \"\"\n", "app", "which of docker.io"},
		"a mode there is not": {two + "short-name-mode = \"on\"\n", "app", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := host(t, map[string]string{"/etc/containers/registries.conf": row.conf})
			got := ReadRegistries(root, "/root", nil).Short.Says(row.image)
			if !strings.Contains(got, row.want) || row.want == "" && got != "" {
				t.Errorf("says %q, want %q", got, row.want)
			}
		})
	}
}
