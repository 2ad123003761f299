package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

type (
	// cutBook has what a projection left: neither title nor chapters.
	cutBook struct {
		ID     int  `bson:"_id"`
		Public bool `bson:"public"`
	}
	chapterNumber struct {
		N int `bson:"n"`
	}
	// bookOfNumbers has chapters without their titles.
	bookOfNumbers struct {
		Chapters []chapterNumber `bson:"chapters"`
	}
	note struct {
		ID int `bson:"_id"`
	}
)

// chapter is an entity that conditions may speak of.
var chapter = filter.Reach("c", "chapters")

func TestAGoTypeThatLacksWhatThePolicyReadsIsRefused(t *testing.T) {
	t.Parallel()
	untitled := filter.For("Book", filter.Where(filter.F("title").IsNull()))
	for name, tt := range map[string]struct {
		filter   filter.Filter
		document any
		problem  string
	}{
		"IsNull of the field": {untitled, cutBook{}, `a mongoauthz_test.cutBook has no field for "title", which the policy reads of a Book`},
		"behind a pointer":    {untitled, &cutBook{}, `no field for "title"`},
		"in a negation":       {filter.For("Book", filter.Where(filter.Not(filter.F("tags").Contains("x")))), cutBook{}, `no field for "tags"`},
		"the key of a relation": {
			filter.For("Book", filter.Where(filter.None(filter.Some(filter.Reach("p", "publisher")).Where(filter.Reach("p", "publisher").F("name").Eq("x"))))),
			cutBook{}, `no field for "publisher_id"`,
		},
		"a list of documents": {filter.For("Book", filter.Where(filter.None(filter.Some(chapter).Where(chapter.F("title").Eq("x"))))), cutBook{}, `no field for "chapters"`},
		"inside a list of documents": {
			filter.For("Book", filter.Some(chapter).Where(chapter.F("title").IsNull())), bookOfNumbers{}, `no field for "chapters.title"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			az := authorizer(t, answers(tt.filter), readable)
			kept, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", []any{tt.document}, mongoauthz.WithWholeDocuments())
			require.Nil(t, kept)
			for _, err := range []error{
				err,
				az.Authorize(t.Context(), "ann", "read", mongoauthz.Document("Book", tt.document)),
				second(az.AuthorizedActions(t.Context(), "ann", mongoauthz.Document("Book", tt.document))),
				second(az.Explain(t.Context(), "ann", "read", mongoauthz.Document("Book", tt.document))),
			} {
				require.ErrorIs(t, err, mongoauthz.ErrArgument)
				require.ErrorContains(t, err, tt.problem)
				require.ErrorContains(t, err, "add the field and read it, or decide by ID")
			}
		})
	}
}

func TestAScopeIsAmongWhatAGoTypeMustHave(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(filter.Allow("Note")), mongoauthz.WithParameters(tenant))
	_, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Note", []note{{1}})
	require.ErrorContains(t, err, `no field for "tenant"`)
}

func TestANewDocumentIsWholeAsItIs(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(filter.For("Book", filter.Where(filter.F("title").IsNull()))))
	require.NoError(t, az.AuthorizeNew(t.Context(), "ann", "read", mongoauthz.Document("Book", cutBook{})))
}

func TestWhatIsNotReadMayBeLeftOut(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	kept, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", []cutBook{{1, true}, {2, false}})
	require.NoError(t, err)
	require.Equal(t, []cutBook{{1, true}}, kept)
	raws, err := mongoauthz.FilterAuthorized(t.Context(), authorizer(t, answers(allowed)), "ann", "read", "Book", []bson.M{{}})
	require.NoError(t, err, "nothing is read of it, so it need not be read again")
	require.Len(t, raws, 1)
}

func TestARawDocumentIsReadAgainUnlessItIsSaidToBeWhole(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	filtered := func(document any, opts ...mongoauthz.FilterOption) error {
		return second(mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", []any{document}, opts...))
	}
	whole := bson.D{{Key: "_id", Value: 1}, {Key: "public", Value: true}}
	require.NoError(t, filtered(whole, mongoauthz.WithWholeDocuments()))
	for _, document := range []any{whole, bson.M{"_id": 1}, raw(t, bson.M{"_id": 1})} {
		require.ErrorContains(t, filtered(document), "find in books", "%T: no server is there", document)
	}
	require.ErrorIs(t, filtered(Leaflet{}), mongoauthz.ErrArgument, "which encodes itself, and has no _id")
	require.ErrorContains(t, filtered(bson.D{{Key: "public", Value: true}}), "say WithWholeDocuments")
	require.ErrorIs(t, filtered(whole, nil), mongoauthz.ErrArgument)
}

func tenant(context.Context, any) (map[string]any, error) {
	return map[string]any{"tenant": "t1"}, nil
}

func TestFilteringKeepsTheOrderAndWhatIsAuthorized(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	books := []*PublicBook{{true}, {false}, {true}, {false}}
	kept, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", books)
	require.NoError(t, err)
	require.Equal(t, []*PublicBook{books[0], books[2]}, kept)
	require.Same(t, books[2], kept[1])
	_ = append(kept, books[1])
	require.False(t, books[1].Public)

	mixed, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", []any{bson.M{"public": true}, bson.D{}, Leaflet{}}, mongoauthz.WithWholeDocuments())
	require.NoError(t, err)
	require.Equal(t, []any{bson.M{"public": true}, Leaflet{}}, mixed)
	none, err := mongoauthz.FilterAuthorized[bson.Raw](t.Context(), az, "ann", "read", "Book", nil)
	require.NoError(t, err)
	require.Equal(t, []bson.Raw{}, none)

	for name, tt := range map[string]struct {
		az       *mongoauthz.Authorizer
		resource string
		document any
		is       error
	}{
		"a nil document":    {az, "Book", nil, mongoauthz.ErrArgument},
		"an unknown type":   {az, "Shelf", bson.D{}, mongoauthz.ErrUnknownResource},
		"broken BSON":       {az, "Book", bson.Raw{1}, evaluate.ErrDocument},
		"another type":      {az, "Publisher", bson.D{}, filter.ErrMalformed},
		"no Authorizer":     {nil, "Book", bson.D{}, mongoauthz.ErrArgument},
		"another collation": {authorizer(t, answers(allowed), mongoauthz.WithCollation(options.Collation{Locale: "en"})), "Book", bson.D{}, pipeline.ErrUnsupported},
	} {
		kept, err := mongoauthz.FilterAuthorized(t.Context(), tt.az, "ann", "read", tt.resource, []any{bson.D{{Key: "public", Value: true}}, tt.document}, mongoauthz.WithWholeDocuments())
		require.ErrorIs(t, err, tt.is, name)
		require.Nil(t, kept, name)
	}
}
