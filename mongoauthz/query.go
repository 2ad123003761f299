package mongoauthz

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Query is what [Authorizer.AuthorizedQuery] returns: the documents of a resource type that an
// actor may act on, and the stages appended to them. It holds the values that the policy compared
// with, so it is the answer for one actor, at one time.
//
// A Query is immutable and safe for concurrent use. The nil and the zero Query authorize nothing,
// and cannot be run.
type Query struct {
	az          *Authorizer
	action      string
	schema      *relations.Schema        // with the actor's parameters bound, as the filter
	filter      *relations.CheckedFilter // as written
	plan        queryPlan
	appended    []bson.D
	consistency Consistency

	transaction bool     // writes run in one
	staying     []*Query // that updates must not move a document out of or into
}

// Collection returns the collection that the pipeline is for, nil for the zero Query.
func (q *Query) Collection() *mongo.Collection {
	if !q.made() {
		return nil
	}
	return q.az.db.Collection(q.plan.collection())
}

// Pipeline returns the stages: those that keep the authorized documents, and those appended. It is
// a fresh copy, to change at will, and never empty; it does no I/O, so it makes all joins itself
// unless the query was resolved ([Query.Resolve]). Run it on [Query.Collection], with a simple
// collation.
func (q *Query) Pipeline() mongo.Pipeline {
	if !q.made() {
		return mongo.Pipeline{{{Key: "$match", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}}}}
	}
	return append(q.plan.sequence(q.consistency == Rechecked).stages(), stage.Copy(q.appended)...)
}

// sequence returns the stages to be sent, with more at their end. It shares what was appended with
// the query.
func (q *Query) sequence(more ...bson.D) sequence {
	return append(q.plan.sequence(q.consistency == Rechecked), ofCaller(q.appended...), ofCaller(more...))
}

// Resource returns the resource type of the documents, "" for the zero Query.
func (q *Query) Resource() string {
	if !q.made() {
		return ""
	}
	return q.plan.resource()
}

// Filter returns what the policy said, as written, checked and with its parameters bound: a copy,
// for a person to read. It is the zero Filter for the zero Query, and knows nothing of appended
// stages. It holds the values that the policy compares with.
func (q *Query) Filter() filter.Filter {
	if !q.made() {
		return filter.Filter{}
	}
	return q.filter.Filter()
}

// Outcome says whether the query is denied, which makes it return no documents, allowed, or
// conditional.
func (q *Query) Outcome() filter.Outcome {
	if !q.made() {
		return filter.Denied
	}
	return q.plan.running().Outcome()
}

// FindFilter returns the query as a filter for the driver's Find, CountDocuments, UpdateMany and
// their kin: a fresh copy, never empty where not everything is allowed. Conjoin it with $and; do
// not merge its keys with others. Keep it out of upserts, and run it with a simple collation.
//
// It returns a [*pipeline.UnsupportedError] where the query needs a join, which [Query.Resolve] may
// do away with, where it asks its joins again ([Rechecked]), or stages were appended: only
// the pipeline can say these.
func (q *Query) FindFilter() (bson.D, error) {
	switch {
	case !q.made():
		return nil, errNoQuery
	case q.consistency == Rechecked && q.plan.keys != nil && q.plan.compiled.HasJoins():
		return nil, &pipeline.UnsupportedError{Problem: "a find filter for a query that asks its joins again: run the query itself, or choose another Consistency"}
	case len(q.appended) > 0:
		return nil, &pipeline.UnsupportedError{Problem: "a find filter for a query with appended stages: take it before Append, or run the query itself"}
	}
	return q.plan.running().FindFilter()
}

// made reports whether q comes from AuthorizedQuery.
func (q *Query) made() bool { return q != nil && q.plan.compiled != nil && q.az.made() }

var errNoQuery = &ArgumentError{Name: "query", Problem: "was not made by AuthorizedQuery"}
