package mongoauthz

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/verify"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Question is one that an authorizer is asked often, and whose answer should be found by indexes.
type Question struct {
	Actor            any // a typical one: with roles, groups, assignments
	Action, Resource string
	Sort             bson.D // of the pages that are read, as in [PageRequest]; empty: the documents are read as they come
}

// Indexes returns the indexes by which the questions are answered fast, whether keys are read first
// or joins left to the pipeline, and in lists as in decisions about one document; for each, what
// needs it. What is there already does not count: see [Authorizer.MissingIndexes] and
// [Authorizer.Verify]. It asks the policy, and does no I/O of its own.
//
// Ask for what the service lists most, once for each kind of actor for whom the policy gives
// another filter, and once for each sort. Indexes cost memory and make writes slower: the advice is
// where to start from, and the server's explain says what is used. What [pipeline.Indexes] says of
// the indexes holds here.
//
// The errors are those of [Authorizer.AuthorizedQuery], and an [*ArgumentError] for a sort that is
// none.
func (az *Authorizer) Indexes(ctx context.Context, questions ...Question) ([]pipeline.Index, error) {
	if !az.made() {
		return nil, errNotMade
	}
	listings := make([]pipeline.Listing, len(questions))
	for i, question := range questions {
		q, err := az.AuthorizedQuery(ctx, question.Actor, question.Action, question.Resource)
		if err != nil {
			return nil, err
		}
		listings[i] = pipeline.Listing{Plan: q.plan.compiled}
		if q.strategy != SingleCommand {
			listings[i].Resolution = q.plan.compiled.Resolution(q.strategy == ResolveFirst, az.keyLimit)
		}
		if len(question.Sort) > 0 {
			if listings[i].Sort, err = totalOrder(question.Sort); err != nil {
				return nil, err
			}
		}
	}
	return pipeline.Indexes(az.schema, listings...)
}

// IndexModels returns the driver's models of indexes, by collection, for
// [mongo.IndexView.CreateMany]. Their collation is the one that the queries run with. They have the
// names that the driver gives them.
func (az *Authorizer) IndexModels(indexes []pipeline.Index) map[string][]mongo.IndexModel {
	models := map[string][]mongo.IndexModel{}
	for _, ix := range indexes {
		model := mongo.IndexModel{Keys: slices.Clone(ix.Keys)} // each is 1 or -1, and nothing deeper
		if az.made() && az.collation != nil {
			model.Options = options.Index().SetCollation(az.collation)
		}
		models[ix.Collection] = append(models[ix.Collection], model)
	}
	return models
}

// MissingIndexes returns those of the indexes that the live database does not have, nor others that
// serve as well. An index that is sparse, partial or hidden, or that has another collation than the
// queries, does not count. One listIndexes command is sent for each collection.
//
// The errors are the driver's, wrapped.
func (az *Authorizer) MissingIndexes(ctx context.Context, indexes []pipeline.Index) ([]pipeline.Index, error) {
	if !az.made() {
		return nil, errNotMade
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	collections, err := az.specifications(ctx, indexes)
	if err != nil {
		return nil, err
	}
	return az.indexes(collections).Missing(ctx, indexes)
}

// specifications lists the collections of indexes, where their default collation is the one that
// the queries run with.
func (az *Authorizer) specifications(ctx context.Context, indexes []pipeline.Index) ([]mongo.CollectionSpecification, error) {
	if !az.noCollation || len(indexes) == 0 {
		return nil, nil
	}
	live, err := az.db.ListCollectionSpecifications(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: list collections: %w", err)
	}
	return live, nil
}

// indexes returns the indexes of the live database, of collections some of which are known.
func (az *Authorizer) indexes(known []mongo.CollectionSpecification) *verify.Indexes {
	return &verify.Indexes{DB: az.db, Collation: az.collation, Collections: known}
}

// spellKeys spells the keys of an index, such as "owner, -published".
func spellKeys(keys bson.D) string {
	var out strings.Builder
	for i, e := range keys {
		if i > 0 {
			out.WriteString(", ")
		}
		if direction, _ := page.Direction(e.Value); direction < 0 {
			out.WriteString("-")
		}
		out.WriteString(e.Key)
	}
	return out.String()
}
