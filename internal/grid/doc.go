// Package grid holds the tests over the whole catalogue: every row is provoked
// by the mock, stays silent on every other row's World, and stays silent on the
// healthy one.
package grid
