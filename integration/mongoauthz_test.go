package integration_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Book is a document of the shelf.
type Book struct {
	ID     int    `bson:"_id"`
	Title  string `bson:"title"`
	Public bool   `bson:"public"`
}

const shelved = 1000

// shelf is a database of three collections, 1,000 books among them, and who of the actor's may be read.
type shelf struct {
	db         *mongo.Database
	schema     *relations.Schema
	authorized []int // the _ids, in order
}

var (
	shelfSchema = []relations.Type{
		{
			Name: "Book", Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "title", Type: relations.String}, {Name: "public", Type: relations.Bool},
				{Name: "publisher_id", Type: relations.Number},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
				{Name: "loans", Kind: relations.HasMany, Type: "Loan", Keys: []relations.KeyPair{{Foreign: "book_id"}}},
			},
		},
		{
			Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "country", Type: relations.String}},
		},
		{
			Name: "Loan", Collection: "loans",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "book_id", Type: relations.Number}, {Name: "patron", Type: relations.String},
			},
		},
	}
	publisher = filter.Reach("p", "publisher")
	loan      = filter.Reach("l", "loans")

	// reading is a clause set over the three collections.
	reading = filter.For("Book",
		filter.Where(filter.F("public").Eq(true)),
		filter.Some(publisher).Where(publisher.F("country").Eq("PT")),
		filter.Some(loan).Where(loan.F("patron").Eq("ann")),
	)
)

// newShelf fills a database of the client. What is authorized is reckoned while it is filled, by nothing of the library.
func newShelf(t testing.TB, db *mongo.Database) *shelf {
	t.Helper()
	s := &shelf{db: db}
	var err error
	s.schema, err = relations.New(shelfSchema...)
	require.NoError(t, err)
	books, publishers, loans := make([]any, shelved), make([]any, 20), []any{}
	for i := range publishers {
		publishers[i] = bson.D{{Key: "_id", Value: i}, {Key: "country", Value: []string{"PT", "DE", "FR", "IT"}[i%4]}}
	}
	for i := range books {
		id := (i * 7919) % shelved // stored in no order
		book := bson.D{{Key: "_id", Value: id}, {Key: "title", Value: fmt.Sprintf("title %d", id%13)}}
		ok := id%10 == 0
		if id%3 != 0 {
			book = append(book, bson.E{Key: "public", Value: ok})
		} else {
			ok = false
		}
		switch id % 5 {
		case 0: // none
		case 1:
			book = append(book, bson.E{Key: "publisher_id", Value: nil})
		case 2: // a list where one is declared reaches nothing
			book = append(book, bson.E{Key: "publisher_id", Value: bson.A{0, 4}})
		default:
			book = append(book, bson.E{Key: "publisher_id", Value: id % 25}) // above 19 there is none
			ok = ok || id%25 < 20 && id%25%4 == 0
		}
		for n := range id % 4 { // up to three by one patron
			patron := []string{"ann", "bob"}[id/4%2]
			loans = append(loans, bson.D{{Key: "_id", Value: len(loans)}, {Key: "book_id", Value: id}, {Key: "patron", Value: patron}, {Key: "n", Value: n}})
			ok = ok || patron == "ann"
		}
		if ok {
			s.authorized = append(s.authorized, id)
		}
		books[i] = book
	}
	slices.Sort(s.authorized)
	require.Greater(t, len(s.authorized), shelved/4)
	require.Less(t, len(s.authorized), 3*shelved/4)
	for name, docs := range map[string][]any{"books": books, "publishers": publishers, "loans": loans} {
		_, err := db.Collection(name).InsertMany(t.Context(), docs)
		require.NoError(t, err)
	}
	_, err = db.Collection("loans").Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "book_id", Value: 1}}})
	require.NoError(t, err)
	return s
}

// authorizer returns one whose policy always gives f, and which knows what the server refuses.
func (s *shelf) authorizer(t testing.TB, f filter.Filter, opts ...mongoauthz.Option) *mongoauthz.Authorizer {
	t.Helper()
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(s.db, s.schema, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) {
		return f, nil
	}), opts...)
	require.NoError(t, err)
	return az
}

func (s *shelf) query(t testing.TB, f filter.Filter, opts ...mongoauthz.Option) *mongoauthz.Query {
	t.Helper()
	q, err := s.authorizer(t, f, opts...).AuthorizedQuery(t.Context(), "ann", "read", "Book")
	require.NoError(t, err)
	return q
}

// ids returns the _ids, duplicates kept.
func ids(books []Book) []int {
	out := make([]int, len(books))
	for i, b := range books {
		out[i] = b.ID
	}
	return out
}

func sorted(ids []int) []int { return slices.Sorted(slices.Values(ids)) }

func stage(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

// monitored is a database of a client that records the commands it sends, and the test's own database of that name.
func monitored(t *testing.T) (db *mongo.Database, commands func(name string) []bson.Raw) {
	t.Helper()
	name := harness.Database(t).Name()
	var mu sync.Mutex
	sent := map[string][]bson.Raw{}
	client, err := mongo.Connect(options.Client().ApplyURI(harness.URI(t)).SetMonitor(&event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) {
			mu.Lock()
			defer mu.Unlock()
			sent[e.CommandName] = append(sent[e.CommandName], slices.Clone(e.Command))
		},
	}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	return client.Database(name), func(name string) []bson.Raw {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(sent[name])
	}
}

func TestOverThreeCollectionsEachAuthorizedDocumentComesOnce(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	q := s.query(t, reading)
	require.Equal(t, filter.Conditional, q.Outcome())

	var all []Book
	require.NoError(t, q.All(t.Context(), &all))
	require.Equal(t, s.authorized, sorted(ids(all)))

	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(s.authorized), n)

	resources, err := mongoauthz.Find[Book](t.Context(), s.authorizer(t, reading), "ann", "read")
	require.NoError(t, err)
	require.Equal(t, s.authorized, sorted(ids(resources)))

	var plain []Book
	cursor, err := q.Collection().Aggregate(t.Context(), append(q.Pipeline(), stage("$sort", bson.D{{Key: "_id", Value: 1}})))
	require.NoError(t, err)
	require.NoError(t, cursor.All(t.Context(), &plain))
	require.Equal(t, s.authorized, ids(plain), "the stages handed out, run by the caller")
}

func TestDocumentsComeInTheirOriginalShape(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	stored := map[int32]bson.Raw{}
	cursor, err := s.db.Collection("books").Find(t.Context(), bson.D{})
	require.NoError(t, err)
	for cursor.Next(t.Context()) {
		stored[cursor.Current.Lookup("_id").Int32()] = slices.Clone(cursor.Current)
	}
	var got []bson.Raw // kept beyond the iteration
	for doc, err := range mongoauthz.Each[bson.Raw](t.Context(), s.query(t, reading), options.Aggregate().SetBatchSize(7)) {
		require.NoError(t, err)
		got = append(got, doc)
	}
	require.Len(t, got, len(s.authorized))
	for _, doc := range got {
		require.Equal(t, stored[doc.Lookup("_id").Int32()], doc)
	}
}

func TestDeniedIsNobodyAndAllowedEverybody(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	for _, f := range []filter.Filter{{}, filter.Deny("Book"), filter.For("Book", filter.Where(filter.F("title").In([]string{})))} {
		q := s.query(t, f)
		n, err := q.Count(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
		resources, err := mongoauthz.Find[Book](t.Context(), s.authorizer(t, f), "ann", "read")
		require.NoError(t, err)
		require.Equal(t, []Book{}, resources)
		page, err := mongoauthz.FetchPage[Book](t.Context(), q, mongoauthz.PageRequest{Limit: 5})
		require.NoError(t, err)
		require.Equal(t, &mongoauthz.Page[Book]{Items: []Book{}}, page)
	}
	n, err := s.query(t, filter.Allow("Book")).Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, shelved, n)
}

func TestAppendedStagesSeeAuthorizedDocumentsOnly(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	q, err := s.query(t, reading).Append(
		stage("$match", bson.M{"$or": bson.A{bson.M{"_id": bson.M{"$gte": 0}}, bson.M{"public": false}}}),
		stage("$group", bson.D{{Key: "_id", Value: "$title"}, {Key: "ids", Value: bson.D{{Key: "$push", Value: "$_id"}}}}),
	)
	require.NoError(t, err)
	var groups []struct{ IDs []int }
	require.NoError(t, q.All(t.Context(), &groups))
	var got []int
	for _, g := range groups {
		got = append(got, g.IDs...)
	}
	require.Equal(t, s.authorized, sorted(got))
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(groups), n, "of what the stages leave")
}

func TestFindFilterIsThePipelineWhereNoJoinIsLeft(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	q := s.query(t, filter.For("Book", filter.Where(filter.F("public").Ne(true)), filter.Where(filter.F("publisher_id").In([]int{0, 3}))))
	f, err := q.FindFilter()
	require.NoError(t, err)
	byID := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}})
	cursor, err := q.Collection().Find(t.Context(), f, byID)
	require.NoError(t, err)
	var found, all []Book
	require.NoError(t, cursor.All(t.Context(), &found))
	require.NoError(t, q.All(t.Context(), &all))
	slices.SortFunc(all, func(a, b Book) int { return cmp.Compare(a.ID, b.ID) })
	require.Equal(t, all, found)
	require.NotEmpty(t, all)
}
