package mongoauthz

import (
	"bytes"
	"context"
	"math"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// A page of a sort that no index serves makes the server sort all that is authorized. A range at the beginning of the order that holds a little
// more than the page is enough. Where it ends is guessed from a sample: the place of the j-th document of the page's query in a sample
// of s out of n has about j·n/s of its documents before it.
const (
	sampleSize   = 1_000
	rangeFrom    = 4_000 // documents of a collection from which the commands pay
	rangeMost    = 5_000 // documents before the page's end up to which it is tried
	spareSamples = 2     // by which the guess is more than needed

	sortingKnown = 10 * time.Minute
	sizeKnown    = time.Minute
	mostKnown    = 1_000 // collections, and kinds of queries, about which something is remembered
)

// ranges offers ranges of a page's order in which the whole page should be: first one that was enough before, then one by a sample. None is nil.
type ranges struct {
	q       *Query
	r       PageRequest
	order   bson.D
	page    []bson.D
	size    int64  // of the collection, about
	kind    string // of the page: pages of one kind have the same shape, and about as many keys
	density string // the kind of what is known of the distance of documents
	offered int
	end     bson.RawValue // of the range offered last
}

// ranges returns nil where ranges would be no gain. What goes wrong here goes wrong again, and is told, when the page is read.
func (q *Query) ranges(ctx context.Context, r PageRequest, order bson.D, page []bson.D) *ranges {
	switch {
	case mongo.SessionFromContext(ctx) != nil, // a transaction has neither counts nor explanations, and a snapshot no samples of its moment
		q.strategy == SingleCommand, q.recheck, q.plan.hasJoins(), order[0].Key == "_id", r.Skip+r.Limit > rangeMost:
		return nil
	}
	if !driver.ComparesInBinary(q.az.collation) {
		return nil
	}
	for _, stage := range q.appended {
		if stage[0].Key != "$match" {
			return nil
		}
	}
	g := &ranges{q: q, r: r, order: order, page: page, size: q.az.known.size(ctx, q.Collection())}
	if g.size < rangeFrom {
		return nil
	}
	keys := q.plan.keyCount()
	sent := q.sequence(page...)
	g.kind = q.plan.collection() + "\x00" + strconv.Itoa(bits.Len(uint(keys))) + sent.text(false)
	g.density = q.plan.collection() + "\x00" + strconv.Itoa(bits.Len(uint(keys))) + extended(order)
	if !q.az.known.sorting(g.kind, func() (bool, error) {
		said, err := driver.Explain(ctx, q.Collection(), q.az.collation, sent.stages(), "queryPlanner")
		return err == nil && driver.HasSort(said), err
	}) {
		return nil
	}
	return g
}

// next returns the stages of the page within the next range, nil if there is none left.
func (g *ranges) next(ctx context.Context) []bson.D {
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
func (g *ranges) upTo(end bson.RawValue) []bson.D {
	if g.r.After != "" { // one range of values, and nothing of other types
		if values, err := g.q.place(g.r.After, g.order); err == nil {
			if query, err := pipeline.Between(g.order, values, end); err == nil {
				return append([]bson.D{{{Key: "$match", Value: query}}}, g.page[1:]...)
			}
		}
	}
	query, err := pipeline.UpTo(g.order, end)
	if err != nil {
		return nil
	}
	return append([]bson.D{{{Key: "$match", Value: query}}}, g.page...)
}

// remembered returns the end that was enough for such a page, or, after a cursor, one as far from it as three such pages reach.
func (g *ranges) remembered() (bson.RawValue, bool) {
	if g.r.After == "" {
		end, ok := g.q.az.known.hint(g.kind)
		return end.end, ok && end.end.Type != 0
	}
	hint, ok := g.q.az.known.hint(g.density)
	values, err := g.q.place(g.r.After, g.order)
	if !ok || err != nil || hint.distance == 0 {
		return bson.RawValue{}, false
	}
	reach := 3 * hint.distance * float64(g.r.Limit+1) * float64(g.order[0].Value.(int32))
	return moved(values[0], reach)
}

// sampled returns the end by a sample, unless one has found little lately.
func (g *ranges) sampled(ctx context.Context) (end bson.RawValue, ok bool) {
	if hint, ok := g.q.az.known.hint(g.kind); ok && hint.little {
		return end, false
	}
	j := (g.r.Skip+g.r.Limit+1)*sampleSize/g.size + 1 + spareSamples
	stages := mongo.Pipeline{{{Key: "$sample", Value: bson.D{{Key: "size", Value: int32(sampleSize)}}}}}
	stages = append(stages, g.q.sequence().stages()...)
	if g.r.After != "" {
		stages = append(stages, g.page[0])
	}
	stages = append(stages, bson.D{{Key: "$sort", Value: g.order[:1]}}, bson.D{{Key: "$skip", Value: j - 1}}, bson.D{{Key: "$limit", Value: int32(1)}},
		bson.D{{Key: "$project", Value: bson.D{{Key: g.order[0].Key, Value: int32(1)}}}})
	var last []bson.Raw
	cursor, err := g.q.az.aggregate(ctx, g.q.Collection(), stages)
	if err == nil {
		err = cursor.All(ctx, &last)
	}
	switch {
	case err != nil:
		return end, false
	case len(last) == 0:
		g.q.az.known.learn(g.kind, hint{little: true})
		return end, false
	}
	return sortValue(last[0], g.order[0].Key)
}

// learn takes what a range had.
func (g *ranges) learn(rows *tile, enough bool) {
	switch {
	case rows == nil:
	case !enough && g.offered == 1 && g.r.After == "":
		g.q.az.known.learn(g.kind, hint{})
	case enough:
		if g.r.After == "" {
			g.q.az.known.learn(g.kind, hint{end: bson.RawValue{Type: g.end.Type, Value: bytes.Clone(g.end.Value)}})
		}
		last, _ := sortValue(rows.last, g.order[0].Key)
		if distance, ok := apart(rows.first, last); ok && rows.limit > 1 {
			g.q.az.known.learn(g.density, hint{distance: distance / float64(rows.limit-1)})
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

// known is what an authorizer remembers of collections, none of which decides who is authorized.
type known struct {
	mu    sync.Mutex
	sizes map[string]sized
	sort  map[string]sorted
	hints map[string]hint
}

// hint is what helped to read a page of some kind.
type hint struct {
	end      bson.RawValue // of a range that was enough
	distance float64       // of two documents in the order, as apart has it
	little   bool          // a sample has found too few documents
	until    time.Time
}

func (k *known) hint(kind string) (hint, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.hints[kind]
	return h, ok && time.Now().Before(h.until)
}

func (k *known) learn(kind string, h hint) {
	h.until = time.Now().Add(sizeKnown)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hints == nil || len(k.hints) > mostKnown {
		k.hints = map[string]hint{}
	}
	k.hints[kind] = h
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
