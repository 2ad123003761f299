package mongoauthz

import (
	"context"
	"fmt"
	"math"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// PageRequest says which page of a query to read.
type PageRequest struct {
	Sort  bson.D // fields, each with 1 or -1; _id is added where it is missing, so that the order is total
	After string // the [Page.Next] of the page before this one, by the same Sort; empty: from the first document
	Skip  int64  // documents before the page; excludes After
	Limit int64  // documents on the page, at least 1

	// NoTotal makes [FetchPage] leave out the total, and with it the command that counts.
	NoTotal bool
}

// Page returns the query for one page: $sort, $limit and $skip appended, and with After a $match before them. Pages tile the query's documents, without gaps or
// repeats, as long as _id is unique among them: appended stages such as $unwind, or a $project without _id, end that.
//
// By Skip, the server reads what it skips, and a write between two pages moves documents from one to the other. By After, a page costs the same wherever it is if
// an index on the sort fields and _id serves it, and each document comes at most once, and once if its sort fields stay as they are: the cursor holds the
// values of the last document, null for missing ones. Values of all types are followed in the server's order. But a document that holds an array in a
// sort field (also an array on the way to it), or the deprecated undefined, has no one place: FetchPage refuses it with a [*CursorError] before it comes twice;
// whoever runs the query of Page may get it twice. None is left out.
//
// It returns an [*ArgumentError] for a negative skip, a limit below 1, and a sort that is none; a [*CursorError] for an After that is no cursor, is for
// another sort or resource type, or was made of a document that has no place.
func (q *Query) Page(r PageRequest) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	_, stages, err := q.page(r, r.Limit)
	if err != nil {
		return nil, err
	}
	return q.with(stages...), nil
}

// Page is one page of documents, and how many there are on all pages.
type Page[T any] struct {
	Items []T   // not nil
	Total int64 // of the query, whatever After, Skip and Limit; -1 with NoTotal

	// Next is the cursor of the next page, empty if this is the last. It is text that is safe in URLs, and holds the values of the last document's
	// sort fields and its _id, which whoever has it can read. It gives no access: a cursor that was changed leads elsewhere among the authorized
	// documents, or is refused. It is for one sort and resource type; actor, action and appended stages may be others.
	Next string
}

// FetchPage reads one page of the query, as [Query.Page] makes it, and the number of documents on
// all pages. That takes two commands, between which the collection may change, or one by
// [PageRequest.NoTotal]. The options hold for both. One document more than the limit is read, to
// know whether there is a next page.
//
// Where the server would sort more documents than the page needs by far, since no index serves the sort, a range of the first sort field is read
// instead, whose end a sample of the collection gives: up to two more commands, and the server's explanation of the sort every ten minutes. The answer
// does not depend on the sample. [SingleCommand] leaves this out.
//
// The errors are those of [Query.Page] and [Query.Aggregate]; and by After a [*CursorError] for a page with a document that has no one place in the order.
// If there is one on a page not read by After, it is the page after Next that is refused.
func FetchPage[T any](ctx context.Context, q *Query, r PageRequest, opts ...options.Lister[options.AggregateOptions]) (*Page[T], error) {
	if !q.made() {
		return nil, errNoQuery
	}
	read := r.Limit
	if read > 0 && read < math.MaxInt64 {
		read++
	}
	order, stages, err := q.page(r, read)
	if err != nil {
		return nil, err
	}
	ctx, cancel := q.az.limit(ctx)
	defer cancel()
	if q, err = q.bound(ctx); err != nil { // once, for page and total
		return nil, err
	}
	var page *Page[T]
	var rows *tile
	ranges := q.ranges(ctx, r, order, stages)
	for page == nil && err == nil {
		within := ranges.next(ctx)
		if within == nil {
			break
		}
		page, rows, err = readPage[T](ctx, q, order, within, r, opts)
		if err == nil && (rows.seen <= r.Limit || rows.unplaced) {
			page = nil // the range ends too early, or perhaps does
		}
		ranges.learn(rows, page != nil)
	}
	if err == nil && page == nil {
		page, rows, err = readPage[T](ctx, q, order, stages, r, opts)
	}
	if err != nil {
		return nil, err
	}
	if page.Next, err = rows.next(q, r.After != ""); err != nil {
		return nil, err
	}
	if !r.NoTotal {
		if page.Total, err = q.count(ctx, opts); err != nil {
			return nil, err
		}
	}
	return page, nil
}

func readPage[T any](ctx context.Context, q *Query, order bson.D, stages []bson.D, r PageRequest, opts []options.Lister[options.AggregateOptions]) (*Page[T], *tile, error) {
	cursor, err := q.with(stages...).run(ctx, driver.OneReply(opts))
	if err != nil {
		return nil, nil, err
	}
	defer driver.CloseCursor(ctx, cursor)
	page, rows := &Page[T]{Items: []T{}, Total: -1}, &tile{order: order, limit: r.Limit}
	if err := readRows(ctx, cursor, page, rows); err != nil {
		return nil, nil, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return page, rows, nil
}

// readRows decodes the documents of a page, but for the one beyond its limit.
func readRows[T any](ctx context.Context, cursor *mongo.Cursor, page *Page[T], rows *tile) error {
	for cursor.Next(ctx) {
		if rows.add(cursor.Current) {
			var item T
			if err := cursor.Decode(&item); err != nil {
				return err
			}
			page.Items = append(page.Items, item)
		}
	}
	return cursor.Err()
}

// page returns the order of a page, and the stages that keep its documents up to a limit.
func (q *Query) page(r PageRequest, limit int64) (order bson.D, stages []bson.D, err error) {
	order, err = totalOrder(r.Sort)
	switch {
	case err != nil:
		return nil, nil, err
	case r.Skip < 0:
		return nil, nil, &ArgumentError{Name: "PageRequest.Skip", Problem: "is negative"}
	case r.Skip > 0 && r.After != "":
		return nil, nil, &ArgumentError{Name: "PageRequest.Skip", Problem: "excludes After"}
	case r.Limit < 1:
		return nil, nil, &ArgumentError{Name: "PageRequest.Limit", Problem: "is below 1"}
	}
	if r.After != "" {
		after, err := q.after(r.After, order)
		if err != nil {
			return nil, nil, err
		}
		stages = append(stages, after)
	}
	stages = append(stages, bson.D{{Key: "$sort", Value: order}})
	if r.Skip == 0 {
		return order, append(stages, bson.D{{Key: "$limit", Value: limit}}), nil
	}
	if limit > math.MaxInt64-r.Skip {
		limit = math.MaxInt64 - r.Skip
	}
	// The limit stands before the $skip, so that servers that do not put it there themselves keep no more than the page while they sort.
	return order, append(stages, bson.D{{Key: "$limit", Value: r.Skip + limit}}, bson.D{{Key: "$skip", Value: r.Skip}}), nil
}

// totalOrder returns the sort with _id at the end, unless it is there.
func totalOrder(sort bson.D) (bson.D, error) {
	out := make(bson.D, 0, len(sort)+1)
	seen := make(map[string]bool, len(sort)+1)
	for _, e := range sort {
		direction, ok := direction(e.Value)
		switch {
		case !ok:
			return nil, &ArgumentError{Name: "PageRequest.Sort", Problem: "a direction is neither 1 nor -1"}
		case e.Key == "" || e.Key[0] == '$':
			return nil, &ArgumentError{Name: "PageRequest.Sort", Problem: "a key is no field"}
		case seen[e.Key]:
			return nil, &ArgumentError{Name: "PageRequest.Sort", Problem: "a field is there twice"}
		}
		seen[e.Key] = true
		out = append(out, bson.E{Key: e.Key, Value: direction})
	}
	if !seen["_id"] {
		out = append(out, bson.E{Key: "_id", Value: int32(1)})
	}
	return out, nil
}

func direction(v any) (int32, bool) {
	switch v {
	case 1, int32(1), int64(1), float64(1):
		return 1, true
	case -1, int32(-1), int64(-1), float64(-1):
		return -1, true
	default:
		return 0, false
	}
}
