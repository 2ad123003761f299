package mongoauthz

import (
	"context"
	"fmt"
	"math"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
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

// Page returns the query for one page: $sort, $limit and $skip appended, and with After a $match
// before them. Pages tile the query's documents, without gaps or repeats, as long as _id is unique
// among them: appended stages such as $unwind, or a $project without _id, end that.
//
// By Skip, the server reads what it skips, and a write between two pages moves documents from one
// to the other. By After, a page costs the same wherever it is if an index on the sort fields and
// _id serves it, and each document comes at most once, and once if its sort fields stay as they
// are: the token holds the values of the last document, null for missing ones. Values of all types
// are followed in the server's order. But a document that holds an array in a sort field (also an
// array on the way to it), or the deprecated undefined, has no one place: FetchPage refuses it with
// a [*PageTokenError] before it comes twice; whoever runs the query of Page may get it twice. None is
// left out.
//
// It returns an [*ArgumentError] for a negative skip, a limit below 1, and a sort that is none; a
// [*PageTokenError] for an After that is no page token, is for another sort or resource type, or was made
// of a document that has no place.
func (q *Query) Page(r PageRequest) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	read, err := q.page(r, 0)
	if err != nil {
		return nil, err
	}
	return q.with(read.Stages...), nil
}

// Page is one page of documents, and how many there are on all pages.
type Page[T any] struct {
	Items []T   `json:"items"` // not nil
	Total int64 `json:"total"` // of the query, whatever After, Skip and Limit; -1 with NoTotal

	// Next is the token of the next page, empty if this is the last. It is text that is safe in
	// URLs, and holds the values of the last document's sort fields and its _id, which whoever has
	// it can read. It gives no access: a token that was changed leads elsewhere among the
	// authorized documents, or is refused. It is for one sort and resource type; actor, action and
	// appended stages may be others.
	Next string `json:"next,omitempty"`
}

// FetchPage reads one page of the query, as [Query.Page] makes it, and the number of documents on
// all pages. That takes two commands, between which the collection may change, or one by
// [PageRequest.NoTotal]. The options hold for both. One document more than the limit is read, to
// know whether there is a next page.
//
// Where the server would sort more documents than the page needs by far, since no index serves the
// sort, a range of the first sort field is read instead, whose end a sample of the collection
// gives: up to two more commands, and the server's explanation of the sort every ten minutes. The
// answer does not depend on the sample. [SingleCommand] leaves this out.
//
// The errors are those of [Query.Page] and [Query.Aggregate]; and by After a [*PageTokenError] for a
// page with a document that has no one place in the order. If there is one on a page not read by
// After, it is the page after Next that is refused.
func FetchPage[T any](ctx context.Context, q *Query, r PageRequest, opts ...options.Lister[options.AggregateOptions]) (*Page[T], error) {
	if !q.made() {
		return nil, errNoQuery
	}
	read, err := q.page(r, 1)
	if err != nil {
		return nil, err
	}
	ctx, end, err := q.reads(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if q, err = q.bound(ctx); err != nil { // once, for page and total
		return nil, err
	}
	var p *Page[T]
	var scan *page.Scan
	ranges := q.ranges(ctx, read)
	for p == nil && err == nil {
		within := ranges.Next(ctx)
		if within == nil {
			break
		}
		p, scan, err = readPage[T](ctx, q, read, within, opts)
		if err == nil && !scan.IsSurelyWhole() {
			p = nil // the range ends too early, or perhaps does
		}
		ranges.Learn(scan, p != nil)
	}
	if err == nil && p == nil {
		p, scan, err = readPage[T](ctx, q, read, read.Stages, opts)
	}
	if err != nil {
		return nil, err
	}
	if p.Next, err = scan.Next(q.plan.resource(), r.After != ""); err != nil {
		return nil, &PageTokenError{Problem: err.Error()}
	}
	if !r.NoTotal {
		if p.Total, err = q.count(ctx, opts); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readPage reads a page, by its own stages or by those within a range.
func readPage[T any](
	ctx context.Context, q *Query, read *page.Read, stages []bson.D, opts []options.Lister[options.AggregateOptions],
) (*Page[T], *page.Scan, error) {
	cursor, err := q.with(stages...).run(ctx, driver.OneReply(opts))
	if err != nil {
		return nil, nil, err
	}
	defer driver.CloseCursor(ctx, cursor)
	p, scan := &Page[T]{Items: []T{}, Total: -1}, &page.Scan{Order: read.Order, Limit: read.Limit}
	if err := decodePage(ctx, cursor, p, scan); err != nil {
		return nil, nil, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return p, scan, nil
}

// decodePage decodes the documents of a page, but for the one beyond its limit.
func decodePage[T any](ctx context.Context, cursor *mongo.Cursor, p *Page[T], scan *page.Scan) error {
	for cursor.Next(ctx) {
		if scan.Add(cursor.Current) {
			var item T
			if err := cursor.Decode(&item); err != nil {
				return err
			}
			p.Items = append(p.Items, item)
		}
	}
	return cursor.Err()
}

// page returns how a page is read, and so many documents more than its limit.
func (q *Query) page(r PageRequest, more int64) (*page.Read, error) {
	order, err := totalOrder(r.Sort)
	switch {
	case err != nil:
		return nil, err
	case r.Skip < 0:
		return nil, &ArgumentError{Name: "PageRequest.Skip", Problem: "is negative"}
	case r.Skip > 0 && r.After != "":
		return nil, &ArgumentError{Name: "PageRequest.Skip", Problem: "excludes After"}
	case r.Limit < 1:
		return nil, &ArgumentError{Name: "PageRequest.Limit", Problem: "is below 1"}
	}
	read := &page.Read{Order: order, Skip: r.Skip, Limit: r.Limit}
	if r.After != "" {
		read.Place, err = page.Place(r.After, q.plan.resource(), order)
		var after bson.D
		if err == nil {
			after, err = page.After(order, read.Place)
		}
		if err != nil {
			return nil, &PageTokenError{Problem: err.Error()}
		}
		read.Stages = append(read.Stages, after)
	}
	limit := r.Limit
	if limit <= math.MaxInt64-more {
		limit += more
	}
	read.Stages = append(read.Stages, page.Stages(order, r.Skip, limit)...)
	return read, nil
}

// totalOrder returns the sort with _id at the end, unless it is there.
func totalOrder(sort bson.D) (bson.D, error) {
	order, err := page.Order(sort)
	if err != nil {
		return nil, &ArgumentError{Name: "PageRequest.Sort", Problem: err.Error()}
	}
	return order, nil
}
