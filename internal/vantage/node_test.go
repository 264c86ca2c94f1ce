package vantage

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/fault"
)

func TestNodeAndLabels(t *testing.T) {
	many := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("--label=l%d=v", i))
		}
		return out
	}
	for name, c := range map[string]struct {
		flags []string
		node  string
		want  map[string]string
		wrong string
	}{
		"none":               {},
		"a node and a label": {flags: []string{"--node=n1", "--label=zone=a"}, node: "n1", want: map[string]string{"zone": "a"}},
		"a name of kubernetes, and an empty value": {flags: []string{"--label=topology.kubernetes.io/zone="},
			want: map[string]string{"topology.kubernetes.io/zone": ""}},
		"a value with its own =":  {flags: []string{"--label=a=b=c"}, want: map[string]string{"a": "b=c"}},
		"the same twice":          {flags: []string{"--label=a=b", "--label=a=b"}, want: map[string]string{"a": "b"}},
		"sixteen are the most":    {flags: many(17), wrong: "at most 16"},
		"no value":                {flags: []string{"--label=zone"}, wrong: "not name=value"},
		"a capital":               {flags: []string{"--label=Zone=a"}, wrong: "not name=value"},
		"no name":                 {flags: []string{"--label==a"}, wrong: "not name=value"},
		"a sign at its end":       {flags: []string{"--label=zone-=a"}, wrong: "not name=value"},
		"two values":              {flags: []string{"--label=a=b", "--label=a=c"}, wrong: "twice"},
		"a long value":            {flags: []string{"--label=a=" + strings.Repeat("x", 64)}, wrong: "64 bytes"},
		"what a terminal obeys":   {flags: []string{"--label=a=\x1b[2J"}, wrong: "plain text"},
		"a node that is too long": {flags: []string{"--node=" + strings.Repeat("x", 254)}, wrong: "254 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := inside(t, fault.World{}).Prepare(context.Background(), asking(t, c.flags...), nil)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("%v, want %q", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, run.Net.Vantage.Labels); diff != "" || run.Net.Vantage.Node != c.node {
				t.Errorf("node %q, labels %s", run.Net.Vantage.Node, diff)
			}
		})
	}
}
