package flows

import "testing"

// The refusal that side probes look into is the last of the first conversation in
// the plan, in whatever order the conversations were refused.
func TestRefusalIsTheFirstConversations(t *testing.T) {
	first, again, second := refusal{ask: ask{by: []int{0}}}, refusal{ask: ask{by: []int{0}}}, refusal{ask: ask{by: []int{1}}}
	for name, came := range map[string][]*refusal{
		"in order":        {&first, &again, &second},
		"the other way":   {&second, &first, &again},
		"one between two": {&first, &second, &again},
	} {
		w := &walk{}
		for _, r := range came {
			w.refuse(r)
		}
		if w.refused != &again {
			t.Errorf("%s: another than the last of the first counts", name)
		}
	}
}
