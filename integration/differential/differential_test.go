package differential_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// TestThePipelineReturnsExactlyWhatTheEvaluatorAuthorizes compares lists on random worlds.
func TestThePipelineReturnsExactlyWhatTheEvaluatorAuthorizes(t *testing.T) {
	db := harness.Database(t)
	comparisons, mixed, tooDeep := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		g := gen{rt}
		w := g.world()
		store(rt, db, w)
		fs := &filters{gen: g, w: w}
		for range 40 {
			f := fs.filter()
			n, of := compare(t, rt, db, w, f)
			if of < 0 {
				tooDeep++
				continue
			}
			comparisons++
			if n > 0 && n < of {
				mixed++
			}
		}
	})
	t.Logf("%d list comparisons, %d of them neither empty nor everything; %d filters with joins too deep for this server", comparisons, mixed, tooDeep)
}

func store(t require.TestingT, db *mongo.Database, w *world) {
	for name, docs := range w.docs {
		_, err := db.Collection(name).DeleteMany(context.Background(), bson.D{})
		require.NoError(t, err)
		_, err = db.Collection(name).InsertMany(context.Background(), docs)
		require.NoError(t, err)
	}
}

// compare requires that the server returns the documents the evaluator authorizes, each once and byte for byte as stored.
// It returns how many they are, of how many documents.
func compare(tb testing.TB, t *rapid.T, db *mongo.Database, w *world, f filter.Filter) (n, of int) {
	ctx := context.Background()
	typ, _ := w.schema.Type(f.Resource)
	e, err := evaluate.Prepare(w.schema, f)
	if err != nil {
		t.Fatalf("the generator made a filter that is refused: %v\n%v", err, f)
	}
	memory := evaluate.Memory(w.docs)
	var want []bson.Raw
	for _, doc := range w.docs[typ.Collection] {
		decision, err := e.Decide(ctx, doc, memory)
		require.NoError(t, err)
		if decision.Authorized() {
			want = append(want, doc)
		}
	}
	plan, err := pipeline.Compile(w.schema, f)
	if err != nil {
		var limit *filter.LimitError
		if errors.As(err, &limit) {
			return 0, 0
		}
		t.Fatalf("compile: %v\n%v", err, f)
	}
	if levels, lookups := size(plan.Joins); harness.Compat(tb) && (levels > 2 || lookups > 5) {
		return 0, -1
	}
	var got []bson.Raw
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // a server that runs away must not take the machine with it
	defer cancel()
	cur, err := db.Collection(plan.Collection).Aggregate(ctx, plan.Stages())
	if err == nil {
		err = cur.All(ctx, &got)
	}
	if err != nil && harness.Compat(tb) && strings.Contains(err.Error(), "failed to postpone qual containing lateral reference") {
		return 0, -1 // its planner refuses the query; nothing is answered wrongly
	}
	if err != nil {
		t.Fatalf("the server: %v\n%s", err, report(w, f, plan))
	}
	sortRaw(got)
	sortRaw(want)
	if !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		t.Fatalf("the server returned %v\nthe evaluator authorizes %v\n%s", ids(got), ids(want), report(w, f, plan))
	}
	return len(want), len(w.docs[typ.Collection])
}

func sortRaw(docs []bson.Raw) { slices.SortFunc(docs, func(a, b bson.Raw) int { return bytes.Compare(a, b) }) }

func ids(docs []bson.Raw) []string {
	out := []string{}
	for _, d := range docs {
		out = append(out, d.Lookup("_id").String())
	}
	return out
}

func report(w *world, f filter.Filter, plan *pipeline.Plan) string {
	var b strings.Builder
	if name := os.Getenv("DUMP"); name != "" {
		dump, _ := bson.MarshalExtJSON(bson.D{{Key: "collection", Value: plan.Collection}, {Key: "stages", Value: plan.Stages()}, {Key: "docs", Value: w.docs}}, true, false)
		_ = os.WriteFile(name, dump, 0o644)
	}
	fmt.Fprintf(&b, "filter: %#v\npipeline:\n", f)
	for _, s := range plan.Stages() {
		js, _ := bson.MarshalExtJSON(s, false, false)
		fmt.Fprintf(&b, "  %s\n", js)
	}
	for _, c := range collections {
		for _, d := range w.docs[c] {
			fmt.Fprintf(&b, "%s: %s\n", c, d)
		}
	}
	for _, t := range w.types {
		typ, _ := w.schema.Type(t.Name)
		fmt.Fprintf(&b, "%s relations %+v scope %#v\n", t.Name, typ.Relations, typ.Scope)
		for _, field := range typ.Fields {
			if field.Strict || field.AbsentEmpty {
				fmt.Fprintf(&b, "%s field %+v\n", t.Name, field)
			}
		}
	}
	return b.String()
}

// size returns how deep the $lookup stages of a plan nest, and how many there are. The compatible server plans nested ones in
// memory that grows with every level until it is killed.
func size(joins []pipeline.Join) (levels, lookups int) {
	var stages func(ss []bson.D) (int, int)
	stages = func(ss []bson.D) (levels, lookups int) {
		for _, s := range ss {
			if s[0].Key != "$lookup" {
				continue
			}
			lookups++
			inner := 0
			for _, e := range s[0].Value.(bson.D) {
				if sub, ok := e.Value.([]bson.D); ok && e.Key == "pipeline" {
					l, n := stages(sub)
					inner, lookups = l, lookups+n
				}
			}
			levels = max(levels, inner+1)
		}
		return levels, lookups
	}
	var ss []bson.D
	for i := range joins {
		ss = append(ss, joins[i].Stage())
	}
	return stages(ss)
}
