package flows

import (
	"net/http"

	"pullpath/internal/evidence"
)

// serverTime names the probe that asks a server for its clock.
const serverTime = "server-time"

// untimed reports whether a chain was refused for its dates and its host was not asked
// anything since: the host's clock would show whose clock is wrong.
func (w *walk) untimed() bool {
	n := w.session.hop
	if n == nil || w.session.conn == nil || w.session.trusted {
		return false
	}
	w.run.rec.mu.Lock()
	defer w.run.rec.mu.Unlock()
	if !n.FailedWith(evidence.Expired, evidence.NotYetValid) {
		return false
	}
	for _, o := range w.log.hops {
		if o.Op == evidence.OpRequest && o.State != evidence.Skipped {
			return false
		}
	}
	return true
}

func (w *walk) timeJobs() []sideProbe {
	if !w.untimed() {
		return nil
	}
	return []sideProbe{{kind: serverTime, run: w.probeServerTime}}
}

// probeServerTime asks for the root of a host without credentials, for the Date
// of the answer alone.
func (w *walk) probeServerTime() {
	w.request(ask{step: evidence.StepServerTime, method: "GET", url: w.base() + "/", header: http.Header{},
		expect: expectDate, limit: pageLimit})
}
