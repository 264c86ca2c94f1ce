package route

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"pullpath/internal/redact"
)

// Problem is a fact about the value of the proxy variable that counts. Its text
// holds nothing of the credentials.
type Problem struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Broken bool   `json:"broken,omitempty"` // with this, the proxy that is meant is not reached
}

// The codes of Problem. The causes come from the value as written, the effects
// (ignored, rejected, wrong-host, part-of-login, no-host,
// no-port) from what the client makes of it.
const (
	Ignored          = "ignored"
	Rejected         = "rejected"
	WrongHost        = "wrong-host"
	PartOfLogin      = "part-of-login"
	NoHost           = "no-host"
	NoPort           = "no-port"
	BadPort          = "bad-port"
	DefaultPort      = "default-port"
	LeadingBlank     = "leading-blank"
	TrailingBlank    = "trailing-blank"
	ControlCharacter = "control-character"
	Quoted           = "quoted"
	BadPercent       = "bad-percent"
	Unescaped        = "unescaped-credentials"
	SchemeMalformed  = "scheme-malformed"
	SchemeMissing    = "scheme-missing"
	SchemeUnknown    = "scheme-unknown"
	SeveralProxies   = "several-proxies"
	BareIPv6         = "ipv6-brackets"
	PAC              = "pac-url"
	Keyword          = "keyword"
)

var (
	fullScheme      = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	malformedScheme = regexp.MustCompile(`^(?i:https?|socks(?:4a?|5h?)?)(?::/?|//)`)
	badPercent      = regexp.MustCompile(`%(?:[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)
	// plainUserinfo has the characters that net/url takes unescaped (validUserinfo).
	plainUserinfo = regexp.MustCompile(`^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$`)
	pacFile       = regexp.MustCompile(`(?i)(\.pac|/wpad\.dat)([?#].*)?$`)
)

// written is the value of a proxy variable taken apart as its writer meant it,
// which a URL parser cannot do with the values that matter.
type written struct {
	raw       string
	value     string // without blanks, quotes and line ends around it
	scheme    string // in lower case; "" where there is none
	malformed bool   // the scheme is there, "://" is not
	userinfo  string
	authority string // host and port: what follows the last @, up to a / ? or #
}

// read takes a value apart.
func read(raw string) written {
	w := written{raw: raw, value: strings.Trim(raw, quotes+" \t\r\n\v\f\x00\u00a0\u200b\ufeff")}
	rest := w.value
	if m := fullScheme.FindStringSubmatch(rest); m != nil {
		w.scheme, rest = strings.ToLower(m[1]), rest[len(m[0]):]
	} else if m := malformedScheme.FindString(rest); m != "" && !strings.HasPrefix(rest[len(m):], "@") {
		w.scheme, rest, w.malformed = strings.ToLower(strings.TrimRight(m, ":/")), rest[len(m):], true
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		w.userinfo, rest = rest[:i], rest[i+1:]
	}
	w.authority = rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		w.authority = rest[:i]
	}
	return w
}

// causes returns what is wrong with a value as written. What was measured with Go
// alone is left out, or said without it, for other clients.
func (d Dialect) causes(raw string) []Problem {
	w := read(raw)
	var out []Problem
	for _, check := range []func(written) (Problem, bool){
		frameProblem, controlProblem, quoteProblem, percentProblem, userinfoProblem,
		schemeProblem, pacProblem, severalProblem, ipv6Problem, portProblem, keywordProblem,
	} {
		p, found := check(w)
		if d.Family != "go" && p.Code == SchemeUnknown {
			continue
		}
		if d.Family != "go" && p.Code == BareIPv6 {
			p.Text = "an IPv6 address needs brackets"
		}
		if found {
			out = append(out, p)
		}
	}
	return out
}

// effects returns what the client does with the value that it should not.
func effects(r reading, raw string) []Problem {
	dialled := r.proxy
	if dialled == nil {
		return []Problem{{Ignored, "the client cannot parse the value and goes direct without saying so", true}}
	}
	var out []Problem
	switch host := dialled.Hostname(); {
	case host == "":
		out = append(out, Problem{NoHost, "no host is left of the value after parsing", true})
	case isScheme(host) || strings.HasPrefix(strings.ToLower(raw), strings.ToLower(host)+"://"):
		out = append(out, Problem{WrongHost, "the client dials a host named " + redact.Text(host, maxScheme), true})
	case partOfLogin(dialled, raw):
		out = append(out, Problem{PartOfLogin, "the client takes a part of user name or password for the proxy's host", true})
	case strings.ContainsFunc(host, isForeign), strings.Contains(host, ":") && !isAddress(host):
		out = append(out, Problem{WrongHost, "the client dials a name that no host can have", true})
	}
	switch p := r.port; {
	case p == "":
		out = append(out, Problem{NoPort, "no port is given, and the scheme has no default", true})
	case dialled.Port() == "":
		out = append(out, Problem{DefaultPort, "no port is given; the client takes " + p, false})
	case !validPort(p):
		out = append(out, Problem{BadPort, "the port is not between 1 and 65535", true})
	}
	return out
}

// partOfLogin reports whether a parser found the host before the last @, where its writer has
// name and password: one of / ? and # ends what may be a host, and an @ before it begins one.
func partOfLogin(dialled *url.URL, raw string) bool {
	w := read(raw)
	address := net.JoinHostPort(strings.Trim(w.authority, "[]"), "")
	if host, port, err := net.SplitHostPort(w.authority); err == nil {
		address = net.JoinHostPort(host, port)
	}
	looksMeant := strings.Contains(w.authority, ".") || strings.Contains(w.authority, ":")
	return strings.ContainsAny(w.userinfo, "/?#") && looksMeant && !isScheme(dialled.Hostname()) &&
		net.JoinHostPort(dialled.Hostname(), dialled.Port()) != address
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// isScheme reports whether a word is one that net/url leaves as the host when a
// value only parses with another http:// in front.
func isScheme(word string) bool {
	switch word {
	case "http", "https", "socks4", "socks4a", "socks5", "socks5h", "socks":
		return true
	}
	return false
}

// isForeign reports whether a rune cannot stand in a host name or an address.
func isForeign(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_:%", r)
}

// validPort reports whether s is a port that can be dialled.
func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func frameProblem(w written) (Problem, bool) {
	if strings.TrimLeft(w.raw, " \t\u00a0\u200b\ufeff") != w.raw {
		return Problem{Code: LeadingBlank, Text: "the value begins with a blank"}, true
	}
	if strings.TrimRight(w.raw, " \t\u00a0\u200b\ufeff") != w.raw {
		return Problem{Code: TrailingBlank, Text: "the value ends with a blank"}, true
	}
	return Problem{}, false
}

func controlProblem(w written) (Problem, bool) {
	switch {
	case strings.Contains(w.raw, "\r"):
		return Problem{Code: ControlCharacter, Text: "the value has a carriage return in it, as from a file with Windows line ends"}, true
	case strings.Contains(w.raw, "\n"):
		return Problem{Code: ControlCharacter, Text: "the value has a line end in it"}, true
	case strings.ContainsFunc(w.raw, unicode.IsControl):
		return Problem{Code: ControlCharacter, Text: "the value has a control character in it"}, true
	}
	return Problem{}, false
}

func quoteProblem(w written) (Problem, bool) {
	return Problem{Code: Quoted, Text: "quotation marks are part of the value"},
		strings.Trim(strings.TrimSpace(w.raw), quotes) != strings.TrimSpace(w.raw)
}

func percentProblem(w written) (Problem, bool) {
	text := "a % is not followed by two hexadecimal digits; a plain % is written %25"
	if strings.Contains(w.value, "%%") {
		text = "%% stands where % should; doubling is for systemd unit files only"
	}
	return Problem{Code: BadPercent, Text: text}, badPercent.MatchString(w.value)
}

// userinfoProblem does not say which character it is: that would tell a part of
// the password.
func userinfoProblem(w written) (Problem, bool) {
	return Problem{Code: Unescaped, Text: `user name or password has a character (one of # / ? \ blank and the like) ` +
			"that must be percent-encoded"},
		!plainUserinfo.MatchString(w.userinfo) && strings.Count(w.value, "://") < 2
}

func schemeProblem(w written) (Problem, bool) {
	switch {
	case w.malformed:
		return Problem{Code: SchemeMalformed, Text: "the scheme is not followed by ://"}, true
	case w.scheme == "":
		return Problem{Code: SchemeMissing, Text: "there is no scheme; the client takes http"}, true
	case w.scheme == "http", w.scheme == "https", w.scheme == "socks5", w.scheme == "socks5h":
		return Problem{}, false
	}
	return Problem{Code: SchemeUnknown, Text: "the scheme " + redact.Text(w.scheme, maxScheme) +
		" is not one that the client speaks; it sends HTTP to this address"}, true
}

// maxScheme bounds a shown scheme, in runes; "socket5" and other slips are short.
const maxScheme = 16

func pacProblem(w written) (Problem, bool) {
	return Problem{Code: PAC, Text: "this is the URL of a PAC file; the client takes the web server that holds it for the proxy"},
		pacFile.MatchString(w.value)
}

func severalProblem(w written) (Problem, bool) {
	return Problem{Code: SeveralProxies, Text: "several proxies are given; the client takes the value for one"},
		strings.Count(w.value, "://") > 1 || strings.ContainsAny(w.authority, ",; \t\r\n")
}

func ipv6Problem(w written) (Problem, bool) {
	return Problem{Code: BareIPv6, Text: "an IPv6 address needs brackets; what is dialled without them depends on the Go version that the " +
			"client's go.mod names"},
		strings.Contains(w.authority, "::") && !strings.Contains(w.authority, "[")
}

func portProblem(w written) (Problem, bool) {
	i := strings.LastIndexByte(w.authority, ':')
	text := "what stands in the place of the port is not a number"
	if i < 0 || i == len(w.authority)-1 || strings.Contains(w.authority[i:], "]") || strings.ContainsAny(w.authority, ",; \t\r\n") {
		return Problem{}, false
	}
	return Problem{Code: BadPort, Text: text}, strings.Trim(w.authority[i+1:], "0123456789") != ""
}

func keywordProblem(w written) (Problem, bool) {
	switch strings.ToLower(w.value) {
	case "direct", "none", "off", "no", "false", "null", "nil", "_none_", "disabled":
		return Problem{Code: Keyword, Text: "the client takes the word for the name of a proxy", Broken: true}, true
	}
	return Problem{}, false
}
