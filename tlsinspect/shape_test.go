package tlsinspect

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"pullpath/internal/cost"
)

// Sizes as they were measured at the clients with Go 1.26, for
// registry.redhat.io: containers/image has the six suites, containerd Go's own.
func TestClientHelloIsTheClients(t *testing.T) {
	for name, row := range map[string]struct {
		shape Shape
		bytes int
	}{
		"containers/image": {Shape{Suites: ModernSuites()}, 1502},
		"docker":           {Shape{Suites: ModernSuites(), MinVersion: tls.VersionTLS12}, 1502},
		"containerd":       {Shape{}, 1510},
		"no large group":   {Shape{Classical: true}, 282},
	} {
		opts := options(Stores{})
		opts.Shape = row.shape
		hello, err := Hello(context.Background(), opts)
		if err != nil || len(hello) != row.bytes || hello[0] != 22 {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(hello), err, row.bytes)
		}
	}
}

// firstReads returns the sizes of what a peer reads at once, until nothing more
// comes.
func firstReads(t *testing.T, shape Shape) []int {
	t.Helper()
	sizes := make(chan []int, 1)
	conn := wire(t, func(conn net.Conn) {
		var out []int
		buf := make([]byte, 4096)
		for total := 0; total < 250; {
			n, err := conn.Read(buf)
			if err != nil {
				break
			}
			out, total = append(out, n), total+n
		}
		sizes <- out
	})
	opts := options(Stores{})
	opts.Shape = shape
	_ = Handshake(context.Background(), conn, opts)
	return <-sizes
}

func TestSplitHelloComesInTwoParts(t *testing.T) {
	if got := firstReads(t, Shape{Classical: true}); len(got) != 1 {
		t.Errorf("a whole one is read in %v", got)
	}
	if got := firstReads(t, Shape{Classical: true, Split: true}); len(got) != 2 || got[0] != got[1] {
		t.Errorf("a split one is read in %v", got)
	}
}

func TestSplitHelloIsStillAHandshake(t *testing.T) {
	conn := serve(t, issue(t, nil, leaf(nil)))
	opts := options(Stores{})
	opts.Shape = Shape{Classical: true, Split: true}
	res := Handshake(context.Background(), conn, opts)
	if !res.Detail.Completed() || res.Detail.HelloBytes < 200 || res.Detail.BytesSent < res.Detail.HelloBytes {
		t.Errorf("%+v, %v", res.Detail, res.Failure)
	}
}

// A warning is passed over by crypto/tls; the bytes beside it say why the
// connection ended.
func TestWarningBeforeTheEnd(t *testing.T) {
	for name, row := range map[string]struct {
		sent []byte
		want []int
	}{
		"a warning":       {[]byte{21, 3, 3, 0, 2, 1, 112}, []int{112}},
		"two":             {[]byte{21, 3, 3, 0, 2, 1, 112, 21, 3, 3, 0, 2, 1, 90}, []int{112, 90}},
		"close notify":    {[]byte{21, 3, 3, 0, 2, 1, 0}, nil},
		"a fatal one":     {[]byte{21, 3, 3, 0, 2, 2, 40}, nil},
		"cut":             {[]byte{21, 3, 3, 0, 2, 1}, nil},
		"encrypted":       {append([]byte{20, 3, 3, 0, 1, 1}, 21, 3, 3, 0, 2, 1, 112), nil},
		"no TLS":          {[]byte("HTTP/1.1 403 Forbidden\r\n\r\n"), nil},
		"nothing":         {nil, nil},
		"behind a record": {append([]byte{22, 3, 3, 0, 3, 9, 9, 9}, 21, 3, 3, 0, 2, 1, 112), []int{112}},
	} {
		var got []int
		for _, w := range warnings(row.sent) {
			got = append(got, w.Number)
			if w.Name == "" {
				t.Errorf("%s: alert %d has no name", name, w.Number)
			}
		}
		if len(got) != len(row.want) || len(got) > 0 && got[0] != row.want[0] {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
	conn := wire(t, func(conn net.Conn) {
		_, _ = io.ReadAtLeast(conn, make([]byte, 4096), 200)
		_, _ = conn.Write([]byte{21, 3, 3, 0, 2, 1, 112})
	})
	res := Handshake(context.Background(), conn, options(Stores{}))
	if w := res.Detail.Warnings; len(w) != 1 || w[0].Name != "unrecognized name" || res.Detail.BytesReceived != 7 {
		t.Errorf("%+v, %v", res.Detail, res.Failure)
	}
}

// FuzzWarnings: whatever comes, what is kept is bounded and stands in the bytes.
func FuzzWarnings(f *testing.F) {
	f.Add([]byte{21, 3, 3, 0, 2, 1, 112})
	f.Add([]byte{22, 3, 3, 0, 3, 9, 9, 9, 21, 3, 3, 0, 2, 1, 90})
	f.Add([]byte{20, 3, 3, 0, 1, 1})
	f.Add([]byte("HTTP/1.1 403 Forbidden\r\n\r\n"))
	f.Fuzz(func(t *testing.T, received []byte) {
		cost.Linear(t, len(received), func() {
			got := warnings(received)
			if len(got) > maxWarnings {
				t.Fatalf("%d warnings", len(got))
			}
			for _, w := range got {
				if !bytes.Contains(received, []byte{levelWarning, byte(w.Number)}) || w.Number == closeNotify {
					t.Errorf("%d is not in %x", w.Number, received)
				}
			}
		})
	})
}

// FuzzHandshake: whatever a peer sends, the handshake ends with a failure of a
// known kind.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte{21, 3, 3, 0, 2, 2, 40})
	f.Add([]byte{21, 3, 3, 0, 2, 1, 112})
	f.Add([]byte("HTTP/1.1 403 Forbidden\r\n\r\n<title>no</title>"))
	f.Add([]byte{22, 3, 3, 0, 4, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		cost.Linear(t, len(answer), func() {
			near, far := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = far.Read(make([]byte, 4096))
				_ = far.SetWriteDeadline(time.Now().Add(time.Second))
				_, _ = far.Write(answer)
				_ = far.Close()
			}()
			res := Handshake(context.Background(), near, options(Stores{}))
			_ = near.Close()
			<-done
			if res.Failure == nil || res.Failure.Kind == "" || res.Detail.BytesReceived > int64(len(answer)) {
				t.Errorf("%+v, %v", res.Detail, res.Failure)
			}
		})
	})
}
