package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestVerifyDataTakesOnlyWhatItUnderstands(t *testing.T) {
	t.Parallel()
	var none *mongoauthz.Authorizer
	for _, az := range []*mongoauthz.Authorizer{none, {}} {
		_, err := az.VerifyData(t.Context(), 0)
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
	_, err := authorizer(t, answers(denied)).VerifyData(t.Context(), -1)
	require.EqualError(t, err, "mongoauthz: sample: is negative: 0 reads all documents")
	_, err = authorizer(t, answers(denied), mongoauthz.WithCollation(options.Collation{Locale: "de"})).VerifyData(t.Context(), 0)
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, sample := range []int{0, 5} {
		_, err = authorizer(t, answers(denied)).VerifyData(t.Context(), sample)
		requireDown(t, err)
		_, err = authorizer(t, answers(denied)).VerifyData(ended, sample)
		require.ErrorIs(t, err, context.Canceled)
	}
}
