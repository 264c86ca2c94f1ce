package settings

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// services returns the services that the host has a unit or a process of.
func (h Host) services() []Client {
	var out []Client
	for _, p := range h.Programs {
		if !p.service() || !h.wants(p.Tool) || !p.on(h.Root.System()) {
			continue
		}
		c, service, found := h.serviceClient(p)
		if found {
			out = append(out, c)
		}
		if found && p.Starts != nil {
			out = append(out, p.Starts(h, c, service)...)
		}
	}
	return out
}

func (h Host) serviceClient(p Program) (c Client, service Service, found bool) {
	var traced bool
	unread := h.Root.UnreadBy(func() { service, traced = h.service(p) })
	if p.OfUser && !ownUnit(service, h.Home) {
		return c, service, false
	}
	running, alive := h.process(p)
	if !service.Found && !alive && !traced && unread == "" {
		return c, service, false
	}
	c = Client{Tool: p.Tool, Scope: p.Scope, Trust: p.Trust, vendor: p.Vendor, Daemon: true, Installed: service.Found || alive,
		Running: alive, Env: service.Env, Remarks: slices.Clone(service.Remarks)}
	c.dropIn = "/etc/systemd/system/" + service.Name + ".d/http-proxy.conf"
	if p.OfUser {
		c.dropIn = h.Home + "/.config/systemd/user/" + service.Name + ".d/http-proxy.conf"
	}
	c.Change = givenProxy(service.Name, c.dropIn, p.OfUser)
	h.rules(&c, p)
	show := "run as root on that host: systemctl show -p Environment,EnvironmentFiles " + service.Name
	c.notKnown(unread, show)
	if p.Own != nil {
		c.notKnown(h.Root.UnreadBy(func() { p.Own(h, &c) }), show)
	}
	if r, open := notEvaluated(service.Remarks, service.Env); open {
		c.Unknown, c.Find = r.Variable+" has a value that the files do not show ("+r.Source+")",
			"run: sudo cat /proc/$(pidof "+p.Binary+")/environ"
	}
	if alive {
		h.compareRunning(&c, running, service)
	}
	if startsContainerd(service.Name) {
		c.Env = ForContainerd(c.Env)
	}
	if p.Override != nil {
		c.notKnown(h.Root.UnreadBy(func() { p.Override(h, &c, service) }), show)
	}
	if traced && !alive {
		c.withoutUnit(service.Name)
	}
	c.Remarks = append(c.Remarks, p.Trust.remarks(h.Root, h.Home)...)
	return c, service, true
}

// givenProxy says how a service of systemd is given a proxy. k3s and RKE2 have files of their own
// (https://docs.k3s.io/advanced#configuring-an-http-proxy, https://docs.rke2.io/advanced#configuring-an-http-proxy),
// and so has the snap of MicroK8s (https://microk8s.io/docs/install-proxy).
func givenProxy(unit, dropIn string, ofUser bool) string {
	name := strings.TrimSuffix(unit, ".service")
	systemctl := "systemctl "
	if ofUser {
		systemctl = "systemctl --user "
	}
	switch {
	case strings.HasPrefix(name, "k3s"):
		return "HTTPS_PROXY and NO_PROXY (with the prefix CONTAINERD_ for its pulls alone) in /etc/systemd/system/" + unit +
			".env, then systemctl restart " + name
	case strings.HasPrefix(name, "rke2-"):
		return "HTTPS_PROXY and NO_PROXY (with the prefix CONTAINERD_ for its pulls alone) in /etc/default/" + name +
			", then systemctl restart " + name
	case strings.HasPrefix(name, "snap.microk8s."):
		return "HTTPS_PROXY and NO_PROXY in " + microK8s + "containerd-env, then microk8s stop and microk8s start"
	case strings.HasPrefix(name, "snap.docker."):
		return "[Service] and Environment= in " + dropIn + ", then systemctl daemon-reload and snap restart docker"
	case name == "docker" && !ofUser:
		return "[Service] and Environment= in " + dropIn + ", or proxies in /etc/docker/daemon.json; then systemctl daemon-reload and " +
			"systemctl restart docker"
	}
	return "[Service] and Environment= in " + dropIn + ", then " + systemctl + "daemon-reload and " + systemctl + "restart " + name
}

// service reads the first of a program's units that the host has. Where it has none, traced
// tells that a file of one is there all the same: reports about another host hold what is below
// /etc and seldom the units below /usr. On this host a unit that is not there does not exist.
func (h Host) service(p Program) (s Service, traced bool) {
	scope := Scope{}
	if p.OfUser {
		scope = UserScope(h.Home)
	}
	for i, unit := range p.Units {
		read := ReadService(h.Root, unit, scope)
		if read.Found {
			return read, false
		}
		files := scope.traces(unit)
		if i == 0 {
			files = append(files, p.Files...)
		}
		switch {
		case !traced && !read.Masked && !h.Root.Here() && slices.ContainsFunc(files, h.Root.Exists):
			s, traced = read, true
		case i == 0:
			s = read
		}
	}
	return s, traced
}

// traces are where a host has files of a unit beside the unit: drop-ins, and the environment
// files that distributions and products name after it (EnvironmentFile=-/etc/default/%N).
func (s Scope) traces(unit string) []string {
	var out []string
	for _, dir := range s.unitDirs() {
		out = append(out, path.Join(dir, unit+".d"))
	}
	if name := strings.TrimSuffix(unit, ".service"); s.Home == "" {
		out = append(out, "/etc/sysconfig/"+name, "/etc/default/"+name, "/etc/systemd/system/"+unit+".env")
	}
	return out
}

// withoutUnit says that a service's unit was not read, and that its proxy is not known where no
// other file names one.
func (c *Client) withoutUnit(unit string) {
	show := "systemctl show -p Environment,EnvironmentFiles " + unit
	c.Remarks = append(c.Remarks, Remark{Code: UnitGone, Source: unit,
		Text: "the unit is not in this tree, and what it sets itself is not known", Write: show})
	names := func(v route.Variable) bool { return strings.EqualFold(v.Name, "HTTPS_PROXY") && v.Value != "" }
	if c.Unknown == "" && !slices.ContainsFunc(c.Env, names) {
		c.Unknown, c.Find = unit+" is not in this tree, and no other file of the service names a proxy for https", "run on that host: "+show
	}
}

// ownUnit reports whether a file of the user's own decides about a unit: the unit file
// or a drop-in. Packages bring user units that nobody has enabled.
func ownUnit(s Service, home string) bool {
	return slices.ContainsFunc(s.Files, func(f string) bool { return home != "" && strings.HasPrefix(f, home+"/.config/systemd/user/") })
}

// process returns the running program of a service. For podman the unit alone counts: a
// podman that was started from a shell looks the same as one of the service manager.
func (h Host) process(p Program) (Process, bool) {
	if p.Process == "" {
		return Process{}, false
	}
	for _, running := range h.processes {
		if running.Program == p.Process {
			return running, true
		}
	}
	return Process{}, false
}

// compareRunning takes over the environment with which the running process was started,
// because it is the one that counts, and remarks on files that have changed since.
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

// newestFile returns the file of a service that was changed last.
func newestFile(root *Root, s Service) string {
	for _, f := range slices.Backward(s.Files) {
		if root.ModTime(f).Equal(s.Newest) {
			return f
		}
	}
	return s.Name
}

// proxyNames returns the variables that decide a route.
func proxyNames() []string {
	return []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}
}

func sameSettings(a, b route.Environment) bool { return differing(a, b) == "" }

// differing returns the first proxy variable that has another value in b.
func differing(a, b route.Environment) string {
	for _, name := range proxyNames() {
		x, _ := a.Last(name)
		y, _ := b.Last(name)
		if x.Value != y.Value {
			return name
		}
	}
	return ""
}

// rules finds the client's rules by the Go release that its program was built
// with, and its version.
func (h Host) rules(c *Client, p Program) {
	program := FindProgram(h.Root, p.Binary)
	var build GoBinary
	isGo := false
	if program != "" {
		build, isGo = GoVersion(h.Root, program)
	}
	c.Installed, c.Toolchain = c.Installed || program != "", build.Toolchain
	c.Version = strings.TrimPrefix(build.Version, "v")
	if installed, found := PackageVersion(h.Root, p.packages()...); found {
		c.Installed = true
		if c.Version == "" || c.Version == "(devel)" {
			c.Version = upstream(installed.Version)
		}
	}
	if c.Version == "(devel)" {
		c.Version = ""
	}
	d, err := route.At("go", strings.TrimPrefix(build.Toolchain, "go"))
	switch {
	case !isGo || err != nil:
		d, c.Assumed = route.Go(), true
	case strictColons(build):
		d = route.GoStrict()
	}
	if c.Dialect = d; p.Images {
		c.Dialect = d.ForImages()
	}
}

// strictColons reports whether the program was built by Go 1.26 or later with a go.mod
// that names 1.26 or later. For an older go line the toolchain writes
// urlstrictcolons=0 into the build information.
func strictColons(b GoBinary) bool {
	d, err := route.At("go", strings.TrimPrefix(b.Toolchain, "go"))
	return err == nil && d.KnowsStrictColons() && b.GODEBUG("urlstrictcolons") != "0"
}

// Upstream returns the package's version without epoch and revision.
func (p Package) Upstream() string { return upstream(p.Version) }

// upstream returns a package's version without epoch and revision.
func upstream(version string) string {
	if _, rest, found := strings.Cut(version, ":"); found {
		version = rest
	}
	if i := strings.IndexAny(version, "-+~"); i >= 0 {
		version = version[:i]
	}
	return version
}
