package cache_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"github.com/stretchr/testify/require"
)

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](4)
	c.Put("used", -1)
	c.Put("unused", -2)
	for i := range 100 {
		c.Put(strconv.Itoa(i), i)
		v, ok := c.Get("used")
		require.True(t, ok)
		require.Equal(t, -1, v)
		require.LessOrEqual(t, c.Len(), 4)
	}
	_, ok := c.Get("unused")
	require.False(t, ok)
	v, ok := c.Get("99")
	require.True(t, ok)
	require.Equal(t, 99, v)
}

func TestCachePutReplaces(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](2)
	c.Put("a", 1)
	c.Put("b", 2) // a is old now
	c.Put("a", 3)
	v, ok := c.Get("a")
	require.True(t, ok)
	require.Equal(t, 3, v)
}

func TestCacheOfNothingKeepsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []*cache.Cache[string, int]{{}, cache.New[string, int](0)} {
		c.Put("a", 1)
		_, ok := c.Get("a")
		require.False(t, ok)
		require.Zero(t, c.Len())
	}
}

func TestGetBytesIsGet(t *testing.T) { // not parallel: it counts allocations
	c := cache.New[string, int](2)
	long := "a key that is longer than what the stack has room for"
	c.Put(long, 1)
	c.Put("b", 2)
	v, ok := cache.GetBytes(c, []byte(long))
	require.True(t, ok)
	require.Equal(t, 1, v)
	key := []byte(long)
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = cache.GetBytes(c, key) }))
}

func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := cache.New[int, int](8)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 1000 {
				c.Put(i%20, i%20)
				if v, ok := c.Get(i % 7); ok && v != i%7 {
					t.Error("another key's value")
				}
			}
		})
	}
	group.Wait()
	require.LessOrEqual(t, c.Len(), 8)
}
