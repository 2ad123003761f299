package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestEachYieldsEveryDocumentEachTime(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	books := mongoauthz.Each[Book](t.Context(), s.query(t, reading), options.Aggregate().SetBatchSize(50))
	for range 2 {
		var got []int
		for b, err := range books {
			require.NoError(t, err)
			got = append(got, b.ID)
		}
		require.Equal(t, s.authorized, sorted(got))
	}
}

func TestBreakingOffClosesTheCursor(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	batches := options.Aggregate().SetBatchSize(2)
	n := 0
	for _, err := range mongoauthz.Each[bson.Raw](t.Context(), s.query(t, reading), batches) {
		require.NoError(t, err)
		if n++; n == 3 {
			break
		}
	}
	require.Len(t, commands("killCursors"), 1)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n = 0
	for _, last = range mongoauthz.Each[bson.Raw](ctx, s.query(t, reading), batches) {
		if n++; n == 3 {
			cancel()
		}
	}
	require.ErrorIs(t, last, context.Canceled, "the last thing an iteration says")
	require.Less(t, n, len(s.authorized))
	require.Len(t, commands("killCursors"), 2, "also when the context is at its end")
}

func TestIterationStopsAtADocumentThatDoesNotDecode(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	var errs []error
	for _, err := range mongoauthz.Each[struct{ Title int }](t.Context(), s.query(t, reading)) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "title")
}

func TestTimeLimitDoesNotEndACursorThatWasHandedOut(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	cursor, err := s.query(t, reading, mongoauthz.WithTimeLimit(time.Minute)).Aggregate(t.Context(), options.Aggregate().SetBatchSize(2))
	require.NoError(t, err)
	var books []Book
	require.NoError(t, cursor.All(t.Context(), &books))
	require.Equal(t, s.authorized, sorted(ids(books)))
}

func TestTimeLimitEndsAQueryThatTakesLonger(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	_, err := s.query(t, reading, mongoauthz.WithTimeLimit(time.Millisecond)).Count(t.Context())
	require.True(t, mongo.IsTimeout(err), "%v", err)
}

func TestDriverOptionsReachTheServer(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	q, err := s.query(t, reading).WithConsistency(mongoauthz.SingleCommand).Append(stage("$match", bson.M{"$expr": bson.M{"$lt": bson.A{"$_id", "$$below"}}}))
	require.NoError(t, err)
	opts := options.Aggregate().SetLet(bson.M{"below": 500}).SetBatchSize(3).SetComment("a list").SetAllowDiskUse(true)
	n, err := q.Count(t.Context(), options.Aggregate().SetBatchSize(9), opts)
	require.NoError(t, err)
	below, _ := slices.BinarySearch(s.authorized, 500)
	require.EqualValues(t, below, n)
	sent := commands("aggregate")
	require.Len(t, sent, 1)
	require.Equal(t, "a list", sent[0].Lookup("comment").StringValue())
	require.EqualValues(t, 3, sent[0].Lookup("cursor", "batchSize").AsInt64(), "the last wins")
	require.True(t, sent[0].Lookup("allowDiskUse").Boolean())
}

func TestCollationIsSimpleUnlessNamedOtherwise(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	sends := func(want string, wanted error, opts ...mongoauthz.Option) {
		t.Helper()
		az, err := mongoauthz.New(db, s.schema, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) {
			return reading, nil
		}), opts...)
		require.NoError(t, err)
		q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
		require.NoError(t, err)
		before := len(commands("aggregate"))
		n, err := q.Count(t.Context())
		if wanted == nil {
			require.NoError(t, err)
			require.EqualValues(t, len(s.authorized), n)
		} else {
			require.ErrorAs(t, err, &mongo.CommandError{}, "the server's own error, and no second try")
			require.Zero(t, n)
		}
		sent := commands("aggregate")
		require.Len(t, sent, before+min(2, 1+int(n)), "the keys, and the list unless they are refused")
		for _, command := range sent[before:] {
			locale, _ := command.Lookup("collation", "locale").StringValueOK()
			require.Equal(t, want, locale)
		}
	}
	var refused error
	if !harness.Has(t, harness.Collation) {
		refused = mongo.CommandError{}
	}
	sends("simple", refused)
	sends("en", refused, mongoauthz.WithCollation(options.Collation{Locale: "en"}))
	sends("", nil, mongoauthz.WithoutCollation())
}

func TestDefaultCollationDoesNotDecideWhoIsAuthorized(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Collation)
	s := newShelf(t, harness.Database(t))
	require.NoError(t, s.db.Collection("books").Drop(t.Context()))
	ignoringCase := options.Collation{Locale: "en", Strength: 2}
	require.NoError(t, s.db.CreateCollection(t.Context(), "books", options.CreateCollection().SetCollation(&ignoringCase)))
	_, err := s.db.Collection("books").InsertOne(t.Context(), Book{ID: 1, Title: "Admin"})
	require.NoError(t, err)
	f := filter.For("Book", filter.Where(filter.F("title").Eq("admin")))

	n, err := s.query(t, f).Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)

	n, err = s.query(t, f, mongoauthz.WithCollation(ignoringCase)).Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "as named")
}

func TestVerifyFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	az := s.authorizer(t, reading)
	require.NoError(t, az.Verify(t.Context()))

	require.NoError(t, s.db.Collection("loans").Drop(t.Context()))
	require.NoError(t, s.db.Collection("publishers").Drop(t.Context()))
	err := az.Verify(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
	require.EqualError(t, err, `mongoauthz: collection "loans" (of Loan) does not exist
mongoauthz: collection "publishers" (of Publisher) does not exist`)
}

func TestVerifyFindsACollationThatIsNotSimple(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Collation)
	s := newShelf(t, harness.Database(t))
	require.NoError(t, s.db.Collection("loans").Drop(t.Context()))
	require.NoError(t, s.db.CreateCollection(t.Context(), "loans", options.CreateCollection().SetCollation(&options.Collation{Locale: "en"})))
	var found *mongoauthz.VerifyError
	require.ErrorAs(t, s.authorizer(t, reading).Verify(t.Context()), &found)
	require.Equal(t, mongoauthz.FindingCollation, found.Finding)
}

func TestVerifyFindsAView(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Views)
	s := newShelf(t, harness.Database(t))
	require.NoError(t, s.db.Collection("loans").Drop(t.Context()))
	require.NoError(t, s.db.CreateView(t.Context(), "loans", "books", mongo.Pipeline{}))
	var found *mongoauthz.VerifyError
	require.ErrorAs(t, s.authorizer(t, reading).Verify(t.Context()), &found)
	require.Equal(t, mongoauthz.FindingView, found.Finding)
}

func TestQueryThatRunsIsOneRecord(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	q := s.query(t, reading, mongoauthz.WithLogger(logger), mongoauthz.WithConsistency(mongoauthz.SingleCommand))
	require.Zero(t, out.Len(), "before it runs")
	var books []Book
	require.NoError(t, q.All(t.Context(), &books, options.Aggregate().SetBatchSize(10)))

	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record), "one record: %s", out.String())
	require.Equal(t, "DEBUG", record["level"])
	require.Equal(t, "books", record["collection"])
	require.Greater(t, record["duration"], 0.0)
	require.NotContains(t, record, "failed")
	var stages []map[string]any
	require.NoError(t, json.Unmarshal([]byte(record["pipeline"].(string)), &stages))
	require.Len(t, stages, len(q.Pipeline()))
	require.NotContains(t, record["pipeline"], "ann")
}

func TestTheServerIsToldOfTheDeadlineOfAnAnswer(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	q := s.query(t, reading, mongoauthz.WithTimeLimit(time.Minute))
	_, err := q.Count(t.Context())
	require.NoError(t, err)
	sent := commands("aggregate")
	require.Len(t, sent, 2)
	for _, command := range sent {
		ms := command.Lookup("maxTimeMS").AsInt64()
		require.Positive(t, ms)
		require.LessOrEqual(t, ms, time.Minute.Milliseconds())
	}
	cursor, err := q.WithConsistency(mongoauthz.SingleCommand).Aggregate(t.Context())
	require.NoError(t, err)
	require.NoError(t, cursor.Close(t.Context()))
	_, err = commands("aggregate")[2].LookupErr("maxTimeMS")
	require.Error(t, err, "a cursor that is handed out may be read for longer")
}
