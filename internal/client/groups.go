package client

import (
	"crypto/tls"
	"regexp"
	"strconv"
	"strings"
)

// Releases of Go with which the groups that a program offers changed: the draft of a post-quantum
// group came and went with 1.23, the standard one came with 1.24, two more with 1.26
// (https://go.dev/doc/go1.23, /go1.24 and /go1.26, crypto/tls).
const (
	draftRelease    = 23
	standardRelease = 24
	currentRelease  = 26
)

var goRelease = regexp.MustCompile(`^go1\.([0-9]{1,3})(\.[0-9]{1,3}|rc[0-9]{1,3})?$`)

// IsGoRelease reports whether a text names a release of Go, as "go1.22" and "go1.22.5".
func IsGoRelease(text string) bool { return goRelease.MatchString(text) }

// Groups returns the key-exchange groups that a program offers which is built with a release of
// Go and runs under this GODEBUG; nil for those of the release that this program is built with.
// What it offers besides and crypto/tls cannot offer any more is said in unable.
func Groups(release, godebug string) (offered []tls.CurveID, unable string) {
	m := goRelease.FindStringSubmatch(strings.SplitN(release, " ", 2)[0])
	minor := currentRelease
	if m != nil {
		minor, _ = strconv.Atoi(m[1])
	}
	classical := []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	switch {
	case setting(godebug, "tlsmlkem") == "0" && minor >= standardRelease:
		return classical, ""
	case minor < draftRelease, setting(godebug, "tlskyber") == "0" && minor == draftRelease:
		return classical, ""
	case minor == draftRelease:
		return classical, "of its ClientHello the group X25519Kyber768Draft00, which only Go 1.23 has"
	case minor < currentRelease, setting(godebug, "tlssecpmlkem") == "0":
		return append([]tls.CurveID{tls.X25519MLKEM768}, classical...), ""
	}
	return nil, ""
}

// setting returns a setting of GODEBUG; of several of a name the last counts (runtime,
// "GODEBUG").
func setting(godebug, name string) string {
	value := ""
	for s := range strings.SplitSeq(godebug, ",") {
		if v, ok := strings.CutPrefix(s, name+"="); ok {
			value = v
		}
	}
	return value
}
