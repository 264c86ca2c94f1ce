package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/report"
)

// newMock serves the built-in network, for a command or until interrupted.
func newMock(s streams) *cobra.Command {
	var o mockOptions
	var list, show bool
	var scenario string
	c := &cobra.Command{
		Use: "mock [--fault F]... [-- CMD ARG...]", Short: "Serve a local network with a fault in it",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && isCauseOrFault(args[0]) {
				return hint.New(redact.Argument(args[0])+" is a cause or fault, and no command", "write --fault "+redact.Argument(args[0]))
			}
			if list {
				return listFaults(s.out, listWidth(s.out))
			}
			all, err := within(c.Context(), "reading the scenario", func() (mockOptions, error) { return chosen(o, scenario, c) })
			if err != nil {
				return err
			}
			world, err := all.world()
			if err != nil {
				return err
			}
			if show {
				noteUnwritten(s, all.Serving)
				return printScenario(s.out, all)
			}
			return all.serve(c.Context(), s, args, func() (fault.World, error) {
				noteMissed(s, world, all.Deny)
				return world, nil
			})
		},
	}
	o.register(c.Flags())
	completeWith(c, "fault", completeFault)
	completeFlag(c, "as", productsToComplete()...)
	c.Flags().BoolVar(&list, "list", false, "list codes and faults")
	c.Flags().StringVar(&scenario, "scenario", "", "read the options from this YAML `FILE`; flags add to it")
	c.Flags().BoolVar(&show, "print-scenario", false, "print the options as a scenario file, and serve nothing")
	return c
}

// chosen returns the options of a scenario with the flags over them, or the flags.
func chosen(o mockOptions, scenario string, c *cobra.Command) (mockOptions, error) {
	if scenario == "" {
		return o, nil
	}
	all, err := loadScenario(scenario)
	if err != nil {
		return all, err
	}
	return all, all.over(c.Flags())
}

// worldOf makes a World of catalogue codes and faults. A code brings its own
// World; further faults are added to it.
func worldOf(names ...string) (fault.World, error) {
	var world fault.World
	err := addFaults(&world, names...)
	return world, err
}

// addFaults adds faults to a World, after a code that brings its own.
func addFaults(world *fault.World, names ...string) error {
	for _, name := range names {
		if name == healthy {
			continue
		}
		if i := slices.IndexFunc(catalogue.All(), func(e diagnosis.Entry) bool { return string(e.Code) == name }); i >= 0 {
			if len(world.Faults) > 0 || world.Title != "" {
				return fmt.Errorf("--fault %s: a code brings its own network, so it comes first and alone", name)
			}
			entry := catalogue.All()[i]
			if entry.Packets {
				return hint.New("--fault "+name+": only packets show this cause, so no made-up network has it",
					"pullpath diagnose CAPTURE finds it; pullpath explain "+name+" says what to look for")
			}
			*world = entry.Provoke
			world.Faults = slices.Clone(world.Faults)
			continue
		}
		f, err := readFault(name)
		if err == nil {
			err = world.CheckPlaces(f)
		}
		if err != nil {
			return hint.New(err.Error(), "pullpath mock --list shows codes and faults")
		}
		world.Faults = append(world.Faults, f)
		world.Title = joined(world.Title, name)
	}
	return nil
}

// noteMissed notes which of the faults that were asked for one by one, and of the hosts
// that are refused, are no part of a World.
func noteMissed(s streams, world fault.World, denied []string) {
	var all []fault.Fault
	for _, f := range world.Faults {
		if _, asked := f.(fault.Asked); asked {
			all = append(all, f)
		}
	}
	for _, host := range denied {
		all = append(all, fault.Connect{Host: host})
	}
	for _, f := range all {
		if text := world.Misses(f); text != "" {
			warn(s, "%s", text)
		}
	}
}

// readFault reads a fault. A body of the form @PRODUCT is a page of that product.
func readFault(text string) (fault.Fault, error) {
	return fault.Read(text, func(name, value string) (string, error) {
		if product, sample := strings.CutPrefix(value, "@"); sample && name == "body" {
			return samplePage(product)
		}
		return value, nil
	})
}

// listFaults writes the causes, the faults with their parameters, and what holds for all.
func listFaults(out io.Writer, width int) error {
	var causes, faults [][]string
	for _, e := range catalogue.All() {
		if !e.Packets {
			causes = append(causes, []string{string(e.Code), e.Provoke.Title})
		}
	}
	for _, k := range fault.Kinds() {
		faults = append(faults, []string{k.Name, k.About}, []string{"", k.Usage()})
	}
	if err := report.List(out, []string{"CAUSE", "THE NETWORK"}, causes, width); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	if err := report.List(out, []string{"FAULT", "WHAT IT DOES, AND ITS PARAMETERS"}, faults, width); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	var sayings [][]string
	for _, s := range fault.Sayings() {
		sayings = append(sayings, []string{s.Name, fmt.Sprintf("%s, %d (%s)", s.Who, s.Status, s.At)})
	}
	if err := report.List(out, []string{"http-says:what=", "WHOSE WORDS, AND WHERE THEY ARE MET"}, sayings, width); err != nil {
		return err
	}
	for paragraph := range strings.SplitSeq(listNotes, "\n") {
		if _, err := io.WriteString(out, "\n"+report.Hang("", paragraph, 0, min(width, 100))); err != nil {
			return err
		}
	}
	return nil
}

// listNotes hold for all faults of the list.
const listNotes = "All but tcp-* and path-mtu also take every=N (or 1/N), after=N and times=N: each Nth time, not the first N times, " +
	"N times at the most. host=* is every host, host=proxy the proxy; path=/v2/ is every path that begins so; agent=curl is that " +
	"client alone, unless-agent=curl all others. body=@squid is a page of that product. header, strip, scheme, address and only may " +
	"be repeated. A value may stand in single or double quotation marks, and must where a comma and a parameter follow in it: " +
	"body='a,host=b'.\nTwo faults of one kind do not add up: of those that mean the same exchange, the first that strikes is played." +
	"\nA name that is a code as well is the code; with a parameter it is the fault: tcp-reset:host=*."
