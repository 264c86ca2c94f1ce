package mockproxy

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"pullpath/internal/fault"
)

// shaped sends the proper answer as a fault changes it: with other fields, another body, at
// a rate, or a part of it.
type shaped struct {
	http.ResponseWriter
	network *Network
	request *http.Request
	f       fault.HTTP

	begun bool
	// left is how much of the body is still sent before a cut; half sends the half of each
	// write, of a body whose length nobody announced.
	left int
	half bool
	// dropped means that there was more.
	dropped bool
}

// Unwrap is for [http.ResponseController].
func (s *shaped) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// WriteHeader sends the fields as the fault changes them.
func (s *shaped) WriteHeader(status int) {
	if s.begun {
		return
	}
	s.begun = true
	h := s.Header()
	if s.f.Body != "" {
		h.Set("Content-Length", strconv.Itoa(len(s.f.Body)))
	}
	for _, name := range s.f.Remove {
		// One that is there without a value is not made up by the server.
		h[http.CanonicalHeaderKey(name)] = nil
	}
	addFields(h, s.f.Headers)
	s.measure(announced(h))
	s.ResponseWriter.WriteHeader(status)
	if length, set := h["Content-Length"]; set && length == nil {
		// Nor is a length, of what goes out before its end.
		s.flush()
	}
	if s.f.Body != "" {
		_, _ = io.WriteString(s.ResponseWriter, s.f.Body)
	}
}

// cuts reports whether a part of the body is sent.
func (s *shaped) cuts() bool { return s.f.Effect == fault.Truncate || s.f.Effect == fault.Stall }

// measure reckons where a body of that size is cut, and how fast it is sent; the size is 0
// where nobody announced it.
func (s *shaped) measure(size int) {
	share := s.f.Share
	if share == 0 && s.f.Effect == fault.Truncate {
		share = 1. / 2
	}
	s.left = max(min(int(share*float64(size)), size-1), 0)
	s.half = size == 0 && share > 0
	if s.f.Bytes > 0 {
		s.left, s.half = s.f.Bytes, false
	}
	if s.f.Over > 0 && size > 0 {
		s.f.Rate = max(int(float64(size)/s.f.Over.Seconds()), 1)
	}
}

// Write sends of the body what the fault leaves of it.
func (s *shaped) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	switch {
	case s.f.Body != "":
		return len(p), nil
	case s.cuts():
		return s.cut(p)
	case s.f.Effect == fault.NotTheBody:
		return s.ResponseWriter.Write(altered(p))
	case s.f.Effect == fault.Trickle:
		return s.trickle(p)
	case s.f.Rate == 0:
		return s.ResponseWriter.Write(p)
	}
	return s.network.paced(p, s.f.Rate, s.drop)
}

// drop sends bytes at once.
func (s *shaped) drop(p []byte) (int, error) {
	n, err := s.ResponseWriter.Write(p)
	s.flush()
	return n, err
}

func (s *shaped) flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() }

// cut sends what is left before the cut, and takes the rest, so that the body ends before
// its announced length.
func (s *shaped) cut(p []byte) (int, error) {
	size := min(s.left, len(p))
	if s.half {
		size = len(p) / 2
	}
	s.left = max(s.left-size, 0)
	if size > 0 {
		if _, err := s.ResponseWriter.Write(p[:size]); err != nil {
			return 0, err
		}
	}
	if size < len(p) {
		s.dropped = true
		s.flush()
	}
	return len(p), nil
}

// trickle sends drops of ten bytes, ten in a second, until the client has had enough.
func (s *shaped) trickle(p []byte) (int, error) {
	const drop, gap = 10, 100 * time.Millisecond
	for sent := 0; sent < len(p); sent += drop {
		if _, err := s.drop(p[sent:min(sent+drop, len(p))]); err != nil {
			return sent, err
		}
		if !s.network.linger(s.request, time.After(gap)) {
			return sent, io.ErrClosedPipe
		}
	}
	return len(p), nil
}

// end ends an answer that was cut. One that is no longer than what is let through is whole.
func (s *shaped) end() {
	if !s.cuts() || !s.dropped && s.f.Bytes > 0 {
		return
	}
	if s.f.Effect == fault.Stall {
		s.flush()
		s.network.stay(s.request)
	}
	s.network.endAnswer(s.ResponseWriter, s.request, fault.Close)
}

// altered flips a bit of every byte: same length, other content.
func altered(p []byte) []byte {
	out := make([]byte, len(p))
	for i, b := range p {
		out[i] = b ^ 1
	}
	return out
}

// announced returns the length of a body as its head says; 0 where it does not.
func announced(h http.Header) int {
	size, err := strconv.Atoi(h.Get("Content-Length"))
	if err != nil {
		return 0
	}
	return size
}
