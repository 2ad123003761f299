package mongoauthz_test

import (
	"encoding/base64"
	"net/url"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

var byTitle = bson.D{{Key: "title", Value: -1}}

// tokenAfter returns a page token for the pages of q by title.
func tokenAfter(t testing.TB, q *mongoauthz.Query, document bson.M) string {
	t.Helper()
	token, err := q.PageToken(byTitle, raw(t, document))
	require.NoError(t, err)
	return token
}

func TestPageAfterATokenStandsBehindTheAuthorization(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	after := tokenAfter(t, q, bson.M{"_id": 7, "title": "M"})
	require.Equal(t, after, url.QueryEscape(after))
	require.Equal(t, after, url.PathEscape(after))
	page, err := q.Page(mongoauthz.PageRequest{Sort: byTitle, After: after, Limit: 10})
	require.NoError(t, err)
	stages := page.Pipeline()
	require.Equal(t, text(t, q.Pipeline()), text(t, stages[:1]))
	require.Contains(t, text(t, stages[1:2]), `[{"$match":{"$or":[{"title":{"$lt":"M"}},`)
	require.Contains(t, text(t, stages[1:2]), `{"title":{"$eq":"M"},"_id":{"$gt":7}}`)
	require.Equal(t, `[{"$sort":{"title":-1,"_id":1}},{"$limit":10}]`, text(t, stages[2:]))
}

func TestPageTokenReadsTheSortFieldsAsTheServerDoes(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	by := bson.D{{Key: "author.name", Value: 1}}
	token := func(m bson.M) (string, error) {
		m["_id"] = 7
		return q.PageToken(by, raw(t, m))
	}
	missing, err := token(bson.M{})
	require.NoError(t, err)
	for name, m := range map[string]bson.M{
		"null": {"author": bson.M{"name": nil}}, "a missing end": {"author": bson.M{}}, "a scalar on the way": {"author": "ann"}, "a name with a dot": {"author.name": "ann"},
	} {
		got, err := token(m)
		require.NoError(t, err, name)
		require.Equal(t, missing, got, name)
	}
	for name, m := range map[string]bson.M{
		"an array": {"author": bson.M{"name": bson.A{}}}, "an array on the way": {"author": bson.A{bson.M{"name": "ann"}}}, "undefined": {"author": bson.M{"name": bson.Undefined{}}},
		"a regular expression": {"author": bson.M{"name": bson.Regex{Pattern: "a"}}},
	} {
		_, err := token(m)
		var bad *mongoauthz.PageTokenError
		require.ErrorAs(t, err, &bad, name)
	}
	_, err = q.PageToken(by, raw(t, bson.M{"author": nil}))
	require.EqualError(t, err, "mongoauthz: page token: the last document has no _id")
	_, err = q.PageToken(bson.D{{Key: "$natural", Value: 1}}, raw(t, bson.M{"_id": 1}))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, err = (*mongoauthz.Query)(nil).PageToken(by, raw(t, bson.M{"_id": 1}))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, err = q.PageToken(bson.D{{Key: "_id", Value: 1}, {Key: "tags", Value: 1}}, raw(t, bson.M{"_id": 1, "tags": bson.A{}}))
	require.NoError(t, err, "what follows _id decides nothing")
}

func TestPageRefusesATokenThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	good := tokenAfter(t, q, bson.M{"_id": 7, "title": "M"})
	decoded, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	again := func(body bson.D) string { // with another body
		b, err := bson.Marshal(body)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(append(decoded[:9:9], b...))
	}
	newer := append([]byte{2}, decoded[1:]...)
	tests := map[string]struct {
		query *mongoauthz.Query
		sort  bson.D
		after string
	}{
		"another direction":       {q, bson.D{{Key: "title", Value: 1}}, good},
		"another field":           {q, bson.D{{Key: "pages", Value: -1}}, good},
		"another length":          {q, bson.D{{Key: "title", Value: -1}, {Key: "pages", Value: 1}}, good},
		"another resource type":   {query(t, filter.Allow("Publisher")), byTitle, good},
		"no token":                {q, byTitle, "no token"},
		"half a token":            {q, byTitle, good[:len(good)/2]},
		"a short one":             {q, byTitle, "AQ"},
		"another version":         {q, byTitle, base64.RawURLEncoding.EncodeToString(newer)},
		"standard base64":         {q, byTitle, base64.StdEncoding.EncodeToString(append(decoded, 0xff, 0xff))},
		"an empty document":       {q, byTitle, again(bson.D{})},
		"too few values":          {q, byTitle, again(bson.D{{Key: "v", Value: bson.A{"M"}}})},
		"too many values":         {q, byTitle, again(bson.D{{Key: "v", Value: bson.A{"M", 7, 8}}})},
		"no list":                 {q, byTitle, again(bson.D{{Key: "v", Value: "M"}})},
		"a list for a value":      {q, byTitle, again(bson.D{{Key: "v", Value: bson.A{bson.A{"M"}, 7}}})},
		"a pattern for a value":   {q, byTitle, again(bson.D{{Key: "v", Value: bson.A{bson.Regex{Pattern: "."}, 7}}})},
		"code inside of a value":  {q, byTitle, again(bson.D{{Key: "v", Value: bson.A{bson.D{{Key: "a", Value: bson.JavaScript("1")}}, 7}}})},
		"a document with no mark": {q, byTitle, again(bson.D{{Key: "e", Value: int32(1)}})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.query.Page(mongoauthz.PageRequest{Sort: tt.sort, After: tt.after, Limit: 1})
			var bad *mongoauthz.PageTokenError
			require.ErrorAs(t, err, &bad)
			require.ErrorIs(t, err, mongoauthz.ErrPageToken)
			require.NotContains(t, err.Error(), "M", "no value of the token's")
			_, err = mongoauthz.FetchPage[bson.D](t.Context(), tt.query, mongoauthz.PageRequest{Sort: tt.sort, After: tt.after, Limit: 1})
			require.ErrorAs(t, err, &bad, "before anything is sent")
		})
	}
}

func TestPageRequestsThatExcludeEachOther(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	for name, r := range map[string]mongoauthz.PageRequest{
		"PageRequest.Skip": {Sort: byTitle, After: tokenAfter(t, q, bson.M{"_id": 7}), Skip: 1, Limit: 1},
	} {
		_, err := q.Page(r)
		var bad *mongoauthz.ArgumentError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, name, bad.Name)
	}
}

// FuzzPageAfter: whatever a page token holds, it is refused, or becomes one $match behind the authorization whose values are values.
func FuzzPageAfter(f *testing.F) {
	q := query(f, conditional)
	first := text(f, q.Pipeline())
	for _, title := range []any{nil, "M", 1.5, bson.D{{Key: "$gt", Value: ""}}, true, bson.ObjectID{1}} {
		decoded, err := base64.RawURLEncoding.DecodeString(tokenAfter(f, q, bson.M{"_id": 7, "title": title}))
		require.NoError(f, err)
		f.Add(decoded)
	}
	f.Fuzz(func(t *testing.T, decoded []byte) {
		if len(decoded) == 0 { // the first page
			return
		}
		page, err := q.Page(mongoauthz.PageRequest{Sort: byTitle, After: base64.RawURLEncoding.EncodeToString(decoded), Limit: 1})
		if err != nil {
			require.ErrorIs(t, err, mongoauthz.ErrPageToken)
			return
		}
		stages := page.Pipeline()
		require.Equal(t, first, text(t, stages[:1]))
		require.Len(t, stages, 4)
		branches, ok := stages[1][0].Value.(bson.D)[0].Value.(bson.A)
		require.True(t, ok)
		for _, b := range branches {
			for _, e := range b.(bson.D) {
				require.Contains(t, []string{"title", "_id"}, e.Key)
				operators, ok := e.Value.(bson.D)
				require.True(t, ok)
				require.Len(t, operators, 1)
				require.Contains(t, []string{"$eq", "$gt", "$gte", "$lt", "$in", "$type"}, operators[0].Key)
			}
		}
	})
}
