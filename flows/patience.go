package flows

import (
	"time"

	"pullpath/internal/evidence"
)

// patience returns how long a step of the path is waited for: the limit of one hop, or as
// long as the client would wait. What the client has no limit for ends with the run.
func (r *run) patience(op evidence.Op) time.Duration {
	if !r.cfg.ClientPatience {
		return r.cfg.HopTimeout
	}
	own := r.cfg.shape().speaks.Waits
	limit := map[evidence.Op]time.Duration{evidence.OpDial: own.Dial, evidence.OpTunnel: own.Connect, evidence.OpHandshake: own.Handshake,
		evidence.OpResolve: r.lookupPatience()}[op]
	if limit == 0 || limit > r.cfg.Timeout {
		return r.cfg.Timeout
	}
	return limit
}

// lookupPatience returns how long a stub resolver asks: every server, as often as it is
// configured to, each time for as long (resolv.conf(5)).
func (r *run) lookupPatience() time.Duration {
	stub := r.net.Resolver.Stub()
	if stub == nil {
		return 0
	}
	each := time.Duration(stub.TimeoutMS * float64(time.Millisecond))
	return each * time.Duration(max(stub.Attempts, 1)*max(len(r.net.Resolver.Servers), 1))
}
