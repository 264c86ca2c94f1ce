// Package transcript reads what people have of a failed pull, the output of curl and openssl, the
// error lines and logs of container clients, the log of a proxy, into the same evidence as
// a walk's.
//
// It has no opinion. A step of the evidence has what the text says and no more: it is never
// "ok" unless the text says so, and what the text does not tell is left out. Where two steps
// are worded alike, as a reset in a handshake and in an answer are in Go, the kind of the
// failure is unknown and its text is kept; what it may mean is for the catalogue.
//
// The way of a text is: bytes, in whatever encoding ([Read] decodes them); lines, without
// colours, prompts and secrets; for the readers of one program's output (curl, openssl, …),
// the line as it is; for all others, what a log's frame holds ([unframe]) and in it the
// errors, which [Go's grammar] nests with colons. Attempts that say the same are one, with
// its number. All is bounded: a text of any length needs the memory of its longest lines
// and of the attempts that a report keeps.
package transcript
