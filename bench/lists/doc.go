// Package lists has the lists of the case-management shape (package casemgmt) in every way that the report compares: through mongoauthz, by the
// pipeline that an adapter emits which only knows joins, and as one would write them by hand who knows the data and the server.
//
//	textbook   every relation looked up and unwound for every log, one $match, one log each
//	single     mongoauthz, all in one command
//	automatic  mongoauthz, as it runs if one says nothing
//	finds      the user's documents by five finds, then the logs of these
//	keys       the user's documents by one aggregate from the user's side, then the logs of these
//	chunks     the same, with a few documents in each of several $in
//	nested     the same aggregate as an uncorrelated $lookup in a command on the logs
//	outward    the same aggregate, which goes on to the logs: one command on the roles
//	walk       the documents, the newest date, then windows of dates backwards until the page is full
//	sample     the documents, a date that the page will not go back beyond, by a sample of the logs, then the page
package lists

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Request says what to list of a user's logs.
type Request struct {
	User  string
	Skip  int64
	Limit int64            // 0: all of them, in any order
	After *casemgmt.Cursor // only what comes after it in [casemgmt.Order]
}

// Strategy is one way of listing.
type Strategy interface {
	// Name is a word for the strategy.
	Name() string

	// ByHand reports whether it is a query written for this shape.
	ByHand() bool

	// List returns the logs asked for, in [casemgmt.Order] if there is a limit.
	List(ctx context.Context, r Request) ([]bson.Raw, error)

	// Count returns how many logs the user sees.
	Count(ctx context.Context, user string) (int64, error)
}

// All returns the strategies for a database that holds a world.
func All(db *mongo.Database) ([]Strategy, error) {
	ours, err := ours(db)
	if err != nil {
		return nil, err
	}
	return append(ours, textbook{db}, finds{db}, keys{db}, chunks{keys{db}}, nested{db}, outward{db}, walk{keys{db}}, sample{keys{db}}), nil
}
