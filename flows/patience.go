package flows

import (
	"context"
	"time"

	"pullpath/internal/evidence"
)

// waits is how long a client waits for the steps of its path; 0 where it has no limit
// of its own and waits as long as its user does.
type waits struct{ dial, connect, handshake time.Duration }

// The clients' own limits, each from its source.
var (
	// containers/image, docker/docker_client.go and pkg/tlsclientconfig: a dialer of 30
	// s and a TLS handshake of 10 s. net/http, transport.go, dialConn: a CONNECT gets one
	// minute where the request has no deadline. moby (registry/registry.go) and
	// containerd (core/remotes/docker/config/hosts.go) have the same.
	waitsLikePodman = waits{dial: 30 * time.Second, connect: time.Minute, handshake: 10 * time.Second}
	// go-containerregistry, pkg/v1/remote/options.go, DefaultTransport.
	waitsLikeCrane = waits{dial: 5 * time.Second, connect: time.Minute, handshake: 10 * time.Second}
	// curl, lib/connect.h, DEFAULT_CONNECT_TIMEOUT: five minutes for all of them.
	waitsLikeCurl = waits{dial: 5 * time.Minute, connect: 5 * time.Minute, handshake: 5 * time.Minute}
)

// waits is how long this shape's client waits.
func (s Shape) waits() waits {
	switch s.Tool {
	case "crane":
		return waitsLikeCrane
	case "curl":
		return waitsLikeCurl
	}
	return waitsLikePodman
}

// patience is how long a step of the path is waited for: the limit of one hop, or as
// long as the client would wait. What the client has no limit for ends with the run.
func (r *run) patience(op evidence.Op) time.Duration {
	if !r.cfg.ClientPatience {
		return r.cfg.HopTimeout
	}
	own := r.cfg.shape().waits()
	limit := map[evidence.Op]time.Duration{evidence.OpDial: own.dial, evidence.OpTunnel: own.connect, evidence.OpHandshake: own.handshake,
		evidence.OpResolve: r.lookupPatience()}[op]
	if limit == 0 || limit > r.cfg.Timeout {
		return r.cfg.Timeout
	}
	return limit
}

// lookupPatience is how long a stub resolver asks: every server, as often as it is
// configured to, each time for as long (resolv.conf(5)).
func (r *run) lookupPatience() time.Duration {
	stub := r.net.Resolver.Stub()
	if stub == nil {
		return 0
	}
	each := time.Duration(stub.TimeoutMS * float64(time.Millisecond))
	return each * time.Duration(max(stub.Attempts, 1)*max(len(r.net.Resolver.Servers), 1))
}

// wait gives a step of the path its limit.
func (r *run) wait(parent context.Context, op evidence.Op) (context.Context, context.CancelFunc) {
	return context.WithTimeout(parent, r.patience(op))
}
