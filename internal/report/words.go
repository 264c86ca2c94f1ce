package report

import (
	"fmt"
	"net"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// audience names in words whose move it is.
func audience(a diagnosis.Audience) string {
	switch a {
	case diagnosis.HostAdmin:
		return "admin of this host"
	case diagnosis.NetworkTeam:
		return "network team"
	case diagnosis.ProxyAdmin:
		return "proxy team"
	case diagnosis.AccountOwner:
		return "owner of the registry account"
	case diagnosis.RegistryOperator:
		return "registry operator"
	}
	return string(a)
}

// hopName is what the table calls a hop.
func hopName(h evidence.Hop) string {
	switch h.Op {
	case evidence.OpSetting:
		if evidence.DetailOf[evidence.Setting](h).Login != nil {
			return "LOGIN"
		}
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
		return requestName(evidence.DetailOf[evidence.Request](h))
	}
	return string(h.Op)
}

func requestName(d evidence.Request) string {
	method := d.Method
	if method == "" {
		method = "GET"
	}
	switch d.Step {
	case "":
		return "HTTP"
	case "ping", "ping-authorized":
		return method + " /v2/"
	case "allow-list":
		return method + " /"
	}
	return method + " " + d.Step
}

// peerName is the other end of a hop as the table shows it: a name server
// without its usual port.
func peerName(h evidence.Hop) string {
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

// duration writes milliseconds the way a person says them.
func duration(ms float64) string {
	switch {
	case ms < 1:
		return "<1 ms"
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 1e4:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms < 1e9:
		return fmt.Sprintf("%.0f s", ms/1000)
	}
	return fmt.Sprintf("%.1e s", ms/1000)
}

// seconds writes a whole run's time.
func seconds(ms float64) string { return fmt.Sprintf("%.1f s", ms/1000) }

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sentence joins the parts that are there with commas.
func sentence(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// quoted puts quotation marks around a peer's own words. They are escaped
// already: to escape them again would make them longer and no safer.
func quoted(s string) string { return `"` + s + `"` }
