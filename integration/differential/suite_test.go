package differential_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	proof "github.com/mongoauthz/go-mongoauthz/internal/rewritten"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type (
	typesLiteral  = []relations.Type
	filterLiteral = filter.Filter
)

// suite compares lists on a server and counts what it compared.
type suite struct {
	db     *mongo.Database
	compat bool
	mutate func([]bson.D) []bson.D        // a seeded mistake in the pipeline; nil for none
	given  func(*world) *relations.Schema // a seeded mistake in what the compiler knows; nil for none

	rewrite func(filter.Filter) filter.Filter // a seeded mistake in what the compiler is asked; nil for none

	worlds, compared, mixed, tooDeep, tenths int

	resolved resolution

	seen map[feature]int
}

func (s *suite) store(w *world) error {
	ctx, cancel := ctx()
	defer cancel()
	for name, docs := range w.docs {
		if _, err := s.db.Collection(name).DeleteMany(ctx, bson.D{}); err != nil {
			return err
		}
		if len(docs) == 0 {
			continue
		}
		if _, err := s.db.Collection(name).InsertMany(ctx, docs); err != nil {
			return err
		}
	}
	return nil
}

// mismatch is a filter and a world on which the server and the evaluator disagree.
type mismatch struct {
	w         *world
	f         filter.Filter
	err       error
	got, want []string
	stages    []bson.D
}

func (m *mismatch) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\nthe server returned     %v\nthe evaluator authorizes %v\n%v\n", m.err, m.got, m.want, m.f)
	for _, s := range m.stages {
		js, _ := bson.MarshalExtJSON(s, false, false)
		fmt.Fprintf(&b, "  %s\n", js)
	}
	return b.String()
}

func (m *mismatch) Unwrap() error { return m.err }

var (
	errLists = errors.New("the lists differ")
	errTenth = errors.New("find, count or pages differ from the list")
)

// compare requires that the server returns the documents the evaluator authorizes, each once and byte for byte as stored.
func (s *suite) compare(w *world, f filter.Filter) error {
	ctx, cancel := ctx()
	defer cancel()
	if typ, _ := w.schema.Type(f.Resource); s.given != nil && len(typ.Scope) > 0 {
		return nil
	}
	all, err := authorized(ctx, w, f)
	want := slices.Clone(all)
	if err != nil {
		return fmt.Errorf("the evaluator: %w\n%v", err, f)
	}
	plan, err := s.compiled(w, f)
	if err != nil {
		return fmt.Errorf("compile: %w\n%v", err, f)
	}
	if s.correct() {
		if err := s.compareResolved(ctx, w, f, plan, all); err != nil {
			return err
		}
	}
	if levels, lookups := sizeOf(plan.Stages()); s.compat && (levels > 3 || lookups > 5) {
		s.tooDeep++
		return nil
	}
	if len(plan.Joins()) > 0 { // a document that has a helper's field is denied by a filter that joins
		want = slices.DeleteFunc(want, func(doc bson.Raw) bool { return doc.Lookup("__authz_0").Type != 0 })
	}
	stages := plan.Stages()
	if s.mutate != nil {
		stages = s.mutate(stages)
	}
	var got []bson.Raw
	cur, err := s.db.Collection(plan.Collection()).Aggregate(ctx, stages)
	if err == nil {
		err = cur.All(ctx, &got)
	}
	if err != nil {
		return &mismatch{w: w, f: f, err: fmt.Errorf("the server: %w", err), want: ids(want), stages: stages}
	}
	sortRaw(got)
	if !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		return &mismatch{w: w, f: f, err: errLists, got: ids(got), want: ids(want), stages: stages}
	}
	s.compared++
	if typ, _ := w.schema.Type(f.Resource); len(want) > 0 && len(want) < len(w.docs[typ.Collection]) {
		s.mixed++
		s.count(w, f)
	}
	if s.compared%10 == 0 && s.correct() {
		s.tenths++
		if err := s.compareTenth(ctx, w, f, want, all); err != nil {
			return &mismatch{w: w, f: f, err: err, want: ids(want), stages: stages}
		}
	}
	return nil
}

// correct reports whether the suite runs without a seeded mistake.
func (s *suite) correct() bool { return s.mutate == nil && s.given == nil && s.rewrite == nil }

// authorized returns the documents the evaluator authorizes, sorted.
func authorized(ctx context.Context, w *world, f filter.Filter) ([]bson.Raw, error) {
	e, err := evaluate.Prepare(w.schema, f)
	if err != nil {
		return nil, err
	}
	return authorizedBy(ctx, w, e, f.Resource)
}

// authorizedBy returns the documents of a type that an evaluator authorizes, sorted.
func authorizedBy(ctx context.Context, w *world, e *evaluate.Evaluator, resource string) ([]bson.Raw, error) {
	typ, _ := w.schema.Type(resource)
	var out []bson.Raw
	for _, doc := range w.docs[typ.Collection] {
		decision, err := e.Decide(ctx, doc, evaluate.Memory(w.docs))
		if err != nil {
			return nil, err
		}
		if decision.Authorized() {
			out = append(out, doc)
		}
	}
	sortRaw(out)
	return out, nil
}

// compareTenth asks the same in the other ways there are: the find filter, the count, pages that tile the list, without the prefilter.
func (s *suite) compareTenth(ctx context.Context, w *world, f filter.Filter, want, all []bson.Raw) error {
	policy := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil })
	opts := []mongoauthz.Option{mongoauthz.WithConsistency(mongoauthz.SingleCommand)}
	if s.compat {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(s.db, w.schema, policy, opts...)
	if err != nil {
		return err
	}
	q, err := az.AuthorizedQuery(ctx, nil, "read", f.Resource)
	if err != nil {
		return err
	}
	if n, err := q.Count(ctx); err != nil || n != int64(len(want)) {
		return fmt.Errorf("%w: count is %d, %w", errTenth, n, err)
	}
	var paged []bson.Raw
	for skip := int64(0); ; skip += 2 {
		page, err := mongoauthz.FetchPage[bson.Raw](ctx, q, mongoauthz.PageRequest{Skip: skip, Limit: 2})
		if err != nil {
			return fmt.Errorf("%w: a page: %w", errTenth, err)
		}
		if page.Total != int64(len(want)) {
			return fmt.Errorf("%w: total is %d", errTenth, page.Total)
		}
		paged = append(paged, page.Items...)
		if len(page.Items) < 2 {
			break
		}
	}
	sortRaw(paged)
	if !slices.EqualFunc(paged, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		return fmt.Errorf("%w: pages hold %v", errTenth, ids(paged))
	}
	for _, consistency := range []mongoauthz.Consistency{mongoauthz.Cheapest, mongoauthz.KeysFirst} {
		resolved, err := q.WithConsistency(consistency).Resolve(ctx)
		if err != nil {
			return fmt.Errorf("%w: %v: %w", errTenth, consistency, err)
		}
		n := len(all)
		if slices.ContainsFunc(resolved.Pipeline(), func(stage bson.D) bool { return stage[0].Key == "$lookup" }) {
			n = len(want)
		}
		if got, err := q.WithConsistency(consistency).Count(ctx); err != nil || got != int64(n) {
			return fmt.Errorf("%w: %v: count is %d, %w", errTenth, consistency, got, err)
		}
		if got, err := resolved.WithConsistency(mongoauthz.Rechecked).Count(ctx); err != nil || got != int64(len(want)) {
			return fmt.Errorf("%w: %v: count after another look is %d, %w", errTenth, consistency, got, err)
		}
	}
	if err := sameMeaning(ctx, w, f, all); err != nil {
		return err
	}
	if err := readsEnough(ctx, w, f, all); err != nil {
		return err
	}
	find, err := q.FindFilter()
	if errors.Is(err, pipeline.ErrUnsupported) {
		plan, err := pipeline.Compile(w.schema, f)
		if err != nil {
			return err
		}
		return s.compareWithoutPrefilter(ctx, plan, want)
	}
	if err != nil {
		return err
	}
	var found []bson.Raw
	cur, err := q.Collection().Find(ctx, find, options.Find())
	if err == nil {
		err = cur.All(ctx, &found)
	}
	sortRaw(found)
	if err != nil || !slices.EqualFunc(found, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		return fmt.Errorf("%w: find returned %v, %w", errTenth, ids(found), err)
	}
	return nil
}

// sameMeaning shows that rewriting a filter, or writing it down and reading it back, leaves its meaning.
func sameMeaning(ctx context.Context, w *world, f filter.Filter, want []bson.Raw) error {
	checked, err := w.schema.Check(f)
	if err != nil {
		return err
	}
	var read filter.Filter
	js, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(js, &read)
	}
	if err != nil {
		return err
	}
	evaluators := map[string]*evaluate.Evaluator{}
	if evaluators["read back from JSON"], err = evaluate.Prepare(w.schema, read); err != nil {
		return err
	}
	for name, rewrite := range map[string]func() (*relations.CheckedFilter, error){
		"normalised": func() (*relations.CheckedFilter, error) { return checked.Normalize(0) },
		"expanded":   func() (*relations.CheckedFilter, error) { return checked.Expand(200) },
	} {
		other, err := rewrite()
		if errors.Is(err, filter.ErrLimit) && name == "expanded" {
			continue
		}
		if err != nil {
			return err
		}
		e, err := proof.Prepare(other)
		if err != nil {
			return err
		}
		evaluators[name] = e.(*evaluate.Evaluator)
	}
	for name, e := range evaluators {
		got, err := authorizedBy(ctx, w, e, f.Resource)
		if err != nil || !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
			return fmt.Errorf("%w: %s it authorizes %v, %w\n%v", errTenth, name, ids(got), err, f)
		}
	}
	return nil
}

// readsEnough shows that a decision reads no other fields than it says, of any collection.
func readsEnough(ctx context.Context, w *world, f filter.Filter, want []bson.Raw) error {
	e, err := evaluate.Prepare(w.schema, f)
	if err != nil {
		return err
	}
	less := w
	for c, docs := range w.docs {
		read := map[string]bool{"_id": true}
		for _, path := range e.Reads(c) {
			top, _, _ := strings.Cut(path, ".")
			read[top] = true
		}
		projected := make([]bson.Raw, len(docs))
		for i, doc := range docs {
			elements, err := doc.Elements()
			if err != nil {
				return err
			}
			var d bson.D
			for _, el := range elements {
				if read[el.Key()] {
					d = append(d, bson.E{Key: el.Key(), Value: el.Value()})
				}
			}
			if projected[i], err = bson.Marshal(d); err != nil {
				return err
			}
		}
		less = less.with(c, projected)
	}
	got, err := authorized(ctx, less, f)
	a, b := ids(got), ids(want)
	slices.Sort(a)
	slices.Sort(b)
	if err != nil || !slices.Equal(a, b) {
		return fmt.Errorf("%w: with the fields it reads alone it authorizes %v, %w", errTenth, a, err)
	}
	return nil
}

// compareWithoutPrefilter shows that the prefilter is never the decision.
func (s *suite) compareWithoutPrefilter(ctx context.Context, plan *pipeline.Plan, want []bson.Raw) error {
	stages := plan.Stages()
	absent := bson.D{} // what keeps documents with a helper's field out is no part of the prefilter's conditions
	for _, j := range plan.Joins() {
		absent = append(absent, bson.E{Key: j.As, Value: bson.D{{Key: "$exists", Value: false}}})
	}
	stages[0] = bson.D{{Key: "$match", Value: absent}}
	var got []bson.Raw
	cur, err := s.db.Collection(plan.Collection()).Aggregate(ctx, stages)
	if err == nil {
		err = cur.All(ctx, &got)
	}
	sortRaw(got)
	if err != nil || !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
		return fmt.Errorf("%w: without the prefilter %v, %w", errTenth, ids(got), err)
	}
	return nil
}

func sortRaw(docs []bson.Raw) {
	slices.SortFunc(docs, func(a, b bson.Raw) int { return bytes.Compare(a, b) })
}

func ids(docs []bson.Raw) []string {
	out := []string{}
	for _, d := range docs {
		out = append(out, d.Lookup("_id").String())
	}
	return out
}

// sizeOf returns how deep the $lookup stages of a pipeline nest, and how many there are. The
// compatible server plans nested ones in memory that grows with every level until it is killed.
func sizeOf(ss []bson.D) (levels, lookups int) {
	var stages func(ss []bson.D) (int, int)
	stages = func(ss []bson.D) (levels, lookups int) {
		for _, s := range ss {
			if s[0].Key != "$lookup" && s[0].Key != "$unionWith" {
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
	return stages(ss)
}
