package fault

import (
	"reflect"
	"testing"

	"pullpath/internal/strictyaml"
)

// TestAnswersSurviveAScenario: lines and blanks of an answer are bytes.
func TestAnswersSurviveAScenario(t *testing.T) {
	for _, raw := range []string{"\r\n\r\n{\"a\": \"b\"}", "\n\n ", " \n\t'\"\x1b", "HTTP/1.1 200 OK\r\nA:  b \r\n\r\nä, 'c'\n"} {
		want := World{Faults: []Fault{HTTP{Host: "a", Raw: raw}}}
		scenario, err := want.Scenario()
		if err != nil {
			t.Fatal(err)
		}
		text, err := strictyaml.Encode(scenario)
		if err != nil {
			t.Fatal(err)
		}
		var read Scenario
		if err := strictyaml.Decode(text, &read); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got, err := read.Network(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v from\n%s", raw, got, err, text)
		}
	}
}
