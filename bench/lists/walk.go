package lists

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// walk goes back from the newest log, or from the cursor, in windows that grow.
type walk struct{ keys }

func (walk) Name() string { return "walk" }

const (
	firstWindow = 24 * time.Hour
	growth      = 4
	mostWindows = 5 // then the rest at once
)

func (w walk) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	if r.Limit == 0 {
		return w.keys.List(ctx, r)
	}
	ids, err := w.documents(ctx, r.User)
	if err != nil {
		return nil, err
	}
	var until time.Time
	if r.After != nil {
		until = r.After.Date
	} else {
		// On a server on which no index serves the order, the maximum is cheaper than the first of a $sort.
		newest, err := aggregate(ctx, w.db.Collection(logs), []bson.D{d("$group", d("_id", nil, "date", d("$max", "$date")))})
		if err != nil || len(newest) == 0 {
			return nil, err
		}
		until = newest[0].Lookup("date").Time()
	}
	width := firstWindow
	for range mostWindows {
		found, err := window(ctx, w.keys, ids, until.Add(-width), r)
		if err != nil || int64(len(found)) == r.Limit {
			return found, err
		}
		width *= growth
	}
	return listed(ctx, w.db, ids, r)
}

// window lists among the logs since a date. A page that is not full may go on before it.
func window(ctx context.Context, k keys, ids []string, since time.Time, r Request) ([]bson.Raw, error) {
	filter := append(of(ids), bson.E{Key: "date", Value: d("$gte", since)})
	if r.After != nil { // the upper end once more, for an index on the date
		filter[1].Value = d("$gte", since, "$lte", r.After.Date)
		filter = append(filter, after(*r.After)...)
	}
	o := options.Find().SetSort(casemgmt.Order()).SetSkip(r.Skip).SetLimit(r.Limit)
	return find(ctx, k.db.Collection(logs), filter, o)
}

// sample finds out by a random sample of the logs since when there are enough for the page. It reads the sample while it reads the documents.
type sample struct{ keys }

func (sample) Name() string { return "sample" }

const (
	sampled = 1_000
	seen    = 100 // the newest of the sample, which are returned
)

func (s sample) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	if r.Limit == 0 {
		return s.keys.List(ctx, r)
	}
	var (
		ids   []string
		found []bson.Raw
		total int64
	)
	err := together(
		func() (err error) { ids, err = s.documents(ctx, r.User); return err },
		func() (err error) { found, err = s.newest(ctx, r.After); return err },
		func() (err error) { total, err = s.db.Collection(logs).EstimatedDocumentCount(ctx); return err },
	)
	if err != nil {
		return nil, err
	}
	// Between two of the sample that the user sees are total/sampled others, on average.
	enough := (r.Skip+r.Limit)*sampled/max(total, 1) + 3
	var since time.Time
	for _, raw := range found {
		if slices.Contains(ids, raw.Lookup("document_id").StringValue()) {
			since = raw.Lookup("date").Time()
			enough--
		}
		if enough == 0 {
			page, err := window(ctx, s.keys, ids, since, r)
			if err != nil || int64(len(page)) == r.Limit {
				return page, err
			}
			break
		}
	}
	return listed(ctx, s.db, ids, r)
}

// newest returns date and document of the newest logs of a sample, the newest first.
func (s sample) newest(ctx context.Context, cursor *casemgmt.Cursor) ([]bson.Raw, error) {
	stages := []bson.D{d("$sample", d("size", sampled))}
	if cursor != nil {
		stages = append(stages, d("$match", d("date", d("$lte", cursor.Date))))
	}
	// The projection last: before a $sort it makes one server slow.
	stages = append(stages, d("$sort", casemgmt.Order()), d("$limit", seen), d("$project", d("_id", 0, "document_id", 1, "date", 1)))
	return aggregate(ctx, s.db.Collection(logs), stages)
}

// together calls functions concurrently and returns their errors.
func together(calls ...func() error) error {
	errs := make([]error, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { errs[i] = call() })
	}
	group.Wait()
	return errors.Join(errs...)
}
