package desktop

import (
	"slices"

	"pullpath/internal/settings"
)

// System returns the places of a host's system that decide for clients and were not read, and
// remarks on what its settings do not do.
func System(h settings.Host) ([]settings.Unread, []settings.Remark) { return places(h), wslRemarks(h) }

// wslRemarks says where the variables of a distribution below WSL name its own loopback, which is
// not that of Windows unless the network is mirrored.
func wslRemarks(h settings.Host) []settings.Remark {
	config, known := wslconfig(h)
	lost, is := loopbackLost(h.Env)
	if !h.Root.WSL() || !is || config.Mirrored {
		return nil
	}
	r := ownLoopback(lost, "a distribution below WSL")
	r.Text += ", if it is a program of Windows"
	if !known {
		r.Text += ", and networkingMode=mirrored is not in .wslconfig (which was not read)"
	}
	r.Write = "the one that ip route show default prints, or write networkingMode=mirrored below [wsl2] in .wslconfig and run wsl --shutdown"
	return []settings.Remark{r}
}

func places(h settings.Host) []settings.Unread {
	switch {
	case h.Root.System() == settings.Windows:
		return slices.Concat(system(h).unread, windowsPlaces(h), otherUsers(h), HostRoots(h).Unread)
	case h.Root.System() == settings.MacOS:
		return slices.Concat(system(h).unread, macPlaces(h), otherUsers(h), HostRoots(h).Unread)
	case h.Root.WSL():
		return wslPlaces(h)
	}
	return nil
}

// otherUsers names the homes that were not looked at.
func otherUsers(h settings.Host) []settings.Unread {
	var out []settings.Unread
	_, others := settings.HomeOf(h.Root)
	for _, home := range others {
		if home == h.Home || h.Root.Here() {
			continue
		}
		out = append(out, settings.Unread{Place: "the settings below " + home, Decides: "the engines of that user",
			Why: "one user's settings are read, those below " + h.Home, Find: "run pullpath settings as that user"})
	}
	return out
}

func windowsPlaces(h settings.Host) []settings.Unread {
	r := registryOf(h)
	var out []settings.Unread
	if _, found := winHTTP(h); !found && !h.Root.Here() {
		out = append(out, settings.Unread{Place: "WinHTTP (netsh winhttp)", Decides: "services and WSL",
			Why: "neither an export of its key nor what netsh printed (netsh-winhttp.txt) is in this folder", Find: "netsh winhttp show proxy"})
	}
	if hive := userHive(r); !r.Has(hive+`\Environment`) || !r.Has(sessionKey) {
		out = append(out, settings.Unread{Place: "the environment of user and machine (registry)",
			Decides: "podman machine, dockerd, containerd and what a new shell starts", Why: "not all of it is in an export in this folder",
			Find: "reg query HKCU\\Environment; reg query \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment\""})
	}
	if !r.Has(`HKLM\SYSTEM\CurrentControlSet\Services`) && !h.Root.Here() {
		out = append(out, settings.Unread{Place: "the services' environment (registry)",
			Decides: "dockerd, containerd and the kubelet of Windows containers", Why: "no export of a service's key is in this folder",
			Find: "reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\docker /v Environment"})
	}
	return out
}

func macPlaces(h settings.Host) []settings.Unread {
	if len(files(h, "launchctl*.txt")) > 0 {
		return nil
	}
	return []settings.Unread{{Place: "launchd's own environment", Decides: "Docker Desktop, OrbStack and what is started from the Dock",
		Why: "what launchctl setenv has set by hand is in no file", Find: "launchctl export"}}
}

func wslPlaces(h settings.Host) []settings.Unread {
	if h.Root.Here() {
		if _, read := wslconfig(h); read {
			return []settings.Unread{windowsFromInside()}
		}
	}
	return []settings.Unread{windowsFromInside(),
		{Place: ".wslconfig of the Windows user", Decides: "whether WSL hands a proxy over, and whether 127.0.0.1 is the same machine",
			Why: "it is a file of Windows, and is not below this root", Find: "cmd.exe /c type %USERPROFILE%\\.wslconfig"}}
}

func windowsFromInside() settings.Unread {
	return settings.Unread{Place: "the proxy settings of Windows", Decides: "the variables that WSL sets in a new shell of this distribution",
		Why:  "they are Windows' own, and are not read from inside the distribution; WSL makes the variables of them when it starts",
		Find: "in Windows: netsh winhttp show proxy; then env | grep -i proxy in a new shell"}
}
