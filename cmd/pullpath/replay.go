package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/rebuild"
	"pullpath/internal/redact"
)

// newReplay serves the network that a saved report shows.
func newReplay(s streams) *cobra.Command {
	var o Serving
	var maxDelay time.Duration
	var show, trust bool
	c := &cobra.Command{
		Use: "replay REPORT.json [-- CMD ARG...]", Short: "Serve the network that a saved report shows, with its faults",
		Long: "replay rebuilds the network of a saved report on loopback: names, addresses, the answers word for\n" +
			"word, certificate chains of the same shape. With CMD it runs CMD inside and exits with its status.",
		Args: arguments(1, -1),
		RunE: func(c *cobra.Command, args []string) error {
			if maxDelay < 0 {
				return fmt.Errorf("--max-delay %s: a delay is not negative", maxDelay)
			}
			rebuilt := func() (fault.World, error) {
				world, err := within(c.Context(), "reading the report", func() (fault.World, error) { return rebuiltFrom(s, args[0], maxDelay) })
				if trust {
					world = world.TrustingInterceptors()
				}
				return world, err
			}
			o.stranger = true
			if show {
				noteUnwritten(s, o)
				return printRebuilt(s.out, o, rebuilt)
			}
			return o.serve(c.Context(), s, args[1:], rebuilt)
		},
	}
	o.register(c.Flags())
	trustInterceptorFlag(c.Flags(), &trust)
	c.Flags().DurationVar(&maxDelay, "max-delay", rebuild.DefaultDelay, "longest `wait` to rebuild; silence stays silence")
	c.Flags().BoolVar(&show, "print-scenario", false, "print the network and its faults as a scenario file, and serve nothing")
	return c
}

// rebuiltFrom returns the World that a report shows. What it could not rebuild is said.
func rebuiltFrom(s streams, path string, maxDelay time.Duration) (fault.World, error) {
	trace, err := readReport(s.in, path)
	if err != nil {
		return fault.World{}, err
	}
	if len(trace.Targets) == 0 || trace.Run.Client == evidence.SurveyClient {
		return fault.World{}, hint.New("replay: the report walks no path, so there is no network in it",
			"make one with pullpath check -o json=report.json")
	}
	world, cannot := rebuild.World(trace, maxDelay)
	for _, line := range cannot {
		_, _ = fmt.Fprintln(s.err, "not rebuilt:", redact.Visible(line))
	}
	return world, nil
}
