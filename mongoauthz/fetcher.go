package mongoauthz

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// maxRequest bounds, in bytes, the keys that one command asks for. The server takes 16 MiB.
const maxRequest = 8 << 20

// Fetcher returns the fetcher by which related documents are read for decisions in process, for callers of package evaluate. It is
// safe for concurrent use. Each request is one find, projected to the fields that are read, and more only where the keys
// would not fit into a command. It reads with the authorizer's collation. Keys are asked for as values, whatever they look like.
//
// A nil or zero Authorizer gives a fetcher that fails. Its other errors are the driver's, wrapped, and those of the context.
func (az *Authorizer) Fetcher() evaluate.Fetcher { return fetcher{az: az} }

// NewFetcher returns a fetcher as [Authorizer.Fetcher] does, for what a service reads before it can ask anybody: who its actors are, and what
// groups and roles they have. Of the options, those about collations and limits count.
//
// The errors are those of [New].
func NewFetcher(db *mongo.Database, opts ...Option) (evaluate.Fetcher, error) {
	none, err := relations.New()
	if err != nil {
		return nil, err
	}
	az, err := New(db, none, PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		return filter.Deny(resource), nil
	}), opts...)
	if err != nil {
		return nil, err
	}
	return az.Fetcher(), nil
}

type fetcher struct {
	az   *Authorizer
	from []options.Lister[options.CollectionOptions]
}

// Fetch returns the documents that a request asks for.
func (f fetcher) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	if !f.az.made() {
		return nil, errNotMade
	}
	var found []bson.Raw
	for _, match := range inBounds(r.Match, maxRequest) {
		documents, err := f.find(ctx, r.Collection, match, r.Fields)
		if err != nil {
			return nil, fmt.Errorf("mongoauthz: find in %s: %w", r.Collection, err)
		}
		found = append(found, documents...)
	}
	return found, nil
}

func (f fetcher) find(ctx context.Context, collection string, match []evaluate.Match, fields []string) ([]bson.Raw, error) {
	opts := options.Find()
	if f.az.collation != nil {
		opts.SetCollation(f.az.collation)
	}
	if len(fields) > 0 {
		projection := make(bson.D, len(fields))
		for i, field := range fields {
			projection[i] = bson.E{Key: field, Value: int32(1)}
		}
		opts.SetProjection(projection)
	}
	cursor, err := f.az.db.Collection(collection, f.from...).Find(ctx, findFilter(match), opts)
	if err != nil {
		return nil, err
	}
	defer driver.CloseCursor(ctx, cursor)
	var found []bson.Raw
	for cursor.Next(ctx) {
		found = append(found, slices.Clone(cursor.Current))
	}
	return found, cursor.Err()
}

// findFilter returns the filter for the documents in which every match holds, or more.
func findFilter(match []evaluate.Match) bson.D {
	switch len(match) {
	case 0:
		return bson.D{}
	case 1:
		return holds(match[0])
	}
	all := make(bson.A, len(match))
	for i, m := range match {
		all[i] = holds(m)
	}
	return bson.D{{Key: "$and", Value: all}}
}

// holds returns the filter for the documents in which a match holds. The keys were stored by somebody: $in would read a regular expression
// as a pattern, and refuses a document that looks like an operator.
func holds(m evaluate.Match) bson.D {
	plain, alternatives := bson.A{}, bson.A{}
	for _, key := range m.Keys {
		switch {
		case key.Type == bson.TypeUndefined: // which no operator compares with
			alternatives = append(alternatives, bson.D{{Key: m.Field, Value: bson.D{{Key: "$type", Value: int32(bson.TypeUndefined)}}}})
		case key.Type == bson.TypeRegex, looksLikeOperator(key):
			alternatives = append(alternatives, bson.D{{Key: m.Field, Value: bson.D{{Key: "$eq", Value: key}}}})
		default:
			plain = append(plain, key)
		}
	}
	if len(plain) > 0 || len(alternatives) == 0 {
		in := bson.D{{Key: m.Field, Value: bson.D{{Key: "$in", Value: plain}}}}
		alternatives = append(bson.A{in}, alternatives...)
	}
	if len(alternatives) == 1 {
		return alternatives[0].(bson.D)
	}
	return bson.D{{Key: "$or", Value: alternatives}}
}

// looksLikeOperator reports whether a value is a document whose first name begins with $.
func looksLikeOperator(v bson.RawValue) bool {
	return v.Type == bson.TypeEmbeddedDocument && len(v.Value) > 5 && v.Value[5] == '$'
}

// inBounds splits what is asked for until no part has more bytes of keys than the limit, or but one key a field. A
// document that is asked for is asked for by one of the parts.
func inBounds(match []evaluate.Match, limit int) [][]evaluate.Match {
	total, largest, most := 0, -1, 0
	for i, m := range match {
		n := 0
		for _, key := range m.Keys {
			n += len(key.Value) + len(m.Field) + 48 // which covers the operators and indexes around it
		}
		total += n
		if len(m.Keys) > 1 && n > most {
			largest, most = i, n
		}
	}
	if total <= limit || largest < 0 {
		return [][]evaluate.Match{match}
	}
	keys := match[largest].Keys
	var parts [][]evaluate.Match
	for _, half := range [][]bson.RawValue{keys[:len(keys)/2], keys[len(keys)/2:]} {
		part := slices.Clone(match)
		part[largest].Keys = half
		parts = append(parts, inBounds(part, limit)...)
	}
	return parts
}

// memo is a fetcher that asks for nothing twice, for decisions that are made together. It is not safe for concurrent use.
type memo struct {
	next    evaluate.Fetcher
	answers []answer
}

type answer struct {
	request   evaluate.Request
	documents []bson.Raw
}

// Fetch returns the documents that a request asks for.
func (m *memo) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	for _, a := range m.answers {
		if a.covers(r) {
			return a.documents, nil
		}
	}
	documents, err := m.next.Fetch(ctx, r)
	if err == nil {
		m.answers = append(m.answers, answer{r, documents})
	}
	return documents, err
}

// covers reports whether what was answered answers another request too.
func (a answer) covers(r evaluate.Request) bool {
	if a.request.Collection != r.Collection {
		return false
	}
	for _, field := range r.Fields {
		if !slices.Contains(a.request.Fields, field) {
			return false
		}
	}
	return len(a.request.Match) == 0 || slices.EqualFunc(a.request.Match, r.Match, func(a, b evaluate.Match) bool {
		return a.Field == b.Field && slices.EqualFunc(a.Keys, b.Keys, func(a, b bson.RawValue) bool {
			return a.Type == b.Type && bytes.Equal(a.Value, b.Value)
		})
	})
}
