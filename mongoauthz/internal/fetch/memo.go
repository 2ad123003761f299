package fetch

import (
	"bytes"
	"context"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Memo returns a fetcher that asks next for nothing twice, for decisions that are made together. It
// is not safe for concurrent use.
func Memo(next evaluate.Fetcher) evaluate.Fetcher { return &memo{next: next} }

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
	return len(a.request.Match) == 0 || slices.EqualFunc(a.request.Match, r.Match, sameMatch)
}

func sameMatch(a, b evaluate.Match) bool {
	return a.Field == b.Field && slices.EqualFunc(a.Keys, b.Keys, func(a, b bson.RawValue) bool {
		return a.Type == b.Type && bytes.Equal(a.Value, b.Value)
	})
}

// Updated returns a fetcher that finds one document of a collection as it will be, and all others
// as next finds them.
func Updated(next evaluate.Fetcher, collection string, document bson.Raw) evaluate.Fetcher {
	return updated{next, collection, document}
}

type updated struct {
	next       evaluate.Fetcher
	collection string
	document   bson.Raw
}

// Fetch returns the documents that a request asks for. The document comes whether it is asked for
// or not, which is the evaluator's to find out.
func (u updated) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	documents, err := u.next.Fetch(ctx, r)
	if err != nil || r.Collection != u.collection {
		return documents, err
	}
	id := u.document.Lookup("_id")
	others := slices.DeleteFunc(slices.Clone(documents), func(d bson.Raw) bool {
		return evaluate.Equal(d.Lookup("_id"), id)
	})
	return append(others, u.document), nil
}
