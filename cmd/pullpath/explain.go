package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/report"
)

// newExplain is the command that shows the catalogue.
func newExplain(s streams) *cobra.Command {
	var layer, symptom string
	c := &cobra.Command{
		Use: "explain [CODE]", Short: "Show the catalogue, or one entry", Args: cobra.MaximumNArgs(1),
		Long: "explain lists the causes that pullpath knows, most basic layer first, or shows one of them.\n" +
			"--symptom finds causes by what a client prints: paste its error message, or a part of it.",
		Example:           "  pullpath explain proxy-connect-denied\n  pullpath explain --layer tls\n  pullpath explain --symptom 'proxyconnect tcp: EOF'",
		ValidArgsFunction: completeCode,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && (layer != "" || c.Flags().Changed("symptom")):
				return &hintError{"a code and --layer or --symptom are asked for at once", "give one of them"}
			case len(args) > 0:
				return explainCode(s, args[0])
			case c.Flags().Changed("symptom"):
				return explainSymptom(s, layer, symptom)
			}
			return listCodes(s, layer)
		},
	}
	c.Flags().StringVar(&layer, "layer", "", "only the causes of this `layer`: "+strings.Join(layers(), ", "))
	c.Flags().StringVar(&symptom, "symptom", "", "find causes by what a client prints: `text`")
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
		out = append(out, e.Code)
	}
	return out
}

func explainCode(s streams, code string) error {
	i := slices.IndexFunc(catalogue.All(), func(e diagnosis.Entry) bool { return e.Code == code })
	if i < 0 {
		return &hintError{text: fmt.Sprintf("no code %q in the catalogue", code), hint: nearest(code, codes())}
	}
	return report.Explain(s.out, catalogue.All()[i], terminalWidth(s.out))
}

// ofLayer keeps the entries of a layer; the empty layer is all.
func ofLayer(layer string) ([]diagnosis.Entry, error) {
	if layer != "" && !slices.Contains(layers(), layer) {
		return nil, &hintError{fmt.Sprintf("no layer %q", layer), "one of " + strings.Join(layers(), ", ")}
	}
	return slices.DeleteFunc(catalogue.All(), func(e diagnosis.Entry) bool { return layer != "" && string(e.Layer) != layer }), nil
}

func listCodes(s streams, layer string) error {
	entries, err := ofLayer(layer)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := fmt.Fprintf(s.out, "%-34s %-8s %s\n", e.Code, e.Severity, e.PlainTitle()); err != nil {
			return err
		}
	}
	return nil
}

// explainSymptom lists the causes whose clients print the text, the most telling
// first.
func explainSymptom(s streams, layer, text string) error {
	if strings.TrimSpace(text) == "" {
		return &hintError{"--symptom: no text", "paste a client's error message, in quotes"}
	}
	entries, err := ofLayer(layer)
	if err != nil {
		return err
	}
	found := diagnosis.BySymptom(entries, text)
	if len(found) == 0 {
		_, err := fmt.Fprintln(s.out, "no cause is known by this text: walk the path with pullpath check, or try a shorter part of it")
		return err
	}
	return report.Found(s.out, found, terminalWidth(s.out))
}

// nearest gives the codes that share a word with what was typed.
func nearest(word string, known []string) string {
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
