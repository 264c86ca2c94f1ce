package desktop

import (
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
