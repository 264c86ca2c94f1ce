//go:build linux

package wine

import (
	"bytes"
	"encoding/binary"
)

// forwarder is a DLL for Windows that has one function, which another DLL's is: a PE file with an
// export table and no code (https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#export-address-table).
//
// Go's runtime takes its random bytes from ProcessPrng of bcryptprimitives.dll, which Wine has since
// version 8.6; Debian 12 has 8.0. SystemFunction036 of advapi32.dll takes the same arguments and does the
// same.
func forwarder(name, function, to string) []byte {
	const base, at, aligned = 0x1000, 0x200, 0x200
	var table, strings bytes.Buffer
	const tables = 40 + 4 + 4 + 2 // the directory, an address, a name and an ordinal
	place := func(text string) uint32 {
		p := uint32(base + tables + strings.Len()) //nolint:gosec // a few dozen
		strings.WriteString(text + "\x00")
		return p
	}
	dll, forward, called := place(name), place(to), place(function)
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&table, binary.LittleEndian, v) // into memory
		}
	}
	put([3]uint32{}, dll, uint32(1), uint32(1), uint32(1), uint32(base+40), uint32(base+44), uint32(base+48), forward, called, uint16(0))
	table.Write(strings.Bytes())
	size := uint32(table.Len()) //nolint:gosec // a few dozen

	var out bytes.Buffer
	write := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&out, binary.LittleEndian, v)
		}
	}
	write([]byte("MZ"), [58]byte{}, uint32(64), []byte("PE\x00\x00"))
	// The file header: x86-64, one section, no date, no symbols, 240 bytes of what follows, a DLL.
	write(uint16(0x8664), uint16(1), [3]uint32{}, uint16(240), uint16(0x2022))
	// The optional header: PE32+, no code and no entry, the addresses, the sizes, a console, no limits.
	write(uint16(0x20b), uint16(0), uint32(0), uint32(aligned), [3]uint32{}, uint64(0x180000000), uint32(base), uint32(aligned),
		uint16(6), uint16(0), uint32(0), uint16(6), uint16(0), uint32(0), uint32(2*base), uint32(at), uint32(0), uint16(3), uint16(0x100),
		[4]uint64{}, uint32(0), uint32(16), uint32(base), size, [15]uint64{})
	write([]byte(".rdata\x00\x00"), size, uint32(base), uint32(aligned), uint32(at), [3]uint32{}, uint32(0x40000040))
	write(make([]byte, at-out.Len()), table.Bytes(), make([]byte, aligned-table.Len()))
	return out.Bytes()
}
