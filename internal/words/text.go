package words

import (
	"fmt"
	"strings"

	"pullpath/internal/evidence"
)

// Count writes a number with its noun.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Join joins the parts that are there with commas.
func Join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// Quoted puts quotation marks around a peer's own words, or says that there were none. The
// words are escaped already: to escape them again would make them longer and no safer.
func Quoted(s string) string {
	if s == "" {
		return "nothing"
	}
	return `"` + s + `"`
}

// From names a source, empty for none.
func From(variable string) string {
	if variable == "" {
		return ""
	}
	return " from " + variable
}

// AppendNew adds text unless it is there: A and AAAA often answer alike.
func AppendNew(parts []string, text string) []string {
	for _, p := range parts {
		if p == text {
			return parts
		}
	}
	return append(parts, text)
}

// Duration writes milliseconds the way a person says them.
func Duration(ms float64) string {
	switch {
	case ms < 1:
		return "<1 ms"
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 1e4:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms < 1e9:
		return fmt.Sprintf("%.0f s", ms/1000)
	}
	return fmt.Sprintf("%.1e s", ms/1000)
}

// Seconds writes a whole run's time.
func Seconds(ms float64) string { return fmt.Sprintf("%.1f s", ms/1000) }

// Line is where a step stands in the text that it was read from: its line.
func Line(o evidence.Origin) string {
	if i := strings.LastIndex(o.Place, evidence.FramePlace); i >= 0 {
		return "frame " + o.Place[i+len(evidence.FramePlace):]
	}
	return "line " + o.Place[strings.LastIndexByte(o.Place, ':')+1:]
}
