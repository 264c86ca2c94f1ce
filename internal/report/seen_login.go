package report

import (
	"cmp"
	"fmt"

	"pullpath/internal/evidence"
)

// seenLogin is what a client finds stored for a registry.
func seenLogin(l evidence.StoredLogin) string {
	if l.Found == evidence.NoLogin {
		if l.Cause != "" {
			return ""
		}
		return "no login stored for " + l.Registry
	}
	kind := l.Found
	if l.User != "" {
		kind += " of " + l.User
	}
	return sentence(kind, loginPlace(l), l.Why)
}

// loginPlace is where a login stands.
func loginPlace(l evidence.StoredLogin) string {
	place := "from " + l.File
	if l.Helper != "" {
		place = "from the helper " + l.Helper + " of " + l.File
	}
	if l.Key != "" {
		place += fmt.Sprintf(" (%s)", l.Key)
	}
	return place
}

// loginHead is where the run's login comes from, for the head line; empty unless
// it is a stored one.
func loginHead(t *evidence.Trace) string {
	var list []evidence.StoredLogin
	known := map[[2]string]bool{}
	for _, h := range t.Hops {
		l := evidence.DetailOf[evidence.Setting](h).Login
		if l != nil && l.Found != evidence.NoLogin && !known[[2]string{l.File, l.Key}] {
			known[[2]string{l.File, l.Key}] = true
			list = append(list, *l)
		}
	}
	if t.Run.Credentials != "stored" || len(list) == 0 {
		return ""
	}
	text := "login " + sentence(cmp.Or(list[0].User, list[0].Found), loginPlace(list[0]))
	if len(list) > 1 {
		text += fmt.Sprintf(" and %d more", len(list)-1)
	}
	return text
}
