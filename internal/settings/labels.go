package settings

import "strings"

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
