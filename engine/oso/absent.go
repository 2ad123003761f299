package oso

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// isNil returns the clause that a field, or an embedded document, is nil.
//
// IsNull of a dotted field is true where a document around it is missing or null as well. Oso fails
// behind a nil, so the document around it must be there. What that one must be in turn, its IsSet
// asks.
func isNil(f filter.Field) filter.Clause {
	c := filter.Where(f.IsNull())
	if around := parent(f.Path); around != "" {
		c = c.Where(filter.Field{Entity: f.Entity, Path: around}.IsSet())
	}
	return c
}

// nilOf is the formula that what a path leads to is nil.
func nilOf(f filter.Field, entities ...*entity) formula {
	var parts all
	for _, c := range isNil(f).Conditions {
		parts = append(parts, leaf{condition: c, entities: entities})
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts
}

// isSet returns the condition that a field is not nil. One that stands for a zero where it is
// missing is that zero.
func isSet(p place) filter.Condition {
	f := p.field()
	if p.attr.field != nil && p.attr.field.AbsentZero != nil {
		return filter.Any{filter.Where(f.IsSet()), filter.Where(f.Eq(p.attr.field.AbsentZero))}
	}
	return f.IsSet()
}

// parent returns the path of the embedded document around a dotted path; "" if there is none.
func parent(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}

// absences returns a condition for each of the embedded documents on the way to a place that may be
// nil: that it is.
//
// Each of them lies in the one before it. Where one lies directly in the one before, which may be
// nil as well, its IsNull speaks of both.
func absences(p place, entities []*entity) []formula {
	var ways []formula
	for i, path := range p.may {
		f := filter.Field{Entity: p.entity.name, Path: path}
		switch {
		case i+1 < len(p.may) && parent(p.may[i+1]) == path:
		case slices.Contains(p.may, parent(path)):
			ways = append(ways, leaf{condition: f.IsNull(), entities: entities})
		default:
			ways = append(ways, nilOf(f, entities...))
		}
	}
	return ways
}
