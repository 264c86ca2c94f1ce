package catalogue

import (
	"net/netip"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/refusal"
)

// privateLinkForms are what names of private endpoints look like: Azure puts the label
// privatelink before the service's zone, whoever asks; Amazon's and Google's have zones of
// their own.
//
// https://learn.microsoft.com/azure/private-link/private-endpoint-dns
// https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
// https://cloud.google.com/vpc/docs/configure-private-service-connect-apis
var privateLinkForms = []struct{ label, zone string }{
	{label: "privatelink"}, {zone: ".vpce.amazonaws.com"}, {zone: ".p.googleapis.com"},
}

// isPrivateLink tells the name of a private endpoint.
func isPrivateLink(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, f := range privateLinkForms {
		if f.label != "" && slices.Contains(strings.Split(name, "."), f.label) || f.zone != "" && strings.HasSuffix(name, f.zone) {
			return true
		}
	}
	return false
}

// besidePrivateLink finds a look-up of a host by which it has a private endpoint, and got the
// addresses of the public one; with the endpoint's name.
func besidePrivateLink(v *diagnosis.View, h evidence.Hop) (lookup evidence.Hop, endpoint string) {
	lookup, _ = v.FirstAbout(evidence.OpResolve, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		if o.Role == evidence.Proxy || !everyAddress(o, func(a netip.Addr) bool { return !private4or6(a) && !a.IsLoopback() }) {
			return false
		}
		for _, q := range lookupOf(o).Questions {
			if i := slices.IndexFunc(q.Aliases, isPrivateLink); i >= 0 {
				endpoint = q.Aliases[i]
				return true
			}
		}
		return false
	})
	return lookup, endpoint
}

// refineBlocked says which address the registry saw, where its sentence has it, and that a
// private endpoint is there which the resolver does not lead to.
func refineBlocked(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	m.Values["saw"], m.Values["endpoint"] = sawAddress(g[0]), ""
	lookup, endpoint := besidePrivateLink(v, g[0])
	if endpoint == "" {
		return
	}
	m.Hops = append(m.Hops, lookup.ID)
	m.Values["endpoint"] = endpoint
	m.Means += " The registry has a private endpoint, {endpoint}, and the address that the resolver gives for it is a public one: by " +
		"that, requests come from outside."
	m.Or = diagnosis.Way{Audience: diagnosis.AccountOwner, Remedy: "if this network is to come from outside, allow its address in the " +
		"registry's network rules"}
	m.Audience, m.Remedy = diagnosis.NetworkTeam, "have the name servers of this network give the private address of {endpoint}: link the "+
		"private zone to this network, or forward the zone to a name server that has it"
}

// sawAddress is the address of this network that the sentence of a refusal names, empty where it
// names none.
func sawAddress(h evidence.Hop) string {
	if means(h) != refusal.AddressDenied {
		return ""
	}
	for _, e := range evidence.DetailOf[evidence.Request](h).Errors {
		for _, word := range strings.FieldsFunc(e.Message, func(r rune) bool { return strings.ContainsRune(" '\"(),;", r) }) {
			if addr, err := netip.ParseAddr(strings.TrimSuffix(word, ".")); err == nil {
				return "; it saw this network as " + addr.String()
			}
		}
	}
	return ""
}
