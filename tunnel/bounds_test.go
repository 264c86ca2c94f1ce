package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pullpath/internal/evidence"
)

const (
	gigabyte = 1 << 30
	// mostMemory is what a peer may make us hold at any time.
	mostMemory = 32 << 20
)

// stream answers a CONNECT with a beginning and then a text until it was sent a
// gigabyte or the client has had enough.
func stream(begin, text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		_, _ = io.WriteString(conn, begin)
		block := []byte(strings.Repeat(text, 64<<10/len(text)))
		for sent := 0; sent < gigabyte; sent += len(block) {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}
}

// streams returns the places of an answer that a peer can go on with for ever.
func streams() map[string]func(net.Conn) {
	return map[string]func(net.Conn){
		"one header":   stream("HTTP/1.1 403 Forbidden\r\nX-Long: ", "a"),
		"many headers": stream("HTTP/1.1 403 Forbidden\r\n", "X-Many: b\r\n"),
		"body":         stream("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n", "<p>c"),
		"one chunk":    stream("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n", "d"),
		"small chunks": stream("HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nTransfer-Encoding: chunked\r\n\r\n",
			"1\r\ne\r\n"),
		"1xx":         stream("", "HTTP/1.1 102 Processing\r\n\r\n"),
		"status line": stream("HTTP/1.1 403 ", "f"),
		"no HTTP":     stream("", "g"),
	}
}

// refused makes one CONNECT that fails, and returns the peak of the heap above
// what it was before.
func refused(t testing.TB, script func(net.Conn)) (peak uint64) {
	t.Helper()
	conn, err := net.Dial("tcp", peer(t, script))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	runtime.GC()
	before, most := heap(), heapPeak()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, _, failure := Connect(ctx, conn, Request{Target: "h:443", UserAgent: "a", Now: time.Now,
		Login: Login{Scheme: Digest, User: "joe", Password: "hunter22"}})
	peak = max(most(), before) - before
	if failure == nil || ctx.Err() != nil {
		t.Fatalf("failure %v, context %v", failure, ctx.Err())
	}
	return peak
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// heapPeak watches the heap until the returned function is called, which gives the
// most that was seen.
func heapPeak() func() uint64 {
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		most := heap()
		for {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-stop:
				peak <- max(most, heap())
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-peak }
}

func TestGigabyteCostsLittleMemory(t *testing.T) {
	for name, script := range streams() {
		if got := refused(t, script); got > mostMemory {
			t.Errorf("%s: %d MiB held, at most %d", name, got>>20, mostMemory>>20)
		}
	}
}

func BenchmarkGigabyte(b *testing.B) {
	for name, script := range streams() {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			var most uint64
			for range b.N {
				most = max(most, refused(b, script))
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB-peak")
			if most > mostMemory {
				b.Errorf("%d MiB held", most>>20)
			}
		})
	}
}

// A thousand refusals leave no goroutine and no descriptor behind.
func TestThousandRefusalsLeaveNothing(t *testing.T) {
	answer := "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 4\r\n\r\npage"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			br := bufio.NewReader(conn)
			for {
				if _, err := http.ReadRequest(br); err != nil {
					break
				}
				_, _ = io.WriteString(conn, answer)
			}
			_ = conn.Close()
		}
	}()
	goroutines, descriptors := goleak.IgnoreCurrent(), openFiles(t)
	for range 1000 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, d, failure := Connect(ctx, conn, Request{Target: "h:443", Now: time.Now,
			Login: Login{Scheme: Digest, User: "joe", Password: "hunter22"}})
		cancel()
		_ = conn.Close()
		if failure == nil || d.Code != 407 || len(d.Legs) != 1 || d.Connection != evidence.Kept {
			t.Fatalf("%v, %+v", failure, d)
		}
	}
	goleak.VerifyNone(t, goroutines)
	// The server's last connection may still be closing.
	if now := openFiles(t); now > descriptors+2 {
		t.Errorf("%d descriptors open, %d before", now, descriptors)
	}
	_ = l.Close()
	<-ended
}

// openFiles counts this process's descriptors, where the system tells.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("descriptors are not counted: %v", err)
	}
	return len(files)
}
