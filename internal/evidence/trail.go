package evidence

// ICMP is the message with which a device ended a connection attempt.
type ICMP struct {
	// Version is 4 or 6; Type and Code are those of RFC 792 and RFC 4443.
	Version int   `json:"version"`
	Type    uint8 `json:"type"`
	Code    uint8 `json:"code"`
	// Name says type and code in words.
	Name string `json:"name" scrub:"-"`
	// Sender is the address of the device that sent it.
	Sender string `json:"sender,omitempty" scrub:"-"`
	// Own means that the sender is this host itself.
	Own bool `json:"own,omitempty"`
}

// Answers to one SYN of a trail.
const (
	// TrailRouter: a device on the way said that the hop limit was reached.
	TrailRouter = "router"
	// TrailOpen and TrailRefused: SYN-ACK and RST, from the end or in its name.
	TrailOpen    = "open"
	TrailRefused = "refused"
	// TrailReset and TrailClosed: what was said on an open connection was answered
	// with RST or FIN.
	TrailReset  = "reset"
	TrailClosed = "closed"
	// TrailUnreachable: another ICMP message.
	TrailUnreachable = "unreachable"
	// TrailSilence: nothing came within the limit.
	TrailSilence = "silence"
	// TrailUnsent: this host did not send the SYN.
	TrailUnsent = "unsent"
)

// Trail is what SYNs with a rising hop limit met on the way to an address and
// port, or ClientHellos on as many open connections. All are sent at once, each
// once.
type Trail struct {
	// Steps are in the order of their limits, up to the first that reached the end,
	// or that got an answer last.
	Steps []TrailStep `json:"steps"`
	// Sent is how many SYNs were sent: those beyond the last step stayed silent or
	// reached the end too.
	Sent int `json:"sent"`
	// Said is what was said on open connections, empty for SYNs.
	Said string `json:"said,omitempty" scrub:"-"`
}

// TrailStep is the answer to the SYN with one hop limit.
type TrailStep struct {
	// TTL is the hop limit: the number of the device that it was to reach.
	TTL    int    `json:"ttl"`
	Answer string `json:"answer" scrub:"-"`
	// Sender is who answered: for a SYN-ACK and a RST the address that was asked,
	// in whose name it came.
	Sender string `json:"sender,omitempty" scrub:"-"`
	ICMP   *ICMP  `json:"icmp,omitempty"`
	// TookMS is the time to the answer in milliseconds.
	TookMS float64 `json:"took_ms,omitempty"`
}

// Last returns the last device on the way that answered, false where none did.
func (t Trail) Last() (TrailStep, bool) {
	for i := len(t.Steps) - 1; i >= 0; i-- {
		if t.Steps[i].Answer == TrailRouter {
			return t.Steps[i], true
		}
	}
	return TrailStep{}, false
}

// End returns the first step that got an answer in the name of the address itself.
func (t Trail) End() (TrailStep, bool) {
	for _, s := range t.Steps {
		if s.Answer == TrailOpen || s.Answer == TrailRefused || s.Answer == TrailReset || s.Answer == TrailClosed {
			return s, true
		}
	}
	return TrailStep{}, false
}
