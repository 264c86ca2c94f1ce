package desktop

import "pullpath/internal/settings"

// notBuilt is why a place is not read on any host yet.
const notBuilt = "this version does not read it"

// Places returns the places of a host's system that decide for clients and were not read.
func Places(h settings.Host) []settings.Unread {
	switch {
	case h.Root.System() == settings.Windows:
		return windowsPlaces()
	case h.Root.System() == settings.MacOS:
		return macPlaces()
	case h.Root.WSL():
		return wslPlaces()
	}
	return nil
}

func windowsPlaces() []settings.Unread {
	return []settings.Unread{
		{Place: "WinINET and WinHTTP (registry)", Decides: "Docker Desktop, WSL, Rancher Desktop and Python", Why: notBuilt,
			Find: "netsh winhttp show proxy; reg query \"HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\""},
		{Place: "the environment of user and machine (registry)", Decides: "podman machine and what a new shell starts", Why: notBuilt,
			Find: "reg query HKCU\\Environment"},
		{Place: "the services' environment (registry)", Decides: "dockerd, containerd and the kubelet of Windows containers", Why: notBuilt,
			Find: "reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\docker /v Environment"},
		{Place: "Docker Desktop's settings", Decides: "Docker Desktop", Why: notBuilt, Find: "look at Settings, Resources, Proxies"},
		{Place: "the settings of Podman Desktop and podman machine", Decides: "podman", Why: notBuilt,
			Find: "podman machine ssh env"},
		{Place: "Rancher Desktop's settings", Decides: "Rancher Desktop", Why: notBuilt, Find: "rdctl list-settings"},
		{Place: ".wslconfig", Decides: "engines in WSL", Why: notBuilt, Find: "type %USERPROFILE%\\.wslconfig"},
	}
}

func macPlaces() []settings.Unread {
	return []settings.Unread{
		{Place: "the proxies of the network services (SystemConfiguration)", Decides: "Docker Desktop, lima, colima, OrbStack and Python",
			Why: notBuilt, Find: "scutil --proxy"},
		{Place: "launchd's environment", Decides: "what is started from the Dock", Why: notBuilt, Find: "launchctl getenv HTTPS_PROXY"},
		{Place: "Docker Desktop's settings", Decides: "Docker Desktop", Why: notBuilt, Find: "look at Settings, Resources, Proxies"},
		{Place: "the settings of podman machine, Rancher Desktop, lima, colima, OrbStack and container",
			Decides: "podman, Rancher Desktop, lima, colima, OrbStack and container", Why: notBuilt, Find: "look at each product's settings"},
	}
}

func wslPlaces() []settings.Unread {
	return []settings.Unread{
		{Place: "the proxy settings of Windows", Decides: "the variables that WSL sets in a new shell of this distribution",
			Why:  "they are Windows' own and were not read from inside the distribution; WSL makes the variables of them when it starts",
			Find: "in Windows: netsh winhttp show proxy; then env | grep -i proxy in a new shell"},
		{Place: ".wslconfig of the Windows user", Decides: "whether WSL hands a proxy over, and whether 127.0.0.1 is the same machine",
			Why: notBuilt, Find: "cmd.exe /c type %USERPROFILE%\\.wslconfig"},
	}
}
