package settings

import (
	"net/url"
	"strings"
)

// labelsMatch compares host names label by label, where * in the pattern stands
// for one label.
func labelsMatch(pattern, host string) bool {
	p, h := strings.Split(strings.ToLower(pattern), "."), strings.Split(strings.ToLower(host), ".")
	if len(p) != len(h) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != h[i] {
			return false
		}
	}
	return true
}

// parseHTTP reads host:port as the http:// URL that a client makes of it.
func parseHTTP(address string) (*url.URL, error) { return url.Parse("http://" + address + "/") }
