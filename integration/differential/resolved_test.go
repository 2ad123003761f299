package differential_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

var errResolved = errors.New("with the keys read first the list differs")

// resolution counts what was compared with keys read first.
type resolution struct {
	compared, mixed, groups, kept, noMereValue, tooMany, tooDeep int
}

// compareResolved requires the same list with keys read first: from the sides that values narrow, and from all that can be.
func (s *suite) compareResolved(ctx context.Context, w *world, f filter.Filter, plan *pipeline.Plan, all []bson.Raw) error {
	var before *pipeline.Resolution
	for _, how := range []struct {
		eager bool
		limit int
	}{{false, 0}, {true, 0}, {true, 1 + s.compared%4}} {
		r := plan.Resolution(how.eager, how.limit)
		if r == nil || how.limit > 0 && s.compared%5 > 0 {
			continue
		}
		stages := r.Stages()
		if before != nil && slices.EqualFunc(stages, before.Stages(), func(a, b bson.D) bool { return text(a) == text(b) }) {
			continue
		}
		before = r
		if levels, lookups := sizeOf(stages); s.compat && (levels > 3 || lookups > 5) {
			s.resolved.tooDeep++
			continue
		}
		keys, err := s.list(ctx, r.Collection(), stages)
		if err != nil {
			return &mismatch{w: w, f: f, err: fmt.Errorf("the keys: %w", err), want: ids(all), stages: stages}
		}
		resolved, err := r.Resolve(keys)
		if err != nil {
			return &mismatch{w: w, f: f, err: err, want: ids(all), stages: stages}
		}
		want := all
		if len(resolved.Joins()) > 0 {
			s.resolved.kept++
			for _, read := range resolved.Reads {
				switch {
				case strings.HasPrefix(read.Problem, "more than"):
					s.resolved.tooMany++
				case read.Problem != "":
					s.resolved.noMereValue++
				}
			}
			want = slices.DeleteFunc(slices.Clone(all), func(doc bson.Raw) bool { return doc.Lookup("__authz_0").Type != 0 })
		}
		if levels, lookups := sizeOf(resolved.Stages()); s.compat && (levels > 3 || lookups > 5) {
			s.resolved.tooDeep++
			continue
		}
		got, err := s.list(ctx, plan.Collection(), resolved.Stages())
		sortRaw(got)
		if err != nil || !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
			return &mismatch{w: w, f: f, err: fmt.Errorf("%w, %+v: %w", errResolved, how, err), got: ids(got), want: ids(want), stages: slices.Concat(stages, resolved.Stages())}
		}
		s.resolved.compared++
		typ, _ := w.schema.Type(f.Resource)
		if len(want) > 0 && len(want) < len(w.docs[typ.Collection]) {
			s.resolved.mixed++
		}
		if strings.Contains(text(stages[len(stages)-2]), "addToSet") {
			s.resolved.groups++
		}
	}
	return nil
}

func (s *suite) list(ctx context.Context, collection string, stages []bson.D) ([]bson.Raw, error) {
	var got []bson.Raw
	cur, err := s.db.Collection(collection).Aggregate(ctx, stages)
	if err == nil {
		err = cur.All(ctx, &got)
	}
	return got, err
}

func text(d bson.D) string {
	js, _ := bson.MarshalExtJSON(d, false, false)
	return string(js)
}
