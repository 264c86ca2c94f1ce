package settings

import (
	"debug/buildinfo"
	"path"
	"strings"
)

// GoBinary is what a Go program says about its own build. Its toolchain decides
// by which rules it reads the proxy variables.
type GoBinary struct {
	Path      string // on the host
	Toolchain string // "go1.22.5"
	Module    string // the main module's path
	Version   string // the main module's version: "v5.2.0", "(devel)"
	Net       string // version of golang.org/x/net, for programs that use it directly; "" without
	Debug     string // the GODEBUG defaults built in: "urlstrictcolons=0,…"
}

// GODEBUG returns a setting that was built in, "" if there is none.
func (b GoBinary) GODEBUG(name string) string {
	for setting := range strings.SplitSeq(b.Debug, ",") {
		if value, ok := strings.CutPrefix(setting, name+"="); ok {
			return value
		}
	}
	return ""
}

// GoVersion reads the build information of a program, which is not run. It
// reports false if there is no such file or it is not built by Go.
func GoVersion(root *Root, name string) (GoBinary, bool) {
	file, err := root.open(name)
	if err != nil {
		return GoBinary{}, false
	}
	defer file.Close()
	info, err := buildinfo.Read(file)
	if err != nil {
		return GoBinary{}, false
	}
	b := GoBinary{Path: clean(name), Toolchain: info.GoVersion, Module: info.Main.Path, Version: info.Main.Version}
	for _, dep := range info.Deps {
		if dep.Path == "golang.org/x/net" {
			b.Net = dep.Version
		}
	}
	for _, setting := range info.Settings {
		if setting.Key == "DefaultGODEBUG" {
			b.Debug = setting.Value
		}
	}
	return b, true
}

// programDirs are where the programs of container clients lie: the usual path of
// root in its order, then the directories of helpers, of snaps, and of RKE2 and
// K3s, which unpack theirs below /var/lib/rancher.
var programDirs = []string{
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	"/usr/libexec/crio", "/usr/libexec/docker", "/usr/libexec/podman", "/usr/libexec", "/usr/lib/docker", "/opt/bin", "/opt/containerd/bin",
	"/snap/docker/current/bin", "/snap/bin", "/snap/microk8s/current/bin", "/snap/k8s/current/bin",
	"/var/lib/rancher/rke2/data/*/bin", "/var/lib/rancher/rke2/bin", "/var/lib/rancher/k3s/data/current/bin",
}

// FindProgram returns where a program lies on the host, "" if it is not there.
func FindProgram(root *Root, name string) string {
	for _, dir := range programDirs {
		for _, found := range root.Glob(path.Join(dir, name)) {
			if info := root.stat(found); info != nil && info.Mode().IsRegular() {
				return found
			}
		}
	}
	return ""
}
