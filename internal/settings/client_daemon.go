package settings

import (
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
	// user: the user's own manager starts it, from units below the home directory.
	user bool
}

// daemons lists the services whose proxy decides about a pull, in the order of
// the table.
func daemons() []daemon {
	return []daemon{
		{tool: "podman service", units: []string{"podman.service", "podman.socket"}, binary: "podman", scope: "remote clients and podman.socket"},
		{tool: "dockerd", units: []string{"docker.service", "snap.docker.dockerd.service"}, binary: "dockerd", process: "dockerd"},
		{tool: "containerd", units: []string{"containerd.service", "rke2-agent.service", "rke2-server.service", "k3s.service", "k3s-agent.service"}, binary: "containerd", process: "containerd", scope: "CRI pulls"},
		{tool: "crio", units: []string{"crio.service"}, binary: "crio", process: "crio", scope: "CRI pulls"},
		{tool: "kubelet", units: []string{"kubelet.service"}, binary: "kubelet", process: "kubelet", scope: "credential plugins; it does not pull"},
		{tool: "podman service of the user", units: []string{"podman.service", "podman.socket"}, binary: "podman", scope: "remote clients", user: true},
		{tool: "dockerd of the user", units: []string{"docker.service"}, binary: "dockerd", user: true},
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
	scope := Scope{}
	if d.user {
		scope = UserScope(h.Home)
	}
	for _, unit := range d.units {
		if service = ReadService(h.Root, unit, scope); service.Found {
			break
		}
	}
	if d.user && !ownUnit(service, h.Home) {
		return Client{}, false
	}
	running, alive := h.process(d)
	if !service.Found && !alive {
		return Client{}, false
	}
	c := Client{Tool: d.tool, Scope: d.scope, Daemon: true, Installed: true, Running: alive,
		Env: service.Env, Remarks: slices.Clone(service.Remarks)}
	h.rules(&c, d.binary)
	if d.binary == "podman" || d.binary == "crio" {
		c.Dialect = c.Dialect.ForImages()
	}
	if d.binary == "podman" {
		h.fillFromContainersConf(&c)
	}
	if r, open := notEvaluated(service.Remarks, service.Env); open {
		c.Unknown, c.Find = r.Variable+" has a value that the files do not tell ("+r.Source+")", "run: sudo cat /proc/$(pidof "+d.binary+")/environ"
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

// ownUnit tells that something of the user's own decides about a unit: its file,
// or a drop-in. The packages bring user units that nobody has enabled.
func ownUnit(s Service, home string) bool {
	return slices.ContainsFunc(s.Files, func(f string) bool { return home != "" && strings.HasPrefix(f, home+"/.config/systemd/user/") })
}

// process returns the running program of a daemon. A shell's podman is none: only
// one that was started by the service manager has no flags of a pull, and of that
// nothing is seen, so for podman the unit counts.
func (h Host) process(d daemon) (Process, bool) {
	if d.process == "" {
		return Process{}, false
	}
	for _, p := range h.processes {
		if p.Program == d.process {
			return p, true
		}
	}
	return Process{}, false
}

// compareRunning takes the environment that the running process was started
// with, which is what counts, and says where the files have become newer.
func (h Host) compareRunning(c *Client, p Process, s Service) {
	if !p.EnvRead {
		c.Unknown = "the files can be read, the environment of the running process cannot"
		c.Find = "run it as root, or: sudo cat /proc/" + itoa(p.PID) + "/environ"
		return
	}
	c.Unknown, c.Find = "", ""
	if sameSettings(p.Env, c.Env) {
		return
	}
	if p.Outdated(s) {
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
	program := FindProgram(h.Root, binary)
	var build GoBinary
	isGo := false
	if program != "" {
		build, isGo = GoVersion(h.Root, program)
	}
	c.Installed = c.Installed || program != ""
	c.Version = strings.TrimPrefix(build.Version, "v")
	if p, found := PackageVersion(h.Root, packagesOf(binary)...); found {
		c.Installed = true
		if c.Version == "" || c.Version == "(devel)" {
			c.Version = upstream(p.Version)
		}
	}
	if c.Version == "(devel)" {
		c.Version = ""
	}
	d, err := route.At("go", strings.TrimPrefix(build.Toolchain, "go"))
	if !isGo || err != nil {
		c.Dialect, c.Assumed = route.Go(), true
		return
	}
	if strictColons(build) {
		d = route.GoStrict()
	}
	c.Dialect = d
}

// strictColons tells that the program was built by Go 1.26 or later for a go.mod
// that names it too: for an older go line the toolchain writes urlstrictcolons=0
// into the build information.
func strictColons(b GoBinary) bool {
	d, err := route.At("go", strings.TrimPrefix(b.Toolchain, "go"))
	return err == nil && d.KnowsStrictColons() && b.GODEBUG("urlstrictcolons") != "0"
}

// packagesOf are the packages that bring a program.
func packagesOf(binary string) []string {
	switch binary {
	case "dockerd":
		return []string{"docker-ce", "docker.io", "moby-engine"}
	case "docker":
		return []string{"docker-ce-cli", "docker-cli", "docker.io"}
	case "containerd":
		return []string{"containerd.io", "containerd"}
	case "crio":
		return []string{"cri-o"}
	}
	return []string{binary}
}

// upstream is a package's version without epoch and revision.
func upstream(version string) string {
	if _, rest, found := strings.Cut(version, ":"); found {
		version = rest
	}
	if i := strings.IndexAny(version, "-+~"); i >= 0 {
		version = version[:i]
	}
	return version
}
