package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"pullpath/flows"
	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/vantage"
	"pullpath/internal/watch"
	"pullpath/mockproxy"
)

// defaultEvery is how long after the beginning of one walk the next begins: six a minute find
// what fails one time in seven within some minutes, and are no load for a proxy.
const defaultEvery = 10 * time.Second

// watchOptions are the flags of watch.
type watchOptions struct {
	checkOptions
	every      time.Duration
	until      untilValue
	strictRate bool
	exec       string
}

// newWatch returns the command that checks again and again.
func newWatch(s streams) *cobra.Command {
	o := &watchOptions{}
	c := &cobra.Command{Use: "watch [TARGET ...]", Short: "Check again and again, and say what came with each outcome",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runWatch(c, s, o, args) }}
	o.registerWatch(c.Flags())
	completeCheck(c)
	completeFlag(c, "until", "pass", "change")
	return c
}

func (o *watchOptions) registerWatch(f *pflag.FlagSet) {
	o.ask.Register(f)
	o.registerSource(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil,
		outputUsage()+". A file's name gets the fingerprint of the outcome before its ending: there is one for each outcome")
	f.BoolVar(&o.anonymize, "anonymize", false, anonymizeUsage)
	o.registerView(f)
	f.DurationVar(&o.every, "every", defaultEvery, "`time` from the beginning of one walk to that of the next")
	f.Var(&o.until, "until", "end at `pass|change|TIME`: when a walk passes, when one comes out otherwise than the first, or at a time: "+
		"16:00, 2026-11-30T16:00:00Z, 90m; without it, when it is interrupted")
	f.BoolVar(&o.strictRate, "strict-rate", false, "say what came with a failure, and how often it comes, only as far as chance alone "+
		"would not give the same")
	f.StringVar(&o.exec, "exec", "", "run this shell `command` each time that a walk comes out otherwise than the one before; it finds "+
		"PULLPATH_WATCH_STATUS, PULLPATH_WATCH_FINGERPRINT and PULLPATH_WATCH_SUMMARY in its environment")
}

func (o *watchOptions) validate() error {
	if err := o.checkOptions.validate(); err != nil {
		return err
	}
	if o.every <= 0 {
		return errors.New("--every must be positive")
	}
	return nil
}

// kept is the last walk of an outcome.
type kept struct {
	trace  *evidence.Trace
	result diagnosis.Result
}

// watcher is a watch under way.
type watcher struct {
	s       streams
	o       *watchOptions
	args    []string
	enter   func() (*vantage.Vantage, func(), error)
	console vantage.Console

	tally   watch.Tally
	kept    map[string]kept
	display *watchDisplay
	last    diagnosis.Outcome
}

func runWatch(c *cobra.Command, s streams, o *watchOptions, args []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	outputs, err := openOutputs(s, orTable(o.outputs)) // what is wrong with them is said before anything is sent
	if err != nil {
		return err
	}
	table := func(out output) bool { return out.path == "" && out.format.Name == report.Formats()[0].Name }
	onStdout := outputs.onStdout() == 0 || slices.ContainsFunc(outputs.list, table)
	outputs.discard()
	w := &watcher{s: s, o: o, args: args, kept: map[string]kept{}, display: newWatchDisplay(s, onStdout, o.noColor)}
	leave, err := w.prepare(c.Context())
	if err != nil {
		return err
	}
	defer leave()
	err = w.run(c.Context())
	w.display.clear()
	if err != nil && w.tally.Total() == 0 {
		return orMeant(err, c)
	}
	if err != nil {
		warn(s, "%v", err)
	}
	return w.conclude()
}

// prepare finds out where every walk looks from. A made-up network is started once: what it
// counts it counts over all walks.
func (w *watcher) prepare(ctx context.Context) (leave func(), err error) {
	w.console = remembered(vantage.Console{Stdin: func() (string, error) { return readPassword(w.s.in) }, Getenv: os.Getenv,
		Password: passwordFrom(ctx, w.s)})
	if w.o.mock == "" {
		w.enter = func() (*vantage.Vantage, func(), error) { return w.o.vantage(nil, w.s) }
		return func() {}, nil
	}
	network, err := w.o.startMock(w.s)
	if err != nil {
		return nil, err
	}
	w.enter = func() (*vantage.Vantage, func(), error) {
		from, err := vantage.Of(network.Pass())
		if err != nil {
			return nil, nil, err
		}
		return from, from.Close, nil
	}
	return network.Close, nil
}

// startMock starts the network of --mock.
func (o *checkOptions) startMock(s streams) (*mockproxy.Network, error) {
	world, err := worldOf(o.mock)
	if err != nil {
		return nil, err
	}
	noteMissed(s, world, nil)
	return mockproxy.Start(world)
}

// remembered asks for each value once: nobody types a password every ten seconds.
func remembered(c vantage.Console) vantage.Console {
	typed := map[string]string{}
	once := func(key string, ask func() (string, error)) (string, error) {
		if value, known := typed[key]; known {
			return value, nil
		}
		value, err := ask()
		if err == nil {
			typed[key] = value
		}
		return value, err
	}
	stdin, password := c.Stdin, c.Password
	c.Stdin = func() (string, error) { return once("", stdin) }
	if password != nil {
		c.Password = func(of string) (string, error) { return once(of, func() (string, error) { return password(of) }) }
	}
	return c
}

// run walks until something ends it.
func (w *watcher) run(ctx context.Context) error {
	until, cancel := w.o.until.context(ctx)
	defer cancel()
	for n := 0; ; n++ {
		began := time.Now()
		trace, err := w.walk(until, n)
		if until.Err() != nil {
			return nil // the walk was cut off, and says nothing
		}
		if err != nil {
			return err
		}
		if done, err := w.count(ctx, trace); done || err != nil {
			return err
		}
		timer := time.NewTimer(w.o.every - time.Since(began))
		select {
		case <-timer.C:
		case <-until.Done():
			timer.Stop()
			return nil
		}
	}
}

// walk makes one walk, by the addresses whose turn it is.
func (w *watcher) walk(ctx context.Context, n int) (*evidence.Trace, error) {
	from, leave, err := w.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	w.o.ask.Console = w.console
	ready, err := from.Prepare(ctx, &w.o.ask, w.args)
	if err != nil {
		return nil, err
	}
	ready.Net.Seed, ready.Net.Version = vantage.NewSeed(), version
	proxy, host, resolver := w.tally.Last().Addresses.Place(n)
	ready.Net.InTurn(&ready.Config, flows.Turn{Proxy: proxy, Host: host, Resolver: resolver})
	return ready.Walk(ctx), nil
}

// count takes a walk into account, and reports whether the watch has come to its end.
func (w *watcher) count(ctx context.Context, trace *evidence.Trace) (done bool, err error) {
	if w.o.anonymize {
		trace = anonymize.Trace(trace)
	}
	result := diagnosis.Diagnose(trace, catalogue.All())
	result.Verdict.Strict = w.o.strict
	walk := watch.Of(trace, result)
	changed := w.tally.Add(walk)
	_, seen := w.kept[walk.Fingerprint]
	if seen || len(w.kept) < maxKept {
		w.kept[walk.Fingerprint] = kept{trace, result}
	}
	w.last = result.Verdict.Outcome(trace.Run.Ended)
	w.display.show(&w.tally, changed || w.tally.Total() == 1)
	if !seen {
		err = w.write(walk.Fingerprint, true)
	}
	if changed && w.o.exec != "" {
		w.display.note(runHook(ctx, w.o.exec, walk, w.s))
	}
	if code := rejected(result); code != "" && !w.o.ask.RetriesRejected() {
		w.display.note(hint.New("a login was rejected ("+code+"): the watch ends, for more tries may lock the account",
			"correct the login, or watch with --anonymous"))
		return true, err
	}
	switch w.o.until.what {
	case untilPass:
		done = w.last == diagnosis.Clear
	case untilChange:
		done = w.tally.ChangedSinceFirst()
	}
	return done, err
}

// maxKept bounds the outcomes whose reports are kept: each takes some hundred KiB.
const maxKept = 64

// rejected returns the code by which a login was rejected, empty where none was.
func rejected(r diagnosis.Result) string {
	for _, f := range r.Findings {
		if slices.Contains([]string{string(catalogue.AuthCredentialsRejected), string(catalogue.ProxyAuthRejected)}, f.Code) {
			return f.Code
		}
	}
	return ""
}

// conclude says what the watch came to, writes the most telling walk, and picks the exit status
// by the last.
func (w *watcher) conclude() error {
	if w.tally.Total() == 0 {
		return &statusError{status: exitUsage, cause: errors.New("the watch ended before a walk did")}
	}
	w.display.finish(&w.tally, w.o.strictRate)
	var failed error
	for fingerprint := range w.kept {
		failed = errors.Join(failed, w.write(fingerprint, true))
	}
	telling := w.tally.Telling()
	if _, known := w.kept[telling]; !known {
		telling = w.tally.Last().Fingerprint
	}
	if failed = errors.Join(failed, w.write(telling, false)); failed != nil {
		return failed
	}
	if w.o.reportOnly {
		return nil
	}
	return withStatus(int(w.last))
}

// write writes the reports of an outcome: to the files that are named for it, or to stdout.
func (w *watcher) write(fingerprint string, files bool) error {
	k, known := w.kept[fingerprint]
	var flags []string
	for _, text := range orTable(w.o.outputs) {
		name, path, toFile := strings.Cut(text, "=")
		switch {
		case toFile != files:
		case toFile:
			flags = append(flags, name+"="+withFingerprint(path, fingerprint))
		default:
			flags = append(flags, text)
		}
	}
	if len(flags) == 0 || !known {
		return nil
	}
	outputs, err := openOutputs(w.s, flags)
	if err != nil {
		return err
	}
	defer outputs.discard()
	options := w.o.checkOptions
	options.outputs = flags
	return outputs.write(w.s, &options, k.trace, k.result)
}

// withFingerprint is the name of the file of one outcome: report.1a2b3c4d.json.
func withFingerprint(path, fingerprint string) string {
	dot := strings.LastIndexByte(path, '.')
	if dot <= strings.LastIndexAny(path, `/\`)+1 {
		return path + "." + fingerprint
	}
	return fmt.Sprintf("%s.%s%s", path[:dot], fingerprint, path[dot:])
}

// passwordFrom asks for a password at the terminal; nil where there is none.
func passwordFrom(ctx context.Context, s streams) func(string) (string, error) {
	if !term.IsTerminal(int(s.in.Fd())) {
		return nil
	}
	return func(of string) (string, error) { return askPassword(ctx, s.in, s.err, of) }
}
