package mongoauthz

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Fetcher returns the fetcher by which related documents are read for decisions in process, for
// callers of package evaluate. It is safe for concurrent use. Each request is one find, projected
// to the fields that are read, and more only where the keys would not fit into a command. It reads
// with the authorizer's collation. Keys are asked for as values, whatever they look like.
//
// A nil or zero Authorizer gives a fetcher that fails. Its other errors are the driver's, wrapped,
// and those of the context.
func (az *Authorizer) Fetcher() evaluate.Fetcher {
	if !az.made() {
		return noFetcher{}
	}
	return fetch.Fetcher{DB: az.db, Collation: az.collation}
}

// NewFetcher returns a fetcher as [Authorizer.Fetcher] does, for what a service reads before it can
// ask anybody: who its actors are, and what groups and roles they have. Of the options, those about
// collations and limits count.
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

// noFetcher is that of an authorizer that was not made by New.
type noFetcher struct{}

// Fetch fails.
func (noFetcher) Fetch(context.Context, evaluate.Request) ([]bson.Raw, error) { return nil, errNotMade }
