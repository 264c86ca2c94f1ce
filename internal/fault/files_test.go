package fault

import (
	"fmt"
	"strings"
	"testing"
)

func TestFileNames(t *testing.T) {
	for name, sound := range map[string]bool{
		"/etc/environment": true, "/proc/17/environ": true, "/root/.docker/config.json": true,
		"/etc/systemd/system/docker.service.d/ä b.conf": true,
		"/..a/b..": true, "/" + strings.Repeat("a", 255): true,
		"": false, "/": false, ".": false, "etc/environment": false, "../etc/passwd": false, "/../etc/passwd": false,
		"/etc/../../root/.ssh/x": false,
		"/etc/./x":               false, "/etc//x": false, "/etc/x/": false, `/etc\..\x`: false, `C:\x`: false, "/a\x00b": false, "/a\nb": false,
		"/a\x1b[31m": false,
		"/\xff":      false, "/a\u202eb": false, "/" + strings.Repeat("a", 256): false, strings.Repeat("/a", 3000): false,
	} {
		if err := FileName(name); (err == nil) != sound {
			t.Errorf("%.60q: %v", name, err)
		}
	}
}

func TestFilesFitBesideEachOther(t *testing.T) {
	many := map[string]string{}
	for i := range MaxFiles {
		many[fmt.Sprintf("/f%d", i)] = ""
	}
	if err := (World{Files: many}).Check(); err != nil {
		t.Error(err)
	}
	many["/one-more"] = ""
	for name, files := range map[string]map[string]string{
		"a file that is the folder of another": {"/etc/a": "", "/etc/a/b/c": ""},
		"too many":                             many,
		"too large":                            {"/a": strings.Repeat("x", MaxFileBytes), "/b": "x"},
		"a name that leads out":                {"/../a": ""},
	} {
		if err := (World{Files: files}).Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSizesAreBounded(t *testing.T) {
	lists := make([]string, MaxListed+1)
	for i := range lists {
		lists[i] = "registry.example/a"
	}
	pins := map[string]string{}
	for i := range MaxListed + 1 {
		pins[fmt.Sprintf("h%d", i)] = "192.0.2.1"
	}
	for place, world := range map[string]World{
		"images":  {Images: lists},
		"targets": {Targets: lists},
		"pins":    {Pins: pins},
		"faults":  {Faults: make([]Fault, MaxFaults+1)},
		"flags":   {Flags: make([]string, MaxFlags+1)},
		"title":   {Title: strings.Repeat("x", MaxText+1)},
		"env.A":   {Env: map[string]string{"HTTPS_PROXY": strings.Repeat("x", MaxText+1)}},
		"layer":   {LayerBytes: MaxLayer + 1},
	} {
		if err := world.Check(); err == nil {
			t.Errorf("%s: no error", place)
		}
	}
}
