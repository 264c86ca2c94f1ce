package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// dnsNames are the rows about answers that are not the name's own.
func dnsNames() []diagnosis.Entry { return []diagnosis.Entry{answersEverything(), searchDomain()} }

func searchDomain() diagnosis.Entry {
	searching := func(options string) map[string]string {
		return map[string]string{"/etc/resolv.conf": "search corp.example apps.corp.example\n" + options}
	}
	wildcard := fault.DNS{Name: "registry.redhat.io.apps.corp.example", Rcode: "NOERROR", Addresses: []string{"203.0.113.102"}}
	return diagnosis.Entry{
		Code: DNSSearchDomain, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the address for {name} is that of a name made with the search list",
		Seen:  "{servers} answered {addresses} for {made}; {bare}{fails}",
		Means: "The search list of this host's resolv.conf adds {suffix} to names, and a record there, most likely a wildcard, answers. " +
			"So the client talks to another server than {name}.",
		Remedy: "have {servers} give no address for {made}: narrow the wildcard of {suffix}",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin,
			Remedy: "remove {suffix} from the search list in resolv.conf, or set options ndots:1 there (in a pod: dnsConfig)"},
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate is valid for …, not …", Cite: "https://github.com/redhat-cop/ocp4-helpernode/issues/123"},
		},
		Cite: []string{
			"https://github.com/redhat-cop/ocp4-helpernode/issues/123",
			"resolv.conf(5), search and options ndots",
			"https://github.com/golang/go/blob/go1.26.8/src/net/dnsclient_unix.go (nameList)",
		},
		Values: []string{"names", "name", "servers", "addresses", "made", "suffix", "bare", "fails"},
		Needs:  []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpRequest},
		After:  []diagnosis.Code{DNSAnswersEverything},
		Match:  matchSearchDomain,
		Provoke: fault.World{Title: "with ndots:5 a wildcard of a search domain answers before the name is asked for", Direct: true,
			Files: searching("options ndots:5\n"), Faults: []fault.Fault{wildcard}},
		Also: []fault.World{
			{Title: "a wildcard of a search domain answers for a name that does not exist", Direct: true, Files: searching(""),
				Faults: []fault.Fault{wildcard, fault.DNS{Name: "registry.redhat.io", Rcode: "NXDOMAIN"}}},
		},
	}
}

func answersEverything() diagnosis.Entry {
	const portal = "203.0.113.102"
	return diagnosis.Entry{
		Code: DNSAnswersEverything, Since: "0.1.0",
		Layer: diagnosis.DNS, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "the name server has an address for names that do not exist{same}",
		Seen:  "{servers} answered {addresses} for " + invalidHost + ", a name that cannot exist{likewise}{fails}",
		Means: "No name below .invalid exists, so the server answers unknown names with an address of its own: a search or advertising " +
			"page of a provider, a filter or a portal. Most likely it does not know {name}, and the client talks to that page.",
		Remedy: "have {servers} say of unknown names that they do not exist, and resolve {names}; a provider may have an opt-out",
		Or:     diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "put another name server into this host's list, if this network has one"},
		Symptoms: []diagnosis.Symptom{
			{Text: "x509: certificate is valid for …, not …", Cite: "RFC 8020 section 5"},
			{Text: "remote error: tls: access denied", Cite: "https://github.com/microsoft/containerregistry/issues/19"},
		},
		Cite: []string{
			"https://github.com/microsoft/containerregistry/issues/19",
			"RFC 6761 section 6.4: no name below invalid exists",
		},
		Values: []string{"names", "name", "servers", "addresses", "fails", "same", "likewise"},
		Needs:  []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpHandshake, evidence.OpRequest},
		After:  []diagnosis.Code{DNSFiltered},
		Match:  matchAnswersEverything,
		Provoke: fault.World{Title: "the name server answers unknown names with a page of its own, the registry's too", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Rcode: "NOERROR", Addresses: []string{portal}},
				fault.DNS{Name: invalidHost, Rcode: "NOERROR", Addresses: []string{portal}}}},
		Also: []fault.World{
			{Title: "the name server answers unknown names, and the page's server refuses TLS", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "cdn01.quay.io", Rcode: "NOERROR", Addresses: []string{"203.0.113.113"}},
					fault.DNS{Name: invalidHost, Rcode: "NOERROR", Addresses: []string{"203.0.113.113"}},
					fault.Handshake{Host: "cdn03.quay.io", Effect: fault.Alert, Alert: 49}}},
			{Title: "the name server answers unknown names, and nothing listens for TLS at the page's address", Direct: true,
				Faults: []fault.Fault{fault.DNS{Name: "cdn01.quay.io", Rcode: "NOERROR", Addresses: []string{"203.0.113.113"}},
					fault.DNS{Name: invalidHost, Rcode: "NOERROR", Addresses: []string{"203.0.113.113"}},
					fault.Socket{Host: "cdn03.quay.io", Effect: fault.Refuse}}},
		},
	}
}

// matchSearchDomain: the address is that of a name made with the search list, and what
// answers there is not the host, or the name itself has another. Names of one word, and those
// that only this network knows, are meant to be completed.
func matchSearchDomain(v *diagnosis.View) []diagnosis.Match {
	hops := eachQuestion(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return fromServer(h) && h.Role != evidence.Proxy && lookupOf(h).SearchName() != ""
	}))
	var out []diagnosis.Match
	for _, h := range hops {
		bare, asked := nameProbe(v, evidence.ProbeBareName, h)
		failed := spoiltBehind(v, h)
		m := diagnosis.Match{Hops: append([]int{h.ID}, diagnosis.IDs(failed)...), Values: searchValues(h, bare, failed)}
		switch public := v.Target(h.Target).Public; {
		case len(failed) == 0 && !public, asked && bare.State == evidence.OK && sameAddress(bare, []evidence.Hop{h}):
			continue
		case len(failed) == 0:
			m.Severity = diagnosis.Warning
		case asked && bare.State == evidence.OK:
		case public || slices.ContainsFunc(failed, otherServer):
			m.Strength = diagnosis.Likely
		default:
			continue
		}
		if asked {
			m.Hops = append(m.Hops, bare.ID)
		}
		if lookupOf(h).AskedBare() {
			m.Means = "{servers} has no address for the name itself, so the client goes on to the search list of this host's " +
				"resolv.conf. That adds {suffix}, and a record there, most likely a wildcard, answers."
			m.Remedy = "have {servers} resolve {name}, and give no address for {made}: narrow the wildcard of {suffix}"
			m.Or = diagnosis.Way{Audience: diagnosis.HostAdmin,
				Remedy: "check the spelling of {name}, and remove {suffix} from the search list in resolv.conf"}
		}
		out = append(out, m)
	}
	return out
}

// otherServer tells a handshake that was answered by something that is not the host.
func otherServer(h evidence.Hop) bool { return h.FailedWith(evidence.WrongName, evidence.NotTLS) }

func searchValues(h, bare evidence.Hop, failed []evidence.Hop) map[string]string {
	values := addressValues([]evidence.Hop{h})
	d := lookupOf(h)
	made := d.SearchName()
	values["made"], values["suffix"] = made, strings.TrimPrefix(made, d.Name+".")
	switch {
	case bare.State == evidence.OK:
		values["bare"] = "for the name itself it has " + addressesOf([]evidence.Hop{bare})
	case bare.FailedWith():
		values["bare"] = "asked for the name itself: " + reason(bare)
	case d.AskedBare():
		values["bare"] = "the name itself, asked before, has no address"
	default:
		values["bare"] = "the name itself was not asked for"
	}
	values["fails"] = failsThere(failed)
	return values
}

// failsThere says how the way to an address ended, nothing where it did not.
func failsThere(failed []evidence.Hop) string {
	if len(failed) == 0 {
		return ""
	}
	return "; what is there fails: " + reasons(failed)
}

// nameProbe is the side probe of a name that was made for a look-up's target.
func nameProbe(v *diagnosis.View, probe evidence.Probe, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpResolve, diagnosis.About{}.Probe(probe).Target(h.Target), func(p evidence.Hop) bool {
		return p.State != evidence.Skipped
	})
}

// spoiltBehind are the failed path hops that stand on a look-up and need not be the host's
// doing: a request counts where no certificate of the public web shows whose answer it is.
func spoiltBehind(v *diagnosis.View, found evidence.Hop) []evidence.Hop {
	type spoilt struct{}
	requests := diagnosis.Remember(v, spoilt{}, func() map[int][]evidence.Hop {
		out := map[int][]evidence.Hop{}
		for _, h := range v.PathFailed(evidence.OpRequest, evidence.UnexpectedAnswer) {
			on, _ := v.Before(h, evidence.OpResolve)
			if shaken, _ := v.Before(h, evidence.OpHandshake); !evidence.DetailOf[evidence.Handshake](shaken).Public() {
				out[on.ID] = append(out[on.ID], h)
			}
		}
		return out
	})
	return append(failedBehind(v, found), requests[found.ID]...)
}

// matchAnswersEverything: a server has an address for the name that cannot exist. What
// has the same one and fails is explained by it; the rest is a warning.
func matchAnswersEverything(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, p := range v.HopsAbout(evidence.OpResolve, diagnosis.About{}.Probe(evidence.ProbeInvalidLookup).State(evidence.OK), nil) {
		var taken, failed []evidence.Hop
		for _, h := range eachQuestion(v.Hops(evidence.OpResolve, fromServer)) {
			if lookupOf(h).Server != lookupOf(p).Server || h.Role == evidence.Proxy || !sameAddress(h, []evidence.Hop{p}) {
				continue
			}
			if behind := spoiltBehind(v, h); len(behind) > 0 {
				taken, failed = append(taken, h), append(failed, behind...)
			}
		}
		if len(taken) == 0 {
			out = append(out, answersForNothing(p))
			continue
		}
		m := diagnosis.Match{Hops: append(diagnosis.IDs(append(taken, failed...)), p.ID), Targets: targetsOf(taken), Values: addressValues(taken)}
		m.Values["fails"], m.Values["same"] = failsThere(failed), ", and gives "+name(taken)+" the same"
		m.Values["likewise"] = ", and for " + names(taken)
		out = append(out, m)
	}
	return out
}

// answersForNothing is the warning that unknown names have an address here.
func answersForNothing(p evidence.Hop) diagnosis.Match {
	m := diagnosis.Match{Hops: []int{p.ID}, Severity: diagnosis.Warning, Values: addressValues([]evidence.Hop{p})}
	m.Means = "The server answers unknown names with an address of its own. No host that failed in this run has this address. A host whose " +
		"name is misspelt or gone will look like one that breaks TLS or HTTP."
	m.Remedy = "have {servers} say of unknown names that they do not exist; a provider may have an opt-out"
	m.Values["fails"], m.Values["same"], m.Values["likewise"] = "", "", ""
	return m
}
