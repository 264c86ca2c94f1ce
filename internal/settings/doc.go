// Package settings reads where the clients of a host take their proxy from:
// environment, systemd units, shell files, and each client's own file. It reads
// below a directory that is given, "/" or an unpacked support archive or image,
// executes nothing, and reads nothing outside of that directory.
//
// A reader says what a file sets and what the program that reads it makes of
// it. What it sets are [route.Variable] values with "path:line" as their source,
// in the order in which they count; what is odd about it is a [Remark]. A reader
// never guesses: what the text alone does not show is a remark.
//
// Passwords stay inside [route.Variable], which does not print them. A Remark
// is redacted when it is made.
package settings
