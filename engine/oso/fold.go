package oso

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// way is one alternative, ready to be compared with others.
type way struct {
	parts  []formula
	keys   []string // one for each part: equal for parts that say the same
	values map[int][]bson.RawValue
}

// fold drops alternatives that are there twice, and joins those that differ in one comparison "field = value" only, into one with
// "field in values" (or "list contains value", "list intersects values"): Oso makes an alternative of each element of a list. Then it joins those that
// differ in one condition on what they have joined only, which Oso makes of an or, or of several rules.
func fold(alternatives [][]formula) [][]formula {
	ways := make([]*way, 0, len(alternatives))
	seen := map[string]bool{}
	for _, parts := range alternatives {
		w := newWay(parts)
		if whole := w.without(-1); !seen[whole] {
			seen[whole] = true
			ways = append(ways, w)
		}
	}
	for again := true; again; {
		ways, again = foldOnce(ways)
	}
	for again := true; again; {
		ways, again = foldRows(ways)
	}
	folded := make([][]formula, len(ways))
	for i, w := range ways {
		folded[i] = w.parts
	}
	return folded
}

// newWay drops the parts that are there twice.
func newWay(parts []formula) *way {
	w := &way{values: map[int][]bson.RawValue{}}
	for _, p := range parts {
		key := keyOf(p)
		if slices.Contains(w.keys, key) {
			continue
		}
		if l, ok := p.(leaf); ok && l.equal != nil {
			if v, err := filter.Value(l.equal.Operand.(filter.Literal).Value); err == nil {
				w.values[len(w.parts)] = []bson.RawValue{v}
			}
		}
		w.parts, w.keys = append(w.parts, p), append(w.keys, key)
	}
	return w
}

// without returns what says the same for ways that differ in the values of one part only.
func (w *way) without(part int) string {
	if part < 0 {
		return w.instead(part, "")
	}
	return w.instead(part, fieldKey(w.parts[part].(leaf)))
}

// instead returns what says the same for ways that differ in one part only, which has the same key in them.
func (w *way) instead(part int, key string) string {
	keys := slices.Clone(w.keys)
	if part >= 0 {
		keys[part] = "\x00" + key
	}
	slices.Sort(keys)
	return strings.Join(keys, "\x00\x00")
}

// foldOnce joins the ways that differ in the values of one field.
func foldOnce(ways []*way) ([]*way, bool) {
	groups := map[string][][2]int{}
	for i, w := range ways {
		for part := range w.parts {
			if w.values[part] != nil {
				id := w.without(part)
				groups[id] = append(groups[id], [2]int{i, part})
			}
		}
	}
	gone := make([]bool, len(ways))
	changed := false
	for i, w := range ways {
		for part := range w.parts {
			if gone[i] || w.values[part] == nil {
				continue
			}
			for _, other := range groups[w.without(part)] {
				j, otherPart := other[0], other[1]
				if j <= i || gone[j] {
					continue
				}
				for _, v := range ways[j].values[otherPart] {
					if !slices.ContainsFunc(w.values[part], v.Equal) {
						w.values[part] = append(w.values[part], v)
					}
				}
				gone[j], changed = true, true
			}
			if changed {
				w.renew(part)
			}
		}
	}
	left := ways[:0:0]
	for i, w := range ways {
		if !gone[i] {
			left = append(left, w)
		}
	}
	return left, changed
}

// renew writes the part anew from its values.
func (w *way) renew(part int) {
	l := w.parts[part].(leaf)
	if len(w.values[part]) < 2 {
		return
	}
	op := filter.In
	if l.equal.Op == filter.Contains {
		op = filter.Intersects
	}
	l.condition = filter.Compare(l.equal.Field, op, slices.Clone(w.values[part]))
	w.parts[part] = l
	w.keys[part] = keyOf(l)
}

// fieldKey names the field of a comparison, and what leads to its entity.
func fieldKey(l leaf) string {
	var b strings.Builder
	writeEntities(&b, l.entities)
	b.WriteString(l.equal.Op.String() + "\x01" + l.equal.Field.Entity + "\x01" + l.equal.Field.Path)
	return b.String()
}

// keyOf returns a text that is equal for formulas that say the same in the same words.
func keyOf(f formula) string {
	var b strings.Builder
	writeKey(&b, f)
	return b.String()
}

func writeKey(b *strings.Builder, f formula) {
	switch f := f.(type) {
	case all:
		writeList(b, "all", f)
	case some:
		writeList(b, "some", f)
	case leaf:
		writeEntities(b, f.entities)
		if f.condition != nil {
			writeCondition(b, f.condition)
		}
	}
}

func writeList(b *strings.Builder, name string, parts []formula) {
	b.WriteString(name + "(")
	for _, p := range parts {
		writeKey(b, p)
		b.WriteByte(1)
	}
	b.WriteByte(')')
}

func writeEntities(b *strings.Builder, entities []*entity) {
	for _, e := range entities {
		b.WriteString(e.name)
		for _, p := range e.paths {
			b.WriteString("<" + p.relation + "<")
			writeEntities(b, []*entity{p.from})
		}
		b.WriteByte(2)
	}
}

// writeCondition writes a condition with its values in full. What cannot be written so makes a text of its own.
func writeCondition(b *strings.Builder, c filter.Condition) {
	j, err := filter.For("", filter.Where(c)).MarshalJSON()
	if err != nil {
		b.WriteString(c.(interface{ String() string }).String())
		return
	}
	b.Write(j)
}
