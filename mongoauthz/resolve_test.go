package mongoauthz_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func TestStrategyIsOneOfThree(t *testing.T) {
	t.Parallel()
	require.Equal(t, "automatic", mongoauthz.Automatic.String())
	require.Equal(t, "single command", mongoauthz.SingleCommand.String())
	require.Equal(t, "resolve first", mongoauthz.ResolveFirst.String())
	require.Equal(t, "Strategy(9)", mongoauthz.Strategy(9).String())
	for _, opt := range []mongoauthz.Option{mongoauthz.WithStrategy(3), mongoauthz.WithKeyLimit(0)} {
		_, err := mongoauthz.New(database(t), library(t), answers(filter.Filter{}), opt)
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
}

func TestZeroQueryIsNotResolved(t *testing.T) {
	t.Parallel()
	var q *mongoauthz.Query
	_, err := q.Resolve(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, ok := q.Using(mongoauthz.ResolveFirst).Rechecking().ResolvedAt()
	require.False(t, ok)
	var az *mongoauthz.Authorizer
	require.ErrorIs(t, az.Snapshot(t.Context(), nil), mongoauthz.ErrArgument)
}
