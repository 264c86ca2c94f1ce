package settings

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlValue is one leaf of a TOML document.
type tomlValue struct {
	path string   // "registry[0].mirror[1].location"; of a list, that of the list
	keys []string // the path's parts without indexes: a part may have dots
	text string   // of a string; of anything else as written
	line int      // from 1
	head bool     // a header [a.b], which tomlTables alone returns
}

// parseTOML returns the leaves of a document in their order. The library decodes
// it first, so that what it refuses is refused here; its parser then gives the
// positions, which decoding does not. On an error it returns the broken line.
func parseTOML(text string) ([]tomlValue, int, error) {
	return walkTOML(text, false)
}

// tomlTables is parseTOML with the headers of tables among the leaves: one without a key below
// it counts in some files.
func tomlTables(text string) ([]tomlValue, int, error) { return walkTOML(text, true) }

func walkTOML(text string, heads bool) ([]tomlValue, int, error) {
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
	w := tomlWalk{counts: map[string]int{}, text: text, heads: heads}
	w.parser.Reset([]byte(text))
	for w.parser.NextExpression() {
		w.expression(w.parser.Expression())
	}
	return w.found, 0, w.parser.Error()
}

type tomlWalk struct {
	parser unstable.Parser
	table  string         // of the last header, with indexes
	keys   []string       // of the last header
	heads  bool           // headers are wanted too
	counts map[string]int // how many elements an array of tables has so far
	line   int            // of the last node that knows where it stands
	// text is the document, and counted how many line ends of it are before offset: the
	// library counts them anew for each node.
	text    string
	offset  int
	counted int
	found   []tomlValue
}

// expression applies one header or assignment.
func (w *tomlWalk) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.Table:
		w.table = w.header(e, false)
	case unstable.ArrayTable:
		w.table = w.header(e, true)
	case unstable.KeyValue:
		w.assignment(w.table, w.keys, e)
	}
}

// header returns the path of a header: each array of tables on the way gets the
// index of its last element, and an array header begins a new one.
func (w *tomlWalk) header(e *unstable.Node, array bool) string {
	name := ""
	w.keys = nil
	for it := e.Key(); it.Next(); {
		w.at(it.Node())
		w.keys = append(w.keys, string(it.Node().Data))
		name = join(name, string(it.Node().Data))
		if array && it.IsLast() {
			w.counts[name]++
		}
		if n := w.counts[name]; n > 0 {
			name += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	if w.heads {
		w.found = append(w.found, tomlValue{path: name, keys: w.keys, line: w.line, head: true})
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
func (w *tomlWalk) assignment(path string, keys []string, e *unstable.Node) {
	keys = slices.Clip(keys)
	for it := e.Key(); it.Next(); {
		w.at(it.Node())
		path, keys = join(path, string(it.Node().Data)), append(keys, string(it.Node().Data))
	}
	w.value(path, keys, e.Value())
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

func (w *tomlWalk) value(path string, keys []string, n *unstable.Node) {
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
			w.value(inner, keys, it.Node())
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			w.assignment(path, keys, it.Node())
		}
	case unstable.Comment:
	default:
		w.found = append(w.found, tomlValue{path: path, keys: keys, text: string(n.Data), line: w.line})
	}
}
