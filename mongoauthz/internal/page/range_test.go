package page_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// source is a collection of documents {_id: i, n: i}, whose sample is of every so many-th.
type source struct {
	size    int64
	sorts   bool
	fails   error
	samples int // that were taken
	sizes   int // that were asked for
}

func (s *source) Kinds() (kind, distance string) { return "kind", "distance" }

func (s *source) Size(context.Context) (int64, error) {
	s.sizes++
	return s.size, s.fails
}

func (s *source) Sorts(context.Context) (bool, error) { return s.sorts, s.fails }

func (s *source) Sample(_ context.Context, size int, stages []bson.D) ([]bson.Raw, error) {
	s.samples++
	for _, stage := range stages {
		if stage[0].Key == "$skip" {
			n := stage[0].Value.(int64) * s.size / int64(size)
			return []bson.Raw{numbered(n)}, s.fails
		}
	}
	return nil, s.fails
}

func text(t testing.TB, stages []bson.D) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(bson.D{{Key: "stages", Value: stages}}, false, false)
	require.NoError(t, err)
	return string(text)
}

func numbered(n int64) bson.Raw {
	raw, _ := bson.Marshal(bson.D{{Key: "_id", Value: n}, {Key: "n", Value: n}})
	return raw
}

// firstPage is the page of the first ten documents by n.
func firstPage(t testing.TB) *page.Read {
	t.Helper()
	order, err := page.Order(bson.D{{Key: "n", Value: 1}})
	require.NoError(t, err)
	return &page.Read{Order: order, Limit: 10, Stages: page.Stages(order, 0, 11)}
}

// scanned is what a range has whose documents are numbered.
func scanned(r *page.Read, from, to int64) *page.Scan {
	scan := &page.Scan{Order: r.Order, Limit: r.Limit}
	for n := from; n < to; n++ {
		scan.Add(numbered(n))
	}
	return scan
}

func TestRangesAreOfferedBySampleAndThenFromMemory(t *testing.T) {
	t.Parallel()
	estimates, s, read := page.NewEstimates(), &source{size: 100_000, sorts: true}, firstPage(t)
	ranges := page.NewRanges(t.Context(), estimates, "books", s, read)
	within := ranges.Next(t.Context())
	require.Equal(t, "$match", within[0][0].Key)
	require.Equal(t, read.Stages, within[1:])
	require.Equal(t, 1, s.samples)
	scan := scanned(read, 0, 11)
	require.True(t, scan.IsSurelyWhole())
	ranges.Learn(scan, true)
	require.Nil(t, ranges.Next(t.Context()), "there is none left")

	again := page.NewRanges(t.Context(), estimates, "books", s, firstPage(t))
	require.Equal(t, text(t, within), text(t, again.Next(t.Context())))
	require.Equal(t, 1, s.samples, "the end that was enough")
	require.Equal(t, 1, s.sizes)
	again.Learn(scanned(read, 0, 3), false)
	require.NotNil(t, again.Next(t.Context()))
	require.Equal(t, 2, s.samples, "it was not enough any more")
}

func TestARangeAfterAPlaceReachesAsFarAsPagesDid(t *testing.T) {
	t.Parallel()
	estimates, s, read := page.NewEstimates(), &source{size: 100_000, sorts: true}, firstPage(t)
	ranges := page.NewRanges(t.Context(), estimates, "books", s, read)
	require.NotNil(t, ranges.Next(t.Context()))
	ranges.Learn(scanned(read, 0, 11), true) // one apart

	token, err := page.Token("Book", read.Order, numbered(9))
	require.NoError(t, err)
	place, err := page.Place(token, "Book", read.Order)
	require.NoError(t, err)
	after, err := page.After(read.Order, place)
	require.NoError(t, err)
	next := &page.Read{Order: read.Order, Place: place, Limit: 10, Stages: append([]bson.D{after}, read.Stages...)}
	within := page.NewRanges(t.Context(), estimates, "books", s, next).Next(t.Context())
	require.Contains(t, text(t, within[:1]), `"$lte":42.0`, "9 and three pages of 11")
	require.Equal(t, read.Stages, within[1:])
	require.Equal(t, 1, s.samples)
}

func TestNoRangesWhereTheyWouldBeNoGain(t *testing.T) {
	t.Parallel()
	byID, err := page.Order(nil)
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		source source
		change func(*page.Read)
	}{
		"few documents":   {source{size: 3_999, sorts: true}, func(*page.Read) {}},
		"an index serves": {source{size: 100_000}, func(*page.Read) {}},
		"nobody tells":    {source{size: 100_000, sorts: true, fails: errors.New("down")}, func(*page.Read) {}},
		"by _id":          {source{size: 100_000, sorts: true}, func(r *page.Read) { r.Order = byID }},
		"far behind":      {source{size: 100_000, sorts: true}, func(r *page.Read) { r.Skip = 1<<63 - 1 }},
		"a large page":    {source{size: 100_000, sorts: true}, func(r *page.Read) { r.Limit = 5_001 }},
	} {
		read := firstPage(t)
		tt.change(read)
		ranges := page.NewRanges(t.Context(), page.NewEstimates(), "books", &tt.source, read)
		require.Nil(t, ranges, name)
		require.Nil(t, ranges.Next(t.Context()), name)
	}
}
