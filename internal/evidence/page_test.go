package evidence

import (
	"strings"
	"testing"
)

func TestFromPage(t *testing.T) {
	for name, c := range map[string]struct{ in, want, wrong string }{
		"JSON":               {in: `{"schema": "x"}`, want: `{"schema": "x"}`},
		"page":               {in: "<!DOCTYPE html><p>x</p>" + pageBegin + `{"a":1}` + pageEnd + "</html>", want: `{"a":1}`},
		"page with a mark":   {in: "\xef\xbb\xbf\r\n <html>" + pageBegin + `{}` + pageEnd, want: `{}`},
		"page of another":    {in: "<html></html>", wrong: "carries no report"},
		"page that was cut":  {in: "<html>" + pageBegin + `{"a":`, wrong: "carries no report"},
		"element in a value": {in: `{"a": "` + `<script type=\"application/json\">"}`, want: `{"a": "` + `<script type=\"application/json\">"}`},
	} {
		got, err := fromPage([]byte(c.in))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v, want %q", name, err, c.wrong)
			}
			continue
		}
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}
