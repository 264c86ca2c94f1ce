package pac

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Kind is how a way leads to the server.
type Kind string

// The kinds. HTTP is a proxy spoken to in plain text, whatever is asked for through it. The
// word SOCKS alone is SOCKS 4, as in Chromium (net/base/proxy_string_util.cc).
const (
	Direct Kind = "direct"
	HTTP   Kind = "http"
	HTTPS  Kind = "https"
	SOCKS4 Kind = "socks4"
	SOCKS5 Kind = "socks5"
)

// Way is one element of an answer: direct, or a proxy.
type Way struct {
	Kind Kind
	// Host and Port are empty for direct. The port is the kind's own where none is written.
	Host, Port string
}

// String returns the way as a URL of the proxy, "direct" for none.
func (w Way) String() string {
	if w.Kind == Direct {
		return string(Direct)
	}
	return string(w.Kind) + "://" + net.JoinHostPort(w.Host, w.Port)
}

// words are the words of an answer. PROXY, SOCKS and DIRECT are the first ones; the others
// are common to Chromium and Firefox, and HTTP to Firefox alone
// (https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file).
var words = map[string]struct {
	kind Kind
	port string
}{
	"DIRECT": {kind: Direct},
	"PROXY":  {HTTP, "80"},
	"HTTP":   {HTTP, "80"},
	"HTTPS":  {HTTPS, "443"},
	"SOCKS":  {SOCKS4, "1080"},
	"SOCKS4": {SOCKS4, "1080"},
	"SOCKS5": {SOCKS5, "1080"},
}

// Unreadable is the error of an answer with parts that are no way to a server.
type Unreadable struct {
	// Parts are these parts, each with the reason.
	Parts []string
}

// Error implements error.
func (e *Unreadable) Error() string { return "cannot read the answer: " + strings.Join(e.Parts, "; ") }

// maxWays bounds an answer. A list of fall-backs has two or three.
const maxWays = 32

// ParseResult reads an answer of FindProxyForURL: elements with semicolons between them, to be
// tried in this order. Where the error is an [*Unreadable] it names the elements that were left
// out; browsers pass over them without a word, and go direct where none is left.
func ParseResult(text string) ([]Way, error) {
	var ways []Way
	bad := &Unreadable{}
	for element := range strings.SplitSeq(text, ";") {
		element = strings.TrimSpace(element)
		if element == "" {
			continue
		}
		if len(ways)+len(bad.Parts) == maxWays {
			bad.Parts = append(bad.Parts, fmt.Sprintf("more than %d elements", maxWays))
			break
		}
		way, why := readWay(element)
		if why != "" {
			bad.Parts = append(bad.Parts, fmt.Sprintf("%s: %s", strconv.Quote(short(element)), why))
			continue
		}
		ways = append(ways, way)
	}
	if len(ways)+len(bad.Parts) == 0 {
		bad.Parts = []string{"it is empty"}
	}
	if len(bad.Parts) > 0 {
		return ways, bad
	}
	return ways, nil
}

// readWay reads one element; why says what is wrong with it.
func readWay(element string) (way Way, why string) {
	word, rest, _ := strings.Cut(strings.ReplaceAll(element, "\t", " "), " ")
	rest = strings.TrimSpace(rest)
	known, ok := words[strings.ToUpper(word)]
	switch {
	case !ok:
		return Way{}, "none of DIRECT, PROXY, HTTP, HTTPS, SOCKS, SOCKS4, SOCKS5"
	case known.kind == Direct && rest != "":
		return Way{}, "DIRECT takes no host"
	case known.kind == Direct:
		return Way{Kind: Direct}, ""
	}
	host, port, why := hostPort(rest, known.port)
	return Way{known.kind, host, port}, why
}

// hostPort reads the host of a proxy and its port; why says what is wrong with it.
func hostPort(text, port string) (host, usedPort, why string) {
	host = text
	if strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1 {
		if strings.HasSuffix(text, "]") {
			host = strings.Trim(text, "[]")
		} else {
			var err error
			if host, port, err = net.SplitHostPort(text); err != nil {
				return "", "", "no host and port"
			}
		}
		if _, err := netip.ParseAddr(host); strings.HasPrefix(text, "[") && err != nil {
			return "", "", "no IPv6 address between [ and ]"
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", "no port from 1 to 65535"
	}
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ":") {
		return "", "", "no host and port; a URL has no place here"
	}
	if host == "" || strings.ContainsFunc(host, notOfHost) {
		return "", "", "no host"
	}
	return host, port, ""
}

// notOfHost reports whether a character is in no name of a host, nor in an address. A name in
// another alphabet has to be written in its ASCII form.
func notOfHost(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:", r)
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' })
}

// short returns what is shown of a text: enough for a host name, which has up to 253
// characters, and the word before it.
func short(s string) string {
	const most = 280
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
