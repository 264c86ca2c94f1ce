package hostproxy

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"pullpath/internal/cost"
)

// parseHive reads a hive out of memory.
func parseHive(name string, data []byte, below string, keys []string) (Registry, error) {
	return ParseHive(name, bytes.NewReader(data), int64(len(data)), below, keys)
}

// hiveFile writes a hive with keys and values, as Windows writes one.
type hiveFile struct{ data []byte }

func (f *hiveFile) cell(content []byte) uint32 {
	at := uint32(len(f.data))
	size := (len(content) + 4 + 7) / 8 * 8
	f.data = binary.LittleEndian.AppendUint32(f.data, uint32(-int32(size)))
	f.data = append(f.data, content...)
	f.data = append(f.data, make([]byte, size-4-len(content))...)
	return at
}

func words32(values ...uint32) (out []byte) {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return out
}

// hiveKey is a key of the test's hive.
type hiveKey struct {
	values map[string]any
	keys   map[string]hiveKey
}

func wide(text string) (out []byte) {
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func (f *hiveFile) value(name string, v any) uint32 {
	var kind uint32
	var data []byte
	switch v := v.(type) {
	case string:
		kind, data = 1, wide(v+"\x00")
	case int:
		kind, data = 4, words32(uint32(v))
	case []string:
		kind, data = 7, wide(strings.Join(v, "\x00")+"\x00\x00")
	case []byte:
		kind, data = 3, v
	}
	size, at := uint32(len(data)), uint32(0)
	if size <= 4 {
		size, at = size|0x80000000, binary.LittleEndian.Uint32(append(append([]byte{}, data...), 0, 0, 0, 0))
	} else {
		at = f.cell(data)
	}
	vk := append([]byte("vk"), byte(len(name)), 0)
	vk = append(vk, words32(size, at, kind)...)
	return f.cell(append(append(vk, 1, 0, 0, 0), name...))
}

func (f *hiveFile) key(name string, k hiveKey, index string) uint32 {
	var values, keys []uint32
	for _, n := range sortedKeys(k.values) {
		values = append(values, f.value(n, k.values[n]))
	}
	for _, n := range sortedKeys(k.keys) {
		keys = append(keys, f.key(n, k.keys[n], index))
	}
	list := append([]byte(index), byte(len(keys)), 0)
	for _, at := range keys {
		list = append(list, words32(at)...)
		if index == "lh" {
			list = append(list, 0, 0, 0, 0)
		}
	}
	under := f.cell(list)
	nk := make([]byte, 76)
	copy(nk, "nk\x20\x00")
	copy(nk[20:], words32(uint32(len(keys))))
	copy(nk[28:], words32(under))
	copy(nk[36:], words32(uint32(len(values)), f.cell(words32(values...))))
	binary.LittleEndian.PutUint16(nk[72:], uint16(len(name)))
	return f.cell(append(nk, name...))
}

// hiveOf returns the bytes of a hive with one root.
func hiveOf(k hiveKey, index string) []byte {
	f := &hiveFile{data: make([]byte, 32)}
	root := f.key("ROOT", k, index)
	head := make([]byte, hiveBase)
	copy(head, "regf")
	binary.LittleEndian.PutUint32(head[0x24:], root)
	return append(head, f.data...)
}

func nested(path string, k hiveKey) hiveKey {
	parts := strings.Split(path, `\`)
	for i := len(parts) - 1; i >= 0; i-- {
		k = hiveKey{keys: map[string]hiveKey{parts[i]: k, "Other": {}}}
	}
	return k
}

func TestHive(t *testing.T) {
	for _, index := range []string{"lh", "li"} {
		user := hiveOf(nested(InternetSettings, hiveKey{values: map[string]any{"ProxyEnable": 1,
			"ProxyServer": "proxy.corp.example:8080"}}), index)
		r, err := parseHive("NTUSER.DAT", user, "HKCU", []string{InternetSettings, "Environment"})
		if want := "HTTPS_PROXY=proxy.corp.example:8080 HTTP_PROXY=proxy.corp.example:8080"; err != nil || told(WinINET(r, "HKCU")) != want {
			t.Errorf("%s: %v %s", index, err, told(WinINET(r, "HKCU")))
		}
		if r.Has(`HKCU\Environment`) {
			t.Error("a key that is not there")
		}
	}
	services := nested(`ControlSet002\Services\docker`,
		hiveKey{values: map[string]any{"Environment": []string{"HTTPS_PROXY=http://p:1", "A=b"}}})
	services.keys["Select"] = hiveKey{values: map[string]any{"Current": 2}}
	r, err := parseHive("SYSTEM", hiveOf(services, "lh"), `HKLM\SYSTEM`, []string{`CurrentControlSet\Services\docker`})
	if env, installed := ServiceEnvironment(r, "docker"); err != nil || !installed || len(env) != 2 || env[0].Value != "http://p:1" {
		t.Errorf("%v %v %v", err, env, installed)
	}
	if _, err := parseHive("x", []byte("regf"), "HKCU", nil); err == nil {
		t.Error("four bytes are taken for a hive")
	}
}

// An index that names itself ends.
func TestHiveLoop(t *testing.T) {
	f := &hiveFile{data: make([]byte, 32)}
	loop := f.cell(append([]byte("ri\x02\x00"), words32(32, 32)...))
	nk := make([]byte, 76)
	copy(nk, "nk\x20\x00")
	copy(nk[20:], words32(1))
	copy(nk[28:], words32(loop))
	root := f.cell(nk)
	head := make([]byte, hiveBase)
	copy(head, "regf")
	binary.LittleEndian.PutUint32(head[0x24:], root)
	if r, err := parseHive("x", append(head, f.data...), "HKCU", []string{"A"}); err != nil || len(r) != 0 {
		t.Errorf("%v %v", err, r)
	}
}

// FuzzHive holds the reader to its bounds.
func FuzzHive(f *testing.F) {
	f.Add(hiveOf(nested("A", hiveKey{values: map[string]any{"V": "text", "N": 4, "L": []string{"a"}}}), "lh"))
	f.Add(hiveOf(nested("A", hiveKey{values: map[string]any{"B": []byte{1, 2, 3, 4, 5}}}), "li"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			r, err := parseHive("x", data, "HKCU", []string{"A", `CurrentControlSet\A`})
			if err == nil && len(r) > 2 {
				t.Errorf("%d keys of two", len(r))
			}
		})
	})
}
