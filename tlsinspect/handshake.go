package tlsinspect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/neterr"
)

// Options say how to shake hands and how to judge.
type Options struct {
	// ServerName goes into the SNI, and the leaf must be valid for it.
	ServerName string
	// Stores are judged against; a nil pool is left out. At is the host, or host:port where the
	// port is not that of https, by which the stores of further clients are chosen.
	Stores Stores
	At     string
	// Logs are the transparency logs by whose keys timestamps are checked; nil
	// where that is not looked at, for the reason in NoLogs.
	Logs   *TransparencyLogs
	NoLogs string
	// Now is the clock by which dates are judged.
	Now func() time.Time
	// ALPN are the protocols to offer. The container clients' libraries offer
	// none (measured: containers/image, containerd).
	ALPN []string
	// Shape is the content of the ClientHello; the zero value is Go's own.
	Shape Shape
	// Unverified takes any chain, as a client does that is told to: what is wrong with it is in
	// the detail, and no failure.
	Unverified bool
	// Delivered says what became of the bytes that were sent on a connection; nil where that
	// is not looked at. It is asked where no answer came.
	Delivered func(net.Conn) *evidence.Delivery
	// KeyLog gets the connection's secrets in the form that Wireshark reads (crypto/tls,
	// Config.KeyLogWriter); nil for nobody. Who has them reads what was said.
	KeyLog io.Writer
	// Keys are the secrets of connections that are overheard, nil for none.
	Keys *KeyLog
	// Scribe makes texts fit to be kept.
	Scribe evidence.Scribe
}

// Result is the outcome of a handshake: the connection where it completed, what was
// seen, and the failure that the client under test would report.
type Result struct {
	// Conn is nil when the handshake did not complete. It is not nil for a chain
	// that the client would refuse; look at Failure first.
	Conn    *tls.Conn
	Detail  evidence.Handshake
	Failure *evidence.Failure
	// Chain is the presented chain as it came, DER, in the order of the wire.
	Chain [][]byte
}

// Handshake shakes hands over conn, which stays the caller's to close. The
// context bounds it.
func Handshake(ctx context.Context, conn net.Conn, opts Options) Result {
	wire := &tee{Conn: conn, delivered: opts.Delivered}
	if opts.Shape.Split {
		wire.pause = pauseIn(ctx)
	}
	config := opts.config()
	res := Result{Detail: evidence.Handshake{ServerName: config.ServerName}}
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		res.Detail.ClientCertificate = opts.wanted(info)
		return &tls.Certificate{}, nil
	}
	client := tls.Client(wire, config)
	err := client.HandshakeContext(ctx)
	res.Detail.BytesSent, res.Detail.BytesReceived = wire.sent.Load(), wire.received.Load()
	res.Detail.HelloBytes = wire.firstWrite.Load()
	for _, g := range opts.Shape.Groups {
		res.Detail.Groups = append(res.Detail.Groups, g.String())
	}
	res.Detail.Warnings = warnings(wire.first())
	if err != nil {
		res.Failure = opts.classify(ctx, err, wire, &res.Detail)
		return res
	}
	wire.release()
	res.Conn = client
	state := client.ConnectionState()
	for _, c := range state.PeerCertificates {
		res.Chain = append(res.Chain, c.Raw)
	}
	opts.describe(&res.Detail, state)
	if failure := opts.judge(&res.Detail, state.PeerCertificates); !opts.Unverified {
		res.Failure = failure
	}
	res.Detail.Unverified = opts.Unverified
	return res
}

// classify reads the error of a handshake that did not complete.
func (o Options) classify(ctx context.Context, err error, wire *tee, d *evidence.Handshake) *evidence.Failure {
	text := o.Scribe.Text(err.Error())
	first := wire.first()
	var op *net.OpError
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &op) && op.Op == "remote error":
		number, name := AlertOf(err)
		d.Alert, d.AlertName = number, o.Scribe.Text(name)
		return evidence.Fail(evidence.Alert, text, err)
	case errors.As(err, &header):
		d.FirstBytes = o.Scribe.FirstBytes(first)
		d.Page = o.page(ctx, wire)
		return evidence.Fail(evidence.NotTLS, "the peer's first bytes are no TLS record: "+d.FirstBytes, err)
	case isParse(err):
		d.Chain = o.unparsed(certificateMessage(wire.flight()))
		return evidence.Fail(evidence.MalformedCertificate, text, err)
	case neterr.IsReset(err), neterr.IsBroken(err):
		return evidence.Fail(evidence.Reset, text, err)
	case neterr.IsClosed(err):
		return evidence.Fail(evidence.Closed, "the peer closed the connection in the handshake ("+text+")", err)
	case neterr.IsTimeout(err), errors.Is(err, context.Canceled):
		d.Delivery = wire.outcome()
		return evidence.Fail(evidence.Timeout, text, err)
	case errors.As(err, &op) && op.Op == "local error", isProtocol(err):
		return evidence.Fail(evidence.Protocol, text, err)
	}
	return evidence.Fail(evidence.Unknown, text, err)
}

// AlertOf returns the number and the name of the fatal alert with which the
// peer ended a connection (RFC 8446 section 6), 0 for any other error.
// tls.AlertError never matches over TCP; what comes is crypto/tls's own uint8
// type inside a net.OpError (conn.go, readRecordOrCCS).
func AlertOf(err error) (int, string) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, ""
	}
	if v := reflect.ValueOf(op.Err); v.IsValid() && v.Kind() == reflect.Uint8 {
		return int(v.Uint()), op.Err.Error()
	}
	return 0, op.Err.Error()
}
