package mongoauthz

import (
	"context"
	"errors"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// InTransaction returns the query with writes that run in a transaction each, with read concern
// snapshot and write concern majority: all or nothing of a write, authorized by the database as it
// was at one moment. See the package documentation, Authorized writes. Reading is not concerned.
//
// If the context of a write has a session with a running transaction, the write takes part in that,
// with its read concern, and is as exact as that makes it. Upon a refusal, and upon any error once
// the write was sent, that transaction is aborted.
//
// On a server without transactions the writes are refused ([RefuseTransaction]) before anything is
// written; that is found out once for each Authorizer, by a transaction that reads nothing.
func (q *Query) InTransaction() *Query {
	if !q.made() {
		return q
	}
	next := *q
	next.transaction = true
	return &next
}

// NotMoving returns the query with updates that must not move a document out of the query, nor out
// of or into any of the others, such as what the same actor may delete: a document is among their
// documents after the update if, and only if, it was before. An update that would is refused
// ([RefuseMove], which is [ErrForbidden]), and changes nothing. Only documents that are updated are
// compared, not others that are related to them. Deletes are not concerned.
//
// An update that changes no field that the queries' policies read moves nothing, and is written as
// without NotMoving. Otherwise, with [Query.InTransaction], the documents are asked for again after
// the update, and the transaction is aborted if they moved. Without, [Query.UpdateOne] and
// [Query.FindOneAndUpdate] judge in process, as package evaluate defines it, what the document will
// be, and write it only if all that the policies read of it is still as it was; so it has to be an
// update that does no more to fields that decide than $set and $unset along paths of embedded
// documents. Related documents are those of the moment of judgement. Anything else is refused
// ([RefuseUnjudged]): an [Query.UpdateMany], an update pipeline, another operator, queries with
// another collation than the simple one.
//
// The others must be queries of the same Authorizer for the same collection, without appended
// stages; the writes return an [*ArgumentError] if they are not.
func (q *Query) NotMoving(others ...*Query) *Query {
	if !q.made() {
		return q
	}
	next := *q
	if len(q.staying) == 0 {
		next.staying = []*Query{q}
	}
	next.staying = slices.Concat(next.staying, others)
	return &next
}

// UpdateOne updates one of the query's documents that match filter, as the driver's
// Collection.UpdateOne does of all that match; none if none of them is authorized. See the package
// documentation, Authorized writes, for what is guaranteed.
//
// The filter is the caller's own, and conjoined with the authorization; JavaScript in it is
// refused, and where a command chooses the documents first, what the server refuses in a $match
// ($near). But the server may evaluate it before ours, and $text always is: a filter whose
// expression can fail ($expr), by a division or a conversion, may fail on a document that is not
// authorized. Do not show such errors to actors. The update is the caller's own, a document or a
// pipeline, and goes to the server as it is once encoded: filter and update are encoded as the
// schema says (relations.Encoding), not with what client, database or collection were made with.
// What it writes is not checked, but see [Query.NotMoving]. An update document that changes a field
// with the helper prefix is refused ([RefuseReserved]); in a pipeline nobody would see it.
//
// The options are the driver's own and go to it as they are. Refused are an upsert, a Collation
// unless it is the one that the query runs with, and a Let that rebinds CURRENT. Sort and Hint
// serve to choose the document, if an earlier command does that.
//
// The errors are an [*ArgumentError] for the zero Query, a filter or an update that is none, and a
// refused option; a [*pipeline.UnsupportedError] for a query with appended stages; a [*WriteError];
// and the driver's, wrapped, beside whose error there may be a result, as with the driver.
func (q *Query) UpdateOne(ctx context.Context, filter, update any, opts ...options.Lister[options.UpdateOneOptions]) (*mongo.UpdateResult, error) {
	o, err := driver.Merge(opts)
	if err != nil {
		return nil, optionsError("UpdateOne", err)
	}
	w, err := q.newWrite("UpdateOne", filter, writeOptions{&o.Collation, o.Upsert, &o.Sort, &o.Hint, &o.Let, o.Comment, driver.HasInternal(o)})
	if err == nil {
		err = w.takeUpdate(update)
	}
	if err != nil {
		return nil, err
	}
	var result *mongo.UpdateResult
	err = w.run(ctx, func(ctx context.Context, c *mongo.Collection, filter any) (matched int64, err error) {
		result, err = c.UpdateOne(ctx, filter, w.update.Sent(), driver.Exactly(o))
		return updated(result), err
	})
	return w.updateResult(result, err)
}

// UpdateMany updates the query's documents that match filter. It is for many what [Query.UpdateOne]
// is for one, with the same errors.
func (q *Query) UpdateMany(ctx context.Context, filter, update any, opts ...options.Lister[options.UpdateManyOptions]) (*mongo.UpdateResult, error) {
	o, err := driver.Merge(opts)
	if err != nil {
		return nil, optionsError("UpdateMany", err)
	}
	w, err := q.newWrite("UpdateMany", filter, writeOptions{&o.Collation, o.Upsert, nil, &o.Hint, &o.Let, o.Comment, driver.HasInternal(o)})
	if err == nil {
		err = w.takeUpdate(update)
	}
	if err != nil {
		return nil, err
	}
	var result *mongo.UpdateResult
	err = w.run(ctx, func(ctx context.Context, c *mongo.Collection, filter any) (matched int64, err error) {
		result, err = c.UpdateMany(ctx, filter, w.update.Sent(), driver.Exactly(o))
		return updated(result), err
	})
	return w.updateResult(result, err)
}

// DeleteOne deletes one of the query's documents that match filter, as the driver's
// Collection.DeleteOne does of all that match; none if none of them is authorized. Filter, options
// and errors are as for [Query.UpdateOne].
func (q *Query) DeleteOne(ctx context.Context, filter any, opts ...options.Lister[options.DeleteOneOptions]) (*mongo.DeleteResult, error) {
	o, err := driver.Merge(opts)
	if err != nil {
		return nil, optionsError("DeleteOne", err)
	}
	w, err := q.newWrite("DeleteOne", filter, writeOptions{&o.Collation, nil, nil, &o.Hint, &o.Let, o.Comment, driver.HasInternal(o)})
	if err != nil {
		return nil, err
	}
	var result *mongo.DeleteResult
	err = w.run(ctx, func(ctx context.Context, c *mongo.Collection, filter any) (deleted int64, err error) {
		result, err = c.DeleteOne(ctx, filter, driver.Exactly(o))
		return removed(result), err
	})
	return w.deleteResult(result, err)
}

// DeleteMany deletes the query's documents that match filter. It is for many what [Query.DeleteOne]
// is for one.
func (q *Query) DeleteMany(ctx context.Context, filter any, opts ...options.Lister[options.DeleteManyOptions]) (*mongo.DeleteResult, error) {
	o, err := driver.Merge(opts)
	if err != nil {
		return nil, optionsError("DeleteMany", err)
	}
	w, err := q.newWrite("DeleteMany", filter, writeOptions{&o.Collation, nil, nil, &o.Hint, &o.Let, o.Comment, driver.HasInternal(o)})
	if err != nil {
		return nil, err
	}
	var result *mongo.DeleteResult
	err = w.run(ctx, func(ctx context.Context, c *mongo.Collection, filter any) (deleted int64, err error) {
		result, err = c.DeleteMany(ctx, filter, driver.Exactly(o))
		return removed(result), err
	})
	return w.deleteResult(result, err)
}

// FindOneAndUpdate updates one of the query's documents that match filter and returns it, as the
// driver's Collection.FindOneAndUpdate does of all that match. The result's error is
// mongo.ErrNoDocuments if none of them is authorized.
//
// What is returned is the document, before or after the update as the options say, and by their
// Projection. That the actor may do the query's action with it does not say that the actor may read
// it: ask for both, or return less.
//
// A positional Projection ("items.$") is refused ([RefusePositional]).
//
// Filter, update, options and the other errors, which the result carries, are as for
// [Query.UpdateOne].
func (q *Query) FindOneAndUpdate(ctx context.Context, filter, update any, opts ...options.Lister[options.FindOneAndUpdateOptions]) *mongo.SingleResult {
	o, err := driver.Merge(opts)
	if err != nil {
		return failed(optionsError("FindOneAndUpdate", err))
	}
	w, err := q.newWrite("FindOneAndUpdate", filter, writeOptions{&o.Collation, o.Upsert, &o.Sort, &o.Hint, &o.Let, o.Comment, driver.HasInternal(o)})
	if err == nil {
		err = w.takeUpdate(update)
	}
	if err == nil {
		err = w.takeProjection(&o.Projection)
	}
	if err != nil {
		return failed(err)
	}
	var result *mongo.SingleResult
	err = w.run(ctx, func(ctx context.Context, c *mongo.Collection, filter any) (matched int64, err error) {
		result = c.FindOneAndUpdate(ctx, filter, w.update.Sent(), driver.Exactly(o))
		switch err := result.Err(); {
		case errors.Is(err, mongo.ErrNoDocuments):
			return 0, nil
		default:
			return 1, err
		}
	})
	switch {
	case err != nil:
		return failed(err)
	case !w.sent:
		return failed(mongo.ErrNoDocuments)
	default:
		return result
	}
}

func failed(err error) *mongo.SingleResult {
	return mongo.NewSingleResultFromDocument(bson.D{}, err, nil)
}

// updated returns how many documents an update matched. Where nobody is told, it is taken to have
// done what it should.
func updated(r *mongo.UpdateResult) int64 {
	if r == nil || !r.Acknowledged {
		return 1
	}
	return r.MatchedCount
}

// removed returns how many documents were deleted, as updated does.
func removed(r *mongo.DeleteResult) int64 {
	if r == nil || !r.Acknowledged {
		return 1
	}
	return r.DeletedCount
}

// updateResult returns the result of an update, as the driver gives it where no document matches if
// none was sent.
func (w *authorizedWrite) updateResult(r *mongo.UpdateResult, err error) (*mongo.UpdateResult, error) {
	switch {
	case err != nil && !w.partly(err):
		return nil, err
	case !w.sent:
		return &mongo.UpdateResult{Acknowledged: true}, nil
	default:
		return r, err
	}
}

// deleteResult returns the result of a deletion, as updateResult does.
func (w *authorizedWrite) deleteResult(r *mongo.DeleteResult, err error) (*mongo.DeleteResult, error) {
	switch {
	case err != nil && !w.partly(err):
		return nil, err
	case !w.sent:
		return &mongo.DeleteResult{Acknowledged: true}, nil
	default:
		return r, err
	}
}

// partly reports whether an error is the driver's of a write that may have been done in part, so
// that its result counts.
func (w *authorizedWrite) partly(err error) bool {
	return w.sent && !w.q.transaction && !errors.Is(err, ErrWrite)
}
