// Package fleet compares the reports of many hosts: it groups them by how they came out, and
// names what the hosts of a group have in common and no others have. It says what goes
// together, never what causes what.
package fleet
