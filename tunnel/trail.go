package tunnel

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"pullpath/internal/evidence"
)

const (
	// TrailLength is how many devices are looked for: paths on the Internet have
	// fewer than thirty, and two trails stay below the run's cap of 64 SYNs
	// (docs/rules.md, rule 7).
	TrailLength = 30
	// trailPatience is how long an answer may take. The kernel repeats a SYN after
	// one second (RFC 6298, initial RTO); ending before keeps it at one for each.
	trailPatience = 950 * time.Millisecond
)

// Walk sends SYNs with a hop limit rising to length to an address and port, all at
// once, and returns who answered. It takes no longer than the context, less than a
// second, and only until everything on the way has answered. The second result
// says what the system did not show; it is empty where it showed all.
func Walk(ctx context.Context, dial LimitedFunc, to netip.AddrPort, length int, now func() time.Time) (evidence.Trail, string) {
	ctx, cancel := context.WithTimeout(ctx, trailPatience)
	defer cancel()
	steps := make([]evidence.TrailStep, length)
	notLooked := ""
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range steps {
		steps[i] = evidence.TrailStep{TTL: i + 1, Answer: evidence.TrailSilence}
	}
	for i := range steps {
		wg.Go(func() {
			step, blind := limited(ctx, dial, to, i+1, now)
			mu.Lock()
			defer mu.Unlock()
			steps[i] = step
			if blind != nil {
				notLooked = blind.NotLooked()
			}
			if complete(steps) {
				cancel()
			}
		})
	}
	wg.Wait()
	return evidence.Trail{Steps: upToTheEnd(steps), Sent: length}, notLooked
}

// limited returns the answer to one SYN, with the error of a system that does not
// show whose it is.
func limited(ctx context.Context, dial LimitedFunc, to netip.AddrPort, limit int, now func() time.Time) (evidence.TrailStep, blindError) {
	step := evidence.TrailStep{TTL: limit, Sender: to.Addr().String()}
	began := now()
	conn, err := dial(ctx, "tcp", to.String(), limit)
	step.TookMS = float64(now().Sub(began).Microseconds()) / 1000
	if err == nil {
		step.Answer = evidence.TrailOpen
		end(conn)
		return step, nil
	}
	var blind blindError
	errors.As(err, &blind)
	step.ICMP = icmpOf(err)
	kind, _ := classifyDial(err)
	switch {
	case timeExceeded(step.ICMP):
		step.Answer, step.Sender = evidence.TrailRouter, step.ICMP.Sender
	case step.ICMP != nil:
		step.Answer, step.Sender = evidence.TrailUnreachable, step.ICMP.Sender
	case kind == evidence.Refused:
		step.Answer = evidence.TrailRefused
	case kind == evidence.Timeout:
		step.Answer, step.Sender, step.TookMS = evidence.TrailSilence, "", 0
	default:
		step.Answer, step.Sender = evidence.TrailUnsent, ""
	}
	return step, blind
}

// end closes a connection that was opened only to see it open, with RST: a FIN
// would need the way of several round trips.
func end(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// complete reports whether nothing before the first answer of the end is open.
func complete(steps []evidence.TrailStep) bool {
	for _, s := range steps {
		switch s.Answer {
		case evidence.TrailSilence:
			return false
		case evidence.TrailRouter:
		default:
			return true
		}
	}
	return true
}

// upToTheEnd leaves out what comes after the first answer that no device on the
// way gave, and the silence after the last answer but for its first step.
func upToTheEnd(steps []evidence.TrailStep) []evidence.TrailStep {
	last := 0
	for i, s := range steps {
		if s.Answer != evidence.TrailRouter && s.Answer != evidence.TrailSilence {
			return steps[:i+1]
		}
		if s.Answer == evidence.TrailRouter {
			last = i + 1
		}
	}
	return steps[:min(last+1, len(steps))]
}
