package integration_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// sortedValues have places of their own in an order and can be read on from: every type, neighbours in each, and values of one place.
var sortedValues = []any{
	nil, math.NaN(), decimal("NaN"), math.Inf(-1), int32(-1), 0.0, math.Copysign(0, -1), int32(1), int64(1), 1.0, 1.5, decimal("1.5"), decimal("1.50"),
	int64(1) << 53, int64(1)<<53 + 1, float64(int64(1) << 53), math.Inf(1), "", "A", "a", "a\x00", "ä", "b", bson.D{}, bson.D{{Key: "a", Value: 1}},
	bson.D{{Key: "a", Value: bson.A{}}}, bson.D{{Key: "$gt", Value: 1}}, bson.D{{Key: "$regex", Value: "a"}}, bson.Binary{Data: []byte{}}, bson.Binary{Data: []byte{1}},
	bson.Binary{Subtype: bson.TypeBinaryUUID, Data: make([]byte, 16)}, bson.ObjectID{}, bson.ObjectID{1}, false, true, bson.DateTime(-1), bson.DateTime(1),
	bson.Timestamp{}, bson.Timestamp{T: 1}, bson.MinKey{}, bson.MaxKey{}, bson.Symbol("a"), bson.Symbol("b"),
}

// edgeValues have places of their own, but cannot be read on from.
var edgeValues = []any{bson.Regex{Pattern: "a"}, bson.JavaScript("a")}

// arrayValues have no one place.
var arrayValues = []any{bson.A{}, bson.A{nil}, bson.A{1, "b"}, bson.A{"a"}, bson.A{math.NaN(), 5}, bson.A{bson.A{1}}, bson.A{bson.D{}}, bson.Undefined{}}

func decimal(s string) bson.Decimal128 {
	d, err := bson.ParseDecimal128(s)
	if err != nil {
		panic(err)
	}
	return d
}

// rows fills a collection with n documents of two fields, one of them embedded, and returns the query for those that are authorized, about half of them.
func rows(t testing.TB, r *rand.Rand, n int, values []any) *mongoauthz.Query {
	t.Helper()
	db := harness.Database(t)
	value := func() (any, bool) {
		if r.IntN(8) == 0 {
			return nil, false
		}
		return values[r.IntN(len(values))], true
	}
	docs := make([]any, n)
	for i, id := range r.Perm(n) {
		doc := bson.D{{Key: "_id", Value: id}, {Key: "open", Value: r.IntN(2) == 0}}
		if v, ok := value(); ok {
			doc = append(doc, bson.E{Key: "a", Value: v})
		}
		switch v, ok := value(); {
		case r.IntN(10) == 0 && ok: // where a document should be
			doc = append(doc, bson.E{Key: "b", Value: v})
		case ok:
			doc = append(doc, bson.E{Key: "b", Value: bson.D{{Key: "c", Value: v}}})
		}
		docs[i] = doc
	}
	_, err := db.Collection("rows").InsertMany(t.Context(), docs)
	require.NoError(t, err)
	schema, err := relations.New(relations.Type{Name: "Row", Collection: "rows", Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "open", Type: relations.Bool}}})
	require.NoError(t, err)
	s := &shelf{db: db, schema: schema}
	q, err := s.authorizer(t, filter.For("Row", filter.Where(filter.F("open").Eq(true)))).AuthorizedQuery(t.Context(), "ann", "read", "Row")
	require.NoError(t, err)
	return q
}

// order makes a sort of the fields of rows.
func order(r *rand.Rand) bson.D {
	fields := []string{"a", "b.c", "_id"}
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	sort := bson.D{}
	for _, f := range fields[:1+r.IntN(3)] {
		sort = append(sort, bson.E{Key: f, Value: 1 - 2*r.IntN(2)})
	}
	return sort
}

// unpaged returns the query's documents in one sorted list.
func unpaged(t testing.TB, q *mongoauthz.Query, sort bson.D) []bson.Raw {
	t.Helper()
	total := append(bson.D{}, sort...)
	ordered := false
	for _, e := range sort {
		ordered = ordered || e.Key == "_id"
	}
	if !ordered {
		total = append(total, bson.E{Key: "_id", Value: 1})
	}
	list, err := q.Append(bson.D{{Key: "$sort", Value: total}})
	require.NoError(t, err)
	var all []bson.Raw
	require.NoError(t, list.All(t.Context(), &all))
	return all
}

// tiles reads page after page, until the end or an error.
func tiles(ctx context.Context, q *mongoauthz.Query, request mongoauthz.PageRequest) (all []bson.Raw, pages int, err error) {
	for {
		page, err := mongoauthz.FetchPage[bson.Raw](ctx, q, request)
		if err != nil {
			return all, pages, err
		}
		pages++
		all = append(all, page.Items...)
		if request.After = page.Next; page.Next == "" {
			return all, pages, nil
		}
		switch {
		case int64(len(page.Items)) < request.Limit:
			return all, pages, errors.New("a page that is not full has a next one")
		case pages > 1000:
			return all, pages, errors.New("the pages have no end")
		}
	}
}

func TestPagesByTokenTileTheSortedListOnHostileData(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 4))
	q := rows(t, r, 300, sortedValues)
	for i := range 24 {
		sort, limit := order(r), 1+r.Int64N(40)
		total := r.IntN(4) == 0
		t.Run(fmt.Sprintf("%d, %v by %d", i, sort, limit), func(t *testing.T) {
			want := unpaged(t, q, sort)
			got, pages, err := tiles(t.Context(), q, mongoauthz.PageRequest{Sort: sort, Limit: limit, NoTotal: !total})
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, (len(want)+int(limit)-1)/int(limit), pages)
		})
	}
}

func TestPagesByTokenAreRefusedBeforeADocumentComesTwice(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]any{"arrays and undefined": arrayValues, "values that are not compared": edgeValues} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(6, 5))
			refused, completed := 0, 0
			for range 6 {
				q := rows(t, r, 60, append(more[:len(more):len(more)], sortedValues...))
				for range 8 {
					sort := order(r)
					want := unpaged(t, q, sort)
					got, _, err := tiles(t.Context(), q, mongoauthz.PageRequest{Sort: sort, Limit: 1 + r.Int64N(15), NoTotal: true})
					require.Equal(t, want[:len(got)], got, "%v", sort)
					if err == nil {
						require.Len(t, got, len(want))
						completed++
						continue
					}
					require.ErrorIs(t, err, mongoauthz.ErrPageToken)
					refused++
				}
			}
			require.Positive(t, refused)
			require.Positive(t, completed)
		})
	}
}
