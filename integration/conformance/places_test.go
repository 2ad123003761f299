package conformance_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// everywhere holds the definition and the server to a world's rules about fields wherever fields can be: in the document itself, in an
// embedded document, in an element, in an expression about an element, in a document referenced, and in a row. The documents of the
// world's one collection are put into each of these places, so that the answers stay the same.
func (w world) everywhere(t *testing.T) {
	t.Parallel()
	t.Run("in the document", w.check)
	for _, p := range []struct {
		name   string
		entity filter.Entity
		tie    []filter.Condition
	}{
		{"in an embedded document", filter.Reach("e", "home"), nil},
		{"in an element", filter.Reach("e", "items"), nil},
		{"in an element compared with the document", filter.Reach("e", "items"), []filter.Condition{filter.Reach("e", "items").F("at").Eq(f("_id"))}},
		{"in a referenced document", filter.Reach("e", "ref"), nil},
		{"in a row", filter.Reach("e", "rows"), nil},
	} {
		placed := w.placed(t)
		for _, r := range w.rules {
			if r.of == "" {
				r.of = w.types[0].Name
			}
			r.of = "at " + r.of
			conditions := at(r.when.Conditions, p.entity)
			if len(conditions) == 1 && r.not == "" {
				r.not = r.none
			}
			r.when = some(p.entity).Where(p.tie...)
			if len(conditions) > 0 && !slices.ContainsFunc(conditions, compares) {
				r.when = r.when.Where(p.entity.Exists())
			}
			r.when = r.when.Where(conditions...)
			if len(conditions) == 0 && p.tie != nil {
				continue // nothing but the tie to negate
			}
			placed.rules = append(placed.rules, r)
		}
		t.Run(p.name, placed.check)
	}
}

// placed returns a world with the documents put into every place.
func (w world) placed(t *testing.T) world {
	t.Helper()
	var out world
	for _, typ := range w.types {
		if typ.Collection == "" {
			out.types = append(out.types, typ)
			continue
		}
		inner, row := typ, typ
		inner.Name, inner.Collection, inner.Fields = "in "+typ.Name, "", append(slices.Clone(typ.Fields), strs("at")...)
		row.Fields = append(slices.Clone(typ.Fields), strs("at")...)
		out.types = append(out.types, inner, row, relations.Type{
			Name: "at " + typ.Name, Collection: "places", Fields: strs("_id"), Relations: []relations.Relation{
				embedsOne("home", inner.Name), embedsMany("items", inner.Name), one("ref", typ.Name, "_id"), hasMany("rows", typ.Name, "=at"),
			},
		})
	}
	require.Len(t, w.docs, 1)
	out.docs = docs{}
	for collection, text := range w.docs {
		var rows, places []byte
		for _, doc := range parse(t, text) {
			var d bson.D
			require.NoError(t, bson.Unmarshal(doc, &d))
			d = append(d, bson.E{Key: "at", Value: d[0].Value})
			rows = line(t, rows, d)
			places = line(t, places, bson.D{d[0], {Key: "home", Value: d}, {Key: "items", Value: bson.A{d}}})
		}
		out.docs[collection], out.docs["places"] = string(rows), string(places)
	}
	return out
}

func line(t *testing.T, to []byte, d bson.D) []byte {
	t.Helper()
	js, err := bson.MarshalExtJSON(d, true, false)
	require.NoError(t, err)
	return append(append(to, js...), '\n')
}

// at returns conditions on the resource's fields as conditions on the fields of an entity.
func at(conditions []filter.Condition, e filter.Entity) []filter.Condition {
	out := make([]filter.Condition, len(conditions))
	for i, c := range conditions {
		switch c := c.(type) {
		case filter.Comparison:
			c.Field.Entity = e.Name
			if operand, ok := c.Operand.(filter.Field); ok {
				operand.Entity = e.Name
				c.Operand = operand
			}
			out[i] = c
		case filter.Any:
			clauses := make(filter.Any, len(c))
			for k := range c {
				clauses[k] = when(at(c[k].Conditions, e)...)
			}
			out[i] = clauses
		case filter.None:
			out[i] = none(when(at(c.Conditions, e)...))
		case filter.Surely:
			out[i] = filter.Surely(when(at(c.Conditions, e)...))
		case filter.Constant:
			out[i] = c
		}
	}
	return out
}

// compares reports whether a condition compares a field.
func compares(c filter.Condition) bool {
	_, ok := c.(filter.Comparison)
	return ok || slices.ContainsFunc(filter.Nested(c), func(in filter.Clause) bool { return slices.ContainsFunc(in.Conditions, compares) })
}
