package settings

import (
	"path"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// defaultEnvironment returns what a manager gives to all its units: the
// DefaultEnvironment= lines of system.conf or user.conf and their drop-ins
// (systemd-system.conf(5)); for a user manager also environment.d, which counts
// more (core/manager.c, manager_run_environment_generators).
func defaultEnvironment(root *Root, scope Scope) ([]route.Variable, []Remark) {
	main := scope.String() + ".conf"
	dirs := configDirs
	if scope.Home != "" {
		dirs = append([]string{scope.Home + "/.config/systemd"}, dirs...)
	}
	var files, dropInDirs []string
	for _, dir := range dirs {
		if file := path.Join(dir, main); len(files) == 0 && root.Exists(file) {
			files = append(files, file)
		}
		dropInDirs = append(dropInDirs, path.Join(dir, main+".d"))
	}
	dropIns, _ := root.dropIns(dropInDirs)
	var vars []route.Variable
	var remarks []Remark
	for _, file := range append(files, dropIns...) {
		vars, remarks = managerFile(root, file, scope, vars, remarks)
	}
	if scope.Home != "" {
		user, more := environmentD(root, scope.Home, vars)
		vars, remarks = append(vars, user...), append(remarks, more...)
	}
	return vars, remarks
}

// managerFile adds what one configuration file of a manager sets; an empty
// DefaultEnvironment= resets what was set before.
func managerFile(root *Root, file string, scope Scope, vars []route.Variable, remarks []Remark) ([]route.Variable, []Remark) {
	text, _ := root.text(file)
	directives, _ := parseUnit(text)
	for _, d := range directives {
		switch {
		case d.key != "DefaultEnvironment" || d.section != "Manager":
		case d.value == "":
			vars = nil
		default:
			more, said := assignments(d, at(file, d.line), unitSpecifiers("", scope))
			vars, remarks = append(vars, more...), append(remarks, said...)
			remarks = append(remarks, exposed(root, file, more)...)
		}
	}
	return vars, remarks
}

// environmentD returns the variables of a user manager: the files of
// environment.d, by file name (environment.d(5)). Debian and Fedora link
// 99-environment.conf there to /etc/environment.
func environmentD(root *Root, home string, before []route.Variable) ([]route.Variable, []Remark) {
	files, _ := root.dropIns([]string{home + "/.config/environment.d", "/etc/environment.d", "/run/environment.d",
		"/usr/local/lib/environment.d", "/usr/lib/environment.d"})
	var vars []route.Variable
	var remarks []Remark
	for _, file := range files {
		text, ok := root.text(file)
		if !ok {
			continue
		}
		for _, e := range parseEnvFile(text) {
			v := route.Variable{Name: e.key, Source: at(file, e.line)}
			if !isName(v.Name) {
				v.Value = e.value
				remarks = append(remarks, refusedEntry(v)...)
				continue
			}
			v.Value = expandReferences(e.value, slices.Concat(before, vars))
			vars = append(vars, v)
			remarks = append(remarks, exposed(root, file, route.Environment{v})...)
		}
	}
	return vars, remarks
}

// maxExpanded bounds a value that grows by references, in bytes: execve refuses a
// longer string (execve(2), MAX_ARG_STRLEN), and each line can double the last.
const maxExpanded = 128 << 10

// expandReferences replaces $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other}
// (environment.d(5)); a variable that is not set is empty. What grows beyond
// maxExpanded is cut.
func expandReferences(value string, vars []route.Variable) string {
	var out strings.Builder
	for value != "" && out.Len() < maxExpanded {
		before, after, found := strings.Cut(value, "$")
		out.WriteString(before)
		if !found {
			break
		}
		var text string
		text, value = reference(after, vars)
		out.WriteString(text)
	}
	return out.String()[:min(out.Len(), maxExpanded)]
}

// reference resolves what follows a dollar and returns the rest behind it.
func reference(s string, vars []route.Variable) (text, rest string) {
	if strings.HasPrefix(s, "$") {
		return "$", s[1:]
	}
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		inner, rest, closed := strings.Cut(inner, "}")
		name, other, _ := strings.Cut(inner, ":")
		if !closed || !isName(name) {
			return "$", s
		}
		value := valueOf(name, vars)
		switch {
		case strings.HasPrefix(other, "-") && value == "":
			value = other[1:]
		case strings.HasPrefix(other, "+") && value != "":
			value = other[1:]
		}
		return value, rest
	}
	end := 0
	for end < len(s) && isName(s[:end+1]) {
		end++
	}
	if end == 0 {
		return "$", s
	}
	return valueOf(s[:end], vars), s[end:]
}

// valueOf returns the last value of a variable; "" if it is not set.
func valueOf(name string, vars []route.Variable) string {
	for _, v := range slices.Backward(vars) {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}
