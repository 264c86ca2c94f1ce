package transcript

import (
	"fmt"
	"slices"
	"time"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
)

// packets adds what only packets show to the step that failed, or to the last one.
func (v *conversation) packets() {
	i := slices.IndexFunc(v.a.steps, func(h evidence.Hop) bool { return h.State == evidence.Failed })
	if i < 0 {
		i = len(v.a.steps) - 1
	}
	c := v.c
	p := &evidence.Packets{First: c.First.Frame, Last: c.Last.Frame, RoundTripMS: milliseconds(c.RoundTrip), SYNs: c.SYNs,
		SentAgain: c.Up.Again, ReceivedAgain: c.Down.Again, ZeroWindows: c.Up.ZeroWindows}
	if c.Reset != nil {
		p.Reset = resetOf(c)
	}
	if idle := idleOf(c); idle >= idleLong {
		p.IdleMS = []float64{milliseconds(idle)}
	}
	p.Lost = lostOf(c)
	for _, m := range c.ICMP {
		if m.MTU > 0 {
			p.TooBig, p.MTU, p.Ignored = icmpOf(m, c.Client.Addr()), m.MTU, p.Ignored || m.Ignored
		}
	}
	v.a.steps[i].Packets = p
	if f := v.a.steps[i].Failure; f != nil && f.Kind == evidence.Timeout {
		f.Text += sizes(*p)
	}
}

// sizes says what packets show about sizes.
func sizes(p evidence.Packets) string {
	out := ""
	if l := p.Lost; l != nil && l.Bytes > 0 {
		out = fmt.Sprintf("; segments of %d bytes were sent %s and never acknowledged, of %d bytes were", l.Bytes, times(l.Times), l.Passed)
	}
	if p.MTU > 0 {
		out += fmt.Sprintf("; ICMP %s (MTU %d) from %s", p.TooBig.Name, p.MTU, p.TooBig.Sender)
		if p.Ignored {
			out += " came, and larger packets were sent after it"
		}
	}
	return out
}

// idleOf is how long a connection was idle when its end came to light, 0 where it was in use.
func idleOf(c *capture.Connection) time.Duration {
	if c.Reset != nil && c.Up.Finished.Never() && c.Paused == 0 {
		return c.Reset.Idle
	}
	return c.Paused
}

// resetOf is a RST beside the other packets of its sender.
func resetOf(c *capture.Connection) *evidence.ResetPacket {
	r, side := c.Reset, &c.Up
	if r.Down {
		side = &c.Down
	}
	out := &evidence.ResetPacket{Frame: r.Frame, ByClient: !r.Down, HopLimit: int(r.HopLimit), ID: int(r.ID), OtherID: int(side.ID),
		Window: int(r.Window), OtherWindow: int(side.Window), Timestamps: side.Timestamps && !r.Timestamp, AfterMS: milliseconds(r.Silence),
		Later: r.Later}
	for _, h := range side.HopLimits {
		out.Others = append(out.Others, int(h.Value))
	}
	if len(out.Others) == 0 && r.Elsewhere > 0 {
		out.Others, out.Elsewhere = []int{int(r.Elsewhere)}, true
	}
	return out
}

// lostOf is a size that does not pass, nil where none shows. Segments are lost everywhere: it is a
// size only where the same one was sent several times, or where later ones came.
func lostOf(c *capture.Connection) *evidence.LostSegment {
	const often = 3 // two losses in a row are chance on a poor line
	switch {
	case c.Up.LostTimes >= often && c.Up.Passed > 0 && c.Up.Lost > c.Up.Passed:
		return &evidence.LostSegment{Bytes: c.Up.Lost, Times: c.Up.LostTimes, Passed: c.Up.Passed}
	case c.Down.Hole > 0:
		return &evidence.LostSegment{Down: true, Missing: c.Down.Hole}
	case c.Down.LostTimes >= often && c.Down.Passed > 0 && c.Down.Lost > c.Down.Passed:
		return &evidence.LostSegment{Bytes: c.Down.Lost, Times: c.Down.LostTimes, Passed: c.Down.Passed, Down: true}
	}
	return nil
}
