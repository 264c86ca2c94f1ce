// Package packets writes down the packets of this process's own connections.
//
// A [Recording] reads every packet that passes this host's interfaces (packet(7)) and keeps
// those of the sockets that it is told of, before their first packet: the port of each is bound
// before it connects. The kernel leaves out most others, and the rest is not looked at beyond
// its ports. What is in the file was on the wire; nothing is made up.
//
// The file is pcapng. It is whole after each packet, so that a run that is killed leaves one
// that can be read; at the end the first packet of each connection gets a comment.
package packets
