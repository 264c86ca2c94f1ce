// Package report renders a trace and what was made of it: the table for a
// person in a hurry, JSON for machines and for a later judge, Markdown for a
// ticket, an HTML page for who never saw the tool, JUnit for a pipeline, events while
// it runs, and the catalogue's own texts.
//
// It is pure: it looks nothing up, judges nothing, and knows no terminal. The
// width and the wish for colour are given.
//
// The laws:
//
//   - What is shown is shown whole. Cells are wrapped, by words and then by hard
//     breaks, never cut. What the short table leaves out, the wide one has.
//   - No line of the table is wider than asked for. The one exception is a
//     command to paste, which is broken only where a shell still reads the same.
//   - Nothing that a terminal or a page would obey is printed, also not from a
//     saved report that somebody else wrote: it is escaped again here.
//   - Only the table folds equal rows. The JSON has every hop.
package report
