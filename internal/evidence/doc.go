// Package evidence holds what was seen on the path of a pull: hops, their
// failures, and the trace that keeps them in order.
//
// It is not a place for opinions. A hop says "the proxy answered 403". That
// "the host is not on the allow-list" is a finding, and findings live in package
// diagnosis. The two never share a type, so that a saved
// trace can be judged again by a later catalogue.
//
// [Trace.Check] holds a trace to these laws:
//
//   - A hop has one operation and at most one failure.
//   - A hop is ok, failed or skipped; a skipped hop names the hop that made it
//     pointless. "Not looked" is never "fine".
//   - The pair (Op, Kind) is the fact. A reset means one thing before CONNECT
//     and another after it, so a [Kind] without its [Op] says little.
//   - The raw text of a failure is always kept with its kind, and the error
//     that it came from can be unwrapped while the process lives.
//   - Every text is valid UTF-8 without control characters, and holds no
//     secret: redaction happens where evidence is made.
//
// A trace is plain data and survives a round trip through JSON. The form is
// the one of the report schema pullpath.report/v1; package report adds findings and
// verdict.
package evidence
