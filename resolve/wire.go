package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/neterr"
)

const (
	// resendAfter is how long an answer over UDP is waited for before the
	// question is sent again: a lost packet must not be taken for a dead server.
	// dig(1) waits five seconds, which is a whole hop here.
	resendAfter = time.Second
	// maxSends bounds the questions of one exchange: three tries, as of every
	// probe (docs/rules.md, rule 7).
	maxSends = 3
	// maxStrays bounds the answers to somebody else's question that are passed
	// over before a flood is called one.
	maxStrays = 100
	// maxMessage is the longest DNS message (RFC 1035 section 4.2.2).
	maxMessage = 65535
)

var (
	errNoName = errors.New("no domain name")
	errCut    = errors.New("the answer over UDP was cut, and over TCP none came")
	errStray  = errors.New("answers came with a wrong ID or to another question, and none to ours")
	errNoDNS  = errors.New("the answer is not a DNS message")
)

// conversation dials a server and runs f on the connection, which the context
// ends.
func (r *Resolver) conversation(ctx context.Context, network string, s Server, p *reply,
	f func(net.Conn) (*dns.Msg, error)) (*dns.Msg, error) {
	address, err := r.address(ctx, s)
	if err != nil {
		return nil, err
	}
	conn, err := r.Dial(ctx, network, address)
	if err != nil {
		p.question.Unsent = p.question.Tries == 0 && endedHere(err)
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	p.local = conn.LocalAddr().String()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	in, err := f(conn)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return nil, fmt.Errorf("given up: %w", context.Canceled)
	}
	return in, err
}

// address returns where a server is dialled. The name of a TLS or HTTPS server is
// looked up by the system.
func (r *Resolver) address(ctx context.Context, s Server) (string, error) {
	if isAddress(s.Host) {
		return s.Address(), nil
	}
	if r.System == nil {
		return "", fmt.Errorf("the name server's own name %s cannot be looked up", s.Host)
	}
	addrs, err := r.System(ctx, s.Host)
	if err != nil {
		return "", err
	}
	found := r.sift(addrs)
	if len(found) == 0 {
		return "", fmt.Errorf("the name server's own name %s has no address", s.Host)
	}
	return net.JoinHostPort(found[0], s.Port), nil
}

// overUDP sends the question, again when nothing comes, and passes over what
// does not answer it.
func (r *Resolver) overUDP(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	return r.conversation(ctx, "udp", s, p, func(conn net.Conn) (*dns.Msg, error) {
		question, err := m.Pack()
		if err != nil {
			return nil, err
		}
		buf := make([]byte, maxMessage)
		for {
			if _, err := conn.Write(question); err != nil {
				p.question.Unsent = p.question.Tries == 0 && endedHere(err)
				return nil, err
			}
			p.question.Tries++
			in, err := await(ctx, conn, m, buf, p)
			if err == nil || !neterr.IsTimeout(err) || ctx.Err() != nil {
				return in, strayed(err, p)
			}
			if p.question.Tries == maxSends {
				return waitOut(ctx, conn, m, buf, p)
			}
		}
	})
}

// await reads until the answer to the question is there or it is time to send
// it again.
func await(ctx context.Context, conn net.Conn, m *dns.Msg, buf []byte, p *reply) (*dns.Msg, error) {
	if err := conn.SetReadDeadline(time.Now().Add(resendAfter)); err != nil {
		return nil, err
	}
	return listen(ctx, conn, m, buf, p)
}

// waitOut reads until the context ends: the question was sent often enough.
func waitOut(ctx context.Context, conn net.Conn, m *dns.Msg, buf []byte, p *reply) (*dns.Msg, error) {
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	in, err := listen(ctx, conn, m, buf, p)
	return in, strayed(err, p)
}

func listen(ctx context.Context, conn net.Conn, m *dns.Msg, buf []byte, p *reply) (*dns.Msg, error) {
	for {
		// The deadline that the context sets may just have been replaced.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		in, err := unpack(buf[:n], m)
		if !errors.Is(err, errStray) {
			p.question.Size = n
			return in, err
		}
		if p.question.Strays++; p.question.Strays >= maxStrays {
			return nil, errStray
		}
	}
}

// strayed says instead of silence that only strays came.
func strayed(err error, p *reply) error {
	if err != nil && neterr.IsTimeout(err) && p.question.Strays > 0 {
		return fmt.Errorf("%d %w", p.question.Strays, errStray)
	}
	return err
}

// unpack reads an answer and holds it against the question. What is somebody
// else's answer is errStray.
func unpack(data []byte, m *dns.Msg) (*dns.Msg, error) {
	if len(data) < 12 || binary.BigEndian.Uint16(data) != m.Id {
		return nil, errStray
	}
	in := new(dns.Msg)
	if err := in.Unpack(data); err != nil && !in.Truncated {
		return nil, fmt.Errorf("%w: %w", errNoDNS, err)
	}
	if !in.Response || !sameQuestion(in, m) {
		return nil, errStray
	}
	return in, nil
}

// sameQuestion allows an answer without the question, as some servers send it
// with an error.
func sameQuestion(in, m *dns.Msg) bool {
	if len(in.Question) == 0 {
		return in.Rcode != dns.RcodeSuccess || in.Truncated
	}
	asked, got := m.Question[0], in.Question[0]
	return got.Qtype == asked.Qtype && got.Qclass == asked.Qclass && strings.EqualFold(got.Name, asked.Name)
}

func (r *Resolver) overTCP(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	return r.conversation(ctx, "tcp", s, p, func(conn net.Conn) (*dns.Msg, error) { return stream(conn, m, p) })
}

// stream asks over a connection that keeps the order: a wrong ID there is not
// a stray answer but a broken server.
func stream(conn net.Conn, m *dns.Msg, p *reply) (*dns.Msg, error) {
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(m); err != nil {
		return nil, err
	}
	data, err := c.ReadMsgHeader(nil)
	if err != nil {
		return nil, err
	}
	p.question.Size = len(data)
	in, err := unpack(data, m)
	if errors.Is(err, errStray) {
		p.question.Strays++
	}
	return in, err
}
