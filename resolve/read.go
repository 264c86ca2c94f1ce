package resolve

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"pullpath/internal/evidence"
)

// maxNameText bounds a name in text; a legal one of escapes alone has 1,000.
const maxNameText = 300

// maxExtraText bounds the text of an extended error: one sentence.
const maxExtraText = 200

// read takes addresses, records, rcode, flags and extended error out of an
// answer.
func read(in *dns.Msg, p *reply, scribe evidence.Scribe) {
	q := &p.question
	q.Rcode = dns.RcodeToString[in.Rcode]
	if q.Rcode == "" {
		q.Rcode = fmt.Sprint(in.Rcode)
	}
	q.Flags = flags(in)
	for _, rr := range in.Answer[:min(len(in.Answer), maxRecords)] {
		q.Records = append(q.Records, scribe.Short(record(rr), maxNameText))
		switch rr := rr.(type) {
		case *dns.A:
			p.take(rr.A, rr.Hdr.Ttl)
		case *dns.AAAA:
			p.take(rr.AAAA, rr.Hdr.Ttl)
		case *dns.CNAME:
			q.Aliases = append(q.Aliases, bareName(rr.Target, scribe))
		}
	}
	q.Authority = authority(in, scribe)
	if opt := in.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok && q.ExtendedError < 0 {
				q.ExtendedError = int(ede.InfoCode)
				q.ExtendedText = scribe.Short(ede.ExtraText, maxExtraText)
			}
		}
	}
}

// take keeps one address.
func (p *reply) take(ip []byte, ttl uint32) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return
	}
	addr = addr.Unmap()
	p.addrs = append(p.addrs, addr)
	p.question.Answers = append(p.question.Answers, evidence.AddressRecord{Address: addr.String(), TTL: ttl})
}

func flags(in *dns.Msg) []string {
	var out []string
	for _, f := range []struct {
		set  bool
		name string
	}{{in.Authoritative, "aa"}, {in.Truncated, "tc"}, {in.RecursionAvailable, "ra"},
		{in.AuthenticatedData, "ad"}, {in.CheckingDisabled, "cd"}} {
		if f.set {
			out = append(out, f.name)
		}
	}
	return out
}

// authority is the owner of the SOA that came along. A denial has it in the
// authority section (RFC 2308); a response policy zone puts its own into the
// additional one (ISC's RPZ draft, section 6).
func authority(in *dns.Msg, scribe evidence.Scribe) string {
	for _, section := range [][]dns.RR{in.Ns, in.Extra} {
		for _, rr := range section {
			if soa, ok := rr.(*dns.SOA); ok {
				return bareName(soa.Hdr.Name, scribe)
			}
		}
	}
	return ""
}

// bareName is a name of the wire without its final dot, in lower case; the root
// stays a dot.
func bareName(name string, scribe evidence.Scribe) string {
	name = strings.ToLower(name)
	if name != "." {
		name = strings.TrimSuffix(name, ".")
	}
	return scribe.Short(name, maxNameText)
}

func record(rr dns.RR) string {
	return strings.Join(strings.Fields(rr.String()), " ")
}
