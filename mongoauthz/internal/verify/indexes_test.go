package verify_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/verify"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func raw(t testing.TB, document any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(document)
	require.NoError(t, err)
	return b
}

func TestIndexesThatMayNotServeDoNotCount(t *testing.T) {
	t.Parallel()
	german := bson.M{
		"locale": "de", "strength": 2, "caseLevel": false, "caseFirst": "off", "numericOrdering": false, "alternate": "non-ignorable",
		"maxVariable": "punct", "normalization": false, "backwards": false, "version": "57.1",
	}
	other := bson.M{"locale": "de", "strength": 3, "caseFirst": "off", "alternate": "non-ignorable", "maxVariable": "punct"}
	index := func(extra bson.M) bson.Raw {
		extra["v"], extra["key"] = 2, bson.D{{Key: "owner", Value: 1}}
		return raw(t, extra)
	}
	simple := &options.Collation{Locale: "simple"}
	inGerman := &options.Collation{Locale: "de", Strength: 2}
	var none *options.Collation
	tests := map[string]struct {
		queries  *options.Collation
		index    bson.Raw
		defaults bson.Raw
		counts   bool
	}{
		"a plain one":                                   {simple, index(bson.M{}), nil, true},
		"a unique one":                                  {simple, index(bson.M{"unique": true, "expireAfterSeconds": 5, "sparse": false, "hidden": false}), nil, true},
		"a sparse one":                                  {simple, index(bson.M{"sparse": true}), nil, false},
		"one that an old shell made sparse":             {simple, index(bson.M{"sparse": 1.0}), nil, false},
		"a hidden one":                                  {simple, index(bson.M{"hidden": true}), nil, false},
		"a partial one":                                 {simple, index(bson.M{"partialFilterExpression": bson.M{"public": true}}), nil, false},
		"of another collation":                          {simple, index(bson.M{"collation": german}), nil, false},
		"of the collection's collation":                 {simple, index(bson.M{"collation": german}), raw(t, german), false},
		"of the simple collation":                       {simple, index(bson.M{"collation": bson.M{"locale": "simple"}}), raw(t, german), true},
		"of the collation of the queries":               {inGerman, index(bson.M{"collation": german}), nil, true},
		"of another strength":                           {inGerman, index(bson.M{"collation": other}), nil, false},
		"without the collation of the queries":          {inGerman, index(bson.M{}), nil, false},
		"of the collation that decides where none is":   {none, index(bson.M{"collation": german}), raw(t, german), true},
		"of another than that which decides there":      {none, index(bson.M{"collation": other}), raw(t, german), false},
		"of the simple one where the default is not it": {none, index(bson.M{}), raw(t, german), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := verify.Usable(tt.queries, []bson.Raw{tt.index}, tt.defaults)
			require.Equal(t, tt.counts, len(got) == 1)
		})
	}
}
