package flows

import (
	"crypto/tls"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
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
	try := helloProbe{rawChain, w.lane.target.Host, tlsinspect.Shape{MaxVersion: tls.VersionTLS12}}
	return []sideProbe{{kind: try.kind, run: func() { w.probeHello(failed, try) }}}
}
