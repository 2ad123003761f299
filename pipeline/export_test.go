package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/lower"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Keeps reports whether a plan is kept for the shape of a filter, and how many are kept at all.
func (c *Cache) Keeps(f *relations.CheckedFilter) (kept bool, plans int) {
	var sh lower.Shape
	sh.Of(c.known, f)
	plans = c.kept.Len()
	_, kept = cache.GetBytes(c.kept, sh.Key)
	return !sh.Bad && kept, plans
}
