package evaluate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Fetcher returns the related documents that a decision asks for. It has to be safe for concurrent use if the decisions are concurrent.
type Fetcher interface {
	// Fetch returns the documents of a collection that a request asks for. It may return more, and any document more than once: which of them
	// a relation reaches is decided here. It must not return fewer: under a None, a document left out authorizes.
	// The documents must not be changed afterwards.
	Fetch(ctx context.Context, r Request) ([]bson.Raw, error)
}

// Request asks for the documents of a collection in which every one of Match holds; for all its documents if there is none.
type Request struct {
	Collection string
	Match      []Match
	// Fields are the dotted paths that will be read of the documents, _id among them, none of them inside another: a projection.
	// Documents may be returned with more.
	Fields []string
}

// Match holds for a document in which a value at Field equals one of Keys, or is an array with an element that does ([Equal]).
// Field is a dotted path, which may lead through arrays of embedded documents. Keys, of which there is at least one and no two are identical,
// are neither null nor arrays; as they were read from documents, they are values and never patterns or operators.
type Match struct {
	Field string
	Keys  []bson.RawValue
}

// Memory is a [Fetcher] that has the documents of each collection in memory. A collection it does not hold is empty.
type Memory map[string][]bson.Raw

// Insert adds documents to a collection, encoded as the driver encodes them by default. The error
// is that of [relations.Schema.Marshal], and then nothing is added.
func (m Memory) Insert(collection string, documents ...any) error {
	encoded := make([]bson.Raw, len(documents))
	var byDefault relations.Schema
	for i, d := range documents {
		raw, err := byDefault.Marshal(d)
		if err != nil {
			return fmt.Errorf("evaluate: document %d of %s: %w", i, collection, err)
		}
		encoded[i] = raw
	}
	if m == nil {
		return errors.New("evaluate: documents cannot be added to a nil Memory: make it by Memory{}")
	}
	m[collection] = append(m[collection], encoded...)
	return nil
}

// Fetch returns the documents that a request asks for, whole. Malformed documents are returned with them, so that they are not overlooked.
func (m Memory) Fetch(ctx context.Context, r Request) ([]bson.Raw, error) {
	if ctx != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var found []bson.Raw
	for _, document := range m[r.Collection] {
		if r.holds(document) || !wellFormed(document, maxNesting) {
			found = append(found, document)
		}
	}
	return found, nil
}

func (r Request) holds(document bson.Raw) bool {
	for _, m := range r.Match {
		if !holdsKey(document, splitPath(m.Field), m.Keys) {
			return false
		}
	}
	return true
}

// related is what was fetched for one decision, or for several made at once. Each document is kept in the version that was seen first,
// so that nothing is decided on two versions of one document.
type related struct {
	fetcher     Fetcher
	fields      map[string][]string // what the filter reads, by collection
	collections map[string]*collection
}

type collection struct {
	documents []choice
	seen      map[string]bool // by identity
	asked     map[string]bool // the keys, as encoded by requestFor
}

func (r *related) in(name string) *collection {
	c, ok := r.collections[name]
	if !ok {
		if r.collections == nil {
			r.collections = map[string]*collection{}
		}
		c = &collection{seen: map[string]bool{}, asked: map[string]bool{}}
		r.collections[name] = c
	}
	return c
}

// fetchAlong fetches what the keys lead to, unless it is there. What the keys of all the other documents lead to, over which the
// entity where the path starts ranges, is asked for in the same request.
func (d *decision) fetchAlong(e *entity, p *path, keys [][]bson.RawValue) error {
	in := d.related.in(e.collection)
	own := encode(p, keys)
	if in.asked[own] {
		return nil
	}
	in.asked[own] = true
	all := slices.Clone(keys)
	here := *d.at(p.from)
	for _, other := range d.others[p.from] {
		*d.at(p.from) = other
		theirs, _ := d.keys(p)
		if id := encode(p, theirs); complete(theirs) && !in.asked[id] {
			in.asked[id] = true
			for i := range all {
				all[i] = append(slices.Clip(all[i]), theirs[i]...)
			}
		}
	}
	*d.at(p.from) = here
	match := make([]Match, len(p.pairs))
	for i := range p.pairs {
		match[i] = Match{Field: p.pairs[i].field, Keys: distinct(all[i])}
	}
	return d.fetch(e.collection, match)
}

// fetch asks the fetcher and keeps what it returns.
func (d *decision) fetch(name string, match []Match) error {
	in := d.related.in(name)
	if match == nil {
		if in.asked[""] {
			return nil
		}
		in.asked[""] = true
	}
	if err := d.ctx.Err(); err != nil {
		return err
	}
	if d.related.fetcher == nil {
		return ErrNoFetcher
	}
	documents, err := d.related.fetcher.Fetch(d.ctx, Request{Collection: name, Match: match, Fields: slices.Clone(d.related.fields[name])})
	if err != nil {
		return fmt.Errorf("evaluate: fetch from %s: %w", name, err)
	}
	for _, raw := range documents {
		if !wellFormed(raw, maxNesting) {
			return &DocumentError{Collection: name}
		}
		id := string(raw)
		if v, ok := find(raw, "_id"); ok {
			id = string(append([]byte{byte(v.Type)}, v.Value...))
		}
		if !in.seen[id] {
			in.seen[id] = true
			in.documents = append(in.documents, choice{kind: document, document: raw})
		}
	}
	return nil
}

// encode returns keys along a path as a string that no other keys have.
func encode(p *path, keys [][]bson.RawValue) string {
	var b []byte
	for i, pair := range p.pairs {
		b = append(append(b, pair.field...), 0)
		b = binary.AppendUvarint(b, uint64(len(keys[i])))
		for _, k := range keys[i] {
			b = append(b, byte(k.Type))
			b = binary.AppendUvarint(b, uint64(len(k.Value)))
			b = append(b, k.Value...)
		}
	}
	return string(b)
}

// distinct leaves out the keys that are identical to one before.
func distinct(keys []bson.RawValue) []bson.RawValue {
	seen := make(map[string]bool, len(keys))
	return slices.DeleteFunc(slices.Clone(keys), func(k bson.RawValue) bool {
		id := string(append([]byte{byte(k.Type)}, k.Value...))
		was := seen[id]
		seen[id] = true
		return was
	})
}
