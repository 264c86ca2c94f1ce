package grid

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(atOnce()))
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the walks are kept: collecting was a quarter of the work
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println("goroutines left behind:", err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

// given tells that a flag stands on the command line.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// walked is one World after a run in it.
type walked struct {
	world   fault.World
	trace   *evidence.Trace
	result  diagnosis.Result
	events  []mockproxy.Event
	secrets []string
	err     error
}

// atOnce is how many Worlds are walked side by side: three to a core, for a walk waits
// for its peers most of the time.
func atOnce() int { return 3 * runtime.GOMAXPROCS(0) }

func numbered(code string, n int) string { return fmt.Sprintf("%s-%d", code, n) }

func worldNames() []string { return slices.Sorted(maps.Keys(worlds())) }

// codeOf takes the number off a World's name.
func codeOf(name string) string {
	for _, e := range catalogue.All() {
		if string(e.Code) == name {
			return name
		}
	}
	return name[:strings.LastIndex(name, "-")]
}

// walk starts a World and runs the real flow in it, wired as the product wires it.
func walk(world fault.World, change ...func(*flows.Config)) walked {
	return walkWith(world, nil, change...)
}

// walkWith is walk on a machine that differs: it may lack something, or have another
// dialler before the network's own.
func walkWith(world fault.World, differ func(*flows.Net), change ...func(*flows.Config)) walked {
	network, err := mockproxy.Start(world)
	if err != nil {
		return walked{err: err}
	}
	defer network.Close()
	from, err := vantage.Of(network.Pass())
	if err != nil {
		return walked{err: err}
	}
	defer from.Close()
	from.Net.Seed, from.Net.Version = "grid", "test"
	if world.Survey != nil {
		return surveyWalk(world, from)
	}
	run, err := prepare(from, change)
	if err != nil {
		return walked{err: err}
	}
	if differ != nil {
		differ(&run.Net)
	}
	trace := run.Walk(context.Background())
	return walked{world: world, trace: trace, result: diagnosis.Diagnose(trace, catalogue.All()), events: network.Events(),
		secrets: worldSecrets}
}

// prepare makes a run ready as a command line without flags does.
func prepare(from *vantage.Vantage, change []func(*flows.Config)) (vantage.Run, error) {
	var ask vantage.Ask
	ask.Register(pflag.NewFlagSet("check", pflag.ContinueOnError))
	run, err := from.Prepare(context.Background(), &ask, nil)
	if err != nil || len(change) == 0 {
		return run, err
	}
	for _, c := range change {
		c(&run.Config)
	}
	run.Plan, err = flows.NewPlan(run.Config)
	return run, err
}

// worldSecrets are those of every World. A token begins with eyJ, the form of {" in base64.
var worldSecrets = []string{fault.AccountUser, fault.AccountPassword, fault.ProxyUser, fault.ProxyPassword, fault.ProxyTicket, "eyJ"}

// surveyWalk reads the settings of a World's host; no path is walked.
func surveyWalk(world fault.World, from *vantage.Vantage) walked {
	target := flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: "registry.redhat.io"}, Role: evidence.Registry, FoundBy: "profile"}
	survey, err := from.Survey(flows.Survey{Now: time.Now, Seed: "grid", Version: "test", Targets: []flows.SurveyTarget{target}}, nil, false)
	if err != nil {
		return walked{err: err}
	}
	trace := survey.Record()
	return walked{world: world, trace: trace, result: diagnosis.Diagnose(trace, catalogue.All()), secrets: []string{fault.ProxyPassword}}
}
