// Package httphead measures the head of an HTTP/1.1 request, for the client that sends
// it and for the server that has a limit.
package httphead

import (
	"cmp"
	"net/http"
)

// Bytes is the length of a request's line and fields on the wire, without the empty
// line that ends them. It is the same for a request that goes out and for one that came
// in.
func Bytes(r *http.Request) int {
	uri, host := r.RequestURI, r.Host
	if uri == "" {
		uri, host = r.URL.RequestURI(), cmp.Or(r.Host, r.URL.Host)
	}
	n := len(r.Method) + len(" ") + len(uri) + len(" HTTP/1.1\r\nHost: \r\n") + len(host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}
