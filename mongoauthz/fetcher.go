package mongoauthz

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
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
		return noFetcher{errNotMade}
	}
	return fetch.Fetcher{DB: az.db, Collation: az.collation}
}

// NewFetcher returns a fetcher as [Authorizer.Fetcher] does, for what a service reads before there
// is an authorizer: who its actors are, and what groups and roles they have. It reads with the
// collation; nil is the simple one, and the zero Collation sends none, for a server that refuses
// the option ([WithoutCollation]).
//
// A nil db gives a fetcher that fails.
func NewFetcher(db *mongo.Database, collation *options.Collation) evaluate.Fetcher {
	switch {
	case db == nil:
		return noFetcher{&ArgumentError{Name: "db", Problem: "is nil"}}
	case collation == nil:
		collation = simpleCollation()
	case *collation == options.Collation{}:
		collation = nil
	}
	return fetch.Fetcher{DB: db, Collation: collation}
}

// noFetcher fails.
type noFetcher struct{ err error }

// Fetch fails.
func (f noFetcher) Fetch(context.Context, evaluate.Request) ([]bson.Raw, error) { return nil, f.err }
