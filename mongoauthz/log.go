package mongoauthz

import (
	"context"
	"log/slog"
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// log writes the record of a query that ran. The text of an error is left out, since the server's
// may show values.
func (q *Query) log(ctx context.Context, sent sequence, took time.Duration, err error) {
	if !q.az.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("action", q.action), slog.String("resource", q.plan.resource()), slog.String("collection", q.plan.collection()),
		slog.String("pipeline", sent.text(q.az.logValues)), slog.Duration("duration", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Bool("failed", true))
	}
	q.az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized query", attrs...)
}

// logKeys writes the record of a read of keys, and one for each part of it in spite of which joins
// stay.
func (q *Query) logKeys(ctx context.Context, r *pipeline.Resolution, keys *pipeline.Resolved, took time.Duration, err error) {
	if !q.az.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	read := sequence{{r.Stages, r.Redacted}}
	attrs := []slog.Attr{
		slog.String("action", q.action), slog.String("resource", q.plan.resource()), slog.String("collection", r.Collection()),
		slog.String("pipeline", read.text(q.az.logValues)), slog.Duration("duration", took),
	}
	if err != nil {
		q.az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized query keys", append(attrs, slog.Bool("failed", true))...)
		return
	}
	q.az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized query keys", append(attrs, slog.Int("keys", keys.Keys))...)
	for _, read := range keys.Reads {
		if read.Problem != "" {
			q.az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized query joins", attrs[0], attrs[1],
				slog.String("collection", read.Collection), slog.String("problem", read.Problem))
		}
	}
}
