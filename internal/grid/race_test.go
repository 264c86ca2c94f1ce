//go:build race

package grid

// raced tells that the race detector is in the code: what measures work is left out then.
const raced = true
