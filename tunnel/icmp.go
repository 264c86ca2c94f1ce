package tunnel

import (
	"errors"
	"fmt"
	"net/netip"

	"pullpath/internal/evidence"
)

// icmpError is what a failed dial's error carries when an ICMP message ended
// the attempt. It is an interface, so that a made-up network can play it.
type icmpError interface {
	error
	// ICMP gives type and code as RFC 792 and, with version 6, RFC 4443 number
	// them, the sender, and whether that is this host.
	ICMP() (version int, typ, code uint8, sender netip.Addr, own bool)
}

// blindError is what a failed dial's error carries where the system does not
// show all that there was to see.
type blindError interface {
	error
	NotLooked() string
}

// icmpOf reads the message that an error carries, nil where it carries none.
func icmpOf(err error) *evidence.ICMP {
	var carried icmpError
	if !errors.As(err, &carried) {
		return nil
	}
	version, typ, code, sender, own := carried.ICMP()
	m := &evidence.ICMP{Version: version, Type: typ, Code: code, Name: icmpName(version, typ, code), Own: own}
	if sender.IsValid() {
		m.Sender = sender.String()
	}
	return m
}

// icmpRow is one message: its name, and the kind of failure of a dial that it ended.
// An empty kind leaves the kind of the errno.
type icmpRow struct {
	version   int
	typ, code uint8
	name      string
	kind      evidence.Kind
}

// icmpRows returns the messages that end an attempt (RFC 792, RFC 1812 section
// 5.2.7.1, RFC 4443 section 3.1).
func icmpRows() []icmpRow {
	return []icmpRow{
		{4, 3, 0, "network unreachable", evidence.NoRoute},
		{4, 3, 1, "host unreachable", evidence.NoRoute},
		{4, 3, 2, "protocol unreachable", evidence.Refused},
		{4, 3, 3, "port unreachable", evidence.Refused},
		{4, 3, 4, "fragmentation needed", ""},
		{4, 3, 6, "network unknown", evidence.NoRoute},
		{4, 3, 7, "host unknown", evidence.NoRoute},
		{4, 3, 9, "network administratively prohibited", evidence.Prohibited},
		{4, 3, 10, "host administratively prohibited", evidence.Prohibited},
		{4, 3, 13, "communication administratively prohibited", evidence.Prohibited},
		{4, 11, 0, "time to live exceeded", evidence.NoRoute},
		{6, 1, 0, "no route to destination", evidence.NoRoute},
		{6, 1, 1, "communication administratively prohibited", evidence.Prohibited},
		{6, 1, 2, "beyond scope of source address", evidence.NoRoute},
		{6, 1, 3, "address unreachable", evidence.NoRoute},
		{6, 1, 4, "port unreachable", evidence.Refused},
		{6, 1, 5, "source address failed ingress or egress policy", evidence.Prohibited},
		{6, 1, 6, "reject route to destination", evidence.Prohibited},
		{6, 2, 0, "packet too big", ""},
		{6, 3, 0, "hop limit exceeded", evidence.NoRoute},
	}
}

func icmpName(version int, typ, code uint8) string {
	if row, ok := icmpLookup(version, typ, code); ok {
		return row.name
	}
	return fmt.Sprintf("type %d code %d", typ, code)
}

func icmpLookup(version int, typ, code uint8) (icmpRow, bool) {
	for _, row := range icmpRows() {
		if row.version == version && row.typ == typ && row.code == code {
			return row, true
		}
	}
	return icmpRow{}, false
}

// icmpKind returns the kind of a dial that a message ended, empty where the message
// has none. What this host prohibits itself is denied locally.
func icmpKind(m *evidence.ICMP) evidence.Kind {
	if m == nil {
		return ""
	}
	row, _ := icmpLookup(m.Version, m.Type, m.Code)
	if row.kind == evidence.Prohibited && m.Own {
		return evidence.DeniedLocally
	}
	return row.kind
}

// timeExceeded reports whether a message comes from the device at which the hop limit
// ended.
func timeExceeded(m *evidence.ICMP) bool {
	return m != nil && (m.Version == 4 && m.Type == 11 || m.Version == 6 && m.Type == 3)
}
