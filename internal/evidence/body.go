package evidence

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"pullpath/internal/redact"
)

const (
	// maxKept is how many characters of a body are kept: enough to read a
	// block page's sentence, too few to keep a person's page (CONTRACT 4.12).
	maxKept = 512
	// maxTitle bounds a page's title; longer ones are no titles.
	maxTitle = 160
	// MaxFirstBytes is how many of a peer's unexpected first bytes are kept: an
	// SSH or SMTP banner fits, a page does not.
	MaxFirstBytes = 96
)

// Scribe knows how text from the wire becomes evidence: which secrets to take
// out, and which product texts to look for. Its zero value redacts by the
// rules alone and looks for nothing.
type Scribe struct {
	// Secrets of this run, taken out of every text.
	Secrets *redact.Secrets
	// Markers are texts by which products are recognised, compared without case.
	Markers []string
}

// Text makes a text of the wire fit to be kept.
func (s Scribe) Text(raw string) string {
	return redact.Text(s.Secrets.Scrub(raw), maxKept)
}

// Header makes a header field fit to be kept.
func (s Scribe) Header(name, value string) Header {
	return Header{
		Name:  redact.Text(name, maxTitle),
		Value: redact.Text(s.Secrets.Scrub(redact.Header(name, value)), maxKept),
	}
}

// FirstBytes keeps the beginning of what a peer said out of turn.
func (s Scribe) FirstBytes(raw []byte) string {
	if len(raw) > MaxFirstBytes {
		raw = raw[:MaxFirstBytes]
	}
	return redact.Text(s.Secrets.Scrub(string(raw)), 4*MaxFirstBytes)
}

var (
	titleForm = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	hidden    = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>|<!--.*?-->`)
	tagForm   = regexp.MustCompile(`(?s)<[^>]*>`)
	blanks    = regexp.MustCompile(`\s+`)
)

// Body summarises what was read of a body. It returns nil for an empty one.
func (s Scribe) Body(data []byte, contentType string, truncated bool) *Body {
	if len(data) == 0 {
		return nil
	}
	b := &Body{Bytes: int64(len(data)), Truncated: truncated, HTML: isHTML(data, contentType)}
	lower := strings.ToLower(string(data))
	for _, m := range s.Markers {
		if strings.Contains(lower, strings.ToLower(m)) {
			b.Markers = append(b.Markers, m)
		}
	}
	text := string(data)
	if b.HTML {
		if m := titleForm.FindStringSubmatch(text); m != nil {
			b.Title = redact.Text(s.Secrets.Scrub(squeeze(m[1])), maxTitle)
		}
		text = tagForm.ReplaceAllString(hidden.ReplaceAllString(text, " "), " ")
	}
	b.Text = s.Text(squeeze(text))
	return b
}

func squeeze(s string) string {
	return strings.TrimSpace(blanks.ReplaceAllString(html.UnescapeString(s), " "))
}

func isHTML(data []byte, contentType string) bool {
	if strings.Contains(strings.ToLower(contentType), "html") {
		return true
	}
	start := bytes.ToLower(bytes.TrimLeft(data, "\xef\xbb\xbf \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
