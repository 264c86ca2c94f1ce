package desktop

import (
	"strings"

	"golang.org/x/sys/windows/registry"

	"pullpath/internal/hostproxy"
)

// liveKeys are the keys of the running machine that are read.
func liveKeys() []struct {
	hive registry.Key
	name string
	path string
} {
	const policies = `Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings`
	const session = `SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
	type key = struct {
		hive registry.Key
		name string
		path string
	}
	user, machine := registry.CURRENT_USER, registry.LOCAL_MACHINE
	out := []key{{machine, "HKLM", session}, {user, "HKCU", "Environment"}}
	for _, path := range []string{hostproxy.InternetSettings, hostproxy.InternetSettings + `\Connections`, policies} {
		out = append(out, key{user, "HKCU", path}, key{machine, "HKLM", path})
	}
	for _, service := range windowsServices() {
		out = append(out, key{machine, "HKLM", `SYSTEM\CurrentControlSet\Services\` + service})
	}
	return out
}

// liveStores are the keys below which each certificate of a store has one of its own.
func liveStores() []string {
	out := []string{hostproxy.Disallowed}
	for _, store := range hostproxy.RootStores("HKCU") {
		out = append(out, store.Key)
	}
	return out
}

// addStores reads the certificate stores of the running machine.
func addStores(out hostproxy.Registry) {
	for _, full := range liveStores() {
		hive, path := registry.LOCAL_MACHINE, strings.TrimPrefix(full, `HKLM\`)
		if rest, user := strings.CutPrefix(full, `HKCU\`); user {
			hive, path = registry.CURRENT_USER, rest
		}
		above, err := registry.OpenKey(hive, path, registry.ENUMERATE_SUB_KEYS)
		if err != nil {
			continue
		}
		names, _ := above.ReadSubKeyNames(maxStore)
		_ = above.Close()
		for _, name := range names {
			key, err := registry.OpenKey(hive, path+`\`+name, registry.QUERY_VALUE)
			if err != nil {
				continue
			}
			if blob, _, err := key.GetBinaryValue("Blob"); err == nil {
				out.Put(full+`\`+name, "Blob", hostproxy.Value{Binary: blob, Source: full})
			}
			_ = key.Close()
		}
	}
}

// maxStore bounds the certificates of one store; Windows has some 400 third-party roots.
const maxStore = 2000

// liveRegistry reads the keys of the running machine. What cannot be opened is not there.
func liveRegistry() hostproxy.Registry {
	out := hostproxy.Registry{}
	for _, k := range liveKeys() {
		key, err := registry.OpenKey(k.hive, k.path, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		full := k.name + `\` + k.path
		out.Put(full, "", hostproxy.Value{Source: full})
		names, _ := key.ReadValueNames(0)
		for _, name := range names {
			if v, ok := liveValue(key, name); ok {
				v.Source = full
				out.Put(full, name, v)
			}
		}
		_ = key.Close()
	}
	addStores(out)
	return out
}

func liveValue(key registry.Key, name string) (v hostproxy.Value, ok bool) {
	if text, _, err := key.GetStringValue(name); err == nil {
		return hostproxy.Value{Text: text}, true
	}
	if n, _, err := key.GetIntegerValue(name); err == nil {
		return hostproxy.Value{Number: uint32(n)}, true //nolint:gosec // a DWORD has 32 bits
	}
	if list, _, err := key.GetStringsValue(name); err == nil {
		return hostproxy.Value{List: list}, true
	}
	data, _, err := key.GetBinaryValue(name)
	return hostproxy.Value{Binary: data}, err == nil
}

// liveScutil finds nothing: scutil is a program of macOS.
func liveScutil() (hostproxy.Proxies, bool) { return hostproxy.Proxies{}, false }

// liveTrust finds nothing: security is a program of macOS.
func liveTrust() ([]hostproxy.CA, hostproxy.TrustSettings, string) { return nil, nil, "" }

// liveGSettings finds nothing: GNOME's settings are those of Linux desktops.
func liveGSettings() (hostproxy.Proxies, bool) { return hostproxy.Proxies{}, false }
