package hostproxy

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Registry is a part of a Windows registry: values by key and name, both in lower case. The hives
// are written HKCU, HKLM and HKU.
type Registry map[string]map[string]Value

// Value is one value of a registry.
type Value struct {
	// Text is that of a string; List are the strings of REG_MULTI_SZ.
	Text string
	List []string
	// Number is that of a DWORD.
	Number uint32
	// Binary is that of a binary value.
	Binary []byte
	// Source is where it stands: "export.reg:12".
	Source string
}

// Value returns the value of a name below a key.
func (r Registry) Value(key, name string) (Value, bool) {
	v, found := r[strings.ToLower(key)][strings.ToLower(name)]
	return v, found
}

// Has reports whether the registry has a key or one below it.
func (r Registry) Has(key string) bool {
	key = strings.ToLower(key)
	for k := range r {
		if k == key || strings.HasPrefix(k, key+`\`) {
			return true
		}
	}
	return false
}

// Add takes over all values of another part.
func (r Registry) Add(other Registry) {
	for key, values := range other {
		for name, v := range values {
			r.put(key, name, v)
		}
	}
}

// Put stores a value.
func (r Registry) Put(key, name string, v Value) { r.put(shortKey(key), name, v) }

func (r Registry) put(key, name string, v Value) {
	key = strings.ToLower(key)
	if r[key] == nil {
		r[key] = map[string]Value{}
	}
	r[key][strings.ToLower(name)] = v
}

// hives are the long names of the hives.
func hives() [][2]string {
	return [][2]string{{"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_USERS", "HKU"},
		{"HKEY_CLASSES_ROOT", "HKCR"}, {"HKEY_CURRENT_CONFIG", "HKCC"}}
}

// shortKey writes the hive short, and the control set that was in force as the current one.
func shortKey(key string) string {
	for _, h := range hives() {
		if rest, found := strings.CutPrefix(strings.ToUpper(key), h[0]); found && (rest == "" || rest[0] == '\\') {
			key = h[1] + key[len(h[0]):]
			break
		}
	}
	key = strings.ReplaceAll(strings.ToLower(key), `\controlset001\`, `\currentcontrolset\`)
	return strings.ReplaceAll(key, `\wow6432node\`, `\`)
}

// ErrNoExport means that a text is no export of a registry.
var ErrNoExport = errors.New("it is neither a .reg file nor the output of reg query or Get-ItemProperty")

// ParseRegistry reads an export: a .reg file in either of its two forms (REGEDIT4 in the system's
// code page, version 5 in UTF-16), or what `reg query` prints
// (https://support.microsoft.com/help/310516). name stands in the sources.
func ParseRegistry(name string, data []byte) (Registry, error) {
	text := decode(data)
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	first := ""
	for _, line := range lines {
		if first = strings.TrimSpace(line); first != "" {
			break
		}
	}
	switch {
	case strings.HasPrefix(first, "Windows Registry Editor Version 5") || first == "REGEDIT4":
		return parseReg(name, lines, first == "REGEDIT4"), nil
	case strings.HasPrefix(first, "HKEY_"):
		return parseQuery(name, lines), nil
	case strings.Contains(text, itemPath):
		return parseItems(name, lines), nil
	}
	return nil, ErrNoExport
}

// decode reads UTF-16 with its byte order mark, else bytes as they are.
func decode(data []byte) string {
	if len(data) < 2 || data[0] != 0xff || data[1] != 0xfe {
		return strings.ToValidUTF8(strings.TrimPrefix(string(data), "\ufeff"), "\ufffd")
	}
	return fromUTF16(data[2:])
}

func fromUTF16(data []byte) string {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(data[i:]))
	}
	return string(utf16.Decode(units))
}

// parseReg reads the lines of a .reg file. ansi tells that its hex strings have one byte for each
// character.
func parseReg(name string, lines []string, ansi bool) Registry {
	out, key := Registry{}, ""
	for i := 0; i < len(lines); i++ {
		at := name + ":" + strconv.Itoa(i+1)
		line, folded := unfolded(lines[i:])
		i += folded
		switch {
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			key = shortKey(strings.Trim(line, "[]"))
			if strings.HasPrefix(key, "-") {
				key = ""
				continue
			}
			out.put(key, "", Value{Source: at})
		case key != "" && strings.HasPrefix(line, `"`):
			if name, rest, ok := regString(line); ok && strings.HasPrefix(rest, "=") {
				if v, ok := regValue(rest[1:], ansi); ok {
					v.Source = at
					out.put(key, name, v)
				}
			}
		}
	}
	return out
}

// unfolded returns the first of the lines with those onto which a binary value goes on, and how many
// they are.
func unfolded(lines []string) (line string, folded int) {
	line = strings.TrimSpace(lines[0])
	if !strings.Contains(line, "=hex") {
		return line, 0
	}
	var out strings.Builder
	for strings.HasSuffix(line, `\`) && folded+1 < len(lines) && out.Len() < maxLine {
		out.WriteString(strings.TrimSuffix(line, `\`))
		folded++
		line = strings.TrimSpace(lines[folded])
	}
	out.WriteString(line)
	return out.String(), folded
}

// regString reads a string in quotes and returns what follows it.
func regString(text string) (value, rest string, ok bool) {
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		case text[i] == '"':
			return out.String(), text[i+1:], true
		default:
			out.WriteByte(text[i])
		}
	}
	return "", "", false
}

func regValue(text string, ansi bool) (Value, bool) {
	if strings.HasPrefix(text, `"`) {
		value, _, ok := regString(text)
		return Value{Text: value}, ok
	}
	kind, digits, found := strings.Cut(text, ":")
	if !found {
		return Value{}, false
	}
	if kind == "dword" {
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 32)
		return Value{Number: uint32(n)}, err == nil
	}
	data, err := hex.DecodeString(strings.NewReplacer(",", "", " ", "").Replace(digits))
	if err != nil || !strings.HasPrefix(kind, "hex") {
		return Value{}, false
	}
	decoded := func() string {
		if ansi {
			return string(data)
		}
		return fromUTF16(data)
	}
	switch kind {
	case "hex(1)", "hex(2)":
		return Value{Text: strings.TrimRight(decoded(), "\x00")}, true
	case "hex(7)":
		return Value{List: splitMulti(decoded())}, true
	case "hex(4)":
		if len(data) == 4 {
			return Value{Number: binary.LittleEndian.Uint32(data)}, true
		}
	}
	return Value{Binary: data}, true
}

// splitMulti takes a REG_MULTI_SZ apart.
func splitMulti(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, "\x00") {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// parseQuery reads what reg query prints: a key, then four blanks, name, type and value in columns.
func parseQuery(name string, lines []string) Registry {
	out, key := Registry{}, ""
	for i, line := range lines {
		if strings.HasPrefix(line, "HKEY_") {
			key = shortKey(strings.TrimSpace(line))
			out.put(key, "", Value{Source: name + ":" + strconv.Itoa(i+1)})
			continue
		}
		at := strings.Index(line, "    REG_")
		if key == "" || at < 0 || len(line) > maxLine {
			continue
		}
		kind, text, _ := strings.Cut(strings.TrimLeft(line[at:], " "), "    ")
		v := Value{Text: strings.TrimSpace(text), Source: name + ":" + strconv.Itoa(i+1)}
		switch strings.TrimSpace(kind) {
		case "REG_DWORD":
			n, err := strconv.ParseUint(strings.TrimPrefix(v.Text, "0x"), 16, 32)
			if err != nil {
				continue
			}
			v.Number, v.Text = uint32(n), ""
		case "REG_MULTI_SZ":
			v.List, v.Text = strings.Split(v.Text, `\0`), ""
		case "REG_BINARY":
			v.Binary, _ = hex.DecodeString(v.Text)
			v.Text = ""
		}
		out.put(key, strings.TrimSpace(line[:at]), v)
	}
	return out
}

// itemPath stands in what Get-ItemProperty prints before the key.
const itemPath = `Microsoft.PowerShell.Core\Registry::HKEY_`

// parseItems reads what Get-ItemProperty prints: a list of names and values, and PSPath with the key
// at its end.
func parseItems(name string, lines []string) Registry {
	out, found := Registry{}, map[string]Value{}
	for i, line := range lines {
		key, value, split := strings.Cut(line, " : ")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !split || key == "" || len(line) > maxLine {
			continue
		}
		if key == "PSPath" {
			_, full, _ := strings.Cut(value, "::")
			for n, v := range found {
				out.put(shortKey(full), n, v)
			}
			found = map[string]Value{}
			continue
		}
		v := Value{Text: value, Source: name + ":" + strconv.Itoa(i+1)}
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			v.Number = uint32(n)
		}
		found[key] = v
	}
	return out
}
