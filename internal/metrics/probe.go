package metrics

import (
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// The metrics of blackbox_exporter that a probe has too, under its names and in its units, so that
// rules and dashboards that are there read them
// (https://github.com/prometheus/blackbox_exporter/blob/v0.27.0/prober/handler.go and http.go).
var (
	probeSuccess  = probeDesc("success", "1 where no error was found on the path.")
	probeDuration = probeDesc("duration_seconds", "How long the walk took.")
	probeLookup   = probeDesc("dns_lookup_time_seconds", "The slowest look-up on the path.")
	probeStatus   = probeDesc("http_status_code", "The status of the last answer on the path; 0 for none.")
	probeExpiry   = probeDesc("ssl_earliest_cert_expiry", "When the first certificate of a presented chain expires, in Unix time.")
	probeFamily   = probeDesc("ip_protocol", "4 or 6: the family of the first connection; 0 for none.")
)

func probeDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("probe_"+name, help, nil, nil)
}

// NewProbe returns a registry of one run, with the names of blackbox_exporter beside those of
// [NewRegistry].
func NewProbe(build Build, limits Limits, r Run) *prometheus.Registry {
	registry := NewRegistry(build, limits, Once{r})
	registry.MustRegister(&probe{r})
	return registry
}

type probe struct{ run Run }

// Describe implements [prometheus.Collector].
func (p *probe) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{probeSuccess, probeDuration, probeLookup, probeStatus, probeExpiry, probeFamily} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (p *probe) Collect(out chan<- prometheus.Metric) {
	status := p.run.Result.Verdict.Status
	gauge(out, probeSuccess, number(status == diagnosis.StatusPass || status == diagnosis.StatusWarn))
	gauge(out, probeDuration, p.run.took().Seconds())
	lookup, code, family, expiry := 0.0, 0, 0, int64(0)
	for _, h := range p.run.Trace.Hops {
		if !h.OnPath() || h.State == evidence.Skipped {
			continue
		}
		switch d := h.Detail.(type) {
		case evidence.Resolve:
			lookup = max(lookup, h.TookMS/1000)
		case evidence.Request:
			code = d.Code
		case evidence.Handshake:
			for _, c := range d.Chain {
				if at := c.NotAfter.Unix(); expiry == 0 || at < expiry {
					expiry = at
				}
			}
		case evidence.Dial:
			if family == 0 {
				family = familyOf(h.Peer)
			}
		}
	}
	gauge(out, probeLookup, lookup)
	gauge(out, probeStatus, float64(code))
	gauge(out, probeFamily, float64(family))
	if expiry != 0 {
		gauge(out, probeExpiry, float64(expiry))
	}
}

func familyOf(peer string) int {
	at, err := netip.ParseAddrPort(peer)
	switch {
	case err != nil:
		return 0
	case at.Addr().Unmap().Is4():
		return 4
	}
	return 6
}
