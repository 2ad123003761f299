package relations

import "errors"

// ErrSchema is matched (errors.Is) by every error about a declaration that cannot mean anything. The error itself is a
// [*SchemaError], or several of them joined (errors.Join).
var ErrSchema = errors.New("relations: bad schema")

// SchemaError says what is wrong with a declaration, and where. It matches [ErrSchema].
type SchemaError struct {
	Type    string // the resource type; may be empty
	Field   string // the field or relation of the type; empty for the type itself
	Problem string // what is wrong there; never a value of the caller's
}

func (e *SchemaError) Error() string {
	switch {
	case e.Type == "" && e.Field == "":
		return "relations: " + e.Problem
	case e.Field == "":
		return "relations: " + e.Type + ": " + e.Problem
	default:
		return "relations: " + e.Type + "." + e.Field + ": " + e.Problem
	}
}

// Is reports whether target is [ErrSchema].
func (e *SchemaError) Is(target error) bool { return target == ErrSchema }
