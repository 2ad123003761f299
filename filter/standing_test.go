package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func TestDecideFindsTheOnlyFieldCompared(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	q := Reach("q", "editor")
	inner := p.Reach("o", "owner")
	for name, c := range map[string]struct {
		clause Clause
		want   Standing // of p
	}{
		"one comparison":                  {Some(p).Where(p.F("_id").Eq(1)), Standing{Field: "_id"}},
		"a negated one":                   {Some(p).Where(Not(p.F("_id").Eq(1))), Standing{Field: "_id"}},
		"several, other operators":        {Some(p).Where(p.F("_id").Gt(Param("x")), F("a").Eq(1), p.F("_id").In([]int{1})), Standing{Field: "_id"}},
		"a null operand":                  {Some(p).Where(p.F("_id").Eq(nil)), Standing{Field: "_id"}},
		"a dotted path":                   {Some(p).Where(p.F("a.b").Eq(1)), Standing{Field: "a.b"}},
		"in an Any":                       {Some(p).Where(Any{Where(p.F("_id").Eq(1)), Where(F("a").Eq(1))}), Standing{Field: "_id", Compared: []string{"_id"}}},
		"in a None in an Any":             {Some(p).Where(Any{Where(None(Where(p.F("_id").Eq(1))))}), Standing{Field: "_id", Compared: []string{"_id"}}},
		"two fields":                      {Some(p).Where(p.F("_id").Eq(1), p.F("name").Eq(1)), Standing{}},
		"another field, nested":           {Some(p).Where(p.F("_id").Eq(1), None(Where(p.F("name").Eq(1)))), Standing{Compared: []string{"name"}}},
		"another field, nested, dotted":   {Some(p).Where(p.F("_id").Eq(1), None(Where(p.F("a.b").Eq(1)))), Standing{}},
		"the first field again":           {Some(p).Where(p.F("_id").Eq(1), p.F("name").Eq(1), p.F("_id").Eq(1)), Standing{}},
		"existence":                       {Some(p).Where(p.Exists()), Standing{Exists: true}},
		"existence beside a comparison":   {Some(p).Where(p.F("_id").Eq(1), p.Exists()), Standing{Field: "_id", Exists: true}},
		"existence beside two fields":     {Some(p).Where(p.F("_id").Eq(1), p.F("x").Eq(1), p.Exists()), Standing{}},
		"existence, nested":               {Some(p).Where(p.F("_id").Eq(1), None(Where(Surely(Where(p.Exists()))))), Standing{Field: "_id", Exists: true}},
		"in a Surely":                     {Some(p).Where(Surely(Where(p.F("_id").Eq(1)))), Standing{Field: "_id", Compared: []string{"_id"}}},
		"IsNull, nested, dotted":          {Some(p).Where(p.F("_id").Eq(1), None(Where(p.F("a.b").IsNull()))), Standing{Null: true}},
		"a constant beside":               {Some(p).Where(p.F("_id").Eq(1), True), Standing{Field: "_id"}},
		"no comparison":                   {Some(p), Standing{}},
		"none with it":                    {Some(p).Where(F("a").Eq(1)), Standing{}},
		"IsNull":                          {Some(p).Where(p.F("_id").IsNull()), Standing{}},
		"IsSet beside a comparison":       {Some(p).Where(p.F("_id").Eq(1), p.F("_id").IsSet()), Standing{}},
		"IsSet, nested":                   {Some(p).Where(p.F("_id").Eq(1), Any{Where(p.F("_id").IsSet())}), Standing{Null: true}},
		"compared with a field":           {Some(p).Where(p.F("_id").Eq(F("a"))), Standing{}},
		"another field compared with it":  {Some(p).Where(p.F("_id").Eq(1), F("a").Eq(p.F("_id"))), Standing{}},
		"another compared with it nested": {Some(p).Where(Any{Where(F("a").Eq(p.F("_id")))}), Standing{Compared: []string{"_id"}}},
		"an entity reached from it":       {Some(p, inner).Where(p.F("_id").Eq(1)), Standing{}},
		"one reached from it, nested":     {Some(p).Where(p.F("_id").Eq(1), None(Some(inner))), Standing{Followed: []string{"owner"}}},
		"two paths":                       {Some(q, p.Via(q, "house")).Where(p.F("_id").Eq(1)), Standing{}},
		"free":                            {Some(Free("p", "Publisher")).Where(p.F("_id").Eq(1)), Standing{}},
		"decided before":                  {Some(Entity{Name: "p", Paths: p.Paths, Standing: Standing{Decided: true, Field: "x"}}).Where(p.F("_id").Eq(1)), Standing{Field: "x"}},
		"not a condition":                 {Some(p).Where(p.F("_id").Eq(1), nil), Standing{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := For("Book", Where(None(c.clause)))
			got := f.Decide()
			c.want.Decided = true
			entities := got.Clauses[0].Conditions[0].(None).Entities
			for _, e := range entities {
				if e.Name == "p" {
					require.Equal(t, c.want, e.Standing)
				} else {
					require.True(t, e.Standing.Decided)
				}
			}
			require.Equal(t, got, got.Decide(), "deciding again changes nothing")
			require.Equal(t, For("Book", Where(None(c.clause))), f, "the input is untouched")
		})
	}
}

func TestDecideTellsEntitiesOfTheSameNameApart(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	f := For("Book", Some(p).Where(p.F("_id").Eq(1)), Some(p).Where(p.F("name").Eq(1)), Where(Any{Some(p), Some(p).Where(p.F("x").Eq(1))})).Decide()
	require.Equal(t, "_id", f.Clauses[0].Entities[0].Standing.Field)
	require.Equal(t, "name", f.Clauses[1].Entities[0].Standing.Field)
	alternatives := f.Clauses[2].Conditions[0].(Any)
	require.Equal(t, "", alternatives[0].Entities[0].Standing.Field)
	require.Equal(t, "x", alternatives[1].Entities[0].Standing.Field)
}
