package adapter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/osohq/go-oso/types"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/adapter"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type Status string

// Thing has a field of each Go type that Oso changes on the way to a filter.
type Thing struct {
	ID     bson.ObjectID   `bson:"_id"`
	Key    []byte          `bson:"key"`
	At     time.Time       `bson:"at"`
	Status Status          `bson:"status"`
	Price  bson.Decimal128 `bson:"price"`
	Rating float64         `bson:"rating"`
	Small  uint8           `bson:"small"`
	Name   string          `bson:"name"`
	Of     []bson.ObjectID `bson:"of"`
}

func things(t *testing.T) *adapter.Adapter {
	t.Helper()
	a, err := adapter.New(adapter.Config{
		Database: offline(t), Structs: []relations.Struct{{Of: Thing{}, Collection: "things"}}, Policy: `allow(_, _, _: Thing);`,
	})
	require.NoError(t, err)
	return a
}

func datum(v any) types.Datum {
	if p, ok := v.(types.Projection); ok {
		return types.Datum{DatumVariant: p}
	}
	return types.Datum{DatumVariant: types.Immediate{Value: v}}
}

func thing(field string) types.Projection {
	return types.Projection{TypeName: "Thing", FieldName: field}
}

func condition(l any, cmp types.Comparison, r any) types.FilterCondition {
	return types.FilterCondition{Lhs: datum(l), Cmp: cmp, Rhs: datum(r)}
}

func where(clauses ...[]types.FilterCondition) *types.Filter {
	return &types.Filter{Root: "Thing", Conditions: clauses}
}

func TestValuesArriveAsTheFieldHasThem(t *testing.T) {
	t.Parallel()
	id := bson.ObjectID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}
	var numbers []any
	for _, b := range id {
		numbers = append(numbers, int64(b))
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	name := "x"
	a := things(t)
	for _, tc := range []struct {
		cond types.FilterCondition
		want bson.D
	}{
		{condition(thing("ID"), types.Eq, numbers), bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}}},
		{condition(id, types.Eq, thing("ID")), bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}}},
		{condition(thing("Key"), types.Eq, []any{int64(1), int64(255)}), bson.D{{Key: "key", Value: bson.D{{Key: "$eq", Value: []byte{1, 255}}}}}},
		{condition(thing("At"), types.Eq, at), bson.D{{Key: "at", Value: bson.D{{Key: "$eq", Value: at}}}}},
		{condition(thing("Status"), types.Eq, Status("open")), bson.D{{Key: "status", Value: bson.D{{Key: "$eq", Value: "open"}}}}},
		{condition(thing("Small"), types.Eq, int64(7)), bson.D{{Key: "small", Value: bson.D{{Key: "$eq", Value: int64(7)}}}}},
		{condition(thing("Name"), types.Eq, &name), bson.D{{Key: "name", Value: bson.D{{Key: "$eq", Value: "x"}}}}},
		{condition(thing("Name"), types.Eq, "$owner"), bson.D{{Key: "name", Value: bson.D{{Key: "$eq", Value: "$owner"}}}}},
		{condition(numbers, types.In, thing("Of")), bson.D{{Key: "of", Value: bson.D{{Key: "$eq", Value: id}}}}},
		{condition(thing("Name"), types.Eq, (*string)(nil)), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}},
		{condition(true, types.Eq, false), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}},
	} {
		q, err := a.BuildQuery(where([]types.FilterCondition{tc.cond}))
		require.NoError(t, err, "%+v", tc.cond)
		got, err := q.(*mongoauthz.Query).FindFilter()
		require.NoError(t, err)
		require.Equal(t, decoded(t, tc.want), decoded(t, got), "%+v", tc.cond)
	}
}

func TestAClauseOfConstantsAllowsEverything(t *testing.T) {
	t.Parallel()
	yes, named := condition(true, types.Eq, true), condition(thing("Name"), types.Eq, "x")
	for _, f := range []*types.Filter{where([]types.FilterCondition{yes}), where([]types.FilterCondition{named}, []types.FilterCondition{yes, yes})} {
		q, err := things(t).BuildQuery(f)
		require.NoError(t, err)
		require.Equal(t, filter.Allowed, q.(*mongoauthz.Query).Outcome())
	}
	_, err := things(t).BuildQuery(where([]types.FilterCondition{yes}, []types.FilterCondition{condition(thing("None"), types.Eq, "x")}))
	require.ErrorIs(t, err, adapter.ErrRefused)
	_, err = things(t).BuildQuery(where())
	require.ErrorIs(t, err, adapter.ErrRefused)
}

func decoded(t *testing.T, d bson.D) string {
	t.Helper()
	js, err := bson.MarshalExtJSON(d, true, false)
	require.NoError(t, err)
	return string(js)
}

func TestAClauseForEachElementOfAListBecomesOneIn(t *testing.T) {
	t.Parallel()
	var clauses [][]types.FilterCondition
	for _, name := range []string{"a", "b", "c"} {
		clauses = append(clauses, []types.FilterCondition{condition(thing("Name"), types.Eq, name)})
	}
	q, err := things(t).BuildQuery(where(clauses...))
	require.NoError(t, err)
	got, err := q.(*mongoauthz.Query).FindFilter()
	require.NoError(t, err)
	require.Equal(t, decoded(t, bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: bson.A{"a", "b", "c"}}}}}), decoded(t, got))
}

func TestTheOrderOfOsosConditionsDoesNotMatter(t *testing.T) {
	t.Parallel()
	a := things(t)
	conditions := []types.FilterCondition{
		condition(thing("Name"), types.Eq, "x"), condition(thing("Small"), types.Neq, int64(1)), condition(thing("Status"), types.Eq, Status("open")),
	}
	one, err := a.BuildQuery(where(conditions))
	require.NoError(t, err)
	slices.Reverse(conditions)
	two, err := a.BuildQuery(where(conditions))
	require.NoError(t, err)
	require.Equal(t, one.(*mongoauthz.Query).Pipeline(), two.(*mongoauthz.Query).Pipeline())
}

func TestFiltersThatMeanNothingOrToMuchAreRefused(t *testing.T) {
	t.Parallel()
	a := things(t)
	eq := func(l, r any) *types.Filter { return where([]types.FilterCondition{condition(l, types.Eq, r)}) }
	for name, f := range map[string]*types.Filter{
		"no filter":                    nil,
		"no clause":                    where(),
		"no root":                      {Conditions: [][]types.FilterCondition{{}}},
		"another root":                 {Root: "Other", Conditions: [][]types.FilterCondition{{}}},
		"another operator":             where([]types.FilterCondition{condition(thing("Name"), types.Comparison(3), "x")}),
		"another field":                eq(thing("Missing"), "x"),
		"another class":                eq(types.Projection{TypeName: "Other", FieldName: "Name"}, "x"),
		"a field with itself":          eq(thing("Name"), thing("Name")),
		"two constants":                eq(int64(1), int64(1)),
		"nothing":                      where([]types.FilterCondition{{}}),
		"a number cut to an integer":   eq(thing("Rating"), int64(2)),
		"a decimal":                    eq(thing("Price"), bson.Decimal128{}),
		"a date finer than the stored": eq(thing("At"), time.Unix(0, 1)),
		"a text for a named type":      eq(thing("Status"), "open"),
		"a named type for a text":      eq(thing("Name"), Status("open")),
		"a number for a text":          eq(thing("Name"), int64(1)),
		"a negative unsigned":          eq(thing("Small"), int64(-1)),
		"bytes that are none":          eq(thing("Key"), []any{int64(256)}),
		"an ObjectID too short":        eq(thing("ID"), []any{int64(1)}),
		"an ObjectID as text":          eq(thing("ID"), "000000000000000000000000"),
		"a list as a whole":            eq(thing("Of"), []any{}),
		"an element of a value":        where([]types.FilterCondition{condition("x", types.In, thing("Name"))}),
		"an element of a constant":     where([]types.FilterCondition{condition(thing("Name"), types.In, []any{"x"})}),
		"a text that was changed":      eq(thing("Name"), "a\uFFFD"),
		"a key that is no instance":    eq(thing(""), "x"),
		"a key with a key":             eq(thing(""), thing("ID")),
		"a relation from nowhere": {Root: "Thing", Conditions: [][]types.FilterCondition{{}}, Relations: []types.FilterRelation{
			{FromTypeName: "Other", FromFieldName: "x", ToTypeName: "Thing"},
		}},
		"a relation that is none": {Root: "Thing", Conditions: [][]types.FilterCondition{{}}, Relations: []types.FilterRelation{
			{FromTypeName: "Thing", FromFieldName: "Name", ToTypeName: "Thing"},
		}},
	} {
		q, err := a.BuildQuery(f)
		require.ErrorIs(t, err, adapter.ErrRefused, name)
		require.Nil(t, q, name)
	}
}

func TestExecuteQueryTakesItsOwnQueriesOnly(t *testing.T) {
	t.Parallel()
	for _, q := range []any{nil, 1, bson.D{}, (*mongoauthz.Query)(nil), &mongoauthz.Query{}} {
		rows, err := things(t).ExecuteQuery(q)
		require.ErrorIs(t, err, adapter.ErrRefused)
		require.Nil(t, rows)
	}
}

func TestClassesThatOsoCannotTellApartAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []adapter.Config{
		{Structs: []relations.Struct{{Of: Thing{}, Collection: "a"}, {Of: Thing{}, Name: "Other", Collection: "b"}}},
		{Structs: []relations.Struct{{Of: Thing{}, Name: "String", Collection: "a"}}},
		{Structs: []relations.Struct{{Of: Thing{}, Collection: "a"}}, Actors: []any{Thing{}}},
		{Structs: []relations.Struct{{Of: Thing{}, Collection: "a"}}, Actors: []any{"kim"}},
		{Structs: []relations.Struct{{Of: Thing{}, Collection: "a"}}, Actors: []any{nil}},
	} {
		_, err := adapter.New(c)
		require.ErrorIs(t, err, adapter.ErrRefused)
	}
}
