package mongoauthz_test

import (
	"errors"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestVerifyReportsAllFindingsAtOnce(t *testing.T) {
	t.Parallel()
	typ := func(name, collection string) relations.Type {
		return relations.Type{Name: name, Collection: collection, Fields: []relations.Field{{Name: "_id", Type: relations.AnyType}}}
	}
	schema, err := relations.New(typ("Book", "books"), typ("Volume", "books"), typ("Publisher", "publishers"),
		typ("Loan", "loans"), typ("Note", "notes"), typ("Chapter", ""))
	require.NoError(t, err)
	collated := func(locale string) bson.Raw {
		return raw(t, bson.M{"collation": bson.M{"locale": locale, "strength": 2}})
	}
	err = mongoauthz.Findings(schema, []mongo.CollectionSpecification{
		{Name: "publishers", Type: "view", Options: collated("de")},
		{Name: "notes", Type: "collection", Options: collated("simple")},
		{Name: "loans", Type: "collection", Options: collated("en")},
		{Name: "others", Type: "view"},
	})
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
	require.EqualError(t, err, `mongoauthz: collection "books" (of Book, Volume) does not exist
mongoauthz: collection "loans" (of Loan) has a default collation that is not simple
mongoauthz: collection "publishers" (of Publisher) is a view
mongoauthz: collection "publishers" (of Publisher) has a default collation that is not simple`)

	var found []mongoauthz.VerifyError
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var finding *mongoauthz.VerifyError
		require.True(t, errors.As(e, &finding))
		found = append(found, *finding)
	}
	require.Equal(t, []mongoauthz.VerifyError{
		{Collection: "books", Types: []string{"Book", "Volume"}, Finding: mongoauthz.FindingNoCollection},
		{Collection: "loans", Types: []string{"Loan"}, Finding: mongoauthz.FindingCollation},
		{Collection: "publishers", Types: []string{"Publisher"}, Finding: mongoauthz.FindingView},
		{Collection: "publishers", Types: []string{"Publisher"}, Finding: mongoauthz.FindingCollation},
	}, found)
	require.Equal(t, "Finding(0)", mongoauthz.Finding(0).String())
}

func TestVerifyIsContentWithPlainCollections(t *testing.T) {
	t.Parallel()
	require.NoError(t, mongoauthz.Findings(library(t), []mongo.CollectionSpecification{
		{Name: "books", Type: "collection"}, {Name: "publishers", Type: "collection", Options: raw(t, bson.M{})}, {Name: "notes"},
	}))
}
