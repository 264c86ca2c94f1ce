package flows

import (
	"crypto/tls"

	"pullpath/internal/evidence"
)

// rawChain repeats a handshake that ended at a certificate which cannot be parsed,
// in the version that does not encrypt certificates.
const rawChain = "raw-chain"

func (w *walk) rawChainJobs() []sideProbe {
	failed := w.session.broken
	if failed == nil || failed.hop.Op != evidence.OpHandshake || failed.hop.Role == evidence.Proxy || !failed.hop.FailedWith(evidence.MalformedCertificate) ||
		len(evidence.DetailOf[evidence.Handshake](failed.hop).Chain) > 0 {
		return nil
	}
	shape := w.run.cfg.shape().hello
	shape.MaxVersion = tls.VersionTLS12
	try := helloProbe{kind: rawChain, name: w.lane.target.Host, shape: shape}
	return []sideProbe{{kind: try.kind, run: func() { w.probeHello(failed, try) }}}
}
