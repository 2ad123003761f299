package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// template is a compiled plan in which the values of a filter stand in known places, to be replaced by those of another filter of the
// same shape. A value is found by the address of its bytes: compilation moves values, and copies none.
type template struct {
	plan             *Plan
	slots            []slot // those of the plan
	prefilter, match *part
	clauses          []*part
	joins            []joinParts
	size
	own   func(bson.RawValue) bool
	reads [2]atomic.Pointer[reads] // the latter are eager
}

type joinParts struct{ let, pipeline *part }

// size is what a binder needs to write the parts.
type size struct {
	kept     int // parts that stand in several places
	fields   int // of documents
	elements int // of arrays, but for lists of values
}

// part is a piece of a document that has values to be replaced in it; nil is one without.
type part struct {
	of    any     // a bson.D, bson.A or []bson.D; nil for a value
	at    []int   // where the parts are in it
	parts []*part //
	slot  int     // of a value; of a list, which a bson.A begins with
	list  int     // how many of a bson.A are of the list; 0 for none
	union []int   // the slots of values that clauses became one for, in the order of keys; nil for none
	keep  int     // counted from 1, if it stands in several places
	uses  int
}

// newTemplate returns nil where the plan holds a value of which it is not known where it comes from: neither in the slots nor own to the schema.
func newTemplate(p *Plan, slots []slot, own func(bson.RawValue) bool) *template {
	f := newFinder(slots, own)
	t := &template{plan: p, slots: slices.Clone(slots), own: own}
	t.prefilter, t.match = f.find(p.Prefilter), f.find(p.Match)
	t.clauses = make([]*part, len(p.Clauses))
	for i := range p.Clauses {
		t.clauses[i] = f.find(p.Clauses[i].Match)
	}
	t.joins = make([]joinParts, len(p.Joins))
	for i := range p.Joins {
		t.joins[i] = joinParts{f.find(p.Joins[i].Let), f.find(p.Joins[i].Pipeline)}
	}
	v := valueMap{f: finder{slots: t.slots, own: own}, b: newBinder(t.slots, size{})}
	v.nodes(p.source.clauses)
	v.node(p.source.scope)
	if f.lost || v.f.lost {
		return nil
	}
	t.size = f.size()
	return t
}

// finder finds the values of slots in what is emitted.
type finder struct {
	slots []slot
	own   func(bson.RawValue) bool
	seen  map[unsafe.Pointer]*part // of documents and arrays, by the address of their elements
	lost  bool
}

func newFinder(slots []slot, own func(bson.RawValue) bool) finder {
	return finder{slots: slots, own: own, seen: map[unsafe.Pointer]*part{}}
}

// address identifies the bytes of a value: no two values that differ have one, unless they are empty.
func address(v bson.RawValue) *byte { return unsafe.SliceData(v.Value) }

// slotOf returns the slot of a value that stands alone, -1 for none.
func (f *finder) slotOf(v bson.RawValue) int {
	return slices.IndexFunc(f.slots, func(s slot) bool {
		return s.list == nil && len(v.Value) > 0 && s.value.Type == v.Type && address(s.value) == address(v)
	})
}

// listOf returns the slot of the list that an array begins with, -1 for none.
func (f *finder) listOf(a bson.A) int {
	return slices.IndexFunc(f.slots, func(s slot) bool {
		if s.list == nil || len(s.list) > len(a) {
			return false
		}
		for i, v := range s.list {
			if w, ok := a[i].(bson.RawValue); !ok || len(v.Value) == 0 || w.Type != v.Type || address(w) != address(v) {
				return false
			}
		}
		return true
	})
}

// unionOf returns the slots of the values of an array, nil for another array. Beside lists it depends on their values which clauses become one
// ([united]), and the values are lost.
func (f *finder) unionOf(a bson.A) []int {
	if len(a) < 2 {
		return nil
	}
	union := make([]int, len(a))
	for i := range a {
		v, ok := a[i].(bson.RawValue)
		if !ok {
			return nil
		}
		if union[i] = f.slotOf(v); union[i] < 0 {
			return nil
		}
	}
	f.lost = f.lost || slices.ContainsFunc(f.slots, func(s slot) bool { return s.list != nil })
	return union
}

func (f *finder) find(v any) *part {
	switch v := v.(type) {
	case bson.D:
		return f.inside(unsafe.Pointer(unsafe.SliceData(v)), v, len(v), func(i int) any { return v[i].Value })
	case bson.A:
		if slot := f.listOf(v); slot >= 0 {
			p := &part{of: v, slot: slot, list: len(f.slots[slot].list)}
			for _, rest := range v[p.list:] {
				if f.find(rest) != nil { // a value beside the list: nothing emits that
					f.lost = true
				}
			}
			return p
		}
		if union := f.unionOf(v); union != nil {
			return &part{of: v, union: union}
		}
		return f.inside(unsafe.Pointer(unsafe.SliceData(v)), v, len(v), func(i int) any { return v[i] })
	case []bson.D:
		return f.inside(unsafe.Pointer(unsafe.SliceData(v)), v, len(v), func(i int) any { return v[i] })
	case bson.RawValue:
		if slot := f.slotOf(v); slot >= 0 {
			return &part{slot: slot}
		}
		if !f.own(v) {
			f.lost = true
		}
		return nil
	case nil, bool, string, int32, float64:
		return nil
	default:
		f.lost = true
		return nil
	}
}

// inside finds what is in a document or an array.
func (f *finder) inside(at unsafe.Pointer, of any, n int, element func(int) any) *part {
	if n == 0 {
		return nil
	}
	if p, ok := f.seen[at]; ok && sameLength(p.of, n) {
		if p.uses++; len(p.at) == 0 {
			return nil
		}
		return p
	}
	p := &part{of: of, uses: 1}
	for i := range n {
		if inner := f.find(element(i)); inner != nil {
			p.at, p.parts = append(p.at, i), append(p.parts, inner)
		}
	}
	f.seen[at] = p
	if len(p.at) == 0 {
		return nil
	}
	return p
}

func sameLength(of any, n int) bool {
	switch of := of.(type) {
	case bson.D:
		return len(of) == n
	case bson.A:
		return len(of) == n
	case []bson.D:
		return len(of) == n
	default:
		return false
	}
}

// size numbers the parts that stand in several places, and counts what there is to write.
func (f *finder) size() (s size) {
	for _, p := range f.seen {
		if len(p.at) == 0 {
			continue
		}
		if p.uses > 1 {
			s.kept++
			p.keep = s.kept
		}
		switch of := p.of.(type) {
		case bson.D:
			s.fields += len(of)
		case bson.A:
			s.elements += len(of)
		}
	}
	return s
}

// binder writes parts with the values of other slots.
type binder struct {
	slots    []slot
	values   []any // the slots' values, in an interface once
	kept     []any
	fields   bson.D // to make documents of
	elements bson.A // to make arrays of
}

func newBinder(slots []slot, s size) binder {
	anys := make([]any, len(slots)+s.kept+s.elements)
	b := binder{slots: slots, values: anys[:len(slots)], kept: anys[len(slots):][:s.kept], elements: anys[len(slots)+s.kept:], fields: make(bson.D, s.fields)}
	for i := range slots {
		if slots[i].list == nil {
			b.values[i] = slots[i].value
		}
	}
	return b
}

// taken returns a copy of a slice, in memory that is there for it if there is enough.
func taken[S ~[]E, E any](from *S, of S) S {
	n := len(of)
	if n > len(*from) {
		*from = make(S, n)
	}
	out := (*from)[:n:n]
	*from = (*from)[n:]
	copy(out, of)
	return out
}

// bind returns what a part stands for.
func (b *binder) bind(p *part) any {
	if p.keep > 0 && b.kept[p.keep-1] != nil {
		return b.kept[p.keep-1]
	}
	var out any
	switch of := p.of.(type) {
	case nil:
		return b.values[p.slot]
	case bson.D:
		d := taken(&b.fields, of)
		for i, at := range p.at {
			d[at].Value = b.bind(p.parts[i])
		}
		out = d
	case bson.A:
		if p.list > 0 {
			list := b.slots[p.slot].list
			a := make(bson.A, 0, len(list)+len(of)-p.list)
			for _, v := range list {
				a = append(a, v)
			}
			return append(a, of[p.list:]...)
		}
		if p.union != nil {
			values := make([]bson.RawValue, len(p.union))
			for i, slot := range p.union {
				values[i] = b.slots[slot].value
			}
			return array(sortedKeys(values), false)
		}
		a := taken(&b.elements, of)
		for i, at := range p.at {
			a[at] = b.bind(p.parts[i])
		}
		out = a
	case []bson.D:
		ds := slices.Clone(of)
		for i, at := range p.at {
			ds[at] = b.bind(p.parts[i]).(bson.D)
		}
		out = ds
	}
	if p.keep > 0 {
		b.kept[p.keep-1] = out
	}
	return out
}

func (b *binder) document(p *part, of bson.D) bson.D {
	if p == nil {
		return of
	}
	return b.bind(p).(bson.D)
}

func (b *binder) documents(p *part, of []bson.D) []bson.D {
	if p == nil {
		return of
	}
	return b.bind(p).([]bson.D)
}

// bind returns the plan with other values, of a filter of the same shape.
func (t *template) bind(slots []slot) *Plan {
	p := *t.plan
	if len(slots) == 0 {
		return &p
	}
	slots = slices.Clone(slots)
	b := newBinder(slots, t.size)
	p.source, p.late = nil, &late{template: t, slots: slots}
	p.Prefilter, p.Match = b.document(t.prefilter, p.Prefilter), b.document(t.match, p.Match)
	p.Clauses = slices.Clone(p.Clauses)
	for i := range p.Clauses {
		p.Clauses[i].Match = b.document(t.clauses[i], p.Clauses[i].Match)
	}
	if len(p.Joins) > 0 {
		p.Joins = slices.Clone(p.Joins)
		for i := range p.Joins {
			p.Joins[i].Let = b.document(t.joins[i].let, p.Joins[i].Let)
			p.Joins[i].Pipeline = b.documents(t.joins[i].pipeline, p.Joins[i].Pipeline)
		}
	}
	return &p
}

// late is the formula of a plan that a template was bound to, which few need.
type late struct {
	template *template
	slots    []slot
	once     sync.Once
	source   *source
}

// formula returns what the plan says in query language, nil for a plan that was not compiled.
func (p *Plan) formula() *source {
	if p.late == nil {
		return p.source
	}
	l := p.late
	l.once.Do(func() {
		v := valueMap{f: finder{slots: l.template.slots, own: l.template.own}, b: newBinder(l.slots, size{})}
		s := *l.template.plan.source
		s.clauses = v.nodes(s.clauses)
		s.scope = v.node(s.scope)
		l.source = &s
	})
	return l.source
}

// valueMap replaces values in formulas.
type valueMap struct {
	f finder
	b binder
}

func (m *valueMap) nodes(ns []node) []node {
	out := make([]node, len(ns))
	for i, n := range ns {
		out[i] = m.node(n)
	}
	return out
}

func (m *valueMap) node(n node) node {
	switch n := n.(type) {
	case and:
		return and(m.nodes(n))
	case or:
		return or(m.nodes(n))
	case not:
		return not{m.node(n.of)}
	case test:
		switch {
		case n.kind != testTrue && n.kind != testFalse, n.leaf.op.Text(): // a text is part of the shape
		case n.leaf.values != nil:
			n.leaf.values = m.list(n.leaf.values)
		default:
			if slot := m.f.slotOf(n.leaf.value); slot >= 0 {
				n.leaf.value = m.b.slots[slot].value
			} else if !m.f.own(n.leaf.value) {
				m.f.lost = true
			}
		}
		return n
	case exists:
		n.body = m.node(n.body)
		return n
	default: // constants and pairs hold no values
		return n
	}
}

// list replaces a list, which may have been of the one value that a slot is of.
func (m *valueMap) list(values []bson.RawValue) []bson.RawValue {
	if slot := m.f.listOf(array(values, false)); slot >= 0 {
		return m.b.slots[slot].list
	}
	out := make([]bson.RawValue, len(values))
	for i, v := range values {
		slot := m.f.slotOf(v)
		switch {
		case slot >= 0 && len(values) == 1:
			v = m.b.slots[slot].value
		case !m.f.own(v):
			m.f.lost = true
		}
		out[i] = v
	}
	return out
}
