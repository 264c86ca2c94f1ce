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

// Message is a message of DNS that was not asked for here.
type Message struct {
	ID       uint16
	Response bool
	// Question is what is asked and, in an answer, what it says; Addresses are those that it gives,
	// in its order.
	Question  evidence.Question
	Addresses []netip.Addr
}

// ReadMessage reads a message as it is on the wire, false for what is none, or none with one
// question.
func ReadMessage(data []byte, scribe evidence.Scribe) (Message, bool) {
	in := new(dns.Msg)
	if in.Unpack(data) != nil || len(in.Question) != 1 {
		return Message{}, false
	}
	asked := in.Question[0]
	p := reply{question: evidence.Question{Name: bareName(asked.Name, scribe), Type: dns.TypeToString[asked.Qtype], ExtendedError: -1}}
	if in.Response {
		p.question.Size, p.question.Truncated = len(data), in.Truncated
		r := Resolver{Scribe: scribe}
		r.read(in, &p)
	}
	return Message{ID: in.Id, Response: in.Response, Question: p.question, Addresses: p.addrs}, true
}

// read takes addresses, records, rcode, flags and extended error out of an
// answer.
func (r *Resolver) read(in *dns.Msg, p *reply) {
	q, names, scribe := &p.question, aliases(in), r.Scribe
	q.Rcode = dns.RcodeToString[in.Rcode]
	if q.Rcode == "" {
		q.Rcode = fmt.Sprint(in.Rcode)
	}
	q.Flags = flags(in)
	for _, rr := range in.Answer[:min(len(in.Answer), maxRecords)] {
		q.Records = append(q.Records, scribe.Short(record(rr), maxNameText))
		switch rr := rr.(type) {
		case *dns.A:
			r.take(p, rr.A, rr.Hdr, names)
		case *dns.AAAA:
			r.take(p, rr.AAAA, rr.Hdr, names)
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

// aliases returns the name that was asked for and those that the answer's CNAMEs lead to
// from it, in lower case.
func aliases(in *dns.Msg) map[string]bool {
	names, leads := map[string]bool{}, map[string][]string{}
	for _, rr := range in.Answer[:min(len(in.Answer), maxRecords)] {
		if alias, ok := rr.(*dns.CNAME); ok {
			owner := strings.ToLower(alias.Hdr.Name)
			leads[owner] = append(leads[owner], strings.ToLower(alias.Target))
		}
	}
	var next []string
	for _, q := range in.Question {
		next = append(next, strings.ToLower(q.Name))
	}
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if !names[name] {
			names[name] = true
			next = append(next, leads[name]...)
		}
	}
	return names
}

// take keeps one address, with the name that it is about where that is another's.
func (r *Resolver) take(p *reply, ip []byte, head dns.RR_Header, names map[string]bool) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return
	}
	addr = addr.Unmap()
	kept := evidence.AddressRecord{Address: addr.String(), TTL: head.Ttl}
	if !names[strings.ToLower(head.Name)] {
		kept.Owner = bareName(head.Name, r.Scribe)
	}
	if kept.Owner == "" || !r.OwnNames {
		p.addrs = append(p.addrs, addr)
	}
	p.question.Answers = append(p.question.Answers, kept)
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

// authority returns the owner of the SOA that came along. A denial has it in the
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

// bareName returns a name of the wire without its final dot, in lower case; the root
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
