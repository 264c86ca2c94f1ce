// Package userfile reads and writes the files that a user names. Reading is bounded.
// After a write the file is complete, or it is as it was before.
package userfile
