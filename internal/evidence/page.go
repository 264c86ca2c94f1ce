package evidence

import (
	"bytes"
	"errors"
)

// The element of an HTML report that carries the JSON. Inside it every <, > and &
// is written as an escape of JSON, so that its end is the first one that is met.
const (
	pageBegin = `<script type="application/json" id="pullpath-report">`
	pageEnd   = `</script>`
)

// Document returns the JSON of a report, which an HTML page carries.
func Document(data []byte) ([]byte, error) { return fromPage(data) }

// fromPage takes the report out of an HTML page. What is no page comes back as it
// is.
func fromPage(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(data, "\xef\xbb\xbf \t\r\n"), []byte("<")) {
		return data, nil
	}
	_, rest, found := bytes.Cut(data, []byte(pageBegin))
	document, _, ended := bytes.Cut(rest, []byte(pageEnd))
	if !found || !ended {
		return nil, errors.New("the page carries no report of this tool")
	}
	return document, nil
}
