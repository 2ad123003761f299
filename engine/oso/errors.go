package oso

import (
	"errors"
	"fmt"
)

// ErrPolicy is matched (errors.Is) by every error about a policy text that cannot be loaded, or classes that do not go together. The error
// itself is a [*PolicyError], or an [*UnsupportedError] for a text with a construct that is always refused.
var ErrPolicy = errors.New("oso: bad policy")

// PolicyError says what is wrong with a policy text, or with the classes it is loaded with. It matches [ErrPolicy].
type PolicyError struct {
	Class   string // the class concerned; empty for the text
	Problem string // the text's own words at most, never an actor's values
}

func (e *PolicyError) Error() string {
	if e.Class == "" {
		return "oso: policy: " + e.Problem
	}
	return "oso: class " + e.Class + ": " + e.Problem
}

// Is reports whether target is [ErrPolicy].
func (e *PolicyError) Is(target error) bool { return target == ErrPolicy }

// ErrUnsupported is matched (errors.Is) by every error about a construct of a policy that has no exact translation into a filter, and about
// a value that cannot be carried exactly. The error itself is an [*UnsupportedError].
var ErrUnsupported = errors.New("oso: not supported exactly")

// UnsupportedError says which construct of a policy was refused, and why. It matches [ErrUnsupported].
type UnsupportedError struct {
	Action    string // the action asked for; empty if the text was refused when it was loaded
	Resource  string // the resource type asked for; likewise
	Construct string // as the policy writes it, without values, such as "_this.Owner.Name < ?" or "cut"
	Problem   string // why it is refused; never a value of the caller's
}

func (e *UnsupportedError) Error() string {
	where := ""
	if e.Resource != "" {
		where = fmt.Sprintf("%q of %q: ", e.Action, e.Resource)
	}
	if e.Construct != "" {
		where += e.Construct + ": "
	}
	return "oso: " + where + e.Problem
}

// Is reports whether target is [ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// ErrEngine is matched (errors.Is) by every error about Oso's own failure to evaluate the policy for an actor. The error itself is an
// [*EngineError].
var ErrEngine = errors.New("oso: the engine failed")

// EngineError says that Oso failed to evaluate a policy. It matches [ErrEngine]. Oso's own text is not part of it, for that holds the
// actor's values.
type EngineError struct {
	Action   string // the action asked for
	Resource string // the resource type asked for
	Kind     string // what Oso calls the error, such as "ApplicationError" or "TypeError"; "panic" for a panic, "method" for an error of an actor's method
	Problem  string // what is known about it; may be empty; never a value of the caller's
}

func (e *EngineError) Error() string {
	s := fmt.Sprintf("oso: %q of %q: the engine failed: %s", e.Action, e.Resource, e.Kind)
	if e.Problem != "" {
		s += ": " + e.Problem
	}
	return s
}

// Is reports whether target is [ErrEngine].
func (e *EngineError) Is(target error) bool { return target == ErrEngine }

// unsupported returns the error about a construct; the action and the resource are filled in where they are known.
func unsupported(construct, problem string) error {
	return &UnsupportedError{Construct: construct, Problem: problem}
}
