package mongoauthz

import (
	"context"
	"errors"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// movement is what has to be known of an update that could move a document out of or into a query.
type movement struct {
	queries    []*Query // the first is the one that is written to
	evaluators []*evaluate.Evaluator
	fields     []string      // the top-level fields that are read for their decisions
	changes    write.Changes // of those fields
	unjudged   error         // why the result of the update cannot be judged beforehand; nil if perhaps it can
}

var (
	errPipeline  = errors.New("an update pipeline")
	errCollation = errors.New("another collation than the simple one")
)

// movementOf returns nil if an update cannot move a document as far as the query cares.
func (q *Query) movementOf(u *write.Update) (*movement, error) {
	if len(q.staying) == 0 {
		return nil, nil
	}
	m := &movement{queries: q.staying}
	var paths []string
	for _, other := range q.staying {
		switch {
		case !other.made() || other.az != q.az:
			return nil, &ArgumentError{Name: "NotMoving", Problem: "a query of another authorizer"}
		case other.plan.collection() != q.plan.collection() || len(other.appended) > 0:
			return nil, &ArgumentError{Name: "NotMoving", Problem: "a query for another collection, or with appended stages"}
		}
		e, err := evaluate.PrepareChecked(other.filter)
		if err != nil {
			return nil, undecided(other.action, other.plan.resource(), err)
		}
		m.evaluators = append(m.evaluators, e)
		paths = append(paths, e.Reads(q.plan.collection())...)
	}
	m.fields = bsonpath.TopLevel(paths)
	m.changes = u.Touching(m.fields)
	switch {
	case u.IsPipeline():
		m.unjudged = errPipeline
	case len(m.changes) == 0:
		return nil, nil
	case q.az.collation != nil && q.az.collation.Locale != "simple":
		m.unjudged = errCollation
	default:
		m.unjudged = m.changes.Predictable()
	}
	return m, nil
}

// judge refuses the update of a document, of which those fields are here that decide, if it would
// move it.
func (w *authorizedWrite) judge(ctx context.Context, before bson.Raw) error {
	m := w.movement
	after, err := m.changes.Apply(before)
	if err != nil {
		return w.refuse(RefuseUnjudged, err.Error())
	}
	related := fetch.Memo(w.q.az.primaryFetcher())
	updated := fetch.Updated(related, w.q.plan.collection(), after)
	for i, e := range m.evaluators {
		was := evaluate.Decision{Truth: evaluate.True} // of the query that has chosen it
		if i > 0 {
			if was, err = e.Decide(ctx, before, related); err != nil {
				return undecided(m.queries[i].action, m.queries[i].plan.resource(), err)
			}
		}
		is, err := e.Decide(ctx, after, updated)
		if err != nil {
			return undecided(m.queries[i].action, m.queries[i].plan.resource(), err)
		}
		if was.Authorized() != is.Authorized() {
			return w.refuse(RefuseMove, "")
		}
	}
	return nil
}

// among returns which of some documents are among a query's, by their _id.
func (q *Query) among(ctx context.Context, documents []bson.Raw) (map[string]bool, error) {
	ids := make([]bson.RawValue, len(documents))
	for i, document := range documents {
		ids[i] = document.Lookup("_id")
	}
	chosen := fetch.Matching(evaluate.Match{Field: "_id", Keys: ids})
	found, err := q.primary(ctx, sequence{
		ofCaller(bson.D{{Key: "$match", Value: chosen}}), ofPlan(q.plan.compiled),
		ofOurs(bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}}),
	}, options.AggregateOptions{})
	if err != nil {
		return nil, err
	}
	return write.Identities(found), nil
}
