package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

const (
	// udpSize is the EDNS0 buffer size: the flag-day value that passes every
	// path without fragments (RFC 9715).
	udpSize = 1232
	// maxRecords bounds what is kept of one answer; a CDN name has a dozen.
	maxRecords = 32
)

// askServer asks one server for the name's addresses of both families, and
// goes through the candidates of the search list until one exists.
func (r *Resolver) askServer(ctx context.Context, server, name string) Answer {
	a := Answer{Began: r.Now(), Peer: server,
		Detail: evidence.Resolve{Name: name, Server: server, Transport: "udp"}}
	var first *evidence.Failure
	for _, candidate := range r.names(name) {
		questions, addrs, local, err := r.askFamilies(ctx, server, candidate)
		a.Detail.Questions = append(a.Detail.Questions, questions...)
		a.Local = local
		if len(addrs) > 0 {
			a.Detail.Addresses = r.sift(addrs)
			first = nil
			break
		}
		if failure := r.classify(questions, err); first == nil {
			first = failure
		}
		if first.Kind != evidence.NXDomain && first.Kind != evidence.NoData {
			break
		}
	}
	for _, q := range a.Detail.Questions {
		if q.Transport == "tcp" {
			a.Detail.Transport = "tcp"
		}
	}
	a.Failure, a.Took = first, r.Now().Sub(a.Began)
	return a
}

type reply struct {
	question evidence.Question
	addrs    []netip.Addr
	local    string
	err      error
}

// askFamilies asks A and AAAA side by side.
func (r *Resolver) askFamilies(ctx context.Context, server, name string) ([]evidence.Question, []netip.Addr, string, error) {
	var types []uint16
	if r.Family != 6 {
		types = append(types, dns.TypeA)
	}
	if r.Family != 4 {
		types = append(types, dns.TypeAAAA)
	}
	replies := make([]reply, len(types))
	var wg sync.WaitGroup
	for i, t := range types {
		wg.Go(func() { replies[i] = r.ask(ctx, server, name, t) })
	}
	wg.Wait()
	var questions []evidence.Question
	var addrs []netip.Addr
	var failed error
	for _, p := range replies {
		questions = append(questions, p.question)
		addrs = append(addrs, p.addrs...)
		if failed == nil {
			failed = p.err
		}
	}
	return questions, addrs, replies[0].local, failed
}

// ask puts one question, over UDP and again over TCP where the answer was cut.
func (r *Resolver) ask(ctx context.Context, server, name string, qtype uint16) reply {
	began := r.Now()
	p := reply{question: evidence.Question{Name: redact.Text(name, 255), Type: dns.TypeToString[qtype], ExtendedError: -1, Transport: "udp"}}
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), qtype)
	m.SetEdns0(udpSize, false)
	in, local, err := r.exchange(ctx, "udp", server, m)
	if err == nil && in.Truncated {
		p.question.Transport = "tcp"
		in, local, err = r.exchange(ctx, "tcp", server, m)
	}
	p.local, p.err = local, err
	p.question.TookMS = milliseconds(r.Now().Sub(began))
	if err != nil {
		p.question.Error = r.Scribe.Text(err.Error())
		return p
	}
	r.read(in, &p)
	return p
}

func (r *Resolver) exchange(ctx context.Context, network, server string, m *dns.Msg) (*dns.Msg, string, error) {
	conn, err := r.Dial(ctx, network, server)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	// The client's own two seconds would end an exchange before the hop does.
	client := &dns.Client{Net: network, UDPSize: udpSize, Timeout: time.Minute}
	if deadline, ok := ctx.Deadline(); ok {
		client.Timeout = time.Until(deadline)
	}
	in, _, err := client.ExchangeWithConnContext(ctx, m, &dns.Conn{Conn: conn, UDPSize: udpSize})
	return in, conn.LocalAddr().String(), err
}

// read takes addresses, records, rcode and extended error out of an answer.
func (r *Resolver) read(in *dns.Msg, p *reply) {
	p.question.Rcode = dns.RcodeToString[in.Rcode]
	if p.question.Rcode == "" {
		p.question.Rcode = fmt.Sprint(in.Rcode)
	}
	for _, rr := range in.Answer {
		if len(p.question.Records) < maxRecords {
			p.question.Records = append(p.question.Records, redact.Text(record(rr), 300))
		}
		switch rr := rr.(type) {
		case *dns.A:
			if addr, ok := netip.AddrFromSlice(rr.A.To4()); ok {
				p.addrs = append(p.addrs, addr)
			}
		case *dns.AAAA:
			if addr, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok {
				p.addrs = append(p.addrs, addr)
			}
		}
	}
	if opt := in.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				p.question.ExtendedError = int(ede.InfoCode)
				p.question.ExtendedText = redact.Text(ede.ExtraText, 200)
			}
		}
	}
}

func record(rr dns.RR) string {
	return strings.Join(strings.Fields(rr.String()), " ")
}

// classify turns a server's failure to give an address into a kind. It is
// called only when no address came.
func (r *Resolver) classify(questions []evidence.Question, err error) *evidence.Failure {
	if err != nil {
		return r.classifyError(err)
	}
	rcode := questions[0].Rcode
	for _, q := range questions {
		if q.Rcode != "NOERROR" {
			rcode = q.Rcode
		}
	}
	text := "rcode " + rcode
	if i := slices.IndexFunc(questions, func(q evidence.Question) bool { return q.ExtendedError >= 0 }); i >= 0 {
		q := questions[i]
		text += fmt.Sprintf(", extended error %d (%s) %s", q.ExtendedError,
			dns.ExtendedErrorCodeToString[uint16(q.ExtendedError)], q.ExtendedText)
	}
	kind, ok := map[string]evidence.Kind{"NXDOMAIN": evidence.NXDomain, "SERVFAIL": evidence.ServFail,
		"REFUSED": evidence.Refused, "NOERROR": evidence.NoData}[rcode]
	if !ok {
		kind = evidence.Rcode
	}
	if kind == evidence.NoData {
		text = "no address records (rcode NOERROR)"
	}
	return evidence.Fail(kind, strings.TrimSpace(text), nil)
}

func (r *Resolver) classifyError(err error) *evidence.Failure {
	text := r.Scribe.Text(err.Error())
	var netErr net.Error
	var dnsErr *dns.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENETUNREACH),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return evidence.Fail(evidence.Unreachable, text, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.As(err, &netErr) && netErr.Timeout():
		return evidence.Fail(evidence.Timeout, text, err)
	case errors.As(err, &dnsErr):
		return evidence.Fail(evidence.Malformed, text, err)
	}
	return evidence.Fail(evidence.Unknown, text, err)
}

// system asks the operating system's own look-up.
func (r *Resolver) system(ctx context.Context, name string) Answer {
	a := Answer{Began: r.Now(), Chosen: true, Detail: evidence.Resolve{Name: name, Server: "system"}}
	if r.System == nil {
		a.Failure = evidence.Fail(evidence.Unreachable, "no name server is configured", nil)
		return a
	}
	addrs, err := r.System(ctx, name)
	a.Took = r.Now().Sub(a.Began)
	a.Detail.Addresses = r.sift(addrs)
	var dnsErr *net.DNSError
	switch {
	case err != nil && errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		a.Failure = evidence.Fail(evidence.NXDomain, r.Scribe.Text(err.Error()), err)
	case err != nil:
		a.Failure = r.classifyError(err)
	case len(a.Detail.Addresses) == 0:
		a.Failure = evidence.Fail(evidence.NoData, "no address of the wanted family", nil)
	}
	return a
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
