package evaluate

import (
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file writes explanations for a person.

// String returns the explanation as lines of text, for a person to read: the decision, then each clause with its entities and conditions.
func (x Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", x.Resource, x.Decision)
	writeConditions(&b, "  ", x.Scope)
	for i := range x.Clauses {
		writeClause(&b, "  ", i, &x.Clauses[i])
	}
	return b.String()
}

func writeClause(b *strings.Builder, indent string, i int, x *ClauseExplanation) {
	fmt.Fprintf(b, "%sclause %d", indent, i+1)
	if x.Label != "" {
		fmt.Fprintf(b, " %q", x.Label)
	}
	fmt.Fprintf(b, ": %s\n", x.Tally)
	for i := range x.Entities {
		fmt.Fprintf(b, "%s  %s\n", indent, &x.Entities[i])
	}
	writeConditions(b, indent+"  ", x.Conditions)
}

func writeConditions(b *strings.Builder, indent string, conditions []ConditionExplanation) {
	for i := range conditions {
		x := &conditions[i]
		b.WriteString(indent + x.Text)
		if x.Origin != "" {
			fmt.Fprintf(b, " (%s)", x.Origin)
		}
		fmt.Fprintf(b, ": %s", x.Tally)
		for n, reason := range x.Reasons {
			b.WriteString([]string{": ", ", "}[min(n, 1)] + reason.String())
		}
		b.WriteString("\n")
		for i := range x.Clauses {
			writeClause(b, indent+"  ", i, &x.Clauses[i])
		}
	}
}

// String returns "true", or a count such as "2 true, 1 unknown" if there was more than one answer, or "not asked".
func (t Tally) String() string {
	switch t {
	case Tally{}:
		return "not asked"
	case Tally{True: 1}:
		return True.String()
	case Tally{False: 1}:
		return False.String()
	case Tally{Unknown: 1}:
		return Unknown.String()
	}
	var parts []string
	for _, part := range []struct {
		n     int
		truth Truth
	}{{t.True, True}, {t.False, False}, {t.Unknown, Unknown}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.truth))
		}
	}
	return strings.Join(parts, ", ")
}

// String returns a line such as "loan, a Loan by loans: 2 reached".
func (x *EntityExplanation) String() string {
	var b strings.Builder
	if x.Name != "" {
		b.WriteString(x.Name + ", ")
	}
	b.WriteString("a " + x.Type)
	if len(x.Via) > 0 {
		b.WriteString(" by " + strings.Join(x.Via, " and "))
	}
	what := "reached"
	if x.KeyOnly {
		what = "keys"
	}
	fmt.Fprintf(&b, ": %d %s", x.Reached, what)
	switch {
	case x.Asked == 0:
		b.WriteString(", not asked")
	case x.Unknown > 0:
		b.WriteString(", perhaps more")
	}
	return b.String()
}

// text returns a condition with its literals left out.
func (a about) text() string {
	switch c := a.source.(type) {
	case *relations.CheckedComparison:
		not := ""
		if c.Not {
			not = "not "
		}
		return not + fieldName(c.Entity, c.Field) + " " + c.Op.String() + operandText(c)
	case relations.CheckedExists:
		return filter.Exists{Entity: c.Entity.Name}.String()
	case relations.CheckedConstant:
		return filter.Constant(c).String()
	case relations.CheckedNone:
		return "none of"
	case relations.CheckedSurely:
		return "surely"
	case relations.CheckedAny:
		return "any of"
	default:
		return ""
	}
}

func fieldName(e *relations.CheckedEntity, f relations.FieldRef) string {
	return strings.TrimPrefix(e.Name+"."+f.Path, ".")
}

// operandText names the operand's field, or says what kind of value the literal is.
func operandText(c *relations.CheckedComparison) string {
	switch o := c.Operand.(type) {
	case *relations.CheckedField:
		return " " + fieldName(o.Entity, o.Field)
	case *relations.CheckedValue:
		return " <" + o.Value.Type.String() + ">"
	case *relations.CheckedList:
		return fmt.Sprintf(" <%d values>", len(o.Values))
	case *relations.CheckedParam:
		return " " + string(o.Name)
	}
	return ""
}
