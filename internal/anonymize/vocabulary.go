package anonymize

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

var (
	// spoken is what stands between blanks and signs: a name with its dots, or a word.
	spoken = regexp.MustCompile(`[\p{L}\p{N}._-]+`)
	// single is a word, with the dashes that names of hosts have, and syllable a part of
	// it.
	single   = regexp.MustCompile(`[\p{L}\p{N}_-]+`)
	syllable = regexp.MustCompile(`[\p{L}\p{N}]+`)
)

// plainWords are labels and parts of companies' names that say nothing about whose they
// are. What products are recognised by is not here: see productWords.
const plainWords = `access account admin akamai agent allow amazonaws anti antivirus api appliance application apps artifactory asia auth
authentication authority azure backend base basic bearer block blocked blob body bucket build cache catalog center central cert certificate
certification certs chain channel client cloud cluster code company connect connection container containerd containers content control
core corp corporate corporation data daemon dataplane debian default demo denied deny dept dev devel development devops digest direct
dmz dns docker domain domains download east edge egress email enterprise error europe example external filter filtered firewall
forbidden forward from front frontend gateway ghcr github gitlab global gmbh google group groups harbor helm home host hosts html http
https hub image images inbound info infra infrastructure inspection intermediate internal international internet intra intranet invalid
issuing issuer ldap limited linux load local localdomain localhost login mail main manifest master media microsoft mirror mock name net
network networks nexus node north ntlm office online openshift operations opensource org organization outbound partner pipeline
platform podman policy pool port portal primary private prod production product program project proxies proxy pull public push quay
realm redhat redirect region registries registry release remote repo repository request resolver response root route router rsa sandbox
scanner scope secondary secure security server servers service services signing site software solutions south squid staging stage
storage sub support system systems technologies technology team temp test testing token tools traffic transparent trust tunnel unit user
users vault virtual warehouse wan web webproxy website west wide window windows with work workstation world zone
negotiate kerberos offline status cn ou inc llc ltd tls ssl sso cdn api vpn`

// sayNothing are the words that no company is known by: plain ones, and those by which
// products are recognised, without which a report would be judged otherwise.
var sayNothing = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	note := func(text string) {
		for _, w := range syllable.FindAllString(strings.ToLower(text), -1) {
			out[w] = true
		}
	}
	note(plainWords)
	for _, domains := range [][]string{generic, vendors, documentation} {
		for _, d := range domains {
			note(d)
		}
	}
	for _, r := range product.Rows() {
		note(r.Name)
		noteSigns(r, note)
	}
	return out
})

// noteSigns notes the words of a product's signs.
func noteSigns(r product.Row, note func(string)) {
	for _, s := range r.Status {
		note(s.Line.String())
	}
	for _, s := range r.Headers {
		note(s.Name)
		if s.Value != nil {
			note(s.Value.String())
		}
	}
	for _, s := range r.Body {
		note(s.Text)
	}
	for _, s := range r.Issuer {
		note(s.Value.String())
	}
}

// learnNames takes the words of the company's names: labels of hosts, and what its
// authorities and hosts are called in certificates. Peers put them into free text.
func (a *maker) learnNames(t *evidence.Trace) {
	a.learnName(t.Vantage.Hostname)
	for _, target := range t.Targets {
		a.learnName(target.Host)
		a.learnName(hostOf(target.Route.Proxy))
	}
	for _, h := range t.Hops {
		a.learnName(hostOf(h.Via))
		switch d := h.Detail.(type) {
		case evidence.Setting:
			a.learnName(hostOf(d.Proxy))
		case evidence.Resolve:
			a.learnName(d.Name)
			for _, q := range d.Questions {
				for _, alias := range q.Aliases {
					a.learnName(alias)
				}
			}
		case evidence.Handshake:
			a.learnHandshake(d)
		}
	}
}

func (a *maker) learnHandshake(d evidence.Handshake) {
	a.learnName(d.ServerName)
	defer a.within(d)()
	for _, c := range d.Chain {
		if a.isOpen(c) {
			continue
		}
		for _, name := range c.Names {
			a.learnName(name)
		}
		for _, organization := range c.SubjectOrg {
			a.learnOrganization(organization)
		}
	}
	if a.genuine {
		return
	}
	for _, c := range d.Chain {
		for _, organization := range c.IssuerOrg {
			a.learnOrganization(organization)
		}
	}
}

// hostOf returns the host of a URL, "" where there is none.
func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return u.Hostname()
	}
	return ""
}

// learnName takes the labels of a name that is the company's, its public suffix left
// out, and their parts.
func (a *maker) learnName(host string) {
	host = strings.ToLower(strings.Trim(host, ".*"))
	if host == "" || len(host) > maxName || !nameForm.MatchString(host) || a.isPublic(host) || ipv4Form.MatchString(host) ||
		ownLabels.MatchString(host+"."+top) ||
		ownLabels.MatchString(host) {
		return
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	for _, v := range vendors {
		if strings.HasSuffix(host, "."+v) {
			suffix, icann = v, true
		}
	}
	if icann {
		host = strings.TrimSuffix(strings.TrimSuffix(host, suffix), ".")
	}
	for label := range strings.SplitSeq(host, ".") {
		a.learnWord(label)
		for _, part := range syllable.FindAllString(label, -1) {
			a.learnWord(part)
		}
	}
}

// learnOrganization takes the words of an organization's name.
func (a *maker) learnOrganization(name string) {
	if isProduct(name) || ours.MatchString(name) {
		return
	}
	for _, w := range syllable.FindAllString(strings.ToLower(name), -1) {
		a.learnWord(w)
	}
}

// learnWord notes a word as the company's unless it says nothing, or is so short that
// it is part of plain language.
func (a *maker) learnWord(w string) {
	letters := strings.ContainsFunc(w, unicode.IsLetter)
	if len([]rune(w)) < minWord || !letters || ours.MatchString(w) || a.publicWords[w] {
		return
	}
	for _, part := range syllable.FindAllString(w, -1) {
		if !sayNothing()[part] && strings.ContainsFunc(part, unicode.IsLetter) {
			a.vocabulary[w] = true
			return
		}
	}
}

// unspoken takes the company's words out of free text.
func (a *maker) unspoken(s string) string {
	if len(a.vocabulary) == 0 {
		return s
	}
	return spoken.ReplaceAllStringFunc(s, func(m string) string {
		if strings.Contains(m, ".") && a.isPublic(m) {
			return m
		}
		return single.ReplaceAllStringFunc(m, func(w string) string {
			if ours.MatchString(w) {
				return w
			}
			if a.vocabulary[strings.ToLower(w)] {
				return a.label("word", w)
			}
			return syllable.ReplaceAllStringFunc(w, a.unspokenPart)
		})
	})
}

// unspokenPart takes a syllable out that is the company's word, also where a plain word
// or a number is written together with it: acmeproxy7.
func (a *maker) unspokenPart(w string) string {
	lower := strings.ToLower(w)
	if a.vocabulary[lower] {
		return a.label("word", w)
	}
	stem := strings.TrimRight(lower, "0123456789")
	for i := 3; i+3 <= len(stem); i++ { // shorter parts stand in every language
		before, after := stem[:i], stem[i:]
		if a.vocabulary[before] && sayNothing()[after] || sayNothing()[before] && a.vocabulary[after] {
			return a.label("word", w)
		}
	}
	if a.vocabulary[stem] {
		return a.label("word", w)
	}
	return w
}
