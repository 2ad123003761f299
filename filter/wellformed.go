package filter

import "fmt"

// wellFormed refuses what has no meaning under any schema: clauses and Anys that say nothing,
// unknown kinds of conditions, operators and operands; and what is too large. Names and values are
// not looked at.
func (f Filter) wellFormed() error {
	if f.AllowAll && len(f.Clauses) > 0 {
		return malformed(f.Resource, allowsBesideClauses)
	}
	c := census{left: MaxConditions}
	if err := c.clauses(f.Clauses, 0); err != nil {
		return inside(f.Resource, err)
	}
	return nil
}

// The problems of what says nothing. An author who left something out must not be read as one who
// allows.
const (
	allowsBesideClauses = "AllowAll stands beside clauses: use one of them"
	saysNothing         = "a clause without a condition: say True if it always holds, or Exists of its entity"
	emptyAny            = "an Any without clauses: say False"
)

// census counts the conditions of a filter.
type census struct{ left int }

func (s *census) clauses(in []Clause, depth int) error {
	if depth >= MaxDepth {
		return tooDeep()
	}
	for i := range in {
		if err := s.clause(&in[i], depth); err != nil {
			return inside("clause "+itoa(i+1), err)
		}
	}
	return nil
}

func (s *census) clause(c *Clause, depth int) error {
	if s.left -= max(1, len(c.Entities), len(c.Conditions)); s.left < 0 {
		return tooMany()
	}
	if len(c.Conditions) == 0 {
		return malformed("", saysNothing)
	}
	for i, condition := range c.Conditions {
		var err error
		switch condition := condition.(type) {
		case Comparison:
			err = condition.wellFormed()
		case Exists:
		case Constant:
			if !condition.Valid() {
				err = malformed("", "unknown constant "+condition.String())
			}
		case Any:
			if len(condition) == 0 {
				err = malformed("", emptyAny)
			} else {
				err = s.clauses(condition, depth+1)
			}
		case None, Surely:
			err = s.clauses(Nested(condition), depth+1)
		case Invalid:
			err = malformed("", condition.Problem)
		default:
			err = malformed("", fmt.Sprintf("a %T is no condition", condition))
		}
		if err != nil {
			return inside("condition "+itoa(i+1), err)
		}
	}
	return nil
}

func (c *Comparison) wellFormed() error {
	if !c.Op.Valid() {
		return malformed("", "unknown operator "+c.Op.String())
	}
	switch c.Operand.(type) {
	case Literal, Field, Param:
		if c.Op.Unary() {
			return malformed("", c.Op.String()+" takes no operand")
		}
	case nil:
		if !c.Op.Unary() {
			return malformed("", c.Op.String()+" needs an operand")
		}
	default:
		return malformed("", fmt.Sprintf("a %T is no operand", c.Operand))
	}
	return nil
}
