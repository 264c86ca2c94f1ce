package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/transcript"
)

// newExplain returns the command that shows the catalogue.
func newExplain(s streams) *cobra.Command {
	var layer, symptom string
	var outputs []string
	c := &cobra.Command{
		Use: "explain [CODE]", Short: "Show the catalogue, or one entry", Args: arguments(0, 1),
		Long: "explain lists the causes that pullpath knows, most basic layer first, or shows one of them.\n" +
			"--symptom names the causes of what a client printed: an error message, or a paste of many lines.\n" +
			"Exit status 1: no cause is known by that text.",
		Example: "pullpath explain proxy-connect-denied\npullpath explain --layer tls\n" +
			"pullpath explain --symptom 'proxyconnect tcp: EOF'", ValidArgsFunction: completeCode,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(outputs) > 0 && !c.Flags().Changed("symptom"):
				return hint.New("-o is the form of what --symptom finds", "give --symptom as well")
			case len(args) > 0 && (layer != "" || c.Flags().Changed("symptom")):
				return hint.New("a code and --layer or --symptom are asked for at once", "give one of them")
			case len(args) > 0:
				return explainCode(s, args[0])
			case c.Flags().Changed("symptom"):
				return explainSymptom(c, s, layer, symptom, outputs)
			}
			return listCodes(s, layer)
		},
	}
	c.Flags().StringVar(&layer, "layer", "", "only the causes of this `layer`: "+strings.Join(layers(), ", "))
	c.Flags().StringVar(&symptom, "symptom", "", "find the causes of this `text` that a client printed; @FILE reads a file, - stdin")
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "with --symptom: "+outputUsage())
	completeOutput(c)
	completeFlag(c, "layer", layers()...)
	return c
}

func layers() []string {
	var out []string
	for _, l := range diagnosis.Layers() {
		out = append(out, string(l))
	}
	return out
}

func codes() []string {
	var out []string
	for _, e := range catalogue.All() {
		out = append(out, string(e.Code))
	}
	return out
}

func explainCode(s streams, code string) error {
	i := slices.IndexFunc(catalogue.All(), func(e diagnosis.Entry) bool { return string(e.Code) == code })
	if i < 0 {
		return hint.New(fmt.Sprintf("no code %q in the catalogue", code), nearest(code, codes()))
	}
	return report.Explain(s.out, catalogue.All()[i], terminalWidth(s.out))
}

// ofLayer keeps the entries of a layer; the empty layer is all.
func ofLayer(layer string) ([]diagnosis.Entry, error) {
	if layer != "" && !slices.Contains(layers(), layer) {
		return nil, hint.New(fmt.Sprintf("no layer %q", layer),
			joinHints(hint.DidYouMean(layer, layers()), "one of "+strings.Join(layers(), ", ")))
	}
	all := slices.Clone(catalogue.All())
	return slices.DeleteFunc(all, func(e diagnosis.Entry) bool { return layer != "" && string(e.Layer) != layer }), nil
}

func listCodes(s streams, layer string) error {
	entries, err := ofLayer(layer)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, []string{string(e.Code), string(e.Severity), diagnosis.PlainTitle(e)})
	}
	return report.List(s.out, []string{"CODE", "SEVERITY", "WHAT"}, rows, listWidth(s.out))
}

// explainSymptom names the causes of what a client printed: the same reader and the same rows
// as diagnose, for a line or a paste. @FILE reads a file, - reads stdin.
func explainSymptom(c *cobra.Command, s streams, layer, text string, asked []string) error {
	if strings.TrimSpace(text) == "" {
		return hint.New("--symptom: no text", "paste a client's error message, in quotes")
	}
	if _, err := ofLayer(layer); err != nil {
		return err
	}
	o := &checkOptions{outputs: asked}
	outputs, err := openOutputs(s, orTable(asked))
	if err != nil {
		return err
	}
	defer outputs.discard()
	trace, err := readSymptom(c.Context(), s, text)
	switch {
	case errors.Is(err, transcript.ErrNoForm):
		if err := report.NotFound(s.out, text, terminalWidth(s.out)); err != nil {
			return err
		}
		return withStatus(exitFindings)
	case err != nil:
		return err
	}
	result := diagnosis.Diagnose(trace, catalogue.All()).OfLayer(diagnosis.Layer(layer))
	if err := outputs.write(s, o, trace, result); err != nil {
		return err
	}
	return withStatus(explained(result))
}

// explained is the exit status of a text: that causes were found is what was asked for.
func explained(r diagnosis.Result) int {
	if len(r.Unmasked()) == 0 && len(r.Candidates) == 0 {
		return exitFindings
	}
	return exitOK
}

// readSymptom reads what --symptom names.
func readSymptom(ctx context.Context, s streams, text string) (*evidence.Trace, error) {
	if path, file := strings.CutPrefix(text, "@"); file {
		return readEvidence(ctx, s.in, []string{path}, "text", "")
	}
	if text == "-" {
		return readEvidence(ctx, s.in, []string{"-"}, "text", "")
	}
	return readTexts(ctx, nil, []transcript.Source{{Name: "text", Data: strings.NewReader(text)}})
}

// nearest asks whether one of the codes was meant that look like what was typed, or that
// share a word with it.
func nearest(word string, known []string) string {
	if meant := hint.DidYouMean(word, known); meant != "" {
		return meant
	}
	var out []string
	for _, k := range known {
		for _, part := range strings.Split(word, "-") {
			if len(part) > 2 && strings.Contains(k, part) && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	if len(out) == 0 || len(out) > 12 {
		return "pullpath explain lists all codes"
	}
	return "did you mean " + strings.Join(out, ", ") + "?"
}
