// Package report writes a trace and its diagnosis in every form that a reader or a program
// needs: [Formats] lists them. It also writes the events of a run, change requests,
// comparisons, the survey of settings, and the catalogue's own texts.
//
// It is pure: it looks nothing up, judges nothing, and knows no terminal. Its callers give
// the width and say whether there is colour.
//
// The laws:
//
//   - What is shown is shown whole. Cells are wrapped, by words and then by hard
//     breaks, never cut. The one exception is the middle of a long URL in the short
//     table. What the short table leaves out, the wide one has.
//   - No line of the table is wider than asked for. The one exception is a
//     command to paste, which is broken only where a shell still reads the same.
//   - Nothing is printed that a terminal or a page would obey. A saved report may come
//     from anybody, so its texts are escaped again here.
//   - Only the table folds equal rows. The JSON has every hop.
package report
