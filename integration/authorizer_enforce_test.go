package integration_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func schemaOf(t testing.TB, types []relations.Type) *relations.Schema {
	t.Helper()
	s, err := relations.New(types...)
	require.NoError(t, err)
	return s
}

// byAction is a policy that gives each action its filter, and denies others.
func byAction(filters map[string]filter.Filter) mongoauthz.Policy {
	return mongoauthz.PolicyFunc(func(_ context.Context, _ any, action, _ string) (filter.Filter, error) {
		return filters[action], nil
	})
}

// The policy of the desk: who may read a book may lend it if it is public; its publisher's country and its loans decide about the rest.
var deskFilters = map[string]filter.Filter{
	"read":   filter.For("Book", filter.Where(filter.F("title").Ne("hidden"))),
	"lend":   filter.For("Book", filter.Where(filter.F("public").Eq(true))),
	"update": filter.For("Book", filter.Some(publisher).Where(publisher.F("country").Eq("PT"))),
	"review": filter.For("Book", filter.Some(publisher).Where(publisher.F("country").Ne("PT"))),
	"return": filter.For("Book", filter.Some(loan).Where(loan.F("patron").Eq("ann"))),
	"all":    filter.Allow("Book"),
}

// desk is four books, two publishers and a loan, and an authorizer over them that declares the actions.
func desk(t testing.TB, db *mongo.Database, opts ...mongoauthz.Option) (*mongoauthz.Authorizer, map[int]bson.Raw) {
	t.Helper()
	books := map[int]bson.Raw{}
	for id, fields := range []bson.D{
		{{Key: "title", Value: "public"}, {Key: "public", Value: true}, {Key: "publisher_id", Value: 1}},
		{{Key: "title", Value: "private"}, {Key: "public", Value: false}, {Key: "publisher_id", Value: 2}},
		{{Key: "title", Value: "hidden"}, {Key: "public", Value: false}},
		{{Key: "title", Value: "hidden"}, {Key: "public", Value: true}, {Key: "publisher_id", Value: 3}},
	} {
		books[id] = raw(t, append(bson.D{{Key: "_id", Value: id}}, fields...))
		_, err := db.Collection("books").InsertOne(t.Context(), books[id])
		require.NoError(t, err)
	}
	for id, country := range []string{"", "PT", "DE"} {
		_, err := db.Collection("publishers").InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}, {Key: "country", Value: country}})
		require.NoError(t, err)
	}
	_, err := db.Collection("loans").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}, {Key: "book_id", Value: 1}, {Key: "patron", Value: "ann"}})
	require.NoError(t, err)
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	opts = append(opts, mongoauthz.WithActions("Book", "read", "lend", "update", "review", "return", "erase", "all"))
	az, err := mongoauthz.New(db, schemaOf(t, shelfSchema), byAction(deskFilters), opts...)
	require.NoError(t, err)
	return az, books
}

func TestForbiddenIsSaidOnlyToThoseWhoMayRead(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	az, books := desk(t, db)
	ok, forbidden, notFound := error(nil), mongoauthz.ErrForbidden, mongoauthz.ErrNotFound
	for _, tt := range []struct {
		action string
		id     int
		want   error
		byID   int // aggregates
		inHand int // finds
	}{
		{"read", 0, ok, 1, 0},
		{"read", 2, notFound, 1, 0},
		{"read", 9, notFound, 1, 0},
		{"lend", 0, ok, 1, 0},
		{"lend", 1, forbidden, 2, 0},
		{"lend", 2, notFound, 2, 0},
		{"lend", 3, ok, 1, 0}, // the action's own filter decides, not that of reading
		{"lend", 9, notFound, 2, 0},
		{"update", 0, ok, 1, 1},
		{"update", 1, forbidden, 2, 1},
		{"update", 2, notFound, 2, 0}, // no key, nothing to look for
		{"update", 3, notFound, 2, 1}, // a dangling one
		{"update", 9, notFound, 2, 0},
		{"return", 1, ok, 1, 1},
		{"return", 0, forbidden, 2, 1},
		{"erase", 0, forbidden, 1, 0}, // denied altogether
		{"erase", 2, notFound, 1, 0},
		{"all", 2, ok, 1, 0},
		{"all", 9, notFound, 2, 0},
	} {
		before := len(commands("aggregate"))
		err := az.Authorize(t.Context(), "ann", tt.action, mongoauthz.ID("Book", tt.id))
		require.Len(t, commands("aggregate"), before+tt.byID, "%+v", tt)
		require.ErrorIs(t, err, tt.want, "%+v", tt)
		book, stored := books[tt.id]
		if !stored {
			continue
		}
		require.Empty(t, commands("getMore"))
		before = len(commands("find"))
		inHand := az.Authorize(t.Context(), "ann", tt.action, mongoauthz.Document("Book", book))
		require.Equal(t, err, inHand, "%+v", tt)
		require.Len(t, commands("find"), before+tt.inHand, "%+v", tt)
	}
	invisible := az.Authorize(t.Context(), "ann", "lend", mongoauthz.ID("Book", 2))
	missing := az.Authorize(t.Context(), "ann", "lend", mongoauthz.ID("Book", 9))
	require.Equal(t, missing, invisible)
	require.NotContains(t, missing.Error(), "9")
	for _, command := range commands("aggregate") {
		stages := command.Lookup("pipeline").Array()
		first, err := stages.IndexErr(0)
		require.NoError(t, err)
		_, err = first.Document().LookupErr("$match", "_id", "$eq")
		require.NoError(t, err, "the document is looked up first, by its _id")
	}
}

func TestTheReadActionIsTheOneNamed(t *testing.T) {
	t.Parallel()
	az, _ := desk(t, harness.Database(t), mongoauthz.WithReadAction("all"))
	require.ErrorIs(t, az.Authorize(t.Context(), "ann", "lend", mongoauthz.ID("Book", 2)), mongoauthz.ErrForbidden)
	require.ErrorIs(t, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Book", 2)), mongoauthz.ErrForbidden)
	require.ErrorIs(t, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Book", 9)), mongoauthz.ErrNotFound)
}

func TestAuthorizedActionsAreThoseThatAuthorizeAllows(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	az, books := desk(t, db)
	want := map[int][]string{
		0: {"read", "lend", "update", "all"}, 1: {"read", "review", "return", "all"}, 2: {"all"}, 3: {"lend", "all"}, 9: {},
	}
	for id, actions := range want {
		before := len(commands("aggregate"))
		got, err := az.AuthorizedActions(t.Context(), "ann", mongoauthz.ID("Book", id))
		require.NoError(t, err)
		require.Equal(t, actions, got, id)
		require.Len(t, commands("aggregate"), before+6, "one command an action, none for that which is denied to all")
		if _, stored := books[id]; !stored {
			continue
		}
		before = len(commands("find"))
		got, err = az.AuthorizedActions(t.Context(), "ann", mongoauthz.Document("Book", books[id]))
		require.NoError(t, err)
		require.Equal(t, actions, got, id)
		require.LessOrEqual(t, len(commands("find")), before+2, "two actions ask for the publisher, it is read once")
	}
}

func TestDocumentsAlreadyFetchedAreFilteredInTheirOrder(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	var all []Book
	var documents []bson.Raw
	cursor, err := db.Collection("books").Find(t.Context(), bson.D{})
	require.NoError(t, err)
	for cursor.Next(t.Context()) {
		var b Book
		require.NoError(t, cursor.Decode(&b))
		all = append(all, b)
		documents = append(documents, append(bson.Raw{}, cursor.Current...))
	}
	before := len(commands("find")) // one of them the test's own
	kept, err := mongoauthz.FilterAuthorized(t.Context(), s.authorizer(t, reading), "ann", "read", "Book", documents, mongoauthz.WithWholeDocuments())
	require.NoError(t, err)
	var got, want []int
	for _, d := range kept {
		got = append(got, int(d.Lookup("_id").Int32()))
	}
	require.Equal(t, s.authorized, sorted(got))
	for _, b := range all {
		for _, id := range s.authorized {
			if b.ID == id {
				want = append(want, id)
			}
		}
	}
	require.Equal(t, want, got, "in the order they were handed in")
	require.Len(t, commands("find"), before+2, "one for all publishers, one for all loans")
}

func TestAnExplanationOfAStoredDocumentSaysWhy(t *testing.T) {
	t.Parallel()
	az, books := desk(t, harness.Database(t))
	x, err := az.Explain(t.Context(), "ann", "update", mongoauthz.ID("Book", 1))
	require.NoError(t, err)
	require.Equal(t, `Book: not authorized (false)
  clause 1: false
    Publisher p, by publisher: 1 found
    p.country = <string>: false: p.country is another value
`, x.String())
	inHand, err := az.Explain(t.Context(), "ann", "update", mongoauthz.Document("Book", books[1]))
	require.NoError(t, err)
	require.Equal(t, x, inHand)

	x, err = az.Explain(t.Context(), "ann", "update", mongoauthz.ID("Book", 0))
	require.NoError(t, err)
	require.True(t, x.Authorized())
	x, err = az.Explain(t.Context(), "ann", "update", mongoauthz.ID("Book", 2))
	require.NoError(t, err)
	require.Equal(t, `Book: not authorized (unknown)
  clause 1: unknown
    Publisher p, by publisher: not found, and whether there is one is not known
    p.country = <string>: unknown: p.country is of an entity that was not found
`, x.String())

	_, err = az.Explain(t.Context(), "ann", "update", mongoauthz.ID("Book", 9))
	require.ErrorIs(t, err, mongoauthz.ErrNotFound)
}

func TestWhatIsRelatedToANewDocumentDecides(t *testing.T) {
	t.Parallel()
	az, _ := desk(t, harness.Database(t))
	for publisher, want := range map[any]error{1: nil, 2: mongoauthz.ErrForbidden, 3: mongoauthz.ErrForbidden, nil: mongoauthz.ErrForbidden} {
		err := az.AuthorizeNew(t.Context(), "ann", "update", mongoauthz.Document("Book", bson.D{{Key: "publisher_id", Value: publisher}}))
		require.ErrorIs(t, err, want)
	}
	// Nothing refers to a document that has no _id yet.
	err := az.AuthorizeNew(t.Context(), "ann", "return", mongoauthz.Document("Book", bson.D{{Key: "title", Value: "new"}}))
	require.ErrorIs(t, err, mongoauthz.ErrForbidden)
}

func TestAnIDIsConvertedAsTheSchemaDeclares(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	id := bson.NewObjectID()
	_, err := db.Collection("notes").InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}})
	require.NoError(t, err)
	_, err = db.Collection("plain").InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}})
	require.NoError(t, err)
	s := &shelf{db: db, schema: schemaOf(t, []relations.Type{
		{Name: "Note", Collection: "notes", Fields: []relations.Field{{Name: "_id", Type: relations.ObjectID, Convert: relations.FromHex}}},
		{Name: "Plain", Collection: "plain", Key: "title", Fields: []relations.Field{{Name: "title", Type: relations.String}}}, // says nothing of _id
	})}
	for _, tt := range []struct {
		typ  string
		id   any
		want error
	}{
		{"Note", id, nil},
		{"Note", id.Hex(), nil},
		{"Note", "no id", mongoauthz.ErrNotFound},
		{"Note", 7, mongoauthz.ErrArgument},
		{"Note", bson.NewObjectID(), mongoauthz.ErrNotFound},
		{"Plain", id, nil},
		{"Plain", id.Hex(), mongoauthz.ErrNotFound},
		{"Plain", bson.D{{Key: "$exists", Value: true}}, mongoauthz.ErrNotFound}, // a value, not an operator
		{"Plain", bson.M{"a": 1}, mongoauthz.ErrArgument},                        // its fields have no order
	} {
		az := s.authorizer(t, filter.Allow(tt.typ))
		require.ErrorIs(t, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID(tt.typ, tt.id)), tt.want, "%+v", tt)
		if _, err := az.Explain(t.Context(), "ann", "read", mongoauthz.ID(tt.typ, tt.id)); tt.want != nil {
			require.ErrorIs(t, err, tt.want)
		}
	}
}
