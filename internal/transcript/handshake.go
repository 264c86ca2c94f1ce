package transcript

import (
	"regexp"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

var (
	validFor = regexp.MustCompile(`certificate is valid for (.+?), not ([^\s"]+)`)
	dates    = regexp.MustCompile(`current time (\S+) is (after|before) ([0-9T:+Z.-]+)`)
)

// handshake is what a client says of a handshake that it gave up.
func (r *reader) handshake(a *attempt, p phrase, tail string) evidence.Handshake {
	d := evidence.Handshake{ServerName: nameOf(a), Alert: p.alert}
	if m := validFor.FindStringSubmatch(tail); m != nil {
		d.Leaf = &evidence.Certificate{Names: r.scribe.Each(strings.Split(m[1], ", "), maxNames, maxQuote)}
	}
	if m := dates.FindStringSubmatch(tail); m != nil {
		if at, err := time.Parse(time.RFC3339, strings.TrimRight(m[3], ".")); err == nil {
			d.Leaf = &evidence.Certificate{}
			if m[2] == "after" {
				d.Leaf.NotAfter = at
			} else {
				d.Leaf.NotBefore = at
			}
		}
	}
	return d
}

// maxNames bounds the names of a certificate that are kept of a text.
const maxNames = 20
