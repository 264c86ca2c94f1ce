package tlsinspect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"pullpath/internal/evidence"
)

// negative gives a certificate a negative serial number. Its signature does not
// hold any more, which nobody comes to see.
func negative(t *testing.T, cert *x509.Certificate) []byte {
	t.Helper()
	var whole struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.Raw, &whole); err != nil {
		t.Fatal(err)
	}
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(cert.RawTBSCertificate, &fields); err != nil {
		t.Fatal(err)
	}
	serial, err := asn1.Marshal(new(big.Int).Neg(cert.SerialNumber))
	if err != nil {
		t.Fatal(err)
	}
	fields[1] = asn1.RawValue{FullBytes: serial}
	tbs, err := asn1.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	whole.TBS = asn1.RawValue{FullBytes: tbs}
	der, err := asn1.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCertificatesThatCannotBeParsedAreKept(t *testing.T) {
	root := issue(t, nil, authority("Odd Root"))
	good := issue(t, root, leaf(nil))
	odd := negative(t, good.cert)
	for _, row := range []struct {
		name  string
		max   uint16
		chain [][]byte
		// problems tells of each certificate that is kept whether it is one that
		// crypto/x509 refuses.
		problems []bool
	}{
		{"the leaf, TLS 1.2", tls.VersionTLS12, [][]byte{odd, root.cert.Raw}, []bool{true, false}},
		{"the authority, TLS 1.2", tls.VersionTLS12, [][]byte{good.cert.Raw, negative(t, root.cert)}, []bool{false, true}},
		{"the leaf, TLS 1.3", tls.VersionTLS13, [][]byte{odd, root.cert.Raw}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			conn := wire(t, func(conn net.Conn) {
				_ = tls.Server(conn, &tls.Config{MaxVersion: row.max, Certificates: []tls.Certificate{{Certificate: row.chain,
					PrivateKey: good.key}}}).Handshake()
				_, _ = io.Copy(io.Discard, conn)
			})
			res := Handshake(t.Context(), conn, options(Stores{Client: pool(root)}))
			_ = conn.Close()
			if kind(res.Failure) != evidence.MalformedCertificate || res.Detail.Completed() {
				t.Fatalf("kind %q, completed %v", kind(res.Failure), res.Detail.Completed())
			}
			var problems []bool
			for _, c := range res.Detail.Chain {
				problems = append(problems, strings.Contains(c.Problem, "negative serial number"))
				if c.Subject == "" || c.Issuer != "CN=Odd Root" || c.Key != "ECDSA P-256" || c.NotAfter.IsZero() || len(c.SPKI) != 64 {
					t.Errorf("kept: %+v", c)
				}
			}
			if !slices.Equal(problems, row.problems) {
				t.Fatalf("problems %v, want %v", problems, row.problems)
			}
			if len(problems) > 0 && problems[0] && !slices.Equal(res.Detail.Chain[0].Names, []string{host}) {
				t.Errorf("names %q", res.Detail.Chain[0].Names)
			}
		})
	}
}

func TestCertificateMessages(t *testing.T) {
	record := func(fragment ...byte) []byte {
		return append([]byte{recordHandshake, 3, 3, byte(len(fragment) >> 8), byte(len(fragment))}, fragment...)
	}
	message := []byte{messageCertificate, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0}
	hello := []byte{2, 0, 0, 1, 9}
	for name, row := range map[string]struct {
		stream []byte
		want   int
	}{
		"alone":            {record(message...), 1},
		"behind a hello":   {append(record(hello...), record(message...)...), 1},
		"in one record":    {record(append(hello, message...)...), 1},
		"in two records":   {append(record(message[:5]...), record(message[5:]...)...), 1},
		"cut":              {record(message[:8]...), 0},
		"a cut record":     {record(message...)[:9], 0},
		"no handshake":     {[]byte("HTTP/1.1 403"), 0},
		"encrypted":        {[]byte{23, 3, 3, 0, 1, 0}, 0},
		"an empty message": {record(messageCertificate, 0, 0, 3, 0, 0, 0), 0},
		"nothing":          {nil, 0},
	} {
		if got := certificateMessage(row.stream); len(got) != row.want {
			t.Errorf("%s: %d certificates, want %d", name, len(got), row.want)
		}
	}
}

func FuzzCertificateMessage(f *testing.F) {
	f.Add([]byte{recordHandshake, 3, 3, 0, 12, messageCertificate, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		cost.Linear(t, len(stream), func() {
			certs := certificateMessage(stream)
			if len(certs) > maxChain {
				t.Errorf("%d certificates", len(certs))
			}
			for _, c := range (Options{}).unparsed(certs) {
				if c.SHA256 == "" || bytes.ContainsRune([]byte(c.Subject), 0x1b) {
					t.Errorf("kept %+v", c)
				}
			}
		})
	})
}
