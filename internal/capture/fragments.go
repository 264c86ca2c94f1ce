package capture

import (
	"time"

	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/ip6defrag"
	"github.com/gopacket/gopacket/layers"
)

const (
	// fragmentPatience is how long the parts of a packet may be apart; receivers wait as long
	// (RFC 8200 section 4.5).
	fragmentPatience = 60 * time.Second
	// maxFragmentBytes bounds the parts that wait, in bytes: some hundred packets of full size.
	maxFragmentBytes = 8 << 20
)

// fragments puts packets together that came in parts. The zero value is ready.
type fragments struct {
	v4 *ip4defrag.IPv4Defragmenter
	v6 *ip6defrag.IPv6Defragmenter
	// waiting counts the bytes that were kept since the last cleaning.
	waiting int
	cleaned time.Time
}

// ipv4 returns the whole packet, nil while parts are missing.
func (f *fragments) ipv4(part *layers.IPv4, at time.Time) *layers.IPv4 {
	f.clean(len(part.Payload), at)
	own := *part // what is kept must not be read over
	own.Payload = append([]byte(nil), part.Payload...)
	own.SrcIP, own.DstIP = append([]byte(nil), part.SrcIP...), append([]byte(nil), part.DstIP...)
	own.Options = nil
	whole, err := f.v4.DefragIPv4WithTimestamp(&own, at)
	if err != nil {
		return nil
	}
	return whole
}

func (f *fragments) ipv6(ip *layers.IPv6, part *layers.IPv6Fragment, at time.Time) *layers.IPv6 {
	f.clean(len(part.Payload), at)
	own, piece := *ip, *part
	own.SrcIP, own.DstIP = append([]byte(nil), ip.SrcIP...), append([]byte(nil), ip.DstIP...)
	own.Payload, own.HopByHop = nil, nil
	piece.BaseLayer = layers.BaseLayer{Payload: append([]byte(nil), part.Payload...)}
	return f.v6.DefragIPv6(&own, &piece)
}

// clean begins anew where parts have waited for too long, or are too many.
func (f *fragments) clean(more int, at time.Time) {
	if f.v4 == nil || f.waiting > maxFragmentBytes {
		f.v4, f.v6, f.waiting, f.cleaned = ip4defrag.NewIPv4Defragmenter(), ip6defrag.NewIPv6Defragmenter(), 0, at
	}
	if at.Sub(f.cleaned) > fragmentPatience {
		f.v4.DiscardOlderThan(f.cleaned)
		f.v6.DiscardOlderThan(f.cleaned)
		f.cleaned = at
	}
	f.waiting += more
}
