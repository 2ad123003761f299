package pipeline_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// value returns a Go value as BSON.
func value(tb testing.TB, v any) bson.RawValue {
	tb.Helper()
	raw, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	require.NoError(tb, err)
	return bson.Raw(raw).Lookup("v")
}

func TestAfterNamesWhatFollowsInEveryTypeClass(t *testing.T) {
	t.Parallel()
	const (
		up   = `{"_id":{"$gt":7}},{"_id":{"$type":["string","symbol","object","array","binData","objectId","bool","date","timestamp","regex","dbPointer","javascript","javascriptWithScope","maxKey"]}}`
		down = `{"_id":{"$lt":7}},{"_id":{"$eq":{"$numberDouble":"NaN"}}},{"_id":{"$type":["undefined","minKey"]}},{"_id":{"$in":[null,[]]}}`
	)
	order := func(e ...bson.E) bson.D { return e }
	asc, desc := int32(1), int32(-1)
	tests := map[string]struct {
		order  bson.D
		values []any
		want   string
	}{
		"_id":                 {order(bson.E{Key: "_id", Value: asc}), []any{7}, `{"$or":[` + up + `]}`},
		"_id from the end":    {order(bson.E{Key: "_id", Value: desc}), []any{7}, `{"$or":[` + down + `]}`},
		"up from a timestamp": {order(bson.E{Key: "a", Value: asc}), []any{bson.Timestamp{T: 1}}, `{"$or":[{"a":{"$gt":{"$timestamp":{"t":1,"i":0}}}},{"a":{"$type":["regex","dbPointer","javascript","javascriptWithScope","maxKey"]}}]}`},
		"down from null":      {order(bson.E{Key: "a", Value: desc}), []any{nil}, `{"$or":[{"a":{"$type":["undefined","minKey"]}},{"a":{"$eq":[]}}]}`},
		"down from a null on a path": {
			order(bson.E{Key: "a.b", Value: desc}), []any{nil}, `{"$or":[{"a.b":{"$type":["undefined","minKey"]}},{"a.b":{"$eq":[]}}]}`,
		},
		"down from NaN": {order(bson.E{Key: "a", Value: desc}), []any{math.NaN()}, `{"$or":[{"a":{"$type":["undefined","minKey"]}},{"a":{"$in":[null,[]]}}]}`},
		"down from a UUID": {
			order(bson.E{Key: "a", Value: desc}), []any{bson.Binary{Subtype: 4}},
			`{"$or":[{"a":{"$lt":{"$binary":{"base64":"","subType":"04"}}}},{"a":{"$type":["array","object","string","symbol","number","undefined","minKey"]}},{"a":{"$eq":null}}]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := make([]bson.RawValue, len(tt.values))
			for i, v := range tt.values {
				values[i] = value(t, v)
			}
			q, err := pipeline.After(tt.order, values)
			require.NoError(t, err)
			require.Equal(t, tt.want, relaxed(t, q))
		})
	}
}

func TestBetweenIsOneRangeOfOneTypeClass(t *testing.T) {
	t.Parallel()
	by := func(direction int32, more ...bson.E) bson.D {
		return append(bson.D{{Key: "a", Value: direction}}, append(more, bson.E{Key: "_id", Value: direction})...)
	}
	values := func(vs ...any) (out []bson.RawValue) {
		for _, v := range vs {
			out = append(out, value(t, v))
		}
		return out
	}
	for name, tt := range map[string]struct {
		order bson.D
		after []bson.RawValue
		to    any
		want  string
	}{
		"up": {by(1), values(2, "x"), 7.5, `{"a":{"$lte":7.5,"$gte":2},"$nor":[{"a":{"$eq":2},"$or":[{"_id":{"$lte":"x"}},` +
			`{"_id":{"$type":["number","undefined","minKey"]}},{"_id":{"$in":[null,[]]}}]}]}`},
		"down": {by(-1), values("b", bson.Timestamp{T: 1}), "a", `{"a":{"$gte":"a","$lte":"b"},"$nor":[{"a":{"$eq":"b"},"$or":[{"_id":{"$gte":{"$timestamp":{"t":1,"i":0}}}},` +
			`{"_id":{"$type":["regex","dbPointer","javascript","javascriptWithScope","maxKey"]}}]}]}`},
		"an _id that is no end": {by(1), values(2, nil), 7, `{"a":{"$lte":7,"$gte":2},"$or":[`},
		"more fields":           {by(1, bson.E{Key: "b", Value: int32(1)}), values(2, 3, 4), 7, `{"a":{"$lte":7,"$gte":2},"$or":[{"a":{"$gt":2}},`},
	} {
		q, err := pipeline.Between(tt.order, tt.after, value(t, tt.to))
		require.NoError(t, err, name)
		require.True(t, strings.HasPrefix(relaxed(t, q), tt.want), "%s: %s", name, relaxed(t, q))
	}

	for name, ends := range map[string][2]any{
		"two type classes":    {2, "a"},
		"from null":           {nil, 2},
		"two nulls":           {nil, nil},
		"from NaN":            {math.NaN(), 2},
		"to NaN":              {2, math.NaN()},
		"two arrays":          {bson.A{1}, bson.A{2}},
		"regular expressions": {bson.Regex{Pattern: "a"}, bson.Regex{Pattern: "b"}},
	} {
		_, err := pipeline.Between(by(1), values(ends[0], 1), value(t, ends[1]))
		require.ErrorIs(t, err, pipeline.ErrUnsupported, name)
	}
	_, err := pipeline.Between(nil, values(1), value(t, 2))
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	_, err = pipeline.Between(by(1), nil, value(t, 2))
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
}

func TestAfterComparesTheNextFieldWhereThoseBeforeAreEqual(t *testing.T) {
	t.Parallel()
	order := bson.D{{Key: "a.b", Value: int32(1)}, {Key: "c", Value: int32(-1)}, {Key: "_id", Value: int32(1)}}
	q, err := pipeline.After(order, []bson.RawValue{{}, value(t, true), value(t, "x")})
	require.NoError(t, err)
	missing := `"$or":[{"a.b":{"$eq":null}},{"a.b":{"$exists":false}}]`
	text := relaxed(t, q)
	require.Contains(t, text, `{`+missing+`,"c":{"$lt":true}}`)
	require.Contains(t, text, `{`+missing+`,"c":{"$eq":true},"_id":{"$gt":"x"}}`)
}

func TestAfterRefusesWhatHasNoPlace(t *testing.T) {
	t.Parallel()
	by := func(direction any) bson.D { return bson.D{{Key: "a", Value: direction}} }
	tests := map[string]struct {
		order  bson.D
		values []bson.RawValue
	}{
		"no value":              {by(int32(1)), nil},
		"more values":           {by(int32(1)), []bson.RawValue{value(t, 1), value(t, 2)}},
		"no direction":          {by(int32(0)), []bson.RawValue{value(t, 1)}},
		"a direction in words":  {by("asc"), []bson.RawValue{value(t, 1)}},
		"an array":              {by(int32(1)), []bson.RawValue{value(t, bson.A{1})}},
		"a regular expression":  {by(int32(1)), []bson.RawValue{value(t, bson.Regex{Pattern: "a"})}},
		"code":                  {by(int32(1)), []bson.RawValue{value(t, bson.JavaScript("a"))}},
		"a symbol":              {by(int32(1)), []bson.RawValue{value(t, bson.Symbol("a"))}},
		"undefined":             {by(int32(1)), []bson.RawValue{value(t, bson.Undefined{})}},
		"half a value":          {by(int32(1)), []bson.RawValue{{Type: bson.TypeInt64, Value: []byte{1}}}},
		"half a double":         {by(int32(1)), []bson.RawValue{{Type: bson.TypeDouble, Value: []byte{1}}}},
		"a document with code":  {by(int32(1)), []bson.RawValue{value(t, bson.D{{Key: "a", Value: bson.JavaScript("a")}})}},
		"a type that is no one": {by(int32(1)), []bson.RawValue{{Type: 99, Value: []byte{1}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := pipeline.After(tt.order, tt.values)
			require.ErrorIs(t, err, pipeline.ErrUnsupported)
			require.Nil(t, q)
		})
	}
}

// relaxed returns a query as extended JSON.
func relaxed(tb testing.TB, q bson.D) string {
	tb.Helper()
	js, err := bson.MarshalExtJSON(q, false, false)
	require.NoError(tb, err)
	return string(js)
}
