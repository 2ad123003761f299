package mongoauthz

import (
	"context"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A page of a sort that no index serves makes the server sort all that is authorized. A range at the beginning of the order that holds a little
// more than the page is enough. Where it ends is guessed from a sample: the place of the j-th document of the page's query in a sample
// of s out of n has about j·n/s of its documents before it.
const (
	sampleSize   = 1_000
	rangeFrom    = 20_000 // documents of a collection from which the commands pay
	rangeMost    = 5_000  // documents before the page's end up to which it is tried
	spareSamples = 2      // by which the guess is more than needed

	sortingKnown = 10 * time.Minute
	sizeKnown    = time.Minute
	mostKnown    = 1_000 // collections, and kinds of queries, about which something is remembered
)

// within returns the stage that keeps a range of the page's order in which the whole page should be, or nil where there is none, or
// it would be no gain. What goes wrong here goes wrong again, and is told, when the page is read.
func (q *Query) within(ctx context.Context, r PageRequest, order bson.D, page []bson.D) bson.D {
	switch {
	case q.strategy == SingleCommand, r.Facet, q.recheck, len(q.plan.Joins) > 0, order[0].Key == "_id", r.Skip+r.Limit > rangeMost:
		return nil
	}
	if c := q.az.collation; c != nil && c.Locale != "simple" {
		return nil
	}
	for _, stage := range q.appended {
		if stage[0].Key != "$match" {
			return nil
		}
	}
	n := q.az.known.size(ctx, q.Collection())
	if n < rangeFrom || !q.sorts(ctx, page) {
		return nil
	}
	j := (r.Skip+r.Limit+1)*sampleSize/n + 1 + spareSamples
	stages := mongo.Pipeline{{{Key: "$sample", Value: bson.D{{Key: "size", Value: int32(sampleSize)}}}}}
	stages = append(stages, q.stages()...)
	if r.After != "" {
		stages = append(stages, page[0])
	}
	stages = append(stages, bson.D{{Key: "$sort", Value: order[:1]}}, bson.D{{Key: "$skip", Value: j - 1}}, bson.D{{Key: "$limit", Value: int32(1)}},
		bson.D{{Key: "$project", Value: bson.D{{Key: order[0].Key, Value: int32(1)}}}})
	var last []bson.Raw
	cursor, err := q.Collection().Aggregate(ctx, stages, &whole[options.AggregateOptions]{options.AggregateOptions{Collation: q.az.collation}})
	if err == nil {
		err = cursor.All(ctx, &last)
	}
	if err != nil || len(last) == 0 {
		return nil
	}
	end, ok := sortValue(last[0], order[0].Key)
	if !ok {
		return nil
	}
	query, err := pipeline.UpTo(order, end)
	if err != nil {
		return nil
	}
	return bson.D{{Key: "$match", Value: query}}
}

// sorts reports whether the server says that it sorts documents for the page, as no index has them in order.
func (q *Query) sorts(ctx context.Context, page []bson.D) bool {
	stages := q.stages(page...)
	keys := 0
	if q.resolved != nil {
		keys = q.resolved.Keys
	}
	kind := q.plan.Collection + strconv.Itoa(bits.Len(uint(keys))) + logged(len(q.plan.Stages()), stages, false)
	return q.az.known.sorting(kind, func() (bool, error) {
		said, err := q.az.explain(ctx, q.plan.Collection, stages, "queryPlanner")
		return err == nil && hasSort(said), err
	})
}

// hasSort reports whether an explanation has a stage that sorts: MongoDB's SORT or $sort, or FerretDB's Sort.
func hasSort(said bson.Raw) bool {
	fields, _ := said.Elements()
	for _, field := range fields {
		v := field.Value()
		switch key := field.Key(); key {
		case "command": // repeats the question
			continue
		case "stage", "Node Type":
			if s, _ := v.StringValueOK(); s == "SORT" || s == "Sort" || s == "Incremental Sort" {
				return true
			}
		case "$sort":
			return true
		}
		switch v.Type {
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if hasSort(bson.Raw(v.Value)) {
				return true
			}
		}
	}
	return false
}

// known is what an authorizer remembers of collections, none of which decides who is authorized.
type known struct {
	mu    sync.Mutex
	sizes map[string]sized
	sort  map[string]sorted
}

type (
	sized struct {
		documents int64
		until     time.Time
	}
	sorted struct {
		blocks bool
		until  time.Time
	}
)

// size returns about how many documents a collection has, 0 if the server does not tell.
func (k *known) size(ctx context.Context, c *mongo.Collection) int64 {
	k.mu.Lock()
	have, ok := k.sizes[c.Name()]
	k.mu.Unlock()
	if ok && time.Now().Before(have.until) {
		return have.documents
	}
	n, err := c.EstimatedDocumentCount(ctx)
	if err != nil {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sizes == nil || len(k.sizes) > mostKnown {
		k.sizes = map[string]sized{}
	}
	k.sizes[c.Name()] = sized{n, time.Now().Add(sizeKnown)}
	return n
}

// sorting returns what is remembered of a kind of queries, or asks.
func (k *known) sorting(kind string, ask func() (bool, error)) bool {
	k.mu.Lock()
	have, ok := k.sort[kind]
	k.mu.Unlock()
	if ok && time.Now().Before(have.until) {
		return have.blocks
	}
	blocks, err := ask()
	if err != nil && mongo.IsTimeout(err) {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sort == nil || len(k.sort) > mostKnown {
		k.sort = map[string]sorted{}
	}
	k.sort[kind] = sorted{blocks, time.Now().Add(sortingKnown)}
	return blocks
}
