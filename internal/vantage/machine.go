package vantage

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/product"
	"pullpath/internal/program"
	"pullpath/internal/settings"
	"pullpath/internal/userfile"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// Machine looks from this machine. It fails where the roots that its environment names, or
// those that are built in, cannot be read.
func Machine() (*Vantage, error) {
	if err := readableRoots(os.Getenv("SSL_CERT_FILE"), os.Getenv("SSL_CERT_DIR")); err != nil {
		return nil, err
	}
	shell := ProcessEnvironment(os.Environ())
	v := &Vantage{Net: ownNet(), Host: Host{Home: settings.HomeBelow(OwnHome()), Shell: shell, Env: proxyVariables(shell)}}
	if err := v.Host.load(); err != nil {
		return nil, err
	}
	var err error
	if v.Host.Root, err = settings.OpenOwn(); err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" { // the paths of its files have drives
		logins := ownLogins(v.Host.Root)
		v.Host.Logins = &logins
	}
	v.Net.Resolver = systemResolver(v.Net.Dial)
	v.Net.Resolver.Roots = v.Host.Stores.System
	hostname, _ := os.Hostname()
	v.Net.Vantage = evidence.Vantage{Hostname: hostname, OS: runtime.GOOS, Addresses: ownAddresses(), Resolvers: v.Net.Resolver.Servers}
	return v, nil
}

// load reads this machine's roots and what is built in, side by side: each takes some
// milliseconds of computing, and a user waits for them before the first packet.
func (h *Host) load() error {
	var public, logs error
	var loading sync.WaitGroup
	system, known := x509.NewCertPool(), x509.NewCertPool()
	loading.Go(func() {
		if pool, err := x509.SystemCertPool(); err == nil {
			system = pool
		}
	})
	loading.Go(func() { known, public = tlsinspect.PublicRoots() })
	loading.Go(func() { h.Logs, logs = tlsinspect.BuiltInLogs() })
	loading.Go(func() { product.Rows() })
	loading.Wait()
	if logs != nil {
		return fmt.Errorf("built-in list of transparency logs: %w", logs)
	}
	h.Stores = systemStores(known, system)
	return public
}

// ownNet returns this process's own network, without name servers.
func ownNet() flows.Net {
	return flows.Net{Wire: tunnel.Dialer{}.Wire(), Now: time.Now}
}

// systemStores returns the stores of a client that trusts the system's roots.
func systemStores(public, system *x509.CertPool) tlsinspect.Stores {
	return tlsinspect.Stores{Public: public, System: system, Client: system.Clone()}
}

// readableRoots looks at the files of roots that the environment names before the library
// does, which reads them to their end whatever they are (crypto/x509, root_unix.go).
func readableRoots(file, dirs string) error {
	files := []string{file}
	for _, dir := range filepath.SplitList(dirs) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // the library passes it over too
		}
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			continue
		}
		if info.Mode()&os.ModeDevice != 0 && name != os.DevNull || info.Size() > userfile.MaxBundle {
			return hint.New(fmt.Sprintf("SSL_CERT_FILE or SSL_CERT_DIR: %s is not a file of certificates: it is a device, or larger than %d MiB",
				name, userfile.MaxBundle>>20),
				"name a PEM file, or unset the variable")
		}
	}
	return nil
}

// systemResolver asks as this machine's resolv.conf says, and its hosts file first.
func systemResolver(dial tunnel.DialFunc) *resolve.Resolver {
	r := &resolve.Resolver{Dial: dial, Now: time.Now, Hosts: map[string][]netip.Addr{}}
	if f, err := os.Open("/etc/hosts"); err == nil {
		r.Hosts = resolve.ParseHosts(io.LimitReader(f, userfile.MaxHosts))
		_ = f.Close()
	}
	if runtime.GOOS != "windows" {
		r.Conf = resolve.DefaultConf()
		if f, err := os.Open(resolvConf); err == nil {
			if conf, err := resolve.ParseResolvConf(io.LimitReader(f, userfile.MaxHosts)); err == nil {
				r.Conf = conf
			}
			_ = f.Close()
		}
		r.Servers, r.Default = r.Conf.Servers, r.Conf.Default
	}
	if runtime.GOOS == "darwin" {
		r = byScutil(r)
	}
	r.Ways = append(r.Ways, resolve.GoWay())
	if path, err := exec.LookPath("getent"); err == nil {
		r.Ways = append(r.Ways, resolve.GetentWay(path))
	}
	r.System = func(ctx context.Context, name string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	}
	return r
}

// scutilLimit is how long scutil may take; it asks a local service.
const scutilLimit = 2 * time.Second

// byScutil takes the order of macOS from scutil(8); without it resolv.conf stands, which macOS writes
// for programs that read it.
func byScutil(r *resolve.Resolver) *resolve.Resolver {
	ctx, cancel := context.WithTimeout(context.Background(), scutilLimit)
	defer cancel()
	out, err := program.Run(ctx, "/usr/sbin/scutil", []string{"--dns"}, "")
	if err != nil {
		return r
	}
	list, err := resolve.ParseScutilDNS(strings.NewReader(out.Stdout))
	if err != nil || len(list) == 0 {
		return r
	}
	return r.ByDomain(list)
}

// maxOwnAddresses bounds how many of this host's addresses are reported; a host
// with containers has dozens, and the sockets' own are in the hops.
const maxOwnAddresses = 8

func ownAddresses() []string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().IsGlobalUnicast() && len(out) < maxOwnAddresses {
			out = append(out, prefix.Addr().String())
		}
	}
	return out
}

// OwnHome returns the user's home directory, empty where there is none.
func OwnHome() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// ownLogins returns where this user's clients keep their logins.
func ownLogins(root *settings.Root) credentials.Host {
	dir, _ := os.Getwd() // without one, relative paths lead nowhere, as for the clients
	return credentials.Host{Root: root, Getenv: os.Getenv, Home: OwnHome(), UID: os.Getuid(), Dir: dir, Linux: runtime.GOOS == "linux",
		Helpers: credentials.Programs{}}
}

// NewSeed makes a run's identifier, by which it is found in the logs of
// others. It falls back to a constant where there is no randomness: it is a
// label, not a key.
func NewSeed() string {
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		return "00000000"
	}
	return hex.EncodeToString(b)
}
