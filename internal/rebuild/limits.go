package rebuild

import (
	"crypto/x509"
	"slices"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
)

// A report may come from anybody. What is rebuilt of it is what a mock network can
// serve and a command may be told; the rest is named as not rebuilt.
const (
	// maxAddresses of one name; resolvers give a few, and more do not fit into an answer
	// of 512 bytes. maxProxies of so many addresses each fit into a World.
	maxAddresses = 16
	maxProxies   = fault.MaxServers / maxAddresses
	// maxHosts is twice what a run walks.
	maxHosts = 1000
	// maxHops is twice what a run over 500 targets with all its probes has; hops are
	// looked up in each other. maxFaults is more than such a run shows.
	maxHops   = 20_000
	maxFaults = 10_000
	// maxProblems is as many lines as anybody reads.
	maxProblems = 100
)

// bounded returns the trace with as many hops as are looked at.
func (b *builder) bounded(t *evidence.Trace) *evidence.Trace {
	if len(t.Hops) <= maxHops {
		return t
	}
	b.cannot("hops from %d on: no run has so many", maxHops+1)
	out := *t
	out.Hops = t.Hops[:maxHops]
	return &out
}

// servable reports whether there can be one more host of that name.
func (b *builder) servable(name string, count, most int) bool {
	switch {
	case !fault.HostName(name):
		b.cannot("the host %q: no name that a certificate could hold", name)
	case count >= most:
		b.cannot("%s: the report has more than %d hosts of its kind", name, most)
	default:
		return true
	}
	return false
}

// variable takes over a proxy variable. Others would reach the command that is run in
// the network.
func (b *builder) variable(v evidence.UnusedVariable) {
	if !route.IsVariable(v.Name) || strings.ContainsFunc(v.Value, func(r rune) bool { return r < ' ' }) {
		b.cannot("the variable %q: it is not a proxy variable, or it holds control characters", v.Name)
		return
	}
	b.world.Env[v.Name] = b.refilled(b.asPACFile(v.Value))
}

// asPACFile gives the URL of a PAC file its path back, of which a report keeps that it was one.
func (b *builder) asPACFile(value string) string {
	bare, cut := strings.CutSuffix(value, "/…")
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Setting](h)
		ofPAC := slices.ContainsFunc(d.Problems, func(p evidence.SettingProblem) bool { return p.Code == "pac-url" })
		if cut && ofPAC && d.Value == value {
			return bare + "/proxy.pac"
		}
	}
	return value
}

func (b *builder) image(text string) {
	if !fault.ImageName(text) {
		b.cannot("the image %q: no name that a registry could hold", text)
		return
	}
	b.world.Images = append(b.world.Images, text)
}

// imageAt notes an image as it is asked for at a place that a client's registry configuration
// names.
func (b *builder) imageAt(t evidence.Target, asked evidence.Asked) {
	tag := ":" + fault.ImageTag
	if i := strings.LastIndexAny(asked.For, ":@"); i > strings.LastIndex(asked.For, "/") {
		tag = asked.For[i:]
	}
	if asked.Repository != "" {
		b.image(t.Endpoint.URLHost() + "/" + asked.Repository + tag)
	}
}

// profileName returns the name of a profile, not the path of a file on the host on which
// the report is looked at.
func profileName(text string) string {
	if strings.ContainsAny(text, `/\`) {
		return ""
	}
	return text
}

// texts returns those that can stand in a certificate.
func (b *builder) texts(host string, all []string) []string {
	var out []string
	for _, text := range all {
		if !fault.ASCII(text) {
			b.cannot("%q in a certificate of %s: not ASCII", text, host)
			continue
		}
		out = append(out, text)
	}
	return out
}

// policies returns those that can stand in a certificate, each once (RFC 5280 section
// 4.2.1.4).
func (b *builder) policies(host string, all []string) []string {
	var out []string
	for _, text := range all {
		if _, err := x509.ParseOID(text); err != nil || slices.Contains(out, text) {
			b.cannot("the policy %q in a certificate of %s: no identifier, or there already", text, host)
			continue
		}
		out = append(out, text)
	}
	return out
}

// few returns as many certificates as a chain is made of.
func (b *builder) few(host string, chain []evidence.Certificate) []evidence.Certificate {
	if len(chain) <= fault.MaxCerts {
		return chain
	}
	b.cannot("%d certificates of %s: the first %d are rebuilt", len(chain), host, fault.MaxCerts)
	return chain[:fault.MaxCerts]
}
