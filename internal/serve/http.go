package serve

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"pullpath/internal/metrics"
	"pullpath/internal/report"
)

// Handler serves what the server tells.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /probe", s.probe)
	mux.HandleFunc("GET /report", s.report("application/json", func(w io.Writer, r Report) error { return report.JSON(w, r.Trace, r.Result) }))
	mux.HandleFunc("GET /report.html", s.report("text/html; charset=utf-8",
		func(w io.Writer, r Report) error { return report.HTML(w, r.Trace, r.Result, report.TableOptions{}) }))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "healthy\n") })
	mux.HandleFunc("GET /-/ready", s.ready)
	return safe(mux)
}

// safe sets what a browser shall know: pages hold texts of strangers, and no script of ours.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	registry := metrics.NewRegistry(s.Build, s.Config().Limits(), &s.states)
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if !s.Ready() {
		http.Error(w, "the first walks are not made yet", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// module returns the module that a request names; the only one where it names none.
func (s *Server) module(w http.ResponseWriter, r *http.Request) (name string, m Module, ok bool) {
	c := s.Config()
	if name = r.URL.Query().Get("module"); name == "" && len(c.Modules) == 1 {
		for only := range c.Modules {
			name = only
		}
	}
	if m, ok = c.Modules[name]; !ok {
		http.Error(w, fmt.Sprintf("no module %q; give module=NAME with one of %q", name, slices.Sorted(maps.Keys(c.Modules))),
			http.StatusBadRequest)
	}
	return name, m, ok
}

// report serves the last report of a module in a form.
func (s *Server) report(kind string, write func(io.Writer, Report) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, _, ok := s.module(w, r)
		if !ok {
			return
		}
		last, known := s.states.report(name)
		if !known {
			http.Error(w, "module "+name+" was not walked yet", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind)
		if err := write(w, last); err != nil {
			s.Log.Debug("a reader went away", "err", err)
		}
	}
}

// scrapeGrace is how much earlier than Prometheus gives up a probe ends: what was found has to
// arrive (blackbox_exporter's --timeout-offset, 0.5).
const scrapeGrace = 500 * time.Millisecond

// scrapeHeader says how long Prometheus waits.
const scrapeHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// patience is how long a probe may take.
func patience(r *http.Request, m Module) (time.Duration, error) {
	text := r.Header.Get(scrapeHeader)
	if text == "" {
		return m.Timeout, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0) || seconds > 1e6 {
		return 0, fmt.Errorf("%s: %q is no number of seconds", scrapeHeader, text)
	}
	limit := time.Duration(seconds * float64(time.Second))
	if limit > 2*scrapeGrace {
		limit -= scrapeGrace
	}
	return min(limit, m.Timeout), nil
}

// errBusy is the error of a probe that finds no place.
var errBusy = errors.New("as many probes as may be are under way; ask again later")

func (s *Server) probe(w http.ResponseWriter, r *http.Request) {
	name, m, ok := s.module(w, r)
	if !ok {
		return
	}
	target := r.URL.Query().Get("target")
	if target != "" && !m.Allows(target) {
		http.Error(w, fmt.Sprintf("module %s does not allow the target %q", name, target), http.StatusBadRequest)
		return
	}
	limit, err := patience(r, m)
	if err == nil && target != "" {
		err = s.Target(target)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit+scrapeGrace/2) // the walk ends first, and says what it saw
	defer cancel()
	m.Timeout = limit
	last, err := s.probed(ctx, name, m, target)
	switch {
	case r.Context().Err() != nil:
		return // nobody listens
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errEnded):
		http.Error(w, "the time of the scrape ended before the walk did", http.StatusGatewayTimeout)
		return
	case err != nil:
		s.Log.Error("no walk could be made", "module", name, "err", err)
		http.Error(w, "no walk could be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.answer(w, r, name, last)
}

// probed returns the walk that is asked for: a young one, one that is under way, or a new one.
func (s *Server) probed(ctx context.Context, name string, m Module, target string) (Report, error) {
	key := name + " " + target
	if last, young := s.probes.young(key, m.MinInterval); young {
		return last, nil
	}
	targets := m.Walked()
	if target != "" {
		targets = []string{target}
	}
	return s.probes.join(ctx, key, func(ctx context.Context) (Report, error) {
		select {
		case s.probes.slots <- struct{}{}:
			defer func() { <-s.probes.slots }()
		default:
			return Report{}, errBusy
		}
		ctx, cancel := context.WithTimeout(ctx, m.Timeout)
		defer cancel()
		if !s.enter(ctx, name) {
			return Report{}, errBusy
		}
		defer s.leave(name)
		return s.walk(ctx, &s.probes.states, key, m, targets)
	})
}

// answer writes the metrics of a probe, and above them the table where somebody wants to know.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, name string, last Report) {
	registry := metrics.NewProbe(s.Build, s.Config().Limits(), metrics.Run{Module: name, Trace: last.Trace, Result: last.Result})
	if r.URL.Query().Get("debug") != "true" {
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	err := report.Table(w, last.Trace, last.Result, report.TableOptions{Width: debugColumns, Verbose: true})
	families, gathered := registry.Gather()
	if err = errors.Join(err, gathered); err == nil {
		_, err = io.WriteString(w, "\n")
	}
	for _, f := range families {
		if err == nil {
			_, err = expfmt.MetricFamilyToText(w, f)
		}
	}
	if err != nil {
		s.Log.Debug("a reader went away", "err", err)
	}
}

// debugColumns is the width of the table in a browser.
const debugColumns = 120

// page is the first page.
var page = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>pullpath</title></head><body>
<h1>pullpath {{.Version}}</h1>
<ul><li><a href="metrics">metrics</a></li>
{{range .Modules}}<li>{{.}}: <a href="report.html?module={{.}}">last report</a>, <a href="report?module={{.}}">as JSON</a>,
<a href="probe?module={{.}}&amp;debug=true">walk now</a></li>
{{end}}</ul></body></html>
`))

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	data := struct {
		Version string
		Modules []string
	}{s.Build.Version, slices.Sorted(maps.Keys(s.Config().Modules))}
	if err := page.Execute(w, data); err != nil {
		s.Log.Debug("a reader went away", "err", err)
	}
}
