package mongoauthz_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func TestConsistencyIsOneOfTheConstants(t *testing.T) {
	t.Parallel()
	for c, text := range map[mongoauthz.Consistency]string{
		mongoauthz.Cheapest: "cheapest", mongoauthz.KeysFirst: "keys first", mongoauthz.Rechecked: "rechecked",
		mongoauthz.SingleCommand: "single command", mongoauthz.Snapshot: "snapshot", 9: "Consistency(9)",
	} {
		require.Equal(t, text, c.String())
	}
	for _, opt := range []mongoauthz.Option{mongoauthz.WithConsistency(9), mongoauthz.WithKeyLimit(0)} {
		_, err := mongoauthz.New(database(t), library(t), answers(filter.Filter{}), opt)
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
	_, err := query(t, conditional).WithConsistency(9).Count(t.Context())
	require.EqualError(t, err, "mongoauthz: WithConsistency: Consistency(9) is none: use one of the constants")
}

func TestASnapshotEndsWithTheCall(t *testing.T) {
	t.Parallel()
	q := query(t, conditional).WithConsistency(mongoauthz.Snapshot)
	_, err := q.Aggregate(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, err = q.Resolve(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}

func TestZeroQueryIsNotResolved(t *testing.T) {
	t.Parallel()
	var q *mongoauthz.Query
	_, err := q.Resolve(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, ok := q.WithConsistency(mongoauthz.KeysFirst).ResolvedAt()
	require.False(t, ok)
}
