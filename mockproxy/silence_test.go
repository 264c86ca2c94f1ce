package mockproxy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"pullpath/internal/fault"
)

// An exchange that is held open ends with its client, of whom a body is still unread,
// and with the network.
func TestSilenceEnds(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fault.HTTP
		// leaves and closes tell who ends: the client, the network.
		leaves, closes bool
	}{
		{"silence, the client leaves", fault.HTTP{Effect: fault.Silence}, true, false},
		{"silence, the network ends", fault.HTTP{Effect: fault.Silence}, false, true},
		{"a stall, the client leaves", fault.HTTP{Effect: fault.Stall}, true, false},
		{"a stall, the network ends", fault.HTTP{Effect: fault.Stall}, false, true},
		{"a delay, the network ends", fault.HTTP{Delay: time.Hour}, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			n, err := Start(fault.World{})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			begun, ended := make(chan struct{}), make(chan struct{})
			next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				close(begun)
				n.answer(w, r, row.fault, next)
			})}
			go func() { _ = server.Serve(l) }()
			defer func() { _ = server.Close() }()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = fmt.Fprint(conn, "POST /token HTTP/1.1\r\nHost: sso.example\r\nContent-Length: 3\r\n\r\na=b")
			<-begun
			if row.leaves {
				_ = conn.Close()
			}
			if row.closes {
				n.Close()
			}
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Error("the exchange is still held")
			}
		})
	}
}
