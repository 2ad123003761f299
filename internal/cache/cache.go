// Package cache keeps what is worth to be kept, within a bound. It has one rule of eviction, of two
// generations: entries go into the young one. When that is full, it becomes the old one, and what
// was old is forgotten. An old entry that is asked for is young again. So an entry that is not used
// while the young generation fills up is evicted, and nothing is counted or sorted for that.
package cache

import "sync"

// Cache is a bounded map. It is safe for concurrent use. Make one with [New]: the zero Cache keeps
// nothing.
type Cache[K comparable, V any] struct {
	most int // entries of each generation

	mu         sync.RWMutex
	young, old map[K]V
}

// New returns a cache for about as many entries: at most one more than that.
func New[K comparable, V any](entries int) *Cache[K, V] {
	return &Cache[K, V]{most: (entries + 1) / 2}
}

// Get returns what is kept for a key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.RLock()
	v, ok := c.young[key]
	aged := false
	if !ok {
		v, aged = c.old[key]
	}
	c.mu.RUnlock()
	if aged {
		c.renew(key, v)
	}
	return v, ok || aged
}

// GetBytes is Get for the key that the bytes spell. It does not allocate.
func GetBytes[V any](c *Cache[string, V], key []byte) (V, bool) {
	c.mu.RLock()
	v, ok := c.young[string(key)]
	aged := false
	if !ok {
		v, aged = c.old[string(key)]
	}
	c.mu.RUnlock()
	if aged {
		c.renew(string(key), v)
	}
	return v, ok || aged
}

// Put keeps a value for a key, in place of what was kept for it.
func (c *Cache[K, V]) Put(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, v)
}

// renew makes an old entry young, unless another value has been put for the key meanwhile.
func (c *Cache[K, V]) renew(key K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[key]; !ok {
		c.put(key, v)
	}
}

func (c *Cache[K, V]) put(key K, v V) {
	if c.most == 0 {
		return
	}
	if _, ok := c.young[key]; c.young == nil || !ok && len(c.young) >= c.most {
		c.old, c.young = c.young, make(map[K]V)
	}
	c.young[key] = v
}

// Len returns how many entries are kept.
func (c *Cache[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := len(c.young)
	for key := range c.old {
		if _, twice := c.young[key]; !twice {
			n++
		}
	}
	return n
}
