package differential_test

import (
	"fmt"
	"math"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// A world is a random schema and the documents of its collections.
type world struct {
	types  []relations.Type
	schema *relations.Schema
	docs   map[string][]bson.Raw // by collection
}

// The stored collections and the embedded types of every world. Which relations lead where differs from world to world.
var (
	collections = []string{"a", "b", "c"}
	embedded    = []string{"E", "F"}
)

type gen struct{ *rapid.T }

func (g gen) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(g.T, label)
}

// chance is true in about percent of a hundred cases.
func (g gen) chance(percent int, label string) bool {
	return rapid.IntRange(0, 99).Draw(g.T, label) < percent
}

func (g gen) upTo(n int, label string) int { return rapid.IntRange(0, n).Draw(g.T, label) }

// fields are the fields of every type: what is stored in them differs, what is declared differs in strictness and absence only.
func (g gen) fields(id bool) []relations.Field {
	strict := func() bool { return g.chance(10, "strict") }
	absent := func() bool { return g.chance(25, "absentEmpty") }
	fs := []relations.Field{
		{Name: "n", Type: relations.Number, Strict: strict()},
		{Name: "m", Type: relations.Number, Strict: strict(), AbsentZero: g.zero(0, int64(1), 2.0)},
		{Name: "s", Type: relations.String, Strict: strict(), AbsentZero: g.zero("", "a", "b")},
		{Name: "f", Type: relations.Bool, AbsentZero: g.zero(false, true)},
		{Name: "x", Type: relations.AnyType},
		{Name: "d", Type: relations.Date},
		{Name: "o", Type: relations.Document},
		{Name: "ns", Type: relations.Number, List: true, AbsentEmpty: absent(), Strict: strict()},
		{Name: "ss", Type: relations.String, List: true, AbsentEmpty: absent(), Strict: strict()},
		{Name: "xs", Type: relations.AnyType, List: true, AbsentEmpty: absent()},
		{Name: "k", Type: relations.String},
		{Name: "ks", Type: relations.String, List: true, AbsentEmpty: absent()},
		{Name: "r", Type: relations.Number, Strict: strict()},
		{Name: "rs", Type: relations.Number, List: true, AbsentEmpty: absent()},
	}
	if id {
		fs = append(fs, relations.Field{Name: "_id", Type: relations.Number})
	}
	return fs
}

// zero is what a missing field is in comparisons, or nil.
func (g gen) zero(values ...any) any {
	if g.chance(45, "no absentZero") {
		return nil
	}
	return rapid.SampledFrom(values).Draw(g.T, "absentZero")
}

func (g gen) world() *world {
	w := &world{docs: map[string][]bson.Raw{}}
	for _, c := range collections {
		w.types = append(w.types, g.stored(typeName(c), c))
	}
	if g.chance(40, "two types on one collection") {
		w.types = append(w.types, g.stored("A2", "a"))
	}
	for i, e := range embedded {
		t := relations.Type{Name: e, Fields: append(g.fields(false), relations.Field{Name: "_id", Type: relations.Number}), Key: "k"}
		t.Relations = g.references()
		if i == 0 {
			t.Relations = append(t.Relations,
				relations.Relation{Name: "one", Kind: relations.EmbedsOne, Type: "F", Where: g.constants()},
				relations.Relation{Name: "many", Kind: relations.EmbedsMany, Type: "F", AbsentEmpty: g.chance(25, "absentEmpty"), Where: g.constants()})
		}
		if g.chance(15, "embedded scope") {
			t.Scope = g.scope(false)
		}
		w.types = append(w.types, t)
	}
	var err error
	if w.schema, err = relations.New(w.types...); err != nil {
		g.Fatalf("the generator made a schema that is refused: %v", err)
	}
	for _, c := range collections {
		n := rapid.IntRange(4, 9).Draw(g.T, "documents")
		for i := range n {
			doc := append(bson.D{{Key: "_id", Value: g.id(i)}}, g.document(2, false)...)
			raw, err := bson.Marshal(doc)
			if err != nil {
				g.Fatalf("%v", err)
			}
			w.docs[c] = append(w.docs[c], raw)
		}
	}
	return w
}

func typeName(collection string) string { return string(collection[0] - 'a' + 'A') }

// id gives the i-th document of a collection its _id: a number, now and then a null.
func (g gen) id(i int) any {
	if i == 0 && g.chance(30, "null _id") {
		return nil
	}
	if g.chance(20, "long") {
		return int64(i)
	}
	return int32(i)
}

func (g gen) stored(name, collection string) relations.Type {
	t := relations.Type{Name: name, Collection: collection, Fields: g.fields(true)}
	t.Relations = append(g.references(),
		relations.Relation{Name: "one", Kind: relations.EmbedsOne, Type: "E", Where: g.constants()},
		relations.Relation{Name: "many", Kind: relations.EmbedsMany, Type: "E", AbsentEmpty: g.chance(25, "absentEmpty"), Where: g.constants()},
		relations.Relation{Name: "far", Kind: relations.ReferencesOne, Type: g.target(), Keys: []relations.KeyPair{{Local: "one.r", Foreign: "_id"}}},
		relations.Relation{Name: "fars", Kind: relations.ReferencesMany, Type: g.target(), Keys: []relations.KeyPair{{Local: "one.rs", Foreign: "_id"}}},
		relations.Relation{Name: "rows", Kind: g.has(), Type: g.target(), Keys: []relations.KeyPair{{Local: "_id", Foreign: g.pick("foreign", "r", "rs", "one.r", "many.r", "many.rs")}}, Where: g.constants()},
		relations.Relation{Name: "rows2", Kind: g.has(), Type: g.target(), Keys: []relations.KeyPair{{Local: g.pick("local", "n", "r"), Foreign: g.pick("foreign", "n", "ns", "many.ns")}}, Where: g.constants()},
		relations.Relation{Name: "rows3", Kind: g.has(), Type: g.target(), Keys: []relations.KeyPair{{Local: "k", Foreign: g.pick("foreign", "k", "ks", "many.k", "many.one.k")}, {Local: "n", Foreign: "n"}}, Where: g.constants()},
		relations.Relation{Name: "via", Kind: relations.Through, Through: []string{g.pick("hop", "one", "many"), g.pick("hop", "toR", "toRs", "toK")}},
		relations.Relation{Name: "via2", Kind: relations.Through, Through: []string{g.pick("hop", "toR", "toRs", "toK", "toKs", "rows"), g.pick("hop", "toR", "rows", "toRs", "one", "many", "rows3")}},
	)
	for i := range t.Relations {
		r := &t.Relations[i]
		r.Required = r.Kind == relations.HasOne && g.chance(40, "required")
	}
	if g.chance(30, "another key") {
		t.Key = "k"
	}
	if g.chance(25, "scope") {
		t.Scope = g.scope(true)
	}
	return t
}

func (g gen) has() relations.Kind {
	if g.chance(50, "has one") {
		return relations.HasOne
	}
	return relations.HasMany
}

func (g gen) target() string { return g.pick("target", "A", "B", "C") }

// references are relations that every type can have.
func (g gen) references() []relations.Relation {
	rs := []relations.Relation{
		{Name: "toR", Kind: relations.ReferencesOne, Type: g.target(), Keys: []relations.KeyPair{{Local: "r", Foreign: "_id"}}},
		{Name: "toRs", Kind: relations.ReferencesMany, Type: g.target(), Keys: []relations.KeyPair{{Local: "rs", Foreign: "_id"}}},
		{Name: "toK", Kind: relations.ReferencesOne, Type: g.target(), Keys: []relations.KeyPair{{Local: "k", Foreign: g.pick("foreign", "k", "ks", "many.k", "one.k")}}, Where: g.constants()},
		{Name: "toKs", Kind: relations.ReferencesMany, Type: g.target(), Keys: []relations.KeyPair{{Local: "ks", Foreign: g.pick("foreign", "k", "ks", "many.ks")}}, Where: g.constants()},
		{Name: "toPair", Kind: relations.ReferencesMany, Type: g.target(), Keys: []relations.KeyPair{{Local: "k", Foreign: g.pick("foreign", "k", "ks")}, {Local: "ns", Foreign: "n"}}},
		{Name: "toPairOne", Kind: relations.ReferencesOne, Type: g.target(), Keys: []relations.KeyPair{{Local: "k", Foreign: g.pick("foreign", "k", "many.k")}, {Local: "r", Foreign: "_id"}}},
	}
	for i := range rs {
		rs[i].Complete = g.chance(25, "complete")
	}
	return rs
}

func (g gen) constants() []relations.Constant {
	var cs []relations.Constant
	if g.chance(32, "near constant") {
		cs = append(cs, relations.Constant{Near: true, Field: "s", Value: g.pick("constant", "a", "b")})
	}
	if g.chance(12, "near flag") {
		cs = append(cs, relations.Constant{Near: true, Field: "f", Value: g.chance(50, "flag")})
	}
	if g.chance(15, "far constant") {
		cs = append(cs, relations.Constant{Field: "s", Value: g.pick("constant", "a", "b")})
	}
	return cs
}

func (g gen) scope(embedding bool) []filter.Condition {
	path := "s"
	if embedding && g.chance(30, "scope path") {
		path = "one.s"
	}
	f := filter.F(path)
	switch g.upTo(5, "scope form") {
	case 4:
		return []filter.Condition{filter.None(filter.Where(f.Eq("b"), filter.Any{filter.Where(filter.True), filter.Where(filter.F("n").Gt(1))}))}
	case 5:
		return []filter.Condition{filter.Any{filter.Where(filter.F("f").Ne(true)), filter.Where(f.IsNull(), filter.True)}}
	case 0:
		return []filter.Condition{f.Eq("a")}
	case 1:
		return []filter.Condition{filter.Not(f.Eq("b"))}
	case 2:
		return []filter.Condition{filter.Any{filter.Where(f.IsNull()), filter.Where(filter.F("n").Lt(2))}}
	default:
		return []filter.Condition{filter.None(filter.Where(f.Eq("a"), filter.F("n").Eq(1)))}
	}
}

// document makes the fields of a document or element, embedded values down to depth.
func (g gen) document(depth int, embedded bool) bson.D {
	doc := bson.D{}
	put := func(key string, value any, present bool) {
		if present {
			doc = append(doc, bson.E{Key: key, Value: value})
		}
	}
	for _, f := range []struct {
		name string
		good func() any
	}{
		{"n", g.number}, {"m", g.number}, {"s", g.text}, {"f", g.flag}, {"x", g.scalar}, {"d", g.date}, {"o", g.object},
		{"ns", g.listOf(g.number)}, {"ss", g.listOf(g.text)}, {"xs", g.listOf(g.scalar)},
		{"k", g.text}, {"ks", g.listOf(g.text)}, {"r", g.key}, {"rs", g.listOf(g.key)}, {"_id", g.number},
	} {
		if f.name == "_id" && !embedded {
			continue
		}
		switch roll := g.upTo(99, f.name); {
		case roll < 66:
			put(f.name, f.good(), true)
		case roll < 74:
		default:
			put(f.name, g.hostile(f.good), true)
		}
	}
	put("__authz_0", bson.A{bson.D{{Key: "_id", Value: int32(1)}, {Key: "s", Value: "a"}}}, g.chance(3, "a helper's name"))
	put("one.s", "a", g.chance(3, "a dot in a name"))
	if depth > 0 {
		switch roll := g.upTo(99, "one"); {
		case roll < 70:
			put("one", g.document(depth-1, true), true)
		case roll < 80:
		default:
			put("one", g.hostile(func() any { return g.document(depth-1, true) }), true)
		}
		switch roll := g.upTo(99, "many"); {
		case roll < 75:
			put("many", g.listOf(func() any { return g.document(depth-1, true) })(), true)
		case roll < 82:
		default:
			put("many", g.hostile(func() any { return g.document(depth-1, true) }), true)
		}
	}
	return doc
}

func (g gen) number() any {
	n := g.upTo(2, "number")
	switch g.upTo(19, "number type") {
	case 0:
		return int64(n)
	case 1:
		return float64(n)
	case 2:
		v, _ := bson.ParseDecimal128(fmt.Sprint(n))
		return v
	case 3, 4:
		return rapid.SampledFrom([]any{math.NaN(), math.NaN(), math.NaN(), math.Inf(1), math.Inf(-1), int64(1) << 53, float64(1 << 53), math.Copysign(0, -1), int64(math.MaxInt64)}).Draw(g.T, "odd number")
	default:
		return int32(n)
	}
}

func (g gen) flag() any { return g.chance(50, "flag") }

func (g gen) key() any { return int32(g.upTo(6, "key")) }

func (g gen) text() any {
	if g.chance(12, "odd text") {
		return g.pick("odd text", "\xffa", "", "$n", "$s", "$k", "$$ROOT", "a.b", "A", "ab", "ba", `\E`, "a\n", "^a", "1")
	}
	return g.pick("text", "a", "b", "c")
}

func (g gen) date() any {
	return bson.NewDateTimeFromTime(time.Unix(int64(g.upTo(2, "date")), 0))
}

func (g gen) object() any {
	return rapid.SampledFrom([]any{bson.D{}, bson.D{{Key: "p", Value: int32(1)}}, bson.D{{Key: "p", Value: int32(1)}, {Key: "q", Value: "a"}},
		bson.D{{Key: "q", Value: "a"}, {Key: "p", Value: int32(1)}}, bson.D{{Key: "$gt", Value: int32(1)}}}).Draw(g.T, "object")
}

func (g gen) scalar() any {
	switch g.upTo(5, "scalar") {
	case 0, 1:
		return g.number()
	case 2, 3:
		return g.text()
	case 4:
		return g.date()
	default:
		return rapid.SampledFrom([]any{true, false, bson.ObjectID{1}, bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")}, bson.D{{Key: "p", Value: int32(1)}}, bson.MinKey{}, bson.MaxKey{}}).Draw(g.T, "other scalar")
	}
}

func (g gen) listOf(good func() any) func() any {
	return func() any {
		list := bson.A{}
		for range g.upTo(3, "length") {
			if g.chance(10, "hostile element") {
				list = append(list, g.hostile(good))
			} else {
				list = append(list, good())
			}
		}
		return list
	}
}

// hostile makes a value that a field's declaration does not promise.
func (g gen) hostile(good func() any) any {
	switch g.upTo(11, "hostile") {
	case 0, 1, 2:
		return nil
	case 3:
		return bson.A{}
	case 4:
		return bson.A{nil}
	case 5:
		return bson.A{good()}
	case 6:
		return good()
	case 7:
		return bson.A{bson.A{good()}}
	case 8:
		return bson.A{good(), nil}
	case 9:
		return bson.A{good(), g.scalar()}
	case 10:
		return bson.D{{Key: "n", Value: int32(1)}, {Key: "s", Value: "a"}, {Key: "$k", Value: int32(1)}}
	default:
		return g.scalar()
	}
}
