package relations_test

import (
	"slices"
	"strconv"
	"strings"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// maker makes filters and worlds out of bytes.
type maker struct {
	bytes []byte
	size  int // conditions made
}

func (m *maker) n(n int) int {
	if len(m.bytes) == 0 {
		return 0
	}
	b := m.bytes[0]
	m.bytes = m.bytes[1:]
	return int(b) % n
}

func (m *maker) filter() Filter {
	f := Filter{Resource: "T"}
	if m.n(20) == 0 {
		return Allow("T")
	}
	for range m.n(4) {
		f.Clauses = append(f.Clauses, m.clause([]string{""}, 0))
	}
	return f
}

func (m *maker) clause(inSight []string, depth int) Clause {
	var c Clause
	if m.n(4) == 0 {
		c.Label = "l" + strconv.Itoa(m.n(3))
	}
	entities := m.n(6) - 3
	for range max(0, entities) {
		name := []string{"x", "y", "z", "x2", "y2"}[m.n(5)]
		if slices.Contains(inSight, name) || len(inSight) > 3 {
			continue
		}
		e := Entity{Name: name, Type: "T"}
		for range []int{1, 1, 1, 1, 1, 0, 2}[m.n(7)] {
			e.Paths = append(e.Paths, Path{From: m.pick(inSight), Relation: m.pick([]string{"ref", "refs", "has", "items", "items"})})
		}
		if len(e.Paths) > 1 {
			for i := range e.Paths { // embedded elements have one path
				e.Paths[i].Relation = m.pick([]string{"ref", "refs", "has"})
			}
		}
		inSight = append(slices.Clip(inSight), name)
		c.Entities = append(c.Entities, e)
	}
	for range m.n(4) {
		if m.size++; m.size > 12 {
			break
		}
		c.Conditions = append(c.Conditions, m.condition(inSight, depth))
	}
	for _, e := range c.Entities {
		if m.n(3) == 0 || !uses(&c, e.Name) {
			c.Conditions = append(c.Conditions, e.Exists())
		}
	}
	if len(c.Conditions) == 0 {
		c.Conditions = append(c.Conditions, m.constant())
	}
	return c
}

// uses reports whether a clause asks something of an entity: Check refuses one that nothing uses.
func uses(c *Clause, name string) bool {
	for _, e := range c.Entities {
		if slices.ContainsFunc(e.Paths, func(p Path) bool { return p.From == name }) {
			return true
		}
	}
	return slices.ContainsFunc(c.Conditions, func(condition Condition) bool {
		switch condition := condition.(type) {
		case Comparison:
			f, _ := condition.Operand.(Field)
			return condition.Field.Entity == name || f.Entity == name
		case Exists:
			return condition.Entity == name
		default:
			return slices.ContainsFunc(Nested(condition), func(inner Clause) bool { return uses(&inner, name) })
		}
	})
}

func (m *maker) constant() Constant { return []Constant{True, True, False, Unknown}[m.n(4)] }

func (m *maker) pick(of []string) string { return of[m.n(len(of))] }

func (m *maker) condition(inSight []string, depth int) Condition {
	if depth < 4 {
		switch m.n(7) {
		case 0, 1:
			var a Any
			for range 1 + m.n(3) {
				a = append(a, m.clause(inSight, depth+1))
			}
			return a
		case 2:
			return None(m.clause(inSight, depth+1))
		case 3:
			return Surely(m.clause(inSight, depth+1))
		}
	}
	switch m.n(16) {
	case 0:
		return m.constant()
	case 1:
		if name := m.pick(inSight); name != "" {
			return Exists{Entity: name}
		}
	}
	f := Field{Entity: inSight[len(inSight)-1-m.n(len(inSight))], Path: m.pick([]string{"_id", "_id", "a", "b", "tags"})}
	one := []any{1, 2, nil, 1, 2}
	lists := []any{[]any{1}, []any{1, 2}, []any{}, []any{nil}, []any{1, nil}, nil}
	var c Comparison
	if f.Path == "tags" {
		switch op := []Operator{Contains, Intersects, SubsetOf, IsNull, IsSet}[m.n(5)]; op {
		case IsNull, IsSet:
			c = Comparison{Field: f, Op: op}
		case Contains:
			c = Compare(f, op, one[m.n(len(one))])
		default:
			c = Compare(f, op, lists[m.n(len(lists))])
		}
	} else {
		switch op := []Operator{Eq, Eq, Ne, Lt, In, Nin, IsNull, IsSet}[m.n(8)]; op {
		case IsNull, IsSet:
			c = Comparison{Field: f, Op: op}
		case In, Nin:
			c = Compare(f, op, lists[m.n(len(lists))])
		default:
			if m.n(6) == 0 {
				c = Compare(f, op, Field{Entity: m.pick(inSight), Path: "b"})
			} else {
				c = Compare(f, op, one[m.n(len(one))])
			}
		}
	}
	c.Not = m.n(3) == 0
	return c
}

func (m *maker) world() world {
	w := world{{}, {}, {}}
	some := func() (docs []*doc) {
		for range m.n(3) {
			docs = append(docs, w[m.n(3)])
		}
		return docs
	}
	for _, d := range w {
		d.values = map[string]int{"_id": 1 + m.n(3), "a": m.n(3), "b": m.n(3)}
		for range m.n(3) {
			d.tags = append(d.tags, m.n(3))
		}
		d.ref = m.n(4)
		for range m.n(3) {
			d.refs = append(d.refs, m.n(4))
		}
		d.has, d.hasSet = some(), m.n(3) != 0
		d.items = some()
		if m.n(3) == 0 {
			d.items = append(d.items, nil)
		}
	}
	return w
}

func (w world) String() string {
	var b strings.Builder
	for i, d := range w {
		at := func(docs []*doc) (s string) {
			for _, d := range docs {
				s += strconv.Itoa(slices.Index(w, d)) + " "
			}
			return s
		}
		b.WriteString(strconv.Itoa(i) + ": ")
		for k, v := range d.values {
			b.WriteString(k + "=" + strconv.Itoa(v) + " ")
		}
		b.WriteString("has " + at(d.has) + strconv.FormatBool(d.hasSet) + " items " + at(d.items) + " ref " + strconv.Itoa(d.ref) + "; ")
	}
	return b.String()
}
