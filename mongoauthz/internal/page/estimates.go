package page

import (
	"time"

	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	sortingKnown = 10 * time.Minute
	sizeKnown    = time.Minute
	mostKnown    = 1_000 // collections, and kinds of queries, about which something is remembered
)

// Estimates is what is remembered of collections and of pages. None of it decides who is
// authorized, nor what is on a page. Make it with [NewEstimates]. It is safe for concurrent use.
type Estimates struct {
	sizes *cache.Cache[string, dated[int64]] // by collection: documents, about
	sorts *cache.Cache[string, dated[bool]]  // by kind of page: whether the server sorts for it
	hints *cache.Cache[string, dated[hint]]  // by kind of page, and by kind of distance
}

// dated is a value that is believed until some moment.
type dated[V any] struct {
	value V
	until time.Time
}

// hint is what helped to read a page of some kind.
type hint struct {
	end      bson.RawValue // of a range that was enough
	distance float64       // of two documents in the order, as apart has it
	little   bool          // a sample has found too few documents
}

// NewEstimates returns estimates that know nothing yet.
func NewEstimates() *Estimates {
	return &Estimates{
		sizes: cache.New[string, dated[int64]](mostKnown),
		sorts: cache.New[string, dated[bool]](mostKnown),
		hints: cache.New[string, dated[hint]](mostKnown),
	}
}

// lookUp returns what is kept for a key, unless it is too old.
func lookUp[V any](c *cache.Cache[string, dated[V]], key string) (V, bool) {
	v, ok := c.Get(key)
	return v.value, ok && time.Now().Before(v.until)
}

func keep[V any](c *cache.Cache[string, dated[V]], key string, v V, d time.Duration) {
	c.Put(key, dated[V]{v, time.Now().Add(d)})
}

func (e *Estimates) hint(kind string) (hint, bool) { return lookUp(e.hints, kind) }

func (e *Estimates) learn(kind string, h hint) { keep(e.hints, kind, h, sizeKnown) }

// size returns about how many documents a collection has, 0 if nobody tells.
func (e *Estimates) size(collection string, ask func() (int64, error)) int64 {
	if n, ok := lookUp(e.sizes, collection); ok {
		return n
	}
	n, err := ask()
	if err != nil {
		return 0
	}
	keep(e.sizes, collection, n, sizeKnown)
	return n
}

// sorting returns whether the server sorts for a kind of page. An error counts as no, and is not
// remembered.
func (e *Estimates) sorting(kind string, ask func() (bool, error)) bool {
	if sorts, ok := lookUp(e.sorts, kind); ok {
		return sorts
	}
	sorts, err := ask()
	if err != nil {
		return false
	}
	keep(e.sorts, kind, sorts, sortingKnown)
	return sorts
}
