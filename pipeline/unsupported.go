package pipeline

import "fmt"

// unsupportedShape is an error about a filter that cannot be compiled exactly. Package pipeline returns
// it as its UnsupportedError.
type unsupportedShape struct{ problem string }

func (e *unsupportedShape) Error() string { return e.problem }

// unsupportedf returns an error that says what cannot be compiled; never a value of the caller's.
func unsupportedf(format string, args ...any) error {
	return &unsupportedShape{fmt.Sprintf(format, args...)}
}
