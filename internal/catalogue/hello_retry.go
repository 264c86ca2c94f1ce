package catalogue

import (
	"fmt"
	"strconv"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// retry gives the pair of commands of which one passes and one fails, for those
// who own the device and do not have this tool; nil for the usual ones.
func retry(code string, h evidence.Hop, values map[string]string) []string {
	name := evidence.DetailOf[evidence.Handshake](h).ServerName
	switch {
	case code == "tls-path-mtu" && h.Via == "":
		most, err := strconv.Atoi(values["mtu"])
		if err != nil {
			return nil
		}
		return []string{dontFragment(values["address"], onePacket), dontFragment(values["address"], most)}
	case name == "" || h.Role == evidence.Proxy:
		return nil
	case code == "tls-sni-blocked":
		return []string{opensslClient(h, name), opensslClient(h, values["control"])}
	case code == "tls-large-hello-dropped":
		// OpenSSL has the group since 3.5.
		return []string{opensslClient(h, name, "-groups", "X25519MLKEM768"), opensslClient(h, name, "-groups", "X25519")}
	}
	return nil
}

// opensslClient shakes hands as the hop did: s_client(1).
func opensslClient(h evidence.Hop, name string, flags ...string) string {
	to := "-connect " + diagnosis.Quote(h.Peer)
	if h.Via != "" {
		to = "-proxy " + diagnosis.Quote(h.Peer) + " -connect " + diagnosis.Quote(h.Target)
	}
	return strings.Join(append([]string{"openssl s_client", to, "-servername", diagnosis.Quote(name)}, flags...), " ") + " </dev/null"
}

// dontFragment sends one packet of so many bytes that may not be split: ping(8).
func dontFragment(address string, size int) string {
	headers := 20 + 8 // of IPv4 and of ICMP
	if strings.Contains(address, ":") {
		headers = 40 + 8
	}
	return fmt.Sprintf("ping -c 1 -M do -s %d %s", size-headers, diagnosis.Quote(address))
}
