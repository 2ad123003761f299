//go:build !race

package layers_test

// The sizes of hostile values: how often one is doubled by sharing, and how deep one is nested.
const (
	doublings = 22
	levels    = 20_000
)
