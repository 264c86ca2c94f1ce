package report

import (
	"cmp"
	"fmt"

	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// loginHead returns where the run's login comes from, for the head line; empty unless
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
	text := "login " + words.Join(cmp.Or(list[0].User, list[0].Found), words.LoginPlace(list[0]))
	if len(list) > 1 {
		text += fmt.Sprintf(" and %d more", len(list)-1)
	}
	return text
}
