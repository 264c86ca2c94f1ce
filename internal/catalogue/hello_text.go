package catalogue

import (
	"fmt"
	"net"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// helloValues fills the texts of a group of look-alikes, by one that was probed.
func helloValues(v *diagnosis.View, g []evidence.Hop, h evidence.Hop) map[string]string {
	d := evidence.DetailOf[evidence.Handshake](h)
	out := map[string]string{"peers": far(g), "text": reason(h), "progress": progress(h), "manner": mannerOf(h),
		"name": join(g, func(h evidence.Hop) string { return evidence.DetailOf[evidence.Handshake](h).ServerName }),
		"size": fmt.Sprint(d.HelloBytes), "cause": helloCause(v, h), "workaround": withoutPostQuantum(v.Run().Client),
		"versions": versionsTaken(v, h), "asked": asked(v, h), "client": v.Run().Client,
		"place": placeOfHello(v, h).text, "elsewhere": atAnotherAddress(v, h)}
	if h.Role == evidence.Proxy {
		out["hosts"] = "the proxy " + h.Peer
	}
	if p, ok := helloProbe(v, h, "control-sni"); ok {
		out["control"] = evidence.DetailOf[evidence.Handshake](p).ServerName
	}
	if p, ok := helloProbe(v, h, "small-hello"); ok {
		out["small"] = fmt.Sprint(evidence.DetailOf[evidence.Handshake](p).HelloBytes)
	}
	if fits, fails, narrow := segmentsTaken(v, h); narrow {
		narrowValues(out, h, fits, fails)
	}
	return out
}

// progress says at which byte of the exchange a handshake ended.
func progress(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Handshake](h)
	text := fmt.Sprintf("after our ClientHello of %d bytes, before any byte of the answer", d.HelloBytes)
	switch {
	case h.Op != evidence.OpHandshake:
		return ""
	case d.HelloBytes == 0:
		text = "before our ClientHello was sent"
	case d.Alert != 0:
		text = fmt.Sprintf("after our ClientHello of %d bytes (alert %d)", d.HelloBytes, d.Alert)
	case d.BytesSent > d.HelloBytes:
		text = fmt.Sprintf("after %d bytes of ours and %d of the answer", d.BytesSent, d.BytesReceived)
	case d.BytesReceived > 0:
		text = fmt.Sprintf("after our ClientHello of %d bytes and %d bytes of the answer", d.HelloBytes, d.BytesReceived)
	}
	for _, w := range d.Warnings {
		text += fmt.Sprintf(", with the warning %s (alert %d)", w.Name, w.Number)
	}
	return text
}

// mannerOf says what happens to what is not let through.
func mannerOf(h evidence.Hop) string {
	switch h.Kind() {
	case evidence.Reset:
		return "resets the connection"
	case evidence.Timeout:
		return "drops what follows"
	case evidence.Alert:
		return "answers with an alert"
	}
	return "closes the connection"
}

// helloCause tells size, group and missing reassembly apart, by a large
// ClientHello without the group and a small one in two segments.
func helloCause(v *diagnosis.View, h evidence.Hop) string {
	p, large := helloProbe(v, h, "large-hello")
	s, split := helloProbe(v, h, "split-hello")
	size := evidence.DetailOf[evidence.Handshake](p).HelloBytes
	fits, _, narrow := segmentsTaken(v, h)
	switch {
	case large && passes(v, h, "large-hello"):
		return fmt.Sprintf("; one of %d bytes without that group passes too, so the group is at fault and not the size", size)
	case split && !passes(v, h, "split-hello"):
		return fmt.Sprintf("; one of %d bytes in two segments fails, so the device does not put segments together",
			evidence.DetailOf[evidence.Handshake](s).HelloBytes)
	case narrow:
		return fmt.Sprintf("; the large one in segments of at most %d bytes passes, so packets to the host are lost by their size", fits)
	case large && split:
		return fmt.Sprintf("; one of %d bytes without that group fails too and a small one in two segments passes, so the size is at fault", size)
	case large:
		return fmt.Sprintf("; one of %d bytes without that group fails too, so the size is at fault", size)
	}
	return ""
}

// withoutPostQuantum is how a client is kept from offering a post-quantum group:
// a daemon by a drop-in of its unit (systemd.unit(5)), a command by its variable.
func withoutPostQuantum(client string) string {
	const setting = "GODEBUG=tlsmlkem=0"
	switch client {
	case "docker", "containerd", "crio":
		return fmt.Sprintf("in /etc/systemd/system/%s.service.d/tlsmlkem.conf the two lines [Service] and Environment=%s, then systemctl daemon-reload && systemctl restart %s",
			client, setting, client)
	case "curl":
		return "leave the group out (curl --curves X25519:P-256:P-384); for the container clients set " + setting
	case "":
		return "set " + setting + " in the client's environment"
	}
	return "run " + client + " with " + setting + " in its environment; where a unit runs it, by Environment=" + setting + " below [Service]"
}

// atAnotherAddress says whether the block follows the name or the address.
func atAnotherAddress(v *diagnosis.View, h evidence.Hop) string {
	found := v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe("sni-elsewhere").Target(h.Target), nil)
	switch {
	case len(found) == 0:
		return ""
	case evidence.DetailOf[evidence.Handshake](found[0]).Completed():
		return "; the same SNI to " + found[0].Peer + " passes, so the rule is about name and address together"
	}
	return "; the same SNI to " + found[0].Peer + " fails too, so the rule follows the name"
}

// versionsTaken lists what the side probes found to be spoken.
func versionsTaken(v *diagnosis.View, h evidence.Hop) string {
	var out []string
	for _, probe := range []string{"tls-1.0", "tls-1.2", "tls-1.3"} {
		if p, ok := helloProbe(v, h, probe); ok {
			d := evidence.DetailOf[evidence.Handshake](p)
			if d.Completed() {
				out = append(out, d.Version+" alone passes")
			} else if probe != "tls-1.0" {
				out = append(out, strings.Replace(probe, "tls-", "TLS ", 1)+" alone fails")
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "; " + strings.Join(out, ", ")
}

// asked says which authorities' certificates the peer would take.
func asked(v *diagnosis.View, h evidence.Hop) string {
	if h.Op == evidence.OpRequest {
		if parent, ok := v.Hop(h.Parent); ok && parent.Op == evidence.OpHandshake {
			h = parent
		}
	}
	wish := evidence.DetailOf[evidence.Handshake](h).ClientCertificate
	if wish == nil || len(wish.Authorities) == 0 {
		return ""
	}
	return "; it would take one signed by " + strings.Join(wish.Authorities, " or ")
}

// packetHeaders are those of IP and TCP without options.
func packetHeaders(peer string) int {
	if strings.HasPrefix(peer, "[") {
		return 60
	}
	return 40
}

// narrowValues says between which sizes the path's limit lies. Through a tunnel
// it is the limit of the way to the proxy.
func narrowValues(out map[string]string, h evidence.Hop, fits, fails int) {
	if h.Via != "" {
		out["hosts"] = "the proxy " + h.Peer
	}
	headers := packetHeaders(h.Peer)
	out["fits"], out["segment"], out["mtu"] = fmt.Sprintf("%d bytes", fits), fmt.Sprint(fits), fmt.Sprint(fits+headers)
	out["address"], _, _ = net.SplitHostPort(h.Peer)
	out["fails"], out["lost"] = "", fmt.Sprintf("packets of more than %d bytes are lost", fits+headers)
	if fails > fits {
		out["fails"] = fmt.Sprintf(", with %d it does not", fails)
		out["lost"] = fmt.Sprintf("packets of %d bytes get through, those of %d are lost", fits+headers, fails+headers)
	}
}
