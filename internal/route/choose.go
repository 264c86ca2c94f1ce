package route

import "strings"

// names chooses by scheme: the first variable of the scheme's names that is set
// and not empty.
func names(https, http []string) func(Environment, string) Variable {
	return func(env Environment, scheme string) Variable {
		chosen := https
		if scheme == "http" {
			chosen = http
		}
		v, _ := env.first(chosen)
		return v
	}
}

// defined chooses by scheme the first variable that is set, also if it is empty:
// an empty one then means direct.
func defined(https, http []string) func(Environment, string) Variable {
	return func(env Environment, scheme string) Variable {
		if scheme == "http" {
			return env.firstDefined(http...)
		}
		return env.firstDefined(https...)
	}
}

// fallback takes further variables, in this order, where choose finds none; the
// first of them that is set and not empty.
func fallback(choose func(Environment, string) Variable, further ...string) func(Environment, string) Variable {
	return func(env Environment, scheme string) Variable {
		if v := choose(env, scheme); v.Value != "" {
			return v
		}
		v, _ := env.first(further)
		return v
	}
}

// firstOf takes the first of the names that is set and not empty.
func firstOf(list ...string) func(Environment) Variable {
	return func(env Environment) Variable {
		v, _ := env.first(list)
		return v
	}
}

// firstDefinedOf takes the first of the names that is set, also if it is empty.
func firstDefinedOf(list ...string) func(Environment) Variable {
	return func(env Environment) Variable { return env.firstDefined(list...) }
}

// firstDefined returns the first of the names that is set at all.
func (e Environment) firstDefined(list ...string) Variable {
	for _, name := range list {
		if v := e.lookup(name); v.Name != "" {
			return v
		}
	}
	return Variable{}
}

// folded is Python's getproxies_environment (urllib/request.py): names are
// compared without case, an all-lower-case name wins over the others even when
// it is empty, and a web server's HTTP_PROXY is dropped where REQUEST_METHOD is
// set.
func folded(env Environment, lower string) Variable {
	exact := env.lookup(lower)
	if exact.Name != "" {
		return exact
	}
	if lower == "http_proxy" && env.lookup("REQUEST_METHOD").Name != "" {
		return Variable{}
	}
	var out Variable
	for _, v := range env {
		if strings.EqualFold(v.Name, lower) && v.Value != "" {
			out = v
		}
	}
	return out
}
