package vantage

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"

	"pullpath/internal/credentials"
	"pullpath/internal/desktop"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/resolve"
	"pullpath/tlsinspect"
)

// Folder looks as a host whose files lie in a folder: a mounted root, a container's, a
// support archive. Settings, trust stores, logins, name servers, hosts file and host name
// are the folder's; the network is this process's own.
func Folder(dir string) (*Vantage, error) {
	root, err := settings.OpenTree(dir)
	if err != nil {
		return nil, err
	}
	home, _ := settings.HomeOf(root)
	login := LoginEnvironment(root, home)
	shell := login.Env
	v := &Vantage{Net: ownNet(), Host: Host{Root: root, Home: home, Shell: shell, Env: proxyVariables(shell),
		ShellRemarks: login.Remarks, ShellUnread: login.Unread}}
	public, err := tlsinspect.PublicRoots()
	if err != nil {
		return nil, err
	}
	system, err := folderRoots(root, home, shell, public)
	if err != nil {
		return nil, err
	}
	v.Host.Stores = systemStores(public, system)
	if v.Host.Logs, err = tlsinspect.BuiltInLogs(); err != nil {
		return nil, fmt.Errorf("built-in list of transparency logs: %w", err)
	}
	// The programs of another host are not run: a login in a helper is reported as not read.
	v.Host.Logins = &credentials.Host{Root: root, Home: home, Linux: true, Helpers: credentials.Empty(nil), Getenv: func(name string) string {
		for _, e := range shell {
			if e.Name == name {
				return e.Value
			}
		}
		return ""
	}}
	v.Net.Resolver = v.folderResolver()
	v.Net.Resolver.Roots = system
	v.Net.Vantage = evidence.Vantage{Hostname: hostnameIn(root), OS: string(root.System()), Addresses: ownAddresses(),
		Resolvers: v.Net.Resolver.Servers}
	return v, nil
}

// folderRoots reads the folder's trust store. One that is closed to this process is not an
// empty one: each chain would then seem untrusted.
func folderRoots(root *settings.Root, home string, shell route.Environment, public *x509.CertPool) (system *x509.CertPool,
	err error) {
	if root.System() != settings.Linux {
		return desktop.SystemRoots(settings.Host{Root: root, Home: home}, public), nil // what was not read of them is named
	}
	if unread := root.UnreadBy(func() { system = settings.SystemRoots(root, shell) }); unread != "" {
		return nil, hint.New("--root: "+redact.Text(unread, maxFlagText)+" cannot be read, so it is not known whom the host trusts",
			"run it as a user who may read the file")
	}
	return system, nil
}

// folderResolver asks as the folder's resolv.conf says, and its hosts file first. Without
// one it is unknown whom the host asks.
func (v *Vantage) folderResolver() *resolve.Resolver {
	r := &resolve.Resolver{Dial: v.Net.Dial, Now: v.Net.Now, Hosts: map[string][]netip.Addr{}, Conf: resolve.DefaultConf()}
	r.System = fromHosts(r)
	closed := v.Host.Root.UnreadBy(func() {
		if data, err := v.Host.Root.ReadFile("/etc/hosts"); err == nil {
			r.Hosts = resolve.ParseHosts(bytes.NewReader(data))
		}
	})
	if closed != "" {
		r.Unknown = "the folder's /etc/hosts cannot be read, so it is not known which addresses its host has for a name"
		return r
	}
	data, err := v.Host.Root.ReadFile(resolvConf)
	if err == nil {
		r.Conf, err = resolve.ParseResolvConf(bytes.NewReader(data))
	}
	if err != nil { // an archive often leaves it out, and then says nothing of the host
		r.Unknown = "the folder has no " + resolvConf + " that can be read, so it is not known " +
			"which name servers its host asks; --resolver gives them"
		return r
	}
	r.Servers, r.Default = r.Conf.Servers, r.Conf.Default
	return r
}

// hostnameIn is the name of the folder's host, empty where no file has it.
func hostnameIn(root *settings.Root) string {
	data, err := root.ReadFile("/etc/hostname")
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(data)), "\n")
	return name
}
