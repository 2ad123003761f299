package mongoauthz

import (
	"context"
	"fmt"
	"iter"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Each returns an iterator over the query's documents, decoded into T, which runs the query each
// time it is ranged over. After an error, which comes with the zero T, it stops. Breaking off
// closes the cursor. A bson.Raw is a copy, to keep. The options and errors are those of
// [Query.Aggregate].
func Each[T any](ctx context.Context, q *Query, opts ...options.Lister[options.AggregateOptions]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if !q.made() {
			yield(zero, errNoQuery)
			return
		}
		ctx, end, err := q.reads(ctx)
		if err != nil {
			yield(zero, err)
			return
		}
		defer end()
		cursor, err := q.run(ctx, opts)
		if err != nil {
			yield(zero, err)
			return
		}
		defer driver.CloseCursor(ctx, cursor)
		for cursor.Next(ctx) {
			var doc T
			if err := cursor.Decode(&doc); err != nil {
				yield(zero, fmt.Errorf("mongoauthz: decode a document of %s: %w", q.plan.collection(), err))
				return
			}
			if !yield(doc, nil) {
				return
			}
		}
		if err := cursor.Err(); err != nil {
			yield(zero, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err))
		}
	}
}
