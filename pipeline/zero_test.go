package pipeline_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A Decimal128 with more digits than one has stands for zero, so that a missing field that counts as zero is not different from it.
func TestAMissingZeroIsNotDifferentFromADecimalThatIsNotCanonical(t *testing.T) {
	t.Parallel()
	s, err := relations.New(relations.Type{Name: "Book", Collection: "books", Fields: []relations.Field{{Name: "n", Type: relations.Number, AbsentZero: 0}}})
	require.NoError(t, err)
	big := bson.NewDecimal128(0x3041ffffffffffff, 0xffffffffffffffff)
	for _, zero := range []any{0, big} {
		plan, err := pipeline.Compile(s, filter.For("Book", filter.Where(filter.F("n").Neq(zero))))
		require.NoError(t, err)
		find, err := plan.FindFilter()
		require.NoError(t, err)
		require.NotContains(t, bson.D{{Key: "find", Value: find}}.String(), "$exists")
	}
}
