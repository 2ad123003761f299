package mongoauthz_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestPageSortsTotally(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request mongoauthz.PageRequest
		stages  string
	}{
		"by _id where no order is asked": {mongoauthz.PageRequest{Limit: 10}, `[{"$sort":{"_id":1}},{"$limit":10}]`},
		"with _id to break ties": {
			mongoauthz.PageRequest{Sort: bson.D{{Key: "title", Value: -1}, {Key: "author.name", Value: int64(1)}}, Skip: 20, Limit: 10},
			`[{"$sort":{"title":-1,"author.name":1,"_id":1}},{"$limit":30},{"$skip":20}]`,
		},
		"by _id as asked": {
			mongoauthz.PageRequest{Sort: bson.D{{Key: "_id", Value: -1.0}}, Limit: 1}, `[{"$sort":{"_id":-1}},{"$limit":1}]`,
		},
		"by _id in between": {
			mongoauthz.PageRequest{Sort: bson.D{{Key: "_id", Value: int32(-1)}, {Key: "title", Value: 1}}, Limit: 1}, `[{"$sort":{"_id":-1,"title":1}},{"$limit":1}]`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := query(t, conditional)
			page, err := q.Page(tt.request)
			require.NoError(t, err)
			require.Equal(t, tt.stages, text(t, page.Pipeline()[1:]))
			require.Len(t, q.Pipeline(), 1)
		})
	}
}

func TestPageRefusesWhatIsNoPage(t *testing.T) {
	t.Parallel()
	sorted := func(e ...bson.E) mongoauthz.PageRequest { return mongoauthz.PageRequest{Sort: e, Limit: 1} }
	tests := map[string]struct {
		request mongoauthz.PageRequest
		name    string
	}{
		"no documents":         {mongoauthz.PageRequest{}, "PageRequest.Limit"},
		"fewer than none":      {mongoauthz.PageRequest{Limit: -1}, "PageRequest.Limit"},
		"before the first":     {mongoauthz.PageRequest{Skip: -1, Limit: 1}, "PageRequest.Skip"},
		"no direction":         {sorted(bson.E{Key: "title", Value: 0}), "PageRequest.Sort"},
		"a direction in words": {sorted(bson.E{Key: "title", Value: "asc"}), "PageRequest.Sort"},
		"a score":              {sorted(bson.E{Key: "score", Value: bson.D{{Key: "$meta", Value: "textScore"}}}), "PageRequest.Sort"},
		"no field":             {sorted(bson.E{Key: "", Value: 1}), "PageRequest.Sort"},
		"an operator":          {sorted(bson.E{Key: "$natural", Value: 1}), "PageRequest.Sort"},
		"a field twice":        {sorted(bson.E{Key: "title", Value: 1}, bson.E{Key: "title", Value: -1}), "PageRequest.Sort"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := query(t, conditional)
			_, err := q.Page(tt.request)
			var bad *mongoauthz.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.ErrorIs(t, err, mongoauthz.ErrArgument)
			require.Equal(t, tt.name, bad.Name)

			_, err = mongoauthz.FetchPage[bson.D](t.Context(), q, tt.request)
			require.ErrorAs(t, err, &bad, "before anything is sent")
		})
	}
}
