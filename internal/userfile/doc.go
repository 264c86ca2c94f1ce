// Package userfile reads and writes the files that a user names: what is read has a
// bound, and what is written is there whole or as it was before.
package userfile
