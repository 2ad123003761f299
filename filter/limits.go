package filter

// DefaultLimit is how many conditions a filter may have to be compiled, where no other limit is
// given.
const DefaultLimit = 10_000

// The limits of a filter. They stop a filter that holds itself, and one whose clauses are shared so
// often that it is larger than it looks. Check keeps to all of them, and rewriting, text and JSON
// to MaxDepth and MaxConditions.
const (
	// MaxDepth is how many levels of clauses a filter may have. The clauses of the filter itself
	// are one.
	MaxDepth = 100
	// MaxConditions is how many conditions a filter may have. A clause that is shared counts each
	// time. A clause counts as its conditions or its entities, whichever are more.
	MaxConditions = 100_000
	// MaxEntities is how many entities may be in sight in a clause: its own, and those of the
	// clauses around it.
	MaxEntities = 1_000
)

func tooDeep() error { return &LimitError{What: "levels of nested conditions", Limit: MaxDepth} }

func tooMany() error { return &LimitError{What: "conditions", Limit: MaxConditions} }

// visits counts the clauses that a pass is in, and the conditions that it has looked at. The zero
// visits has seen nothing.
type visits struct {
	depth, conditions int
	over              error // the limit that was reached: what lies beyond was not visited
}

// enter reports whether a clause may be visited. Then leave has to follow.
func (v *visits) enter(c *Clause) bool {
	v.conditions += max(1, len(c.Entities), len(c.Conditions))
	switch {
	case v.over != nil:
		return false
	case v.depth >= MaxDepth:
		v.over = tooDeep()
		return false
	case v.conditions > MaxConditions:
		v.over = tooMany()
		return false
	}
	v.depth++
	return true
}

func (v *visits) leave() { v.depth-- }
