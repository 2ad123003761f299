package integration_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Each case was wrong once, when keys were read first or once: what is found must be what the evaluator authorizes, with every consistency and limit.
func TestKeysThatAreReadMeanWhatTheJoinsMeant(t *testing.T) {
	t.Parallel()
	by := func(local, foreign string) []relations.KeyPair {
		return []relations.KeyPair{{Local: local, Foreign: foreign}}
	}
	field := func(name string, typ relations.ValueType) relations.Field {
		return relations.Field{Name: name, Type: typ}
	}
	list := func(name string) relations.Field {
		return relations.Field{Name: name, Type: relations.Number, List: true}
	}
	schema, err := relations.New(
		relations.Type{Name: "Doc", Collection: "docs", Fields: []relations.Field{field("_id", relations.Number), field("client", relations.Number), field("kind", relations.Number),
			field("tag", relations.String), field("size", relations.Document), field("grant_id", relations.Number)},
			Relations: []relations.Relation{
				{Name: "loads", Kind: relations.HasMany, Type: "Load", Keys: by("client", "clients")},
				{Name: "kindLoads", Kind: relations.HasMany, Type: "Load", Keys: by("kind", "kinds")},
				{Name: "grant", Kind: relations.ReferencesOne, Type: "Grant", Keys: by("grant_id", "")},
			}},
		relations.Type{Name: "Load", Collection: "loads", Fields: []relations.Field{field("_id", relations.Number), list("clients"), list("kinds"), field("user", relations.String)}},
		relations.Type{Name: "Twin", Collection: "twins", Fields: []relations.Field{field("_id", relations.Number), field("tag", relations.String)},
			Relations: []relations.Relation{{Name: "grants", Kind: relations.HasMany, Type: "Grant", Keys: by("", "twin_id")}}},
		relations.Type{Name: "Grant", Collection: "grants", Fields: []relations.Field{field("_id", relations.Number), field("twin_id", relations.Number), field("role_id", relations.Number)},
			Relations: []relations.Relation{{Name: "role", Kind: relations.ReferencesOne, Type: "Role", Keys: by("role_id", "")}}},
		relations.Type{Name: "Role", Collection: "roles", Fields: []relations.Field{field("_id", relations.Number), field("user", relations.String), field("level", relations.Number)}},
	)
	require.NoError(t, err)
	d := func(kv ...any) bson.D {
		var out bson.D
		for i := 0; i < len(kv); i += 2 {
			out = append(out, bson.E{Key: kv[i].(string), Value: kv[i+1]})
		}
		return out
	}
	stored := map[string][]bson.D{
		"docs": {
			d("_id", 1, "client", 1, "kind", 1, "tag", "x", "size", d("p", 1), "grant_id", 1), d("_id", 2, "client", 2, "kind", 2, "tag", "y", "size", d("$gt", ""), "grant_id", 2),
			d("_id", 3, "client", 3, "kind", 3, "tag", "z", "size", d("q", 1)),
		},
		"loads": {
			d("_id", 1, "clients", bson.A{1, nil}, "kinds", bson.A{1}, "user", "ann"), d("_id", 2, "clients", bson.A{2}, "kinds", bson.A{2}, "user", "ann"),
			d("_id", 3, "clients", bson.A{9}, "kinds", bson.A{9}, "user", "ann"),
		},
		"twins":  {d("_id", 1, "tag", bson.Symbol("x")), d("_id", 2, "tag", "y"), d("_id", 3, "tag", bson.Symbol("y"))},
		"grants": {d("_id", 1, "twin_id", 1, "role_id", 1), d("_id", 2, "twin_id", 2, "role_id", 1), d("_id", 3, "twin_id", 3, "role_id", 1)},
		"roles":  {d("_id", 1, "user", "ann", "level", 5)},
	}
	load := filter.Reach("l", "loads").Via(filter.Entity{}, "kindLoads")
	twin := filter.Free("t", "Twin")
	grant := twin.Reach("g", "grants")
	role := grant.Reach("r", "role")
	own := filter.Reach("g", "grant")
	ownRole := own.Reach("r", "role")
	size := filter.F("size")
	filters := map[string]filter.Filter{
		"groups of keys under none":              filter.For("Doc", filter.Where(filter.None(filter.Some(load).Where(load.F("user").Eq("ann"))))),
		"groups of keys":                         filter.For("Doc", filter.Some(load).Where(load.F("user").Eq("ann"))),
		"a symbol beside a string":               filter.For("Doc", filter.Some(twin, grant, role).Where(twin.F("tag").Eq(filter.F("tag")), role.F("user").Eq("ann"))),
		"a symbol beside a string, none":         filter.For("Doc", filter.Where(filter.None(filter.Some(twin, grant, role).Where(twin.F("tag").Eq(filter.F("tag")), role.F("user").Eq("ann"))))),
		"documents as values of several clauses": filter.For("Doc", filter.Where(size.Eq(d("$gt", ""))), filter.Where(size.Eq(d("p", 1)))),
		"a range on what is referred to":         filter.For("Doc", filter.Some(own, ownRole).Where(own.F("twin_id").Eq(1), ownRole.F("level").Gt(3))),
	}
	db := harness.Database(t)
	memory := map[string][]bson.Raw{}
	for collection, documents := range stored {
		for _, document := range documents {
			_, err := db.Collection(collection).InsertOne(t.Context(), document)
			require.NoError(t, err)
			raw, err := bson.Marshal(document)
			require.NoError(t, err)
			memory[collection] = append(memory[collection], raw)
		}
	}
	for name, f := range filters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := evaluate.Prepare(schema, f)
			require.NoError(t, err)
			want := []int{}
			for _, document := range memory["docs"] {
				decision, err := e.Decide(t.Context(), document, evaluate.Memory(memory))
				require.NoError(t, err)
				if decision.Authorized() {
					want = append(want, int(document.Lookup("_id").AsInt64()))
				}
			}
			require.Less(t, len(want), 3)
			policy := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil })
			for _, consistency := range []mongoauthz.Consistency{mongoauthz.Cheapest, mongoauthz.SingleCommand, mongoauthz.KeysFirst} {
				for _, limit := range []int{1, 2, 3, 1000, math.MaxInt32, 1 << 32, math.MaxInt} {
					opts := []mongoauthz.Option{mongoauthz.WithConsistency(consistency), mongoauthz.WithKeyLimit(limit)}
					if harness.Compat(t) {
						opts = append(opts, mongoauthz.WithoutCollation())
					}
					az, err := mongoauthz.New(db, schema, policy, opts...)
					require.NoError(t, err)
					q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Doc")
					require.NoError(t, err)
					var found []struct {
						ID int `bson:"_id"`
					}
					require.NoError(t, q.All(t.Context(), &found))
					got := []int{}
					for _, f := range found {
						got = append(got, f.ID)
					}
					require.ElementsMatch(t, want, got, "%v, at most %d keys", consistency, limit)
				}
			}
		})
	}
}

func TestRecheckingHoldsForWritesAndGivesNoFindFilter(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	f := filter.For("Book", filter.Some(filter.Reach("l", "loans")).Where(filter.Reach("l", "loans").F("patron").Eq("ann")))
	resolved, err := s.query(t, f).Resolve(t.Context())
	require.NoError(t, err)
	_, err = s.db.Collection("loans").DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	_, err = resolved.WithConsistency(mongoauthz.Rechecked).FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	result, err := resolved.WithConsistency(mongoauthz.Rechecked).DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	require.Zero(t, result.DeletedCount)
	result, err = resolved.DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	require.Positive(t, result.DeletedCount, "the keys are of before, as documented")
}

func TestManyGroupsOfKeysAndLargeKeysAreJoined(t *testing.T) {
	t.Parallel()
	schema, err := relations.New(
		relations.Type{Name: "Doc", Collection: "docs", Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "a", Type: relations.String}, {Name: "b", Type: relations.String}},
			Relations: []relations.Relation{
				{Name: "loads", Kind: relations.HasMany, Type: "Load", Keys: []relations.KeyPair{{Local: "a", Foreign: "a"}}},
				{Name: "others", Kind: relations.HasMany, Type: "Load", Keys: []relations.KeyPair{{Local: "b", Foreign: "b"}}},
			}},
		relations.Type{Name: "Load", Collection: "loads", Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "user", Type: relations.String}, {Name: "a", Type: relations.String}, {Name: "b", Type: relations.String}}},
	)
	require.NoError(t, err)
	db := harness.Database(t)
	var loads []any
	for i := range 300 {
		loads = append(loads, bson.D{{Key: "_id", Value: i}, {Key: "user", Value: "ann"}, {Key: "a", Value: fmt.Sprint("a", i)}, {Key: "b", Value: fmt.Sprint("b", i)}})
	}
	large := make([]byte, 1<<20)
	for i := range large {
		large[i] = 'x'
	}
	for i := range 13 {
		loads = append(loads, bson.D{{Key: "_id", Value: -1 - i}, {Key: "user", Value: "bob"}, {Key: "a", Value: fmt.Sprint(string(large), i)}, {Key: "b", Value: "b"}})
	}
	for i := range 7 {
		loads = append(loads, bson.D{{Key: "_id", Value: -100 - i}, {Key: "user", Value: "cyd"}, {Key: "a", Value: fmt.Sprint(string(large), i)}, {Key: "b", Value: "b"}})
	}
	_, err = db.Collection("loads").InsertMany(t.Context(), loads)
	require.NoError(t, err)
	_, err = db.Collection("docs").InsertMany(t.Context(), []any{
		bson.D{{Key: "_id", Value: "x"}, {Key: "a", Value: "a7"}, {Key: "b", Value: "b7"}}, bson.D{{Key: "_id", Value: "y"}, {Key: "a", Value: "a7"}, {Key: "b", Value: "b8"}},
	})
	require.NoError(t, err)
	load, both := filter.Reach("l", "loads"), filter.Reach("l", "loads").Via(filter.Entity{}, "others")
	joined := filter.Reach("m", "others")
	for _, c := range []struct {
		filter  filter.Filter
		problem string
		want    int64
	}{
		{filter.For("Doc", filter.Some(both).Where(both.F("user").Eq("ann"))), "more than 200 groups of keys", 1},
		{filter.For("Doc", filter.Some(load).Where(load.F("user").Eq("bob"))), "keys that make a command of more than 12 MiB", 0},
		{ // the keys stand before the join that is left and behind it: they are sent twice
			filter.For("Doc", filter.Some(load, joined).Where(load.F("user").Eq("cyd"), joined.F("b").Gt(filter.F("a")))),
			"keys that make a command of more than 12 MiB", 0,
		},
	} {
		opts := []mongoauthz.Option{}
		if harness.Compat(t) {
			opts = append(opts, mongoauthz.WithoutCollation())
		}
		az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return c.filter, nil }), opts...)
		require.NoError(t, err)
		q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Doc")
		require.NoError(t, err)
		p, err := q.Profile(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, p.Documents)
		require.Equal(t, c.problem, p.Clauses[0].Problem)
		require.Equal(t, pipeline.Lookup, p.Clauses[0].Method)
	}
}

func TestAFarDeadlineIsNotTold(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), 60*24*time.Hour)
	defer cancel()
	_, err := s.query(t, reading).Count(ctx)
	require.NoError(t, err)
	for _, command := range commands("aggregate") {
		_, err := command.LookupErr("maxTimeMS")
		require.Error(t, err, "a server takes no more than an int32 of milliseconds")
	}
}
