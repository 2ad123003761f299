package books

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// memory is the library in process: nothing is asked of a server.
type memory struct {
	schema *relations.Schema
	policy mongoauthz.Policy
	stored evaluate.Memory
}

func inProcess(s *relations.Schema, policy mongoauthz.Policy) (*memory, error) {
	m := &memory{schema: s, policy: policy, stored: evaluate.Memory{}}
	for collection, docs := range Documents() {
		if err := m.stored.Insert(collection, docs...); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *memory) filter(ctx context.Context, actor Actor) (filter.Filter, error) {
	return m.policy.Filter(ctx, actor, "read", "Book")
}

func (m *memory) stages(ctx context.Context, actor Actor) ([]bson.D, error) {
	f, err := m.filter(ctx, actor)
	if err != nil {
		return nil, err
	}
	plan, err := pipeline.Compile(m.schema, f)
	if err != nil {
		return nil, err
	}
	return plan.Stages(), nil
}

func (m *memory) books(ctx context.Context, actor Actor, r request) ([]Book, error) {
	f, err := m.filter(ctx, actor)
	if err != nil {
		return nil, err
	}
	evaluator, err := evaluate.Prepare(m.schema, f)
	if err != nil {
		return nil, err
	}
	stored := m.stored["books"]
	decisions, err := evaluator.DecideAll(ctx, stored, m.stored)
	if err != nil {
		return nil, err
	}
	var books []Book
	for i, d := range decisions {
		if !d.Authorized() {
			continue
		}
		var b Book
		if err := bson.Unmarshal(stored[i], &b); err != nil {
			return nil, err
		}
		books = append(books, b)
	}
	return r.pick(books), nil
}
