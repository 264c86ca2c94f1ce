package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// withholdFlag is the flag of a run that sends no login where it could be read.
const withholdFlag = "withhold-from-interceptors"

// loginWithheld is about logins that the run was told not to send.
func loginWithheld() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "auth-login-withheld", Since: "0.4.0", Layer: diagnosis.Auth, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "the login was withheld from {hosts}",
		Seen:   "the chain that {hosts} presented is not one of the public web, and the run was told to send no login over such a chain (--" + withholdFlag + ")",
		Means:  "What inspects TLS could have read the login there; a private CA looks the same. Whether the login is right, and what comes after it, was not checked.",
		Remedy: "check again without --" + withholdFlag + " if {targets} may have the login, or exempt the hosts from TLS inspection",
		Cite:   []string{"RFC 9110 section 11.7.1: an intermediary that ends TLS reads credentials"},
		Needs:  []evidence.Op{evidence.OpHandshake, evidence.OpRequest},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			if !hasFlag(v, withholdFlag) {
				return nil
			}
			return matchEach(diagnosis.Group(withheldHops(v), func(h evidence.Hop) string { return h.Target }), func([]evidence.Hop) map[string]string { return nil })
		},
		Provoke: fault.World{Title: "the chain of the company's registry is not one of the public web, and no login goes there", Direct: true, TrustInterceptor: true,
			Flags: []string{"--" + withholdFlag + "=true"}, Targets: []string{"registry.corp.example/ubi9/ubi:latest"},
			Hosts:  []fault.Host{{Name: "registry.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}},
			Faults: []fault.Fault{fault.Certificate{Host: "registry.corp.example", Issuer: "interceptor"}}},
	}
}

// withheldHops are the requests that were made without the login, and the handshakes
// because of which requests that need it were left out.
func withheldHops(v *diagnosis.View) []evidence.Hop {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Request](h).Withheld == evidence.Inspectable
	})
	left := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.State == evidence.Skipped && h.Because != 0 })
	return append(hops, v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && !evidence.DetailOf[evidence.Handshake](h).Public() &&
			slices.ContainsFunc(left, func(o evidence.Hop) bool { return o.Because == h.ID && !strings.HasPrefix(o.Probe, "as-") })
	})...)
}
