package integration_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestPagesTileTheAuthorizedDocuments(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	q := s.query(t, reading)
	var all []Book
	require.NoError(t, q.All(t.Context(), &all))
	orders := map[string]struct {
		sort bson.D
		less func(a, b Book) int
	}{
		"unsorted": {nil, func(a, b Book) int { return cmp.Compare(a.ID, b.ID) }},
		"by a field with many ties": {
			bson.D{{Key: "title", Value: -1}},
			func(a, b Book) int { return cmp.Or(cmp.Compare(b.Title, a.Title), cmp.Compare(a.ID, b.ID)) },
		},
		"by _id from the end": {bson.D{{Key: "_id", Value: -1}}, func(a, b Book) int { return cmp.Compare(b.ID, a.ID) }},
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tiles []Book
			const limit = 83
			for skip := int64(0); ; skip += limit {
				page, err := mongoauthz.FetchPage[Book](t.Context(), q, mongoauthz.PageRequest{Sort: order.sort, Skip: skip, Limit: limit})
				require.NoError(t, err)
				require.EqualValues(t, len(s.authorized), page.Total)
				tiles = append(tiles, page.Items...)
				if len(page.Items) < limit {
					break
				}
			}
			require.Equal(t, slices.SortedFunc(slices.Values(all), order.less), tiles)
		})
	}
}

func TestPageIsAQueryOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	last, err := s.query(t, reading).Page(mongoauthz.PageRequest{Skip: int64(len(s.authorized)) - 3, Limit: 10})
	require.NoError(t, err)
	n, err := last.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	var books []Book
	require.NoError(t, last.All(t.Context(), &books))
	require.Equal(t, s.authorized[len(s.authorized)-3:], ids(books))
}

func TestPageBeyondTheEndIsEmpty(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	page, err := mongoauthz.FetchPage[Book](t.Context(), s.query(t, reading), mongoauthz.PageRequest{Skip: shelved, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, &mongoauthz.Page[Book]{Items: []Book{}, Total: int64(len(s.authorized))}, page)
}
