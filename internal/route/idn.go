package route

import "golang.org/x/net/idna"

// ascii reports whether s has no letter beyond ASCII.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// asciiHost returns the form of a host name that goes to DNS (RFC 5891, A-labels).
func asciiHost(host string) (string, error) {
	if ascii(host) {
		return host, nil
	}
	return idna.Lookup.ToASCII(host)
}

// asciiOr is asciiHost, the host itself where it has no such form.
func asciiOr(host string) string {
	if a, err := asciiHost(host); err == nil {
		return a
	}
	return host
}

// unicodeOr returns the host with its letters, the host itself where it has no such
// form.
func unicodeOr(host string) string {
	if u, err := idna.Lookup.ToUnicode(host); err == nil {
		return u
	}
	return host
}
