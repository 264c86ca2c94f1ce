package redact

import "strings"

// Own is how the names of this program's variables begin.
const Own = "PULLPATH_"

// loginVariables are those that hold a login, or a part of one, whatever it looks like.
func loginVariables() []string {
	return []string{Own + "PASSWORD", Own + "USERNAME", Own + "USER", Own + "PROXY_USER"}
}

// WithoutOwn returns an environment, of which each entry is NAME=VALUE, for a program
// that this host has: without this program's own variables, which may hold a login
// and which nobody else reads.
func WithoutOwn(environ []string) []string {
	return filtered(environ, func(string, string) bool { return false })
}

// WithoutLogins returns an environment for a command that the user named, and that may
// be this program again: only those of its variables are left out that hold a login.
func WithoutLogins(environ []string) []string {
	return filtered(environ, func(name, value string) bool {
		for _, login := range loginVariables() {
			if strings.EqualFold(name, login) {
				return false
			}
		}
		return Argument(value) == value
	})
}

func filtered(environ []string, stays func(name, value string) bool) []string {
	out := make([]string, 0, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(strings.ToUpper(name), Own) || stays(name, value) {
			out = append(out, entry)
		}
	}
	return out
}
