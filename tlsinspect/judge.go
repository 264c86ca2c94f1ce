package tlsinspect

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// judge fills in every aspect against every store and returns the failure that
// the client under test would report, nil where it accepts the chain.
func (o Options) judge(d *evidence.Handshake, certs []*x509.Certificate) *evidence.Failure {
	if len(certs) == 0 {
		return evidence.Fail(evidence.Protocol, "the server presented no certificate", nil)
	}
	for _, s := range []struct {
		name evidence.Store
		pool *x509.CertPool
	}{{evidence.StorePublic, o.Stores.Public}, {evidence.StoreSystem, o.Stores.System}, {evidence.StoreClient, o.Stores.Client}} {
		if s.pool != nil {
			d.Judgements = append(d.Judgements, o.judgeStore(s.name, s.pool, certs)...)
		}
	}
	d.Anchor, d.TrustedBy = o.anchor(certs), o.trustedBy(certs)
	return o.clientFailure(certs)
}

// trustedBy returns which addition of the run alone makes the client trust a chain, empty
// where its own store does or nothing does. Where only several of them together do, it is
// all of them.
func (o Options) trustedBy(certs []*x509.Certificate) string {
	if o.Stores.Own == nil || o.trusts(certs, o.Stores.Own) || !o.trusts(certs, o.Stores.Client) {
		return ""
	}
	var names []string
	for _, added := range o.Stores.Added {
		if o.trusts(certs, added.Pool) {
			return added.Client
		}
		names = append(names, added.Client)
	}
	return strings.Join(names, " and ")
}

// trusts reports whether a store leads to the root of a chain; dates and uses are other
// aspects.
func (o Options) trusts(certs []*x509.Certificate, pool *x509.CertPool) bool {
	_, err := verify(certs, x509.VerifyOptions{Roots: pool, CurrentTime: stillValid(certs, o.Now()), KeyUsages: anyUsage()})
	return err == nil
}

// TrustOf says whether further clients, by their stores, trust a chain as it was presented.
// It is empty for a chain that cannot be read.
func (o Options) TrustOf(chain [][]byte, stores []NamedPool) []evidence.ClientTrust {
	certs := parse(chain)
	if len(certs) == 0 || len(certs) < len(chain) {
		return nil
	}
	var out []evidence.ClientTrust
	for _, c := range stores {
		out = append(out, evidence.ClientTrust{Client: c.Client, Trusted: o.trusts(certs, c.at(o.At))})
	}
	return out
}

func (o Options) judgeStore(name evidence.Store, pool *x509.CertPool, certs []*x509.Certificate) []evidence.Judgement {
	verdict := func(aspect evidence.Aspect, err error) evidence.Judgement {
		j := evidence.Judgement{Store: name, Aspect: aspect, OK: err == nil}
		if err != nil {
			j.Error = o.Scribe.Text(err.Error())
		}
		return j
	}
	still := stillValid(certs, o.Now())
	_, trust := verify(certs, x509.VerifyOptions{Roots: pool, CurrentTime: still, KeyUsages: anyUsage()})
	_, usage := verify(certs, x509.VerifyOptions{Roots: pool, CurrentTime: still})
	if trust != nil {
		// Usage is judged along a chain. Without one it is not a separate fault.
		usage = nil
	}
	var constraints error
	if isConstraint(trust) {
		constraints, trust = trust, nil
	}
	return []evidence.Judgement{
		verdict(evidence.AspectName, certs[0].VerifyHostname(o.ServerName)),
		verdict(evidence.AspectDates, o.dates(pool, certs, trust == nil && constraints == nil)),
		verdict(evidence.AspectTrust, trust),
		verdict(evidence.AspectUsage, usage),
		verdict(evidence.AspectConstraints, constraints),
	}
}

// isConstraint reports whether a chain to a root was found and an authority in it may
// not sign this: its name constraints, or its path length (RFC 5280 sections
// 4.2.1.10 and 4.2.1.9).
func isConstraint(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && slices.Contains([]x509.InvalidReason{x509.CANotAuthorizedForThisName, x509.TooManyIntermediates,
		x509.TooManyConstraints, x509.UnconstrainedName, x509.NameConstraintsWithoutSANs}, invalid.Reason)
}

// dates judges validity alone: along the trusted chain where there is one,
// else of the leaf.
func (o Options) dates(pool *x509.CertPool, certs []*x509.Certificate, trusted bool) error {
	now := o.Now()
	if now.Before(certs[0].NotBefore) || now.After(certs[0].NotAfter) {
		return x509.CertificateInvalidError{Cert: certs[0], Reason: x509.Expired, Detail: span(now, certs[0])}
	}
	if !trusted {
		return nil
	}
	_, err := verify(certs, x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: anyUsage()})
	return err
}

func span(now time.Time, c *x509.Certificate) string {
	return "current time " + now.UTC().Format(time.RFC3339) + ", valid from " +
		c.NotBefore.UTC().Format(time.RFC3339) + " to " + c.NotAfter.UTC().Format(time.RFC3339)
}

func anyUsage() []x509.ExtKeyUsage { return []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }

func verify(certs []*x509.Certificate, opts x509.VerifyOptions) ([][]*x509.Certificate, error) {
	opts.Intermediates = x509.NewCertPool()
	for _, c := range certs[1:] {
		opts.Intermediates.AddCert(c)
	}
	return certs[0].Verify(opts)
}

// stillValid returns a time at which the presented chain holds, so that dates
// cannot hide the other aspects: now if it holds now, else a moment after the latest
// NotBefore.
func stillValid(certs []*x509.Certificate, now time.Time) time.Time {
	latest, earliest := certs[0].NotBefore, certs[0].NotAfter
	for _, c := range certs[1:] {
		if c.NotBefore.After(latest) {
			latest = c.NotBefore
		}
		if c.NotAfter.Before(earliest) {
			earliest = c.NotAfter
		}
	}
	if now.Before(latest) || now.After(earliest) {
		return latest.Add(time.Second)
	}
	return now
}

// anchor finds where the chain ends.
func (o Options) anchor(certs []*x509.Certificate) evidence.Anchor {
	if found, _ := o.rooted(certs, stillValid(certs, o.Now())); found.Kind != "" {
		return found
	}
	for _, c := range certs {
		if selfSigned(c) {
			return evidence.Anchor{Kind: evidence.AnchorPresented, Subject: o.text(c.Subject.String()), SPKI: spki(c)}
		}
	}
	last := certs[len(certs)-1]
	return evidence.Anchor{Kind: evidence.AnchorMissing, Subject: o.text(last.Issuer.String())}
}

// rooted finds the first store that holds the chain's root, the public web's
// first, and the path to it; the zero anchor where none does.
func (o Options) rooted(certs []*x509.Certificate, at time.Time) (evidence.Anchor, []*x509.Certificate) {
	for _, s := range []struct {
		kind  string
		store evidence.Store
		pool  *x509.CertPool
	}{
		{evidence.AnchorPublic, evidence.StorePublic, o.Stores.Public},
		{evidence.AnchorLocal, evidence.StoreSystem, o.Stores.System},
		{evidence.AnchorLocal, evidence.StoreClient, o.Stores.Client},
	} {
		if s.pool == nil {
			continue
		}
		chains, err := verify(certs, x509.VerifyOptions{Roots: s.pool, CurrentTime: at, KeyUsages: anyUsage()})
		if err == nil && len(chains) > 0 {
			root := chains[0][len(chains[0])-1]
			return evidence.Anchor{Kind: s.kind, Store: s.store, Subject: o.text(root.Subject.String()), SPKI: spki(root)}, chains[0]
		}
	}
	return evidence.Anchor{}, nil
}

// clientFailure asks crypto/x509 what the client would ask, in its order:
// dates of the leaf, name, then the chain.
func (o Options) clientFailure(certs []*x509.Certificate) *evidence.Failure {
	pool := o.Stores.Client
	if pool == nil {
		pool = o.Stores.System
	}
	_, err := verify(certs, x509.VerifyOptions{Roots: pool, CurrentTime: o.Now(), DNSName: o.ServerName})
	if err == nil {
		return nil
	}
	return evidence.Fail(o.kindOf(err), o.Scribe.Text(err.Error()), err)
}

func (o Options) kindOf(err error) evidence.Kind {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if o.Now().Before(invalid.Cert.NotBefore) {
			return evidence.NotYetValid
		}
		return evidence.Expired
	case errors.As(err, &name):
		return evidence.WrongName
	}
	return evidence.Untrusted
}
