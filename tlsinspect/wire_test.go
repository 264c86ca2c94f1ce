package tlsinspect

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The rest of a page has its time, and no more than its hop.
func TestAPageIsReadWithinItsHop(t *testing.T) {
	const whole = "HTTP/1.1 400 Bad Request\r\n\r\n<title>no TLS here</title>"
	for _, row := range []struct {
		name string
		// ends is when the hop does, 0 for never, and rest when the rest comes.
		ends, rest time.Duration
		took       time.Duration
		kept       bool
	}{
		{"it comes", 0, 100 * time.Millisecond, pagePatience, true},
		{"it comes too late", 0, time.Second, pagePatience, false},
		{"the hop ends first", 50 * time.Millisecond, 100 * time.Millisecond, 50 * time.Millisecond, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer func() { _ = near.Close(); _ = far.Close() }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if row.ends > 0 {
					defer time.AfterFunc(row.ends, cancel).Stop()
				}
				head, rest, _ := strings.Cut(whole, "<")
				go func() { _, _ = far.Write([]byte(head)) }()
				defer time.AfterFunc(row.rest, func() { _, _ = far.Write([]byte("<" + rest)) }).Stop()
				began := time.Now()
				page := Options{}.page(ctx, &tee{Conn: near})
				if took := time.Since(began); took != row.took {
					t.Errorf("it took %s, want %s", took, row.took)
				}
				if kept := page != nil && strings.Contains(page.Text, "no TLS here"); kept != row.kept {
					t.Errorf("the page is %+v", page)
				}
			})
		})
	}
}
