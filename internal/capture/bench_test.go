package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"pullpath/internal/capture"
	"pullpath/internal/capture/draw"
)

// many is a capture of so many connections, each of a small exchange with two full segments.
func many(tb testing.TB, connections int) []byte {
	tb.Helper()
	one := draw.Frames(tb, opened+`
		0.030 10.0.0.5:40001 > 203.0.113.9:443 PA len=517
		0.050 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61 len=1460
		0.050 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 len=1460
		0.051 10.0.0.5:40001 > 203.0.113.9:443 A
		0.060 10.0.0.5:40001 > 203.0.113.9:443 FA
		0.080 203.0.113.9:443 > 10.0.0.5:40001 FA ttl=61
		0.081 10.0.0.5:40001 > 203.0.113.9:443 A`)
	var all []draw.Frame
	for i := range connections {
		for _, f := range one {
			data := bytes.Clone(f.Data)
			client := []byte{10, byte(i >> 22), byte(i >> 14), byte(i >> 6)}
			source, port := 12, 20 // of IPv4 and TCP
			if data[12] == 203 {
				source, port = 16, 22
			}
			copy(data[source:], client)
			binary.BigEndian.PutUint16(data[port:], 30000+uint16(i&63))
			f.Data = data
			all = append(all, f)
		}
	}
	var out bytes.Buffer
	draw.Write(tb, &out, layers.LinkTypeRaw, all)
	return out.Bytes()
}

// BenchmarkRead reads a thousand connections of some 4 KB.
func BenchmarkRead(b *testing.B) {
	data := many(b, 1000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := capture.Read(b.Context(), bytes.NewReader(data), capture.Options{}, capture.Found{
			Connection: func(*capture.Connection) { n++ }})
		if err != nil || n != 1000 {
			b.Fatal(fmt.Sprint(n, err))
		}
	}
}
