package flows

import (
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/settings"
	"pullpath/tlsinspect"
)

// HostSurvey is what the files of a host say about clients other than the client under
// test.
type HostSurvey struct {
	// Others are the other clients of the host. Their ways are recorded where they differ
	// from the run's own.
	Others []settings.Client
	// Stores are the trust stores of the host's clients, TrustStores what a report says of
	// them, and CAInstall how a CA is installed on the host.
	Stores      []tlsinspect.NamedPool
	TrustStores []evidence.TrustStore
	CAInstall   string
	// Strays are the CA files in folders of registries that the client under test does not read
	// for any of Registries, those of the run as names of images write them.
	Strays     []settings.StrayCA
	Registries []string
	// Unread are the places of the host that may decide for a client and were not read.
	Unread []string
}

// surveyGrace is how long a run that has ended waits for the survey of the host. It reads
// files in a tenth of that; a disk that does not answer must not hold up a report.
const surveyGrace = 300 * time.Millisecond

// surveyHost adds what is known about the host's other clients: their routes, and
// whether they trust what was presented. Nothing is sent for it.
func (r *run) surveyHost() {
	if r.cfg.Survey != nil {
		r.awaitSurvey()
	}
	for _, w := range r.planned() {
		if w.root != nil {
			w.others(w.root)
		}
	}
	r.strayCAs()
	for _, t := range append(r.chains.inOrder(), r.proxyChains.inOrder()...) {
		if trust := t.opts.TrustOf(t.chain, r.survey.Stores); len(trust) > 0 {
			d := evidence.DetailOf[evidence.Handshake](t.hop.Hop)
			d.Clients = trust
			t.hop.Detail = d
		}
	}
}

// awaitSurvey waits for the survey, and little longer than the run lasts.
func (r *run) awaitSurvey() {
	done := make(chan HostSurvey, 1)
	go func() { done <- r.cfg.Survey() }()
	select {
	case r.survey = <-done:
		return
	case <-r.ctx.Done():
	}
	timer := time.NewTimer(surveyGrace)
	defer timer.Stop()
	select {
	case r.survey = <-done:
	case <-timer.C:
	}
}

// vantage returns where the run looked from, with what the survey found.
func (r *run) vantage() evidence.Vantage {
	out := r.net.Vantage
	out.TrustStores, out.CAInstall, out.Unread = r.survey.TrustStores, r.survey.CAInstall, r.survey.Unread
	return out
}
