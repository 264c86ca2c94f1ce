package settings

import (
	"pullpath/internal/route"
)

// File is what one file sets.
type File struct {
	Path    string
	Found   bool              // it exists and could be read
	Env     route.Environment // the variables that matter here, in the order in which they count
	Remarks []Remark
}

// readFile reads a file with a parser that returns variables and remarks.
func readFile(root *Root, name string, parse func(name, text string) ([]route.Variable, []Remark)) File {
	f := File{Path: clean(name)}
	text, ok := root.text(name)
	if !ok {
		return f
	}
	f.Found = true
	vars, remarks := parse(f.Path, text)
	env, more := judged(root, f.Path, vars)
	f.Env, f.Remarks = env, append(remarks, more...)
	return f
}

// ReadEnvironmentFile reads a file of assignments as systemd reads it for
// EnvironmentFile=: /etc/sysconfig/crio, /etc/mco/proxy.env,
// /etc/default/rke2-server. Whether a unit names it is for [ReadService] to say.
func ReadEnvironmentFile(root *Root, name string) File { return readFile(root, name, envFile) }

// UnitEnvironmentFiles are environment files that packages and products write
// for container services; a unit has to name one for it to count. They are those
// of RHEL and Fedora (sysconfig), of Debian (default), of OpenShift's machine
// config operator, and of RKE2 and K3s.
var UnitEnvironmentFiles = []string{
	"/etc/sysconfig/docker", "/etc/sysconfig/containerd", "/etc/sysconfig/crio", "/etc/sysconfig/crio-network", "/etc/sysconfig/kubelet",
	"/etc/sysconfig/podman", "/etc/sysconfig/proxy", "/etc/sysconfig/rke2-server", "/etc/sysconfig/rke2-agent", "/etc/sysconfig/k3s",
	"/etc/default/docker", "/etc/default/containerd", "/etc/default/crio", "/etc/default/kubelet",
	"/etc/default/rke2-server", "/etc/default/rke2-agent", "/etc/default/k3s", "/etc/systemd/system/k3s.service.env",
	"/etc/mco/proxy.env",
}
