package transcript

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// open reads what a key log opened: requests of HTTP/1.1 or HTTP/2, on the steps before it.
func (v *conversation) open(o *tlsinspect.Overheard) {
	in := *v
	in.opened, in.sealedUp, in.sealedDown = o, v.behindUp, v.behindDown
	in.up, in.down, in.behindUp, in.behindDown = o.Up.Data, o.Down.Data, 0, 0
	if bytes.HasPrefix(in.up, []byte(http2.ClientPreface)) {
		in.http2()
	} else {
		in.http()
	}
	v.a = in.a
}

// exchange2 is a request over HTTP/2, with its answer.
type exchange2 struct {
	at        capture.Moment
	sent, got []string
	answered  capture.Moment
	body      []byte
	ended     string
}

// maxFrames bounds the frames of HTTP/2 that are read of one side: a layer of a gigabyte has some
// sixty thousand, and what is kept of a connection has some hundred.
const maxFrames = 10_000

// http2 reads requests and answers (RFC 9113).
func (v *conversation) http2() {
	byStream := map[uint32]*exchange2{}
	var order []*exchange2
	v.frames2(false, v.up[len(http2.ClientPreface):], int64(len(http2.ClientPreface)), func(f http2.Frame, at capture.Moment) {
		if h, ok := f.(*http2.MetaHeadersFrame); ok && byStream[h.StreamID] == nil && len(order) < maxRequests {
			e := &exchange2{at: at, sent: requestLines(h.Fields)}
			byStream[h.StreamID], order = e, append(order, e)
		}
	})
	v.frames2(true, v.down, 0, func(f http2.Frame, at capture.Moment) {
		if f, ok := f.(*http2.GoAwayFrame); ok && f.ErrCode != http2.ErrCodeNo {
			goneAway(order, f.ErrCode)
		}
		if e := byStream[f.Header().StreamID]; e != nil {
			e.take(f, at)
		}
	})
	for _, e := range order {
		v.exchanged2(e)
	}
}

// take notes what the server says of a request.
func (e *exchange2) take(f http2.Frame, at capture.Moment) {
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		if len(e.got) == 0 || strings.HasPrefix(e.got[0], "HTTP/2 1") {
			e.got, e.answered = answerLines(f.Fields), at
		}
	case *http2.DataFrame:
		e.body = append(e.body, f.Data()[:min(len(f.Data()), maxPage-len(e.body))]...)
	case *http2.RSTStreamFrame:
		e.ended = "RST_STREAM " + f.ErrCode.String()
	}
}

// goneAway notes that the server ends the connection, on what has no answer yet.
func goneAway(order []*exchange2, code http2.ErrCode) {
	for _, e := range order {
		if len(e.got) == 0 && e.ended == "" {
			e.ended = "GOAWAY " + code.String()
		}
	}
}

// frames2 reads the frames of one side.
func (v *conversation) frames2(down bool, data []byte, behind int64, each func(http2.Frame, capture.Moment)) {
	in := &counting{in: bytes.NewReader(data)}
	framer := http2.NewFramer(nil, in)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = headBytesMost
	for range maxFrames {
		at := v.spoke(down, behind+in.n)
		f, err := framer.ReadFrame()
		if err != nil {
			return // cut, or what is not understood
		}
		each(f, at)
	}
}

// headBytesMost bounds the fields of a request or an answer, in bytes: servers take 16 to 64 KiB.
const headBytesMost = 256 << 10

// requestLines are the fields of a request in the form of HTTP/1.1.
func requestLines(fields []hpack.HeaderField) []string {
	special, rest := split2(fields)
	return append([]string{special[":method"] + " " + special[":path"] + " HTTP/2", "Host: " + special[":authority"]}, rest...)
}

// answerLines are those of an answer.
func answerLines(fields []hpack.HeaderField) []string {
	special, rest := split2(fields)
	return append([]string{"HTTP/2 " + special[":status"]}, rest...)
}

func split2(fields []hpack.HeaderField) (special map[string]string, rest []string) {
	special = map[string]string{}
	for _, f := range fields {
		if f.IsPseudo() {
			special[f.Name] = f.Value
		} else {
			rest = append(rest, f.Name+": "+f.Value)
		}
	}
	return special, rest
}

// exchanged2 makes a step of a request.
func (v *conversation) exchanged2(e *exchange2) {
	sent := v.lines([]byte(strings.Join(e.sent, "\r\n")))
	method, rest, _ := strings.Cut(sent[0], " ")
	path, _, _ := strings.Cut(rest, " ")
	host := strings.TrimPrefix(sent[1], "Host: ")
	v.a.url = parseURL("https://" + host + path)
	v.a.role = roleOf(v.a.url, place{})
	if len(e.got) == 0 {
		v.unanswered2(e, method, sent)
		return
	}
	body, _ := cut(string(e.body), v.k.r.scribe.Secrets)
	head := v.k.r.head(v.lines([]byte(strings.Join(e.got, "\r\n"))))
	hop := v.k.r.requestHop(v.transferOf(sent), sent[0], head, body)
	hop.Origin, hop.At = v.k.origin(e.at, sent[0]+" → "+head.line), e.at.At.UTC()
	hop.Peer, hop.Local = v.c.Server.String(), v.c.Client.String()
	hop.TookMS = max(milliseconds(e.answered.At.Sub(e.at.At)), 0)
	v.a.add(hop)
}

// unanswered2 is a request that got no answer.
func (v *conversation) unanswered2(e *exchange2, method string, sent []string) {
	h := v.k.hop(v.c, e.at, sent[0])
	h.Op, h.Detail = evidence.OpRequest, evidence.Request{Method: method, URL: v.k.r.urlOf(&v.a), Step: stepOf(v.a.url)}
	switch kind, text := v.ending(v.c.Up.Bytes); {
	case e.ended != "":
		v.k.fail(&h, evidence.Protocol, fmt.Sprintf("the server ended the request: %s", e.ended))
	case text != "":
		v.k.fail(&h, kind, text)
	default:
		return
	}
	v.a.add(h)
}
