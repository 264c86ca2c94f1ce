package route

import (
	"net"
	"net/url"
	"strings"

	"pullpath/internal/redact"
)

// setProxy fills in what is dialled.
func (d *Decision) setProxy(raw string, r reading) {
	d.proxy = r.proxy
	d.Host, d.Port = r.proxy.Hostname(), r.port
	d.OfLogin = partOfLogin(r.proxy, raw)
	d.ProxyText = shownProxy(raw, r)
}

// shownProxy returns the proxy as it is dialled, redacted. Where the parser took
// credentials for something else, scheme or host may be a part of them, and only
// the words that the parser's own retry leaves there ("http") are shown.
func shownProxy(raw string, r reading) string {
	proxy := r.proxy
	scheme, userinfo, address := proxy.Scheme, "", net.JoinHostPort(proxy.Hostname(), r.port)
	if proxy.User != nil {
		userinfo = redact.Mark + "@"
	}
	if strings.Contains(raw, "@") && proxy.User == nil && !isScheme(proxy.Hostname()) ||
		strings.Contains(proxy.Opaque+proxy.Path+proxy.RawQuery+proxy.Fragment, "@") && !isScheme(proxy.Hostname()) {
		return redact.ProxyURL(raw)
	}
	plainHost := !strings.Contains(proxy.Hostname(), ":") || isAddress(proxy.Hostname())
	if !strings.Contains(raw, "://") && !isScheme(scheme) || !plainHost || r.port != "" && !isDigits(r.port) {
		return redact.ProxyURL(raw)
	}
	return redact.Text(scheme, maxScheme) + "://" + userinfo + redact.Text(address, maxEntry)
}

// hostOf returns the target's host without brackets, in lower case, as matchers want it.
func hostOf(target *url.URL) string { return strings.ToLower(target.Hostname()) }

// impliedPort returns the target's port, that of its scheme where it names none.
func impliedPort(target *url.URL) string {
	switch {
	case target.Port() != "":
		return target.Port()
	case target.Scheme == "http":
		return "80"
	}
	return "443"
}
