// Package watch counts how the walks of one path came out, and says what came with each
// outcome. It knows nothing of networks or clocks: a walk is what somebody made of its report.
package watch
