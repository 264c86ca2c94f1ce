package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// quick is the hop limit of Worlds whose fault is silence: long enough for a
// busy machine to answer what is to be answered, short enough to prove often.
const quick = 2500 * time.Millisecond

// wrongAddress are the causes that explain whatever a direct connection meets:
// the address was not the host's.
func wrongAddress() []string { return []string{"dns-sinkhole", "dns-filtered", "dns-hosts-override"} }

// failedLookup are the causes of a look-up that gave no address.
func failedLookup() []string {
	return []string{"dns-no-resolver", "dns-resolver-unreachable", "dns-truncated-tcp-blocked", "dns-filtered",
		"dns-refused", "dns-servfail", "dns-name-not-found", "dns-no-address"}
}

func dns() []diagnosis.Entry {
	return slices.Concat(nameServers(), dnsAnswers(), dnsAddresses(), []diagnosis.Entry{leftToProxy()})
}

func byServer(hops []evidence.Hop) [][]evidence.Hop {
	return diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server })
}

func lookupOf(h evidence.Hop) evidence.Resolve { return evidence.DetailOf[evidence.Resolve](h) }

func dnsValues(g []evidence.Hop) map[string]string {
	return map[string]string{"names": names(g), "name": name(g), "servers": servers(g), "text": reasons(g)}
}

func names(g []evidence.Hop) string {
	return join(g, func(h evidence.Hop) string { return lookupOf(h).Name })
}

// name is the first name of several, with their number.
func name(g []evidence.Hop) string {
	all := distinctNames(g)
	if len(all) > 1 {
		return fmt.Sprintf("%s and %d more", all[0], len(all)-1)
	}
	return all[0]
}

func distinctNames(g []evidence.Hop) []string {
	var seen []string
	for _, h := range g {
		if n := lookupOf(h).Name; !slices.Contains(seen, n) {
			seen = append(seen, n)
		}
	}
	return seen
}

func servers(g []evidence.Hop) string { return join(g, server) }

// server is what a finding calls the source of an answer.
func server(h evidence.Hop) string {
	switch s := lookupOf(h).Server; s {
	case "go":
		return "Go's resolver with this host's files"
	case "getent":
		return "getent (the C library)"
	default:
		return strings.TrimSuffix(s, ":53")
	}
}

func addressesOf(g []evidence.Hop) string {
	return join(g, func(h evidence.Hop) string { return strings.Join(lookupOf(h).Addresses, ", ") })
}

// further tells a hop that asked a server besides the one that counts.
func further(h evidence.Hop) bool { return h.Probe == "further-resolver" }

// noAnswer are the kinds of a server that said nothing a client can use.
func noAnswer() []evidence.Kind {
	return []evidence.Kind{evidence.Timeout, evidence.Unreachable, evidence.Malformed}
}

// beside gives the hops of the same look-up: other sources of the same name for
// the same target.
func beside(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpResolve, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		return o.ID != h.ID && o.Role == h.Role && (further(o) || o.OnPath() || o.Probe == "system-lookup") &&
			strings.EqualFold(lookupOf(o).Name, lookupOf(h).Name)
	})
}
