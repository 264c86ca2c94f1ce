package transcript

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
)

var (
	// dumpLine is tcpdump's: time, interface (4.99 with -i any), the two ends, the rest.
	dumpLine = regexp.MustCompile(`^(?:(?:\d{4}-\d\d-\d\d )?(\d\d:\d\d:\d\d\.\d+|\d{9,10}\.\d+) )?(?:\S+\s+(?:In|Out|B|M|P)\s+)?IP6? ` +
		`([\w.:%-]+) > ([\w.:%-]+?): (.*)$`)
	// dumpHead is the first of two lines that -v makes of a packet, dumpEnds the second.
	dumpHead = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d )?(\d\d:\d\d:\d\d\.\d+|\d{9,10}\.\d+) (?:\S+\s+(?:In|Out|B|M|P)\s+)?IP6? \((?:tos` +
		`|flowlabel|class|hlim)[^)]*\)?.*$`)
	dumpEnds  = regexp.MustCompile(`^\s+([\w.:%-]+) > ([\w.:%-]+?): (.*)$`)
	dumpFlags = regexp.MustCompile(`^Flags \[([A-Z.]+)\].*?length (\d+)`)
	// sharkLine is a packet in tshark's and Wireshark's columns: number, time, source, destination,
	// protocol, length, info.
	sharkLine = regexp.MustCompile(`^\s*\d+\s+(\d+\.\d+)\s+([0-9a-fA-F.:]{3,})\s+(?:(?:→|->)\s+)?([0-9a-fA-F.:]{3,}` +
		`)\s+([A-Z][A-Za-z0-9./-]*)\s+(\d+)\s+(.*)$`)
	sharkPorts = regexp.MustCompile(`(?:^|\s)(\d+)\s*(?:→|->|>)\s*(\d+)\s+\[([A-Z, ]+)\](?:.*?Len=(\d+))?`)

	helloName   = regexp.MustCompile(`Client Hello.*?SNI=([A-Za-z0-9.-]+)`)
	connectLine = regexp.MustCompile(`\bCONNECT ([A-Za-z0-9.\[\]:-]+:\d+) HTTP/1`)
	statusLine  = regexp.MustCompile(`\b(HTTP/1\.[01] \d{3}[^\r\n(]*)`)
	alertName   = regexp.MustCompile(`Alert \(Level: Fatal, Description: ([^)]+)\)`)

	icmpHost  = regexp.MustCompile(`ICMP (?:host|net) (\S+) unreachable( - admin prohibited(?: filter)?| - tos[^,]*)?`)
	icmpPort  = regexp.MustCompile(`ICMP (\S+) (?:tcp|udp) port (\w+) unreachable`)
	icmp6     = regexp.MustCompile(`ICMP6, destination unreachable, unreachable (\w+),? ?([0-9a-fA-F:]+)?(?: (?:tcp|udp) port (\w+))?`)
	icmpShark = regexp.MustCompile(`^Destination unreachable \((.+?)\)`)
)

// readPacket reads a line, false for one that is no packet.
func readPacket(text string) (packet, bool) {
	if m := dumpLine.FindStringSubmatch(text); m != nil {
		return dumped(packet{time: seconds(m[1]), info: m[4]}, m[2], m[3]), true
	}
	if m := dumpEnds.FindStringSubmatch(text); m != nil {
		return dumped(packet{info: m[3]}, m[1], m[2]), true
	}
	m := sharkLine.FindStringSubmatch(text)
	if m == nil {
		return packet{}, false
	}
	k := packet{time: seconds(m[1]), from: m[2], to: m[3], info: m[6]}
	if ports := sharkPorts.FindStringSubmatch(m[6]); ports != nil && m[4] != "UDP" {
		k.tcp = true
		k.from, k.to = net.JoinHostPort(k.from, ports[1]), net.JoinHostPort(k.to, ports[2])
		k.length = max(number(ports[4]), 0)
		for name := range strings.SplitSeq(ports[3], ", ") {
			k.flags += map[string]string{"SYN": "S", "FIN": "F", "RST": "R", "PSH": "P", "ACK": "."}[name]
		}
		k.flags = strings.TrimSuffix(k.flags, "ECNCWR")
	}
	return k, true
}

// dumped fills in what tcpdump says of a packet.
func dumped(k packet, from, to string) packet {
	k.from, k.to = dumpEnd(from), dumpEnd(to)
	if m := dumpFlags.FindStringSubmatch(k.info); m != nil {
		k.tcp, k.flags, k.length = true, m[1], number(m[2])
	}
	return k
}

// services are the ports that tcpdump prints by name without -n (/etc/services) and that matter
// here.
var services = map[string]string{"https": "443", "http": "80", "domain": "53", "http-alt": "8080", "webcache": "8080",
	"socks": "1080", "squid": "3128"}

// dumpEnd is an end as tcpdump writes it, with the port behind the last dot, as host:port.
func dumpEnd(text string) string {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return text
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.String() // without a port: ICMP
	}
	port := text[i+1:]
	if name, ok := services[port]; ok {
		port = name
	}
	if number(port) <= 0 {
		return text
	}
	return net.JoinHostPort(text[:i], port)
}

// endHost is the host of an end, which may have no port.
func endHost(end string) string {
	if host, _, err := net.SplitHostPort(end); err == nil {
		return host
	}
	return end
}

// seconds is a time of day, or a number of seconds, 0 for none.
func seconds(text string) float64 {
	parts, total := strings.Split(text, ":"), 0.0
	for _, p := range parts {
		n, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return 0
		}
		total = total*60 + n
	}
	return total
}

// icmpMessage is one that says that a destination is unreachable, with the address and port that
// it is about where the tool shows them; nil for another (RFC 792, RFC 1812, RFC 4443).
func icmpMessage(k packet) (m *evidence.ICMP, about, port string) {
	m = &evidence.ICMP{Version: 4, Type: destinationUnreachable, Sender: endHost(k.from)}
	if f := icmpPort.FindStringSubmatch(k.info); f != nil {
		m.Code, m.Name = 3, "port unreachable"
		if name, ok := services[f[2]]; ok {
			f[2] = name
		}
		return m, f[1], f[2]
	}
	if f := icmpHost.FindStringSubmatch(k.info); f != nil {
		m.Code, m.Name = 1, "host unreachable"
		switch {
		case strings.Contains(f[2], "filter"):
			m.Code, m.Name = 13, "communication administratively prohibited"
		case strings.Contains(f[2], "prohibited"):
			m.Code, m.Name = 10, "host administratively prohibited"
		case strings.Contains(f[0], "net "):
			m.Code, m.Name = 0, "network unreachable"
		}
		return m, f[1], ""
	}
	if f := icmp6.FindStringSubmatch(k.info); f != nil {
		m.Version, m.Type = 6, 1
		m.Code, m.Name = 0, "no route to destination"
		switch f[1] {
		case "prohibited":
			m.Code, m.Name = 1, "communication administratively prohibited"
		case "address":
			m.Code, m.Name = 3, "address unreachable"
		case "port":
			m.Code, m.Name = 4, "port unreachable"
		}
		return m, f[2], ""
	}
	if f := icmpShark.FindStringSubmatch(k.info); f != nil {
		m.Code, m.Name = 1, strings.ToLower(f[1])
		switch low := m.Name; {
		case strings.Contains(low, "port"):
			m.Code = 3
		case strings.Contains(low, "communication"):
			m.Code = 13
		case strings.Contains(low, "prohibited"):
			m.Code = 10
		case strings.Contains(low, "network"):
			m.Code = 0
		}
		return m, "", ""
	}
	return nil, "", ""
}

// icmpKind is what such a message makes of a connection.
func icmpKind(m *evidence.ICMP) evidence.Kind {
	switch {
	case strings.Contains(m.Name, "prohibited"):
		return evidence.Prohibited
	case strings.Contains(m.Name, "port"):
		return evidence.Refused
	}
	return evidence.NoRoute
}

// alertNumber is the number of an alert by Wireshark's name of it (RFC 8446 section 6).
func alertNumber(name string) int {
	return map[string]int{"Handshake Failure": 40, "Bad Certificate": 42, "Unsupported Certificate": 43, "Certificate Revoked": 44,
		"Certificate Expired": 45,
		"Certificate Unknown": 46, "Illegal Parameter": 47, "Unknown CA": 48, "Access Denied": 49, "Decode Error": 50, "Decrypt Error": 51,
		"Protocol Version": 70, "Insufficient Security": 71, "Internal Error": 80, "Unrecognized Name": 112, "Certificate Required": 116,
		"No application Protocol": 120}[name]
}
