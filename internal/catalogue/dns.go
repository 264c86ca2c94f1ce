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

// question is what the hops of one look-up have in common: whose it is, and the name.
type question struct {
	target string
	role   evidence.Role
	name   string
}

func questionOf(h evidence.Hop) question {
	return question{h.Target, h.Role, strings.ToLower(lookupOf(h).Name)}
}

// sources are the hops of one look-up: all sources that were asked for the same name for
// the same target. One that was made again, for a connection made anew, is among them.
func sources(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return diagnosis.Remember(v, question{}, func() map[question][]evidence.Hop {
		out := map[question][]evidence.Hop{}
		for _, o := range v.Hops(evidence.OpResolve, func(o evidence.Hop) bool { return further(o) || o.OnPath() || o.Probe == "system-lookup" }) {
			out[questionOf(o)] = append(out[questionOf(o)], o)
		}
		return out
	})[questionOf(h)]
}

// beside gives the other hops of a hop's look-up.
func beside(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return slices.DeleteFunc(slices.Clone(sources(v, h)), func(o evidence.Hop) bool { return o.ID == h.ID })
}

// eachQuestion are the first of the hops of each look-up.
func eachQuestion(hops []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	seen := map[question]bool{}
	for _, h := range hops {
		if q := questionOf(h); !seen[q] {
			seen[q] = true
			out = append(out, h)
		}
	}
	return out
}
