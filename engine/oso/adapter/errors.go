package adapter

import (
	"errors"
	"fmt"
)

// ErrRefused is matched (errors.Is) by every error about what Oso's filter loses, or does not say clearly enough. The error itself is a
// [*RefusedError].
var ErrRefused = errors.New("oso adapter: refused")

// RefusedError says what was refused, and why: a construct of the policy (by [New]) or a part of a filter. It matches [ErrRefused].
type RefusedError struct {
	Construct string // as the policy writes it, such as "cut", or a part of a filter, such as "Doc.Tags"; never a value
	Line      int    // of the policy; 0 for a filter
	Problem   string
}

func (e *RefusedError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("oso adapter: policy, line %d: %s: %s", e.Line, e.Construct, e.Problem)
	}
	return fmt.Sprintf("oso adapter: %s: %s", e.Construct, e.Problem)
}

// Is reports whether target is [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }
