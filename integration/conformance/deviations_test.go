package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Where the compatible server is known to answer otherwise than MongoDB documents (the semantics page, section 9, by its rows). Each
// test holds the documented answer on MongoDB and the deviation on the compatible server, so that a new version of it is noticed.

// documented returns the answer that this server is held to.
func documented[T any](t *testing.T, mongodb, compatible T) T {
	t.Helper()
	if harness.Compat(t) {
		return compatible
	}
	return mongodb
}

// deviates requires the definition's answer, and the server's, which on the compatible one is another.
func (s stored) deviates(t *testing.T, ask filter.Filter, want, compatible string) {
	t.Helper()
	require.Equal(t, want, idsOf(s.authorized(t, ask)))
	plan, err := pipeline.Compile(s.schema, ask)
	require.NoError(t, err)
	require.Equal(t, documented(t, want, compatible), idsOf(s.aggregate(t, plan, plan.Stages())), text{plan})
}

func TestDeviation01NoCollation(t *testing.T) {
	t.Parallel()
	require.Equal(t, documented(t, true, false), harness.Has(t, harness.Collation))
}

func TestDeviation02NoViews(t *testing.T) {
	t.Parallel()
	require.Equal(t, documented(t, true, false), harness.Has(t, harness.Views))
}

func TestDeviation03AStoredPatternIsUsedAsAPatternWhenItIsAKey(t *testing.T) {
	t.Parallel()
	u := filter.Reach("u", "user")
	s := world{
		types: types{
			typ("Doc", "docs", strs("owner"), one("user", "User", "owner=name"), one("byID", "User", "owner")),
			typ("User", "users", strs("name role")),
		},
		docs: docs{
			"users": `{"_id": "alice", "name": "alice", "role": "x"}`,
			"docs": `
				{"_id": "pattern", "owner": {"$regularExpression": {"pattern": "^al", "options": ""}}}
				{"_id": "alice's", "owner": "alice"}
			`,
		},
	}.store(t)
	s.deviates(t, filter.For("Doc", some(u).Where(u.F("role").Eq("x"))), "alice's", "alice's pattern")
	byID := filter.Reach("u", "byID")
	s.require(t, filter.For("Doc", some(byID).Where(byID.F("role").Eq("x"))), "alice's") // not by a plain equality with _id
}

func TestDeviation04AbsentKeysAndForeignPathsThroughArrays(t *testing.T) {
	t.Parallel()
	l := filter.Reach("l", "loads")
	s := world{
		types: types{
			typ("Doc", "docs", strs("key"), hasMany("loads", "Load", "key=members.key")),
			typ("Load", "loads", embedsMany("members", "Member")),
			typ("Member", "", strs("key")),
		},
		docs: docs{
			"loads": `
				{"_id": "empty", "members": []}
				{"_id": "number", "members": [1]}
				{"_id": "array", "members": [[1]]}
				{"_id": "bare", "members": [{}]}
			`,
			"docs": `
				{"_id": "missing"}
				{"_id": "null", "key": null}
			`,
		},
	}.store(t)
	got, err := s.run(t, "docs", `[{"$match": {"_id": "null"}}, {"$lookup": {"from": "loads", "localField": "key", "foreignField": "members.key", "as": "j"}}, {"$unwind": "$j"}, {"$replaceWith": "$j"}]`)
	require.NoError(t, err)
	require.Equal(t, documented(t, "array bare empty number", "bare"), idsOf(got))
	s.require(t, filter.For("Doc", some(l).Where(l.Exists())), "") // the guard makes it the same on both
}

func TestDeviation05NoTransactions(t *testing.T) {
	t.Parallel()
	require.Equal(t, documented(t, true, false), harness.Has(t, harness.Transactions))
}

func TestDeviation07CountOfNothing(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	got, err := s.run(t, "books", `[{"$match": {"_id": "nobody"}}, {"$count": "n"}]`)
	require.NoError(t, err)
	require.Len(t, got, documented(t, 0, 1))
	q, err := authorizer(t, s.db, library.types, filter.Deny("Book")).AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, mongoauthz.PageRequest{Limit: 1})
	require.NoError(t, err)
	require.Zero(t, page.Total)
}

func TestDeviation08MalformedInputIsAccepted(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	for _, match := range []string{
		`{"owner": {"$in": [{"$regex": "m"}]}}`, `{"$expr": {"$eq": ["$", 1]}}`, `{"$expr": {"$eq": ["$a.", 1]}}`,
	} {
		_, err := s.run(t, "books", `[{"$match": `+match+`}]`)
		require.Equal(t, documented(t, true, false), err != nil, match)
	}
}

func TestDeviation09And13ANumberIndexMissesNaN(t *testing.T) {
	t.Parallel()
	s := world{
		types: types{typ("Doc", "docs", nums("n"))},
		docs: docs{"docs": `
			{"_id": "nan", "n": {"$numberDouble": "NaN"}}
			{"_id": "six", "n": 6}
			{"_id": "five", "n": 5}
		`},
	}.store(t)
	ask := filter.For("Doc", when(f("n").Ne(5)))
	s.require(t, ask, "nan six")
	require.NoError(t, s.db.RunCommand(t.Context(), bson.D{{Key: "createIndexes", Value: "docs"}, {Key: "indexes", Value: bson.A{
		bson.D{{Key: "key", Value: bson.D{{Key: "n", Value: 1}}}, {Key: "name", Value: "n"}}}}}).Err())
	plan, err := pipeline.Compile(s.schema, ask)
	require.NoError(t, err)
	cur, err := s.db.Collection("docs").Aggregate(t.Context(), plan.Stages(), options.Aggregate().SetHint("n"))
	require.Equal(t, documented(t, "nan six", "six"), idsOf(all(t, cur, err)))
}

func TestDeviation12ValuesComparedByHash(t *testing.T) {
	t.Parallel()
	p := filter.Reach("p", "price")
	s := world{
		types: types{
			typ("Doc", "docs", nums("n"), relations.Field{Name: "d", Type: relations.Document}, list("ns", relations.Number), one("price", "Price", "n=n")),
			typ("Price", "prices", nums("n"), strs("name")),
		},
		docs: docs{
			"prices": `
				{"_id": "1", "n": {"$numberDecimal": "4.50"}, "name": "x"}
				{"_id": "2", "n": 7, "name": "y"}
			`,
			"docs": `
				{"_id": "double", "n": {"$numberDouble": "4.5"}, "ns": [{"$numberDouble": "4.5"}]}
				{"_id": "decimal", "n": {"$numberDecimal": "4.5"}, "ns": [{"$numberDecimal": "4.5"}]}
				{"_id": "decimal-zero", "n": {"$numberDecimal": "4.50"}, "ns": [{"$numberDecimal": "4.50"}]}
				{"_id": "other", "n": 7, "ns": [7]}
			`,
		},
	}.store(t)
	n, ns := f("n"), f("ns")
	t.Run("Eq is right", func(t *testing.T) {
		s.require(t, filter.For("Doc", when(n.Eq(4.5))), "double decimal decimal-zero")
		s.require(t, filter.For("Doc", when(n.Ne(4.5))), "other")
	})
	t.Run("In with one value is right", func(t *testing.T) {
		s.require(t, filter.For("Doc", when(n.In([]float64{4.5}))), "double decimal decimal-zero")
	})
	t.Run("In with more is narrower", func(t *testing.T) {
		s.deviates(t, filter.For("Doc", when(n.In([]float64{4.5, 8}))), "decimal decimal-zero double", "double")
	})
	t.Run("Nin with more is wider", func(t *testing.T) {
		s.deviates(t, filter.For("Doc", when(n.Nin([]float64{4.5, 8}))), "other", "decimal decimal-zero other")
	})
	t.Run("SubsetOf is narrower", func(t *testing.T) {
		s.deviates(t, filter.For("Doc", when(ns.SubsetOf([]float64{4.5, 8}))), "decimal decimal-zero double", "double")
	})
	t.Run("a join by such a key is narrower", func(t *testing.T) {
		s.deviates(t, filter.For("Doc", some(p).Where(p.F("name").Eq("x"))), "decimal decimal-zero double", "decimal-zero")
	})
}

func TestDeviation15BinarySubtypesAreOneType(t *testing.T) {
	values(rule{
		name: "a UUID is different from another subtype, on both servers", of: "Binary",
		when: when(f("v").Ne(uuid)), holds: "legacy generic short", none: "uuid",
	}).check(t)
}

// Not on the page: in the sub-pipeline of a join with localField, the compatible server's planner refuses a $nor around an
// expression that reads a variable of the join. It answers nothing wrongly; $not inside the expression is fine.
func TestDeviationANorAroundAVariableOfTheJoinIsRefused(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	lookup := func(match string) string {
		return `[{"$lookup": {"from": "loans", "localField": "_id", "foreignField": "book_id", "let": {"v": "$owner"}, "pipeline": [{"$match": ` + match + `}], "as": "j"}}, {"$match": {"j.0": {"$exists": true}}}]`
	}
	got, err := s.run(t, "books", lookup(`{"$expr": {"$not": [{"$ne": ["$patron_id", "$$v"]}]}}`))
	require.NoError(t, err)
	require.Equal(t, "mine odd public", idsOf(got))
	got, err = s.run(t, "books", lookup(`{"$nor": [{"$expr": {"$ne": ["$patron_id", "$$v"]}}]}`))
	if harness.Compat(t) {
		require.ErrorContains(t, err, "failed to postpone qual containing lateral reference")
		return
	}
	require.NoError(t, err)
	require.Equal(t, "mine odd public", idsOf(got))
}
