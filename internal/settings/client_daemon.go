package settings

import (
	"cmp"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// daemon is a client that a service manager starts.
type daemon struct {
	tool string
	// units are the names under which it is started, the usual one first.
	units []string
	// binary is the program; its build tells the rules.
	binary string
	// process is the base name of the running program.
	process string
	scope   string
}

// daemons lists the services whose proxy decides about a pull, in the order of
// the table.
func daemons() []daemon {
	return []daemon{
		{"podman service", []string{"podman.service", "podman.socket"}, "podman", "podman", "remote clients and podman.socket"},
		{"dockerd", []string{"docker.service", "snap.docker.dockerd.service"}, "dockerd", "dockerd", ""},
		{"containerd", []string{"containerd.service", "rke2-agent.service", "rke2-server.service", "k3s.service", "k3s-agent.service"}, "containerd", "containerd", "CRI pulls"},
		{"crio", []string{"crio.service"}, "crio", "crio", "CRI pulls"},
		{"kubelet", []string{"kubelet.service"}, "kubelet", "kubelet", "credential plugins; it does not pull"},
	}
}

// daemonClients returns the daemons that the host has a unit or a process of.
func (h Host) daemonClients() []Client {
	var out []Client
	for _, d := range daemons() {
		if c, found := h.daemonClient(d); found {
			out = append(out, c)
		}
	}
	return out
}

func (h Host) daemonClient(d daemon) (Client, bool) {
	var service Service
	for _, unit := range d.units {
		if service = ReadService(h.Root, unit, Scope{}); service.Found {
			break
		}
	}
	running, alive := h.process(d)
	if !service.Found && !alive {
		return Client{}, false
	}
	c := Client{Tool: d.tool, Scope: d.scope, Daemon: true, Installed: true, Running: alive,
		Env: service.Env, Remarks: slices.Clone(service.Remarks)}
	h.rules(&c, d.binary)
	if d.tool == "podman service" {
		h.fillFromContainersConf(&c)
	}
	if alive {
		h.compareRunning(&c, running, service)
	}
	if d.tool == "dockerd" {
		h.applyDaemonJSON(&c, service)
	}
	c.Remarks = append(c.Remarks, trustRemarks(h.Root, d.tool, h.Home)...)
	return c, true
}

// process returns the running program of a daemon. A shell's podman is none, so
// for podman only "podman system service" counts.
func (h Host) process(d daemon) (Process, bool) {
	for _, p := range h.processes {
		if p.Exe != d.process || d.tool == "podman service" && !strings.Contains(strings.Join(p.Args, " "), "system service") {
			continue
		}
		return p, true
	}
	return Process{}, false
}

// compareRunning takes the environment that the running process was started
// with, which is what counts, and says where the files have become newer.
func (h Host) compareRunning(c *Client, p Process, s Service) {
	if !p.Readable {
		c.Unknown = "the files can be read, the environment of the running process cannot"
		c.Find = "run it as root, or: sudo cat /proc/" + itoa(p.PID) + "/environ"
		return
	}
	if sameSettings(p.Env, c.Env) {
		return
	}
	if !s.Newest.IsZero() && !p.Started.IsZero() && s.Newest.After(p.Started) {
		c.Remarks = append(c.Remarks, Remark{Code: NotLoaded, Source: newestFile(h.Root, s), Variable: differing(p.Env, c.Env),
			Text:  "the file is newer than the running " + c.Tool + ", which was started with other proxy variables",
			Write: "systemctl daemon-reload, then systemctl restart " + strings.TrimSuffix(s.Name, ".service")})
	}
	c.Env = p.Env
}

// newestFile is the file of a service that was changed last.
func newestFile(root *Root, s Service) string {
	for _, f := range slices.Backward(s.Files) {
		if root.ModTime(f).Equal(s.Newest) {
			return f
		}
	}
	return s.Name
}

// proxyNames are the variables that decide a way.
func proxyNames() []string {
	return []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}
}

func sameSettings(a, b route.Environment) bool { return differing(a, b) == "" }

// differing is the first proxy variable that has another value in b.
func differing(a, b route.Environment) string {
	for _, name := range proxyNames() {
		x, _ := find(a, name)
		y, _ := find(b, name)
		if x.Value != y.Value {
			return name
		}
	}
	return ""
}

// rules finds the client's rules by the Go release that its program was built
// with, and its version.
func (h Host) rules(c *Client, binary string) {
	build, found := GoBuild(h.Root, binary)
	c.Installed = c.Installed || found
	c.Version = cmp.Or(c.Version, build.Version, PackageVersion(h.Root, binary))
	if !found || build.Go == "" {
		c.Dialect, c.Assumed = route.Go(), true
		return
	}
	d, err := route.At("go", build.Go)
	if err != nil {
		d, c.Assumed = route.Go(), true
	}
	if build.StrictColons {
		d = route.GoStrict()
	}
	c.Dialect = d
}
