package httphead

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// The length is that of the wire, for who writes the request as for who reads it.
func TestBytesAreThoseOfTheWire(t *testing.T) {
	req, err := http.NewRequest(http.MethodGet, "https://registry.example/v2/?a=b", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "x")
	req.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 100))
	var out strings.Builder
	if err := req.Write(&out); err != nil {
		t.Fatal(err)
	}
	want := len(out.String()) - len("\r\n")
	if got := Bytes(req); got != want {
		t.Errorf("%d bytes go out, the wire has %d: %q", got, want, out.String())
	}
	in, err := http.ReadRequest(bufio.NewReader(strings.NewReader(out.String())))
	if err != nil {
		t.Fatal(err)
	}
	if got := Bytes(in); got != want {
		t.Errorf("%d bytes came in, the wire has %d: %q", got, want, out.String())
	}
}
