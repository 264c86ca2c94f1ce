package catalogue

import (
	"fmt"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// placeOfHello is where on the way a ClientHello meets its end, as far as ones
// with a rising hop limit tell (CONTRACT.md 4.9).
func placeOfHello(v *diagnosis.View, h evidence.Hop) place {
	own, looked := spokenTrail(v, h, "rising-hello")
	control, _ := spokenTrail(v, h, "rising-hello-control")
	large, whole := spokenTrail(v, h, "rising-hello-large")
	if whole {
		own, control = large, own
	}
	d := evidence.DetailOf[evidence.Dial](own)
	switch {
	case !looked:
		return place{}
	case d.NotLooked != "":
		return place{text: "; not looked at: " + d.NotLooked}
	case d.Trail == nil:
		return place{}
	}
	out := place{hops: []int{own.ID}}
	how, further := "possible: no other ClientHello got further to compare with", false
	if t := trailOf(control); len(t.Steps) > 0 {
		out.hops = append(out.hops, control.ID)
		if how, further = gotFurther(t, *d.Trail); !further {
			how = "possible: " + t.Said + " got no further"
		}
	}
	if whole && h.FailedWith(evidence.Timeout) && passesAll(*d.Trail, trailOf(control)) {
		out.text = "; on the way, its first segment passes every device, so which one minds the whole is not known"
		return out
	}
	out.text = endOfWay(*d.Trail, trailOf(control), how)
	return out
}

// endOfWay says where a trail ends.
func endOfWay(t, control evidence.Trail, how string) string {
	last, answered := t.Last()
	behind := "the next device behind it"
	if host, ok := control.End(); ok && host.TTL == last.TTL+1 {
		behind = "the host"
	}
	switch end, ended := t.End(); {
	case ended && end.Answer == evidence.TrailOpen:
		return "; with every hop limit that reaches the host, it answers"
	case ended && !answered:
		return fmt.Sprintf("; on the way, the reset comes at hop limit %d, and no device before answers: it is the first device or one near (%s)", end.TTL, how)
	case ended:
		return fmt.Sprintf("; on the way, the reset comes at hop limit %d: from %s, hop %d, or from %s (%s)", end.TTL, named(last), last.TTL, behind, how)
	case answered:
		return fmt.Sprintf("; on the way, %s, hop %d, is the last that answers: the ClientHello dies there or at a device behind it (%s)", named(last), last.TTL, how)
	}
	return "; on the way no device answers, not even the first"
}

// passesAll tells that a trail meets silence only where the control is answered.
func passesAll(own, control evidence.Trail) bool {
	last, _ := own.Last()
	end, ok := control.End()
	return ok && last.TTL == end.TTL-1
}

func named(s evidence.TrailStep) string {
	if s.Sender == "" {
		return "a device that is not known"
	}
	return s.Sender
}

// gotFurther says how far the control got, and whether that is further.
func gotFurther(control, own evidence.Trail) (string, bool) {
	if end, ok := control.End(); ok {
		mine, ended := own.End()
		if end.Answer == evidence.TrailOpen && (!ended || mine.Answer != evidence.TrailOpen) {
			return fmt.Sprintf("likely: %s is answered by %s at hop %d", control.Said, end.Sender, end.TTL), true
		}
		return "", false
	}
	a, _ := control.Last()
	b, _ := own.Last()
	return fmt.Sprintf("likely: %s passes hop %d", control.Said, a.TTL), a.TTL > b.TTL
}

// spokenTrail is the trail of a ClientHello that failed, false where none was
// wanted. It is made for one of those that look alike.
func spokenTrail(v *diagnosis.View, h evidence.Hop, probe string) (evidence.Hop, bool) {
	found := v.HopsAbout(evidence.OpDial, diagnosis.About{}.Probe(probe).Target(h.Target), func(p evidence.Hop) bool { return p.Peer == h.Peer })
	if len(found) == 0 {
		return evidence.Hop{}, false
	}
	return found[0], true
}
