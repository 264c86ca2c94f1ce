// Package house holds the rules of the house as a test: who may import whom,
// and why not.
package house
