// Package words says what was seen at a hop: once, for the table, the findings and the
// comparison, so that all of them name the same answer in the same way.
//
// [Seen] is the sentence about a whole hop. The other functions are its parts, for whoever
// needs only one of them. Nothing here judges: what a hop means is the catalogue's.
package words
