//go:build !race

package grid

const raced = false
