package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Capability is something that MongoDB 6.0 and later can do in a replica set and another server perhaps cannot. Which it
// can is found by doing it, once per test binary, not by the server's name.
type Capability int

const (
	// Transactions: writes of several documents that an abort takes back.
	Transactions Capability = iota
	// SnapshotReads: reads of one session at one point in time, outside a transaction.
	SnapshotReads
	// Collation: comparisons of strings by the rules of a language.
	Collation
	// ChangeStreams: Watch reports a write.
	ChangeStreams
	// Views: a view answers with its pipeline's result.
	Views
)

// capabilities holds, for each Capability, its name and what it takes to find out. A probe returns an empty string if the
// server has it and otherwise why not; an error means that it could not be found out.
var capabilities = map[Capability]struct {
	name  string
	probe func(context.Context, *mongo.Database) (lack string, err error)
}{
	Transactions:  {"transactions", probeTransactions},
	SnapshotReads: {"snapshot reads", probeSnapshotReads},
	Collation:     {"collation", probeCollation},
	ChangeStreams: {"change streams", probeChangeStreams},
	Views:         {"views", probeViews},
}

// String returns the name as the summary of skipped tests gives it.
func (c Capability) String() string {
	if known, ok := capabilities[c]; ok {
		return known.name
	}
	return fmt.Sprintf("Capability(%d)", int(c))
}

// Require skips the test, by name and with the reason, unless the server has all the capabilities. [Main] prints at the
// end how many tests were skipped for which of them. The test fails if it cannot be found out.
func Require(tb testing.TB, needs ...Capability) {
	tb.Helper()
	for _, c := range needs {
		if lack := lacking(tb, c); lack != "" {
			skip(tb, fmt.Sprintf("%s (%s: %s)", c, shared(tb).server.product, lack))
		}
	}
}

// Has reports whether the server has the capability, for tests that assert a known difference where it has not.
func Has(tb testing.TB, c Capability) bool {
	tb.Helper()
	return lacking(tb, c) == ""
}

// SimpleCollation is the collation for mongoauthz.NewFetcher: the simple one, or none where the
// server has none.
func SimpleCollation(tb testing.TB) *options.Collation {
	tb.Helper()
	if Has(tb, Collation) {
		return nil
	}
	return &options.Collation{}
}

func lacking(tb testing.TB, c Capability) string {
	tb.Helper()
	probe, ok := shared(tb).probes[c]
	if !ok {
		tb.Fatalf("harness: there is no %v", c)
	}
	lack, err := probe()
	if err != nil {
		tb.Fatalf("harness: find out whether the server has %v: %v", c, err)
	}
	return lack
}

// probes returns the probes of all capabilities, each to be run at most once, in a database of its own.
func probes(client *mongo.Client) map[Capability]func() (string, error) {
	all := make(map[Capability]func() (string, error), len(capabilities))
	for c, known := range capabilities {
		all[c] = sync.OnceValues(func() (lack string, err error) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			db := client.Database(databaseName("probe_" + known.name))
			defer func() { err = errors.Join(err, db.Drop(ctx)) }()
			lack, err = known.probe(ctx, db)
			if server, ok := errors.AsType[mongo.ServerError](err); ok && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) {
				return oneLine(server), nil
			}
			return lack, err
		})
	}
	return all
}

func probeTransactions(ctx context.Context, db *mongo.Database) (string, error) {
	// The collection exists beforehand: older servers cannot make one inside a transaction.
	coll := db.Collection("c")
	if err := db.CreateCollection(ctx, "c"); err != nil {
		return "", err
	}
	session, err := db.Client().StartSession()
	if err != nil {
		return "", err
	}
	defer session.EndSession(ctx)
	err = mongo.WithSession(ctx, session, func(ctx context.Context) error {
		if err := session.StartTransaction(); err != nil {
			return err
		}
		_, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: 1}})
		return errors.Join(err, session.AbortTransaction(ctx))
	})
	if err != nil {
		return "", err
	}
	// A server that ignores the transaction has kept the document.
	n, err := coll.CountDocuments(ctx, bson.D{})
	if err == nil && n != 0 {
		return "an aborted insert stays", nil
	}
	return "", err
}

func probeSnapshotReads(ctx context.Context, db *mongo.Database) (string, error) {
	coll := db.Collection("c")
	if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: 1}}); err != nil {
		return "", err
	}
	session, err := db.Client().StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return "", err
	}
	defer session.EndSession(ctx)
	count := func() (n int, err error) {
		cursor, err := coll.Find(mongo.NewSessionContext(ctx, session), bson.D{})
		if err != nil {
			return 0, err
		}
		var all []bson.Raw
		err = cursor.All(ctx, &all)
		return len(all), err
	}
	before, err := count()
	if err != nil {
		return "", err
	}
	if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: 2}}); err != nil {
		return "", err
	}
	after, err := count()
	if err == nil && after != before {
		return "a later write is seen", nil
	}
	return "", err
}

func probeCollation(ctx context.Context, db *mongo.Database) (string, error) {
	coll := db.Collection("c")
	if _, err := coll.InsertOne(ctx, bson.D{{Key: "s", Value: "A"}}); err != nil {
		return "", err
	}
	ignoreCase := options.Find().SetCollation(&options.Collation{Locale: "en", Strength: 2})
	cursor, err := coll.Find(ctx, bson.D{{Key: "s", Value: "a"}}, ignoreCase)
	if err != nil {
		return "", err
	}
	var all []bson.Raw
	err = cursor.All(ctx, &all)
	if err == nil && len(all) != 1 {
		return "it is ignored", nil
	}
	return "", err
}

func probeChangeStreams(ctx context.Context, db *mongo.Database) (string, error) {
	coll := db.Collection("c")
	if err := db.CreateCollection(ctx, "c"); err != nil {
		return "", err
	}
	stream, err := coll.Watch(ctx, mongo.Pipeline{})
	if err != nil {
		return "", err
	}
	defer func() { _ = stream.Close(ctx) }()
	if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: 1}}); err != nil {
		return "", err
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if stream.Next(wait) {
		return "", nil
	}
	if wait.Err() != nil {
		return "a write is not reported", nil
	}
	return "", stream.Err()
}

func probeViews(ctx context.Context, db *mongo.Database) (string, error) {
	docs := []any{bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "_id", Value: 2}}}
	if _, err := db.Collection("c").InsertMany(ctx, docs); err != nil {
		return "", err
	}
	one := mongo.Pipeline{{{Key: "$match", Value: bson.D{{Key: "_id", Value: 1}}}}}
	if err := db.CreateView(ctx, "v", "c", one); err != nil {
		return "", err
	}
	n, err := db.Collection("v").CountDocuments(ctx, bson.D{})
	if err == nil && n != 1 {
		return "a view is an empty collection", nil
	}
	return "", err
}
