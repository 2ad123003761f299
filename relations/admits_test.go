package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestAdmits(t *testing.T) {
	t.Parallel()
	require.True(t, relations.Number.Admits(bson.TypeDecimal128))
	require.False(t, relations.Number.Admits(bson.TypeString))
	require.False(t, relations.String.Admits(bson.TypeNull))
	require.True(t, relations.AnyType.Admits(bson.TypeNull))
	require.False(t, relations.ValueType(0).Admits(bson.TypeString))
}
