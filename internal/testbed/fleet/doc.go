// Package fleet holds the tests of pullpath among the programs with which fleets are run:
// Prometheus and its exporters, Alertmanager, Ansible, podman.
package fleet
