package mongoauthz

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// PageRequest says which page of a query to read.
type PageRequest struct {
	Sort  bson.D // fields, each with 1 or -1; _id is added where it is missing, so that the order is total
	Skip  int64  // documents before the page
	Limit int64  // documents on the page, at least 1

	// Facet makes [FetchPage] read page and total by one command, with $facet: one round trip and one run of the joins, but no index
	// serves the sort, and the page must fit into one document (16 MiB).
	Facet bool
}

// Page returns the query for one page: $sort, $skip and $limit appended. Pages tile the query's documents, without gaps or repeats, as long
// as _id is unique among them: appended stages such as $unwind, or a $project without _id, end that. A write between two pages
// moves documents from one to the other.
//
// It returns an [*ArgumentError] for a negative skip, a limit below 1, and a sort that is none.
func (q *Query) Page(r PageRequest) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	stages, err := r.stages()
	if err != nil {
		return nil, err
	}
	return q.with(stages...), nil
}

// Page is one page of documents, and how many there are on all pages.
type Page[T any] struct {
	Items []T   // not nil
	Total int64 // of the query, whatever Skip and Limit
}

// FetchPage reads one page of the query, as [Query.Page] makes it, and the number of documents on all pages. That takes
// two commands, between which the collection may change, or one by [PageRequest.Facet]. The options hold for both.
//
// The errors are those of [Query.Page] and [Query.Aggregate].
func FetchPage[T any](ctx context.Context, q *Query, r PageRequest, opts ...options.Lister[options.AggregateOptions]) (*Page[T], error) {
	if !q.made() {
		return nil, errNoQuery
	}
	stages, err := r.stages()
	if err != nil {
		return nil, err
	}
	ctx, cancel := q.az.limit(ctx)
	defer cancel()
	page := &Page[T]{Items: []T{}}
	if r.Facet {
		var facets []struct {
			Items []T       `bson:"items"`
			Total []counted `bson:"total"`
		}
		if err := q.all(ctx, &facets, opts, facetStage(stages)); err != nil {
			return nil, err
		}
		if len(facets) != 1 {
			return nil, fmt.Errorf("mongoauthz: aggregate %s: %d documents from $facet", q.plan.Collection, len(facets))
		}
		page.Items, page.Total = append(page.Items, facets[0].Items...), total(facets[0].Total)
		return page, nil
	}
	if err := q.with(stages...).all(ctx, &page.Items, opts); err != nil {
		return nil, err
	}
	if page.Total, err = q.count(ctx, opts); err != nil {
		return nil, err
	}
	return page, nil
}

func facetStage(page []bson.D) bson.D {
	return bson.D{{Key: "$facet", Value: bson.D{{Key: "items", Value: page}, {Key: "total", Value: []bson.D{countStage()}}}}}
}

// stages returns the stages that keep the page.
func (r PageRequest) stages() ([]bson.D, error) {
	sort, err := totalOrder(r.Sort)
	switch {
	case err != nil:
		return nil, err
	case r.Skip < 0:
		return nil, &ArgumentError{Name: "PageRequest.Skip", Problem: "is negative"}
	case r.Limit < 1:
		return nil, &ArgumentError{Name: "PageRequest.Limit", Problem: "is below 1"}
	}
	stages := []bson.D{{{Key: "$sort", Value: sort}}}
	if r.Skip > 0 {
		stages = append(stages, bson.D{{Key: "$skip", Value: r.Skip}})
	}
	return append(stages, bson.D{{Key: "$limit", Value: r.Limit}}), nil
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
