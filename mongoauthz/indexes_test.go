package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// keys returns the keys of indexes, by collection, as text.
func keys(t testing.TB, indexes []pipeline.Index) (out []string) {
	t.Helper()
	for _, ix := range indexes {
		out = append(out, ix.Collection+text(t, mongo.Pipeline{ix.Keys}))
	}
	return out
}

func TestIndexesAreThoseOfTheQuestions(t *testing.T) {
	t.Parallel()
	policy := mongoauthz.PolicyFunc(func(_ context.Context, actor any, _, resource string) (filter.Filter, error) {
		if actor == "kim" {
			return joined, nil
		}
		return conditional, nil
	})
	ask := func(opts []mongoauthz.Option, questions ...mongoauthz.Listing) []string {
		indexes, err := authorizer(t, policy, opts...).Indexes(t.Context(), questions...)
		require.NoError(t, err)
		return keys(t, indexes)
	}
	ann := mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book"}
	newest := mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book", Sort: bson.D{{Key: "pages", Value: -1}}}
	kim := mongoauthz.Listing{Actor: "kim", Action: "read", Resource: "Book"}
	require.Empty(t, ask(nil))
	require.Equal(t, []string{`books[{"public":1}]`}, ask(nil, ann))
	require.Equal(t, []string{`books[{"public":1,"pages":-1,"_id":1}]`}, ask(nil, ann, newest))
	require.Equal(t, []string{`books[{"public":1}]`, `books[{"publisher_id":1}]`, `publishers[{"name":1}]`}, ask(nil, ann, kim))
	require.Empty(t, ask([]mongoauthz.Option{mongoauthz.WithConsistency(mongoauthz.SingleCommand)}, kim), "publishers are found by their _id")
}

func TestIndexesRefuseWhatTheQuestionsCannotMean(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	_, err := az.Indexes(t.Context(), mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Shelf"})
	require.ErrorIs(t, err, mongoauthz.ErrUnknownResource)
	_, err = az.Indexes(t.Context(), mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book", Sort: bson.D{{Key: "$natural", Value: 1}}})
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	var none *mongoauthz.Authorizer
	_, err = none.Indexes(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}

func TestIndexModelsHaveTheCollationOfTheQueries(t *testing.T) {
	t.Parallel()
	indexes := []pipeline.Index{{Collection: "books", Keys: bson.D{{Key: "owner", Value: int32(1)}}}, {Collection: "books", Keys: bson.D{{Key: "title", Value: int32(1)}}}}
	collation := func(opts ...mongoauthz.Option) *options.Collation {
		models := authorizer(t, answers(conditional), opts...).IndexModels(indexes)
		require.Len(t, models, 1)
		require.Len(t, models["books"], 2)
		require.Equal(t, indexes[1].Keys, models["books"][1].Keys)
		if models["books"][0].Options == nil {
			return nil
		}
		var o options.IndexOptions
		for _, set := range models["books"][0].Options.List() {
			require.NoError(t, set(&o))
		}
		return o.Collation
	}
	require.Equal(t, &options.Collation{Locale: "simple"}, collation())
	require.Equal(t, &options.Collation{Locale: "de", Strength: 2}, collation(mongoauthz.WithCollation(options.Collation{Locale: "de", Strength: 2})))
	require.Nil(t, collation(mongoauthz.WithoutCollation()))
}

func TestVerifyReportsMissingIndexesBesides(t *testing.T) {
	t.Parallel()
	missing := pipeline.Index{Collection: "books", Keys: bson.D{{Key: "owner", Value: int32(1)}, {Key: "pages", Value: int32(-1)}}}
	err := mongoauthz.Findings(library(t), []mongo.CollectionSpecification{{Name: "books"}, {Name: "publishers"}, {Name: "notes", Type: "view"}}, missing)
	require.EqualError(t, err, `mongoauthz: collection "notes" (of Note) is a view
mongoauthz: collection "books" (of Book) has no index books {owner: 1, pages: -1}: create it (Authorizer.IndexModels)`)
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
}
