package integration_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func listed(t testing.TB, q *mongoauthz.Query) []int {
	t.Helper()
	var books []Book
	require.NoError(t, q.All(t.Context(), &books))
	return sorted(ids(books))
}

func TestEveryConsistencyReturnsTheSameList(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	for _, consistency := range []mongoauthz.Consistency{mongoauthz.Cheapest, mongoauthz.KeysFirst, mongoauthz.Rechecked, mongoauthz.SingleCommand} {
		require.Equal(t, s.authorized, listed(t, s.query(t, reading, mongoauthz.WithConsistency(consistency))), consistency.String())
		require.Equal(t, s.authorized, listed(t, s.query(t, reading).WithConsistency(consistency)), consistency.String())
	}
}

func TestAListIsTwoCommandsOfWhichOneReadsAllKeys(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	q := s.query(t, reading) // two clauses join, with different collections
	sends := func(n int, f func(q *mongoauthz.Query) error) {
		t.Helper()
		before := len(commands("aggregate"))
		require.NoError(t, f(q))
		require.Len(t, commands("aggregate"), before+n)
	}
	var books []Book
	sends(2, func(q *mongoauthz.Query) error { return q.All(t.Context(), &books) })
	sends(2, func(q *mongoauthz.Query) error { _, err := q.Count(t.Context()); return err })
	sends(3, func(q *mongoauthz.Query) error {
		_, err := mongoauthz.FetchPage[Book](t.Context(), q, mongoauthz.PageRequest{Limit: 5})
		return err
	})
	sends(1, func(q *mongoauthz.Query) error {
		_, err := q.WithConsistency(mongoauthz.SingleCommand).Count(t.Context())
		return err
	})
	resolved, err := q.Resolve(t.Context())
	require.NoError(t, err)
	q = resolved
	sends(1, func(q *mongoauthz.Query) error { _, err := q.Count(t.Context()); return err })
	sends(0, func(q *mongoauthz.Query) error { _, err := q.Resolve(t.Context()); return err })
}

// A server answers with 101 documents first, unless it is asked for more.
func TestManyKeysAndLongPagesComeInOneReply(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	var books, loans []any
	for i := range 300 {
		books = append(books, bson.D{{Key: "_id", Value: 100_000 + i}})
		loans = append(loans, bson.D{{Key: "_id", Value: 100_000 + i}, {Key: "book_id", Value: 100_000 + i}, {Key: "patron", Value: "ann"}})
	}
	_, err := db.Collection("books").InsertMany(t.Context(), books)
	require.NoError(t, err)
	_, err = db.Collection("loans").InsertMany(t.Context(), loans)
	require.NoError(t, err)
	q := s.query(t, reading)
	require.Len(t, listed(t, q), len(s.authorized)+300)
	page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, mongoauthz.PageRequest{Limit: 200})
	require.NoError(t, err)
	require.Len(t, page.Items, 200)
	require.Empty(t, commands("getMore"))

	var few []bson.Raw
	require.NoError(t, q.All(t.Context(), &few, options.Aggregate().SetBatchSize(150)))
	require.Len(t, few, len(s.authorized)+300)
	require.NotEmpty(t, commands("getMore"), "the caller's option wins")
}

func TestAResolvedQuerySaysWhenItsKeysWereRead(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	q := s.query(t, reading)
	_, ok := q.ResolvedAt()
	require.False(t, ok)
	before := time.Now()
	resolved, err := q.Resolve(t.Context())
	require.NoError(t, err)
	at, ok := resolved.ResolvedAt()
	require.True(t, ok)
	require.False(t, at.Before(before) || at.After(time.Now()))
	_, ok = q.ResolvedAt()
	require.False(t, ok, "the query itself does not change")
}

func TestAResolvedQueryIsAFilterForWrites(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	q := s.query(t, reading)
	_, err := q.FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	resolved, err := q.Resolve(t.Context())
	require.NoError(t, err)
	find, err := resolved.FindFilter()
	require.NoError(t, err)
	n, err := db.Collection("books").CountDocuments(t.Context(), find)
	require.NoError(t, err)
	require.EqualValues(t, len(s.authorized), n)

	before := len(commands("aggregate"))
	result, err := resolved.UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "seen", Value: true}}}})
	require.NoError(t, err)
	require.EqualValues(t, len(s.authorized), result.MatchedCount)
	require.Len(t, commands("aggregate"), before, "nothing is chosen before")
	n, err = db.Collection("books").CountDocuments(t.Context(), bson.D{{Key: "seen", Value: true}})
	require.NoError(t, err)
	require.EqualValues(t, len(s.authorized), n)
}

func TestJoinsStayBeyondTheKeyLimitAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	q := s.query(t, reading, mongoauthz.WithKeyLimit(5), mongoauthz.WithLogger(logger)) // five publishers, and more loans
	require.Equal(t, s.authorized, listed(t, q))
	require.Contains(t, out.String(), `msg="authorized query joins"`)
	require.Contains(t, out.String(), `problem="more than 5 keys"`)

	resolved, err := q.Resolve(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, joins(resolved))
	profile, err := resolved.Profile(t.Context())
	require.NoError(t, err)
	var methods []pipeline.JoinMethod
	for _, c := range profile.Clauses {
		methods = append(methods, c.Method)
	}
	require.ElementsMatch(t, []pipeline.JoinMethod{pipeline.Match, pipeline.Keys, pipeline.Lookup}, methods)
}

func TestAKeyThatIsNoMereValueIsJoined(t *testing.T) {
	t.Parallel()
	for name, hostile := range map[string]any{
		"regex":    bson.Regex{Pattern: "."},
		"operator": bson.D{{Key: "$gt", Value: ""}},
		"symbol":   bson.Symbol("7"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t, harness.Database(t))
			loans := s.db.Collection("loans")
			_, err := loans.InsertOne(t.Context(), bson.D{{Key: "_id", Value: -1}, {Key: "book_id", Value: hostile}, {Key: "patron", Value: "ann"}})
			require.NoError(t, err)
			q := s.query(t, reading)
			require.Equal(t, s.authorized, listed(t, q))
			resolved, err := q.Resolve(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, joins(resolved), "that of the loans")
		})
	}
}

func TestNullAndArraysAmongKeysReachNothing(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	_, err := s.db.Collection("loans").InsertOne(t.Context(), bson.D{
		{Key: "_id", Value: -1}, {Key: "book_id", Value: bson.A{nil, bson.A{s.missing()}}}, {Key: "patron", Value: "ann"},
	})
	require.NoError(t, err)
	q := s.query(t, reading)
	require.Equal(t, s.authorized, listed(t, q))
	resolved, err := q.Resolve(t.Context())
	require.NoError(t, err)
	require.Zero(t, joins(resolved))
}

// joins returns how many joins are left to the pipeline of a query.
func joins(q *mongoauthz.Query) (n int) {
	for _, stage := range q.Pipeline() {
		if stage[0].Key == "$lookup" {
			n++
		}
	}
	return n
}

// missing is the id of a book that is not authorized.
func (s *shelf) missing() int {
	for id := range shelved {
		if len(s.authorized) <= id || s.authorized[id] != id {
			return id
		}
	}
	return shelved
}

func TestRecheckingSeesARevocationThatTheKeysDoNot(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	f := filter.For("Book", filter.Some(filter.Reach("l", "loans")).Where(filter.Reach("l", "loans").F("patron").Eq("ann")))
	resolved, err := s.query(t, f).Resolve(t.Context())
	require.NoError(t, err)
	before := listed(t, resolved)
	require.NotEmpty(t, before)
	_, err = s.db.Collection("loans").DeleteMany(t.Context(), bson.D{{Key: "patron", Value: "ann"}})
	require.NoError(t, err)
	require.Equal(t, before, listed(t, resolved), "the keys are of before")
	_, ok := resolved.WithConsistency(mongoauthz.Snapshot).ResolvedAt()
	require.False(t, ok, "keys of another moment are no part of a snapshot")
	require.Empty(t, listed(t, resolved.WithConsistency(mongoauthz.Rechecked)))
	require.Empty(t, listed(t, s.query(t, f)), "a query that runs reads its keys anew")
}

func TestASnapshotIsOneMoment(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.SnapshotReads)
	s := newShelf(t, harness.Database(t))
	q := s.query(t, reading)
	n := 0
	for _, err := range mongoauthz.Each[Book](t.Context(), q.WithConsistency(mongoauthz.Snapshot), options.Aggregate().SetBatchSize(1)) {
		require.NoError(t, err)
		n++
		_, err = s.db.Collection("books").DeleteMany(t.Context(), bson.D{})
		require.NoError(t, err)
	}
	require.Equal(t, len(s.authorized), n, "all are of before the deletion")
	require.Empty(t, listed(t, q))
}

func TestProfileSaysHowAQueryRunsAndNoValues(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	p, err := s.query(t, reading).Profile(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(s.authorized), p.Documents)
	require.Positive(t, p.Keys)
	var methods []pipeline.JoinMethod
	for _, c := range p.Clauses {
		methods = append(methods, c.Method)
	}
	require.ElementsMatch(t, []pipeline.JoinMethod{pipeline.Match, pipeline.Keys, pipeline.Keys}, methods)
	require.Len(t, p.Commands, 2)
	require.Equal(t, "publishers", p.Commands[0].Collection)
	require.Equal(t, "books", p.Commands[1].Collection)
	require.Len(t, commands("aggregate"), 2, "besides the explanations")
	for _, c := range p.Commands {
		require.Positive(t, c.Duration)
		if harness.Compat(t) {
			require.EqualValues(t, -1, c.Examined, "the compatible server does not say")
		} else {
			require.Positive(t, c.Examined)
		}
	}
	require.Contains(t, p.String(), "count: aggregate books")
	require.NotContains(t, p.String(), "ann")

	p, err = s.query(t, reading).WithConsistency(mongoauthz.SingleCommand).Profile(t.Context())
	require.NoError(t, err)
	require.Len(t, p.Commands, 1)
	require.Zero(t, p.Keys)
}
