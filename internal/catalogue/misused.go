package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// misused is about sound chains whose certificates may not be used for this: the
// leaf not for servers, or an authority not for this name.
func misused() diagnosis.Entry {
	e := chainRow("tls-certificate-misused", diagnosis.Error, diagnosis.RegistryOperator,
		"the certificate of {hosts} may not be used for that host",
		"The chain ends in a root that the client trusts, and {forbidden}.",
		"have the certificate that {targets} presents issued anew for this use; no client setting helps",
		[]string{"RFC 5280 sections 4.2.1.9, 4.2.1.10 and 4.2.1.12", "Go crypto/x509, verify.go: IncompatibleUsage, CANotAuthorizedForThisName"},
		fault.World{Title: "the certificate is one for TLS clients", Faults: sso(fault.Certificate{ForClients: true})},
		fault.World{Title: "the authority may sign for another domain only", Direct: true, Faults: sso(fault.Certificate{OnlyFor: "corp.example"})})
	e.Values = append(e.Values, "forbidden")
	return e
}

// forbidden says what a chain may not be used for, by the store of the client;
// empty where nothing is forbidden.
func forbidden(d evidence.Handshake) string {
	usage, looked := d.Judged("client", "usage")
	if looked && !usage {
		return "the leaf is not meant for TLS servers (extended key usage)"
	}
	if ok, looked := d.Judged("client", "constraints"); looked && !ok {
		return "an authority in it may not sign for this name (name constraints or path length)"
	}
	return ""
}
