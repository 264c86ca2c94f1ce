package resolve

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/miekg/dns"
)

const messageType = "application/dns-message"

func (r *Resolver) tlsConfig(s Server) *tls.Config {
	return &tls.Config{ServerName: s.Name, RootCAs: r.Roots, Time: r.Now, MinVersion: tls.VersionTLS12, KeyLogWriter: r.KeyLog}
}

// overTLS asks as RFC 7858 has it.
func (r *Resolver) overTLS(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	return r.conversation(ctx, "tcp", s, p, func(conn net.Conn) (*dns.Msg, error) {
		secure := tls.Client(conn, r.tlsConfig(s))
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return stream(secure, m, p)
	})
}

// overHTTPS asks as RFC 8484 has it, by POST and with ID 0. It goes to the
// server straight, past any proxy. The connection is made here and not by the
// transport, whose dial may outlive the request.
func (r *Resolver) overHTTPS(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	m.Id = 0
	question, err := m.Pack()
	if err != nil {
		return nil, err
	}
	return r.conversation(ctx, "tcp", s, p, func(conn net.Conn) (*dns.Msg, error) {
		transport := &http.Transport{TLSClientConfig: r.tlsConfig(s), ForceAttemptHTTP2: true, DisableKeepAlives: true, DialContext: once(conn)}
		defer transport.CloseIdleConnections()
		data, err := post(ctx, transport, "https://"+net.JoinHostPort(s.Name, s.Port)+s.Path, question)
		if err != nil {
			return nil, err
		}
		p.question.Size = len(data)
		return unpack(data, m)
	})
}

// once returns a dial that gives out a connection. A transport dials again where the
// server ended the first one before it took the request.
func once(conn net.Conn) func(context.Context, string, string) (net.Conn, error) {
	var given atomic.Bool
	return func(context.Context, string, string) (net.Conn, error) {
		if given.Swap(true) {
			return nil, fmt.Errorf("the server took no request: %w", io.EOF)
		}
		return conn, nil
	}
}

// post sends a question and returns the body of the answer.
func post(ctx context.Context, transport *http.Transport, address string, question []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", messageType)
	req.Header.Set("Accept", messageType)
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s", errNoDNS, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxMessage))
}
