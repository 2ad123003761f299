package pipeline

import "github.com/mongoauthz/go-mongoauthz/relations"

// Keeps reports whether a plan is kept for the shape of a filter, and how many are kept at all.
func (c *Cache) Keeps(f *relations.CheckedFilter) (kept bool, plans int) {
	var sh shape
	sh.of(c, f)
	c.mu.RLock()
	defer c.mu.RUnlock()
	plans = len(c.young)
	for key := range c.old {
		if c.young[key] == nil {
			plans++
		}
	}
	return !sh.bad && (c.young[string(sh.key)] != nil || c.old[string(sh.key)] != nil), plans
}
