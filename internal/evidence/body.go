package evidence

import (
	"bytes"
	"html"
	"strings"

	tokens "golang.org/x/net/html"
)

// maxPage bounds how much of a body is looked at. A block page has some tens of
// kilobytes, with pictures written into it some hundreds; its title and its first
// words stand before those.
const maxPage = 1 << 20

// maxToken bounds one tag, comment or text of a page: what a tokenizer holds at a
// time. Pictures written into a page are the longest.
const maxToken = maxPage

// Body summarises what was read of a body. It returns nil for an empty one.
func (s Scribe) Body(data []byte, contentType string, truncated bool) *Body {
	if len(data) == 0 {
		return nil
	}
	b := &Body{Bytes: int64(len(data)), Truncated: truncated, HTML: isHTML(data, contentType)}
	seen := data[:min(len(data), maxPage)]
	b.Markers = s.markers(seen)
	text := s.Secrets.Scrub(string(seen))
	if truncated || len(seen) < len(data) {
		text = s.Secrets.ScrubCut(string(seen))
	}
	if b.HTML {
		var title string
		title, text = strip(text)
		b.Title = s.Short(squeeze(title, perKept*maxTitle), maxTitle)
	}
	most := maxKept
	if s.KeepBodies {
		most = maxBody
	}
	b.Text = s.Short(squeeze(text, perKept*most), most)
	return b
}

// markers returns those of the known texts that occur.
func (s Scribe) markers(data []byte) []string {
	var out []string
	lower := strings.ToLower(string(data))
	for _, m := range s.Markers {
		if strings.Contains(lower, strings.ToLower(m)) {
			out = append(out, m)
		}
	}
	return out
}

// stripper goes through a page once and keeps its title and what is shown of it.
type stripper struct {
	title, shown strings.Builder
	// hidden is inside an element that is not shown, inTitle inside the first title,
	// and titled behind it.
	hidden, inTitle, titled bool
}

// strip takes a page's title and its text, where each tag and what is not shown
// leaves a blank.
func strip(page string) (title, text string) {
	var p stripper
	z := tokens.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(maxToken)
	for kind := z.Next(); kind != tokens.ErrorToken; kind = z.Next() {
		if kind == tokens.TextToken {
			p.text(z.Raw())
			continue
		}
		p.shown.WriteByte(' ')
		name, _ := z.TagName()
		p.tag(kind, string(name))
		if kind == tokens.StartTagToken && !hides(string(name)) && string(name) != "title" {
			z.NextIsNotRawText() // what a frame or a text area holds is shown without its tags
		}
	}
	if !p.titled {
		return "", p.shown.String()
	}
	return p.title.String(), p.shown.String()
}

func (p *stripper) text(raw []byte) {
	if p.inTitle {
		p.title.Write(raw)
	}
	if !p.hidden {
		p.shown.Write(raw)
	}
}

func (p *stripper) tag(kind tokens.TokenType, name string) {
	begins, ends := kind == tokens.StartTagToken, kind == tokens.EndTagToken
	switch {
	case hides(name) && (begins || ends):
		p.hidden = begins
	case name == "title" && begins:
		p.inTitle = !p.titled
	case name == "title" && ends:
		p.inTitle, p.titled = false, p.titled || p.inTitle
	}
}

// hides tells the elements whose text is not shown.
func hides(tag string) bool {
	switch tag {
	case "script", "style", "head":
		return true
	}
	return false
}

// squeeze resolves entities and makes blanks in a row one, in the first so many
// bytes that are left.
func squeeze(s string, most int) string {
	words := strings.FieldsSeq(html.UnescapeString(s))
	var out strings.Builder
	for word := range words {
		if out.Len() > most {
			break
		}
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(word)
	}
	return out.String()
}

func isHTML(data []byte, contentType string) bool {
	if strings.Contains(strings.ToLower(contentType), "html") {
		return true
	}
	start := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), maxPage)], "\xef\xbb\xbf \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
