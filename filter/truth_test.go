package filter_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// A second reading of DESIGN section 5, small enough to be tried on every filter a fuzzer finds: one resource type, documents with a few fields, and
// the relations in which the reading depends on how a filter is written. It reads Standing where it is decided.

// truth is one of the three values: -1 false, 0 unknown, 1 true. AND is min, OR is max, NOT is minus.
type truth int

const unknown, yes, no truth = 0, 1, -1

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// doc is a document. Fields: a, b and _id hold one value, 0 if it is missing; tags holds a list declared absent-means-empty, in which 0 is null.
type doc struct {
	values map[string]int
	tags   []int
	ref    int    // references one, to _id
	refs   []int  // references many, to _id; 0 is null
	has    []*doc // has many
	hasSet bool   // our key is set and one value
	items  []*doc // embeds many, absent means empty; nil is an element that is no document
}

// world is all documents of the type.
type world []*doc

// bound is what an entity's name stands for: a document, a key only, or the phantom.
type bound struct {
	name    string
	doc     *doc
	keyOnly bool
	key     int
}

func (b bound) phantom() bool { return b.doc == nil && !b.keyOnly }

type reader struct{ world world }

func (r reader) authorizes(f Filter, root *doc) bool {
	f = f.Decide()
	return slices.ContainsFunc(f.Clauses, func(c Clause) bool { return r.clause(&c, []bound{{doc: root}}) == yes })
}

func (r reader) clause(c *Clause, scope []bound) truth { return r.choose(c, c.Entities, scope, yes) }

// choose is the OR over all choices of the entities that are left.
func (r reader) choose(c *Clause, left []Entity, scope []bound, exist truth) truth {
	if len(left) == 0 {
		for _, condition := range c.Conditions {
			exist = min(exist, r.condition(condition, scope))
		}
		return exist
	}
	choices, known := r.reach(c, &left[0], scope)
	v := no
	for _, b := range choices {
		v = max(v, r.choose(c, left[1:], append(slices.Clip(scope), b), exist))
	}
	if !known {
		v = max(v, r.choose(c, left[1:], append(slices.Clip(scope), bound{name: left[0].Name}), min(exist, unknown)))
	}
	return v
}

func find(scope []bound, name string) bound {
	for _, b := range scope {
		if b.name == name {
			return b
		}
	}
	panic("no entity " + name)
}

// reach returns the choices of an entity, and whether its range is known.
func (r reader) reach(c *Clause, e *Entity, scope []bound) (choices []bound, known bool) {
	if len(e.Paths) == 0 {
		for _, d := range r.world {
			choices = append(choices, bound{name: e.Name, doc: d})
		}
		return choices, true
	}
	known = true
	var docs []*doc
	for i, p := range e.Paths {
		from := find(scope, p.From)
		if from.phantom() {
			if e.Standing.Field == "_id" && p.Relation == "ref" {
				return []bound{{name: e.Name, keyOnly: true}}, true
			}
			return nil, false
		}
		if len(e.Paths) == 1 && e.Standing.Field == "_id" {
			switch p.Relation {
			case "ref":
				return []bound{{name: e.Name, keyOnly: true, key: from.doc.ref}}, true
			case "refs":
				for _, k := range from.doc.refs {
					if k != 0 {
						choices = append(choices, bound{name: e.Name, keyOnly: true, key: k})
					}
				}
				return choices, !slices.Contains(from.doc.refs, 0)
			}
		}
		reached, ok := r.follow(from.doc, p.Relation, asksOfElement(c, e))
		known = known && ok
		if i > 0 {
			reached = slices.DeleteFunc(reached, func(d *doc) bool { return !slices.Contains(docs, d) })
		}
		docs = reached
	}
	for _, d := range docs {
		choices = append(choices, bound{name: e.Name, doc: d})
	}
	return choices, known
}

func (r reader) follow(from *doc, relation string, asks bool) (docs []*doc, known bool) {
	switch relation {
	case "ref":
		docs = r.byKey(from.ref)
		return docs, len(docs) > 0
	case "refs":
		for _, k := range from.refs {
			docs = append(docs, r.byKey(k)...)
		}
		return docs, !slices.Contains(from.refs, 0)
	case "has":
		return slices.Clone(from.has), from.hasSet
	case "items":
		if !slices.Contains(from.items, nil) {
			return slices.Clone(from.items), true
		}
		if asks {
			return nil, false
		}
		return slices.DeleteFunc(slices.Clone(from.items), func(d *doc) bool { return d == nil }), false
	}
	panic("no relation " + relation)
}

func (r reader) byKey(key int) (docs []*doc) {
	for _, d := range r.world {
		if key != 0 && d.values["_id"] == key {
			docs = append(docs, d)
		}
	}
	return docs
}

// asksOfElement reports whether anything asks IsNull, IsSet or absent-means-empty of an entity, now or as the filter was written.
func asksOfElement(c *Clause, e *Entity) bool {
	asks := e.Standing.Null || slices.Contains(e.Standing.Compared, "tags") ||
		slices.Contains(e.Standing.Followed, "items")
	var look func(c *Clause)
	look = func(c *Clause) {
		for _, other := range c.Entities {
			asks = asks || slices.Contains(other.Paths, Path{From: e.Name, Relation: "items"})
		}
		for _, condition := range c.Conditions {
			switch condition := condition.(type) {
			case Comparison:
				of, _ := condition.Operand.(Field)
				asks = asks || condition.Field.Entity == e.Name && (condition.Op.Unary() || condition.Field.Path == "tags") ||
					of == Field{Entity: e.Name, Path: "tags"}
			case Any:
				for i := range condition {
					look(&condition[i])
				}
			case None:
				look((*Clause)(&condition))
			}
		}
	}
	look(c)
	return asks
}

func (r reader) condition(c Condition, scope []bound) truth {
	switch c := c.(type) {
	case Comparison:
		v := r.comparison(c, scope)
		if c.Not != (c.Op == Neq || c.Op == Nin) {
			v = -v
		}
		return v
	case Any:
		v := no
		for i := range c {
			v = max(v, r.clause(&c[i], scope))
		}
		return v
	case None:
		return -r.clause((*Clause)(&c), scope)
	}
	panic("no condition")
}

// comparison is the positive reading: Neq as Eq, Nin as In.
func (r reader) comparison(c Comparison, scope []bound) truth {
	b := find(scope, c.Field.Entity)
	if b.phantom() {
		return unknown
	}
	value := b.key
	if !b.keyOnly {
		value = b.doc.values[c.Field.Path]
	}
	var operand any
	switch o := c.Operand.(type) {
	case Literal:
		operand = o.Value
	case Field:
		other := find(scope, o.Entity)
		if other.phantom() || other.doc.values[o.Path] == 0 {
			return unknown
		}
		operand = other.doc.values[o.Path]
	case nil:
		set := value != 0 || c.Field.Path == "tags" && len(b.doc.tags) > 0
		return is(set == (c.Op == IsSet))
	}
	if operand == nil {
		return unknown
	}
	if c.Field.Path == "tags" {
		return listed(c.Op, b.doc.tags, operand)
	}
	return compare(c.Op, value, operand)
}

func compare(op Operator, value int, operand any) truth {
	if value == 0 {
		return unknown
	}
	switch op {
	case Eq, Neq, Contains:
		return is(value == operand.(int))
	case Lt:
		return is(value < operand.(int))
	case In, Nin, Intersects:
		v := no
		for _, x := range operand.([]any) {
			if x == nil {
				v = max(v, unknown)
			} else {
				v = max(v, is(value == x.(int)))
			}
		}
		return v
	}
	panic("no operator " + op.String())
}

func listed(op Operator, tags []int, operand any) truth {
	if op != SubsetOf {
		v := no
		if values, ok := operand.([]any); ok && slices.Contains(values, nil) {
			v = unknown // rule 3: on the whole comparison
		}
		for _, x := range tags {
			v = max(v, compare(op, x, operand))
		}
		return v
	}
	v := yes
	for _, x := range tags {
		v = min(v, compare(In, x, operand))
	}
	return v
}

// scoped requires that names are declared before they are used, and not twice in sight.
func scoped(t *testing.T, f Filter) {
	t.Helper()
	var walk func(c *Clause, inSight []string)
	walk = func(c *Clause, inSight []string) {
		for _, e := range c.Entities {
			for _, p := range e.Paths {
				require.Contains(t, inSight, p.From, "in\n%s", f)
			}
			require.NotContains(t, inSight, e.Name, "in\n%s", f)
			inSight = append(slices.Clip(inSight), e.Name)
		}
		for _, condition := range c.Conditions {
			switch condition := condition.(type) {
			case Comparison:
				require.Contains(t, inSight, condition.Field.Entity, "in\n%s", f)
				if o, ok := condition.Operand.(Field); ok {
					require.Contains(t, inSight, o.Entity, "in\n%s", f)
				}
			case Any:
				for i := range condition {
					walk(&condition[i], inSight)
				}
			case None:
				walk((*Clause)(&condition), inSight)
			}
		}
	}
	for i := range f.Clauses {
		walk(&f.Clauses[i], []string{""})
	}
}

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
	return c
}

func (m *maker) pick(of []string) string { return of[m.n(len(of))] }

func (m *maker) condition(inSight []string, depth int) Condition {
	if depth < 4 {
		switch m.n(5) {
		case 0, 1:
			var a Any
			for range m.n(4) {
				a = append(a, m.clause(inSight, depth+1))
			}
			return a
		case 2:
			return None(m.clause(inSight, depth+1))
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
		switch op := []Operator{Eq, Eq, Neq, Lt, In, Nin, IsNull, IsSet}[m.n(8)]; op {
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

// positive reports whether an Any is left in positive position.
func positive(f Filter) bool {
	return slices.ContainsFunc(f.Clauses, func(c Clause) bool {
		return slices.ContainsFunc(c.Conditions, func(c Condition) bool { _, ok := c.(Any); return ok })
	})
}

// requireSameMeaning makes a filter out of the bytes, and fails if rewriting it changes which documents it authorizes.
func requireSameMeaning(t *testing.T, b []byte) (f, normal Filter, documents, authorized int) {
	t.Helper()
	m := &maker{bytes: b}
	f = m.filter()
	scoped(t, f)
	normal, err := f.Normalize(0)
	require.NoError(t, err)
	scoped(t, normal)
	again, err := normal.Normalize(0)
	require.NoError(t, err)
	require.Equal(t, normal, again, "normalising twice changes nothing:\n%s", f)
	forms := map[string]Filter{"Decide": f.Decide(), "Normalize": normal}
	if flat, err := f.Expand(500); err == nil {
		scoped(t, flat)
		require.False(t, positive(flat), "an Any is left:\n%s", flat)
		forms["Expand"] = flat
		forms["Normalize after Expand"], err = flat.Normalize(0)
		require.NoError(t, err)
		forms["Expand after Normalize"], err = normal.Expand(0)
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, ErrLimit)
	}
	for range 4 {
		w := m.world()
		for i, root := range w {
			want := reader{w}.authorizes(f, root)
			documents++
			if want {
				authorized++
			}
			for name, form := range forms {
				require.Equal(t, want, reader{w}.authorizes(form, root), "%s changes what document %d is:\n%s\nis not\n%s\nworld %s",
					name, i, f, form, strings.ReplaceAll(w.String(), "\n", " "))
			}
		}
	}
	return f, normal, documents, authorized
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
