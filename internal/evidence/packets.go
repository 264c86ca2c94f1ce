package evidence

// FramePlace stands in [Origin.Place] between the name of a capture and the number of a frame.
const FramePlace = ", frame "

// Packets is what a capture shows of a step beside what its two ends say: what no client sees.
type Packets struct {
	// First and Last are the numbers of the connection's first and last frame, as Wireshark
	// counts them.
	First int `json:"first"`
	Last  int `json:"last"`
	// RoundTripMS is from the SYN to its answer, in milliseconds; 0 where that is not known.
	RoundTripMS float64 `json:"round_trip_ms,omitempty"`
	// SYNs counts how often the connection was asked for.
	SYNs int `json:"syns,omitempty"`
	// Reset is the RST that ended the connection, nil for none.
	Reset *ResetPacket `json:"reset,omitempty"`
	// SentAgain and ReceivedAgain count segments that client and server sent more than once.
	SentAgain     int `json:"sent_again,omitempty"`
	ReceivedAgain int `json:"received_again,omitempty"`
	// Lost is a size of segments that does not pass, nil where none shows.
	Lost *LostSegment `json:"lost,omitempty"`
	// TooBig is the message that a packet was too large, MTU the size that it names, and
	// Ignored that packets of that size were sent on all the same.
	TooBig  *ICMP `json:"too_big,omitempty"`
	MTU     int   `json:"mtu,omitempty"`
	Ignored bool  `json:"ignored,omitempty"`
	// IdleMS is how long nobody had sent a byte when the connection was reset, or when the client
	// spoke again and got no more acknowledgement, in milliseconds: one for each connection that
	// ended so.
	IdleMS []float64 `json:"idle_ms,omitempty"`
	// ZeroWindows counts how often the client said that it has no room for more.
	ZeroWindows int `json:"zero_windows,omitempty"`
}

// ResetPacket is a RST, beside the other packets that came in the same name.
type ResetPacket struct {
	Frame int `json:"frame"`
	// ByClient means that it was sent in the client's name.
	ByClient bool `json:"by_client,omitempty"`
	// HopLimit is its TTL or hop limit, Others those of the other packets of its sender on this
	// connection; Elsewhere means that there are none, and that they are of other connections.
	HopLimit  int   `json:"hop_limit"`
	Others    []int `json:"others,omitempty"`
	Elsewhere bool  `json:"elsewhere,omitempty"`
	// ID and Window are of its headers, OtherID and OtherWindow those of its sender's packet
	// before it. Timestamps means that only the others carry that option.
	ID          int  `json:"id"`
	OtherID     int  `json:"other_id,omitempty"`
	Window      int  `json:"window"`
	OtherWindow int  `json:"other_window,omitempty"`
	Timestamps  bool `json:"timestamps,omitempty"`
	// AfterMS is how long after the packet before it, in milliseconds.
	AfterMS float64 `json:"after_ms"`
	// Later counts packets with bytes that its sender sent after it.
	Later int `json:"later,omitempty"`
}

// Steps of hop limits with which systems begin: 64 on Linux and macOS, 128 on Windows, 255 on
// network devices and some Unixes (docs/field-notes.md#hop-limits).
func firstHopLimits() []int { return []int{64, 128, 255} }

// Distance is how many routers are behind a packet that came with a hop limit, by the smallest
// limit that it can have begun with.
func Distance(hopLimit int) int {
	for _, first := range firstHopLimits() {
		if hopLimit <= first {
			return first - hopLimit
		}
	}
	return 0
}

// Foreign reports whether no other packet of the sender came with the reset's hop limit: another
// device sent it, or it went another way.
func (r *ResetPacket) Foreign() bool {
	if r == nil || len(r.Others) == 0 {
		return false
	}
	for _, other := range r.Others {
		if other == r.HopLimit {
			return false
		}
	}
	return true
}

// LostSegment is a size that is never acknowledged, where a smaller one is.
type LostSegment struct {
	// Bytes is the smallest that got lost, Times how often it was sent; Passed is the largest that
	// got through, 0 for none.
	Bytes  int `json:"bytes"`
	Times  int `json:"times"`
	Passed int `json:"passed,omitempty"`
	// Down means that it is the server's. Missing is how many of its bytes never came although
	// later ones did.
	Down    bool  `json:"down,omitempty"`
	Missing int64 `json:"missing,omitempty"`
}

// Rival is a further answer to one question.
type Rival struct {
	// HopLimit is that of its packet, TookMS the time from the question, in milliseconds.
	HopLimit  int      `json:"hop_limit"`
	TookMS    float64  `json:"took_ms"`
	Rcode     string   `json:"rcode,omitempty" scrub:"-"`
	Addresses []string `json:"addresses,omitempty" scrub:"-"`
}
