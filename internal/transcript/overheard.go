package transcript

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// idleLong is how long a connection must have been silent for its end to be that of an idle one:
// firewalls and load balancers forget connections after a minute at the earliest, and what is
// ended sooner was in use (docs/field-notes.md#idle-connections).
const idleLong = 30 * time.Second

// roots are those of the public web, read once.
func (k *captured) roots() *x509.CertPool {
	if k.public == nil {
		pool, err := tlsinspect.PublicRoots()
		if err != nil {
			pool = x509.NewCertPool()
		}
		k.public = pool
	}
	return k.public
}

// inside is what is said in an open tunnel.
func (v *conversation) inside() {
	switch speechOf(v.up) {
	case speaksTLS:
		v.tls()
	case speaksNothing:
		v.silentTunnel()
	}
}

// silentTunnel is one that ends before the client says anything in it.
func (v *conversation) silentTunnel() {
	if len(v.down) == 0 || len(v.a.steps) == 0 {
		return
	}
	last := &v.a.steps[len(v.a.steps)-1]
	if d, ok := last.Detail.(evidence.Tunnel); ok {
		d.EarlyBytes = v.k.r.scribe.FirstBytes(v.down)
		last.Detail = d
	}
}

// tls reads a handshake, and how the connection went on.
func (v *conversation) tls() {
	at := v.spoke(false, v.behindUp)
	stores := tlsinspect.Stores{Public: v.k.roots(), Client: v.k.roots()}
	now := func() time.Time { return at.At }
	heard, judged := tlsinspect.Overhear(v.up, v.down, tlsinspect.Options{Stores: stores, Now: now, Scribe: v.k.r.scribe,
		NoLogs: "it was read from packets", Keys: v.k.keys})
	if !heard.Hello {
		return
	}
	h := v.k.hop(v.c, at, v.ends()+": ClientHello for "+heard.Detail.ServerName)
	h.Op = evidence.OpHandshake
	if !v.proxied && heard.Detail.ServerName != "" {
		v.a.host = fmt.Sprintf("%s:%d", heard.Detail.ServerName, v.c.Server.Port())
	}
	ok := v.shaken(&h, &heard, judged)
	h.Detail = heard.Detail
	if !ok {
		return
	}
	h.TookMS = max(milliseconds(v.shakeEnd(at).Sub(at.At)), 0)
	v.a.add(h)
	switch {
	case h.State != evidence.OK:
	case heard.Up != nil && heard.Down != nil && len(heard.Up.Data) > 0:
		v.open(&heard)
	default:
		v.k.sealed = true
		v.afterwards(heard)
	}
}

// shakeEnd is when the client spoke next after the server, or the connection ended.
func (v *conversation) shakeEnd(from capture.Moment) time.Time {
	down := false
	for _, t := range v.c.Turns {
		switch {
		case t.Frame < from.Frame:
		case t.Down:
			down = true
		case down:
			return t.At
		}
	}
	return v.c.Last.At
}

// shaken says how a handshake came out, false where the capture does not show it.
func (v *conversation) shaken(h *evidence.Hop, o *tlsinspect.Overheard, judged *evidence.Failure) bool {
	switch {
	case o.Plain:
		o.Detail.Page = v.k.r.scribe.Body(pageIn(v.down), "", false)
		v.k.fail(h, evidence.NotTLS, "the peer's first bytes are no TLS record: "+o.Detail.FirstBytes)
	case o.ByServer != nil:
		v.k.fail(h, evidence.Alert, fmt.Sprintf("remote error: tls: %s (alert %d)", o.ByServer.Name, o.ByServer.Number))
	case o.Finished:
		accepted(o.Detail.Judgements)
	case o.ByClient != nil:
		v.refusedByClient(h, *o.ByClient, judged)
	case o.ClientAlerted:
		v.k.fail(h, evidence.Unknown, "the client ended the handshake with an encrypted alert behind the server's certificate")
	default:
		return v.brokenOff(h, o)
	}
	return true
}

// accepted has the client's store say yes to a chain with which the client went on: what it holds
// is not known, and that it took the chain is.
func accepted(list []evidence.Judgement) {
	for i, j := range list {
		if j.Store == evidence.StoreClient {
			list[i] = evidence.Judgement{Store: j.Store, Aspect: j.Aspect, OK: true}
		}
	}
}

// pageIn is the page in an answer in plain text.
func pageIn(raw []byte) []byte {
	if i := slices.Index(raw, '<'); i >= 0 {
		return raw[i:]
	}
	return raw
}

// Alerts about certificates (RFC 8446 section 6.2).
var aboutCertificates = []int{42, 43, 44, 45, 46, 48}

// refusedByClient is a handshake that the client ended with an alert.
func (v *conversation) refusedByClient(h *evidence.Hop, alert evidence.Alerted, judged *evidence.Failure) {
	text := fmt.Sprintf("the client ended the handshake: tls: %s (alert %d)", alert.Name, alert.Number)
	switch {
	case !slices.Contains(aboutCertificates, alert.Number):
		v.k.fail(h, evidence.Protocol, text)
	case judged != nil:
		v.k.fail(h, judged.Kind, text+"; by the roots of the public web: "+judged.Text)
	case alert.Number == 45:
		v.k.fail(h, evidence.Expired, text)
	default:
		v.k.fail(h, evidence.Untrusted, text)
	}
}

// brokenOff is a handshake that came to no end, false where that is not sure.
func (v *conversation) brokenOff(h *evidence.Hop, o *tlsinspect.Overheard) bool {
	c := v.c
	if c.Down.Bytes == v.behindDown {
		kind, text := v.ending(v.c.Up.Bytes - v.behindUp)
		if text == "" {
			return false
		}
		v.k.fail(h, kind, text)
		o.Detail.Delivery = v.delivery()
		return true
	}
	got := fmt.Sprintf("%d bytes of the server's answer", c.Down.Bytes-v.behindDown)
	byClient := c.Reset != nil && !c.Reset.Down || !c.Up.Finished.Never()
	switch {
	case c.Down.Hole > 0:
		v.k.fail(h, evidence.Timeout, fmt.Sprintf("%d bytes in the middle of the server's answer never came", c.Down.Hole))
	case c.Cut():
		v.k.fail(h, evidence.Reset, "RST behind "+got+v.resetPlace())
	case v.waited().Seconds() >= patience:
		v.k.fail(h, evidence.Timeout, fmt.Sprintf("nothing more in %s behind %s", v.waited().Round(100*time.Millisecond), got))
		o.Detail.Delivery = v.delivery()
	case byClient && o.Answered && (o.Encrypted || len(o.Chain) > 0):
		v.k.fail(h, evidence.Unknown, "the client ended the connection behind the server's certificate, without an alert")
	case !c.Down.Finished.Never():
		v.k.fail(h, evidence.Closed, "FIN behind "+got)
	default:
		return false
	}
	return true
}

// afterwards is how a connection ended of which the rest is encrypted. What was asked is not
// known; that it was not answered can be.
func (v *conversation) afterwards(o tlsinspect.Overheard) {
	c := v.c
	answered := v.answeredInside()
	h := v.k.hop(c, c.Up.Spoke, v.ends()+": encrypted")
	h.Op, h.Detail = evidence.OpRequest, evidence.Request{URL: v.k.r.urlOf(&v.a)}
	reset := c.Cut()
	switch {
	case o.ClientLeft, reset && c.Reset.Idle >= idleLong: // nobody waits for an answer there
		return
	case reset:
		h.Origin = v.k.origin(c.Reset.Moment, v.ends()+": RST")
		v.k.fail(&h, evidence.Reset, fmt.Sprintf("RST behind %d encrypted bytes of the server%s", c.Down.Bytes-v.behindDown, v.resetPlace()))
	case c.Down.Hole > 0 && v.waitedForHole() >= patience*time.Second:
		v.k.fail(&h, evidence.Timeout, fmt.Sprintf("%d bytes in the middle of what the server sent never came", c.Down.Hole))
	case c.Up.Again > 0 && c.Up.Acked < c.Up.Bytes:
		v.k.fail(&h, evidence.Timeout, fmt.Sprintf("%d encrypted bytes of the client were not acknowledged, sent again %s",
			c.Up.Bytes-c.Up.Acked, times(c.Up.Again)))
	case !answered && !c.Down.Finished.Never() && (c.Up.Finished.Never() || c.Down.Finished.Frame < c.Up.Finished.Frame):
		text := "FIN in place of an answer"
		if o.ServerAlerted {
			text = "an encrypted alert and FIN in place of an answer"
		}
		v.k.fail(&h, evidence.Closed, text)
	default:
		return
	}
	v.a.add(h)
}

// waitedForHole is how long the client was left without what is missing.
func (v *conversation) waitedForHole() time.Duration { return v.c.Last.At.Sub(v.c.Down.Began.At) }

// alertOnly is what a server sends that ends a connection with an encrypted alert and says nothing
// else: one record (RFC 8446 sections 5.2 and 6).
const alertOnly = 5 + 19

// answeredInside reports whether the server said anything behind the handshake but an alert. Of
// more it cannot be told whether it is an answer.
func (v *conversation) answeredInside() bool {
	asked := 0
	for _, t := range v.c.Turns {
		if !t.Down && t.Offset >= v.behindUp {
			asked++
		}
		if t.Down && asked >= 2 {
			return v.c.Down.Bytes-t.Offset > alertOnly
		}
	}
	return asked < 2
}
