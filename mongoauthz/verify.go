package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Verify compares the schema with the live database, by one listCollections command. Call it when a service starts, and in tests.
// With indexes, such as those of [Authorizer.Indexes], it also reports which of them are missing: answers are right without them, and slow.
// [Authorizer.MissingIndexes] gives these alone.
//
// The errors are a [*VerifyError] for each collection that does not exist, has a default collation that is not simple, or is a
// view, and for each index that is missing, all of them joined; or the driver's, wrapped.
func (az *Authorizer) Verify(ctx context.Context, indexes ...pipeline.Index) error {
	if !az.made() {
		return errNotMade
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	types := collections(az.schema)
	names := slices.Sorted(maps.Keys(types))
	live, err := az.db.ListCollectionSpecifications(ctx, bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: names}}}})
	if err != nil {
		return fmt.Errorf("mongoauthz: verify: list collections: %w", err)
	}
	there := slices.DeleteFunc(slices.Clone(indexes), func(ix pipeline.Index) bool { // of the others no index is known
		return !slices.ContainsFunc(live, func(c mongo.CollectionSpecification) bool { return c.Name == ix.Collection && c.Type != "view" })
	})
	missing, err := az.missing(ctx, there, live)
	if err != nil {
		return err
	}
	return findings(types, live, missing)
}

// collections returns the collections of a schema, each with the types that live in it.
func collections(s *relations.Schema) map[string][]string {
	types := map[string][]string{}
	for t := range s.Types() {
		if t.Collection != "" {
			types[t.Collection] = append(types[t.Collection], t.Name)
		}
	}
	return types
}

// findings compares the collections of a schema with those of a database, and reports the indexes that are missing.
func findings(types map[string][]string, live []mongo.CollectionSpecification, missing []pipeline.Index) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(types)) {
		report := func(f Finding) {
			errs = append(errs, &VerifyError{Collection: name, Types: types[name], Finding: f})
		}
		i := slices.IndexFunc(live, func(c mongo.CollectionSpecification) bool { return c.Name == name })
		if i < 0 {
			report(Missing)
			continue
		}
		if live[i].Type == "view" {
			report(View)
		}
		if locale, ok := live[i].Options.Lookup("collation", "locale").StringValueOK(); ok && locale != "simple" {
			report(NotSimple)
		}
	}
	for _, ix := range missing {
		errs = append(errs, &VerifyError{Collection: ix.Collection, Types: types[ix.Collection], Finding: NoIndex, Index: ix})
	}
	return errors.Join(errs...)
}
