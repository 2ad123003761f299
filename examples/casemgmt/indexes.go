package casemgmt

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// Indexes returns the indexes that lists need, as the library advises them: for a user in a group, who sees what they see by roles in caseloads, and
// for the pages of each type. A type without permissions is left out. The errors are those of [mongoauthz.Authorizer.Indexes].
func (s *Service) Indexes(ctx context.Context) ([]pipeline.Index, error) {
	worker := &Actor{ID: rawValue("a user"), Groups: []bson.RawValue{rawValue("a group")}}
	var listings []mongoauthz.Listing
	for _, t := range types {
		switch _, err := s.az.AuthorizedQuery(ctx, worker, "view", t.Name); {
		case errors.Is(err, ErrUnknownPermission):
			continue
		case err != nil:
			return nil, err
		}
		for _, sort := range []bson.D{nil, {{Key: "_id", Value: 1}}} {
			listings = append(listings, mongoauthz.Listing{Actor: worker, Action: "view", Resource: t.Name, Sort: sort})
		}
	}
	return s.az.Indexes(ctx, listings...)
}

// asked are the fields by which the directory reads users and permissions, which is no question for the library.
var asked = map[string][]string{
	"permissions":      {"full_name"},
	"role_assignments": {"user", "group"},
}

// EnsureIndexes makes the indexes, unless they are there.
func (s *Service) EnsureIndexes(ctx context.Context) error {
	advised, err := s.Indexes(ctx)
	if err != nil {
		return err
	}
	models := s.az.IndexModels(advised)
	for collection, fields := range asked {
		for _, field := range fields {
			models[collection] = append(models[collection], mongo.IndexModel{Keys: bson.D{{Key: field, Value: 1}}})
		}
	}
	for collection, indexes := range models {
		if _, err := s.db.Collection(collection).Indexes().CreateMany(ctx, indexes); err != nil {
			return fmt.Errorf("casemgmt: indexes of %s: %w", collection, err)
		}
	}
	return nil
}
