package settings

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func stat(pid int, name string, start string) string {
	return strings.Join([]string{strconv.Itoa(pid), "(" + name + ")", "S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 9 0", start, "1 1\n"}, " ")
}

func TestProcesses(t *testing.T) {
	root := host(t, map[string]string{
		"/proc/stat":        "cpu 1 2\nbtime 1700000000\n",
		"/proc/812/stat":    stat(812, "docker) d", "12345"),
		"/proc/812/exe":     "-> /usr/bin/dockerd (deleted)",
		"/proc/812/cmdline": "/usr/bin/dockerd\x00-H\x00fd://\x00--http-proxy\x00http://u:x@p:1\x00--config-file=/srv/d.json\x00",
		"/proc/812/environ": "HTTPS_PROXY=http://first:1\x00SECRET=1\x00HTTPS_PROXY=http://second:1\x00SSL_CERT_FILE=/ca\x00odd\x00",
		"/proc/90/cmdline":  "/usr/bin/containerd\x00",
		"/proc/90/stat":     "nonsense",
		"/proc/7/cmdline":   "",
		"/proc/8/cmdline":   "bash\x00",
		"/proc/self":        "-> 812",
	})
	found := Processes(root, "dockerd", "containerd")
	if len(found) != 2 || found[0].PID != 90 || found[1].PID != 812 {
		t.Fatalf("%+v", found)
	}
	d := found[1]
	if d.Program != "dockerd" || d.Path != "/usr/bin/dockerd" || !d.EnvRead || d.ConfigFile != "/srv/d.json" {
		t.Errorf("%+v", d)
	}
	same(t, "environment", []string{"HTTPS_PROXY=http://first:1 @/proc/812/environ", "SSL_CERT_FILE=/ca @/proc/812/environ"}, lines(d.Env))
	same(t, "flags", []string{"--http-proxy=http://u:x@p:1 @/proc/812/cmdline"}, lines(d.Flags))
	if want := time.Unix(1700000123, 450e6); !d.Started.Equal(want) {
		t.Errorf("started %v, want %v", d.Started, want)
	}
	if c := found[0]; c.EnvRead || !c.Started.IsZero() || c.Outdated(Service{Newest: time.Now()}) {
		t.Errorf("%+v", c)
	}
	for changed, want := range map[time.Time]bool{d.Started.Add(time.Second): true, d.Started.Add(-time.Second): false} {
		if d.Outdated(Service{Newest: changed}) != want {
			t.Errorf("changed %v: %v", changed, !want)
		}
	}
}
