// Package capture reads packets that others captured into connections and questions.
//
// It has no opinion: a [Connection] has what its packets show, of both sides, with the numbers
// that their headers carry. What a capture does not show is left open: a connection whose
// beginning is missing says so, and so does one of which only one direction was captured.
//
// The way of a capture is: bytes, packed or not, of a pcap or pcapng file ([Open]); frames, of
// whatever link; packets, out of fragments and tunnels; segments, each once although it was
// captured on two interfaces; connections, which are handed out when they are over, so that a
// capture of any length needs the memory of those that are open at a time.
package capture
