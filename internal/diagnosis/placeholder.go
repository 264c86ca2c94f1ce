package diagnosis

import (
	"cmp"
	"regexp"
	"strings"
)

// exampleProxy stands for a proxy where a text is pasted that nobody can fill in yet.
const exampleProxy = "proxy.corp.example:3128"

// exampleValues are values within what a reader pastes: a line of a shell has to work as it is.
var exampleValues = strings.NewReplacer("://{proxy}", "://"+exampleProxy, "@{proxy}", "@"+exampleProxy,
	"HTTPS_PROXY={proxy}", "HTTPS_PROXY=http://"+exampleProxy, "HTTPS_PROXY={value}", "HTTPS_PROXY=http://"+exampleProxy)

// addition is a value that stands right behind a word or another value. It adds what only
// some cases have, and is empty in the others.
var addition = regexp.MustCompile(`([\w.)}])(?:\{[a-z_]+\})+`)

// Unfilled writes a text of the catalogue for a reader who has no finding yet: {value} as
// <value>, as manuals do, within what is pasted as an example, and without additions.
func Unfilled(text string) string {
	text = addition.ReplaceAllString(exampleValues.Replace(text), "$1")
	return placeholder.ReplaceAllStringFunc(text, func(v string) string {
		name := strings.Trim(v, "{}")
		return "<" + cmp.Or(valueWords[name], name) + ">"
	})
}

// PlainTitle returns the title of an entry as a sentence, for lists that have no finding.
func PlainTitle(e Entry) string {
	text := Unfilled(e.Title)
	return strings.ToUpper(text[:1]) + text[1:]
}

// valueWords say what a value is whose name alone does not say it to a reader.
var valueWords = map[string]string{
	"added":         "--cacert or the profile's ca",
	"amount":        "ahead or behind by so much",
	"anchor":        "end of the chain",
	"broken":        "what is wrong with the interceptor's certificate",
	"ca":            "name of the CA",
	"cause":         "what the pace points to",
	"challenges":    "schemes",
	"control":       "another host's name",
	"cost":          "what it costs the client",
	"count":         "number of hosts",
	"differs":       "what differs",
	"dns":           "what the name servers say",
	"does":          "what it does",
	"effect":        "what they make of the value",
	"entries":       "what is missing",
	"fits":          "size that passes",
	"forbidden":     "what forbids this use",
	"found":         "the file that has a login",
	"get":           "answer",
	"granted":       "scope",
	"hidden":        "its value",
	"install":       "how that host takes a CA in",
	"leaf":          "subject",
	"leaked":        "authority whose key is public",
	"length":        "number of certificates",
	"logged":        "what the timestamps of certificates say",
	"looked":        "files",
	"lost":          "which packets are lost",
	"manner":        "what it does to the connection",
	"meant":         "why the host is inside",
	"messages":      "reason",
	"named":         "token server",
	"odd":           "addresses that fail",
	"op":            "step",
	"other":         "another client or user",
	"othervariable": "variable",
	"otherwhere":    "where it is set",
	"owner":         "who can have answered, by the chain",
	"pace":          "how much came in which time",
	"peers":         "address",
	"problem":       "what is wrong with it",
	"questions":     "time of each question",
	"refused":       "which clients refuse it",
	"repair":        "what to repair",
	"reply":         "what it answered",
	"requests":      "request",
	"segment":       "size",
	"shadowed":      "the same variable in the other case",
	"shell":         "the user's shell",
	"small":         "fewer",
	"sound":         "addresses that serve",
	"text":          "what was seen",
	"up":            "another address",
	"validity":      "from when to when the token is valid",
	"what":          "what is wrong with its form",
	"where":         "file and line",
	"whom":          "hosts",
	"whose":         "who can have ended it, by the chain",
	"why":           "reason",
	"workaround":    "setting",
	"write":         "what to write",
}
