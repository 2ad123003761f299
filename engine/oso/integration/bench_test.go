package integration_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/osotest"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// BenchmarkServer is the whole of an authorized list of 48 documents.
func BenchmarkServer(b *testing.B) {
	db := harness.Database(b)
	load(b, db)
	for _, p := range osotest.Benchmarked {
		b.Run(p.Name, func(b *testing.B) {
			e := engine(b, p.Policy, oso.WithCache(0))
			az, err := mongoauthz.New(db, schema(b), e, options(b)...)
			require.NoError(b, err)
			ann := users(b)[0]
			for b.Loop() {
				q, err := az.AuthorizedQuery(context.Background(), ann, "read", "Doc")
				require.NoError(b, err)
				var found []bson.Raw
				require.NoError(b, q.All(context.Background(), &found))
			}
		})
	}
}
