package flows

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
)

// readRealm reads where a Bearer challenge sends the client for a token. A client goes
// there over https alone: a token is not asked for in the clear.
func readRealm(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" {
		return nil, fmt.Errorf("%s is no https URL", u.Redacted())
	}
	return u, reachable(u)
}

// nextURL reads where a redirect leads, by http or https.
func nextURL(base, location string) (*url.URL, error) {
	b, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	u, err := b.Parse(location)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("no client of a registry follows %s", u.Scheme)
	}
	return u, reachable(u)
}

// reachable tells what is wrong with a URL's host and port. url.Parse takes a port that
// is none, and a zone, which means something on one machine alone.
func reachable(u *url.URL) error {
	if evidence.HostName(u.Hostname()) == "" || strings.Contains(u.Hostname(), "%") {
		return fmt.Errorf("a URL without a host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("port %s is none", port)
		}
	}
	return nil
}
