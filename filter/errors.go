package filter

import (
	"errors"
	"fmt"
)

// ErrMalformed is matched (errors.Is) by every error about a filter that cannot mean anything: an unknown name, operator or
// entity, an operand of the wrong kind, an unbound parameter. The error itself is a [*MalformedError].
var ErrMalformed = errors.New("filter: malformed filter")

// MalformedError says what is wrong with a filter, and where. It matches [ErrMalformed].
type MalformedError struct {
	Where   string // such as "Book, clause 2, condition 1: p.name"; may be empty
	Problem string // what is wrong there; never a value of the caller's
}

func (e *MalformedError) Error() string {
	if e.Where == "" {
		return "filter: " + e.Problem
	}
	return "filter: " + e.Where + ": " + e.Problem
}

// Is reports whether target is [ErrMalformed].
func (e *MalformedError) Is(target error) bool { return target == ErrMalformed }

func malformed(where, problem string) error { return &MalformedError{Where: where, Problem: problem} }

// inside returns err, if it is malformed input, as found in a larger place.
func inside(where string, err error) error {
	m, ok := err.(*MalformedError)
	if !ok {
		return err
	}
	if m.Where != "" {
		where += ", " + m.Where
	}
	return malformed(where, m.Problem)
}

// ErrLimit is matched (errors.Is) by every error about a filter that grows beyond a limit. The error itself is a [*LimitError].
var ErrLimit = errors.New("filter: limit exceeded")

// LimitError says which limit a filter exceeds. It matches [ErrLimit].
type LimitError struct {
	What  string // what is counted, such as "conditions"
	Limit int
}

func (e *LimitError) Error() string { return fmt.Sprintf("filter: more than %d %s", e.Limit, e.What) }

// Is reports whether target is [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }
