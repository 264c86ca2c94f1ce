package report

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, nil},
		{"   ", 10, nil},
		{"one two", 10, []string{"one two"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"a abcdefgh b", 4, []string{"a", "abcd", "efgh", "b"}},
		{"https://sso.redhat.com/auth", 20, []string{"https://sso.redhat.", "com/auth"}},
		{"界界界", 4, []string{"界界", "界"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"界", 1, []string{"界"}},
	} {
		if got := wrap(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestHangCommand(t *testing.T) {
	command := `curl -v -x http://proxy.corp:3128 -H "Authorization: Bearer $TOKEN" 'https://a.example/?a b&c'\ d`
	got := hangCommand("try ", command, 4, 40)
	for line := range strings.Lines(got) {
		if strings.Count(line, `"`)%2 != 0 || strings.Count(line, `'`)%2 != 0 {
			t.Errorf("a break inside quotes: %q", line)
		}
	}
	pasted := strings.ReplaceAll(strings.TrimPrefix(strings.TrimSuffix(got, "\n"), "try "), "\\\n", "")
	if got, want := strings.Join(strings.Fields(pasted), " "), command; got != want {
		t.Errorf("pasted %q, want %q", got, want)
	}
	if got := hangCommand("", "curl x", 0, 40); got != "curl x\n" {
		t.Errorf("a short command became %q", got)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcode 界 e\u0301": "plain, ünïcode 界 e\u0301",
		"a\nb\r\t":                 `a\nb\r\t`,
		"\x1b[31m":                 `\x1b[31m`,
		"\u202e\u200b\u00a0":       `\u202e\u200b\xa0`,
		"\xff\ufffd":               `\xff` + "\ufffd",
		"\U000e0041":               `\U000e0041`,
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}

// randomRows makes rows with cells of all sorts: words, long words, wide and
// combining characters, and what must not be printed.
func randomRows(r *rand.Rand) []row {
	letters := []rune("abcXYZ019.,:;/=&?-_|<>`'\"\\ 界한é\u0301\u202e\x1b\n\t😀")
	text := func(most int) string {
		out := make([]rune, r.IntN(most+1))
		for i := range out {
			out[i] = letters[r.IntN(len(letters))]
			if r.IntN(6) == 0 {
				out[i] = ' '
			}
		}
		return string(out)
	}
	var rows []row
	for range 1 + r.IntN(6) {
		result := []string{resultOK, resultFail, resultWarn, resultNone}[r.IntN(4)]
		rows = append(rows, row{text(60), text(20), text(40), result, text(9), text(300)})
	}
	return rows
}

// Whatever stands in the cells: no line is too wide, and each row's cells come
// out whole and in order.
func TestLayoutLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rows, width := randomRows(r), 60+r.IntN(141)
		var buf bytes.Buffer
		if err := (layout{width: width, whole: true}).write(&buf, rows); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(buf.String()) {
			if n := columns(strings.TrimRight(line, "\n")); n > width {
				t.Fatalf("%d columns in %d: %s", n, width, line)
			}
		}
		if got, want := tally(buf.String()), wanted(rows, width); !slices.Contains(want, got) {
			t.Fatalf("at %d the characters differ\n got %s\nwant one of %s\n%s", width, got, want, buf.String())
		}
	}
}

// tally sorts the visible characters of a text: columns stand side by side, so
// that order is held by TestGridKeepsOrder. Colons do not count: the table puts one between
// two cells that share a column.
func tally(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' {
			return -1
		}
		return r
	}, text))
	slices.Sort(runes)
	return string(runes)
}

// wanted returns the characters of the rows with and without a column for the peer.
func wanted(rows []row, width int) []string {
	var out []string
	for _, form := range []struct {
		header []string
		cells  [][]string
	}{{peerColumns, withPeer(rows)}, {noPeerColumns, peerInSeen(rows)}} {
		var b strings.Builder
		if width >= columnsFrom {
			b.WriteString(strings.Join(form.header, " "))
		}
		for _, c := range form.cells {
			b.WriteString(strings.Join(c, " ") + " ")
		}
		out = append(out, tally(b.String()))
	}
	return out
}

// Read down its column, a cell gives its characters in their order.
func TestGridKeepsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 150 {
		text := printable(randomRows(r)[0].seen)
		lines := wrap(text, 4+r.IntN(60))
		if got, want := strings.Join(strings.Fields(strings.Join(lines, "")), ""), strings.Join(strings.Fields(text), ""); got != want {
			t.Fatalf("wrapped to %q, want %q", got, want)
		}
		var buf bytes.Buffer
		widths := []int{6, 6, 6, 8, 40}
		cells := [][]string{{"", "", resultOK, "", text}}
		if err := grid(&buf, []string{"HOST", "HOP", "RESULT", timeHeader, "SEEN"}, cells, widths, false); err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(buf.String(), "\n")
		got := strings.Join(strings.Fields(strings.Replace(body, resultOK, "", 1)), "")
		if want := strings.Join(strings.Fields(text), ""); got != want {
			t.Fatalf("laid out as %q, want %q", got, want)
		}
	}
}
