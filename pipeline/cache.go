package pipeline

import (
	"slices"
	"sync"

	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/lower"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/plan"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Cache compiles filters, and remembers plans by the shape of their filters: the values, those of bound parameters too, are put into a plan that was compiled for other
// values. What a plan depends on besides is part of the shape: types of values, nulls, lists that are empty or of one value, and which values are equal.
// It is safe for concurrent use. Make one with [NewCache].
type Cache struct {
	options []Option
	known   *lower.Known
	shapes  sync.Pool
	kept    *cache.Cache[string, *plan.Compiled]
}

// DefaultCachedPlans is how many plans a [Cache] keeps, unless it is made for another number.
const DefaultCachedPlans = 1_000

// NewCache returns a cache for filters over a schema, for at most so many plans; 0 is [DefaultCachedPlans]. Plans are compiled with the options.
func NewCache(s *relations.Schema, plans int, opts ...Option) *Cache {
	if plans <= 0 {
		plans = DefaultCachedPlans
	}
	c := &Cache{options: slices.Clone(opts), known: lower.NewKnown(s), kept: cache.New[string, *plan.Compiled](plans)}
	c.shapes.New = func() any { return new(lower.Shape) }
	return c
}

// Compile is [CompileChecked] for a filter that was checked by the cache's own schema, or by what
// its Bind returned.
//
// The plan keeps the filter's values. The errors are those of [CompileChecked]. They are not
// remembered.
func (c *Cache) Compile(f *relations.CheckedFilter) (*Plan, error) {
	if c == nil || c.shapes.New == nil { // the zero Cache: it keeps nothing
		return CompileChecked(f)
	}
	shape := c.shapes.Get().(*lower.Shape)
	defer c.shapes.Put(shape)
	shape.Of(c.known, f)
	if shape.Bad {
		return CompileChecked(f, c.options...)
	}
	if t, ok := cache.GetBytes(c.kept, shape.Key); ok {
		return &Plan{t, slices.Clone(shape.Params)}, nil
	}
	l := &lower.Lowerer{Params: slices.Clone(shape.Params), Known: c.known}
	plan, err := compile(l, f, c.options)
	if err == nil && !l.UnknownValue {
		c.kept.Put(string(shape.Key), plan.of)
	}
	return plan, err
}
