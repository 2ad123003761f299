package mongoauthz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// WithKeyCache keeps the keys that queries were resolved to, for as many different questions as entries says, each for maxAge, and answers the same
// question from there. It is off unless this option is given.
//
// While it holds them, a role that was revoked still counts and one that was granted does not yet, in lists, counts and writes by a resolved query
// alike: for maxAge, or until this authorizer's [Authorizer.ForgetKeys] is called, which no other process hears of. [Query.ResolvedAt] says how
// old the keys are, and [Query.Rechecking] asks the joins again. Inside a session of the caller's, and in [Authorizer.Snapshot], it is not used.
func WithKeyCache(entries int, maxAge time.Duration) Option {
	return func(o *settings) error {
		if entries <= 0 || maxAge <= 0 {
			return &ArgumentError{Name: "WithKeyCache", Problem: "must be positive"}
		}
		o.keys = &keyCache{most: entries, maxAge: maxAge, found: map[[sha256.Size]byte]foundKeys{}}
		return nil
	}
}

// ForgetKeys empties the cache of [WithKeyCache] of what was read from any of the collections, or of everything where none is named. Call it after
// writes that change who may do what. Keys that are being read while it is called are not kept.
func (az *Authorizer) ForgetKeys(collections ...string) {
	if az.made() && az.keys != nil {
		az.keys.forget(collections)
	}
}

// keyCache holds what the stages of resolutions returned.
type keyCache struct {
	most   int
	maxAge time.Duration

	mu        sync.Mutex
	forgotten int // how often keys were
	found     map[[sha256.Size]byte]foundKeys
}

type foundKeys struct {
	at          time.Time
	collections []string
	documents   []bson.Raw
}

// read returns the keys that are kept, or those that ask reads. They are shared: nothing changes them.
func (k *keyCache) read(ctx context.Context, r *pipeline.Resolution, ask func() ([]bson.Raw, error)) ([]bson.Raw, time.Time, error) {
	now := time.Now()
	if k == nil || mongo.SessionFromContext(ctx) != nil {
		documents, err := ask()
		return documents, now, err
	}
	question, err := bson.Marshal(bson.D{{Key: r.Collection(), Value: r.Stages()}})
	if err != nil {
		return nil, now, err
	}
	id := sha256.Sum256(question)
	k.mu.Lock()
	have, ok := k.found[id]
	forgotten := k.forgotten
	k.mu.Unlock()
	if ok && now.Before(have.at.Add(k.maxAge)) {
		return have.documents, have.at, nil
	}
	documents, err := ask()
	if err != nil {
		return nil, now, err
	}
	for i := range documents {
		documents[i] = bytes.Clone(documents[i])
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if forgotten == k.forgotten {
		if _, ok := k.found[id]; !ok {
			k.makeRoom(now)
		}
		k.found[id] = foundKeys{now, r.Collections(), documents}
	}
	return documents, now, nil
}

// makeRoom drops what is too old, and if that is not enough, the oldest.
func (k *keyCache) makeRoom(now time.Time) {
	if len(k.found) < k.most {
		return
	}
	var oldest [sha256.Size]byte
	var at time.Time
	for id, have := range k.found {
		if !now.Before(have.at.Add(k.maxAge)) {
			delete(k.found, id)
		} else if at.IsZero() || have.at.Before(at) {
			oldest, at = id, have.at
		}
	}
	if len(k.found) >= k.most {
		delete(k.found, oldest)
	}
}

func (k *keyCache) forget(collections []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten++
	if len(collections) == 0 {
		clear(k.found)
		return
	}
	for id, have := range k.found {
		if slices.ContainsFunc(have.collections, func(c string) bool { return slices.Contains(collections, c) }) {
			delete(k.found, id)
		}
	}
}
