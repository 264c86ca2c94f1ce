package resolve

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
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

// noneWanted is the text of an answer whose addresses are all of the other family.
const noneWanted = "no address of the wanted family"

// query is how the questions of a look-up are put.
type query struct {
	server Server
	// unchecked sets CD.
	unchecked bool
}

// askServer asks one server for the name's addresses of both families, and
// goes through the candidates of the search list until one exists.
func (r *Resolver) askServer(ctx context.Context, server, name string) Answer {
	s, err := ParseServer(server)
	if err != nil {
		return Answer{Began: r.Now(), Peer: server, Detail: evidence.Resolve{Name: name, Server: server},
			Failure: evidence.Fail(evidence.Unreachable, r.Scribe.Text(err.Error()), err)}
	}
	if s.Transport == UDP && r.Conf.TCP {
		s.Transport = TCP
	}
	return r.put(ctx, query{server: s}, server, name, r.Conf.Names(name))
}

// AskUnchecked asks one server for a name without the validation of signatures:
// an answer now, after SERVFAIL before, says that DNSSEC is what failed.
func (r *Resolver) AskUnchecked(ctx context.Context, server, name string) Answer {
	a := r.askOnce(ctx, server, name, true)
	a.Detail.CheckingDisabled = a.Detail.Transport != ""
	return a
}

// AskBare asks one server for a name as it is, without the search list.
func (r *Resolver) AskBare(ctx context.Context, server, name string) Answer {
	return r.askOnce(ctx, server, name, false)
}

// askOnce asks one server for one name.
func (r *Resolver) askOnce(ctx context.Context, server, name string, unchecked bool) Answer {
	s, err := ParseServer(server)
	if err != nil {
		return r.askServer(ctx, server, name)
	}
	return r.put(ctx, query{server: s, unchecked: unchecked}, server, name, []string{name})
}

// put asks for the candidates in turn until one has an address. As in Go, one that a
// server refuses or fails to look up does not end the list, and the failure is that of the name
// itself (net/dnsclient_unix.go, goLookupIPCNAMEOrder). Silence ends it: each further
// question would cost a hop's time.
func (r *Resolver) put(ctx context.Context, q query, server, name string, candidates []string) Answer {
	a := Answer{Began: r.Now(), Peer: q.server.Address(),
		Detail: evidence.Resolve{Name: name, Server: server, Transport: q.server.Transport, Default: r.Default}}
	for _, candidate := range candidates {
		questions, addrs, local, err := r.askFamilies(ctx, q, candidate)
		a.Detail.Questions = append(a.Detail.Questions, questions...)
		a.Local = local
		if a.Detail.Addresses = r.sift(addrs); len(a.Detail.Addresses) > 0 {
			a.Failure = nil
			break
		}
		failure := r.classify(ctx, questions, err)
		if len(addrs) > 0 && failure.Kind == evidence.NoData {
			failure = evidence.Fail(evidence.NoData, noneWanted, nil)
		}
		if a.Failure == nil || candidate == strings.TrimSuffix(name, ".") {
			a.Failure = failure
		}
		if err != nil {
			break
		}
	}
	for _, question := range a.Detail.Questions {
		if question.Transport == TCP {
			a.Detail.Transport = TCP
		}
	}
	a.Took = r.Now().Sub(a.Began)
	return a
}

type reply struct {
	question evidence.Question
	addrs    []netip.Addr
	local    string
	err      error
}

// askFamilies asks A and AAAA side by side.
func (r *Resolver) askFamilies(ctx context.Context, q query, name string) ([]evidence.Question, []netip.Addr, string, error) {
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
		wg.Go(func() { replies[i] = r.ask(ctx, q, name, t) })
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
func (r *Resolver) ask(ctx context.Context, q query, name string, qtype uint16) reply {
	began := r.Now()
	p := reply{question: evidence.Question{Name: r.Scribe.Short(name, 255), Type: dns.TypeToString[qtype],
		ExtendedError: -1, Transport: q.server.Transport}}
	m := new(dns.Msg)
	if _, ok := dns.IsDomainName(name); !ok {
		p.err = fmt.Errorf("%q: %w", redact.Text(name, 80), errNoName)
		p.question.Error = r.Scribe.Text(p.err.Error())
		return p
	}
	m.SetQuestion(dns.Fqdn(name), qtype)
	m.SetEdns0(udpSize, false)
	// Without AD in the question no answer says that it was validated (RFC 6840
	// section 5.7).
	m.AuthenticatedData, m.CheckingDisabled = true, q.unchecked
	in, err := r.exchange(ctx, q.server, m, &p)
	p.err = err
	p.question.TookMS = milliseconds(r.Now().Sub(began))
	if err != nil {
		p.question.Error = r.Scribe.Text(err.Error())
		return p
	}
	r.read(in, &p)
	return p
}

// exchange sends a question by the server's transport and returns the answer.
func (r *Resolver) exchange(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	switch s.Transport {
	case TCP:
		return r.overTCP(ctx, s, m, p)
	case TLS:
		return r.overTLS(ctx, s, m, p)
	case HTTPS:
		return r.overHTTPS(ctx, s, m, p)
	}
	in, err := r.overUDP(ctx, s, m, p)
	if err != nil || !in.Truncated {
		return in, err
	}
	p.question.Truncated, p.question.Transport = true, TCP
	if in, err = r.overTCP(ctx, s, m, p); err != nil {
		return nil, fmt.Errorf("%w: %w", errCut, err)
	}
	return in, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
