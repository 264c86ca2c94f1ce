package words

import (
	"regexp"
	"strings"

	"pullpath/internal/evidence"
)

// Reason returns why a hop failed, without the addresses that the system puts in front
// of an error: the hop has these, and with them no two reasons are equal. It is empty
// where the hop did not fail.
func Reason(h evidence.Hop) string {
	if h.Failure == nil {
		return ""
	}
	text := h.Failure.Text
	switch {
	case h.Kind() == evidence.Timeout && begun(h):
		return "no complete answer"
	case h.Kind() == evidence.Timeout:
		return "no answer"
	case h.Kind() == evidence.Reset:
		// The reset reaches either the read or the write after it; this depends on
		// timing.
		return "connection reset by peer"
	case text == "":
		return string(h.Kind())
	case strings.HasPrefix(text, "dial "), strings.HasPrefix(text, "read "), strings.HasPrefix(text, "write "):
		return text[strings.LastIndex(text, ": ")+len(": "):]
	}
	return ends.ReplaceAllString(text, "")
}

// begun reports whether a part of an answer arrived.
func begun(h evidence.Hop) bool {
	switch d := h.Detail.(type) {
	case evidence.Tunnel:
		return d.StatusLine != "" || d.FirstBytes != ""
	case evidence.Handshake:
		return d.BytesReceived > 0
	case evidence.Request:
		return d.StatusLine != "" || d.FirstBytes != ""
	}
	return false
}

// ends are the two addresses of an open connection in an error of the system.
var ends = regexp.MustCompile(`(?:read|write) tcp \S+->\S+: (?:(?:read|write): )?`)
