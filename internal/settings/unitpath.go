package settings

import (
	"path"
	"slices"
	"strings"
)

// Scope says whose manager runs a unit: the system's, or that of the user with
// this home directory.
type Scope struct {
	Home string // "" for the system's manager
}

// UserScope returns the scope of the user manager for a home directory.
func UserScope(home string) Scope { return Scope{Home: clean(home)} }

// String returns "system" or "user".
func (s Scope) String() string {
	if s.Home == "" {
		return "system"
	}
	return "user"
}

// unitDirs returns where units are searched, the most important first
// (systemd.unit(5), "Unit File Search Path"). The directories that only the
// running manager writes (generators, transient units) are among them as far as
// they are below /run; without split /usr the last one is the one before it.
func (s Scope) unitDirs() []string {
	if s.Home == "" {
		return []string{"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
			"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}
	}
	return []string{s.Home + "/.config/systemd/user", "/etc/systemd/user", "/run/systemd/user", s.Home + "/.local/share/systemd/user",
		"/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/lib/systemd/user"}
}

// configDirs are where systemd looks for its own configuration, the most
// important first (systemd-system.conf(5)).
var configDirs = []string{"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"}

// masks reports whether a path is a link to /dev/null or an empty file, by which
// systemd takes a unit or drop-in for absent.
func (r *Root) masks(name string) bool {
	if path.Clean(r.Readlink(name)) == "/dev/null" {
		return true
	}
	info := r.stat(name)
	return info != nil && info.Mode().IsRegular() && info.Size() == 0
}

// fragment returns the unit file that counts, "" if there is none, and whether
// it is masked.
func (s Scope) fragment(r *Root, unit string) (file string, masked bool) {
	names := []string{unit}
	if template, ok := templateOf(unit); ok {
		names = append(names, template)
	}
	for _, name := range names {
		for _, dir := range s.unitDirs() {
			file := path.Join(dir, name)
			if r.masks(file) {
				return file, true
			}
			if r.Exists(file) {
				return file, false
			}
		}
	}
	return "", false
}

// templateOf returns "name@.service" of "name@instance.service".
func templateOf(unit string) (string, bool) {
	name, rest, ok := strings.Cut(unit, "@")
	instance := strings.TrimSuffix(rest, path.Ext(rest))
	return name + "@" + path.Ext(unit), ok && instance != ""
}

// aliases returns the other names of a unit: links to its file in the unit
// directories, and the name that its own link leads to.
func (s Scope) aliases(r *Root, unit, file string) []string {
	var names []string
	add := func(name string) {
		if name != unit && path.Ext(name) == path.Ext(unit) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if target := r.Readlink(file); target != "" {
		add(path.Base(target))
	}
	for _, dir := range s.unitDirs() {
		for _, name := range r.ReadDir(dir) {
			if path.Ext(name) == path.Ext(unit) && path.Base(r.Readlink(path.Join(dir, name))) == unit {
				add(name)
			}
		}
	}
	return names
}

// dropInDirs returns the directories of a unit's drop-ins, the most important
// first: for each unit directory its own, then those of its name cut at each
// dash; then the same of its aliases; then those of all services
// (systemd.unit(5); shared/dropin.c, unit_file_find_dropin_paths).
func (s Scope) dropInDirs(names []string) []string {
	var dirs []string
	for _, name := range names {
		for _, dir := range s.unitDirs() {
			for _, n := range truncated(name) {
				dirs = append(dirs, path.Join(dir, n+".d"))
			}
		}
	}
	for _, dir := range s.unitDirs() {
		dirs = append(dirs, path.Join(dir, strings.TrimPrefix(path.Ext(names[0]), ".")+".d"))
	}
	return dirs
}

// truncated returns a unit name and the shorter ones that share its drop-ins:
// a-b-c.service, a-b-.service, a-.service; and the template of an instance.
func truncated(unit string) []string {
	names := []string{unit}
	if template, ok := templateOf(unit); ok {
		names = append(names, template)
	}
	suffix := path.Ext(unit)
	stem := strings.TrimSuffix(unit, suffix)
	for {
		i := strings.LastIndexByte(strings.TrimSuffix(stem, "-"), '-')
		if i <= 0 {
			return names
		}
		stem = stem[:i+1]
		names = append(names, stem+suffix)
	}
}

// dropIns returns the files of these directories that count, in the order in
// which they are read: by file name, and of one name the first directory's.
// Masked ones are left out. Other files are returned as ignored.
func (r *Root) dropIns(dirs []string) (files, ignored []string) {
	chosen := map[string]string{}
	var seen []string // directories as resolved: /lib may be /usr/lib
	for _, dir := range dirs {
		real, err := r.real(dir)
		if err != nil || slices.Contains(seen, real) {
			continue
		}
		seen = append(seen, real)
		for _, name := range r.ReadDir(dir) {
			switch file := path.Join(dir, name); {
			case !strings.HasSuffix(name, ".conf") || strings.HasPrefix(name, "."):
				ignored = append(ignored, file)
			case chosen[name] == "":
				chosen[name] = file
			}
		}
	}
	for _, file := range chosen {
		if !r.masks(file) {
			files = append(files, file)
		}
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	return files, ignored
}
