package product

import (
	"regexp"
	"slices"
	"sync"

	"pullpath/internal/fault"
)

// Grade is how well a sign is known.
type Grade string

// Grades, best first. A text must not state as certain what rests on M.
const (
	// Source: the product's own source or documents, or a browser's list.
	Source Grade = "A"
	// Seen: in several independent public files or captures.
	Seen Grade = "B"
	// Listed: in a fingerprint collection.
	Listed Grade = "C"
	// Memory means that the sign was not checked.
	Memory Grade = "M"
)

// Grades returns the grades, best first.
func Grades() []Grade { return []Grade{Source, Seen, Listed, Memory} }

// Category is what kind of thing a product is.
type Category string

// Categories.
const (
	OpenSourceProxy Category = "open-source proxy"
	WebGateway      Category = "secure web gateway"
	Firewall        Category = "firewall"
	Endpoint        Category = "endpoint protection"
	DebuggingProxy  Category = "debugging proxy"
	Adware          Category = "adware"
	WebServerKind   Category = "web server"
	LoadBalancer    Category = "load balancer"
	CDNEdge         Category = "CDN edge"
)

// Categories returns the categories.
func Categories() []Category {
	return []Category{OpenSourceProxy, WebGateway, Firewall, Endpoint, DebuggingProxy, Adware,
		WebServerKind, LoadBalancer, CDNEdge}
}

// OnOriginSide reports whether things of this kind ordinarily stand in front of an
// origin: seeing one says nothing about the network of the client.
func (c Category) OnOriginSide() bool {
	return c == WebServerKind || c == LoadBalancer || c == CDNEdge
}

// Row is one product.
type Row struct {
	Name     string
	Category Category

	// Status are signs in the status line, Headers in one header field, Body in
	// the text of a page, Issuer in the certificates of the issuing side.
	Status  []StatusSign
	Headers []HeaderSign
	Body    []BodySign
	Issuer  []IssuerSign

	// Connects are answers to CONNECT as this product gives them, a refusal
	// before an acceptance. Pages are its answers inside a tunnel. Chains are
	// its certificate authorities. Every sign occurs in a sample, and all
	// sentences beside the signs are ours.
	Connects []fault.Connect
	Pages    []fault.HTTP
	Chains   []fault.Certificate
}

// StatusSign is a status line that only this product writes.
type StatusSign struct {
	Line  *regexp.Regexp
	Grade Grade
	Cite  string
	// Says is why the proxy refused, where the sign shows it.
	Says Cause
}

// HeaderSign is a header field of this product.
type HeaderSign struct {
	// Name is compared without case.
	Name string
	// Value must match; nil means that the name alone is the sign. A group named
	// "version" is the product's version.
	Value *regexp.Regexp
	Grade Grade
	Cite  string
	Says  Cause
	// Code limits what Says to this status; 0 is every status.
	Code int
}

// BodySign is a text in a page of this product, searched without case.
type BodySign struct {
	Text  string
	Grade Grade
	Cite  string
	Says  Cause
	// Block means that the page is a policy's block page or a portal.
	Block bool
}

// IssuerSign is an attribute of an authority of this product.
type IssuerSign struct {
	// Attribute is "CN" or "O".
	Attribute string
	// Value begins at the attribute's beginning and ends at a word's end.
	Value *regexp.Regexp
	Grade Grade
	Cite  string
	// Untrust marks the authority with which the product says that it could not
	// verify the origin itself. Nobody should come to trust it.
	Untrust bool
}

// Forged returns the chain that the product presents for a host that it could verify;
// false where no sample of one is known.
func (r Row) Forged() (fault.Certificate, bool) {
	failed := func(c fault.Certificate) bool {
		return slices.ContainsFunc(r.Issuer, func(s IssuerSign) bool {
			return s.Untrust && (s.Attribute == "CN" && s.Value.MatchString(c.CommonName) || s.Attribute == "O" &&
				s.Value.MatchString(c.Organization))
		})
	}
	i := slices.IndexFunc(r.Chains, func(c fault.Certificate) bool { return !failed(c) })
	if i < 0 {
		return fault.Certificate{}, false
	}
	return r.Chains[i], true
}

// Rows returns all products. The table is shared: read it only.
func Rows() []Row { return slices.Clone(table()) }

var table = sync.OnceValue(func() []Row {
	return slices.Concat(openSource(), gateways(), olderGateways(), schoolFilters(), firewalls(),
		smallFirewalls(), endpoints(), debuggers(), webServers(), balancers(), edges())
})

// Markers returns every text that evidence.Scribe has to look for in a body.
func Markers() []string {
	var out []string
	for _, r := range table() {
		for _, s := range r.Body {
			out = append(out, s.Text)
		}
	}
	for _, s := range anybody() {
		out = append(out, s.Text)
	}
	return append(out, tlsPortTexts()...)
}
