package route

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/redact"
)

// Form is a way in which a NO_PROXY entry is written that clients read
// differently, or that none reads.
type Form struct {
	Code  string
	Entry string // as written; the whole list where the form is the list's
	Text  string // which clients do what with it
	Write string // what all of them read as it was meant; empty where nothing does
}

// The codes of Form.
const (
	FormSeparator  = "separator"
	FormURL        = "url"
	FormWildcard   = "wildcard"
	FormStar       = "star-in-list"
	FormPort       = "port"
	FormCIDR       = "cidr"
	FormIPv6       = "ipv6"
	FormDot        = "trailing-dot"
	FormApex       = "domain-without-apex"
	FormLoopback   = "loopback-missing"
	FormQuoted     = "quoted"
	FormIDN        = "idn"
	FormHTTPX      = "breaks-httpx"
	FormLookAlikes = "look-alikes"
)

// Forms returns the forms that a list has, entry by entry, each code once for an
// entry. All were measured; the functions name the vectors (testdata/vectors.json).
func Forms(list string) []Form {
	var out []Form
	if strings.Trim(list, ", \t\r\n") == "" {
		return nil
	}
	entries := strings.Split(list, ",")
	for _, raw := range entries {
		entry := strings.TrimSpace(raw)
		if entry == "" {
			continue
		}
		if f, found := entryForm(entry); found {
			out = append(out, f)
			continue
		}
		if entry == "*" && len(entries) > 1 {
			out = append(out, Form{FormStar, entry,
				"* among other entries is read by Go, Node, httpx, wget2 and insights-client; curl, git, dnf, wget, Python and Ruby read it as a name",
				"*"})
		}
		if domain, dotted := strings.CutPrefix(entry, "."); dotted && domain != "" && !strings.HasPrefix(domain, ".") &&
			!hasEntry(entries, domain) {
			out = append(out, Form{FormApex, entry, "curl, git, Python and Node take " + domain + " itself for exempt, Go, wget and Ruby do not",
				domain + "," + entry})
		}
	}
	return append(out, listForms(list, entries)...)
}

// entryForm returns the first form that an entry by itself has.
func entryForm(entry string) (Form, bool) {
	for _, check := range []func(string) (Form, bool){quotedForm, separatorForm, urlForm, addressForm, wildcardForm, portForm,
		dotForm, idnForm} {
		if f, found := check(entry); found {
			return f, true
		}
	}
	return Form{}, false
}

// listForms returns the forms of a list as a whole.
func listForms(list string, entries []string) []Form {
	var out []Form
	var missing []string
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if !hasEntry(entries, name) && !hasEntry(entries, "*") {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		names := strings.Join(missing, ",")
		out = append(out, Form{FormLoopback, list,
			names + " missing: only Go and Ruby leave loopback out by themselves; curl, git, Python, wget and Node send it to the proxy", names})
	}
	if slices.ContainsFunc(entries, func(e string) bool { return httpxRejects(strings.TrimFunc(e, isSpace)) && ascii(e) }) {
		out = append(out, Form{FormHTTPX, list,
			"httpx raises InvalidURL for every request while a bracket, an IPv6 prefix or a tab is in the list", ""})
	}
	return out
}

func hasEntry(entries []string, name string) bool {
	return slices.ContainsFunc(entries, func(e string) bool { return strings.EqualFold(strings.TrimSpace(e), name) })
}

// quotedForm: vectors N77, N78.
func quotedForm(entry string) (Form, bool) {
	plain := strings.Trim(entry, quotes)
	return Form{FormQuoted, entry, "the quotation mark is part of the entry, and no client matches it", plain}, plain != entry
}

// separatorForm: vectors N55 to N57, N79 to N81, N108.
func separatorForm(entry string) (Form, bool) {
	parts := splitEntry(entry, "")
	return Form{FormSeparator, entry,
		"Go, wget and Python match nothing here, Ruby and undici every part, curl all parts before 8.9 and the first one since",
		strings.Join(parts, ",")}, len(parts) > 1
}

// urlForm: vectors N74 to N76, N104.
func urlForm(entry string) (Form, bool) {
	if _, err := netip.ParsePrefix(entry); err == nil || !strings.ContainsAny(entry, "/#") {
		return Form{}, false
	}
	host := entry
	if _, rest, found := strings.Cut(entry, "://"); found {
		host = rest
	}
	if i := strings.IndexAny(host, "/#"); i >= 0 {
		host = host[:i]
	}
	return Form{FormURL, entry, "a scheme, a path or a comment makes an entry that no client but httpx matches", strings.TrimSpace(host)}, true
}

// addressForm: vectors N25 to N40, N43 to N51.
func addressForm(entry string) (Form, bool) {
	prefix, err := netip.ParsePrefix(entry)
	bare, portless := strings.Trim(entry, "[]"), entry
	if h, _, failed := net.SplitHostPort(entry); failed == nil {
		portless = h
	}
	addr, bad := netip.ParseAddr(bare)
	inside, _ := netip.ParseAddr(portless)
	switch {
	case err == nil && prefix.Addr().Is4():
		return Form{FormCIDR, entry,
			"a prefix matches addresses in URLs, never a name that resolves into it (but in Ruby); curl before 7.86, wget, urllib and Node read " +
				"no prefix at all", ""}, true
	case err == nil:
		return Form{FormIPv6, entry, "an IPv6 prefix is read by Go, wget2 and curl from 8.18 on, and makes httpx fail", ""}, true
	case bad == nil && addr.Is6() && bare != entry, inside.Is6() && portless != entry:
		return Form{FormIPv6, entry,
			"an IPv6 address in brackets is read by urllib and undici only, and makes httpx fail; Go, curl, requests and wget read it bare",
			strings.Trim(portless, "[]")}, true
	}
	return Form{}, false
}

// wildcardForm: vectors N09 to N16.
func wildcardForm(entry string) (Form, bool) {
	domain, leading := strings.CutPrefix(entry, "*.")
	switch {
	case entry == "*" || !strings.Contains(entry, "*"):
		return Form{}, false
	case leading && !strings.Contains(domain, "*"):
		host, _, _ := strings.Cut(domain, ":")
		return Form{FormWildcard, entry,
			"*.name is read by Go, Node, wget2, subscription-manager and insights-client; curl, git, dnf, wget, Python and Ruby read no asterisk",
			host + ",." + host}, true
	}
	return Form{FormWildcard, entry, "no client reads an asterisk inside a name", ""}, true
}

// portForm: vectors N17 to N23, N35, N36.
func portForm(entry string) (Form, bool) {
	host, port, err := net.SplitHostPort(entry)
	return Form{FormPort, entry, "an entry with a port is never matched by curl, git, dnf, wget, subscription-manager and insights-client",
			host},
		err == nil && isDigits(port)
}

// dotForm: vectors N52 to N54.
func dotForm(entry string) (Form, bool) {
	plain := strings.TrimSuffix(entry, ".")
	return Form{FormDot, entry, "a trailing dot is ignored by curl from 7.87 on and by undici 8; every other client matches nothing", plain},
		plain != entry && plain != ""
}

// idnForm: vectors N91, N92.
func idnForm(entry string) (Form, bool) {
	return Form{FormIDN, entry, "Go from 1.19 on compares the ASCII forms, curl converts the URL's host alone, Python neither",
		asciiOr(entry)}, !ascii(entry)
}

// KnownBad returns what is wrong with the release of a client whatever the setting;
// empty for nothing (docs/field-notes.md#client-releases).
func (d Dialect) KnownBad() string {
	v := parseVersion(strings.TrimPrefix(d.Name, d.Family+"-"))
	switch {
	case d.Family == "curl" && v.atLeast(7, 86) && !v.atLeast(7, 87):
		return "curl 7.86.0 matches only the last of some NO_PROXY entries and no parent domain (curl#9813, #9981)"
	case d.Family == "wget" && v.atLeast(1, 19) && !v.atLeast(1, 20, 3):
		return "wget 1.19 ignores NO_PROXY entries with a leading dot"
	case d.Family == "wget2":
		return "wget2 sends https requests to the proxy in absolute form instead of CONNECT; proxies refuse that"
	case d.Family == "go" && !v.atLeast(1, 16):
		return "Go before 1.16 also uses HTTP_PROXY for https"
	}
	return ""
}

// LooseSuffix reports whether this release matches NO_PROXY entries without a
// label boundary, so that corp.example also exempts notcorp.example.
func (d Dialect) LooseSuffix() bool {
	v := parseVersion(strings.TrimPrefix(d.Name, d.Family+"-"))
	return d.Family == "requests" && !v.atLeast(2, 34) || d.Family == "wget" && !v.atLeast(1, 19)
}

// The codes of ValueForms.
const (
	FormNoPort   = "without-port"
	FormNoScheme = "without-scheme"
	FormSOCKS    = "socks"
	FormHTTPS    = "https-proxy"
	FormOnHost   = "loopback-proxy"
)

// ValueForms returns the forms of a proxy's URL that clients read differently;
// nothing for a value that is broken for all, which Decide says. Write and Entry
// hold no credentials.
func ValueForms(value string) []Form {
	w := read(value)
	host, port, ok := cutPort(w.authority)
	if !ok || host == "" || isScheme(host) || w.malformed || w.raw != w.value || badPercent.MatchString(w.value) ||
		!plainUserinfo.MatchString(w.userinfo) {
		return nil
	}
	shown := redact.ProxyURL(value)
	user := ""
	if w.userinfo != "" {
		user = redact.Mark + "@"
	}
	write := func(scheme, port string) string { return scheme + "://" + user + net.JoinHostPort(host, port) }
	var out []Form
	scheme := w.scheme
	if scheme == "" {
		scheme = "http"
		out = append(out, Form{FormNoScheme, shown, "requests 2.25 (EL9), aiohttp, undici and Node refuse a value without a scheme",
			write("http", orDefault(port, "3128"))})
	}
	switch {
	case strings.HasPrefix(scheme, "socks"):
		out = append(out, Form{FormSOCKS, shown,
			"wget, requests without PySocks and Node fail or go direct; socks5:// resolves the target here in curl and at the proxy in Go, Go " +
				"before 1.23 knows no socks5h://", ""})
	case scheme == "https":
		out = append(out, Form{FormHTTPS, shown,
			"TLS is spoken to the proxy itself; most proxies listen in plain HTTP, where Go and curl then fail and wget and urllib work",
			write("http", orDefault(port, "3128"))})
	}
	if port == "" && (scheme == "http" || scheme == "https") {
		out = append(out, Form{FormNoPort, shown,
			"without a port Go and requests take 80, curl up to 8.18 takes 1080, urllib 443, subscription-manager 3128", write(scheme, "PORT")})
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsLoopback() || host == "localhost" {
		out = append(out, Form{FormOnHost, shown, "a container, a virtual machine or a remote engine has a loopback of its own", ""})
	}
	return out
}

func orDefault(port, fallback string) string {
	if port == "" {
		return fallback
	}
	return port
}
