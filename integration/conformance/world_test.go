package conformance_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/internal/rewritten"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A world is a schema and the documents of its collections.
type world struct {
	types []relations.Type
	docs  map[string]string // by collection: relaxed extended JSON, a document on each line
	rules []rule
}

// A rule says of which documents a clause is true, and of which it is surely not. The ids of documents say what is special about
// them; lists of ids are separated by blanks. What none of the lists names is unknown, or, under an entity, some of each.
type rule struct {
	name  string
	of    string        // the resource type; "" is the world's first
	when  filter.Clause // without a condition: its entities exist, or always
	holds string        // the clause is true
	not   string        // it is true with its last condition negated; as none, if the clause declares no entity
	none  string        // None of the clause is true
}

// check holds the definition and the server to the rules of a world, in a database of its own.
func (w world) check(t *testing.T) {
	t.Parallel()
	s := w.store(t)
	for _, r := range w.rules {
		resource := r.of
		if resource == "" {
			resource = w.types[0].Name
		}
		t.Run(r.name, func(t *testing.T) {
			n := len(r.when.Conditions)
			if n == 0 {
				r.when = existing(r.when)
			}
			s.require(t, filter.For(resource, r.when), r.holds)
			t.Run("under None", func(t *testing.T) {
				s.require(t, filter.For(resource, filter.Where(filter.None(r.when))), r.none)
			})
			if n == 0 {
				require.Empty(t, r.not, "there is no condition to negate")
				return
			}
			want := r.not
			if len(r.when.Entities) == 0 && n == 1 && want == "" {
				want = r.none
			}
			t.Run("under Not", func(t *testing.T) {
				negated := r.when
				negated.Conditions = slices.Clone(r.when.Conditions)
				negated.Conditions[n-1] = filter.Not(negated.Conditions[n-1])
				s.require(t, filter.For(resource, negated), want)
			})
		})
	}
}

// existing returns a clause that says only that its entities exist; without entities, that it
// always holds.
func existing(c filter.Clause) filter.Clause {
	for _, e := range c.Entities {
		c = c.Where(e.Exists())
	}
	if len(c.Entities) == 0 {
		c = c.Where(filter.True)
	}
	return c
}

// stored is a world on the server.
type stored struct {
	schema *relations.Schema
	db     *mongo.Database
	docs   evaluate.Memory
}

func (w world) store(t *testing.T) stored {
	t.Helper()
	schema, err := relations.New(w.types...)
	require.NoError(t, err)
	s := stored{schema: schema, db: harness.Database(t), docs: evaluate.Memory{}}
	for collection, text := range w.docs {
		s.docs[collection] = parse(t, text)
		if len(s.docs[collection]) > 0 {
			_, err := s.db.Collection(collection).InsertMany(t.Context(), s.docs[collection])
			require.NoError(t, err)
		}
	}
	return s
}

// parse reads extended JSON, a document on each line.
func parse(t *testing.T, text string) []bson.Raw {
	t.Helper()
	var docs []bson.Raw
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var d bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(line), false, &d), line)
		raw, err := bson.Marshal(d)
		require.NoError(t, err)
		docs = append(docs, raw)
	}
	return docs
}

// require holds that a filter authorizes exactly the documents with the wanted ids: by the definition, as it is written and as it is
// normalised and expanded, and on the server, where each comes once and byte for byte as it was stored.
func (s stored) require(t *testing.T, f filter.Filter, want string) *pipeline.Plan {
	t.Helper()
	ids := sortedIDs(strings.Fields(want))
	authorized := s.authorized(t, f)
	require.Equal(t, ids, idsOf(authorized), "the definition: %v", f)
	checked, err := s.schema.Check(f)
	require.NoError(t, err)
	for _, rewrite := range []func(int) (*relations.CheckedFilter, error){checked.Normalize, checked.Expand} {
		other, err := rewrite(filter.DefaultLimit)
		require.NoError(t, err)
		e, err := rewritten.Prepare(other)
		require.NoError(t, err)
		require.Equal(t, ids, idsOf(s.authorizedBy(t, e.(*evaluate.Evaluator), f.Resource)), "the definition, of the filter rewritten: %v", other)
	}

	plan, err := pipeline.CompileChecked(checked)
	require.NoError(t, err)
	bounded(t, plan)
	coll := s.db.Collection(plan.Collection())
	stages := plan.Stages()
	same(t, authorized, s.aggregate(t, plan, stages), plan, "the pipeline")
	if len(plan.Joins()) == 0 {
		find, err := plan.FindFilter()
		require.NoError(t, err)
		cur, err := coll.Find(t.Context(), find)
		same(t, authorized, all(t, cur, err), plan, "the find filter")
		return plan
	}
	_, err = plan.FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	stages[0] = bson.D{{Key: "$match", Value: helperGuard(plan)}}
	same(t, authorized, s.aggregate(t, plan, stages), plan, "the pipeline without its prefilter")
	return plan
}

// authorized returns the documents that the definition authorizes.
func (s stored) authorized(t *testing.T, f filter.Filter) []bson.Raw {
	t.Helper()
	e, err := evaluate.Prepare(s.schema, f)
	require.NoError(t, err)
	return s.authorizedBy(t, e, f.Resource)
}

func (s stored) authorizedBy(t *testing.T, e *evaluate.Evaluator, resource string) []bson.Raw {
	t.Helper()
	typ, ok := s.schema.Type(resource)
	require.True(t, ok)
	var authorized []bson.Raw
	for _, doc := range s.docs[typ.Collection] {
		d, err := e.Decide(t.Context(), doc, s.docs)
		require.NoError(t, err)
		if d.Authorized() {
			authorized = append(authorized, doc)
		}
	}
	return authorized
}

func (s stored) aggregate(t *testing.T, plan *pipeline.Plan, stages []bson.D) []bson.Raw {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that runs away must not take the machine with it
	defer cancel()
	cur, err := s.db.Collection(plan.Collection()).Aggregate(ctx, stages)
	require.NoError(t, err, "%s", text{plan})
	return all(t, cur, err)
}

func all(t *testing.T, cur *mongo.Cursor, err error) []bson.Raw {
	t.Helper()
	require.NoError(t, err)
	var docs []bson.Raw
	require.NoError(t, cur.All(t.Context(), &docs))
	return docs
}

// same requires the same documents, duplicates counted, byte for byte.
func same(t *testing.T, want, got []bson.Raw, plan *pipeline.Plan, what string) {
	t.Helper()
	require.Equal(t, idsOf(want), idsOf(got), "%s: %s", what, text{plan})
	want, got = sorted(want), sorted(got)
	for i := range want {
		require.Equal(t, want[i], got[i], "%s changes a document: %s", what, text{plan})
	}
}

func sorted(docs []bson.Raw) []bson.Raw {
	return slices.SortedFunc(slices.Values(docs), func(a, b bson.Raw) int { return bytes.Compare(a, b) })
}

func sortedIDs(ids []string) string {
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// idsOf returns the ids, sorted, duplicates kept.
func idsOf(docs []bson.Raw) string {
	var ids []string
	for _, d := range docs {
		id := d.Lookup("_id")
		if s, ok := id.StringValueOK(); ok {
			ids = append(ids, s)
		} else {
			ids = append(ids, id.String())
		}
	}
	return sortedIDs(ids)
}

// helperGuard returns what a prefilter asks of helper fields: the rest of it only saves work.
func helperGuard(plan *pipeline.Plan) bson.D {
	guard := bson.D{}
	for _, e := range plan.Prefilter() {
		if strings.HasPrefix(e.Key, pipeline.DefaultHelperPrefix) {
			guard = append(guard, e)
		}
	}
	return guard
}

// bounded requires what every plan promises: joins in reserved fields, each of the document with one _id or of the _id of one document,
// at most two deep (the compatible server plans deeper ones in memory that grows with every level), and the helper fields removed at the end.
func bounded(t *testing.T, plan *pipeline.Plan) {
	t.Helper()
	stages := plan.Stages()
	require.NotEmpty(t, stages)
	if len(plan.Joins()) == 0 {
		require.Len(t, stages, 1)
		return
	}
	require.LessOrEqual(t, boundedJoins(t, stages[1:len(stages)-2], plan), 2, "joins nested too deep for the compatible server")
	require.Equal(t, "$unset", stages[len(stages)-1][0].Key)
	require.Len(t, helperGuard(plan), len(plan.Joins()))
}

func boundedJoins(t *testing.T, stages []bson.D, plan *pipeline.Plan) (levels int) {
	t.Helper()
	for _, stage := range stages {
		if stage[0].Key != "$lookup" {
			continue
		}
		inner, by, piped := 0, "", false
		for _, e := range stage[0].Value.(bson.D) {
			switch e.Key {
			case "foreignField":
				by = e.Value.(string)
			case "as":
				require.True(t, strings.HasPrefix(e.Value.(string), pipeline.DefaultHelperPrefix+"_"), text{plan})
				require.NotContains(t, e.Value, ".")
			case "pipeline":
				sub := e.Value.([]bson.D)
				piped = true
				n := len(sub)
				require.GreaterOrEqual(t, n, 2, text{plan})
				require.Equal(t, bson.D{{Key: "$limit", Value: int32(1)}}, sub[n-2], text{plan})
				require.Equal(t, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}}, sub[n-1], text{plan})
				inner = boundedJoins(t, sub, plan)
			}
		}
		require.True(t, piped || by == "_id", text{plan})
		levels = max(levels, inner+1)
	}
	return levels
}

// text prints a plan's stages, a line each, when a test fails.
type text struct{ *pipeline.Plan }

func (p text) String() string {
	var b strings.Builder
	for _, stage := range p.Stages() {
		js, err := bson.MarshalExtJSON(stage, false, false)
		if err != nil {
			return err.Error()
		}
		b.WriteString("\n  ")
		b.Write(js)
	}
	return b.String()
}

// without takes ids out of a list of ids.
func without(ids, out string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(ids), func(id string) bool {
		return slices.Contains(strings.Fields(out), id)
	}), " ")
}
