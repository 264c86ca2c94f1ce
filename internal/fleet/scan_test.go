package fleet

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzMembers: of what is JSON, the members are those that the library finds.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1}`, "{ \"a\" : [ {\"b\":\"}\\\"\"}, 2 ] ,\n\"c\\u0041\": \"\\\\\" , \"d\":null}",
		`{"a":{"b":[[]]},"e":-1.5e3}`, `[1]`, `{"a"`,
		`{"a":"\`, `{,}`, `{"a":}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, twice := map[string]json.RawMessage{}, false
		err := members(text, nil, func(name string, value []byte) error {
			_, known := got[name]
			twice = twice || known
			got[name] = value
			return nil
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil || twice {
			return // whatever it is, it has ended
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %v, %d members, want %d", text, err, len(got), len(want))
		}
		for name, value := range want {
			if !bytes.Equal(got[name], value) {
				t.Errorf("%q: %s is %q, want %q", text, name, got[name], value)
			}
		}
	})
}

func TestElements(t *testing.T) {
	var got []string
	if err := elements([]byte(` [1, "a,]" ,{"b":[2]}] `), func(v []byte) error { got = append(got, string(v)); return nil }); err != nil ||
		len(got) != 3 || got[1] != `"a,]"` || got[2] != `{"b":[2]}` {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "[", "[1", "[1 2]", "{}", `["a`, "[[1]"} {
		if elements([]byte(text), func([]byte) error { return nil }) == nil {
			t.Errorf("%q is taken for an array", text)
		}
	}
}
