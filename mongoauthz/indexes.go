package mongoauthz

import (
	"context"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/verify"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Listing is a list that a service reads often, and that indexes should make fast.
type Listing struct {
	Actor            any // a typical one: with roles, groups, assignments
	Action, Resource string
	Sort             bson.D // of the pages that are read, as in [PageRequest]; empty: the documents are read as they come
}

// Indexes returns the indexes by which the listings are answered fast, whether keys are read first
// or joins left to the pipeline, and in lists as in decisions about one document; for each, what
// needs it. Indexes that exist already are among them: [Authorizer.Verify] says which are missing.
// It asks the policy, and does no I/O of its own.
//
// Ask for what the service lists most, once for each kind of actor for whom the policy gives
// another filter, and once for each sort. Indexes cost memory and make writes slower: the advice is
// where to start from, and the server's explain says what is used. What [pipeline.Indexes] says of
// the indexes holds here.
//
// The errors are those of [Authorizer.AuthorizedQuery], and an [*ArgumentError] for a sort that is
// none.
func (az *Authorizer) Indexes(ctx context.Context, listings ...Listing) ([]pipeline.Index, error) {
	if !az.made() {
		return nil, errNotMade
	}
	compiled := make([]pipeline.Listing, len(listings))
	for i, listing := range listings {
		q, err := az.AuthorizedQuery(ctx, listing.Actor, listing.Action, listing.Resource)
		if err != nil {
			return nil, err
		}
		compiled[i] = pipeline.Listing{Plan: q.plan.compiled}
		if q.consistency != SingleCommand {
			compiled[i].Resolution = q.plan.compiled.Resolution(q.consistency == KeysFirst, az.keyLimit)
		}
		if len(listing.Sort) > 0 {
			if compiled[i].Sort, err = totalOrder(listing.Sort); err != nil {
				return nil, err
			}
		}
	}
	return pipeline.Indexes(az.schema, compiled...)
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

// indexes returns the indexes of the live database, of collections some of which are known.
func (az *Authorizer) indexes(known []mongo.CollectionSpecification) *verify.Indexes {
	return &verify.Indexes{DB: az.db, Collation: az.collation, Collections: known}
}
