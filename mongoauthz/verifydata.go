package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// readBatch is how many documents are asked for at once.
const readBatch = 500

// VerifyData compares stored documents with the schema's declarations. It is the first thing to
// run when a list is unexpectedly empty: a field of another type than declared, or a name that is
// misspelt, makes conditions unknown, and unknown never authorizes. [Authorizer.Verify] compares
// collections, indexes and Go structs instead, and reads no documents.
//
// It reads at most sample documents of each collection, or all of them if sample is 0. Where the
// collection has more than the sample, the documents are chosen at random by the server
// ($sample): the first by _id are the oldest, and faults come with new code. So two reports may
// differ, and the server may choose one document twice. Run it with 0 before you rely on a
// declaration.
//
// It looks at the documents inside a type's scope, which tells types apart that share a collection,
// and at embedded documents to any depth. It skips a type whose scope has an unbound parameter. The
// problems are those of [DataProblem].
//
// A key dangles if no document of the other collection has it. The scope and the constants there do
// not count. A relation is not looked at in a document for which its own constants do not hold. A
// has one that is declared required needs a row inside the scope of its type, with the constants of
// the relation.
//
// Documents are read one after another and not kept. Keys are looked up together, by a find for
// up to 1,000 of them; without an index on the field, each of these finds reads the whole
// collection. Reads share no snapshot: what is written meanwhile may be reported. The limit of
// [WithTimeLimit] is for queries of actors and does not hold here; a deadline of ctx does.
//
// The errors are an [*ArgumentError] for a negative sample; a [*pipeline.UnsupportedError] under
// [WithCollation], since keys and scopes are compared in process; an [*evaluate.DocumentError] for
// a document that is broken BSON; and the driver's, wrapped. There is no report beside an error.
// What is wrong with the data is no error: see [DataReport.Err].
func (az *Authorizer) VerifyData(ctx context.Context, sample int) (DataReport, error) {
	switch {
	case !az.made():
		return DataReport{}, errNotMade
	case sample < 0:
		problem := "is negative: 0 reads all documents"
		return DataReport{}, &ArgumentError{Name: "sample", Problem: problem}
	case !driver.ComparesInBinary(az.collation):
		err := &pipeline.UnsupportedError{Problem: "a comparison of stored data by another collation " +
			"than the simple one: use an Authorizer without WithCollation"}
		return DataReport{}, fmt.Errorf("mongoauthz: verify data: %w", err)
	}
	ctx = driver.OrBackground(ctx)
	var report DataReport
	types := collections(az.schema)
	for _, collection := range slices.Sorted(maps.Keys(types)) {
		err := az.verifyCollection(ctx, collection, types[collection], sample, &report)
		if err != nil {
			return DataReport{}, fmt.Errorf("mongoauthz: verify data of %s: %w", collection, err)
		}
	}
	report.sort()
	return report, nil
}

// sort brings a report into the order of the types' names. Findings of one type are in order
// already.
func (r *DataReport) sort() {
	byType(r.Types, func(t DataType) string { return t.Type })
	byType(r.Findings, func(f DataFinding) string { return f.Type })
	byType(r.Skipped, func(s DataSkip) string { return s.Type })
}

func byType[T any](list []T, name func(T) string) {
	slices.SortStableFunc(list, func(a, b T) int { return strings.Compare(name(a), name(b)) })
}

// verifyCollection adds to a report what is found in one collection, for each of the types in it.
func (az *Authorizer) verifyCollection(
	ctx context.Context, collection string, types []string, sample int, report *DataReport,
) error {
	var inspections []*inspect.Inspection
	for _, name := range types {
		t, ok := az.schema.Type(name)
		if !ok {
			continue
		}
		in, err := inspect.New(az.schema, t, az.askRelated)
		if malformed, ok := errors.AsType[*filter.MalformedError](err); ok {
			skip := DataSkip{Type: name, Reason: malformed.Problem}
			report.Skipped = append(report.Skipped, skip)
			continue
		}
		if err != nil {
			return err
		}
		inspections = append(inspections, in)
	}
	if len(inspections) == 0 {
		return nil
	}
	projection := inspect.Projection(inspections)
	err := az.eachDocument(ctx, collection, projection, sample, func(document bson.Raw) error {
		for _, in := range inspections {
			if err := in.Look(ctx, document); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, in := range inspections {
		if err := in.Finish(ctx); err != nil {
			return err
		}
		report.add(in)
	}
	return nil
}

// add adds what an inspection has found.
func (r *DataReport) add(in *inspect.Inspection) {
	t := in.Type()
	read, documents := in.Counts()
	r.Types = append(r.Types, DataType{Type: t.Name, Collection: t.Collection, Read: read, Documents: documents})
	for _, f := range in.Findings() {
		r.Findings = append(r.Findings, DataFinding{
			Type: t.Name, Collection: t.Collection, Path: f.Path,
			Problem: DataProblem(f.Problem), Broken: f.Broken, Declared: f.Declared, Stored: f.Stored, Target: f.Target,
			Documents: f.Documents, Of: f.Of, Examples: f.Examples,
		})
	}
	for _, s := range in.Skipped() {
		r.Skipped = append(r.Skipped, DataSkip{Type: t.Name, Path: s.Path, Reason: s.Reason})
	}
}

// eachDocument calls look with the documents of a collection, or with a sample of them.
func (az *Authorizer) eachDocument(
	ctx context.Context, collection string, projection bson.D, sample int, look func(bson.Raw) error,
) error {
	c := az.db.Collection(collection)
	var cursor *mongo.Cursor
	more := false
	var err error
	if sample > 0 && sample < math.MaxInt { // counts no further than it takes
		var n int64
		n, err = c.CountDocuments(ctx, bson.D{}, options.Count().SetLimit(int64(sample)+1))
		if err != nil {
			return fmt.Errorf("count: %w", err)
		}
		more = n > int64(sample)
	}
	if more {
		cursor, err = c.Aggregate(ctx, mongo.Pipeline{
			{{Key: "$sample", Value: bson.D{{Key: "size", Value: int64(sample)}}}},
			{{Key: "$project", Value: projection}},
		}, options.Aggregate().SetBatchSize(readBatch).SetAllowDiskUse(true))
	} else {
		opts := options.Find().SetProjection(projection).SetBatchSize(readBatch)
		cursor, err = c.Find(ctx, bson.D{}, opts.SetLimit(int64(sample)))
	}
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer driver.CloseCursor(ctx, cursor)
	for cursor.Next(ctx) {
		if err := look(cursor.Current); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

// askRelated reads related documents, as they come and no longer than they are wanted.
func (az *Authorizer) askRelated(
	ctx context.Context, r evaluate.Request, yield func(bson.Raw) (bool, error),
) error {
	f := fetch.Fetcher{DB: az.db, Collation: az.collation, BatchSize: readBatch}
	failed := false // by yield
	err := f.Each(ctx, r, func(document bson.Raw) (bool, error) {
		more, err := yield(document)
		failed = err != nil
		return more, err
	})
	if err != nil && !failed {
		return fmt.Errorf("find keys in %s: %w", r.Collection, err)
	}
	return err
}
