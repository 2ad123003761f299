package evaluate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
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
		why := make([]string, 0, len(x.Reasons)+1)
		if x.False != "" {
			why = append(why, x.False)
		}
		for _, reason := range x.Reasons {
			why = append(why, reason.String())
		}
		if len(why) > 0 {
			b.WriteString(": " + strings.Join(why, ", "))
		}
		b.WriteString("\n")
		for i := range x.Clauses {
			writeClause(b, indent+"  ", i, &x.Clauses[i])
		}
	}
}

// String returns "true", "false" or "unknown", or for several answers a phrase such as "true for 2
// of 3 choices, unknown for 1"; "not asked" for none.
func (t Tally) String() string {
	all := t.True + t.False + t.Unknown
	var out string
	for _, part := range []struct {
		n     int
		truth Truth
	}{{t.True, True}, {t.False, False}, {t.Unknown, Unknown}} {
		switch {
		case part.n == 0:
		case part.n == all && all == 1:
			return part.truth.String()
		case part.n == all:
			return fmt.Sprintf("%s for all %d choices", part.truth, all)
		case out == "":
			out = fmt.Sprintf("%s for %d of %d choices", part.truth, part.n, all)
		default:
			out += fmt.Sprintf(", %s for %d", part.truth, part.n)
		}
	}
	if out == "" {
		return "not asked"
	}
	return out
}

// String returns a line such as "Loan loan, by loans: 2 found".
func (x *EntityExplanation) String() string {
	var b strings.Builder
	b.WriteString(x.Type)
	if x.Name != "" && x.Name != x.Type {
		b.WriteString(" " + x.Name)
	}
	if len(x.Via) > 0 {
		b.WriteString(", by " + strings.Join(x.Via, " and "))
	}
	what := "found"
	if x.KeyOnly {
		what = "keys, which is all that is asked of it"
	}
	switch {
	case x.Asked == 0:
		b.WriteString(": not looked for")
	case x.Reached == 0 && x.Unknown > 0:
		b.WriteString(": not found, and whether there is one is not known")
	case x.Reached == 0:
		b.WriteString(": not found")
	case x.Unknown > 0:
		fmt.Fprintf(&b, ": %d %s, and whether there are more is not known", x.Reached, what)
	default:
		fmt.Fprintf(&b, ": %d %s", x.Reached, what)
	}
	return b.String()
}

// falsity says what a comparison that is false found at its field.
func (c *comparison) falsity() string {
	is := func(positive, negated string) string {
		if c.not {
			return negated
		}
		return positive
	}
	list := c.field.list
	switch {
	case c.op == filter.IsNull:
		return is("is set", "is missing or null")
	case c.op == filter.Eq && list:
		return is("has no such element", "has that element")
	case c.op == filter.Eq:
		return is("is another value", "is that value")
	case c.op == filter.In && list:
		return is("has none of the values", "has one of the values")
	case c.op == filter.In:
		return is("is none of the values", "is one of the values")
	case c.op == filter.SubsetOf:
		return is("has another element besides", "has no other element")
	case c.op.Text() && list:
		return is("has no element that matches", "has an element that matches")
	case c.op.Text():
		return is("does not match", "matches")
	case c.op.Ordered() && list:
		return is("has no element in that range", "has an element in that range")
	case c.op.Ordered():
		return is("is out of that range", "is in that range")
	default:
		return is("is not as is asked", "is as is asked")
	}
}

// isHexOf reports whether a stored value and a value that it is compared with are an ObjectID and
// the hexadecimal text of one.
func (o *operand) isHexOf(v bson.RawValue) bool {
	meets := func(w bson.RawValue) bool {
		text, id := v, w
		if v.Type == bson.TypeObjectID {
			text, id = w, v
		}
		s, ok := text.StringValueOK()
		_, err := bson.ObjectIDFromHex(s)
		return ok && err == nil && id.Type == bson.TypeObjectID
	}
	return meets(o.value) || slices.ContainsFunc(o.values, meets)
}

// text returns a condition with its literals left out.
func (a about) text() string {
	switch c := a.source.(type) {
	case *relations.CheckedComparison:
		// The text is that of package filter, with the kind of the operand in the place of a parameter.
		written := filter.Comparison{Field: filter.F(fieldName(c.Entity, c.Field)), Op: c.Op, Not: c.Not}
		if c.Operand == nil {
			return written.String()
		}
		operand := filter.Param("x")
		written.Operand = operand
		return strings.TrimSuffix(written.String(), operand.String()) + operandText(c)
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
		return fieldName(o.Entity, o.Field)
	case *relations.CheckedValue:
		return "<" + o.Value.Type.String() + ">"
	case *relations.CheckedList:
		return fmt.Sprintf("<%d values>", len(o.Values))
	case *relations.CheckedParam:
		return string(o.Name)
	}
	return ""
}
