package evaluate_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// explained is the schema of a document with a project in another collection, which has a scope.
func explained(t *testing.T) *relations.Schema {
	t.Helper()
	s, err := relations.New(
		relations.Type{
			Name: "Task", Collection: "tasks",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}, {Name: "owner", Type: relations.ObjectID},
				{Name: "tags", Type: relations.String, List: true}, {Name: "n", Type: relations.Number}, {Name: "project_id", Type: relations.String},
			},
			Relations: []relations.Relation{
				{Name: "project", Kind: relations.ReferencesOne, Type: "Project", Keys: []relations.KeyPair{{Local: "project_id"}}},
				{Name: "steps", Kind: relations.EmbedsMany, Type: "Step"},
			},
		},
		relations.Type{
			Name: "Project", Collection: "projects", Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "lead", Type: relations.String}, {Name: "open", Type: relations.Bool}},
			Scope: []filter.Condition{filter.F("open").Eq(true)},
		},
		relations.Type{Name: "Step", Fields: []relations.Field{{Name: "done", Type: relations.Bool}}},
	)
	require.NoError(t, err)
	return s
}

func TestAnExplanationSpeaksOfWhatWasFound(t *testing.T) {
	t.Parallel()
	f, id := filter.F, bson.ObjectID{1, 2, 3}
	p, step := filter.Reach("p1", "project"), filter.Reach("step", "steps")
	related := evaluate.Memory{}
	require.NoError(t, related.Insert("projects", bson.D{{Key: "_id", Value: "p"}, {Key: "lead", Value: "ann"}, {Key: "open", Value: true}},
		bson.D{{Key: "_id", Value: "closed"}, {Key: "lead", Value: "ann"}, {Key: "open", Value: false}}))
	led := filter.Some(p).Where(p.F("lead").Eq("ann"))
	for name, tt := range map[string]struct {
		clause   filter.Clause
		document bson.D
		lines    []string
	}{
		"another value":          {filter.Where(f("tenant").Eq("a")), bson.D{{Key: "tenant", Value: "b"}}, []string{"tenant = <string>: false: tenant is another value"}},
		"that value":             {filter.Where(f("tenant").Ne("a")), bson.D{{Key: "tenant", Value: "a"}}, []string{"tenant != <string>: false: tenant is that value"}},
		"none of them":           {filter.Where(f("tenant").In([]string{"a", "c"})), bson.D{{Key: "tenant", Value: "b"}}, []string{"tenant in <2 values>: false: tenant is none of the values"}},
		"no such element":        {filter.Where(f("tags").Contains("a")), bson.D{{Key: "tags", Value: bson.A{"b"}}}, []string{"false: tags has no such element"}},
		"out of the range":       {filter.Where(f("n").Lt(5)), bson.D{{Key: "n", Value: 6}}, []string{"n < <32-bit integer>: false: n is out of that range"}},
		"no match":               {filter.Where(f("tenant").StartsWith("a")), bson.D{{Key: "tenant", Value: "b"}}, []string{"false: tenant does not match"}},
		"another element":        {filter.Where(f("tags").SubsetOf([]string{"a"})), bson.D{{Key: "tags", Value: bson.A{"b"}}}, []string{"false: tags has another element besides"}},
		"set":                    {filter.Where(f("tenant").IsNull()), bson.D{{Key: "tenant", Value: "b"}}, []string{"tenant is null: false: tenant is set"}},
		"not set":                {filter.Where(f("tenant").IsSet()), bson.D{}, []string{"tenant is set: false: tenant is missing or null"}},
		"no array":               {filter.Where(f("tags").Contains("a")), bson.D{{Key: "tags", Value: "b"}}, []string{"unknown: tags is not an array, and a list is declared"}},
		"an array":               {filter.Where(f("tenant").Eq("a")), bson.D{{Key: "tenant", Value: bson.A{"b"}}}, []string{"unknown: tenant is an array, and one value is declared"}},
		"hex of an ObjectID":     {filter.Where(f("owner").Eq(id)), bson.D{{Key: "owner", Value: id.Hex()}}, []string{"unknown: owner and the value are an ObjectID and the hex text of one: declare the conversion FromHex"}},
		"an ObjectID for hex":    {filter.Where(f("tenant").In([]string{"a", id.Hex()})), bson.D{{Key: "tenant", Value: id}}, []string{"unknown: tenant and the value are an ObjectID and the hex text of one"}},
		"another text":           {filter.Where(f("owner").Eq(id)), bson.D{{Key: "owner", Value: "me"}}, []string{"unknown: owner has another type"}},
		"a document not there":   {led, bson.D{{Key: "project_id", Value: "gone"}}, []string{"Project p1, by project: not found, and whether there is one is not known", "p1.lead is of an entity that was not found"}},
		"a scope of an entity":   {led, bson.D{{Key: "project_id", Value: "closed"}}, []string{"open = <boolean> (scope of Project p1): false: open is another value"}},
		"several choices":        {filter.Some(step).Where(step.F("done").Eq(true)), bson.D{{Key: "steps", Value: bson.A{bson.D{{Key: "done", Value: false}}, bson.D{}}}}, []string{"Step step, by steps: 2 found", "step.done = <boolean>: false for 1 of 2 choices, unknown for 1"}},
		"several of one kind":    {filter.Some(step).Where(step.F("done").Eq(true)), bson.D{{Key: "steps", Value: bson.A{bson.D{{Key: "done", Value: false}}, bson.D{{Key: "done", Value: false}}}}}, []string{"false for all 2 choices: step.done is another value"}},
		"a choice that is right": {filter.Some(step).Where(step.F("done").Eq(true)), bson.D{{Key: "steps", Value: bson.A{bson.D{{Key: "done", Value: true}}, bson.D{{Key: "done", Value: false}}}}}, []string{"step.done = <boolean>: true for 1 of 2 choices, false for 1\n"}},
		"an empty list":          {filter.Some(step).Where(step.F("done").Eq(true)), bson.D{{Key: "steps", Value: bson.A{}}}, []string{"Step step, by steps: not found\n", "step.done = <boolean>: not asked"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := evaluate.Prepare(explained(t), filter.For("Task", tt.clause))
			require.NoError(t, err)
			raw, err := bson.Marshal(tt.document)
			require.NoError(t, err)
			x, err := e.Explain(context.Background(), raw, related)
			require.NoError(t, err)
			for _, line := range tt.lines {
				require.Contains(t, x.String(), line)
			}
		})
	}
}
