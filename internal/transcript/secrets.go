package transcript

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"

	"pullpath/internal/redact"
)

// secretForm is a form in which a login stands in what people paste.
type secretForm struct {
	name string
	// cues are texts in lower case without one of which the form cannot be there; most lines have none.
	cues []string
	// form has two groups: the first stays, the second is the secret.
	form *regexp.Regexp
}

// secretKey is how fields, variables and attributes are called whose value is a secret.
const secretKey = `(?:password|passwd|passphrase|[a-z]_secret|secret_?key|secret_?access_?key|[_-]?token|api_?-?key)`

var keyCues = []string{"passw", "passphrase", "secret", "token", "apikey", "api_key", "api-key"}

// pasted are the forms, those of whole headers first.
var pasted = []secretForm{
	{"a header with a login", []string{"authorization"}, regexp.MustCompile(
		`(?i)((?:proxy-)?authorization\\?['"]?\s*[:=]\s*(?:\[\]string)?[\[{\s]*\\?['"]?(?:(?:basic|bearer|negotiate|ntlm|digest)\s+)?)` +
			`([^\s'",}\]\\]+)`)},
	{"a header with a login", []string{"-token", "x-", "api-key"}, regexp.MustCompile(
		`(?i)((?:(?:private|job|deploy|security|auth|vault|access)-token|x-jfrog-art-api|(?:x-)?api-key|x-registry-(?:auth|config))` +
			`\\?['"]?\s*[:=]\s*(?:\[\]string)?[\[{\s]*\\?['"]?)([^\s'",}\]\\]+)`)},
	{"a header with a login", []string{"negotiate", "ntlm"}, regexp.MustCompile(
		`(?i)(-authenticate\s*:\s*(?:negotiate|ntlm)\s+)([^\s,]{8,})`)},
	{"a cookie", []string{"cookie:"}, regexp.MustCompile(`(?i)((?:set-)?cookie\s*:\s*|; ?)([^;=\s]+=[^;]+)`)},
	{"a login on a command line", []string{"-u", "creds"}, regexp.MustCompile(
		`((?:^|\s)(?:-u|-U|--user|--proxy-user|--creds|--src-creds|--dest-creds|--username)[ =]?['"]?[^\s:'"]+:)([^\s'"]+)`)},
	{"a login on a command line", []string{"proxy-user", "user ="}, regexp.MustCompile(
		`((?:^|\s)(?:proxy-user\s*[:=]|user =)\s*"?[^\s:"]+:)([^\s"]+)`)},
	{"a password on a command line", []string{"securestring", "pass:"}, regexp.MustCompile(
		`(?i)(ConvertTo-SecureString\s+(?:-String\s+)?['"]|\bpass:)([^\s'"]+)`)},
	{"a password on a command line", []string{"-p", "token", "secret"}, regexp.MustCompile(
		`(\s--?(?:p|password|passwd|pass|[a-z-]*token|secret|docker-password)[ =]['"]?)([^\s'"-][^\s'"]*)`)},
	{"a password on a command line", []string{"login", "--password-stdin"}, regexp.MustCompile(
		`(\b(?:echo|printf)\s+(?:-[a-zA-Z]+\s+)*(?:['"]%s(?:\\n)?['"]\s+)?['"]?)([^\s'"|]+)['"]?\s*\|[^|]*\blogin\b`)},
	{"a password on a command line", []string{"<<<"}, regexp.MustCompile(`(\blogin\b[^<]*<<<\s*['"]?)([^\s'"]+)`)},
	// A password may hold an @, and between quotation marks a space: the last @ ends it.
	{"a login in a URL", []string{"@"}, regexp.MustCompile(`(['"][a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'"]*:)([^'"]* [^'"]*)@(?:sha\d)?`)},
	{"a login in a URL", []string{"@"}, regexp.MustCompile(
		`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'"]*:)([^\s'"]*@[^\s'"@]*)@(?:sha\d)?`)},
	{"a login in a URL", []string{"@"}, regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'"]*:)([^\s@'"]+)@(?:sha\d)?`)},
	// Of a password with a / or # in it Go takes the beginning for a port, and prints it.
	{"a login in a URL", []string{"invalid port"}, regexp.MustCompile(`(invalid port \\*['"]?:)([^\s'"\\]*[^\s'"\\0-9][^\s'"\\]*)`)},
	{"a signed URL", []string{"sig=", "signature=", "token="}, regexp.MustCompile(
		`(?i)([?&;](?:sig|x-(?:amz|goog)-(?:signature|security-token)|signature|[a-z_]*token)=)([^\s&'"<>]+)`)},
	{"a token or a password", append([]string{`auth`, "bearer"}, keyCues...), regexp.MustCompile(
		`(?i)("(?:[\w.-]*` + secretKey + `|_?auth|secret)\\*"\s*:\s*\\*")([^"\\]+)`)},
	{"a token or a password", keyCues, regexp.MustCompile(`(?i)(\b[\w.-]*` + secretKey + ` ?= ?\\*['"]?)([^\s&'"\\]+)`)},
	{"a token or a password", keyCues, regexp.MustCompile(`(?i)(<[\w.:-]*` + secretKey + `>)([^<\s]+)`)},
	// Of Go's structures, as crictl prints them with --debug.
	{"a token or a password", []string{"password:", "token:", "auth:"}, regexp.MustCompile(
		`(\b(?:Password|IdentityToken|RegistryToken):|\bAuth:)([^\s,{}&:"'][^\s,{}&"']*)[,}]`)},
	// Of YAML, headers and answers to a prompt: a word alone behind a key at the beginning.
	{"a token or a password", keyCues, regexp.MustCompile(
		`(?i)(^\s*(?:- )?['"]?[\w.-]*` + secretKey + `['"]?:\s+['"]?)([^\s'"]+)['"]?,?\s*$`)},
	{"a token or a password", []string{"auth"}, regexp.MustCompile(
		`((?:^|\s)_?auth(?: ?= ?|: )"?)([A-Za-z0-9+/]{12,}={0,2})"?\s*$`)},
	{"a token or a password", []string{"dockerc"}, regexp.MustCompile(
		`(\.dockerc(?:onfigjson|fg)\\?["']?\s*:\s*\\?["']?)([A-Za-z0-9+/]{16,}={0,2})`)},
	{"a login of .netrc", []string{"passw"}, regexp.MustCompile(
		`(\b(?:login|user)\s+\S+\s+passw(?:or)?d\s+|^\s*passw(?:or)?d[ \t]+)(\S+)(?:\s*$|\s)`)},
	{"a token", []string{"eyj"}, regexp.MustCompile(`()(eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]+)`)},
}

// port is -p of dig, nc and ssh, which is no password as that of docker login.
var port = regexp.MustCompile(`^\s-p \d{1,5}$`)

// cut takes the secrets out of a line, learns them for the lines that follow, and returns what
// was there.
func cut(text string, known *redact.Secrets) (out string, held string) {
	found := cuesIn(text)
	for i, p := range pasted {
		if found&cueSets()[i] == 0 {
			continue
		}
		text = p.form.ReplaceAllStringFunc(text, func(found string) string {
			m := p.form.FindStringSubmatch(found)
			digest := strings.Contains(found, "@sha") // an image behind a registry's port
			if strings.Contains(m[2], redact.Mark) || placeholder(m[2]) || digest ||
				port.MatchString(m[1]+m[2]) && !strings.Contains(text, "login") {
				return found
			}
			held = p.name
			secret := strings.TrimRight(m[2], `\`) // that of a quotation mark in a log that escapes them
			learn(secret, known)
			return m[1] + redact.Mark + strings.TrimPrefix(found, m[1]+secret)
		})
	}
	return text, held
}

// cueSets are the cues of each form as bits, and secretCues are all of them, each once: a line is searched for
// each once, and not for each form.
var (
	secretCues = sync.OnceValue(func() []string {
		var out []string
		for _, p := range pasted {
			for _, cue := range p.cues {
				if !slices.Contains(out, cue) {
					out = append(out, cue)
				}
			}
		}
		return out
	})
	cueSets = sync.OnceValue(func() []uint64 {
		out := make([]uint64, len(pasted))
		for i, p := range pasted {
			for _, cue := range p.cues {
				out[i] |= 1 << slices.Index(secretCues(), cue)
			}
		}
		return out
	})
)

// cuesIn are the cues that a line has, as bits of [secretCues].
func cuesIn(text string) uint64 {
	low, out := strings.ToLower(text), uint64(0)
	for i, cue := range secretCues() {
		if strings.Contains(low, cue) {
			out |= 1 << i
		}
	}
	return out
}

// learn keeps a secret in mind, with the parts of it that a later line may have alone.
func learn(secret string, known *redact.Secrets) {
	known.Add(secret)
	if _, value, pair := strings.Cut(secret, "="); pair { // a cookie
		known.Add(value)
	}
	if _, payload, jwt := strings.Cut(secret, "."); jwt {
		known.Add(payload)
	}
	if i := strings.IndexAny(secret, "/#?@ "); i > 0 { // where a URL ends for who reads it as one
		known.Add(secret[:i], secret[i+1:])
	}
	plain, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		return
	}
	if strings.HasPrefix(string(plain), "{") { // a config.json in a Secret of Kubernetes
		cut(string(plain), known)
	} else if user, password, pair := strings.Cut(string(plain), ":"); pair && user != "" {
		known.Add(password)
	}
}

// placeholder tells what somebody put in a secret's place, or a variable that holds it.
func placeholder(value string) bool {
	value = strings.Trim(value, `'"`)
	return value == "" || strings.Trim(value, "*.x…X") == "" || strings.ContainsAny(value[:1], "<$%[{(")
}
