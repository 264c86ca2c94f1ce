package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Op is the operation of a hop, in the order in which a pull needs them.
type Op string

// Operations.
const (
	OpSetting   Op = "setting"
	OpResolve   Op = "resolve"
	OpDial      Op = "dial"
	OpTunnel    Op = "tunnel"
	OpHandshake Op = "handshake"
	OpRequest   Op = "request"
)

// State says whether a hop was made and how it ended.
type State string

// States of a hop. Skipped is not ok: nothing was looked at.
const (
	OK      State = "ok"
	Failed  State = "failed"
	Skipped State = "skipped"
)

// Purpose says whether the client's pull depends on a hop.
type Purpose string

// Purposes. Only path hops can become the finding "unexplained".
const (
	Path Purpose = "path"
	// Probing marks a side probe; [Hop.Probe] says which.
	Probing Purpose = "probe"
)

// Role is what a host is for in the conversation.
type Role string

// HasImages reports whether images are asked for at a host of the role.
func (r Role) HasImages() bool { return r == Registry || r == Mirror }

// Roles of hosts.
const (
	Registry Role = "registry"
	// Mirror is a registry that a client asks in place of the one that an image names.
	Mirror Role = "mirror"
	Auth   Role = "auth"
	Blob   Role = "blob"
	// Service is a host of an allow-list that no pull talks to.
	Service Role = "service"
	Proxy   Role = "proxy"
	Control Role = "control"
)

// Hop is one step on the wire.
type Hop struct {
	// ID counts from 1 in plan order; it is given when the trace is closed.
	ID int `json:"id"`
	// Parent is the hop that this one stands on; 0 for the first.
	Parent int `json:"parent,omitempty"`
	Op     Op  `json:"op" scrub:"-"`
	// Target is the ID of the target whose path this is; empty for a step that
	// several targets share, such as the look-up of the proxy's name.
	Target string `json:"target,omitempty" scrub:"-"`
	// Role is the role of the host that this hop talks to.
	Role Role `json:"role" scrub:"-"`
	// Via is the proxy in between, redacted; empty when direct.
	Via string `json:"via,omitempty"`
	// Peer and Local are the socket's ends, host:port as the kernel has them.
	Peer  string `json:"peer,omitempty" scrub:"-"`
	Local string `json:"local,omitempty" scrub:"-"`
	// At is the beginning in UTC to the millisecond: what logs are searched by.
	At      time.Time `json:"at"`
	Purpose Purpose   `json:"purpose" scrub:"-"`
	// Probe names the side probe; empty on the path.
	Probe Probe `json:"probe,omitempty" scrub:"-"`
	State State `json:"state" scrub:"-"`
	// Because is the hop that made this one pointless, for skipped hops.
	Because int `json:"because,omitempty"`
	// BeganMS is the beginning in milliseconds since the trace started.
	BeganMS float64 `json:"began_ms"`
	// TookMS is the duration in milliseconds.
	TookMS  float64  `json:"took_ms"`
	Failure *Failure `json:"failure,omitempty"`
	// Detail has the shape that belongs to Op.
	Detail Detail `json:"detail,omitempty"`
	// Origin is where the step stands in the text that it was read from; nil for a step that
	// this program made itself.
	Origin *Origin `json:"origin,omitempty"`
	// Packets is what a capture shows of it; nil where none was read.
	Packets *Packets `json:"packets,omitempty"`
	// LeftOut counts what the peer said and the report does not keep, by the name of the
	// field that it would have been in; "text" counts texts of which the beginning is kept.
	LeftOut map[string]int `json:"left_out,omitempty"`
}

// Origin is a place in a text that somebody else's program wrote.
type Origin struct {
	// Place is the file's name as it was given, and the line, counted from 1.
	Place string `json:"place"`
	// Text is the line, without secrets; of a long one the part that says it.
	Text string `json:"text,omitempty"`
	// Times is how often the same was read, 0 for once.
	Times int `json:"times,omitempty"`
}

// Kind returns the kind of the hop's failure, empty when it has none.
func (h Hop) Kind() Kind {
	if h.Failure == nil {
		return ""
	}
	return h.Failure.Kind
}

// FailedWith reports whether the hop failed with one of the kinds; with none
// given, whether it failed at all.
func (h Hop) FailedWith(kinds ...Kind) bool {
	if h.State != Failed || h.Failure == nil {
		return false
	}
	for _, k := range kinds {
		if h.Failure.Kind == k {
			return true
		}
	}
	return len(kinds) == 0
}

// RefusesHead reports whether a request was answered in one of the ways in which servers
// and proxies refuse a large head: nginx 400, Squid and RFC 6585 431, others 413,
// and some by ending the connection. All but 431 have other reasons too.
func (h Hop) RefusesHead() bool {
	d, ok := h.Detail.(Request)
	switch {
	case !ok:
		return false
	case d.Code == 0:
		return h.FailedWith(Reset, Closed)
	}
	return d.Code == 400 || d.Code == 413 || d.Code == 431
}

// Unsent reports whether this host itself ended a connection or a question: it has no
// way to the address, or a rule of its own forbids it. As far as the system shows such
// things, no packet left then.
func (h Hop) Unsent() bool {
	switch d := h.Detail.(type) {
	case Dial:
		return h.FailedWith(DeniedLocally) || h.FailedWith(NoRoute) && (d.ICMP == nil || d.ICMP.Own)
	case Resolve:
		return h.FailedWith(Unreachable) && len(d.Questions) > 0 &&
			!slices.ContainsFunc(d.Questions, func(q Question) bool { return !q.Unsent })
	}
	return false
}

// OnPath reports whether the client's pull depends on the hop.
func (h Hop) OnPath() bool { return h.Purpose == Path }

// UnmarshalJSON reads a hop; the detail's shape follows from op.
func (h *Hop) UnmarshalJSON(data []byte) error {
	type plain Hop
	var wire struct {
		plain
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*h = Hop(wire.plain)
	if len(wire.Detail) == 0 || string(wire.Detail) == "null" {
		h.Detail = nil
		return nil
	}
	detail, err := decodeDetail(h.Op, wire.Detail)
	if err != nil {
		return fmt.Errorf("hop %d: detail of %q: %w", h.ID, h.Op, err)
	}
	h.Detail = detail
	return nil
}

func decodeDetail(op Op, raw json.RawMessage) (Detail, error) {
	switch op {
	case OpSetting:
		return decodeAs[Setting](raw)
	case OpResolve:
		return decodeAs[Resolve](raw)
	case OpDial:
		return decodeAs[Dial](raw)
	case OpTunnel:
		return decodeAs[Tunnel](raw)
	case OpHandshake:
		return decodeAs[Handshake](raw)
	case OpRequest:
		return decodeAs[Request](raw)
	}
	return nil, fmt.Errorf("no such operation")
}

func decodeAs[T Detail](raw json.RawMessage) (Detail, error) {
	var d T
	err := json.Unmarshal(raw, &d)
	return d, err
}

// DetailOf returns the hop's detail as T, or the zero value where the hop has
// none, as a skipped one.
func DetailOf[T Detail](h Hop) T {
	d, _ := h.Detail.(T)
	return d
}
