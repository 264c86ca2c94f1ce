package resolve

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/miekg/dns"
)

const messageType = "application/dns-message"

func (r *Resolver) tlsConfig(s Server) *tls.Config {
	return &tls.Config{ServerName: s.Name, RootCAs: r.Roots, Time: r.Now, MinVersion: tls.VersionTLS12}
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
// server straight, past any proxy.
func (r *Resolver) overHTTPS(ctx context.Context, s Server, m *dns.Msg, p *reply) (*dns.Msg, error) {
	m.Id = 0
	question, err := m.Pack()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: r.tlsConfig(s), ForceAttemptHTTP2: true, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			address, err := r.address(ctx, s)
			if err != nil {
				return nil, err
			}
			conn, err := r.Dial(ctx, network, address)
			if err == nil {
				p.local = conn.LocalAddr().String()
			}
			return conn, err
		}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+net.JoinHostPort(s.Name, s.Port)+s.Path, bytes.NewReader(question))
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
	data, err := io.ReadAll(io.LimitReader(res.Body, maxMessage))
	if err != nil {
		return nil, err
	}
	p.question.Size = len(data)
	return unpack(data, m)
}
