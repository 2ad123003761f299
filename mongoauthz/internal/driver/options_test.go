package driver_test

import (
	"context"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/xoptions"
)

func TestMergeLetsTheLastOptionWin(t *testing.T) {
	t.Parallel()
	var none *options.AggregateOptionsBuilder
	merged, err := driver.Merge([]options.Lister[options.AggregateOptions]{
		options.Aggregate().SetBatchSize(1).SetComment("a"), nil, none, options.Aggregate().SetBatchSize(2),
	})
	require.NoError(t, err)
	require.Equal(t, int32(2), *merged.BatchSize)
	require.Equal(t, "a", merged.Comment)

	again, err := driver.Merge([]options.Lister[options.AggregateOptions]{
		options.Aggregate().SetBatchSize(9), driver.Exactly(merged),
	})
	require.NoError(t, err)
	require.Equal(t, merged, again)
}

func TestHasInternalSeesWhatIsSet(t *testing.T) {
	t.Parallel()
	require.False(t, driver.HasInternal(options.AggregateOptions{}))
	o := options.Aggregate()
	require.NoError(t, xoptions.SetInternalAggregateOptions(o, "rawData", true))
	merged, err := driver.Merge([]options.Lister[options.AggregateOptions]{o})
	require.NoError(t, err)
	require.True(t, driver.HasInternal(merged))
}

func TestMaxTimeIsWhatIsLeftOfTheDeadline(t *testing.T) {
	t.Parallel()
	require.Nil(t, driver.MaxTime(t.Context()))
	for left, want := range map[time.Duration]bool{-time.Hour: true, 1000 * time.Hour: false} {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(left))
		fields := driver.MaxTime(ctx)
		cancel()
		if !want {
			require.Nil(t, fields)
			continue
		}
		require.EqualValues(t, 1, fields["maxTimeMS"])
	}
}
