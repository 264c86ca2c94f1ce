package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"pullpath/internal/evidence"
	"pullpath/internal/neterr"
)

// classify turns a server's failure to give an address into a kind. It is
// called only when no address came that can be used.
func (r *Resolver) classify(ctx context.Context, questions []evidence.Question, err error) *evidence.Failure {
	if err != nil {
		return r.classifyError(ctx, err)
	}
	rcode := questions[0].Rcode
	for _, q := range questions {
		if q.Rcode != "NOERROR" {
			rcode = q.Rcode
		}
	}
	text := "rcode " + rcode
	kind, ok := map[string]evidence.Kind{"NXDOMAIN": evidence.NXDomain, "SERVFAIL": evidence.ServFail,
		"REFUSED": evidence.Refused, "NOERROR": evidence.NoData}[rcode]
	if !ok {
		kind = evidence.Rcode
	}
	if kind == evidence.NoData {
		text = "no address records (rcode NOERROR)"
	}
	if i := slices.IndexFunc(questions, func(q evidence.Question) bool { return q.ExtendedError >= 0 }); i >= 0 {
		q := questions[i]
		text += fmt.Sprintf(", extended error %d (%s) %s", q.ExtendedError,
			dns.ExtendedErrorCodeToString[uint16(q.ExtendedError)], q.ExtendedText)
	}
	return evidence.Fail(kind, strings.TrimSpace(text), nil)
}

// classifyError gives an exchange without an answer its kind. The order
// matters: what wraps another error is asked first.
func (r *Resolver) classifyError(ctx context.Context, err error) *evidence.Failure {
	text := r.Scribe.Text(err.Error())
	switch {
	case errors.Is(err, context.Canceled), errors.Is(ctx.Err(), context.Canceled):
		return evidence.Fail(evidence.Timeout, text, errors.Join(context.Canceled, err))
	case errors.Is(err, errNoName):
		return evidence.Fail(evidence.NXDomain, text, err) // as Go says, without asking
	case errors.Is(err, errCut):
		return evidence.Fail(evidence.Truncated, text, err)
	case errors.Is(err, errStray), errors.Is(err, errNoDNS):
		return evidence.Fail(evidence.Malformed, text, err)
	case unreachable(err):
		return evidence.Fail(evidence.Unreachable, text, err)
	case neterr.IsTimeout(err):
		return evidence.Fail(evidence.Timeout, text, err)
	}
	var dnsErr *dns.Error
	if errors.As(err, &dnsErr) {
		return evidence.Fail(evidence.Malformed, text, err)
	}
	return evidence.Fail(evidence.Unknown, text, err)
}

// noWay are the errors of a system that has no way to an address, or a rule against it; EINVAL is
// that of a route of the type blackhole (ip-route(8)). A router's ICMP message has some of them too.
var noWay = []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT,
	syscall.EACCES, syscall.EPERM, syscall.EINVAL}

// isOne reports whether an error is one of the system's.
func isOne(err error, errnos ...syscall.Errno) bool {
	return slices.ContainsFunc(errnos, func(errno syscall.Errno) bool { return errors.Is(err, errno) })
}

// endedHere reports whether this host itself ended an attempt to send. Where another
// device did, the dialer's error has its ICMP message.
func endedHere(err error) bool {
	var said interface {
		ICMP() (version int, typ, code uint8, sender netip.Addr, own bool)
	}
	if errors.As(err, &said) {
		if _, _, _, _, own := said.ICMP(); !own {
			return false
		}
	}
	return isOne(err, noWay...)
}

// unreachable: the kernel, a router or TLS says that the server cannot be talked
// to.
func unreachable(err error) bool {
	if isOne(err, syscall.ECONNREFUSED, syscall.ECONNRESET) || isOne(err, noWay...) {
		return true
	}
	var name *net.DNSError
	var verify *tls.CertificateVerificationError
	var hostname x509.HostnameError
	var alert tls.AlertError
	var header tls.RecordHeaderError
	return errors.Is(err, io.EOF) || errors.As(err, &name) || errors.As(err, &verify) || errors.As(err, &hostname) ||
		errors.As(err, &alert) || errors.As(err, &header)
}
