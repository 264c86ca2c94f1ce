package transcript

import (
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/redact"
)

// pasted are the forms in which logins stand in what people paste. The first group stays, the
// second is the secret.
var pasted = []struct {
	name string
	// cues are texts without one of which the form cannot be there; most lines have none.
	cues []string
	form *regexp.Regexp
}{
	{"a header with a login", []string{"uthorization", "UTHORIZATION"}, regexp.MustCompile(
		`(?i)((?:proxy-)?authorization\\?['"]?\s*[:=]\s*\\?['"]?(?:(?:basic|bearer|negotiate|ntlm|digest)\s+)?)([^\s'",}\]]+)`)},
	{"a header with a login", []string{"egistry-"}, regexp.MustCompile(`(?i)(x-registry-(?:auth|config)\s*[:=]\s*['"]?)([^\s'"]+)`)},
	{"a cookie", []string{"ookie:", "OOKIE:"}, regexp.MustCompile(`(?i)((?:set-)?cookie\s*:\s*|; ?)([^;=\s]+=[^;]+)`)},
	{"a login on a command line", []string{"-u", "-U", "creds"}, regexp.MustCompile(
		`((?:^|\s)(?:-u|-U|--user|--proxy-user|--creds|--src-creds|--dest-creds|--username)[ =]?['"]?[^\s:'"]+:)([^\s'"]+)`)},
	{"a password on a command line", []string{"-p", "--token", "--secret", "--docker-password"}, regexp.MustCompile(
		`(\s--?(?:p|password|passwd|pass|token|secret|docker-password)[ =]['"]?)([^\s'"-][^\s'"]*)`)},
	{"a login in a URL", []string{"@"}, regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'"]*:)([^\s@'"]+)@`)},
	{"a token or a password", []string{"oken", "assw", "ecret", `"auth`}, regexp.MustCompile(
		`(?i)("(?:[a-z_]*token|password|passwd|secret|client_secret|auth|identitytoken)\\?"\s*:\s*\\?")([^"\\]+)`)},
	{"a token or a password", []string{"assw", "ecret=", "oken="}, regexp.MustCompile(
		`(?i)(\b(?:[a-z_]*password|passwd|client_secret|access_token|refresh_token|[a-z_]*_?token)=)([^\s&'"]+)`)},
	{"a token", []string{"eyJ"}, regexp.MustCompile(`()(eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]+)`)},
}

// port is -p of dig, nc and ssh, which is no password as that of docker login.
var port = regexp.MustCompile(`^\s-p \d{1,5}$`)

// cut takes the secrets out of a line, learns them for the lines that follow, and returns what
// was there.
func cut(text string, known *redact.Secrets) (out string, held string) {
	for _, p := range pasted {
		if !slices.ContainsFunc(p.cues, func(cue string) bool { return strings.Contains(text, cue) }) {
			continue
		}
		text = p.form.ReplaceAllStringFunc(text, func(found string) string {
			m := p.form.FindStringSubmatch(found)
			if strings.Contains(m[2], redact.Mark) || placeholder(m[2]) || port.MatchString(m[1]+m[2]) && !strings.Contains(text, "login") {
				return found
			}
			held = p.name
			known.Add(m[2])
			if _, value, pair := strings.Cut(m[2], "="); pair { // a cookie
				known.Add(value)
			}
			if _, payload, jwt := strings.Cut(m[2], "."); jwt {
				known.Add(payload)
			}
			return m[1] + redact.Mark + strings.TrimPrefix(found, m[1]+m[2])
		})
	}
	return text, held
}

// placeholder tells what somebody put in a secret's place, or a variable that holds it.
func placeholder(value string) bool {
	value = strings.Trim(value, `'"`)
	return value == "" || strings.Trim(value, "*.x…X") == "" || strings.ContainsAny(value[:1], "<$%[{(")
}
