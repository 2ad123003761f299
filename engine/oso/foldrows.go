package oso

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// foldRows joins ways that differ in one condition on the same joined documents: "grant.user contains 1" and "grant.group contains 2" become one
// way, in which either may hold of grant. All ask for the same documents, so that one asks for them once.
func foldRows(ways []*way) (left []*way, changed bool) {
	type place struct{ way, part int }
	first := map[string]place{} // by what all ways have that may be joined there
	joined := map[int]int{}     // the ways to which others were joined, and in which part: the rest of them is as it was
next:
	for i, w := range ways {
		ids := w.rows()
		for part, id := range ids {
			to, ok := first[id]
			if in, again := joined[to.way]; !ok || id == "" || again && in != to.part {
				continue // perhaps the next time
			}
			l := ways[to.way].parts[to.part].(leaf)
			l.condition, l.equal = append(alternativesOf(l.condition), alternativesOf(w.parts[part].(leaf).condition)...), nil
			ways[to.way].parts[to.part] = l
			joined[to.way] = to.part
			continue next
		}
		for part, id := range ids {
			if id != "" {
				first[id] = place{i, part}
			}
		}
		left = append(left, w)
	}
	for i, part := range joined {
		ways[i].keys[part] = keyOf(ways[i].parts[part])
		delete(ways[i].values, part)
	}
	return left, len(joined) > 0
}

// rows returns what a way has besides a condition on joined documents, for each part that is one; "" for others.
func (w *way) rows() []string {
	ids := make([]string, len(w.parts))
	for part, p := range w.parts {
		if l, ok := p.(leaf); ok && l.ofRows() {
			var rows strings.Builder
			writeEntities(&rows, l.entities)
			ids[part] = w.instead(part, rows.String())
		}
	}
	return ids
}

func alternativesOf(c filter.Condition) filter.Any {
	if either, ok := c.(filter.Any); ok {
		return either[:len(either):len(either)]
	}
	return filter.Any{filter.Where(c)}
}

// ofRows reports whether the leaf compares nothing but values, with fields of joined documents that are not their keys. Then joining it with its like
// changes neither which documents are reached, nor whether one is asked for more than its key.
func (l leaf) ofRows() bool {
	for _, e := range l.entities {
		if len(e.paths) == 0 || e.class.stored == nil || e.class.stored.Collection == "" {
			return false
		}
	}
	return len(l.entities) > 0 && l.comparesValues(l.condition)
}

func (l leaf) comparesValues(c filter.Condition) bool {
	switch c := c.(type) {
	case filter.Comparison:
		_, isValue := c.Operand.(filter.Literal)
		for _, e := range l.entities {
			if e.name == c.Field.Entity && e.class.stored.Key == c.Field.Path {
				return false
			}
		}
		return isValue
	case filter.Any:
		for _, way := range c {
			if len(way.Entities) > 0 {
				return false
			}
			for _, inner := range way.Conditions {
				if !l.comparesValues(inner) {
					return false
				}
			}
		}
		return true
	case filter.Exists, filter.Constant, filter.None, filter.Surely, filter.Invalid:
		return false
	default:
		return false
	}
}
