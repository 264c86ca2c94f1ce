package tlsinspect

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// Shape is the content of the ClientHello of a client, or of a side probe that finds
// out what is not let through. Its values are crypto/tls's; zero means Go's own.
type Shape struct {
	// Suites are the cipher suites of TLS 1.2 and before that are offered; none
	// means Go's own. Those of TLS 1.3 are always offered with it.
	Suites []uint16
	// NoServerName leaves the SNI out. The chain is judged for the name all the
	// same.
	NoServerName bool
	// Groups are the key-exchange groups that are offered; none means Go's own.
	Groups []tls.CurveID
	// Classical offers no post-quantum group, which makes the ClientHello small
	// enough for one segment (302 bytes where Go's own has 1512, Go 1.26).
	Classical bool
	// Filler is how many bytes of made-up protocol names are offered by ALPN
	// behind those that registries know, to make a ClientHello large without a
	// group that a middlebox may not know.
	Filler int
	// MinVersion and MaxVersion bound the versions offered.
	MinVersion, MaxVersion uint16
	// Split writes the ClientHello in two parts, with a pause between them, so
	// that it comes in two TCP segments however small it is.
	Split bool
}

// ModernSuites returns the six AEAD suites to which docker, podman, skopeo and
// CRI-O limit themselves (go-connections, tlsconfig/config.go,
// defaultCipherSuites; containers/image, docker/docker_client.go).
func ModernSuites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// LegacySuites returns all that crypto/tls can speak before TLS 1.3, those that Go
// no longer offers included: key exchange by RSA since 1.22, 3DES since 1.23.
func LegacySuites() []uint16 {
	var out []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			out = append(out, s.ID)
		}
	}
	return out
}

// fillerName is the length of one made-up protocol name: its most is 255 (RFC
// 7301 section 3.1).
const fillerName = 250

// maxAuthorities bounds the names that are kept of a wish for a client's
// certificate: servers that send every root they know send hundreds.
const maxAuthorities = 8

func (o Options) config() *tls.Config {
	s := o.Shape
	c := &tls.Config{
		ServerName: o.ServerName, NextProtos: o.ALPN, Time: o.Now, CipherSuites: s.Suites,
		MinVersion: s.MinVersion, MaxVersion: s.MaxVersion, KeyLogWriter: o.KeyLog,
		// Judged afterwards, aspect by aspect; see the package comment.
		InsecureSkipVerify: true, //nolint:gosec // the point of this package
	}
	if s.NoServerName {
		c.ServerName = ""
	}
	c.CurvePreferences = s.Groups
	if s.Classical {
		c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}
	}
	if s.Filler > 0 {
		c.NextProtos = append([]string{"h2", "http/1.1"}, filler(s.Filler)...)
	}
	return c
}

// errHello ends a handshake of which only the first message is wanted.
var errHello = errors.New("the ClientHello is all that is wanted")

// onlyHello keeps the first write and goes no further.
type onlyHello struct {
	net.Conn
	first []byte
}

func (o *onlyHello) Write(p []byte) (int, error) {
	o.first = slices.Clone(p)
	return 0, errHello
}

// Hello returns the ClientHello that [Handshake] would send, with its record header.
func Hello(ctx context.Context, opts Options) ([]byte, error) {
	near, far := net.Pipe()
	_ = far.Close()
	keep := &onlyHello{Conn: near}
	if err := tls.Client(keep, opts.config()).HandshakeContext(ctx); !errors.Is(err, errHello) {
		return nil, fmt.Errorf("make a ClientHello: %w", err)
	}
	return keep.first, nil
}

// filler makes protocol names of n bytes in all.
func filler(n int) []string {
	var out []string
	for ; n > 0; n -= fillerName {
		// A letter per name, for a server may refuse a list with a name twice.
		out = append(out, strings.Repeat(string(rune('a'+len(out)%26)), min(n, fillerName)))
	}
	return out
}

// wanted returns what a server says about the certificate that it wants.
func (o Options) wanted(info *tls.CertificateRequestInfo) *evidence.CertificateRequest {
	out := &evidence.CertificateRequest{}
	for _, raw := range info.AcceptableCAs[:min(len(info.AcceptableCAs), maxAuthorities)] {
		var sequence pkix.RDNSequence
		var name pkix.Name
		if _, err := asn1.Unmarshal(raw, &sequence); err != nil {
			continue
		}
		name.FillFromRDNSequence(&sequence)
		out.Authorities = append(out.Authorities, o.Scribe.Text(name.String()))
	}
	return out
}
