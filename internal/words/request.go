package words

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

// Request returns what a request met, without the probe that made it.
func Request(h evidence.Hop, d evidence.Request) string {
	answer := ""
	switch {
	case d.Code == 0:
		answer = d.StatusLine
	case h.State == evidence.Failed:
		answer = Status(d.Code, phraseOf(d.StatusLine), "")
	default:
		answer = fmt.Sprint(d.Code)
	}
	if d.Location != "" {
		answer += " to " + withoutQuery(d.Location)
	}
	parts := []string{answer, challenge(d), Token(d.Token), Digest(d.Digest)}
	if h.State == evidence.Failed || len(d.Challenges) == 0 {
		for _, e := range d.Errors {
			parts = append(parts, apiError(e))
		}
	}
	if d.AuthSent != "" {
		parts = append(parts, d.AuthSent+" sent")
	}
	if d.Withheld != "" {
		parts = append(parts, "login withheld from "+d.Withheld)
	}
	if h.State == evidence.Failed && d.Body != nil && d.Body.Title != "" {
		parts = append(parts, "page "+Quoted(d.Body.Title))
	}
	if h.Kind() != evidence.UnexpectedAnswer || d.Code == 0 {
		parts = append(parts, Reason(h))
	}
	if d.FirstBytes != "" && !strings.Contains(Reason(h), d.FirstBytes) {
		parts = append(parts, "first bytes "+Quoted(d.FirstBytes))
	}
	return Join(parts...)
}

func requestName(d evidence.Request) string {
	method := d.Method
	if method == "" {
		method = "GET"
	}
	switch d.Step {
	case "":
		return "HTTP"
	case "ping", "ping-authorized":
		return method + " /v2/"
	case "allow-list":
		return method + " /"
	}
	return method + " " + string(d.Step)
}

// Status returns an answer's code and phrase, or its whole first line when
// that was not understood.
func Status(code int, phrase, line string) string {
	if code == 0 {
		return line
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, phrase))
}

// withoutQuery leaves the query of a redirect out of the table: its values are
// redacted and its names are in the report.
func withoutQuery(location string) string {
	if path, _, found := strings.Cut(location, "?"); found {
		return path + "?…"
	}
	return location
}

// phraseOf returns what follows the code in a status line, which begins with the code where a client
// left the version out.
func phraseOf(line string) string {
	if code, phrase, _ := strings.Cut(line, " "); len(code) == 3 && strings.Trim(code, "0123456789") == "" {
		return phrase
	}
	if parts := strings.SplitN(line, " ", 3); len(parts) == 3 {
		return parts[2]
	}
	return ""
}

func challenge(d evidence.Request) string {
	if len(d.Challenges) == 0 {
		return ""
	}
	first := d.Challenges[0]
	text := first.Scheme
	if realm := first.Params["realm"]; realm != "" {
		text += " realm " + realm
	}
	for _, other := range d.Challenges[1:] {
		text += " or " + other.Scheme
	}
	return text
}

// Token returns what came of a token request, empty for none.
func Token(t *evidence.Token) string {
	switch {
	case t == nil:
		return ""
	case t.Problem != "":
		return "no token: " + t.Problem
	case t.ExpiresIn > 0:
		return fmt.Sprintf("token of %d characters, %d s", t.Length, t.ExpiresIn)
	}
	return fmt.Sprintf("token of %d characters", t.Length)
}

// Digest returns how much of a content was read, and whether its digest matches.
func Digest(d *evidence.Digest) string {
	switch {
	case d == nil:
		return ""
	case d.Got == "" && d.Of > 0:
		return fmt.Sprintf("%d of %d bytes read", d.Bytes, d.Of)
	case d.Got == "":
		return Count(int(d.Bytes), "byte") + " read"
	case d.Got == d.Want:
		return Count(int(d.Bytes), "byte") + ", digest matches"
	}
	return fmt.Sprintf("%s, digest %s, expected %s", Count(int(d.Bytes), "byte"), d.Got, d.Want)
}

func apiError(e evidence.APIError) string {
	if e.Message == "" {
		return e.Code
	}
	return strings.TrimPrefix(e.Code+": "+e.Message, ": ")
}
