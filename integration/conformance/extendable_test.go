package conformance_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// stages reads stages from an array of extended JSON.
func stages(t *testing.T, text string) (out []bson.D) {
	t.Helper()
	require.NoError(t, bson.UnmarshalExtJSON([]byte(`{"stages": `+text+`}`), false, &struct{ Stages *[]bson.D }{&out}))
	return out
}

// run returns what a pipeline of extended JSON returns.
func (s stored) run(t *testing.T, collection, pipeline string) ([]bson.Raw, error) {
	t.Helper()
	cur, err := s.db.Collection(collection).Aggregate(t.Context(), stages(t, pipeline))
	if err != nil {
		return nil, err
	}
	return all(t, cur, nil), nil
}

func TestAppendedStagesSeeAuthorizedOriginalsOnly(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p, l := filter.Reach("p", "publisher"), filter.Reach("l", "loans")
	plan := s.require(t, filter.For("Book", some(p).Where(p.F("name").Eq("x")), some(l).Where(l.F("state").Eq("x")), when(f("public").Eq(true))),
		"mine public alone array odd")
	for _, c := range []struct {
		name     string
		appended string
		want     []string // the documents, as extended JSON
	}{
		{"$match", `[{"$match": {"owner": "you"}}, {"$sort": {"_id": 1}}, {"$project": {"_id": 1}}]`, []string{`{"_id":"alone"}`, `{"_id":"array"}`, `{"_id":"public"}`}},
		{"$match of what is not authorized", `[{"$match": {"_id": "private"}}]`, nil},
		{"$match of a helper field", `[{"$match": {"$or": [{"__authz_0": {"$exists": true}}, {"__authz_1": {"$exists": true}}]}}]`, nil},
		{"$sort, $skip, $limit", `[{"$sort": {"_id": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"_id": 1}}]`, []string{`{"_id":"odd"}`, `{"_id":"mine"}`}},
		{"$count", `[{"$count": "n"}]`, []string{`{"n":5}`}},
		{"$group", `[{"$group": {"_id": "$owner", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]`, []string{`{"_id":"me","n":2}`, `{"_id":"you","n":3}`}},
		{"$unwind of the document's own list", `[{"$match": {"_id": "mine"}}, {"$unwind": "$reader_ids"}, {"$project": {"reader_ids": 1}}]`,
			[]string{`{"_id":"mine","reader_ids":"me"}`, `{"_id":"mine","reader_ids":"you"}`, `{"_id":"mine","reader_ids":"me"}`}},
		{"$facet: a page and its total", `[{"$facet": {"page": [{"$sort": {"_id": 1}}, {"$limit": 1}, {"$project": {"_id": 1}}], "total": [{"$count": "n"}]}}]`,
			[]string{`{"page":[{"_id":"alone"}],"total":[{"n":5}]}`}},
		{"$project of the whole document", `[{"$match": {"_id": "alone"}}, {"$project": {"_id": 0, "d": "$$ROOT"}}]`,
			[]string{`{"d":{"_id":"alone","owner":"you","public":true}}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range s.aggregate(t, plan, append(plan.Stages(), stages(t, c.appended)...)) {
				js, err := bson.MarshalExtJSON(d, false, false)
				require.NoError(t, err)
				got = append(got, string(js))
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestPagesHaveNoGapsAndNoRepeats(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	r, l := filter.Reach("r", "readers"), filter.Reach("l", "loans")
	plan := s.require(t, filter.For("Book", some(r).Where(r.F("name").Eq("x")), some(l).Where(l.F("state").Eq("x")), when(f("public").Eq(true))),
		"mine public alone array odd")
	var seen []bson.Raw
	for page := range int32(6) {
		got := s.aggregate(t, plan, append(plan.Stages(), bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
			bson.D{{Key: "$skip", Value: page}}, bson.D{{Key: "$limit", Value: 1}}))
		require.LessOrEqual(t, len(got), 1)
		seen = append(seen, got...)
	}
	require.Equal(t, "alone array mine odd public", idsOf(seen))
}

// Three collections, a thousand documents, clauses that overlap.
func TestCountsAndPagesOfAThousandDocuments(t *testing.T) {
	t.Parallel()
	w := world{types: library.types, docs: docs{}}
	for i := range 1000 {
		w.docs["books"] += fmt.Sprintf(`{"_id": "b%03d", "publisher_id": "p%d", "owner": "u%d", "public": %t}`+"\n", i, i%10, i%7, i%5 == 0)
	}
	for i := range 10 {
		w.docs["publishers"] += fmt.Sprintf(`{"_id": "p%d", "name": "%c"}`+"\n", i, 'x'+i%3)
	}
	for i := range 600 {
		w.docs["loans"] += fmt.Sprintf(`{"_id": "l%d", "book_id": "b%03d", "patron_id": "u%d", "state": "%c"}`+"\n", i, i%400*2, i%3, 'x'+i%2)
	}
	s := w.store(t)
	p, l := filter.Reach("p", "publisher"), filter.Reach("l", "loans")
	ask := filter.For("Book",
		when(f("public").Eq(true), f("owner").Ne("u1")),
		some(p).Where(p.F("name").Eq("x"), f("owner").Eq("u2")),
		some(l).Where(l.F("patron_id").Eq("u1"), l.F("state").Eq("x")),
	)
	authorized := s.authorized(t, ask)
	require.Greater(t, len(authorized), 200)
	require.Less(t, len(authorized), 800)
	want := s.require(t, ask, idsOf(authorized))
	require.Len(t, want.Joins(), 2)

	q, err := authorizer(t, s.db, library.types, ask).AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(authorized), n)
	var seen []bson.Raw
	for skip := int64(0); skip < n+90; skip += 90 {
		page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, mongoauthz.PageRequest{Sort: bson.D{{Key: "owner", Value: 1}}, Skip: skip, Limit: 90})
		require.NoError(t, err)
		require.EqualValues(t, len(authorized), page.Total)
		seen = append(seen, page.Items...)
	}
	require.Equal(t, idsOf(authorized), idsOf(seen))
	require.True(t, slices.IsSortedFunc(seen, func(a, b bson.Raw) int {
		return cmp.Compare(a.Lookup("owner").StringValue()+a.Lookup("_id").StringValue(), b.Lookup("owner").StringValue()+b.Lookup("_id").StringValue())
	}))
}

// The related documents together are larger than a document can be: they must not travel through the pipeline.
func TestJoinsDoNotDragRelatedDocumentsAlong(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p, l := filter.Reach("p", "publisher"), filter.Reach("l", "loans")
	big := strings.Repeat("x", 6<<20)
	for i := range 3 {
		_, err := s.db.Collection("loans").InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "book_id", Value: "private"}, {Key: "state", Value: "big"}, {Key: "text", Value: big}})
		require.NoError(t, err)
	}
	for _, doc := range []bson.D{{{Key: "_id", Value: "big"}, {Key: "book_id", Value: "private"}, {Key: "state", Value: "big"}}} {
		raw, err := bson.Marshal(doc)
		require.NoError(t, err)
		s.docs["loans"] = append(s.docs["loans"], raw) // what the definition needs of them
	}
	for _, id := range []string{"px", "py"} {
		_, err := s.db.Collection("publishers").UpdateByID(t.Context(), id, bson.D{{Key: "$set", Value: bson.D{{Key: "text", Value: big + big}}}})
		require.NoError(t, err)
	}
	s.require(t, filter.For("Book", some(l).Where(l.F("state").Eq("big"))), "private")
	s.require(t, filter.For("Book", some(p).Where(p.F("name").Eq("x")), when(f("public").Eq(true))), "mine public alone array odd")
	s.require(t, filter.For("Book", when(none(some(l).Where(l.F("state").Eq("x"))))), "alone array private")
}

func TestCollationsDoNotAuthorize(t *testing.T) {
	harness.Require(t, harness.Collation)
	t.Parallel()
	db := harness.Database(t)
	require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "create", Value: "books"},
		{Key: "collation", Value: bson.D{{Key: "locale", Value: "en"}, {Key: "strength", Value: 1}}}}).Err())
	_, err := db.Collection("books").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "1"}, {Key: "owner", Value: "Me"}})
	require.NoError(t, err)
	s := stored{db: db}
	az := authorizer(t, s.db, library.types, filter.For("Book", when(f("owner").Eq("me"))))
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "the library runs its queries with the simple collation")
}
