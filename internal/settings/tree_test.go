package settings

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/golden"
	"pullpath/internal/route"
)

// page renders what the readers say about a host, as it may be printed.
type page struct{ strings.Builder }

func (p *page) section(title string, env []route.Variable, remarks []Remark) {
	fmt.Fprintf(p, "== %s\n", title)
	for _, v := range env {
		if v.Source != "" {
			fmt.Fprintf(p, "   %s=%s (%s)\n", v.Name, Shown(v), v.Source)
		}
	}
	for _, m := range remarks {
		// The mode of a checked out file depends on who checked it out.
		if m.Code != PasswordReadable {
			fmt.Fprintf(p, "!  %s %s %s %s\n   %s\n", m.Source, m.Code, m.Variable, m.Value, m.Text)
		}
		if m.Write != "" {
			fmt.Fprintf(p, "   write: %s\n", m.Write)
		}
	}
}

func (p *page) file(f File) {
	if f.Found {
		p.section(f.Path, f.Env, f.Remarks)
	}
}

func (p *page) service(root *Root, unit string, scope Scope) {
	s := ReadService(root, unit, scope)
	p.section(fmt.Sprintf("%s %s, found %v, runs %s", scope, unit, s.Found, s.Program), slices.Concat(s.Env, s.Flags), s.Remarks)
	for _, file := range s.Files {
		fmt.Fprintf(p, "   reads %s\n", file)
	}
}

// describe reads everything that the package reads.
func describe(t *testing.T, dir, home string) string {
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	pam := ReadPAM(root)
	p.file(pam)
	shell := slices.Clone(pam.Env)
	for _, f := range ReadLoginShell(root, home, pam.Env) {
		p.file(f)
		shell = append(shell, f.Env...)
	}
	for _, unit := range []string{"docker.service", "containerd.service", "podman.service", "crio.service", "kubelet.service"} {
		p.service(root, unit, Scope{})
	}
	p.service(root, "docker.service", UserScope(home))
	p.service(root, "podman.service", UserScope(home))
	for _, name := range unitEnvironmentFiles {
		p.file(ReadEnvironmentFile(root, name))
	}
	p.clients(root, home, shell)
	p.versions(root)
	for _, process := range Processes(root, "dockerd", "containerd", "crio", "kubelet") {
		p.section(fmt.Sprintf("process %d %s, started %s", process.PID, process.Program, process.Started.Format("2006-01-02 15:04:05")),
			process.Env, nil)
	}
	p.section("not read", nil, root.Remarks())
	return p.String()
}

func (p *page) clients(root *Root, home string, env route.Environment) {
	for _, name := range DaemonFiles(home) {
		if d := ReadDaemonFile(root, name); d.Found {
			p.section(d.Path, slices.Concat(d.Env, d.Mirrors, d.Insecure), d.Remarks)
		}
	}
	docker := ReadDockerConfig(root, DockerConfigPath(home, env))
	for _, entry := range docker.Proxies {
		p.section(docker.Path+" "+entry.Host, entry.Env, docker.Remarks)
	}
	containers := ReadContainers(root, home, env)
	p.section("containers.conf "+strings.Join(containers.Files, " "), append(containers.Engine, containers.HTTPProxy), containers.Remarks)
	for _, f := range ReadCRIO(root) {
		p.file(f)
	}
	registries := ReadRegistries(root, home, env)
	p.section("registries.conf "+strings.Join(registries.Files, " "), registries.Short.Search, registries.Remarks)
	for _, name := range []string{"docker.io/library/alpine", "registry.redhat.io/ubi9",
		"quay.io/openshift-release-dev/ocp-release@sha256:0"} {
		fmt.Fprintf(p, "   %s: %v\n", name, registries.Contacts(name))
	}
	rhsm := ReadRHSM(root)
	p.section("rhsm.conf", []route.Variable{rhsm.Hostname, rhsm.Port, rhsm.NoProxy}, rhsm.Remarks)
	p.file(ReadInsights(root))
	dnf := ReadDNF(root)
	p.section("dnf "+strings.Join(dnf.Files, " "), []route.Variable{dnf.Main.Proxy}, dnf.Remarks)
	for _, repo := range dnf.Repos {
		p.section("repository "+repo.ID, []route.Variable{repo.Proxy}, nil)
	}
	for _, f := range ReadWget(root, home, env) {
		p.file(f)
	}
	p.file(ReadCurl(root, home, env))
	git := ReadGit(root, home, env)
	p.section("git", nil, git.Remarks)
	for _, entry := range git.Proxies {
		fmt.Fprintf(p, "   %s %s\n", entry.URL, entry.Proxy)
	}
	kube := ReadKube(root, home, env)
	p.section("kubeconfig", nil, kube.Remarks)
}

func (p *page) versions(root *Root) {
	fmt.Fprintln(p, "== versions")
	for _, find := range []func(*Root) (Package, bool){CurlVersion, PythonVersion,
		func(r *Root) (Package, bool) { return PythonPackage(r, "requests") },
		func(r *Root) (Package, bool) { return PackageVersion(r, "wget") },
		func(r *Root) (Package, bool) { return PackageVersion(r, "podman", "docker-ce") },
	} {
		if found, ok := find(root); ok {
			fmt.Fprintf(p, "   %s %s (%s)\n", found.Name, found.Version, found.Source)
		}
	}
}

// TestExampleHosts compares everything that is said about three hosts with what
// was said before: what is missing fails, and what is new fails.
func TestExampleHosts(t *testing.T) {
	for name, homes := range map[string][]string{
		"rhel9-podman": {"/root", "/home/anna"}, "openshift-node": {"/root"}, "ubuntu-docker": {"/home/dev"},
	} {
		got := ""
		for _, home := range homes {
			got += "# " + name + ", home " + home + "\n" + describe(t, filepath.Join("testdata", name), home)
		}
		if strings.Contains(got, "Ex4mple") {
			t.Errorf("%s: a password is shown", name)
		}
		golden.Check(t, filepath.Join("testdata", name+".golden"), got)
	}
}

// unitEnvironmentFiles are environment files that packages and products write
// for container services; a unit has to name one for it to count. They are those
// of RHEL and Fedora (sysconfig), of Debian (default), of OpenShift's machine
// config operator, and of RKE2 and K3s.
var unitEnvironmentFiles = []string{
	"/etc/sysconfig/docker", "/etc/sysconfig/containerd", "/etc/sysconfig/crio", "/etc/sysconfig/crio-network", "/etc/sysconfig/kubelet",
	"/etc/sysconfig/podman", "/etc/sysconfig/proxy", "/etc/sysconfig/rke2-server", "/etc/sysconfig/rke2-agent", "/etc/sysconfig/k3s",
	"/etc/default/docker", "/etc/default/containerd", "/etc/default/crio", "/etc/default/kubelet",
	"/etc/default/rke2-server", "/etc/default/rke2-agent", "/etc/default/k3s", "/etc/systemd/system/k3s.service.env",
	"/etc/mco/proxy.env",
}
