package resolve

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pullpath/internal/cost"
)

// scripted is a connection whose peer has said all that it will say.
type scripted struct{ said io.Reader }

func (s scripted) Read(p []byte) (int, error)       { return s.said.Read(p) }
func (s scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (s scripted) Close() error                     { return nil }
func (s scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s scripted) SetDeadline(time.Time) error      { return nil }
func (s scripted) SetReadDeadline(time.Time) error  { return nil }
func (s scripted) SetWriteDeadline(time.Time) error { return nil }

// framed returns an answer as it goes over a stream.
func framed(answer []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)
}

// FuzzStream gives the paths over TCP, TLS and HTTPS whatever a name server may send
// inside the connection: framed, and as the body of an answer.
func FuzzStream(f *testing.F) {
	question := new(dns.Msg)
	question.SetQuestion("x.example.", dns.TypeA)
	question.Id = 0x1234
	answer, err := new(dns.Msg).SetReply(question).Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(framed(answer))
	f.Add(framed(answer)[:7])
	f.Add([]byte("\xff\xffx"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if len(said) > 70<<10 {
			t.Skip() // a message has at most 64 KiB
		}
		cost.Linear(t, len(said), func() {
			p := &reply{}
			if in, err := stream(scripted{bytes.NewReader(said)}, question, p); err == nil && in.Id != question.Id {
				t.Errorf("taken for the answer: %v", in)
			}
			if p.question.Size > len(said) || p.question.Strays > 1 {
				t.Errorf("%+v", p.question)
			}
		})
		transport := &http.Transport{DialContext: once(scripted{bytes.NewReader(said)}), DisableKeepAlives: true}
		defer transport.CloseIdleConnections()
		if body, err := post(t.Context(), transport, "http://resolver.example/dns-query", answer); err == nil && len(body) > len(said) {
			t.Errorf("a body of %d bytes out of %d", len(body), len(said))
		}
	})
}
