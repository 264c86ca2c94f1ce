package settings

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlValue is one leaf of a TOML document.
type tomlValue struct {
	path string // "registry[0].mirror[1].location"; of a list, that of the list
	text string // of a string; of anything else as written
	line int    // from 1
}

// parseTOML returns the leaves of a document in their order. The library decodes
// it first, so that what it refuses is refused here; its parser then gives the
// positions, which decoding does not. On an error it returns the broken line.
func parseTOML(text string) ([]tomlValue, int, error) {
	if err := boundTOML(text); err != nil {
		return nil, 0, err
	}
	var whole map[string]any
	if err := toml.Unmarshal([]byte(text), &whole); err != nil {
		line := 0
		if broken := (*toml.DecodeError)(nil); errors.As(err, &broken) {
			line, _ = broken.Position()
		}
		return nil, line, err
	}
	w := tomlWalk{counts: map[string]int{}, text: text}
	w.parser.Reset([]byte(text))
	for w.parser.NextExpression() {
		w.expression(w.parser.Expression())
	}
	return w.found, 0, w.parser.Error()
}

type tomlWalk struct {
	parser unstable.Parser
	table  string         // of the last header, with indexes
	counts map[string]int // how many elements an array of tables has so far
	line   int            // of the last node that knows where it stands
	// text is the document, and counted how many line ends of it are before offset: the
	// library counts them anew for each node.
	text    string
	offset  int
	counted int
	found   []tomlValue
}

// expression takes over one header or assignment.
func (w *tomlWalk) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.Table:
		w.table = w.header(e, false)
	case unstable.ArrayTable:
		w.table = w.header(e, true)
	case unstable.KeyValue:
		w.assignment(w.table, e)
	}
}

// header returns the path of a header: each array of tables on the way gets the
// index of its last element, and an array header begins a new one.
func (w *tomlWalk) header(e *unstable.Node, array bool) string {
	name := ""
	for it := e.Key(); it.Next(); {
		name = join(name, string(it.Node().Data))
		if array && it.IsLast() {
			w.counts[name]++
		}
		if n := w.counts[name]; n > 0 {
			name += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return name
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// assignment takes over key = value below a path.
func (w *tomlWalk) assignment(path string, e *unstable.Node) {
	for it := e.Key(); it.Next(); {
		w.at(it.Node())
		path = join(path, string(it.Node().Data))
	}
	w.value(path, e.Value())
}

// at remembers the line of a node.
func (w *tomlWalk) at(n *unstable.Node) {
	if n.Raw.Length == 0 {
		return
	}
	at := min(int(n.Raw.Offset), len(w.text))
	if at < w.offset {
		w.offset, w.counted = 0, 0
	}
	w.counted += strings.Count(w.text[w.offset:at], "\n")
	w.offset, w.line = at, w.counted+1
}

func (w *tomlWalk) value(path string, n *unstable.Node) {
	w.at(n)
	switch n.Kind {
	case unstable.Array:
		i := 0
		for it := n.Children(); it.Next(); {
			inner := path
			if it.Node().Kind == unstable.InlineTable {
				inner += "[" + strconv.Itoa(i) + "]"
				i++
			}
			w.value(inner, it.Node())
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			w.assignment(path, it.Node())
		}
	case unstable.Comment:
	default:
		w.found = append(w.found, tomlValue{path, string(n.Data), w.line})
	}
}
