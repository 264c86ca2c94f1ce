//go:build linux

package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"pullpath/internal/capture/draw"
)

// tcpTo is a packet of raw IPv4 from one of many clients. It has no checksums: a reader of captures
// finds those wrong everywhere, because network cards make them.
func tcpTo(client uint32, seq uint32, flags byte, payload int) draw.Frame {
	data := make([]byte, 40+payload)
	data[0], data[8], data[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(data[2:], uint16(len(data)))
	binary.BigEndian.PutUint32(data[12:], 0x0a000000|client>>8)
	binary.BigEndian.PutUint32(data[16:], 0xcb007109)
	binary.BigEndian.PutUint16(data[20:], 30000+uint16(client&0xff))
	binary.BigEndian.PutUint16(data[22:], 443)
	binary.BigEndian.PutUint32(data[24:], seq)
	data[32], data[33] = 0x50, flags
	return draw.Frame{At: draw.Began, Data: data, Length: len(data)}
}

// Flags of TCP.
const (
	syn = 0x02
	ack = 0x10
)

// TestHostileCaptures: packets of any kind and number take bounded memory and come to an end.
func TestHostileCaptures(t *testing.T) {
	capture := func(frames []draw.Frame) string {
		var out bytes.Buffer
		draw.Write(t, &out, layers.LinkTypeRaw, frames)
		return out.String()
	}
	var tiny, ahead []draw.Frame
	for i := range uint32(400_000) {
		tiny = append(tiny, tcpTo(i, 1, syn, 0))
	}
	for i := range uint32(60_000) { // each leaves a hole, so that what follows has to wait
		ahead = append(ahead, tcpTo(i, 1, syn, 0), tcpTo(i, 5000, ack, 1400), tcpTo(i, 9000, ack, 1400))
	}
	chance := rand.New(rand.NewChaCha8([32]byte{7}))
	noise := make([]draw.Frame, 0, 50_000)
	for range 50_000 {
		f := tcpTo(uint32(chance.IntN(100)), chance.Uint32(), byte(chance.Uint32()), chance.IntN(200))
		f.Data[chance.IntN(len(f.Data))] ^= byte(chance.Uint32())
		noise = append(noise, f)
	}
	rows := []attempt{
		{name: "400,000 connections", files: map[string]string{"c.pcap": capture(tiny)}},
		{name: "60,000 connections with holes", files: map[string]string{"c.pcap": capture(ahead)}},
		{name: "damaged packets", files: map[string]string{"c.pcap": capture(noise)}},
		{name: "a packed gigabyte of zeros", files: map[string]string{"c.pcap": packed(t, capture(tiny[:1]), 1<<30)}},
	}
	for i := range rows {
		rows[i].args, rows[i].exit = []string{"diagnose", "{dir}/c.pcap"}, []int{0, 1}
		rows[i].memory, rows[i].cpu = 256, time.Minute // a capture may be as long as it likes; it is read once
	}
	try(t, rows)
}

// packed is a text with zeros behind it, by gzip.
func packed(t *testing.T, text string, zeros int) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write([]byte(text))
	for block := make([]byte, 1<<20); zeros > 0 && err == nil; zeros -= len(block) {
		_, err = z.Write(block)
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.String()
}
