// Package serve walks paths on a schedule and tells over HTTP what they came to: metrics for
// Prometheus, a probe after the contract of blackbox_exporter, and the last report. It knows
// nothing of networks: a walk is made by whoever injects it.
package serve
