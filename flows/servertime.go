package flows

import (
	"net/http"

	"pullpath/internal/evidence"
)

// serverTime names the probe that asks a server for its clock.
const serverTime = "server-time"

// untimed tells that a chain was refused for its dates and that nothing was
// asked of its host since: what its clock says would tell whose clock is wrong.
func (w *walk) untimed() bool {
	n := w.session.node
	if n == nil || w.session.conn == nil || w.session.trusted {
		return false
	}
	w.run.rec.mu.Lock()
	defer w.run.rec.mu.Unlock()
	if !n.hop.FailedWith(evidence.Expired, evidence.NotYetValid) {
		return false
	}
	for _, o := range w.lane.hops {
		if o.hop.Op == evidence.OpRequest && o.hop.State != evidence.Skipped {
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
	w.request(ask{stepName: serverTime, method: "GET", url: w.base() + "/", header: http.Header{}, expect: expectDate, limit: pageLimit})
}
