package transcript

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/refusal"
)

// A status with its number came from inside; a bare phrase came from the proxy
// (docs/rules.md, rule 18).

var (
	// status is a status with its number, in the words of many clients.
	status = regexp.MustCompile(`(?i)(?:unexpected status(?: code)?|status code from registry|unexpected http status:?|` +
		`http status(?: code)?:?|` +
		`status ?code|response code|returned status|server error|client error|status:|http code|url returned error|error response|` +
		`responded with|` +
		`parsing http|error parsing http|http error|` +
		`answered with|response status|non-success status|status =|status=|` +
		`http/[12](?:\.[01])?)[^\n]{0,300}?\b([1-5]\d\d)\b(?: ?\(?([A-Z][A-Za-z' -]{2,40})\)?)?`)
	// python is requests' and urllib's form.
	python = regexp.MustCompile(`\b([45]\d\d) (?:Client|Server) Error: ([A-Za-z ]+) for url: (\S+)`)
	// pinged is containers/image's line about the first answer, in its debug log.
	pinged = regexp.MustCompile(`Ping (https?://\S+) status (\d{3})`)
	// afterURL is a number that stands behind the URL that it answers.
	afterURL = regexp.MustCompile(`^\s*:? ?([45]\d\d)\b(?:[^:.]|$)(?: ?([A-Z][A-Za-z' -]{2,40}))?`)
	// numbered are addresses, and numbers with a point, of which no part is a status.
	numbered = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,9})+(?::\d+)?\b`)
	// reason is a number with words behind it, as a status has its reason phrase.
	reason = regexp.MustCompile(`\b([45]\d\d) \(?([A-Z][A-Za-z]+(?:[ -][A-Z][A-Za-z]+){0,4})`)
	// connectSays are the words for a number that answers CONNECT.
	connectSays = regexp.MustCompile(`(?i)(?:received http code|connect tunnel failed, response|tunnel connection failed:|` +
		`tunneling socket could not be established, (?:cause=)?su?tatuscode=|proxy returns "http/1\.[01]|` +
		`proxy replied|proxy response \(|proxy tunnel request[^\n]{0,120}?status code|proxy responded with|` +
		`invalid response from proxy: http/1\.[01]|http connect failed:|` +
		`proxyconnect[^\n]{0,40}status)[ ']*(\d{3})(?: ((?-i:[A-Z])[A-Za-z' -]+))?`)
	// registrySays is an error of a registry as clients print it: a code of the distribution
	// spec, in words (docker/distribution) or as it is (go-containerregistry), and its message.
	registrySays = regexp.MustCompile(`(?:^|[\s:"(])(denied|unauthorized|toomanyrequests|manifest unknown|manifest invalid|` +
		`manifest blob unknown|name unknown|name invalid|blob unknown|` +
		`digest invalid|tag invalid|unsupported|unknown|unavailable|UNAUTHORIZED|DENIED|TOOMANYREQUESTS|MANIFEST_UNKNOWN|NAME_UNKNOWN|` +
		`NAME_INVALID|BLOB_UNKNOWN|UNSUPPORTED|UNKNOWN|NOT_FOUND|FORBIDDEN): ?(.+)$`)
	// bareCode is one that a client prints without a message.
	bareCode = regexp.MustCompile(`(?:^|: )(denied|unauthorized|manifest unknown|blob unknown|name unknown|toomanyrequests)[.:]?\s*$`)
	// jsonErrors is a registry's document inside a message.
	jsonErrors = regexp.MustCompile(`\{ ?"(?:errors?|code|message|details?|error_description)" ?:.*\}`)
)

// sentences are what clients say of an answer in words of their own, without its code.
var sentences = []struct {
	form    *regexp.Regexp
	code    string
	message string
}{
	{regexp.MustCompile(`(?i)pull access denied for|requested access to the resource is denied|insufficient_scope`), "DENIED", ""},
	{regexp.MustCompile(`(?i)no basic auth credentials`), "UNAUTHORIZED", ""},
	{regexp.MustCompile(`RegistryUnauthorizedException`), "UNAUTHORIZED", ""},
	{regexp.MustCompile(`(?i)authentication required|unable to retrieve auth token|invalid username/password|` +
		`incorrect username or password`),
		"UNAUTHORIZED", ""},
	{regexp.MustCompile(`(?i)pull rate limit|too many requests|rate limit exceeded`), "TOOMANYREQUESTS", ""},
	{regexp.MustCompile(`(?i)manifest for .* not found|manifest unknown|manifest for tag .* not found|not found: manifest`),
		"MANIFEST_UNKNOWN", ""},
	{regexp.MustCompile(`(?i)repository .* not found|name unknown|repository name not known|image .* not found|` +
		`: not found$`), "NAME_UNKNOWN",
		""},
	{regexp.MustCompile(`(?i)is not allowed access|ip address .* not allowed`), "DENIED", ""},
}

// answered reads an answer of a server out of an error, false where it tells of none.
func (r *reader) answered(a *attempt, method, tail string) bool {
	if m := connectSays.FindStringSubmatchIndex(tail); m != nil {
		phrase := ""
		if m[4] >= 0 {
			phrase = tail[m[4]:m[5]]
		}
		r.refusedConnect(a, tail[m[2]:m[3]], phrase, tail[m[0]:])
		return true
	}
	if strings.Contains(strings.ToLower(tail), "proxy authentication required") {
		return false
	}
	code, phrase := statusIn(a, tail)
	if m := pinged.FindStringSubmatch(tail); m != nil {
		a.url, code = parseURL(m[1]), number(m[2])
		if code == http.StatusUnauthorized {
			return true // the challenge that a pull begins with
		}
	}
	said := r.refusals(tail)
	if code == 0 && len(said) == 0 || code == http.StatusSwitchingProtocols {
		return false
	}
	page := r.page(tail)
	if len(said) == 0 && page == nil && fine(code, tail) {
		return false
	}
	d := evidence.Request{Method: strings.ToUpper(method), URL: r.urlOf(a), Step: stepOf(a.url), Code: code, Errors: said}
	if d.Step == "" {
		d.Step = stepSaid(tail)
	}
	if code != 0 {
		d.StatusLine = strings.TrimSpace(strconv.Itoa(code) + " " + r.scribe.Short(strings.TrimSpace(phrase), maxQuote))
	}
	d.Body = page
	if d.Step == evidence.StepToken {
		a.role = evidence.Auth
	}
	if strings.Contains(tail, "oauth token") {
		d.AuthSent = "Basic"
	}
	kind := evidence.UnexpectedAnswer
	a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, Failure: r.failure(kind, tail), Detail: d})
	return true
}

// fine: the status of an answer is none of a failure. A redirect is one where the client says so.
func fine(code int, text string) bool {
	return code != 0 && code < 400 && (code < 300 || !strings.Contains(text, "unexpected"))
}

// refusedConnect is a proxy's answer to CONNECT with its number.
func (r *reader) refusedConnect(a *attempt, number, phrase, tail string) {
	code, err := strconv.Atoi(number)
	if err != nil || code < 300 {
		return
	}
	a.proxied = true
	if m := proxyNamed.FindStringSubmatch(tail); m != nil { // the one URL that the text has is the proxy's
		a.url, a.via = nil, m[1]
	}
	d := evidence.Tunnel{Code: code, Phrase: r.scribe.Short(strings.Trim(phrase, " '"), maxQuote)}
	d.StatusLine = strings.TrimSpace(number + " " + d.Phrase)
	if at, ok := a.endpoint(); ok {
		d.Request = "CONNECT " + at.ID() + " HTTP/1.1"
	}
	a.add(evidence.Hop{Op: evidence.OpTunnel, Role: evidence.Proxy, State: evidence.Failed,
		Failure: r.failure(evidence.ProxyStatus, tail), Detail: d})
}

// statusIn returns the number of a status and its phrase, 0 for none.
func statusIn(a *attempt, tail string) (int, string) {
	if !hasNumber(tail) {
		return 0, ""
	}
	if p := python.FindStringSubmatch(tail); p != nil {
		a.url = parseURL(p[3])
		return number(p[1]), p[2]
	}
	tail = numbered.ReplaceAllString(tail, "X")
	m := afterURL.FindStringSubmatch(tail)
	if m == nil {
		m = status.FindStringSubmatch(tail)
	}
	if m == nil && strings.HasPrefix(tail, "<") {
		return 0, "" // the title of a page, and nobody says whose
	}
	if m == nil {
		return phrased(tail)
	}
	return number(m[1]), m[2]
}

// phrased finds a number with its own reason phrase behind it.
func phrased(text string) (int, string) {
	for _, m := range reason.FindAllStringSubmatch(text, maxPhrases) {
		said := http.StatusText(number(m[1]))
		if said != "" && strings.HasPrefix(strings.ReplaceAll(m[2], "Time-out", "Timeout"), said) {
			return number(m[1]), said
		}
	}
	return 0, ""
}

// maxPhrases bounds how many numbers of one statement are looked at.
const maxPhrases = 20

// hasNumber reports whether three digits stand in a text that can be a status.
func hasNumber(text string) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := range len(text) {
		if text[i] >= '1' && text[i] <= '5' && digit(i+1) && digit(i+2) && !digit(i+3) && !digit(i-1) {
			return true
		}
	}
	return false
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// stepSaid is the step of the conversation that a client names in words.
func stepSaid(text string) evidence.Step {
	low := strings.ToLower(text)
	for _, s := range []struct {
		step  evidence.Step
		words []string
	}{
		{evidence.StepToken, []string{"anonymous token", "oauth token", "failed to authorize", "bearer token", "auth token"}},
		{evidence.StepLayer, []string{"blob", "layer", "httpreadseeker"}},
		{evidence.StepManifest, []string{"manifest", "tag", "pull access denied"}},
		{evidence.StepPing, []string{"pinging", "/v2/", "login"}},
	} {
		for _, w := range s.words {
			if strings.Contains(low, w) {
				return s.step
			}
		}
	}
	return ""
}

// refusals are the errors of a registry that a text has: its document, its code with the
// message, or a client's own sentence for one.
func (r *reader) refusals(text string) []evidence.APIError {
	if doc := jsonErrors.FindString(text); doc != "" {
		if list := refusal.Read([]byte(doc), "application/json", http.StatusForbidden); len(list) > 0 {
			return r.scribedErrors(list)
		}
	}
	if m := bareCode.FindStringSubmatch(text); m != nil {
		return []evidence.APIError{{Code: strings.ToUpper(strings.ReplaceAll(m[1], " ", "_"))}}
	}
	if m := registrySays.FindStringSubmatch(text); m != nil && !strings.HasPrefix(m[2], "desc") {
		code := strings.ToUpper(strings.ReplaceAll(m[1], " ", "_"))
		message := strings.TrimPrefix(m[2], m[1]+": ")
		if inner := registrySays.FindStringSubmatch(message); inner != nil && !strings.Contains(message, "code = ") {
			return r.refusals(message)
		}
		return r.scribedErrors([]evidence.APIError{{Code: code, Message: message}})
	}
	for _, s := range sentences {
		if m := s.form.FindString(text); m != "" {
			return r.scribedErrors([]evidence.APIError{{Code: s.code, Message: text}})
		}
	}
	return nil
}

func (r *reader) scribedErrors(list []evidence.APIError) []evidence.APIError {
	for i, e := range list {
		list[i] = evidence.APIError{Form: e.Form, Code: r.scribe.Short(e.Code, maxQuote), Message: r.scribe.Short(e.Message, maxQuote),
			Detail: r.scribe.Short(e.Detail, maxQuote)}
	}
	return list
}

// page is the beginning of an HTML page inside a message, nil for none.
func (r *reader) page(text string) *evidence.Body {
	low := strings.ToLower(text)
	for _, begin := range []string{"<!doctype html", "<html"} {
		if i := strings.Index(low, begin); i >= 0 {
			return r.scribe.Body([]byte(text[i:]), "text/html", true)
		}
	}
	return nil
}
