package pipeline_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

func TestBadInputIsATypedErrorAndNoPlan(t *testing.T) {
	t.Parallel()
	schema := library(t)
	p := filter.Reach("p", "publisher")
	for name, c := range map[string]struct {
		filter filter.Filter
		opts   []pipeline.Option
		is     error
	}{
		"unknown resource type":     {filter: filter.Allow("Boek"), is: filter.ErrMalformed},
		"embedded resource type":    {filter: filter.Allow("Place"), is: filter.ErrMalformed},
		"unknown field":             {filter: filter.For("Book", filter.Where(filter.F("titel").Eq("x"))), is: filter.ErrMalformed},
		"unknown relation":          {filter: filter.For("Book", filter.Some(filter.Reach("p", "publishr"))), is: filter.ErrMalformed},
		"unknown entity":            {filter: filter.For("Book", filter.Where(p.F("name").Eq("x"))), is: filter.ErrMalformed},
		"unknown operator":          {filter: filter.For("Book", filter.Where(filter.Compare(filter.F("title"), 99, "x"))), is: filter.ErrMalformed},
		"unbound parameter":         {filter: filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("actor.id")))), is: filter.ErrMalformed},
		"ill-typed value":           {filter: filter.For("Book", filter.Where(filter.F("title").Eq(5))), is: filter.ErrMalformed},
		"a map as a value":          {filter: filter.For("Book", filter.Where(filter.F("extra").Eq(bson.M{"$gt": ""}))), is: filter.ErrMalformed},
		"a regex as a value":        {filter: filter.For("Book", filter.Where(filter.F("extra").Eq(bson.Regex{Pattern: "x"}))), is: filter.ErrMalformed},
		"no condition":              {filter: filter.For("Book", filter.Where(nil)), is: filter.ErrMalformed},
		"more conditions than told": {filter: filterOf(3, 2, 1), opts: []pipeline.Option{pipeline.WithLimit(3)}, is: filter.ErrLimit},
		"a helper prefix with $":    {filter: filter.Allow("Book"), opts: []pipeline.Option{pipeline.WithHelperPrefix("$x")}, is: pipeline.ErrUnsupported},
		"a helper prefix with dot":  {filter: filter.Allow("Book"), opts: []pipeline.Option{pipeline.WithHelperPrefix("a.b")}, is: pipeline.ErrUnsupported},
	} {
		plan, err := pipeline.Compile(schema, c.filter, c.opts...)
		require.ErrorIs(t, err, c.is, name)
		require.Nil(t, plan, name)
	}
}

func TestAPlanWithJoinsHasNoFindFilter(t *testing.T) {
	t.Parallel()
	plan, err := pipeline.Compile(library(t), filterOf(1, 1, 1))
	require.NoError(t, err)
	_, err = plan.FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	var unsupported *pipeline.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
}

func TestAZeroPlanDenies(t *testing.T) {
	t.Parallel()
	var p pipeline.Plan
	require.Equal(t, []bson.D{{{Key: "$match", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}}}}, p.Stages())
	q, err := p.FindFilter()
	require.NoError(t, err)
	require.NotEmpty(t, q)
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	schema := library(t)
	for name, c := range map[string]struct {
		filter filter.Filter
		want   filter.Outcome
	}{
		"no clause":               {filter.Deny("Book"), filter.Denied},
		"a false clause":          {filter.For("Book", filter.Where(filter.Any{filter.Where(filter.False)})), filter.Denied},
		"an unknown clause":       {filter.For("Book", filter.Where(filter.None(filter.Where(filter.Unknown)))), filter.Denied},
		"the mark":                {filter.Allow("Book"), filter.Allowed},
		"a true clause":           {filter.For("Book", filter.Where(filter.True), filter.Where(filter.F("title").Eq("x"))), filter.Allowed},
		"a null operand":          {filter.For("Book", filter.Where(filter.F("title").Eq(nil))), filter.Denied},
		"a typed nil operand":     {filter.For("Book", filter.Where(filter.F("title").Eq((*string)(nil)))), filter.Denied},
		"a condition":             {filter.For("Book", filter.Where(filter.F("title").Eq("x"))), filter.Conditional},
		"a scope is no condition": {filter.Allow("Draft"), filter.Allowed},
	} {
		plan, err := pipeline.Compile(schema, c.filter)
		require.NoError(t, err, name)
		require.Equal(t, c.want, plan.Outcome(), name)
		require.NotEmpty(t, plan.Stages(), name)
	}
}

func TestStagesAreFreshCopies(t *testing.T) {
	t.Parallel()
	plan, err := pipeline.Compile(library(t), filterOf(2, 2, 1))
	require.NoError(t, err)
	before := render(t, plan.Stages())
	var spoil func(v any)
	spoil = func(v any) {
		switch v := v.(type) {
		case bson.D:
			for i := range v {
				spoil(v[i].Value)
				v[i] = bson.E{Key: "spoilt", Value: 1}
			}
		case bson.A:
			for i := range v {
				spoil(v[i])
				v[i] = "spoilt"
			}
		case []bson.D:
			for i := range v {
				spoil(v[i])
			}
		}
	}
	stages := plan.Stages()
	spoil(stages)
	require.NotEqual(t, before, render(t, stages))
	require.Equal(t, before, render(t, plan.Stages()))
	again, err := pipeline.Compile(library(t), filterOf(2, 2, 1))
	require.NoError(t, err)
	require.Equal(t, before, render(t, again.Stages()), "parts that plans share were changed")
}

func TestCompileIsDeterministicAndSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	schema := library(t)
	want := map[string]string{}
	for _, c := range goldenCases() {
		plan, err := pipeline.Compile(schema, c.filter)
		require.NoError(t, err, c.name)
		want[c.name] = render(t, plan.Stages())
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, c := range goldenCases() {
				plan, err := pipeline.Compile(schema, c.filter)
				if err != nil || render(t, plan.Stages()) != want[c.name] {
					t.Errorf("%s: another plan, or %v", c.name, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestEqualJoinsAreShared(t *testing.T) {
	t.Parallel()
	p := filter.Reach("p", "publisher")
	plan, err := pipeline.Compile(library(t), filter.For("Book",
		filter.Some(p).Where(p.F("name").Eq("x"), filter.F("pages").Gt(3)),
		filter.Some(p).Where(p.F("name").Eq("x"), filter.F("owner").Eq("me")),
		filter.Some(p).Where(p.F("name").Eq("y"))))
	require.NoError(t, err)
	require.Len(t, plan.Joins(), 1, "a document with one _id is joined once, whatever is asked of it")
	require.Equal(t, []pipeline.JoinMethod{pipeline.Lookup, pipeline.Lookup, pipeline.Lookup}, []pipeline.JoinMethod{plan.Clauses()[0].Method, plan.Clauses()[1].Method, plan.Clauses()[2].Method})
}

func TestAJoinKeepsOneIDOrTheOneDocumentOfAKey(t *testing.T) {
	t.Parallel()
	schema := library(t)
	for _, c := range goldenCases() {
		plan, err := pipeline.Compile(schema, c.filter)
		require.NoError(t, err)
		for _, j := range plan.Joins() {
			if j.Pipeline == nil {
				require.Equal(t, "_id", j.ForeignField, c.name)
				continue
			}
			n := len(j.Pipeline)
			require.Equal(t, bson.D{{Key: "$limit", Value: int32(1)}}, j.Pipeline[n-2], c.name)
			require.Equal(t, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}}, j.Pipeline[n-1], c.name)
		}
	}
}

func TestTheHelperPrefixIsUsedEverywhere(t *testing.T) {
	t.Parallel()
	plan, err := pipeline.Compile(library(t), filterOf(1, 1, 1), pipeline.WithHelperPrefix("zz"))
	require.NoError(t, err)
	js := render(t, plan.Stages())
	require.Contains(t, js, `"zz_0"`)
	require.NotContains(t, js, pipeline.DefaultHelperPrefix)
}

func render(tb testing.TB, stages []bson.D) string {
	tb.Helper()
	js, err := bson.MarshalExtJSON(bson.D{{Key: "stages", Value: stages}}, true, false)
	if err != nil {
		tb.Error(err)
	}
	return string(js)
}
