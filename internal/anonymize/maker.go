package anonymize

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"pullpath/internal/evidence"
	"pullpath/internal/profile"
)

// maker holds the pseudonyms of one trace.
type maker struct {
	// public are the domains whose names stay.
	public map[string]bool
	// pseudonyms are those given so far, by kind and text.
	pseudonyms map[string]string
	counts     map[string]int
	// own are public addresses that are the company's.
	own map[string]bool
	// seen are fingerprints of the public web: what has one of them keeps it.
	seen map[string]bool
	// hostsSeen are the public hosts of the trace.
	hostsSeen []string
	// words are literal texts that are replaced wherever they stand, longest first.
	words []word
	// taken are those that are among them, replacer makes all of them at once.
	taken    map[word]bool
	replacer *strings.Replacer
	// texts are those that were made anonymous in this pass.
	texts map[string]string
	// vocabulary are words of the company's names, in lower case; publicWords are labels
	// of public hosts, which name no company.
	vocabulary, publicWords map[string]bool
	// genuine means that the chain in hand is one of the public web, known that it is
	// a public host's, and open that the certificate in hand is no secret.
	genuine, known, open bool
}

type word struct{ from, to string }

func newMaker(t *evidence.Trace) *maker {
	a := &maker{public: map[string]bool{}, pseudonyms: map[string]string{}, counts: map[string]int{}, own: map[string]bool{},
		seen:  map[string]bool{},
		taken: map[word]bool{}, replacer: strings.NewReplacer(), texts: map[string]string{},
		vocabulary: map[string]bool{}, publicWords: map[string]bool{}}
	a.learnPublic(t)
	for _, address := range t.Vantage.Addresses {
		a.own[address] = true
	}
	for _, h := range t.Hops {
		a.learnHop(h)
	}
	for _, h := range t.Hops {
		a.learnNetworks(evidence.DetailOf[evidence.Setting](h).NoProxyNetworks)
	}
	a.word(t.Vantage.Hostname, a.host(t.Vantage.Hostname))
	a.word(t.Run.User, a.label("user", t.Run.User))
	for _, target := range t.Targets {
		a.learnImages(target)
	}
	a.learnNames(t)
	slices.SortStableFunc(a.words, func(x, y word) int { return cmp.Compare(len(y.from), len(x.from)) })
	var pairs []string
	for _, w := range a.words {
		pairs = append(pairs, w.from, w.to)
	}
	a.replacer, a.texts = strings.NewReplacer(pairs...), map[string]string{}
	return a
}

// learnPublic takes the domains of hosts that everybody knows: those of the
// built-in profiles, and those that the report's own profile marks as public.
func (a *maker) learnPublic(t *evidence.Trace) {
	for _, p := range profile.BuiltIn() {
		for _, h := range p.Hosts {
			a.public[domain(strings.TrimPrefix(h.Host, "*."))] = true
		}
	}
	for _, target := range t.Targets {
		if a.isPublic(target.Host) {
			a.hostsSeen = append(a.hostsSeen, target.Host)
		}
		if target.Public && underRegistry(target.Host) {
			a.public[domain(target.Host)] = true
		}
	}
	for _, target := range t.Targets {
		if a.isPublic(target.Host) {
			a.notePublic(target.Host)
		}
	}
	for d := range a.public {
		a.notePublic(d)
	}
}

func (a *maker) notePublic(host string) {
	for _, w := range single.FindAllString(strings.ToLower(host), -1) {
		a.publicWords[w] = true
	}
}

// underRegistry reports whether a name stands under a domain that a registry of the
// public web gives out: a report may call others public, and they are nobody's but the
// company's.
func underRegistry(host string) bool {
	_, icann := publicsuffix.PublicSuffix(strings.ToLower(strings.Trim(host, ".")))
	return icann
}

// learnHop takes what is the company's although it does not look so: the public
// addresses of its proxies and hosts, and the names of its authorities.
func (a *maker) learnHop(h evidence.Hop) {
	a.ownAddress(h.Local)
	if h.Role == evidence.Proxy {
		a.ownAddress(h.Peer)
	}
	switch d := h.Detail.(type) {
	case evidence.Resolve:
		if !a.isPublic(d.Name) {
			for _, address := range d.Addresses {
				a.own[address] = true
			}
		}
	case evidence.Handshake:
		defer a.within(d)()
		for _, c := range d.Chain {
			open := a.isOpen(c)
			if open {
				a.seen[c.SHA256], a.seen[c.SPKI] = true, true
			}
			for _, v := range append([]string{c.SubjectCN}, c.SubjectOrg...) {
				a.word(v, a.attribute(v, open))
			}
			for _, v := range append([]string{c.IssuerCN}, c.IssuerOrg...) {
				a.word(v, a.attribute(v, a.genuine))
			}
		}
	}
}

// learnNetworks takes the networks that the company's own addresses are in.
func (a *maker) learnNetworks(networks []string) {
	for _, text := range networks {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			continue
		}
		for own := range a.own {
			if addr, err := netip.ParseAddr(own); err == nil && prefix.Contains(addr) {
				a.own[prefix.Addr().String()] = true
				break
			}
		}
	}
}

func (a *maker) ownAddress(peer string) {
	if host, _, err := net.SplitHostPort(peer); err == nil {
		a.own[host] = true
	}
}

// learnImages takes the repositories of a company's own registry.
func (a *maker) learnImages(t evidence.Target) {
	if a.isPublic(t.Host) {
		return
	}
	for _, image := range t.Images {
		if _, rest, ok := strings.Cut(image, "/"); ok {
			repository, _, _ := strings.Cut(rest, "@")
			repository, _, _ = strings.Cut(repository, ":")
			a.word(repository, a.label("repository", repository))
			for part := range strings.SplitSeq(strings.ToLower(repository), "/") {
				a.learnWord(part)
			}
		}
	}
}

// minWord is the shortest text that is replaced wherever it stands: shorter ones
// are parts of plain words.
const minWord = 4

// word has a text replaced, also as it stands in a URL's query.
func (a *maker) word(from, to string) {
	if len(from) < minWord || from == to {
		return
	}
	for _, form := range []string{from, url.QueryEscape(from)} {
		if w := (word{form, to}); !a.taken[w] {
			a.taken[w] = true
			a.words = append(a.words, w)
		}
	}
}

// label returns the pseudonym of a text of a kind: "user-1".
func (a *maker) label(kind, s string) string {
	if s == "" || ours.MatchString(s) {
		return s
	}
	key := kind + " " + strings.ToLower(s)
	if _, ok := a.pseudonyms[key]; !ok {
		a.counts[kind]++
		a.pseudonyms[key] = fmt.Sprintf("%s-%d", kind, a.counts[kind])
	}
	return a.pseudonyms[key]
}

// ours are pseudonyms: an anonymous report stays as it is when it is made
// anonymous again.
var ours = regexp.MustCompile(`^(user|repository|realm|node|file|part|pattern|authority|organization|word|label)-\d+$`)

// isOpen reports whether a certificate of the chain in hand is no secret: an authority of
// the public web, or the leaf of a host that everybody knows.
func (a *maker) isOpen(c evidence.Certificate) bool { return a.genuine && (a.known || c.CA) }

// within notes whose chain is read until the returned function is called.
func (a *maker) within(d evidence.Handshake) func() {
	genuine, known := a.genuine, a.known
	a.genuine, a.known = d.Anchor.Kind == evidence.AnchorPublic, a.isKnown(d)
	a.open = a.genuine && a.known
	return func() { a.genuine, a.known, a.open = genuine, known, genuine && known }
}

// isKnown reports whether a chain is that of a host that everybody knows. The name that
// was asked for is none where the client sent none or the peer answered with a
// certificate for others; then the leaf itself has to name public hosts alone.
func (a *maker) isKnown(d evidence.Handshake) bool {
	if ok, looked := d.Judged(evidence.StorePublic, evidence.AspectName); d.ServerName != "" && a.isPublic(d.ServerName) && (ok || !looked) {
		return true
	}
	if len(d.Chain) == 0 || len(d.Chain[0].Names) == 0 {
		return false
	}
	return !slices.ContainsFunc(d.Chain[0].Names, func(name string) bool { return !a.isPublic(strings.TrimPrefix(name, "*.")) })
}
