package vantage

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// nodeFlags say what a fleet calls this host.
type nodeFlags struct {
	node   string
	labels []string
}

const (
	// maxLabels is how many labels a report has. Kubernetes puts some ten on a node; of more
	// nobody says which one tells groups of nodes apart.
	maxLabels = 16
	// maxLabelValue bounds a value, and each of the name's two parts, as Kubernetes does
	// (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels).
	maxLabelValue = 63
	maxLabelName  = 253
)

// labelName is what a label may be called, so that it can stand in a table, and in the labels
// of Prometheus with its signs replaced.
var labelName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._/-]*[a-z0-9])?$`)

func (a *Ask) registerNode(f *pflag.FlagSet) {
	f.StringVar(&a.fleet.node, "node", "", "what the fleet calls this host; the report has the `name`, and metrics do not")
	f.StringArrayVar(&a.fleet.labels, "label", nil,
		"what the fleet knows of this host besides, `name=value` as in zone=a; repeatable, at most 16")
}

// node puts the fleet's names for this host into the report.
func (p *preparation) node() (err error) {
	v, flags := &p.run.Net.Vantage, p.ask.fleet
	if err := fitsLabel("--node", flags.node, maxLabelName); err != nil {
		return err
	}
	v.Node = flags.node
	v.Labels, err = labels(flags.labels)
	return err
}

// labels reads --label.
func labels(texts []string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		if !found || !labelName.MatchString(name) || len(name) > maxLabelName {
			return nil, hint.New(fmt.Sprintf("--label %q is not name=value", redact.Argument(text)),
				"a name has small letters, digits, and . _ / - between them, as in topology.kubernetes.io/zone=a")
		}
		if err := fitsLabel("--label "+name, value, maxLabelValue); err != nil {
			return nil, err
		}
		if before, twice := out[name]; twice && before != value {
			return nil, fmt.Errorf("--label %s is given twice, with different values", name)
		}
		out[name] = value
	}
	if len(out) > maxLabels {
		return nil, hint.New(fmt.Sprintf("--label: %d labels, and a report has at most %d", len(out), maxLabels),
			"give those that may tell groups of hosts apart; compare --labels takes the others from a list of nodes")
	}
	return out, nil
}

// fitsLabel refuses a value that is too long, or that a terminal might obey.
func fitsLabel(flag, value string, most int) error {
	switch {
	case len(value) > most:
		return fmt.Errorf("%s: the value has %d bytes, and at most %d are kept", flag, len(value), most)
	case evidence.CheckText(value) != nil:
		return fmt.Errorf("%s: the value is no plain text", flag)
	}
	return nil
}
