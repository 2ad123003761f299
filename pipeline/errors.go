package pipeline

import (
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
)

// ErrUnsupported is matched (errors.Is) by every error about a filter that is well formed but cannot be compiled exactly.
// The error itself is an [*UnsupportedError].
var ErrUnsupported = errors.New("pipeline: unsupported shape")

// UnsupportedError says what cannot be compiled. It matches [ErrUnsupported].
type UnsupportedError struct {
	Problem string // what it is; never a value of the caller's
}

func (e *UnsupportedError) Error() string { return "pipeline: unsupported: " + e.Problem }

// Is reports whether target is [ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{Problem: fmt.Sprintf(format, args...)}
}

// public returns the error of a pass as this package's.
func public(err error) error {
	if e, ok := errors.AsType[*formula.UnsupportedError](err); ok {
		return &UnsupportedError{Problem: e.Problem}
	}
	return err
}
