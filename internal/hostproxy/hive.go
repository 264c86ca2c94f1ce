package hostproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// hive is a registry hive, the file in which Windows keeps a part of its registry: NTUSER.DAT,
// SOFTWARE, SYSTEM. The form is that of https://github.com/msuhanov/regf. It is read here and by no
// library, because those that are kept (velocidex's regparser) follow an index that names itself
// until the stack is full, and a folder may come from anybody.
type hive struct{ data []byte }

// ErrNoHive means that a file is no registry hive.
var ErrNoHive = errors.New("it is no registry hive")

const (
	// hiveBase is where the cells begin, and what their addresses count from.
	hiveBase = 0x1000
	// maxIndex bounds how deep indexes stand in each other (two levels are written), maxSubkeys the
	// keys below one (a user's Software has some hundred, Services some thousand), maxValues the
	// values of one.
	maxIndex, maxSubkeys, maxValues = 4, 20_000, 2000
	// maxHiveValue bounds a value in bytes; a longer one is kept in another form, which no proxy has.
	maxHiveValue = 16 << 10
)

// ParseHive reads keys of a hive. below is where the hive stands in the registry: HKCU for
// NTUSER.DAT, HKLM\SOFTWARE for SOFTWARE. Keys that are not there are left out.
func ParseHive(name string, data []byte, below string, keys []string) (Registry, error) {
	h := hive{data}
	if len(data) < hiveBase || string(data[:4]) != "regf" {
		return nil, ErrNoHive
	}
	root := h.cell(binary.LittleEndian.Uint32(data[0x24:]))
	if len(root) < 76 || string(root[:2]) != "nk" {
		return nil, ErrNoHive
	}
	out := Registry{}
	for _, key := range keys {
		node := root
		for part := range strings.SplitSeq(h.controlSet(root, key), `\`) {
			if node = h.subkey(node, part); node == nil {
				break
			}
		}
		if node == nil {
			continue
		}
		full := below + `\` + key
		out.Put(full, "", Value{Source: name})
		for value, v := range h.values(node) {
			v.Source = name
			out.Put(full, value, v)
		}
	}
	return out, nil
}

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

// cell returns the content of a cell, nil where the address leads out of the file.
func (h hive) cell(at uint32) []byte {
	start := hiveBase + uint64(at)
	if at == 0xffffffff || start+4 > uint64(len(h.data)) {
		return nil
	}
	size := int64(int32(binary.LittleEndian.Uint32(h.data[start:]))) //nolint:gosec // its sign tells whether the cell is in use
	if size > -8 || uint64(-size) > uint64(len(h.data))-start {
		return nil
	}
	return h.data[start+4 : start+uint64(-size)]
}

// subkey returns the key of a name below a node, nil where there is none.
func (h hive) subkey(node []byte, name string) []byte {
	if len(node) < 76 || binary.LittleEndian.Uint32(node[20:]) == 0 {
		return nil
	}
	seen := 0
	return h.indexed(binary.LittleEndian.Uint32(node[28:]), name, 0, &seen)
}

// indexed looks for a name in an index of keys, or of indexes.
func (h hive) indexed(at uint32, name string, depth int, seen *int) []byte {
	index := h.cell(at)
	if len(index) < 4 || depth == maxIndex {
		return nil
	}
	kind, width := string(index[:2]), 4
	if kind == "lf" || kind == "lh" {
		width = 8
	}
	for i := range int(binary.LittleEndian.Uint16(index[2:])) {
		from := 4 + i*width
		if *seen++; from+4 > len(index) || *seen > maxSubkeys {
			return nil
		}
		child := binary.LittleEndian.Uint32(index[from:])
		if kind == "ri" {
			if found := h.indexed(child, name, depth+1, seen); found != nil {
				return found
			}
			continue
		}
		if node := h.cell(child); len(node) >= 76 && string(node[:2]) == "nk" && strings.EqualFold(nodeName(node), name) {
			return node
		}
	}
	return nil
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
	list := h.cell(binary.LittleEndian.Uint32(node[40:]))
	count := min(uint64(binary.LittleEndian.Uint32(node[36:])), uint64(len(list)/4), maxValues)
	for i := range count {
		v := h.cell(binary.LittleEndian.Uint32(list[i*4:]))
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
	data := h.cell(binary.LittleEndian.Uint32(v[8:]))
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
