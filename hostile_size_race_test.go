//go:build race

package layers_test

// The race detector makes everything some twenty times slower, and is not there to find what takes
// long: the values are smaller under it.
const (
	doublings = 8
	levels    = 300
)
