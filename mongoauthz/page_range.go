package mongoauthz

import (
	"context"
	"math/bits"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ranges returns the ranges in which a page should be, nil where they would be no gain.
func (q *Query) ranges(ctx context.Context, r *page.Read) *page.Ranges {
	switch {
	// A transaction has neither counts nor explanations, and a snapshot no samples of its moment.
	case mongo.SessionFromContext(ctx) != nil,
		q.consistency == SingleCommand, q.consistency == Rechecked, q.plan.hasJoins(), !driver.ComparesInBinary(q.az.collation):
		return nil
	}
	for _, stage := range q.appended {
		if stage[0].Key != "$match" {
			return nil
		}
	}
	return page.NewRanges(ctx, q.az.estimates, q.plan.collection(), pageSource{q, r}, r)
}

// pageSource is a query of which a page is read.
type pageSource struct {
	q *Query
	r *page.Read
}

// Kinds returns the kinds of the page and of the distance of its documents.
func (s pageSource) Kinds() (kind, distance string) {
	of := s.q.plan.collection() + "\x00" + strconv.Itoa(bits.Len(uint(s.q.plan.keyCount())))
	return of + s.q.sequence(s.r.Stages...).text(false), of + extended(s.r.Order)
}

// Size returns about how many documents the collection has.
func (s pageSource) Size(ctx context.Context) (int64, error) {
	return s.q.Collection().EstimatedDocumentCount(ctx)
}

// Sorts reports whether the server would sort for the page. A server that refuses to explain counts
// as one that does not.
func (s pageSource) Sorts(ctx context.Context) (bool, error) {
	stages := s.q.sequence(s.r.Stages...).stages()
	explanation, err := driver.Explain(ctx, s.q.Collection(), s.q.az.collation, stages, "queryPlanner")
	if err != nil && !mongo.IsTimeout(err) {
		return false, nil
	}
	return err == nil && driver.HasSort(explanation), err
}

// Sample returns what the stages make of the query's documents in a sample of the collection.
func (s pageSource) Sample(ctx context.Context, size int, stages []bson.D) ([]bson.Raw, error) {
	sample := mongo.Pipeline{{{Key: "$sample", Value: bson.D{{Key: "size", Value: int32(size)}}}}}
	sample = append(sample, s.q.sequence(stages...).stages()...)
	var documents []bson.Raw
	cursor, err := s.q.az.aggregate(ctx, s.q.Collection(), sample)
	if err == nil {
		err = cursor.All(ctx, &documents)
	}
	return documents, err
}
