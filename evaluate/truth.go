package evaluate

import "strconv"

// Truth is one of three values. The zero Truth is False, and only True authorizes.
type Truth uint8

// The three values, in their order: an AND is the least of its parts, an OR the greatest.
const (
	False   Truth = iota // surely not
	Unknown              // not to be told from what is stored
	True                 // surely so
)

// String returns "false", "unknown" or "true".
func (t Truth) String() string {
	switch t {
	case False:
		return "false"
	case Unknown:
		return "unknown"
	case True:
		return "true"
	default:
		return "Truth(" + strconv.Itoa(int(t)) + ")"
	}
}

func and(a, b Truth) Truth { return min(a, b) }

func or(a, b Truth) Truth { return max(a, b) }

func not(t Truth) Truth { return True - t }

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}
