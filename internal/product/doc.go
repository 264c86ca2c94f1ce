// Package product names proxies, inspectors and servers by what they say: one
// literal per product, with the signs by which its CONNECT replies, pages and
// certificate chains are known, where each sign was seen, and a sample of each
// as fault data, so that a mock can speak as that product.
//
// It labels and never decides. Whether a connection is intercepted is judged
// elsewhere, from keys and stores; a vendor's name on a certificate proves
// nothing. A proxy can be told to hide every sign, and then nobody is named.
//
// Signs are read from evidence, after redaction: of a header that package
// redact withholds only the name can be a sign. Certificates are matched by
// single attributes, from their beginning and by whole words, never by a
// substring of the joined name: a plant in San Francisco is no Cisco.
package product
