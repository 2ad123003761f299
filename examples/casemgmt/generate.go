package casemgmt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// verbs are what is done with documents, and how often.
var verbs = []struct {
	verb   string
	weight int
}{{"viewed", 60}, {"changed", 22}, {"printed", 9}, {"commented", 6}, {"approved", 2}, {"created", 1}}

// Generated says which activity logs are made.
type Generated struct {
	From, To int       // each document gets the logs with the numbers from From up to, but without, To
	Until    time.Time // their dates are in the nine months before
	// Progress is called with how many logs are stored, and of how many; it may be nil.
	Progress func(done, total int)
}

// Generate makes activity logs for every document of a database: by its users, with weighted verbs and dates over months. The same numbers give the
// same verbs, actors and distances of dates.
func Generate(ctx context.Context, db *mongo.Database, g Generated) error {
	documents, err := ids(ctx, db, "documents")
	if err != nil {
		return err
	}
	users, err := ids(ctx, db, "users")
	if err != nil {
		return err
	}
	if len(users) == 0 {
		return fmt.Errorf("casemgmt: there are no users to have done anything")
	}
	total, done := len(documents)*max(g.To-g.From, 0), 0
	const batch = 2000
	logs := make([]any, 0, batch)
	flush := func() error {
		if len(logs) == 0 {
			return nil
		}
		if _, err := db.Collection("activity_logs").InsertMany(ctx, logs, options.InsertMany().SetOrdered(false)); err != nil {
			return fmt.Errorf("casemgmt: activity_logs: %w", err)
		}
		done, logs = done+len(logs), logs[:0]
		if g.Progress != nil {
			g.Progress(done, total)
		}
		return nil
	}
	for n := g.From; n < g.To; n++ {
		for i, document := range documents {
			r := rand.New(rand.NewPCG(uint64(n), uint64(i)))
			logs = append(logs, bson.D{
				{Key: "_id", Value: bson.NewObjectID()},
				{Key: "document", Value: document},
				{Key: "actor", Value: users[r.IntN(len(users))]},
				{Key: "verb", Value: weightedVerb(r)},
				{Key: "date", Value: g.Until.Add(-time.Duration(r.Int64N(int64(270 * 24 * time.Hour)))).Truncate(time.Second)},
			})
			if len(logs) == batch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

func weightedVerb(r *rand.Rand) string {
	sum := 0
	for _, v := range verbs {
		sum += v.weight
	}
	n := r.IntN(sum)
	for _, v := range verbs {
		if n -= v.weight; n < 0 {
			return v.verb
		}
	}
	return verbs[0].verb
}

// ids returns the ids in a collection, in their order.
func ids(ctx context.Context, db *mongo.Database, collection string) ([]bson.RawValue, error) {
	cursor, err := db.Collection(collection).Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("casemgmt: read %s: %w", collection, err)
	}
	var docs []bson.Raw
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("casemgmt: read %s: %w", collection, err)
	}
	var found []bson.RawValue
	for _, doc := range docs {
		found = append(found, doc.Lookup("_id"))
	}
	return found, nil
}
