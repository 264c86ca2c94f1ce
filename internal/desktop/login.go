package desktop

import (
	"path"
	"strings"

	"pullpath/internal/hostproxy"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// sessionKey is where Windows keeps the environment of the machine.
const sessionKey = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment`

// Login returns the environment of a new shell on Windows or macOS: that of machine and user in
// the registry, or launchd's and that of zsh's files.
func Login(root *settings.Root, home string) settings.Login {
	h := settings.Host{Root: root, Home: home}
	if root.System() == settings.Windows {
		return windowsLogin(h)
	}
	return macLogin(h)
}

func windowsLogin(h settings.Host) settings.Login {
	r := registryOf(h)
	hive := userHive(r)
	out := settings.Login{Env: kept(hostproxy.Environment(r, sessionKey), hostproxy.Environment(r, hive+`\Environment`))}
	_, known := out.Env.Last("HTTPS_PROXY")
	if !known && (!r.Has(hive+`\Environment`) || !r.Has(sessionKey)) {
		out.Unread = "the environment of user and machine in the registry (an export of it is not in this folder)"
	}
	return out
}

// kept are the variables that bear on a client, in both cases: Windows does not tell names apart
// by case (https://pkg.go.dev/os#LookupEnv).
func kept(layers ...[]route.Variable) route.Environment {
	var out route.Environment
	for _, layer := range layers {
		for _, v := range layer {
			if settings.Keeps(v.Name) {
				out = append(out, v)
			}
		}
	}
	return BothCases(out)
}

// BothCases returns the variables of a Windows environment as programs there find them: under
// either spelling of the name.
func BothCases(env route.Environment) route.Environment {
	var out route.Environment
	for _, v := range env {
		upper, lower := v, v
		upper.Name, lower.Name = strings.ToUpper(v.Name), strings.ToLower(v.Name)
		lower.Key = v.Called()
		out = append(out, upper, lower)
	}
	return out
}

// macLogin reads launchd's environment, as far as jobs set it or launchctl printed it, and the
// files of zsh.
func macLogin(h settings.Host) settings.Login {
	var out settings.Login
	out.Unread = h.Root.UnreadBy(func() {
		out.Env = launchd(h)
		for _, f := range settings.ReadZsh(h.Root, h.Home, out.Env) {
			out.Env, out.Remarks = append(out.Env, f.Env...), append(out.Remarks, f.Remarks...)
		}
	})
	_, known := out.Env.Last("HTTPS_PROXY")
	if out.Unread == "" && !known && len(files(h, "launchctl*.txt")) == 0 {
		out.Unread = "launchd's own environment (what launchctl export prints is not in this folder)"
	}
	return out
}

// launchd returns what launchd gives every program of the user.
func launchd(h settings.Host) route.Environment {
	var out route.Environment
	add := func(vars []route.Variable) {
		for _, v := range vars {
			if settings.Keeps(v.Name) {
				out = append(out, v)
			}
		}
	}
	for _, pattern := range []string{"/Library/LaunchDaemons/*.plist", "/Library/LaunchAgents/*.plist", path.Join(h.Home,
		"Library/LaunchAgents/*.plist")} {
		for _, name := range h.Root.Glob(pattern) {
			data, err := h.Root.ReadData(name, maxExport)
			if err != nil {
				continue
			}
			if _, forAll, _, err := hostproxy.ParseLaunchd(name, data); err == nil {
				add(forAll)
			}
		}
	}
	for _, name := range files(h, "launchctl*.txt") {
		if data, err := h.Root.ReadData(name, maxExport); err == nil {
			add(hostproxy.ParseLaunchctl(name, data))
		}
	}
	return out
}
