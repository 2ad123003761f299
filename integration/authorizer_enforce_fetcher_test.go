package integration_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// value encodes a Go value as BSON.
func value(t testing.TB, v any) bson.RawValue {
	t.Helper()
	raw, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	require.NoError(t, err)
	return bson.Raw(raw).Lookup("v")
}

func raw(t testing.TB, d bson.D) bson.Raw {
	t.Helper()
	out, err := bson.Marshal(d)
	require.NoError(t, err)
	return out
}

// hostile are keys of every BSON type that a document can hold, and those that look like something else than data.
var hostile = []any{
	"alice", "$name", "", "a.b", 1, int64(1) << 53, 1.5, math.NaN(), math.Inf(-1), true, false,
	bson.NewObjectID(), bson.DateTime(1700000000000), bson.Timestamp{T: 1, I: 2}, bson.NewDecimal128(0x3040000000000000, 7),
	bson.Binary{Data: []byte("alice")}, bson.Binary{Subtype: 4, Data: make([]byte, 16)},
	bson.Regex{Pattern: "^a"}, bson.Regex{Pattern: ".*", Options: "i"},
	bson.D{}, bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "$gt", Value: ""}}, bson.D{{Key: "$ne", Value: 1}},
	bson.D{{Key: "$in", Value: bson.A{"alice", 1}}}, bson.D{{Key: "$regex", Value: ".*"}}, bson.D{{Key: "a", Value: bson.D{{Key: "$gt", Value: ""}}}},
	bson.D{{Key: "$expr", Value: true}}, bson.D{{Key: "$where", Value: "true"}},
	bson.JavaScript("true"), bson.MinKey{}, bson.MaxKey{}, bson.Undefined{},
}

// hostileRows stores every hostile key as a value, in a list, under a document, and under a list of documents.
func hostileRows(t *testing.T) []bson.Raw {
	rows := []bson.Raw{
		raw(t, bson.D{{Key: "_id", Value: "null"}, {Key: "k", Value: nil}, {Key: "in", Value: nil}}),
		raw(t, bson.D{{Key: "_id", Value: "missing"}}),
		raw(t, bson.D{{Key: "_id", Value: "empty"}, {Key: "k", Value: bson.A{}}, {Key: "in", Value: bson.A{}}}),
	}
	for i, key := range hostile {
		rows = append(rows,
			raw(t, bson.D{{Key: "_id", Value: i}, {Key: "k", Value: key}, {Key: "n", Value: i % 2}, {Key: "more", Value: "not read"}}),
			raw(t, bson.D{{Key: "_id", Value: i + 100}, {Key: "k", Value: bson.A{nil, key, "x"}}, {Key: "n", Value: i % 2}}),
			raw(t, bson.D{{Key: "_id", Value: i + 200}, {Key: "in", Value: bson.D{{Key: "k", Value: key}}}}),
			raw(t, bson.D{{Key: "_id", Value: i + 300}, {Key: "in", Value: bson.A{1, bson.D{{Key: "k", Value: key}}}}}),
		)
	}
	return rows
}

// held returns the _ids of the documents that a request asks for, of those that were fetched.
func held(t *testing.T, r evaluate.Request, documents []bson.Raw) []string {
	found, err := evaluate.Memory{r.Collection: documents}.Fetch(t.Context(), r)
	require.NoError(t, err)
	ids := []string{}
	for _, d := range found {
		ids = append(ids, d.Lookup("_id").String())
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestTheFetcherFindsByValuesWhateverTheyLookLike(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	rows := hostileRows(t)
	_, err := db.Collection("rows").InsertMany(t.Context(), rows)
	require.NoError(t, err)
	fetcher := (&shelf{db: db, schema: schemaOf(t, shelfSchema)}).authorizer(t, filter.Filter{}).Fetcher()
	n := 0
	fetch := func(want int, match ...evaluate.Match) {
		t.Helper()
		r := evaluate.Request{Collection: "rows", Match: match, Fields: []string{"_id", "in.k", "k", "n"}}
		found, err := fetcher.Fetch(t.Context(), r)
		require.NoError(t, err)
		n++
		require.Len(t, commands("find"), n, "one command a request")
		expected := held(t, r, rows)
		require.Equal(t, expected, held(t, r, found))
		require.GreaterOrEqual(t, len(expected), want)
		if len(expected) < len(found) {
			t.Log(commands("find")[n-1].Lookup("filter"), "found more:", len(found)-len(expected))
		}
	}
	var all []bson.RawValue
	for _, h := range hostile {
		key := value(t, h)
		all = append(all, key)
		fetch(2, evaluate.Match{Field: "k", Keys: []bson.RawValue{key}})
		fetch(2, evaluate.Match{Field: "in.k", Keys: []bson.RawValue{key}})
		fetch(2, evaluate.Match{Field: "k", Keys: []bson.RawValue{value(t, "none"), key}})
	}
	fetch(2*len(hostile), evaluate.Match{Field: "k", Keys: all})
	fetch(2*len(hostile), evaluate.Match{Field: "in.k", Keys: all})
	fetch(0, evaluate.Match{Field: "k", Keys: all}, evaluate.Match{Field: "n", Keys: []bson.RawValue{value(t, 1)}})
	fetch(0, evaluate.Match{Field: "k", Keys: []bson.RawValue{value(t, "absent")}})
	fetch(len(rows))
	for _, command := range commands("find") {
		require.Equal(t, raw(t, bson.D{{Key: "_id", Value: int32(1)}, {Key: "in.k", Value: int32(1)}, {Key: "k", Value: int32(1)}, {Key: "n", Value: int32(1)}}),
			command.Lookup("projection").Document())
	}
}

func TestTheFetcherKeepsCommandsBelowTheLimit(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	long := func(i int) string { return fmt.Sprintf("%05d", i) + strings.Repeat("x", 100<<10) }
	const n = 250 // 25 MiB of keys
	var keys []bson.RawValue
	for i := range n {
		keys = append(keys, value(t, long(i)))
	}
	for _, i := range []int{0, n / 2, n - 1, n + 1} {
		_, err := db.Collection("rows").InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "k", Value: long(i)}, {Key: "n", Value: 1}})
		require.NoError(t, err)
	}
	fetcher := (&shelf{db: db, schema: schemaOf(t, shelfSchema)}).authorizer(t, filter.Filter{}).Fetcher()
	found, err := fetcher.Fetch(t.Context(), evaluate.Request{
		Collection: "rows", Fields: []string{"_id"},
		Match: []evaluate.Match{{Field: "n", Keys: []bson.RawValue{value(t, 1), value(t, 2)}}, {Field: "k", Keys: keys}},
	})
	require.NoError(t, err)
	var got []int
	for _, d := range found {
		got = append(got, int(d.Lookup("_id").Int32()))
	}
	require.Equal(t, []int{0, n / 2, n - 1}, sorted(got))
	require.Len(t, commands("find"), 4)
	for _, command := range commands("find") {
		require.Less(t, len(command), 16<<20)
	}
}

func TestTheFetcherReadsAllBatches(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	found, err := s.authorizer(t, reading).Fetcher().Fetch(t.Context(), evaluate.Request{Collection: "books", Fields: []string{"_id"}})
	require.NoError(t, err)
	require.Len(t, found, shelved)
}
