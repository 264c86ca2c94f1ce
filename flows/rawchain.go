package flows

import (
	"crypto/tls"

	"pullpath/internal/evidence"
)

func (w *walk) rawChainJobs() []sideProbe {
	failed := w.session.broken
	if failed == nil || failed.Op != evidence.OpHandshake || failed.Role == evidence.Proxy ||
		!failed.FailedWith(evidence.MalformedCertificate) ||
		len(evidence.DetailOf[evidence.Handshake](failed.Hop).Chain) > 0 {
		return nil
	}
	shape := w.run.cfg.shape().hello()
	shape.MaxVersion = tls.VersionTLS12
	try := helloProbe{kind: evidence.ProbeRawChain, name: w.log.target.Host, shape: shape}
	return []sideProbe{{kind: try.kind, run: func() { w.probeHello(failed, try) }}}
}
