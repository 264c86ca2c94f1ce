package desktop

import (
	"path"

	"pullpath/internal/hostproxy"
	"pullpath/internal/settings"
)

// dockerInside is the proxy that the engine of Docker Desktop is told, whatever the settings are: a
// program of Docker Desktop on the host, which goes on from there
// (https://docs.docker.com/desktop/features/networking/).
const dockerInside = "http://http.docker.internal:3128"

// dockerDesktop returns the engine of Docker Desktop where a file or a program of it is there.
func dockerDesktop(h settings.Host) []settings.Client {
	dir := under(h, "AppData/Roaming/Docker", "Library/Group Containers/group.com.docker", ".docker/desktop")
	admin := map[settings.System]string{settings.Windows: "/ProgramData/DockerDesktop/admin-settings.json",
		settings.MacOS: "/Library/Application Support/com.docker.docker/admin-settings.json",
		settings.Linux: "/usr/share/docker-desktop/admin-settings.json"}[h.Root.System()]
	there := false
	for _, name := range []string{path.Join(dir, "settings-store.json"), path.Join(dir, "settings.json"), admin, "/Applications/Docker.app",
		"/Program Files/Docker/Docker", "/opt/docker-desktop"} {
		there = there || h.Root.Exists(name)
	}
	if !there {
		return nil
	}
	m := settings.Machine{Name: "the VM of Docker Desktop", Told: dockerInside, Source: "Docker Desktop",
		Inside: "docker info"}
	m.CAs, m.Change = dockerCAs(h), "Settings, Resources, Proxies of Docker Desktop"
	c := engine(h, DockerDesktop, m, dockerOuter(h, dir, admin))
	for i := range c.Unread {
		if c.PAC != nil && c.Unread[i].Place == c.PAC.Where() {
			c.Unread[i].Why += "; Docker Desktop fetches it itself, and refuses each pull where it cannot (docker/for-mac#7697)"
		}
	}
	c.Remarks = append(c.Remarks, mirroredLoopback(h)...)
	c.Remarks = append(c.Remarks, settings.IgnoredDaemonProxies(h.Root, path.Join(h.Home, ".docker/daemon.json"),
		"Docker Desktop ignores the proxies of daemon.json: its own settings decide")...)
	return []settings.Client{c}
}

// mirroredLoopback says where WSL in mirrored mode hands a proxy on the loopback of Windows over to Docker
// Desktop's own distribution too: its engine then dials 127.0.0.1 itself, and was refused
// (https://github.com/docker/for-win/issues/14828, releases 4.41 and 4.42).
func mirroredLoopback(h settings.Host) []settings.Remark {
	config, found := wslconfig(h)
	if h.Root.System() != settings.Windows || !found || !config.Mirrored || !config.AutoProxy {
		return nil
	}
	v, is := loopbackLost(asVariables(system(h).Env))
	if !is {
		return nil
	}
	r := ownLoopback(v, "the VM of Docker Desktop")
	r.Text = "networkingMode is mirrored and autoProxy on, so WSL hands 127.0.0.1 over to Docker Desktop's own distribution as well, and " +
		"pulls of some releases are then refused (docker/for-win#14828)"
	r.Write = "another address than 127.0.0.1, or autoProxy=false below [wsl2] in .wslconfig and run wsl --shutdown"
	return []settings.Remark{r}
}

// dockerCAs are the roots of the host, which Docker Desktop copies into its machine when it starts; of
// its release for Linux no document says it
// (https://docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs/#how-do-i-add-custom-ca-certificates,
// https://docs.docker.com/desktop/troubleshoot-and-support/faqs/windowsfaqs/#how-do-i-add-custom-ca-certificates).
func dockerCAs(h settings.Host) settings.CAs {
	if h.Root.System() == settings.Linux {
		return settings.CAs{}
	}
	return settings.CAs{Whose: settings.HostRoots, Why: "Docker Desktop copies the host's roots into its machine when it starts",
		Install: h.Root.System().AddRoot() + ", then restart Docker Desktop"}
}

// dockerOuter is what Docker Desktop's program on the host goes by: what an administrator has
// locked, then the user's settings, then an administrator's default; without any, the system's.
func dockerOuter(h settings.Host, dir, admin string) outer {
	byAdmin, adminSays, failed := dockerAdmin(h, admin)
	if failed != nil {
		return *failed
	}
	if adminSays && byAdmin.Locked {
		return dockerMode(h, byAdmin)
	}
	for _, name := range []string{path.Join(dir, "settings-store.json"), path.Join(dir, "settings.json")} {
		data, err := h.Root.ReadData(name, maxExport)
		if err != nil && h.Root.Exists(name) {
			return unreadable(DockerDesktop, name, err)
		}
		if err != nil {
			continue
		}
		s, err := hostproxy.ParseDockerDesktop(name, data)
		if err != nil {
			return unreadable(DockerDesktop, name, err)
		}
		if s.Mode != "" {
			return dockerMode(h, s)
		}
		break
	}
	return dockerMode(h, byAdmin)
}

// dockerAdmin reads a configuration profile of macOS and admin-settings.json.
func dockerAdmin(h settings.Host, admin string) (out hostproxy.DesktopSettings, says bool, failed *outer) {
	for _, name := range []string{"/Library/Managed Preferences/com.docker.config.plist",
		path.Join("/Library/Managed Preferences", path.Base(h.Home), "com.docker.config.plist")} {
		if data, ok := read(h, name); ok {
			if s, found, err := hostproxy.ParseDockerProfile(name, data); err == nil && found {
				return s, true, nil
			}
		}
	}
	data, err := h.Root.ReadData(admin, maxExport)
	if err == nil {
		if out, says, err = hostproxy.ParseDockerAdmin(admin, data); err == nil {
			return out, says, nil
		}
	}
	if h.Root.Exists(admin) {
		o := unreadable(DockerDesktop, admin, err)
		return out, false, &o
	}
	return out, false, nil
}

// dockerMode is the outer step of a mode: Docker Desktop's own values, or the system's.
func dockerMode(h settings.Host, s hostproxy.DesktopSettings) outer {
	if s.Mode == hostproxy.Manual {
		return decided(s.Proxies, "look at Settings, Resources, Proxies")
	}
	return system(h)
}
