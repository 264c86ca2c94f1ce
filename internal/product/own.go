package product

import (
	"fmt"
	"regexp"
	"slices"

	"pullpath/internal/evidence"
	"pullpath/internal/strictyaml"
)

const (
	// maxOwn bounds a site's own signatures; this table itself has fewer rows.
	maxOwn = 100
	// maxPattern bounds one pattern or text in characters.
	maxPattern = 300
)

// ParseOwn reads a site's own signatures, YAML:
//
//	signatures:
//	  - product: Corp Filter        # the name that findings show
//	    header: X-Corp-Filter       # a header field, with
//	    value: '^blocked'           # a pattern for its value; without one its name tells
//	    status: '^HTTP/1.1 403 Corp'  # or a pattern for the status line
//	    body: corp filter blocked     # or a text of the page, without case
//	    says: denied                # what it means, if that is known: denied,
//	                                # cannot-resolve, cannot-reach, upstream-timeout
//
// Of header, status and body one has to be there.
func ParseOwn(data []byte) ([]evidence.Signature, error) {
	var file struct {
		Signatures []evidence.Signature `yaml:"signatures"`
	}
	if err := strictyaml.Decode(data, &file); err != nil {
		return nil, fmt.Errorf("no list of signatures: %w", err)
	}
	if len(file.Signatures) == 0 || len(file.Signatures) > maxOwn {
		return nil, fmt.Errorf("%d signatures, want 1 to %d", len(file.Signatures), maxOwn)
	}
	for i, s := range file.Signatures {
		if _, err := ownRow(s); err != nil {
			return nil, fmt.Errorf("signature %d: %w", i+1, err)
		}
	}
	return file.Signatures, nil
}

// Own makes rows of signatures, for the functions that take some. One that is
// unsound, as a report from elsewhere may hold, is left out.
func Own(signatures []evidence.Signature) []Row {
	var out []Row
	for _, s := range signatures[:min(len(signatures), maxOwn)] {
		if r, err := ownRow(s); err == nil {
			out = append(out, r)
		}
	}
	return out
}

func ownRow(s evidence.Signature) (Row, error) {
	const cite = "--signatures"
	says := Cause(s.Says)
	r := Row{Name: s.Product, Category: WebGateway}
	switch {
	case s.Product == "":
		return r, fmt.Errorf("no product")
	case s.Header == "" && s.Status == "" && s.Body == "":
		return r, fmt.Errorf("%s: neither header, status nor body", s.Product)
	case s.Value != "" && s.Header == "":
		return r, fmt.Errorf("%s: a value without its header", s.Product)
	case !slices.Contains([]Cause{None, Denied, CannotResolve, CannotReach, UpstreamTimeout}, says):
		return r, fmt.Errorf("%s: says %q, which is not a cause", s.Product, s.Says)
	}
	value, err := pattern(s.Value)
	if err != nil {
		return r, fmt.Errorf("%s: value: %w", s.Product, err)
	}
	line, err := pattern(s.Status)
	if err != nil {
		return r, fmt.Errorf("%s: status: %w", s.Product, err)
	}
	if s.Header != "" {
		r.Headers = []HeaderSign{{Name: s.Header, Value: value, Grade: Seen, Cite: cite, Says: says}}
	}
	if line != nil {
		r.Status = []StatusSign{{Line: line, Grade: Seen, Cite: cite, Says: says}}
	}
	if s.Body != "" {
		r.Body = []BodySign{{Text: s.Body, Grade: Seen, Cite: cite, Says: says}}
	}
	return r, nil
}

// pattern compiles a pattern, nil for none. RE2 takes time linear in the text.
func pattern(text string) (*regexp.Regexp, error) {
	switch {
	case text == "":
		return nil, nil
	case len(text) > maxPattern:
		return nil, fmt.Errorf("longer than %d characters", maxPattern)
	}
	return regexp.Compile("(?i)" + text)
}
