package mongoauthz

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// log writes the record of a query that ran. The first compiled stages are those of the plan, the rest is the caller's.
// The text of an error is left out, since the server's may show values.
func (q *Query) log(ctx context.Context, compiled int, stages mongo.Pipeline, took time.Duration, err error) {
	if !q.az.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("action", q.action), slog.String("resource", q.plan.resource()), slog.String("collection", q.plan.collection()),
		slog.String("pipeline", logged(compiled, stages, q.az.logValues)), slog.Duration("duration", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Bool("failed", true))
	}
	q.az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized query", attrs...)
}

// logKeys writes the record of a read of keys, and one for each part of it in spite of which joins stay.
func (q *Query) logKeys(ctx context.Context, r *pipeline.Resolution, keys *pipeline.Resolved, took time.Duration, err error) {
	if !q.az.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	stages := r.Stages()
	attrs := []slog.Attr{
		slog.String("action", q.action), slog.String("resource", q.plan.resource()), slog.String("collection", r.Collection()),
		slog.String("pipeline", logged(len(stages), stages, q.az.logValues)), slog.Duration("duration", took),
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

// logged returns the stages as an array in relaxed extended JSON, without their values unless asked for.
func logged(compiled int, stages mongo.Pipeline, values bool) string {
	texts := make([]string, len(stages))
	for i, stage := range stages {
		if !values && i < compiled {
			stage = redact(stage, "", true).(bson.D)
		} else if !values {
			stage = redactAppended(stage)
		}
		text, err := bson.MarshalExtJSON(stage, false, false)
		if err != nil { // of a type that only the client's registry knows; the driver's text may show it
			text = []byte(`"` + hidden + `"`)
		}
		texts[i] = string(text)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

const hidden = "?"

// redactAppended hides every value of a stage that did not come from the compiler, but for those of sorting, paging and counting.
func redactAppended(stage bson.D) bson.D {
	switch stage[0].Key {
	case "$sort", "$skip", "$limit", "$count":
		return stage
	}
	var plain bson.D // maps, structs and raw BSON as documents
	raw, err := bson.Marshal(stage)
	if err == nil {
		err = bson.Unmarshal(raw, &plain)
	}
	if err != nil {
		return bson.D{{Key: stage[0].Key, Value: hidden}}
	}
	return redact(plain, "", false).(bson.D)
}

// redact returns v, found under key, with its values hidden. In a compiled stage the numbers, booleans and nulls are the
// compiler's own, since literals are raw values there, and so are the strings that structural says.
func redact(v any, key string, compiled bool) any {
	switch v := v.(type) {
	case bson.D:
		out := make(bson.D, len(v))
		for i, e := range v {
			out[i] = bson.E{Key: e.Key, Value: redact(e.Value, e.Key, compiled && key != "$literal")}
		}
		return out
	case []bson.D:
		out := make(bson.A, len(v))
		for i, e := range v {
			out[i] = redact(e, key, compiled)
		}
		return out
	case bson.A:
		out := make(bson.A, 0, len(v))
		for _, e := range v {
			r := redact(e, key, compiled)
			if r == hidden && len(out) > 0 && out[len(out)-1] == hidden {
				continue // a long list of values is as good as one
			}
			out = append(out, r)
		}
		return out
	case string:
		if compiled && structural(key, v) {
			return v
		}
	case int32, bool, nil:
		if compiled && key != "$literal" {
			return v
		}
	}
	return hidden
}

// structural reports whether a string of a compiled stage says how, not what, it compares: a path, a variable, a name.
func structural(key, s string) bool {
	switch key {
	case "from", "coll", "localField", "foreignField", "as", "$type", "$unset":
		return true
	case "$literal", "$regex", "regex":
		return false
	default:
		return strings.HasPrefix(s, "$")
	}
}
