package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// jsonValue is one leaf of a JSON document, or an empty object or list.
type jsonValue struct {
	path []string // keys from the outermost; an element of a list has ""
	text string   // of a string; of anything else its literal
	kind byte     // 's' a string, '{' an empty object, '[' an empty list, 'v' any other
	line int      // where the value ends, from 1
}

// maxJSONDepth bounds nesting; the deepest file read here has four levels.
const maxJSONDepth = 32

var errJSON = errors.New("not valid JSON")

// parseJSON returns the leaves of a document in their order. On an error it
// returns the line at which the document is broken.
func parseJSON(text string) ([]jsonValue, int, error) {
	w := jsonWalk{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	w.decoder.UseNumber()
	err := w.value(nil)
	if err == nil {
		if _, more := w.decoder.Token(); !errors.Is(more, io.EOF) {
			err = errJSON
		}
	}
	if err != nil {
		return nil, w.line(), err
	}
	return w.found, 0, nil
}

type jsonWalk struct {
	text    string
	decoder *json.Decoder
	found   []jsonValue
	offset  int64 // up to which lines are counted
	lines   int
}

// line returns the line that the decoder has reached.
func (w *jsonWalk) line() int {
	now := min(w.decoder.InputOffset(), int64(len(w.text)))
	w.lines += strings.Count(w.text[w.offset:now], "\n")
	w.offset = now
	return w.lines + 1
}

func (w *jsonWalk) value(path []string) error {
	token, err := w.decoder.Token()
	switch {
	case err != nil:
		return errJSON
	case len(path) > maxJSONDepth:
		return beyond("nests more than %d deep", maxJSONDepth)
	case len(w.found) > maxJSONValues:
		return beyond("has more than %d values", maxJSONValues)
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		w.found = append(w.found, leaf(path, token, w.line()))
		return nil
	}
	before := len(w.found)
	for w.decoder.More() {
		name := ""
		if delimiter == '{' {
			key, err := w.decoder.Token()
			if name, ok = key.(string); err != nil || !ok {
				return errJSON
			}
		}
		if err := w.value(append(slices.Clone(path), name)); err != nil {
			return err
		}
	}
	if _, err := w.decoder.Token(); err != nil {
		return errJSON
	}
	if len(w.found) == before {
		w.found = append(w.found, jsonValue{path: path, kind: byte(delimiter), line: w.line()})
	}
	return nil
}

func leaf(path []string, token json.Token, line int) jsonValue {
	if s, ok := token.(string); ok {
		return jsonValue{path, s, 's', line}
	}
	literal, err := json.Marshal(token)
	if err != nil {
		literal = nil
	}
	return jsonValue{path, string(bytes.TrimSpace(literal)), 'v', line}
}
