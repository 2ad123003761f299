package relations_test

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	. "github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A second reading of package evaluate, small enough to be tried on every filter a fuzzer finds:
// one resource type, documents with a few fields, and the relations in which the reading depends on
// how a filter is written. It reads the facts of entities.

// truth is one of the three values: -1 false, 0 unknown, 1 true. AND is min, OR is max, NOT is
// minus.
type truth int

const unknown, yes, no truth = 0, 1, -1

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// doc is a document. Fields: a, b and _id hold one value, 0 if it is missing; tags holds a list
// declared absent-means-empty, in which 0 is null.
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

// bound is what an entity stands for: a document, a key only, or the phantom.
type bound struct {
	entity  *relations.CheckedEntity
	doc     *doc
	keyOnly bool
	key     int
}

func (b bound) phantom() bool { return b.doc == nil && !b.keyOnly }

type reader struct{ world world }

func (r reader) authorizes(f *relations.CheckedFilter, root *doc) bool {
	scope := []bound{{entity: f.Resource(), doc: root}}
	return f.AllowAll() || slices.ContainsFunc(f.Clauses(), func(c relations.CheckedClause) bool { return r.clause(&c, scope) == yes })
}

func (r reader) clause(c *relations.CheckedClause, scope []bound) truth {
	return r.choose(c, c.Entities, scope, yes)
}

// choose is the OR over all choices of the entities that are left.
func (r reader) choose(c *relations.CheckedClause, left []*relations.CheckedEntity, scope []bound, exist truth) truth {
	if len(left) == 0 {
		for _, condition := range c.Conditions {
			exist = min(exist, r.condition(condition, scope))
		}
		return exist
	}
	choices, known := r.reach(left[0], scope)
	v := no
	for _, b := range choices {
		v = max(v, r.choose(c, left[1:], append(slices.Clip(scope), b), exist))
	}
	if !known {
		v = max(v, r.choose(c, left[1:], append(slices.Clip(scope), bound{entity: left[0]}), min(exist, unknown)))
	}
	return v
}

func find(scope []bound, e *relations.CheckedEntity) bound {
	for _, b := range scope {
		if b.entity == e {
			return b
		}
	}
	panic("no entity " + e.Name)
}

// reach returns the choices of an entity, and whether its range is known.
func (r reader) reach(e *relations.CheckedEntity, scope []bound) (choices []bound, known bool) {
	if len(e.Paths) == 0 {
		for _, d := range r.world {
			choices = append(choices, bound{entity: e, doc: d})
		}
		return choices, true
	}
	known = true
	var docs []*doc
	for i, p := range e.Paths {
		from := find(scope, p.From)
		if from.phantom() {
			if keyOnly(e) && p.Relation.Name == "ref" {
				return []bound{{entity: e, keyOnly: true}}, true
			}
			return nil, false
		}
		if keyOnly(e) {
			switch p.Relation.Name {
			case "ref":
				return []bound{{entity: e, keyOnly: true, key: from.doc.ref}}, true
			case "refs":
				for _, k := range from.doc.refs {
					if k != 0 {
						choices = append(choices, bound{entity: e, keyOnly: true, key: k})
					}
				}
				return choices, !slices.Contains(from.doc.refs, 0)
			}
		}
		reached, ok := r.follow(from.doc, p.Relation.Name, asksOfElement(e))
		known = known && ok
		if i > 0 {
			reached = slices.DeleteFunc(reached, func(d *doc) bool { return !slices.Contains(docs, d) })
		}
		docs = reached
	}
	for _, d := range docs {
		choices = append(choices, bound{entity: e, doc: d})
	}
	return choices, known
}

// keyOnly reports whether nothing but the key of an entity is compared, with values.
func keyOnly(e *relations.CheckedEntity) bool {
	f := &e.Facts
	return len(e.Paths) == 1 && len(f.Compared) == 1 && f.Compared[0].Path == "_id" &&
		!f.Null && !f.WithField && !f.Exists && len(f.Followed) == 0
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

// asksOfElement reports whether the filter as written asks IsNull, IsSet or absent-means-empty of
// an entity.
func asksOfElement(e *relations.CheckedEntity) bool {
	return e.Facts.Null ||
		slices.ContainsFunc(e.Facts.Compared, func(f relations.FieldRef) bool { return f.Path == "tags" }) ||
		slices.ContainsFunc(e.Facts.Followed, func(r *relations.Relation) bool { return r.Name == "items" })
}

func (r reader) condition(c relations.CheckedCondition, scope []bound) truth {
	switch c := c.(type) {
	case *relations.CheckedComparison:
		v := r.comparison(c, scope)
		if c.Not != (c.Op == Ne || c.Op == Nin) {
			v = -v
		}
		return v
	case relations.CheckedAny:
		v := no
		for i := range c {
			v = max(v, r.clause(&c[i], scope))
		}
		return v
	case relations.CheckedNone:
		return -r.clause(c.CheckedClause, scope)
	case relations.CheckedSurely:
		return is(r.clause(c.CheckedClause, scope) == yes)
	case relations.CheckedExists:
		if find(scope, c.Entity).phantom() {
			return unknown
		}
		return yes
	case relations.CheckedConstant:
		return map[Constant]truth{True: yes, False: no, Unknown: unknown}[Constant(c)]
	}
	panic("no condition")
}

// comparison is the positive reading: Ne as Eq, Nin as In.
func (r reader) comparison(c *relations.CheckedComparison, scope []bound) truth {
	b := find(scope, c.Entity)
	if b.phantom() {
		return unknown
	}
	value := b.key
	if !b.keyOnly {
		value = b.doc.values[c.Field.Path]
	}
	var operand any
	switch o := c.Operand.(type) {
	case *relations.CheckedValue:
		operand = number(o.Value)
	case *relations.CheckedList:
		list := make([]any, len(o.Values))
		for i, v := range o.Values {
			list[i] = number(v)
		}
		operand = list
	case *relations.CheckedField:
		other := find(scope, o.Entity)
		if other.phantom() || other.doc.values[o.Field.Path] == 0 {
			return unknown
		}
		operand = other.doc.values[o.Field.Path]
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

// number returns a literal as an int, or nil for null.
func number(v bson.RawValue) any {
	if v.Type == bson.TypeNull {
		return nil
	}
	return int(v.AsInt64())
}

func compare(op Operator, value int, operand any) truth {
	if value == 0 {
		return unknown
	}
	switch op {
	case Eq, Ne, Contains:
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
