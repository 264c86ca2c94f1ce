// Package product recognises proxies, inspectors and servers by their answers. Each
// product is one literal: the signs of its CONNECT replies, pages and certificate
// chains, where each sign was seen, and a sample of each as fault data, so that a mock
// can answer as that product.
//
// It labels and never decides. Whether a connection is intercepted is judged
// elsewhere, from keys and stores; a vendor's name on a certificate proves
// nothing. A proxy can be configured to hide every sign; then no product is named.
//
// Signs are read from evidence, after redaction: of a header that package
// redact withholds only the name can be a sign. Certificates are matched by
// single attributes, from their beginning and by whole words, never by a
// substring of the joined name: San Francisco is not Cisco.
package product
