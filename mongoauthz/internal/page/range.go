package page

import (
	"bytes"
	"context"
	"math"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A page of a sort that no index serves makes the server sort all that is authorized. A range at
// the beginning of the order that holds a little more than the page is enough. Where it ends is
// guessed from a sample: the place of the j-th document of the page's query in a sample of s out of
// n has about j·n/s of its documents before it.
const (
	sampleSize   = 1_000
	rangeFrom    = 4_000 // documents of a collection from which the commands pay
	rangeMost    = 5_000 // documents before the page's end up to which it is tried
	spareSamples = 2     // by which the guess is more than needed
)

// Read is a page that is to be read.
type Read struct {
	Order       bson.D
	Place       []bson.RawValue // that it comes after; nil: it begins with the first document
	Skip, Limit int64
	Stages      []bson.D // that keep the documents to be read: one more than the limit
}

// Source answers what is asked about the query of a page.
type Source interface {
	// Kinds returns the kind of the page, and of the distance of its documents. Pages of one kind
	// have the same shape, and about as many keys.
	Kinds() (page, distance string)
	// Size returns about how many documents the collection has.
	Size(ctx context.Context) (int64, error)
	// Sorts reports whether the server would sort for the page. With an error it may be asked
	// again.
	Sorts(ctx context.Context) (bool, error)
	// Sample returns what the stages make of the query's documents in a sample of the collection.
	Sample(ctx context.Context, size int, stages []bson.D) ([]bson.Raw, error)
}

// Ranges offers ranges of a page's order in which the whole page should be: first one that was
// enough before, then one by a sample. None is nil.
type Ranges struct {
	read      *Read
	source    Source
	estimates *Estimates
	size      int64 // of the collection, about
	kind      string
	distance  string // the kind of what is known of the distance of documents
	offered   int
	end       bson.RawValue // of the range offered last
}

// NewRanges returns the ranges for a page of a query on a collection; nil where they would be no
// gain. Errors of the source are not told: what goes wrong here goes wrong again when the page is
// read.
func NewRanges(ctx context.Context, e *Estimates, collection string, s Source, r *Read) *Ranges {
	if r.Order[0].Key == "_id" || r.Limit > rangeMost || r.Skip > rangeMost-r.Limit {
		return nil
	}
	g := &Ranges{read: r, source: s, estimates: e}
	g.size = e.size(collection, func() (int64, error) { return s.Size(ctx) })
	if g.size < rangeFrom {
		return nil
	}
	g.kind, g.distance = s.Kinds()
	if !e.sorting(g.kind, func() (bool, error) { return s.Sorts(ctx) }) {
		return nil
	}
	return g
}

// Next returns the stages of the page within the next range, nil if there is none left.
func (g *Ranges) Next(ctx context.Context) []bson.D {
	if g == nil {
		return nil
	}
	for g.offered < 2 {
		g.offered++
		end, ok := g.remembered()
		if g.offered == 2 {
			end, ok = g.sampled(ctx)
		}
		if !ok {
			continue
		}
		if stages := g.upTo(end); stages != nil {
			g.end = end
			return stages
		}
	}
	return nil
}

// upTo returns the stages of the page within the range that ends there, nil if none can.
func (g *Ranges) upTo(end bson.RawValue) []bson.D {
	if g.read.Place != nil { // one range of values, and nothing of other types
		if query, err := pipeline.Between(g.read.Order, g.read.Place, end); err == nil {
			return append([]bson.D{{{Key: "$match", Value: query}}}, g.read.Stages[1:]...)
		}
	}
	query, err := pipeline.UpTo(g.read.Order, end)
	if err != nil {
		return nil
	}
	return append([]bson.D{{{Key: "$match", Value: query}}}, g.read.Stages...)
}

// remembered returns the end that was enough for such a page, or, after a place, one as far from it
// as three such pages reach.
func (g *Ranges) remembered() (bson.RawValue, bool) {
	if g.read.Place == nil {
		hint, ok := g.estimates.hint(g.kind)
		return hint.end, ok && hint.end.Type != 0
	}
	hint, ok := g.estimates.hint(g.distance)
	if !ok || hint.distance == 0 {
		return bson.RawValue{}, false
	}
	reach := 3 * hint.distance * float64(g.read.Limit+1) * float64(g.read.Order[0].Value.(int32))
	return moved(g.read.Place[0], reach)
}

// sampled returns the end by a sample, unless one has found little lately.
func (g *Ranges) sampled(ctx context.Context) (end bson.RawValue, ok bool) {
	if hint, ok := g.estimates.hint(g.kind); ok && hint.little {
		return end, false
	}
	first := g.read.Order[:1]
	j := (g.read.Skip+g.read.Limit+1)*sampleSize/g.size + 1 + spareSamples
	var stages []bson.D
	if g.read.Place != nil {
		stages = append(stages, g.read.Stages[0])
	}
	stages = append(stages,
		bson.D{{Key: "$sort", Value: first}}, bson.D{{Key: "$skip", Value: j - 1}}, bson.D{{Key: "$limit", Value: int32(1)}},
		bson.D{{Key: "$project", Value: bson.D{{Key: first[0].Key, Value: int32(1)}}}})
	last, err := g.source.Sample(ctx, sampleSize, stages)
	switch {
	case err != nil:
		return end, false
	case len(last) == 0:
		g.estimates.learn(g.kind, hint{little: true})
		return end, false
	}
	return sortValue(last[0], first[0].Key)
}

// Learn takes what the range offered last had: the documents that were scanned, nil if none were,
// and whether they were enough.
func (g *Ranges) Learn(scanned *Scan, enough bool) {
	isFirst := g.read.Place == nil
	switch {
	case scanned == nil:
	case !enough && g.offered == 1 && isFirst:
		g.estimates.learn(g.kind, hint{})
	case enough:
		if isFirst {
			end := bson.RawValue{Type: g.end.Type, Value: bytes.Clone(g.end.Value)}
			g.estimates.learn(g.kind, hint{end: end})
		}
		last, _ := sortValue(scanned.last, g.read.Order[0].Key)
		if distance, ok := apart(scanned.first, last); ok && scanned.Limit > 1 {
			g.estimates.learn(g.distance, hint{distance: distance / float64(scanned.Limit-1)})
		}
	}
}

// apart returns how far two dates, in milliseconds, or two numbers are from each other.
func apart(a, b bson.RawValue) (float64, bool) {
	x, okX := number(a)
	y, okY := number(b)
	return math.Abs(x - y), okX && okY && a.Type == b.Type
}

func number(v bson.RawValue) (float64, bool) {
	switch v.Type {
	case bson.TypeDateTime:
		return float64(v.DateTime()), true
	case bson.TypeInt32, bson.TypeInt64:
		return float64(v.AsInt64()), true
	case bson.TypeDouble:
		return v.Double(), true
	default:
		return 0, false
	}
}

// moved returns the date or number that far from v.
func moved(v bson.RawValue, by float64) (bson.RawValue, bool) {
	n, ok := number(v)
	if n += by; !ok || math.IsNaN(n) || math.Abs(n) > 1<<53 {
		return v, false
	}
	var to any = n
	if v.Type == bson.TypeDateTime {
		to = bson.DateTime(n)
	}
	t, value, err := bson.MarshalValue(to)
	return bson.RawValue{Type: t, Value: value}, err == nil
}
