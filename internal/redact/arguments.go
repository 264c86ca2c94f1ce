package redact

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// digestPart is what stands behind the @ of an image that is named by its digest.
var digestPart = regexp.MustCompile(`^sha(?:256|512):`)

// builtWith is a client with the release of Go that it is built with (docker@go1.22).
var builtWith = regexp.MustCompile(`^(?:--client=)?[a-z]+@go1\.[0-9]{1,3}(?:\.[0-9]{1,3})?$`)

// namedFile is what stands before the @ of a parameter whose value is a file's
// (http-status:body=@page.html).
var namedFile = regexp.MustCompile(`^[a-z-]+:(?:.*[,:])?[a-z]{1,12}=$`)

// Argument returns an argument of a command line, a host, a URL or a file's name, as
// it may be repeated: a login before an @ is replaced, and so are the values of a
// query, as [URL] does it. What holds neither comes back as it is.
func Argument(text string) string {
	path, pairs, asks := strings.Cut(text, "?")
	if info, ok := argumentLogin(path); ok {
		path = strings.Replace(path, info, Mark, 1)
	} else if _, ok := argumentLogin(text); ok {
		return ProxyURL(text)
	}
	if bare, _, found := strings.Cut(path, ";"); found && strings.Contains(path, "://") {
		path = bare + ";" + Mark // parameters of a path (RFC 3986 section 3.3)
	}
	if asks {
		return path + "?" + query(pairs)
	}
	return path
}

// argumentLogin returns the login in an argument: what stands before the last @ and
// behind a scheme, which may stand anywhere (json=https://…).
func argumentLogin(text string) (string, bool) {
	info, ok := userinfo(text)
	if !ok || builtWith.MatchString(text) || digestPart.MatchString(text[strings.LastIndex(text, "@")+1:]) {
		return "", false
	}
	if i := strings.LastIndex(info, "://"); i >= 0 {
		info = info[i+len("://"):]
	}
	return info, info != "" && !namedFile.MatchString(info)
}

// Arguments returns the secrets that a command line and an environment hold, for the
// texts in which they may be repeated: logins before an @, values of a query, and
// what follows the name in the flags that are names of logins ("--user", "-u"). Of
// the environment, of which each entry is NAME=VALUE, it takes this program's own.
func Arguments(args, logins, environ []string) *Secrets {
	s := &Secrets{}
	for i, arg := range args {
		flag, value, assigned := strings.Cut(arg, "=")
		s.AddArgument(arg)
		if assigned {
			s.AddArgument(value)
		}
		if i > 0 && slices.Contains(logins, args[i-1]) {
			s.addLogin(arg)
		}
		for _, name := range logins {
			switch {
			case assigned && flag == name:
				s.addLogin(value)
			case !strings.HasPrefix(name, "--") && strings.HasPrefix(arg, name):
				s.addLogin(arg[len(name):])
			}
		}
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == Own+"PASSWORD":
			s.Add(value)
		case strings.HasPrefix(name, Own):
			s.AddArgument(value)
			s.addLogin(value)
		}
	}
	return s
}

// addLogin adds the password of name:password.
func (s *Secrets) addLogin(text string) {
	if name, password, given := strings.Cut(text, ":"); given {
		s.AddPair(name, password)
	}
}

// AddArgument adds what [Argument] would withhold.
func (s *Secrets) AddArgument(text string) {
	if info, ok := argumentLogin(text); ok {
		s.addExact(info)
		s.AddProxyURL(info + "@")
		_, rest, _ := strings.Cut(info, ":")
		last := info[strings.LastIndex(info, ":")+1:]
		s.Add(rest, last)
		if plain, err := url.PathUnescape(last); err == nil {
			s.Add(plain)
		}
	}
	_, pairs, _ := strings.Cut(text, "?")
	for _, pair := range strings.FieldsFunc(pairs, func(r rune) bool { return r == '&' || r == ';' || r == '#' }) {
		name, value, found := strings.Cut(pair, "=")
		if !found {
			value = pair // nothing says whether it is a name
		}
		if plain, err := url.QueryUnescape(value); err == nil && (!found || !keepsQueryValue(name)) {
			s.Add(value, plain)
		}
	}
}

// addExact adds a text of any length that is found as it is written.
func (s *Secrets) addExact(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.exact = with(s.index.exact, text)
	s.added++
}
