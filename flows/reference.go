package flows

import (
	"errors"
	"fmt"
	"net/url"

	"pullpath/internal/evidence"
)

// readRealm reads where a Bearer challenge sends the client for a token.
func readRealm(text string) (*url.URL, error) {
	if problem := evidence.RealmProblem(text); problem != "" {
		return nil, errors.New("the realm cannot be asked: " + problem)
	}
	return url.Parse(text)
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
	if problem := evidence.HostProblem(u); problem != "" {
		return nil, errors.New("the redirect cannot be followed: " + problem)
	}
	return u, nil
}
