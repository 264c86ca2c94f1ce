package catalogue

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// quick is the hop limit of Worlds whose fault is silence: long enough for a
// busy machine to answer what is to be answered, short enough to prove often.
const quick = 2500 * time.Millisecond

// quickHop and quickRun are the flags for it: of one hop, and of a run of two.
const quickHop, quickRun = "--hop-timeout=2.5s", "--timeout=5s"

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
func further(h evidence.Hop) bool { return h.Probe == evidence.ProbeFurtherResolver }

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
		for _, o := range v.Hops(evidence.OpResolve, func(o evidence.Hop) bool {
			return further(o) || o.OnPath() || o.Probe == evidence.ProbeSystemLookup
		}) {
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

// Extended errors of RFC 8914 section 4 by which a server says that it is
// policy and not the zone.
const (
	edeBlocked    = 15
	edeCensored   = 16
	edeFiltered   = 17
	edeProhibited = 18
)

// lookups are the rows about the answer to a look-up of the path. What the server says of
// itself goes before its rcode.
var lookups = diagnosis.Family{Name: "look-up without an address", Order: []diagnosis.Code{
	DNSFiltered, DNSRefused, DNSServfail, DNSNameNotFound, DNSNoAddress,
}}

// lookupRow is a row of the family.
func lookupRow(e diagnosis.Entry) diagnosis.Entry {
	e = shared(diagnosis.Entry{
		Family: &lookups, Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Seen:   "{servers}, asked for {name}: {text}{others}",
		Values: []string{"names", "name", "servers", "text", "others"},
		Needs:  []evidence.Op{evidence.OpResolve},
		After:  beforeDNS(),
	}, e)
	e.Match = func(v *diagnosis.View) []diagnosis.Match {
		hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return h.OnPath() && h.State != evidence.Skipped })
		return takenBy(v, e, hops, func(h evidence.Hop) string { return lookupKey(v, h) },
			func(g []evidence.Hop) diagnosis.Match { return unanswered(v, g) })
	}
	return e
}

// lookupKey is what the look-ups of one match have in common.
func lookupKey(v *diagnosis.View, h evidence.Hop) string {
	_, said := v.Taken(&lookups, h)
	return fmt.Sprint(lookupOf(h).Server, h.Via, len(unchecked(v, h)) > 0, h.FailedWith(noAnswer()...),
		h.FailedWith(evidence.Rcode), said.Severity)
}

// filteredAnswer tells that the server says of an answer that policy made it.
func filteredAnswer(h evidence.Hop) bool {
	code := extendedError(h)
	return code >= edeBlocked && code <= edeFiltered || h.FailedWith(evidence.NXDomain, evidence.NoData) && policyZone(h) != ""
}

func takesFiltered(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	return when(filteredAnswer(h))
}

// refineFiltered: a denial by a zone that is not above the name is a sign, and no word.
func refineFiltered(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	if zone := policyZone(g[0]); zone != "" {
		m.Strength = diagnosis.Likely
		m.Values["text"] += ", denied by the zone " + zone + ", which is not above the name"
		m.Means = "The denial comes from a zone that does not contain the name, as with a response policy zone or another local filter. " +
			"A genuine one comes from a zone above it."
	}
}

// silentForOne: the name servers answer for other names, and not for this one.
func silentForOne(v *diagnosis.View, h evidence.Hop) bool {
	return h.FailedWith(noAnswer()...) && !unconfigured(h) && anyServerAnswered(v)
}

// takesNotFound leaves a proxy's name to proxy-name-unresolved: a misspelt proxy is the
// more likely reading. Where the profile may be out of date it only warns (docs/rules.md, rule 6).
func takesNotFound(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch {
	case !h.FailedWith(evidence.NXDomain) || h.Role == evidence.Proxy:
		return nil
	case outdated(v, h):
		return &diagnosis.Match{Severity: diagnosis.Warning, Strength: diagnosis.Likely,
			Means:  "Other hosts of the same kind resolve and no redirect named this one: the profile may be out of date.",
			Remedy: "check the registry's current list of hosts before asking for a change"}
	}
	return &diagnosis.Match{}
}

// notFoundKey keeps names apart that exist by what else is known of them.
func notFoundKey(v *diagnosis.View, h evidence.Hop) string {
	return lookupKey(v, h) + fmt.Sprint(v.Target(h.Target).Public, namedByRegistry(v, h))
}

// namedByRegistry tells that a registry's answer named a host, and nobody typed it.
func namedByRegistry(v *diagnosis.View, h evidence.Hop) bool {
	return slices.Contains([]string{"challenge", "redirect", "manifest"}, v.Target(h.Target).FoundBy)
}

// refineKnown is about names of which something else says that they exist.
func refineKnown(v *diagnosis.View, h evidence.Hop, m *diagnosis.Match) {
	const noSuch = ", and the server that this host asks says that there is no such name."
	switch {
	case unsaid(h):
		m.Means = "That is no name that DNS can have, so no server was asked for it, and clients do not ask either."
		m.Remedy, m.Or = "correct the name {name} where it stands", diagnosis.Way{}
		if namedByRegistry(v, h) {
			m.Audience = diagnosis.RegistryOperator
		}
		return
	case evidence.InCluster(lookupOf(h).Name):
		m.Means = "Names below .svc and .cluster.local belong to a cluster, whose own name server alone knows them" + noSuch +
			" Container engines run on the node and ask the node's name servers, and not the cluster's."
		m.Remedy = "pull by a name that the node's name servers know, such as that of a route, or of an ingress"
		m.Or = diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "have {servers} forward the cluster's domain to its name server"}
		return
	case v.Target(h.Target).Public:
		m.Means = "The profile has it as a host of the public Internet" + noSuch
	case namedByRegistry(v, h):
		m.Means = "An answer of the registry names this host" + noSuch
	default:
		return
	}
	m.Audience, m.Remedy, m.Or = diagnosis.NetworkTeam, "have {servers} resolve {names}", throughProxy()
}

// unsaid tells a name for which no question could be written.
func unsaid(h evidence.Hop) bool {
	questions := lookupOf(h).Questions
	return len(questions) > 0 && !slices.ContainsFunc(questions, func(q evidence.Question) bool { return q.Rcode != "" })
}

func refineNotFound(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	if outdated(v, g[0]) {
		return
	}
	refineKnown(v, g[0], m)
	unlessForSOCKS(func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
		refineDenied(v, g, m)
		refineOutside(DNSNameNotFound)(v, g, m)
	})(v, g, m)
}

// refinement adds to the match of a group what one row says: see [diagnosis.Entry].
type refinement = func(*diagnosis.View, []evidence.Hop, *diagnosis.Match)

// unlessForSOCKS is a refinement of look-ups that the client makes for itself. One that it
// makes for a proxy which is written socks5:// is that setting's matter.
func unlessForSOCKS(refine refinement) refinement {
	return func(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
		if g[0].Via == "" {
			refine(v, g, m)
			return
		}
		m.Audience = diagnosis.HostAdmin
		m.Means = "The proxy is written socks5://, and curl then looks the host up itself and gives the proxy the address. " +
			"This name server need not know outside names for a client that leaves the name to the proxy."
		m.Remedy = "write socks5h:// in place of socks5:// in the proxy setting, so that the proxy looks {names} up"
		m.Or = diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "have {servers} resolve {names}"}
	}
}

// refineOutside: a server that gives out no outside name at all (docs/rules.md, rule 6).
func refineOutside(code diagnosis.Code) refinement {
	return func(v *diagnosis.View, _ []evidence.Hop, m *diagnosis.Match) {
		if !knowsNoOutside(v, code) {
			return
		}
		m.Audience = diagnosis.HostAdmin
		m.Means = "None of the profile's public hosts resolves here, as on networks where only a proxy reaches the Internet. There, the " +
			"missing piece is the proxy setting, not DNS."
		m.Remedy = "set HTTPS_PROXY for the client to this network's proxy"
		m.Or = diagnosis.Way{Audience: diagnosis.NetworkTeam, Remedy: "if there is no proxy, have {servers} resolve outside names"}
	}
}

// knowsNoOutside tells that several look-ups ended by a code and none of a public name got
// an address.
func knowsNoOutside(v *diagnosis.View, code diagnosis.Code) bool {
	type outside diagnosis.Code
	return diagnosis.Remember(v, outside(code), func() bool {
		_, resolved := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.State(evidence.OK), func(h evidence.Hop) bool {
			return h.OnPath() && h.Peer != "" && v.Target(h.Target).Public
		})
		failed := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
			taken, said := v.Taken(&lookups, h)
			return h.OnPath() && taken == code && said.Severity == "" && v.Target(h.Target).Public
		})
		return len(failed) > 1 && !resolved
	})
}

// extendedError is the first one of a look-up's answers, -1 for none.
func extendedError(h evidence.Hop) int {
	for _, q := range lookupOf(h).Questions {
		if q.ExtendedError >= 0 {
			return q.ExtendedError
		}
	}
	return -1
}

// policyZone is the zone of an SOA that does not belong: one that is not above
// the name, nor above the one that it is an alias of (RFC 2308 section 2).
// Empty for one that belongs and where none came.
func policyZone(h evidence.Hop) string {
	for _, q := range lookupOf(h).Questions {
		if extendedError(h) >= 0 || q.Authority == "" || q.Authority == "." {
			continue
		}
		if !slices.ContainsFunc(append([]string{q.Name}, q.Aliases...), func(n string) bool { return within(n, q.Authority) }) {
			return q.Authority
		}
	}
	return ""
}

func within(name, zone string) bool {
	name, zone = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(zone, "."))
	return name == zone || strings.HasSuffix(name, "."+zone)
}

func unanswered(v *diagnosis.View, g []evidence.Hop) diagnosis.Match {
	values := dnsValues(g)
	if values["text"] == "" {
		values["text"] = addressesOf(g) + saysItself(g[0])
	}
	values["others"] = ""
	if known := knownBy(v, g); len(known) > 0 {
		values["others"] = "; " + servers(known) + " gives " + addressesOf(known[:1])
	}
	return diagnosis.Match{Hops: diagnosis.IDs(g), Values: values}
}

func saysItself(h evidence.Hop) string {
	return map[int]string{edeBlocked: ", extended error 15 (Blocked)", edeCensored: ", extended error 16 (Censored)",
		edeFiltered: ", extended error 17 (Filtered)"}[extendedError(h)]
}

// knownBy are the other sources that gave addresses for one of the names.
func knownBy(v *diagnosis.View, g []evidence.Hop) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range eachQuestion(g) {
		out = append(out, slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return o.State != evidence.OK })...)
	}
	return out
}

// refineDenied: another source knows the name, or the server speaks for itself.
func refineDenied(_ *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	switch {
	case m.Values["others"] != "":
		m.Means = "Another source of this host knows the name. That does not help: a client takes the first server's answer that " +
			"there is no such name as final."
		m.Audience, m.Remedy = diagnosis.NetworkTeam, "have {servers} resolve {names}"
		m.Or = diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "put a server that resolves {names} first in this host's list"}
	case !slices.ContainsFunc(g, func(h evidence.Hop) bool { return !ownWord(h) }):
		m.Means = "The answer is marked as authoritative (aa) and comes without the SOA of a zone above the name. So a local zone " +
			"or a policy list of the server itself denies the name."
		m.Audience, m.Remedy = diagnosis.NetworkTeam, "remove {names} from the local zones and policy lists of {servers}"
		m.Or = throughProxy()
	}
}

// refineFailed: silence for these names alone, or false signatures.
func refineFailed(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	switch {
	case g[0].FailedWith(noAnswer()...):
		m.Strength = diagnosis.Likely
		m.Means = "The name servers answer for other names. For this one the server is likely waiting itself: for its forwarder, or for " +
			"a name server outside." +
			waitForNobody(v, append(slices.Clone(g), beside(v, g[0])...))
	case g[0].FailedWith(evidence.Rcode):
		m.Means = "The server answers with an error of another kind. It may not understand today's form of the question (EDNS), " +
			"or may not be configured to look names up."
		m.Remedy = "replace or repair {servers}"
		m.Or = diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "point this host at another name server, if this network has one"}
	case len(unchecked(v, g[0])) > 0:
		for _, h := range g {
			m.Hops = append(m.Hops, diagnosis.IDs(unchecked(v, h))...)
		}
		m.Means = "The same server answers when it is asked not to check signatures, so DNSSEC validation is what fails. Its clock or " +
			"its trust anchor may be wrong, the zone's signatures may be, or a device may alter answers on their way to it."
		m.Remedy = "check DNSSEC validation of {names} on {servers}: its clock, its root trust anchor, and whether something alters " +
			"answers from outside"
	}
}

// unchecked are the probes without signature checks that got addresses where
// the look-up failed.
func unchecked(v *diagnosis.View, failed evidence.Hop) []evidence.Hop {
	if failed.Kind() != evidence.ServFail {
		return nil
	}
	type asked struct{ server, name string }
	type without struct{}
	of := diagnosis.Remember(v, without{}, func() map[asked][]evidence.Hop {
		out := map[asked][]evidence.Hop{}
		for _, h := range v.HopsAbout(evidence.OpResolve, diagnosis.About{}.Probe(evidence.ProbeCheckingDisabled).State(evidence.OK), nil) {
			key := asked{lookupOf(h).Server, lookupOf(h).Name}
			out[key] = append(out[key], h)
		}
		return out
	})
	return of[asked{lookupOf(failed).Server, lookupOf(failed).Name}]
}

// ownWord: a server that looks names up for others (ra) denies this one by its
// own authority (aa) and names no zone. Denials that it fetched carry the zone's
// SOA, and no aa (RFC 2308 section 3, RFC 1035 section 4.1.1).
func ownWord(h evidence.Hop) bool {
	for _, q := range lookupOf(h).Questions {
		if q.Authority != "" || !slices.Contains(q.Flags, "aa") || !slices.Contains(q.Flags, "ra") {
			return false
		}
	}
	return h.FailedWith(evidence.NXDomain, evidence.NoData)
}

// outdated: a host of the profile's list does not exist while its sisters do.
func outdated(v *diagnosis.View, h evidence.Hop) bool {
	t := v.Target(h.Target)
	if t.FoundBy != "profile" || t.Role != evidence.Blob || ownWord(h) {
		return false
	}
	type sisters struct{}
	return diagnosis.Remember(v, sisters{}, func() bool {
		_, ok := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.State(evidence.OK), func(o evidence.Hop) bool {
			sister := v.Target(o.Target)
			return o.OnPath() && o.Peer != "" && sister.Public && sister.Role == evidence.Blob
		})
		return ok
	})
}

// sinkholes are addresses that filters are documented to answer with, beside
// those that cannot be a remote host at all.
func sinkholes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("::/128"), netip.MustParsePrefix("::1/128"),
		// Palo Alto DNS Security, documented sinkhole address.
		netip.MustParsePrefix("198.135.184.22/32"),
		// Cisco Umbrella block pages (support article "block page IP addresses").
		netip.MustParsePrefix("146.112.61.104/29"),
	}
}

func matchSinkhole(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return fromServer(h) && h.Role != evidence.Proxy && !filteredAnswer(h) && lookupOf(h).Name != "localhost" &&
			(everyAddress(h, sunk) || sinkAlias(h) != "")
	})
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server + sinkAlias(h) }),
		func(g []evidence.Hop) map[string]string {
			values := addressValues(g)
			values["why"] = "where no registry can be"
			if alias := sinkAlias(g[0]); alias != "" {
				values["why"] = "by the alias " + alias + ", which a filter gives"
			}
			return values
		})
}

// sinkAlias is a documented alias that filters answer with (Palo Alto Networks,
// "Configure DNS Sinkholing": the default sinkhole), empty for none.
func sinkAlias(h evidence.Hop) string {
	for _, q := range lookupOf(h).Questions {
		if slices.Contains(q.Aliases, "sinkhole.paloaltonetworks.com") {
			return "sinkhole.paloaltonetworks.com"
		}
	}
	return ""
}

// fromServer is a path's look-up that a name server answered with addresses.
func fromServer(h evidence.Hop) bool { return h.OnPath() && h.State == evidence.OK && h.Peer != "" }

func addressValues(g []evidence.Hop) map[string]string {
	values := dnsValues(g)
	delete(values, "text")
	values["addresses"] = addressesOf(g)
	return values
}

// everyAddress tells that the look-up gave addresses and all are of a sort.
func everyAddress(h evidence.Hop, is func(netip.Addr) bool) bool {
	texts := lookupOf(h).Addresses
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(s string) bool {
		addr, err := netip.ParseAddr(s)
		return err != nil || !is(addr)
	})
}

func sunk(addr netip.Addr) bool {
	return slices.ContainsFunc(sinkholes(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// matchWrongHost finds look-ups whose address did not show to be the host, by
// its certificate or a page in its place, while the address that another
// configured server gave did.
func matchWrongHost(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, h := range v.PathFailed(evidence.OpHandshake, evidence.WrongName, evidence.NotTLS, evidence.Untrusted) {
		found, ok := v.Before(h, evidence.OpResolve)
		if !ok || h.Via != "" || !fromServer(found) || filteredAnswer(found) {
			continue
		}
		genuine := genuineAnswers(v, h)
		if len(genuine) == 0 {
			continue
		}
		values := addressValues([]evidence.Hop{found})
		values["why"] = fmt.Sprintf("whose server is not the host (%s); another configured server gave %s, and that one is",
			reason(h), peers(genuine))
		out = append(out, diagnosis.Match{Hops: append([]int{found.ID, h.ID}, diagnosis.IDs(genuine)...), Strength: diagnosis.Likely,
			Values: values,
			Means: "The answer leads to another server: a filter's block page, another tenant of a CDN, or an old address. " +
				"The other server's answer leads to the host, with a certificate of the public web.",
			Remedy: "have {servers} give the same answer for {names} as the other server; look for a filter's entry or a stale record"})
	}
	return out
}

// genuineAnswers are the probes that found the host, with a chain that is sound
// for the public web, at an address that another source gave.
func genuineAnswers(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Probe(evidence.ProbeFurtherAnswer).Target(h.Target), func(p evidence.Hop) bool {
		return evidence.DetailOf[evidence.Handshake](p).Public()
	})
}

func matchHostsOverride(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, h := range eachQuestion(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && lookupOf(h).Server == "hosts" && v.Target(h.Target).Public
	})) {
		values := addressValues([]evidence.Hop{h})
		delete(values, "servers")
		// The host's own ways read the same file, so only servers are held against it.
		others := slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return answerKind(o) == "" || !further(o) })
		values["dns"], values["fails"] = "no name server was asked", ""
		if len(others) > 0 {
			values["dns"] = join(others, func(o evidence.Hop) string { return server(o) + " says " + said(o) })
		}
		m := diagnosis.Match{Hops: append([]int{h.ID}, diagnosis.IDs(others)...), Values: values}
		if failed := failedBehind(v, h); len(failed) > 0 && !sameAddress(h, others) {
			blamePin(v, failed, &m)
		}
		out = append(out, m)
	}
	return out
}

// blamePin makes the entry the cause: what it leads to fails, and the name
// servers do not lead there. It is proven where their address was found to be
// the host.
func blamePin(v *diagnosis.View, failed []evidence.Hop, m *diagnosis.Match) {
	m.Severity, m.Strength = diagnosis.Error, diagnosis.Likely
	m.Hops = append(m.Hops, diagnosis.IDs(failed)...)
	m.Values["fails"] = "; the pinned address fails: " + reasons(failed)
	m.Means = "The entry takes precedence over every name server, and what it leads to fails. It may be left over from a test, or " +
		"block the host on purpose."
	if genuine := genuineAnswers(v, failed[0]); len(genuine) > 0 {
		m.Strength = diagnosis.Proven
		m.Hops = append(m.Hops, diagnosis.IDs(genuine)...)
		m.Values["fails"] += "; " + peers(genuine) + " is the host"
	}
}

// failedBehind are the failed path hops that stand on a look-up.
func failedBehind(v *diagnosis.View, found evidence.Hop) []evidence.Hop {
	type behind struct{}
	of := diagnosis.Remember(v, behind{}, func() map[int][]evidence.Hop {
		out := map[int][]evidence.Hop{}
		for _, h := range append(v.PathFailed(evidence.OpDial), v.PathFailed(evidence.OpHandshake)...) {
			if on, ok := v.Before(h, evidence.OpResolve); ok {
				out[on.ID] = append(out[on.ID], h)
			}
		}
		return out
	})
	return slices.Clone(of[found.ID])
}

func sameAddress(h evidence.Hop, others []evidence.Hop) bool {
	return slices.ContainsFunc(others, func(o evidence.Hop) bool {
		return slices.ContainsFunc(lookupOf(o).Addresses, func(a string) bool { return slices.Contains(lookupOf(h).Addresses, a) })
	})
}

// askedAs tells that it was another name that has the address: one that the
// search list made.
func askedAs(h evidence.Hop) string {
	made := lookupOf(h).SearchName()
	switch {
	case made == "":
		return ""
	case lookupOf(h).AskedBare():
		return " (as " + made + ", by the search list: the name itself it does not know)"
	}
	return " (as " + made + ", by the search list, before the name itself was asked for)"
}

// private4or6 are addresses that no host of the public web has: RFC 1918, 4193
// and 6598, and link-local.
func private4or6(addr netip.Addr) bool {
	shared := netip.MustParsePrefix("100.64.0.0/10")
	return addr.IsPrivate() || addr.IsLinkLocalUnicast() || shared.Contains(addr)
}

// answerKind is the kind of a source's answer, empty for one that gave none.
// Addresses of the same sort are the same kind, for a CDN gives everybody others.
func answerKind(h evidence.Hop) string {
	switch {
	case h.State == evidence.Skipped, lookupOf(h).Server == "literal", lookupOf(h).Server == "--resolve":
		return ""
	case h.FailedWith(evidence.NXDomain, evidence.NoData, evidence.ServFail, evidence.Refused, evidence.Rcode):
		return string(h.Kind())
	case h.State == evidence.Failed:
		return ""
	case everyAddress(h, sunk):
		return "sinkhole"
	case everyAddress(h, private4or6):
		return "private"
	}
	return "address"
}

// said is an answer in words.
func said(h evidence.Hop) string {
	switch h.Kind() {
	case "":
		return strings.Join(lookupOf(h).Addresses, ", ")
	case evidence.NXDomain:
		if h.Peer == "" {
			return lastPart(reason(h)) // one of the host's own ways, which say less
		}
		return "there is no such name"
	case evidence.NoData:
		return "it has no address"
	}
	return reason(h)
}

func matchDisagree(v *diagnosis.View) []diagnosis.Match {
	var found [][]evidence.Hop
	for _, h := range eachQuestion(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.OnPath() && lookupOf(h).Server != "hosts"
	})) {
		all := slices.DeleteFunc(append([]evidence.Hop{h}, beside(v, h)...), func(o evidence.Hop) bool { return answerKind(o) == "" })
		kinds := diagnosis.Group(all, answerKind)
		if len(kinds) > 1 {
			found = append(found, all)
		}
	}
	// Names on which the same sources disagree in the same way are one finding.
	var out []diagnosis.Match
	for _, group := range groupOf(found, func(hops []evidence.Hop) string {
		return join(hops, func(h evidence.Hop) string { return server(h) + answerKind(h) })
	}) {
		all := slices.Concat(group...)
		values := dnsValues(all)
		delete(values, "text")
		values["answers"] = "for " + lookupOf(group[0][0]).Name + ": " + join(group[0],
			func(h evidence.Hop) string { return server(h) + " says " + said(h) })
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(all), Targets: targetsBeside(v, all), Values: values})
	}
	return out
}

func matchLeftToProxy(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.Probe == evidence.ProbeLocalLookup && h.FailedWith() && h.Kind() != evidence.Budget && !resolvesHere(v, h)
	})
	if len(hops) == 0 {
		return nil
	}
	return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: map[string]string{"name": name(hops), "text": reasons(hops)}}}
}

// resolvesHere tells that another server gave this host the name.
func resolvesHere(v *diagnosis.View, h evidence.Hop) bool {
	_, ok := v.FirstAbout(evidence.OpResolve, diagnosis.About{}.Probe(evidence.ProbeLocalLookup).Target(h.Target).State(evidence.OK),
		nil)
	return ok
}

const (
	// slowLookup is what is called slow. A server that has the answer gives it
	// within a round trip, one that has to ask around within half a second; two
	// seconds are also what no busy machine adds by itself. A pull looks up three
	// names one after the other, so it is six seconds late.
	slowLookup = 2 * time.Second
	// dialPatience is containers/image's limit for look-up and connection
	// together (docker/docker_client.go, net.Dialer of 30 s).
	dialPatience = 30 * time.Second
)

// unconfigured tells that the server was asked only because none is configured.
func unconfigured(h evidence.Hop) bool {
	return lookupOf(h).Default || lookupOf(h).Server == "system" && h.FailedWith(evidence.Unreachable)
}

// saidSomething tells a server's usable answer. An error of an unknown kind is none.
func saidSomething(h evidence.Hop) bool {
	return h.Peer != "" && h.State != evidence.Skipped && !h.FailedWith(append(noAnswer(), evidence.Budget, evidence.Unknown)...)
}

// anyServerAnswered tells that some server said something usable to some
// question. Then silence is not that of the name servers as a whole.
func anyServerAnswered(v *diagnosis.View) bool {
	type answered struct{}
	return diagnosis.Remember(v, answered{}, func() bool {
		return len(v.Hops(evidence.OpResolve, saidSomething)) > 0
	})
}

func matchResolverUnreachable(v *diagnosis.View) []diagnosis.Match {
	path := slices.DeleteFunc(v.PathFailed(evidence.OpResolve, noAnswer()...), unconfigured)
	asked := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return h.Peer != "" && h.State != evidence.Skipped })
	if len(path) == 0 || anyServerAnswered(v) {
		return nil
	}
	values := dnsValues(path)
	values["servers"] = cmp.Or(servers(asked), values["servers"], "its name servers")
	m := diagnosis.Match{Hops: diagnosis.IDs(path), Values: values}
	values["wait"] = waitForNobody(v, asked)
	if len(asked) > 0 && !slices.ContainsFunc(asked, func(h evidence.Hop) bool { return !h.Unsent() }) {
		m.Audience = diagnosis.HostAdmin
		m.Means = "This host sent nothing: it has no route to any of these name servers, or a rule of its own forbids the question. " +
			"Nothing can be looked up, whatever the name."
		m.Remedy = "check routes, interfaces, VPN and outgoing rules of this host, and whether {servers} is the right name server here"
	}
	if slices.ContainsFunc(path, func(h evidence.Hop) bool { return h.FailedWith(evidence.Malformed) }) {
		m.Means = "What arrives from that address does not answer the questions that were sent, and clients ignore it. " +
			"Something on the way may answer in the name server's place, or the server may be broken."
		m.Remedy = "find what answers for {servers} on port 53: a device that redirects DNS, or a load balancer that mixes up answers"
	}
	return []diagnosis.Match{m}
}

// waitForNobody says how long the client waits when no server answers: each
// round asks every server and gives a silent one its time.
func waitForNobody(v *diagnosis.View, asked []evidence.Hop) string {
	stub := v.Vantage().Stub
	silent := len(byServer(slices.DeleteFunc(slices.Clone(asked),
		func(h evidence.Hop) bool { return !h.FailedWith(evidence.Timeout, evidence.Malformed) })))
	if stub == nil || silent == 0 {
		return ""
	}
	total := time.Duration(stub.TimeoutMS) * time.Millisecond * time.Duration(stub.Attempts*silent*(1+len(stub.Search)))
	text := fmt.Sprintf(" podman waits %s for each name before it gives up", plain(min(total, dialPatience)))
	if total > dialPatience {
		return text + fmt.Sprintf(": its dial limit; resolv.conf would allow %s.", plain(total))
	}
	return text + "."
}

// matchResolverDown finds servers that answered none of the questions while
// another one answered.
func matchResolverDown(v *diagnosis.View) []diagnosis.Match {
	asked := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return (h.OnPath() || further(h)) && h.Peer != "" && h.State != evidence.Skipped && h.Kind() != evidence.Budget
	})
	answered := slices.DeleteFunc(slices.Clone(asked), func(h evidence.Hop) bool { return !saidSomething(h) })
	var out []diagnosis.Match
	for _, g := range byServer(asked) {
		if len(answered) == 0 || slices.ContainsFunc(g, func(h evidence.Hop) bool { return !h.FailedWith(noAnswer()...) }) {
			continue
		}
		values := dnsValues(g)
		values["others"], values["cost"] = servers(answered), costOfSilence(v, g)
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: values})
	}
	return out
}

// targetsBeside are the targets that stand on the look-ups of which the hops are
// further answers.
func targetsBeside(v *diagnosis.View, g []evidence.Hop) []string {
	ids := diagnosis.IDs(g)
	for _, h := range eachQuestion(g) {
		ids = append(ids, diagnosis.IDs(slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return !o.OnPath() }))...)
	}
	return v.Through(ids...)
}

// costOfSilence says what a silent server costs the client: its time in each
// look-up where it stands before the one that answers.
func costOfSilence(v *diagnosis.View, g []evidence.Hop) string {
	stub := v.Vantage().Stub
	waited := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool {
		return h.FailedWith(evidence.Unreachable) || lastOnPath(v, h) <= h.ID
	})
	switch {
	case len(waited) == 0 && slices.ContainsFunc(g, func(h evidence.Hop) bool { return h.FailedWith(evidence.Unreachable) }):
		return " That costs no time, because the refusal comes at once, and there is one server less to fall back on."
	case len(waited) == 0:
		return " That costs no time while the servers before it answer, and nothing replaces them if they fail."
	case stub == nil:
		return " Before that it waits for this one, in each look-up."
	}
	each := time.Duration(stub.TimeoutMS) * time.Millisecond
	text := fmt.Sprintf(" Before that podman waits %s for this one, in each look-up", plain(each))
	if n := len(diagnosis.Group(waited, func(h evidence.Hop) string { return string(h.Role) })); n > 1 {
		text += fmt.Sprintf(", and a pull makes %d of them one after the other: %s", n, plain(each*time.Duration(n)))
	}
	if stub.Rotate {
		text += " that begins with it (options rotate)"
	}
	return text + "."
}

// lastOnPath is the ID of the last hop of a look-up that the path stands on, 0 for none.
func lastOnPath(v *diagnosis.View, h evidence.Hop) int {
	type lastOf struct{}
	return diagnosis.Remember(v, lastOf{}, func() map[question]int {
		out := map[question]int{}
		for _, o := range v.Hops(evidence.OpResolve, evidence.Hop.OnPath) {
			out[questionOf(o)] = o.ID
		}
		return out
	})[questionOf(h)]
}

// matchTruncated is a warning where another server gave the answer.
func matchTruncated(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return (h.OnPath() || further(h)) && h.FailedWith(evidence.Truncated)
	})
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server + string(h.Purpose) }),
		func(g []evidence.Hop) diagnosis.Match {
			m := diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: dnsValues(g)}
			m.Values["text"] = join(g, overTCP)
			if !g[0].OnPath() {
				m.Severity = diagnosis.Warning
			}
			return m
		})
}

// overTCP is how TCP failed after the cut answer.
func overTCP(h evidence.Hop) string {
	text := lastPart(h.Failure.Text)
	if text == "i/o timeout" || text == "context deadline exceeded" {
		return fmt.Sprintf("no answer in %.1f s", h.TookMS/1000)
	}
	return text
}

// questions tells how long each question of a look-up took.
func questions(h evidence.Hop) string {
	out := ""
	for i, q := range lookupOf(h).Questions {
		if i > 0 {
			out += ", "
		}
		outcome := cmp.Or(q.Rcode, "no answer")
		out += fmt.Sprintf("%s %s in %.1f s", q.Type, outcome, q.TookMS/1000)
	}
	return out
}
