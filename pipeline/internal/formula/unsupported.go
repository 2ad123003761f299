package formula

import "fmt"

// UnsupportedError is an error about a filter that cannot be compiled exactly. Package pipeline
// returns it as its UnsupportedError.
type UnsupportedError struct{ Problem string }

func (e *UnsupportedError) Error() string { return e.Problem }

// Unsupported returns an error that says what cannot be compiled; never a value of the caller's.
func Unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Sprintf(format, args...)}
}
