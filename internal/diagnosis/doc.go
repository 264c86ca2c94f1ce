// Package diagnosis turns evidence into findings. It is pure: a trace and a
// list of entries go in, findings and a verdict come out, and nothing here
// can reach a network, a file or a clock.
//
// An [Entry] is static, one row of the catalogue: what a cause is called, how
// it is recognised, whose move it is. A [Finding] is its occurrence, and points
// at the hops that prove it.
//
// [Diagnose] walks in four steps, and each step is a law:
//
//  1. Every entry's Match is asked. An error on targets of which none is
//     required becomes a warning.
//  2. A failed path hop that no finding points at becomes "unexplained". The
//     tool never says that all is well while a hop failed.
//  3. A finding that a more basic one explains is masked: it stays in the
//     report and leaves the verdict. Masking is transitive, and an information
//     masks no warning, a warning no error.
//  4. The verdict is made of what is left.
package diagnosis
