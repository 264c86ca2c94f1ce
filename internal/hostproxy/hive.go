package hostproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// hive is a registry hive, the file in which Windows keeps a part of its registry: NTUSER.DAT,
// SOFTWARE, SYSTEM. The form is that of https://github.com/msuhanov/regf. It is read here and by no
// library, because those that are kept (velocidex's regparser) follow an index that names itself
// until the stack is full, and a folder may come from anybody. SOFTWARE of a machine in use has a
// hundred MiB, so cells are read one by one.
type hive struct {
	file io.ReaderAt
	size uint64
	// left is how many bytes may still be read: an index can name the same cells again and again.
	left *int64
}

// ErrNoHive means that a file is no registry hive.
var ErrNoHive = errors.New("it is no registry hive")

// ErrHiveTooLarge means that a hive was not read to its end: what was not found may be there all the
// same.
var ErrHiveTooLarge = errors.New("too much of it would have to be read")

const (
	// hiveBase is where the cells begin, and what their addresses count from.
	hiveBase = 0x1000
	// maxIndex bounds how deep indexes stand in each other (two levels are written), maxSubkeys the
	// keys below one (a user's Software has some hundred, Services some thousand), maxValues the
	// values of one.
	maxIndex, maxSubkeys, maxValues = 4, 20_000, 2000
	// maxHiveValue bounds a value in bytes: a longer one is kept in another form ("db"), which no proxy
	// and no usual certificate has. maxCell bounds what is read of a cell: the longest are indexes,
	// with 65,535 keys of eight bytes.
	maxHiveValue = 16 << 10
	maxCell      = 8*65_535 + 64
	// maxNode bounds a key and the head of a value, with names of at most 255 and 16,383 characters.
	maxNode = 33 << 10
	// maxHiveRead bounds what is read of a hive, in bytes: the keys that are looked up in a hive of a
	// hundred MiB, with the indexes on the way and some hundred certificates, need less than two MiB.
	// Of a small one no more is read than hiveTimes times its size: each key is looked up from the root.
	maxHiveRead, hiveTimes = 16 << 20, 8
)

// ParseHive reads keys of a hive. below is where the hive stands in the registry: HKCU for
// NTUSER.DAT, HKLM\SOFTWARE for SOFTWARE. A key that ends in \* is each key below it. Keys that are not
// there are left out.
func ParseHive(name string, file io.ReaderAt, size int64, below string, keys []string) (Registry, error) {
	left := min(maxHiveRead, hiveTimes*size+maxCell)
	h := hive{file, uint64(max(size, 0)), &left} //nolint:gosec // it is not negative
	head := make([]byte, 0x28)
	if _, err := file.ReadAt(head, 0); err != nil || h.size < hiveBase || string(head[:4]) != "regf" {
		return nil, ErrNoHive
	}
	root := h.cell(binary.LittleEndian.Uint32(head[0x24:]), maxNode)
	if !isNode(root) {
		return nil, ErrNoHive
	}
	out := Registry{}
	for _, key := range keys {
		above, each := strings.CutSuffix(key, `\*`)
		node := root
		for part := range strings.SplitSeq(h.controlSet(root, above), `\`) {
			if node = h.subkey(node, part); node == nil {
				break
			}
		}
		if node == nil {
			continue
		}
		out.take(h, node, name, below+`\`+above)
		if each {
			h.children(node, func(child []byte) { out.take(h, child, name, below+`\`+above+`\`+nodeName(child)) })
		}
	}
	if left < 0 {
		return out, ErrHiveTooLarge
	}
	return out, nil
}

// take reads the values of a node as those of a key.
func (r Registry) take(h hive, node []byte, name, key string) {
	r.Put(key, "", Value{Source: name})
	for value, v := range h.values(node) {
		v.Source = name
		r.Put(key, value, v)
	}
}

// isNode reports whether a cell is a key.
func isNode(cell []byte) bool { return len(cell) >= 76 && string(cell[:2]) == "nk" }

// controlSet writes the control set that was in force for the current one (its number stands in
// Select).
func (h hive) controlSet(root []byte, key string) string {
	rest, found := strings.CutPrefix(key, `CurrentControlSet\`)
	if !found {
		return key
	}
	number := uint32(1)
	if node := h.subkey(root, "Select"); node != nil {
		if v, ok := h.values(node)["Current"]; ok && v.Number > 0 {
			number = v.Number
		}
	}
	return fmt.Sprintf(`ControlSet%03d\%s`, number, rest)
}

// cell returns the content of a cell, at most so many bytes of it; nil where the address leads out of
// the file.
func (h hive) cell(at uint32, most int64) []byte {
	start := hiveBase + uint64(at)
	var head [4]byte
	if at == 0xffffffff || start+4 > h.size || h.read(head[:], start) != nil {
		return nil
	}
	size := int64(int32(binary.LittleEndian.Uint32(head[:]))) //nolint:gosec // its sign tells whether the cell is in use
	if size > -8 || uint64(-size) > h.size-start {
		return nil
	}
	if -size-4 < most {
		most = -size - 4
	}
	if *h.left -= most + cellCost; *h.left < 0 {
		return nil
	}
	out := make([]byte, most)
	if h.read(out, start+4) != nil {
		return nil
	}
	return out
}

// cellCost is what reading a cell costs beside its bytes.
const cellCost = 64

// read fills a part of memory from an address of the file.
func (h hive) read(into []byte, at uint64) error {
	_, err := h.file.ReadAt(into, int64(at)) //nolint:gosec // it is within the file
	if errors.Is(err, io.EOF) {
		return nil // the last cell ends with the file
	}
	return err
}

// subkey returns the key of a name below a node, nil where there is none.
func (h hive) subkey(node []byte, name string) []byte {
	var found []byte
	h.walk(node, func(child []byte) bool {
		if strings.EqualFold(nodeName(child), name) {
			found = child
		}
		return found == nil
	})
	return found
}

// children calls with each key below a node.
func (h hive) children(node []byte, with func([]byte)) {
	h.walk(node, func(child []byte) bool {
		with(child)
		return true
	})
}

// walk calls with each key below a node until that says false.
func (h hive) walk(node []byte, with func([]byte) bool) {
	if len(node) < 76 || binary.LittleEndian.Uint32(node[20:]) == 0 {
		return
	}
	seen := 0
	h.indexed(binary.LittleEndian.Uint32(node[28:]), 0, &seen, with)
}

// indexed calls with each key of an index of keys, or of indexes, and reports whether to go on.
func (h hive) indexed(at uint32, depth int, seen *int, with func([]byte) bool) bool {
	index := h.cell(at, maxCell)
	if len(index) < 4 || depth == maxIndex {
		return true
	}
	kind, width := string(index[:2]), 4
	if kind == "lf" || kind == "lh" {
		width = 8
	}
	for i := range int(binary.LittleEndian.Uint16(index[2:])) {
		from := 4 + i*width
		if *seen++; from+4 > len(index) || *seen > maxSubkeys {
			return false
		}
		child := binary.LittleEndian.Uint32(index[from:])
		if kind == "ri" {
			if !h.indexed(child, depth+1, seen, with) {
				return false
			}
			continue
		}
		if node := h.cell(child, maxNode); isNode(node) && !with(node) {
			return false
		}
	}
	return true
}

// nodeName is the name of a key.
func nodeName(node []byte) string {
	return hiveName(node[76:], binary.LittleEndian.Uint16(node[72:]), binary.LittleEndian.Uint16(node[2:])&0x20 != 0)
}

// hiveName reads a name of so many bytes, in one byte for each character or in UTF-16.
func hiveName(data []byte, n uint16, bytes bool) string {
	if int(n) > len(data) {
		return ""
	}
	if bytes {
		return string(data[:n])
	}
	return fromUTF16(data[:n])
}

// values returns the values of a key by their names.
func (h hive) values(node []byte) map[string]Value {
	out := map[string]Value{}
	list := h.cell(binary.LittleEndian.Uint32(node[40:]), 4*maxValues)
	count := min(uint64(binary.LittleEndian.Uint32(node[36:])), uint64(len(list)/4), maxValues)
	for i := range count {
		v := h.cell(binary.LittleEndian.Uint32(list[i*4:]), maxNode)
		if len(v) < 20 || string(v[:2]) != "vk" {
			continue
		}
		name := hiveName(v[20:], binary.LittleEndian.Uint16(v[2:]), binary.LittleEndian.Uint16(v[16:])&1 != 0)
		if data, ok := h.content(v); ok {
			out[name] = hiveValue(binary.LittleEndian.Uint32(v[12:]), data)
		}
	}
	return out
}

// content returns the bytes of a value: up to four stand in its own cell.
func (h hive) content(v []byte) ([]byte, bool) {
	size := binary.LittleEndian.Uint32(v[4:])
	if size&0x80000000 != 0 {
		return v[8 : 8+min(size&0x7fffffff, 4)], true
	}
	data := h.cell(binary.LittleEndian.Uint32(v[8:]), maxHiveValue)
	if uint64(size) > uint64(len(data)) || size > maxHiveValue {
		return nil, false
	}
	return data[:size], true
}

// hiveValue reads a value by its type.
func hiveValue(kind uint32, data []byte) Value {
	switch kind {
	case 1, 2: // REG_SZ, REG_EXPAND_SZ
		return Value{Text: strings.TrimRight(fromUTF16(data), "\x00")}
	case 4: // REG_DWORD
		if len(data) == 4 {
			return Value{Number: binary.LittleEndian.Uint32(data)}
		}
	case 7: // REG_MULTI_SZ
		return Value{List: splitMulti(fromUTF16(data))}
	}
	return Value{Binary: data}
}
