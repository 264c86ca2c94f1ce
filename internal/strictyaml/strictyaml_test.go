package strictyaml

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"pullpath/internal/cost"
)

type file struct {
	Name  string   `yaml:"name"`
	Hosts []string `yaml:"hosts"`
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		hosts []string
		// line is that of the error, 0 for none.
		line int
	}{
		"sound":                   {"name: a\nhosts: [b, c]\n", []string{"b", "c"}, 0},
		"empty":                   {"", nil, 0},
		"an unknown key":          {"name: a\n\ncolour: red\n", nil, 3},
		"another type":            {"name: a\nhosts: 5\n", nil, 2},
		"no YAML":                 {"name: a\nhosts: [\n", nil, 2},
		"a key that stands twice": {"name: a\nname: b\n", nil, 2},
		"a tag before no list":    {"hosts: !0 00\n", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var f file
			err := Decode([]byte(c.text), &f)
			var problem *Error
			switch {
			case c.line == 0 && (err != nil || !slices.Equal(f.Hosts, c.hosts)):
				t.Errorf("%v, %v", f, err)
			case c.line != 0 && (!errors.As(err, &problem) || problem.Line != c.line):
				t.Errorf("%v, want an error of line %d", err, c.line)
			}
		})
	}
}

// TestErrorsSpeakYAML: they name no type of Go.
func TestErrorsSpeakYAML(t *testing.T) {
	for text, want := range map[string]string{
		"texts:\n- a: b\n":  "a mapping stands where a text should; put it in quotation marks",
		"sure: maybe\n":     "a text stands where true or false should",
		"count: [1]\n":      "a list stands where a number should",
		"wait: 5\n":         "a number stands where a time, such as 1.5s, should",
		"count: true\n":     "true or false stands where a number should",
		"texts: {a: [b]}\n": "mapping was used where sequence is expected",
	} {
		var into struct {
			Texts []string
			Sure  bool
			Count int
			Wait  time.Duration
		}
		var problem *Error
		if err := Decode([]byte(text), &into); !errors.As(err, &problem) || problem.Err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestLine(t *testing.T) {
	const text = "name: a\nhosts:\n  - b\n  - c\n"
	for place, want := range map[string]int{"$.hosts[0]": 3, "$.hosts[1]": 4, "$.hosts[7]": 1, "$.none": 1, "hosts": 1} {
		if got := Line([]byte(text), place); got != want {
			t.Errorf("%s is on line %d, want %d", place, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("name: a\nhosts: [b, c]\n")
	f.Add("hosts: !0 00\n")
	f.Add("hosts: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			var got file
			err := Decode([]byte(text), &got)
			var problem *Error
			if err != nil && (!errors.As(err, &problem) || problem.Line < 1 || problem.Err == nil) {
				t.Errorf("%#v", err)
			}
			if line := Line([]byte(text), "$.hosts[0]"); line < 1 {
				t.Errorf("line %d", line)
			}
		})
	})
}

// FuzzEncode: what is written is read again, whatever text it holds.
func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", " blank", "blank ", "a\n  b\n", "\x00\x1b[31m", "'\"\\: #-",
		"\u00fc\u200b\U0001f600", "~", "true", "0x1f", "1_000", "- a", "{a", "&a", "*a", "!a", "|", "a: b", "\ufeff", "2026-11-27", "=", "<<"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cost.Linear(t, len(text), func() {
			if !utf8.ValidString(text) {
				return // no report holds such text: JSON is UTF-8
			}
			type list struct{ Texts []string }
			want := list{[]string{text, "end"}}
			data, err := Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			var got list
			if err := Decode(data, &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q is read as %q, %v, from %q", want, got, err, data)
			}
		})
	})
}
