package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/redact"
	"pullpath/internal/refusal"
)

// saidRow is the row that the sender's own sentence names, with the sentence; the code is empty
// where an answer says nothing that is known. What an answer says outranks what its status
// suggests.
func saidRow(h evidence.Hop) (diagnosis.Code, refusal.Sentence) {
	s, ok := refusal.Known(evidence.DetailOf[evidence.Request](h))
	if !ok {
		return "", s
	}
	code := map[refusal.Meaning]diagnosis.Code{
		refusal.RateLimit: HTTPRateLimited, refusal.LockedOut: AuthLockedOut, refusal.AddressDenied: HTTPBlockedByOrigin,
		refusal.AccessDenied: RegistryAccessDenied, refusal.NotFound: RegistryNotFound, refusal.UpstreamFailed: RegistryMirrorUpstream,
		refusal.LoginExpired: AuthCredentialsExpired, refusal.LoginRefused: AuthCredentialsRejected,
		refusal.URLExpired: BlobURLRejected, refusal.URLAltered: BlobURLRejected, refusal.SecondLogin: BlobURLRejected,
		refusal.ClockOff: BlobURLRejected, refusal.StoreDenied: BlobAccessDenied,
	}[s.Means]
	switch code {
	case AuthCredentialsExpired, AuthCredentialsRejected:
		if !givenLogin(h) {
			return "", s
		}
	case BlobURLRejected, BlobAccessDenied:
		if !isBlobStep(stepOf(h)) {
			return "", s
		}
	}
	return code, s
}

// readFirst is a row's When that reads the answer before it goes by the status: a known
// sentence goes to the row that it names, with what helps against it.
func readFirst(e diagnosis.Entry) func(*diagnosis.View, evidence.Hop) *diagnosis.Match {
	return func(v *diagnosis.View, h evidence.Hop) *diagnosis.Match {
		code, s := saidRow(h)
		if code != "" && code != e.Code {
			return nil
		}
		m := e.When(v, h)
		if code == e.Code {
			if m == nil {
				m = &diagnosis.Match{}
			}
			if s.Ask != "" {
				m.Remedy, m.Or = s.Ask, diagnosis.Way{}
			}
			if s.Operator {
				m.Audience, m.Means = diagnosis.RegistryOperator, "The server says so itself: {messages}. {owner}"
			}
		}
		return m
	}
}

// givenLogin tells that the server which answers was given a login: one that takes Basic, or
// a token server. A registry that was given a token refuses the token.
func givenLogin(h evidence.Hop) bool {
	return loginOf(h) == "Basic" || stepOf(h) == evidence.StepToken && loginOf(h) != ""
}

// refineLoginRefused says that the same request passes without the login, and names the file
// of a stored one.
func refineLoginRefused(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	passes := grantedWithout(v, g[0])
	m.Values["file"] = ""
	if m.Targets = targetsOf(g[:1]); len(passes) == 0 {
		return
	}
	m.Hops, m.Strength = append(m.Hops, passes[0].ID), diagnosis.Proven
	m.Reproduce = []string{diagnosis.WithoutLogin(passes[0])}
	m.Means = "The same request without the login is answered with a token. So path, token server and name are in order, and the login " +
		"alone " +
		"is refused: {messages}. {owner}"
	m.Remedy = "log out of the registry, or log in anew; what is read without a login needs none"
	for _, h := range logins(v) {
		login := setting(h).Login
		at := slices.ContainsFunc(realmsOf(v, h.Target), func(realm string) bool { return realmTarget(realm) == g[0].Target })
		if login.File != "" && (at || h.Target == g[0].Target) {
			m.Means, m.Values["file"] = m.Means+" The login is stored in {file}.", login.File
			m.Hops = append(m.Hops, h.ID)
			return
		}
	}
}

// grantedWithout are the requests to the server of a refused login that brought a token
// without it.
func grantedWithout(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	return v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(evidence.ProbeWithoutLogin).Target(h.Target).State(evidence.OK),
		grantsWhatItAsks)
}

// grantsWhatItAsks tells that a token was given, and that it does not lack a right that was
// asked for: a token server may give one that grants nothing.
func grantsWhatItAsks(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Token == nil || d.Token.Access == nil {
		return d.Token != nil
	}
	return !slices.ContainsFunc(scopesOf(d.URL), func(scope string) bool { return !slices.Contains(d.Token.Access, scope) })
}

// means tells what the sentence of an answer means; empty where none is known.
func means(h evidence.Hop) refusal.Meaning {
	_, s := saidRow(h)
	return s.Means
}

// atStore tells a request for a blob that a redirect led to: its path is no registry's.
func atStore(h evidence.Hop) bool {
	path := withoutQuery(evidence.DetailOf[evidence.Request](h).URL)
	return isBlobStep(stepOf(h)) && (h.Role == evidence.Blob || !strings.Contains(path, "/v2/") || !strings.Contains(path, "/blobs/"))
}

// signedURL tells that the URL of a request has a signature or another secret in it.
func signedURL(h evidence.Hop) bool {
	_, query, _ := strings.Cut(evidence.DetailOf[evidence.Request](h).URL, "?")
	return strings.Contains(query, redact.Mark)
}

// inspectorSeen tells that something on the way can have spoken, and shows itself: the chain
// is not the one that a public host has, or a product that stands on the way to hosts left its
// mark on the answer or issued the chain. The private chain of a private host shows nobody.
func inspectorSeen(v *diagnosis.View, h evidence.Hop) bool {
	switch over(v, h) {
	case publicChain:
		return false
	case interceptedChain:
		return true
	}
	d := evidence.DetailOf[evidence.Request](h)
	hs, _ := v.Before(h, evidence.OpHandshake)
	marks := slices.Concat(product.OfRequest(d), product.OfChain(evidence.DetailOf[evidence.Handshake](hs).Chain))
	return d.Body != nil && product.BlockPage(d.Body.Markers, d.Body.Title) ||
		slices.ContainsFunc(marks, func(m product.Match) bool { return m.Grade != product.Memory && !m.Category.OnOriginSide() })
}
