//go:build linux

package testbed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The addresses of the street; doc.go draws it. They exist only inside.
const (
	ClientAddr  = "10.77.1.2"
	CorpAddr    = "10.77.1.1"
	borderAddr  = "10.77.2.1"
	OutsideAddr = "10.77.2.2"
)

// commandGrace is how long a command whose context ended may keep its output
// open: what it has started is killed with it, so this is only a backstop.
const commandGrace = 2 * time.Second

// Bed is one test's network.
type Bed struct {
	// Client, Corp and Outside are the houses, see the package comment.
	Client, Corp, Outside *Namespace

	// Dir holds configurations and logs until the test ends. Daemons that give
	// up root can read it, which t.TempDir would not let them.
	Dir string

	// Public signed the certificates of the outside hosts: an intermediate.
	// Roots is the PEM file with the root above it.
	Public *Authority
	Roots  string

	// Engines leaves the machine's engines and units in sight of the commands.
	Engines bool

	t     testing.TB
	label string // begins the name of all that is the bed's, see orphans.go
}

// hideEngines covers the engines that the machine may have, and its units: a check reads both to know
// its client, and a test must not turn out otherwise where somebody has installed podman. ip(8)
// gives each command mounts of its own, so that nothing outside of it changes.
const hideEngines = `for dir in /etc/systemd /usr/lib/systemd; do
	[ ! -d $dir ] || mount -t tmpfs -o mode=755 none $dir
done
for engine in podman buildah docker dockerd containerd ctr nerdctl crio crictl kubelet; do
	program=$(command -v $engine) && mount --bind /dev/null "$program"
done
exec "$0" "$@"`

// New makes an empty network: houses, cables, routes, trust stores, and no
// servers. It skips or fails the test where namespaces cannot be made.
func New(t testing.TB) *Bed {
	t.Helper()
	b := ground(t)
	root := NewAuthority(t, "Testbed Public Root", ecdsaKey(t))
	b.Public = root.Intermediate(t, "Testbed Public Issuing CA")
	b.Roots = b.WriteFile("public-roots.pem", root.CertPEM())

	b.Client = newNamespace(t, b.label, "client")
	b.Corp = newNamespace(t, b.label, "corp")
	b.Outside = newNamespace(t, b.label, "outside")
	b.cable(b.Client, ClientAddr, b.Corp, CorpAddr)
	b.cable(b.Corp, borderAddr, b.Outside, OutsideAddr)
	ip(t, "-n", b.Client.Name, "route", "add", "default", "via", CorpAddr)
	ip(t, "-n", b.Outside.Name, "route", "add", "default", "via", borderAddr)
	ip(t, "-n", b.Corp.Name, "route", "add", publicNet, "via", OutsideAddr)

	resolvers := map[*Namespace]string{b.Client: CorpAddr, b.Corp: OutsideAddr, b.Outside: OutsideAddr}
	for ns, resolver := range resolvers {
		ns.etc(t, "resolv.conf", "nameserver "+resolver+"\n")
		ns.etc(t, "hosts", "127.0.0.1 localhost\n")
		ns.etc(t, "ssl/certs/ca-certificates.crt", string(root.CertPEM()))
	}
	return b
}

// Trust adds the CAs of a PEM file to the client's own trust store.
func (b *Bed) Trust(file string) {
	b.t.Helper()
	var store []byte
	for _, name := range []string{b.Roots, file} {
		pem, err := os.ReadFile(name)
		if err != nil {
			b.t.Fatal(err)
		}
		store = append(store, pem...)
	}
	b.Client.etc(b.t, "ssl/certs/ca-certificates.crt", string(store))
}

// ground returns a bed without houses: a label and a directory.
func ground(t testing.TB) *Bed {
	t.Helper()
	Require(t, "namespaces")
	if err := sweep(); err != nil {
		t.Logf("what killed tests left behind: %v", err)
	}
	b := &Bed{t: t, label: label(t, beds.Add(1))}
	b.Dir = publicDir(t, b.label)
	return b
}

// cable joins two namespaces. Both ends are made inside, so that no name of an
// interface can clash with one of the machine.
func (b *Bed) cable(from *Namespace, fromAddr string, to *Namespace, toAddr string) {
	b.t.Helper()
	up, down := "to-"+role(to), "to-"+role(from)
	ip(b.t, "link", "add", up, "netns", from.Name, "type", "veth", "peer", "name", down, "netns", to.Name)
	for _, end := range []struct{ ns, link, addr string }{{from.Name, up, fromAddr}, {to.Name, down, toAddr}} {
		ip(b.t, "-n", end.ns, "address", "add", end.addr+"/24", "dev", end.link)
		ip(b.t, "-n", end.ns, "link", "set", end.link, "up")
	}
}

// role returns the last part of a namespace's name.
func role(n *Namespace) string {
	_, last, _ := cutLast(n.Name, "-")
	return last
}

// OpenEgress lets corp forward packets, so that the client reaches the outside
// without a proxy. Before it, what the client sends there is lost in silence.
func (b *Bed) OpenEgress() {
	b.t.Helper()
	err := b.Corp.within(func() error { // /proc/sys/net is that of the thread's namespace
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Command prepares a command that runs inside a namespace, with its
// resolv.conf, hosts and trust store. Its environment holds nothing of the
// machine's but PATH, so that no proxy variable and no auth file gets in. It
// dies with the context and with the test process.
func (b *Bed) Command(ctx context.Context, ns *Namespace, name string, args ...string) *exec.Cmd {
	argv := []string{"netns", "exec", ns.Name}
	if !b.Engines {
		argv = append(argv, "sh", "-c", hideEngines)
	}
	cmd := Here(ctx, "ip", append(append(argv, name), args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + b.Dir, "LANG=C"}
	cmd.Dir = b.Dir
	return cmd
}

// Here prepares a command of this machine. When the context ends, it dies with all that
// it has started: a grandchild that lives on would hold its output open, and whoever
// reads that would wait for it.
func Here(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = commandGrace
	detach(cmd)
	return cmd
}

// detach puts a command into a process group of its own, so that what it
// starts can be killed with it, and ties its life to ours.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// WriteFile puts a file into the bed's directory and returns its path.
func (b *Bed) WriteFile(name string, content []byte) string {
	b.t.Helper()
	path := filepath.Join(b.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// ShortDir makes a folder with a short path: podman takes no runroot of more than 50 characters.
func (b *Bed) ShortDir() string { return publicDir(b.t, "pp") }

// publicDir returns a directory that every user may enter, removed with the test.
func publicDir(t testing.TB, label string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", label+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
