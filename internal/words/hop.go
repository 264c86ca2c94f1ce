package words

import (
	"net"
	"strings"

	"pullpath/internal/evidence"
)

// HopName returns what a hop is called: its operation, of a request method and step.
func HopName(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		if d.Login != nil {
			return "LOGIN"
		}
	case evidence.Request:
		return requestName(d)
	}
	if h.Origin != nil && h.FailedWith(evidence.Unknown) && (h.Op == evidence.OpDial || h.Op == evidence.OpHandshake) {
		return "CONNECTION" // the text does not say at which step it ended
	}
	return OpName(h.Op)
}

// OpName returns what an operation is called.
func OpName(op evidence.Op) string {
	switch op {
	case evidence.OpSetting:
		return "SETTING"
	case evidence.OpResolve:
		return "DNS"
	case evidence.OpDial:
		return "TCP"
	case evidence.OpTunnel:
		return "CONNECT"
	case evidence.OpHandshake:
		return "TLS"
	case evidence.OpRequest:
		return "HTTP"
	}
	return string(op)
}

// Peer returns the other end of a hop as the table shows it: a name server
// without its usual port.
func Peer(h evidence.Hop) string {
	if h.Op != evidence.OpResolve {
		return h.Peer
	}
	server := evidence.DetailOf[evidence.Resolve](h).Server
	if server == "" {
		server = h.Peer
	}
	if host, port, err := net.SplitHostPort(server); err == nil && port == "53" {
		return host
	}
	return server
}

// Seen returns one hop's evidence in a short factual sentence. A verbose one always
// ends in the raw text of the failure.
func Seen(h evidence.Hop, verbose bool) string {
	text := seenByOp(h)
	switch {
	case h.Failure == nil:
	case verbose && !strings.Contains(text, h.Failure.Text):
		text = Join(text, h.Failure.Text)
	case text == "":
		text = Reason(h)
	}
	if h.Purpose == evidence.Probing && h.Probe != "" {
		text = strings.TrimSpace("probe " + strings.TrimSpace(string(h.Probe)+" "+evidence.DetailOf[evidence.Setting](h).Tool) + ": " + text)
	}
	return text
}

func seenByOp(h evidence.Hop) string {
	switch d := h.Detail.(type) {
	case evidence.Setting:
		return seenSetting(h, d)
	case evidence.Resolve:
		return seenResolve(h, d)
	case evidence.Dial:
		return seenDial(h, d)
	case evidence.Tunnel:
		return seenTunnel(h, d)
	case evidence.Handshake:
		return seenHandshake(h, d)
	case evidence.Request:
		return Request(h, d)
	}
	return Reason(h)
}
