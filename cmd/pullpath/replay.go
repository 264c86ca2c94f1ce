package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pullpath/internal/evidence"
	"pullpath/internal/rebuild"
)

// newReplay serves the network that a saved report shows.
func newReplay(s streams) *cobra.Command {
	var maxDelay time.Duration
	var printScenario bool
	c := &cobra.Command{
		Use: "replay REPORT.json [-- CMD ARG...]", Short: "Serve the network that a saved report shows, with its faults",
		Long: "replay rebuilds the network of a saved report on loopback: names, addresses, answers as they\n" +
			"stood, certificate chains of the same shape. With CMD it runs CMD inside and exits with its status.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if maxDelay < 0 {
				return fmt.Errorf("--max-delay %s: a delay is not negative", maxDelay)
			}
			trace, err := readReport(s.in, args[0])
			if err != nil {
				return err
			}
			return replay(c.Context(), s, trace, maxDelay, printScenario, args[1:])
		},
	}
	c.Flags().DurationVar(&maxDelay, "max-delay", rebuild.DefaultDelay, "longest `wait` that is rebuilt; silence stays silence")
	c.Flags().BoolVar(&printScenario, "print-scenario", false, "print the network and its faults instead of serving them")
	return c
}

func replay(ctx context.Context, s streams, trace *evidence.Trace, maxDelay time.Duration, printOnly bool, command []string) error {
	if len(trace.Targets) == 0 || trace.Run.Client == evidence.SurveyClient {
		return &hintError{"replay: the report walks no path, so there is no network in it", "make one with pullpath check -o json=report.json"}
	}
	world, cannot := rebuild.World(trace, maxDelay)
	if printOnly {
		text, err := world.Scenario()
		if err != nil {
			return err
		}
		_, err = s.out.Write(append(text, '\n'))
		return err
	}
	for _, line := range cannot {
		_, _ = fmt.Fprintln(s.err, "not rebuilt:", line)
	}
	return serveMock(ctx, s, mockOptions{}, world, command)
}
