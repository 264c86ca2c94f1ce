package settings

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// System is the operating system of a host, as Go names it.
type System string

// Systems. What is neither Windows nor macOS is read as Linux is.
const (
	Linux   System = "linux"
	Windows System = "windows"
	MacOS   System = "darwin"
)

// systemOf returns the system that a GOOS names.
func systemOf(goos string) System {
	switch s := System(goos); s {
	case Windows, MacOS:
		return s
	}
	return Linux
}

// String returns the name that people use.
func (s System) String() string {
	switch s {
	case Windows:
		return "Windows"
	case MacOS:
		return "macOS"
	}
	return "Linux"
}

// AddRoot is the command that makes a CA a root of the system, empty for Linux, where it differs
// (https://learn.microsoft.com/windows-server/administration/windows-commands/certutil, security(1)).
func (s System) AddRoot() string {
	switch s {
	case Windows:
		return "certutil -addstore Root FILE as administrator"
	case MacOS:
		return "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain FILE"
	}
	return ""
}

// OpenOwn returns this machine's own file system: "/", on Windows the system's drive.
func OpenOwn() (*Root, error) {
	dir := string(filepath.Separator)
	if runtime.GOOS == string(Windows) {
		dir = filepath.Join(os.Getenv("SystemDrive")+dir, dir)
	}
	r, err := OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	r.system, r.here = systemOf(runtime.GOOS), true
	return r, nil
}

// System returns the operating system whose files lie below the root.
func (r *Root) System() System {
	if r == nil || r.system == "" {
		return Linux
	}
	return r.system
}

// WSL reports whether the host is a Linux distribution below the Windows Subsystem for Linux:
// its kernel says so (https://github.com/microsoft/WSL/issues/423).
func (r *Root) WSL() bool {
	if r.System() != Linux {
		return false
	}
	for _, name := range []string{"/proc/sys/kernel/osrelease", "/proc/version"} {
		if text, ok := r.text(name); ok && strings.Contains(strings.ToLower(text), "microsoft") {
			return true
		}
	}
	return !r.Here() && r.Exists("/etc/wsl.conf")
}

// kindOf tells the system of a directory by what only one of them has, and by the outputs that a
// bundle of it holds; empty where it shows none.
func (r *Root) kindOf(dir string) System {
	for _, sign := range []struct {
		pattern string
		system  System
	}{
		{"Windows", Windows}, {"Users/*/AppData", Windows}, {"ProgramData", Windows}, {"Users/*/.wslconfig", Windows},
		{"*.reg", Windows}, {"Library/Preferences/SystemConfiguration", MacOS}, {"System/Library", MacOS}, {"Users/*/Library", MacOS},
		{"private/etc", MacOS},
	} {
		if len(r.Glob(path.Join(dir, sign.pattern))) > 0 {
			return sign.system
		}
	}
	for _, name := range r.Glob(path.Join(dir, "*.txt")) {
		data, err := r.ReadData(name, maxFile)
		if err != nil {
			continue
		}
		text := strings.ReplaceAll(string(data), "\x00", "") // PowerShell writes UTF-16
		switch {
		case strings.Contains(text, "HKEY_CURRENT_USER\\"), strings.Contains(text, "HKEY_LOCAL_MACHINE\\"), strings.Contains(text,
			"WinHTTP proxy settings"):
			return Windows
		case strings.Contains(text, "<dictionary> {"):
			return MacOS
		}
	}
	return ""
}

// notPeople are directories of /Users that belong to nobody who works there.
func notPeople() []string {
	return []string{"Public", "Default", "Default User", "All Users", "Shared", "Guest", "desktop.ini", "defaultuser0"}
}

// HomeOf returns the home directory of the user whose settings are read, and those of the
// others that the host has. On Windows and macOS it is the one who used a container engine
// last, as far as the folders show it; elsewhere root.
func HomeOf(r *Root) (home string, others []string) {
	if r.System() == Linux {
		return "/root", nil
	}
	var homes []string
	for _, name := range r.ReadDir("/Users") {
		if dir := path.Join("/Users", name); !slices.Contains(notPeople(), name) && !strings.HasPrefix(name, ".") && !r.IsFile(dir) {
			homes = append(homes, dir)
		}
	}
	if len(homes) == 0 {
		return "/Users", nil
	}
	best := 0
	for i, dir := range homes {
		if r.engineTraces(dir) > r.engineTraces(homes[best]) {
			best = i
		}
	}
	return homes[best], slices.Delete(slices.Clone(homes), best, best+1)
}

// engineTraces counts the places where container engines and clients keep a user's settings.
func (r *Root) engineTraces(home string) int {
	n := 0
	for _, place := range []string{".docker", ".config/containers", ".lima", ".colima", ".orbstack", ".wslconfig", "AppData/Roaming/Docker",
		"AppData/Roaming/rancher-desktop", "Library/Group Containers/group.com.docker", "Library/Preferences/rancher-desktop"} {
		if r.Exists(path.Join(home, place)) {
			n++
		}
	}
	return n
}

// HomeBelow returns a directory of this machine as a path below its root: without the drive,
// with slashes.
func HomeBelow(dir string) string {
	if dir == "" {
		return ""
	}
	return clean(filepath.ToSlash(strings.TrimPrefix(dir, filepath.VolumeName(dir))))
}
