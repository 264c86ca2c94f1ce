package redact

import "strings"

// Own is how the names of this program's variables begin.
const Own = "PULLPATH_"

// loginVariables returns those that hold a login, or a part of one, whatever it looks
// like.
func loginVariables() []string {
	return []string{Own + "PASSWORD", Own + "USERNAME", Own + "USER", Own + "PROXY_USER"}
}

// WithoutOwn returns an environment, whose entries are NAME=VALUE, for another program of
// this host: without the variables of this program, which may hold a login and which no
// other program reads.
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
