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

// Verify compares the schema with the live database, by one listCollections command. Call it when a
// service starts, and in tests.
//
// For each type in a collection that the schema was made of a Go struct for, Verify also has the
// client encode two values of the struct, a zero one and a filled one, and compares what arrives at
// the server with what the schema's encoder writes ([FindingFieldNames] and its kin). Nothing is stored,
// unless the server does not take documents in a pipeline: then they are inserted into a collection
// with a reserved name (__authz_probe_…), which is dropped at once.
//
// With indexes, such as those of [Authorizer.Indexes], it also reports which of them are missing
// ([FindingNoIndex]): answers are right without them, and slow. An index that is sparse, partial or
// hidden, or that has another collation than the queries, does not count. One listIndexes command
// is sent for each collection.
//
// The errors are a [*VerifyError] for each collection that does not exist, has a default collation
// that is not simple, or is a view, for each index that is missing, and for each way in which the
// client encodes otherwise, all of them joined; or the driver's, wrapped.
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
	missing, err := az.indexes(live).Missing(ctx, there)
	if err != nil {
		return err
	}
	return joinFindings(findings(types, live, missing), az.probe(ctx))
}

// joinFindings joins errors that may be several joined.
func joinFindings(errs ...error) error {
	var all []error
	for _, err := range errs {
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, several.Unwrap()...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
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

// findings compares the collections of a schema with those of a database, and reports the indexes
// that are missing.
func findings(types map[string][]string, live []mongo.CollectionSpecification, missing []pipeline.Index) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(types)) {
		report := func(f Finding) {
			errs = append(errs, &VerifyError{Collection: name, Types: types[name], Finding: f})
		}
		i := slices.IndexFunc(live, func(c mongo.CollectionSpecification) bool { return c.Name == name })
		if i < 0 {
			report(FindingNoCollection)
			continue
		}
		if live[i].Type == "view" {
			report(FindingView)
		}
		if locale, ok := live[i].Options.Lookup("collation", "locale").StringValueOK(); ok && locale != "simple" {
			report(FindingCollation)
		}
	}
	for _, ix := range missing {
		errs = append(errs, &VerifyError{Collection: ix.Collection, Types: types[ix.Collection], Finding: FindingNoIndex, Index: ix})
	}
	return errors.Join(errs...)
}
