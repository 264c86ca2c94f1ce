package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pullpath/flows"
	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// check walks the path and prints what was seen.
func check(c *cobra.Command, s streams, o *checkOptions, args []string) error {
	if err := o.validate(); err != nil {
		return err
	}
	if err := refuseFaults(args); err != nil {
		return err
	}
	run := newBudget(c.Context(), o.ask.Timeout)
	defer run.close()
	outputs, err := within(run, openingOutputs, func() (*outputs, error) { return openOutputs(s, o.outputsOf()) })
	if err != nil {
		return err
	}
	defer outputs.discard()
	events, err := within(run, "opening the file of --events", func() (*eventFile, error) { return openEvents(o.events, s, outputs) })
	if err != nil {
		return err
	}
	defer events.discard()
	from, closeNetwork, err := o.enter(run, s)
	if err != nil {
		return err
	}
	defer closeNetwork()
	o.ask.Console = userAt(run, s)
	ready, err := within(run, "reading what the run was given", func() (vantage.Run, error) { return from.Prepare(run, &o.ask, args) })
	if err != nil {
		return orMeant(err, c)
	}
	ready.Net.Seed, ready.Net.Version = vantage.NewSeed(), version
	if err := events.begin(ready.Net.Seed); err != nil {
		return err
	}
	trace, late, err := o.walk(c, s, run, ready, events)
	if err != nil {
		return err
	}
	_, err = within(unlessEnded(c.Context()), "judging and writing what was seen", func() (struct{}, error) {
		return struct{}{}, conclude(s, o, outputs, events, trace)
	})
	if late != nil {
		return late
	}
	return err
}

// walk makes the run, shows how far it is, and writes what it keeps beside the report. An error
// that came late does not keep the report from being written.
func (o *checkOptions) walk(c *cobra.Command, s streams, run *budget, ready vantage.Run, events *eventFile) (trace *evidence.Trace,
	late, err error) {
	saveMemory(len(ready.Plan.Targets))
	progress := newProgress(s.err, o, ready.Plan)
	chains := &chainFile{path: o.saveChain}
	tap, err := within(run, "opening the files of --pcap and --keylog", func() (*tap, error) { return o.tap.begin(&ready) })
	if err != nil {
		return nil, nil, err
	}
	ready.Net.Watch = func(e flows.Event) { events.hop(e); progress.hop(e); tap.hop(e) }
	ready.Net.Transfer, ready.Net.KeepChain = progress.transfer, chains.add
	walk, done := context.WithTimeout(c.Context(), walkTime(run.left(), len(ready.Plan.Targets)))
	defer done()
	trace = ready.Walk(walk)
	progress.clear()
	late = tap.finish(s)
	return trace, late, chains.write(unlessEnded(c.Context()), run.left())
}

// refuseFaults refuses a target that is a fault: --mock takes it behind an equals sign alone.
func refuseFaults(args []string) error {
	for _, text := range args {
		if strings.Contains(text, "=") && isCauseOrFault(text) {
			return hint.New(fmt.Sprintf("target %q is a fault", redact.Argument(text)), "to check the made-up network write --mock="+
				redact.Argument(text)+", with =")
		}
	}
	return nil
}

// crowd is the number of hosts from which memory counts for more than time: the record of so
// many takes some 10 MiB for each thousand, and the collector lets garbage grow to as much again.
const crowd = 2000

// saveMemory has the garbage of a run over many hosts collected earlier.
func saveMemory(hosts int) {
	if hosts > crowd {
		debug.SetGCPercent(30)
	}
}

// unlessEnded returns a context for what comes after a walk. A signal that ended the
// walk has done its work: what was seen is still written, and the next signal ends the
// process.
func unlessEnded(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// userAt asks the user while the run's clock stands still.
func userAt(run *budget, s streams) vantage.Console {
	c := vantage.Console{Stdin: func() (string, error) { return readPassword(s.in) }, Getenv: os.Getenv, Left: run.left}
	if term.IsTerminal(int(s.in.Fd())) {
		c.Password = func(of string) (string, error) { return askWithin(run, s, of) }
	}
	return c
}

// enter is vantage within the run's time.
func (o *checkOptions) enter(run *budget, s streams) (*vantage.Vantage, func(), error) {
	type entered struct {
		from  *vantage.Vantage
		leave func()
	}
	in, err := within(run, "reading this host's network", func() (entered, error) {
		from, leave, err := o.vantage(run, s)
		return entered{from, leave}, err
	})
	return in.from, in.leave, err
}

// conclude judges the trace, prints it and picks the exit status.
func conclude(s streams, o *checkOptions, outputs *outputs, events *eventFile, trace *evidence.Trace) error {
	if o.anonymize {
		trace = anonymize.Trace(trace)
	}
	result := diagnosis.Diagnose(trace, catalogue.All())
	result.Verdict.Strict = o.strict
	told := events.finish(result)
	if err := outputs.write(s, o, trace, result); err != nil {
		return err
	}
	if told != nil { // the report is worth having without them
		return told
	}
	return withStatus(o.status(outputs, trace, result.Verdict))
}

// status is the exit status of a run that was made.
func (o *checkOptions) status(outputs *outputs, trace *evidence.Trace, v diagnosis.Verdict) int {
	if o.reportOnly && trace.Run.Ended != evidence.EndedInterrupted {
		return exitOK
	}
	if p := outputs.plugin(); p != nil {
		return p.Status(v.Status)
	}
	return int(v.Outcome(trace.Run.Ended))
}

// vantage picks the machine, a network that this process was let into, or
// one that is started for this run.
func (o *checkOptions) vantage(run *budget, s streams) (from *vantage.Vantage, leave func(), err error) {
	none := func() {}
	if o.mock != "" {
		return o.madeUp(run, s)
	}
	path := os.Getenv(mockproxy.PassVariable)
	if o.root != "" && path != "" {
		return nil, none, hint.New("--root contradicts "+mockproxy.PassVariable+", whose mock network has a host of its own",
			"run it outside of pullpath mock, or leave --root out")
	}
	if o.root != "" {
		from, err = vantage.Folder(o.root)
		return from, none, err
	}
	if path != "" {
		pass, err := mockproxy.LoadPass(path)
		if err != nil {
			return nil, none, err
		}
		if from, err = vantage.Of(pass); err != nil {
			return nil, none, err
		}
		return from, from.Close, nil
	}
	from, err = vantage.Machine()
	return from, none, err
}

// madeUp starts the network of --mock.
func (o *checkOptions) madeUp(run *budget, s streams) (from *vantage.Vantage, leave func(), err error) {
	none := func() {}
	world, err := worldOf(o.mock)
	if err != nil {
		return nil, none, err
	}
	if prof, err := profile.Load(o.ask.Profile); err == nil && o.ask.Profile != vantage.DefaultProfile {
		inProfile(&world, prof)
	}
	noteMissed(s, world, nil)
	resume := run.pause()
	network, err := mockproxy.Start(world)
	resume()
	if err != nil {
		return nil, none, err
	}
	if from, err = vantage.Of(network.Pass()); err != nil {
		network.Close()
		return nil, none, err
	}
	return from, func() { from.Close(); network.Close() }, nil
}
