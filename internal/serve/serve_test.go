package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// network is what a walk would find: a code, or nothing.
type network struct {
	mu     sync.Mutex
	code   string
	took   time.Duration
	fails  error
	plain  int
	probed int
	begun  []time.Time
	busy   int
	most   int
}

func (n *network) set(code string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.code = code
}

func (n *network) counts() (plain, probed int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.plain, n.probed
}

func (n *network) walk(ctx context.Context, _ Module, targets []string, probes bool) (*evidence.Trace, error) {
	n.mu.Lock()
	n.begun = append(n.begun, time.Now())
	if n.busy++; n.busy > n.most {
		n.most = n.busy
	}
	if probes {
		n.probed++
	} else {
		n.plain++
	}
	code, took, err := n.code, n.took, n.fails
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.busy--
	}()
	if err != nil {
		return nil, err
	}
	t := &evidence.Trace{Schema: evidence.Schema, Started: time.Now(), Run: evidence.Run{Profile: code},
		Targets: []evidence.Target{{ID: "r.example:443", FoundBy: "profile", Role: evidence.Registry}}}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		t.Run.Ended = evidence.EndedInterrupted
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Run.Ended = evidence.EndedBudget
		}
	}
	t.DurationMS = float64(time.Since(t.Started)) / 1e6
	return t, nil
}

// judge takes the code out of the profile's name.
func judge(t *evidence.Trace) diagnosis.Result {
	r := diagnosis.Result{Verdict: diagnosis.Verdict{Status: diagnosis.StatusPass},
		Targets: map[string]string{"r.example:443": diagnosis.StatusPass}}
	if t.Run.Ended != "" {
		r.Verdict.Status = diagnosis.StatusIncomplete
	}
	if code := t.Run.Profile; code != "" {
		r.Verdict.Status = diagnosis.StatusFail
		r.Findings = []diagnosis.Finding{{Code: code, Severity: diagnosis.Error, Targets: []string{"r.example:443"}}}
	}
	return r
}

func served(t *testing.T, n *network, config string) *Server {
	t.Helper()
	c, err := ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return New(c, Options{Walk: n.walk, Judge: judge, Target: onePart, Node: "n1", Log: slog.New(slog.DiscardHandler)})
}

// onePart takes what stands on one line.
func onePart(target string) error {
	if strings.Contains(target, "\n") {
		return errors.New("no image reference")
	}
	return nil
}

const everyMinute = "modules: {a: {profile: redhat, timeout: 10s}}\nschedule: [{module: a, every: 1m}]\n"

// Side probes are made when something changed, and then once.
func TestProbesOnlyWhenSomethingChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{took: time.Second}
		s := served(t, n, everyMinute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		for i, c := range []struct {
			code          string
			plain, probed int
		}{{"", 10, 0}, {"proxy-connect-denied", 20, 1}, {"tls-reset", 30, 2}, {"", 40, 2}} {
			n.set(c.code)
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if plain, probed := n.counts(); plain != c.plain || probed != c.probed {
				t.Errorf("phase %d: %d walks and %d with side probes, want %d and %d", i, plain, probed, c.plain, c.probed)
			}
		}
		cancel()
		<-done
		if n.most > 1 {
			t.Errorf("%d walks of one module at once", n.most)
		}
	})
}

// After a rejected login a module rests for an hour.
func TestRejectedLoginRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{code: "proxy-auth-rejected"}
		s := served(t, n, everyMinute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if plain, probed := n.counts(); plain+probed > 5 {
			t.Errorf("%d walks in three hours", plain+probed)
		}
		cancel()
		<-done
	})
}

// The first walks of 500 servers that start together are spread over the interval as chance would,
// whatever names the nodes have, and so are the later ones; each is at its time again after a restart.
func TestFirstWalksAreSpread(t *testing.T) {
	const nodes, every = 500, 15 * time.Minute
	for kind, form := range map[string]string{"numbered": "node%03d", "with domain": "worker-%d.dc1.corp.example",
		"of addresses": "ip-10-0-7-%d.ec2.internal"} {
		t.Run(kind, func(t *testing.T) {
			first, most := fleetBegins(t, form, nodes, 3*every)
			again, _ := fleetBegins(t, form, nodes, 3*every)
			minutes := make([]int, every/time.Minute)
			for node, begun := range first {
				if len(begun) != 3 || begun[1]-begun[0] != every || begun[2]-begun[1] != every || begun[0] >= every {
					t.Fatalf("%s walks after %v", node, begun)
				}
				if again[node][0] != begun[0] {
					t.Errorf("%s walks after %s, and after another start after %s", node, begun[0], again[node][0])
				}
				minutes[begun[0]/time.Minute]++
			}
			// 33.3 are expected in a minute, the standard deviation is 5.6, and four of it are what one
			// in a thousand such sets of names would go over.
			for minute, n := range minutes {
				if n < 33-4*6 || n > 33+4*6 {
					t.Errorf("%d of %d begin in minute %d: %v", n, nodes, minute, minutes)
				}
			}
			// With 2 s for a walk 1.1 are under way on the average; more than 9 at any of 500 starts come
			// by chance once in some 800 sets of names (Poisson).
			if most > 9 {
				t.Errorf("%d walks at once", most)
			}
			t.Logf("in each minute %v, %d at once", minutes, most)
		})
	}
}

// fleetBegins runs a server on each node for so long, and returns when each node began to walk,
// and how many walked at once.
func fleetBegins(t *testing.T, form string, nodes int, runs time.Duration) (begun map[string][]time.Duration, most int) {
	t.Helper()
	begun = map[string][]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		n, start := &network{took: 2 * time.Second}, time.Now()
		c, err := ParseConfig([]byte("modules: {a: {profile: redhat, timeout: 10s}}\nschedule: [{module: a, every: 15m}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), runs)
		defer cancel()
		var servers sync.WaitGroup
		var mu sync.Mutex
		for i := range nodes {
			node := fmt.Sprintf(form, i)
			walk := func(ctx context.Context, m Module, targets []string, probes bool) (*evidence.Trace, error) {
				mu.Lock()
				begun[node] = append(begun[node], time.Since(start))
				mu.Unlock()
				return n.walk(ctx, m, targets, probes)
			}
			s := New(c, Options{Walk: walk, Judge: judge, Node: node, Log: slog.New(slog.DiscardHandler)})
			servers.Go(func() { s.Run(ctx) })
		}
		servers.Wait()
		most = n.most
	})
	return begun, most
}

// Another configuration counts at once, and its modules alone are told of.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := served(t, n, everyMinute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		c, err := ParseConfig([]byte("modules: {b: {profile: redhat}}\nschedule: [{module: b, every: 1h}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		s.Reload(c)
		synctest.Wait()
		before, _ := n.counts()
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if after, _ := n.counts(); after-before > 1 {
			t.Errorf("%d walks in the hour after", after-before)
		}
		if _, known := s.states.report("a"); known {
			t.Error("the old module is told of")
		}
		cancel()
		<-done
	})
}

// get asks the server.
func get(s *Server, url string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	if len(header) > 0 {
		r.Header.Set(header[0], header[1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

const harbor = `modules:
  harbor: {targets: ["h.example:8443", "h.example:8443/*"], timeout: 10s}
  redhat: {profile: redhat, timeout: 10s, min_interval: 1m}
`

func TestProbe(t *testing.T) {
	for name, c := range map[string]struct {
		url    string
		header string
		code   string
		took   time.Duration
		fails  error
		status int
		has    string
		walks  int
	}{
		"a target that passes": {url: "/probe?module=harbor&target=h.example:8443", status: 200, has: "probe_success 1", walks: 1},
		"an image":             {url: "/probe?module=harbor&target=h.example:8443/x/y:1", status: 200, has: "probe_success 1", walks: 1},
		"no image":             {url: "/probe?module=harbor&target=h.example:8443/x:1%0Ab", status: 400, has: "no image reference"},
		"one that fails":       {url: "/probe?module=harbor", code: "tls-reset", status: 200, has: "probe_success 0", walks: 2},
		"why it fails": {url: "/probe?module=harbor", code: "tls-reset", status: 200,
			has: `pullpath_finding{audience="",code="tls-reset"`, walks: 2},
		"the table":            {url: "/probe?module=harbor&debug=true", code: "tls-reset", status: 200, has: "FAIL tls-reset", walks: 2},
		"another's target":     {url: "/probe?module=harbor&target=evil.example", status: 400, has: "does not allow"},
		"the network's own":    {url: "/probe?module=harbor&target=169.254.169.254:80", status: 400, has: "does not allow"},
		"no such module":       {url: "/probe?module=x", status: 400, has: "harbor"},
		"no module of several": {url: "/probe", status: 400, has: "module=NAME"},
		"the scrape's time is too": {url: "/probe?module=harbor", header: "3", took: time.Minute, status: 200,
			has: `status="incomplete"} 1`, walks: 1},
		"a time that is none": {url: "/probe?module=harbor", header: "soon", status: 400, has: "no number of seconds"},
		"no walk can be made": {url: "/probe?module=harbor", fails: errors.New("no file"), status: 500, has: "no file", walks: 1},
		"a time that is longer": {url: "/probe?module=harbor", header: "600", took: time.Minute, status: 200,
			has: `status="incomplete"} 1`, walks: 1},
		"nothing is there to be found": {url: "/probes", status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{code: c.code, took: c.took, fails: c.fails}
				s := served(t, n, harbor)
				began := time.Now()
				var header []string
				if c.header != "" {
					header = []string{scrapeHeader, c.header}
				}
				w := get(s, c.url, header...)
				if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
					t.Errorf("%d %s, want %d with %q", w.Code, w.Body, c.status, c.has)
				}
				if plain, probed := n.counts(); plain+probed != c.walks {
					t.Errorf("%d walks, want %d", plain+probed, c.walks)
				}
				if took := time.Since(began); c.header == "3" && took != 2500*time.Millisecond {
					t.Errorf("it took %s of 3 s", took)
				}
			})
		})
	}
}

// One walk answers all who ask for the same; a young answer is given again; and no more than
// four are under way.
func TestProbesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{took: time.Second}
		s := served(t, n, harbor)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if w := get(s, "/probe?module=redhat"); w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		group.Wait()
		if plain, _ := n.counts(); plain != 1 {
			t.Errorf("%d walks for 20 who asked at once", plain)
		}
		get(s, "/probe?module=redhat")
		if plain, _ := n.counts(); plain != 1 {
			t.Error("a young answer is not given again")
		}
		time.Sleep(2 * time.Minute)
		get(s, "/probe?module=redhat")
		if plain, _ := n.counts(); plain != 2 {
			t.Error("an old answer is given again")
		}
		statuses := map[int]int{}
		var mu sync.Mutex
		for i := range 10 {
			group.Go(func() {
				w := get(s, fmt.Sprintf("/probe?module=harbor&target=h.example:8443/i:%d", i))
				mu.Lock()
				defer mu.Unlock()
				statuses[w.Code]++
			})
		}
		group.Wait()
		if statuses[503] != 6 || statuses[200] != 4 || n.most != 1 {
			t.Errorf("%v, %d at once", statuses, n.most)
		}
	})
}

// A scrape that is given up ends the walk, unless somebody else waits for it; and says nothing.
func TestProbeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{took: 9 * time.Second}
		s := served(t, n, harbor)
		ctx, cancel := context.WithCancel(t.Context())
		ask := func(ctx context.Context) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/probe?module=harbor", nil))
			return w
		}
		other := make(chan *httptest.ResponseRecorder)
		go func() { other <- ask(t.Context()) }()
		synctest.Wait()
		go func() { time.Sleep(time.Second); cancel() }()
		ask(ctx)
		if w := <-other; w.Code != 200 {
			t.Errorf("who waited gets %d", w.Code)
		}
		ctx, cancel = context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel() }()
		ask(ctx)
		synctest.Wait()
		if n.busy != 0 {
			t.Error("a walk goes on for nobody")
		}
	})
}

func TestEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{code: "tls-reset"}
		s := served(t, n, everyMinute)
		for url, want := range map[string]int{"/": 200, "/-/healthy": 200, "/-/ready": 503, "/report": 404,
			"/report.html?module=b": 400, "/metrics": 200} {
			if w := get(s, url); w.Code != want {
				t.Errorf("%s before the first walk: %d, want %d", url, w.Code, want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for url, has := range map[string]string{"/-/ready": "ready", "/report": `"fingerprint"`, "/report.html": "tls-reset",
			"/metrics": `pullpath_verdict{module="a",status="fail"} 1`} {
			if w := get(s, url); w.Code != 200 || !strings.Contains(w.Body.String(), has) {
				t.Errorf("%s: %d without %q", url, w.Code, has)
			}
		}
		if w := get(s, "/metrics"); !strings.Contains(w.Body.String(), `pullpath_runs_total{module="a",result="made"}`) {
			t.Error(w.Body)
		}
		cancel()
		<-done
	})
}

// Who asks for ever new images does not fill the memory.
func TestAnswersAreBounded(t *testing.T) {
	s := served(t, &network{}, harbor)
	for i := range 2 * maxAnswers {
		if w := get(s, fmt.Sprintf("/probe?module=harbor&target=h.example:8443/i:%d", i)); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	if len(s.probes.at) > maxAnswers || len(s.probes.states.modules) > maxAnswers || len(s.probes.flights) > 0 {
		t.Errorf("%d, %d, %d", len(s.probes.at), len(s.probes.states.modules), len(s.probes.flights))
	}
}
