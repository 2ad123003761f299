package mongoauthz

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// KeyCache is the cache of keys, by itself: a server's answers cannot be timed.
type KeyCache struct{ k *keyCache }

func NewKeyCache(most int, maxAge time.Duration) KeyCache {
	return KeyCache{&keyCache{most: most, maxAge: maxAge, found: map[[sha256.Size]byte]foundKeys{}}}
}

func (c KeyCache) Read(ctx context.Context, r *pipeline.Resolution, ask func() ([]bson.Raw, error)) {
	_, _, _ = c.k.read(ctx, r, ask)
}

func (c KeyCache) Forget(collections ...string) { c.k.forget(collections) }

func (c KeyCache) Len() int {
	c.k.mu.Lock()
	defer c.k.mu.Unlock()
	return len(c.k.found)
}

// DocsExamined and HasSort read explanations that the server at hand does not give.
func DocsExamined(said bson.Raw) int64 {
	if n, ok := docsExamined(said); ok {
		return n
	}
	return -1
}

func HasSort(said bson.Raw) bool { return hasSort(said) }
