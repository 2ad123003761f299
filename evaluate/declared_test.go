package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// tasks declares what stored data promise: fields that count as a value where they are missing,
// rows that are there, and keys that do not dangle.
func tasks(t testing.TB) *relations.Schema {
	key := func(local, foreign string) []relations.KeyPair {
		return []relations.KeyPair{{Local: local, Foreign: foreign}}
	}
	return schema(t,
		relations.Type{Name: "Task", Collection: "tasks", Fields: []relations.Field{
			{Name: "_id", Type: relations.Number},
			{Name: "draft", Type: relations.Bool, AbsentZero: false},
			{Name: "done", Type: relations.Bool},
			{Name: "count", Type: relations.Number, AbsentZero: 0},
			{Name: "limit", Type: relations.Number, AbsentZero: int64(10)},
			{Name: "state", Type: relations.String, AbsentZero: "open"},
			{Name: "states", Type: relations.String, List: true},
			{Name: "strict", Type: relations.Number, AbsentZero: 0, Strict: true},
			{Name: "n", Type: relations.Number},
			{Name: "project_id", Type: relations.Number},
			{Name: "project_ids", Type: relations.Number, List: true},
		}, Relations: []relations.Relation{
			{Name: "project", Kind: relations.ReferencesOne, Type: "Project", Keys: key("project_id", ""), Complete: true},
			{Name: "projects", Kind: relations.ReferencesMany, Type: "Project", Keys: key("project_ids", ""), Complete: true},
			{Name: "scoped", Kind: relations.ReferencesOne, Type: "Live", Keys: key("project_id", ""), Complete: true},
			{Name: "notes", Kind: relations.EmbedsMany, Type: "Note"},
			{Name: "drafts", Kind: relations.EmbedsMany, Type: "Note", Where: []relations.Constant{{Field: "draft", Value: false}}},
			{Name: "lock", Kind: relations.HasOne, Type: "Lock", Keys: key("", "task_id"), Required: true, Where: []relations.Constant{{Field: "kind", Value: "task"}}},
			{Name: "maybe", Kind: relations.HasOne, Type: "Lock", Keys: key("", "task_id")},
			{Name: "near", Kind: relations.HasOne, Type: "Lock", Keys: key("", "task_id"), Required: true, Where: []relations.Constant{{Near: true, Field: "done", Value: true}}},
		}},
		relations.Type{Name: "Note", Fields: []relations.Field{
			{Name: "text", Type: relations.String}, {Name: "draft", Type: relations.Bool, AbsentZero: false}, {Name: "project_id", Type: relations.Number},
		}, Relations: []relations.Relation{
			{Name: "project", Kind: relations.ReferencesOne, Type: "Project", Keys: key("project_id", ""), Where: []relations.Constant{{Near: true, Field: "draft", Value: false}}},
		}},
		relations.Type{Name: "Project", Collection: "projects", Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "locked", Type: relations.Bool},
		}},
		relations.Type{Name: "Live", Collection: "projects", Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "locked", Type: relations.Bool},
		}, Scope: []filter.Condition{filter.F("locked").Eq(false)}},
		relations.Type{Name: "Lock", Collection: "locks", Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "task_id", Type: relations.Number}, {Name: "kind", Type: relations.String}, {Name: "on", Type: relations.Bool},
		}},
	)
}

func TestAbsentMeansZero(t *testing.T) {
	t.Parallel()
	f, s := filter.F, tasks(t)
	for _, c := range []struct {
		filter.Comparison
		T, F, U on
	}{
		{Comparison: f("draft").Eq(false), T: on{``, `"draft": false`}, F: on{`"draft": true`}, U: on{`"draft": null`, `"draft": 0`, `"draft": []`}},
		{Comparison: f("draft").Ne(true), T: on{``, `"draft": false`}, F: on{`"draft": true`, `"draft": [true]`}, U: on{`"draft": null`, `"draft": 0`}},
		{Comparison: f("draft").Eq(true), T: on{`"draft": true`}, F: on{``}, U: on{`"draft": null`}},
		{Comparison: f("draft").IsNull(), T: on{``, `"draft": null`}, F: on{`"draft": false`}},
		{Comparison: f("draft").Eq(nil), U: on{``, `"draft": true`}},
		{Comparison: f("count").Lt(5), T: on{``, `"count": 4`}, F: on{`"count": 5`}, U: on{`"count": null`, `"count": "1"`}},
		{Comparison: f("count").Gt(0), T: on{`"count": 1`}, F: on{``}},
		{Comparison: f("count").In([]any{0, 7}), T: on{``, `"count": 7`}, F: on{`"count": 1`}, U: on{`"count": null`}},
		{Comparison: f("count").In([]any{7, nil}), T: on{`"count": 7`}, U: on{``, `"count": 1`}},
		{Comparison: f("count").In([]any{}), F: on{``, `"count": 7`}, U: on{`"count": null`}},
		{Comparison: f("strict").Gte(0), T: on{``, `"strict": 0`}, U: on{`"strict": null`, `"strict": [0]`}},
		{Comparison: f("limit").Eq(10), T: on{``, `"limit": 10.0`}, F: on{`"limit": 0`}},
		{Comparison: f("state").StartsWith("op"), T: on{``, `"state": "open"`}, F: on{`"state": ""`}, U: on{`"state": null`}},
		{Comparison: f("state").Eq(""), T: on{`"state": ""`}, F: on{``}},
		{Comparison: f("state").In(f("states")), T: on{`"states": ["open"]`}, F: on{`"states": ["shut"]`, `"states": []`}, U: on{``, `"states": ["shut", null]`, `"state": null, "states": ["open"]`}},
		{Comparison: f("n").Eq(f("count")), T: on{`"n": 0`, `"n": 1, "count": 1`}, F: on{`"n": 1`}, U: on{``, `"n": 0, "count": null`}},
		{Comparison: f("limit").Gt(f("count")), T: on{``, `"count": 9`}, F: on{`"count": 10`, `"limit": 0`}},
	} {
		for want, stored := range []on{c.F, c.U, c.T} {
			for _, fields := range stored {
				got := holds(t, s, "Task", filter.Where(c.Comparison), `{`+fields+`}`, nil)
				require.Equal(t, want, int(got), "%v, stored: %s", c.Comparison, fields)
			}
		}
	}
}

func TestAbsentMeansZeroAsksForAnArrayOfDocuments(t *testing.T) {
	t.Parallel()
	s, note := tasks(t), filter.Reach("note", "notes")
	project := note.Reach("p", "project")
	mixed := `{"notes": [{"text": "a", "project_id": 1}, []]}`
	w := world{"projects": {`{"_id": 1, "locked": false}`}}
	for name, c := range map[string]filter.Clause{
		"a comparison":    filter.Some(note).Where(note.F("draft").Eq(false)),
		"of the other":    filter.Some(note).Where(note.F("draft").Eq(true)),
		"a near constant": filter.Some(note, project).Where(project.F("locked").Eq(false)),
	} {
		require.Equal(t, U, holds(t, s, "Task", c, mixed, w), name)
	}
	far := filter.Reach("d", "drafts")
	require.Equal(t, U, holds(t, s, "Task", filter.Some(far).Where(far.F("text").Eq("a")), `{"drafts": [{"text": "a"}, []]}`, w), "a far constant")
	require.Equal(t, T, holds(t, s, "Task", filter.Some(note).Where(note.F("text").Eq("a")), mixed, w))
	require.Equal(t, T, holds(t, s, "Task", filter.Some(note, project).Where(project.F("locked").Eq(false)), `{"notes": [{"project_id": 1}]}`, w))
}

func TestARequiredRowMustBeThereForANone(t *testing.T) {
	t.Parallel()
	s := tasks(t)
	w := world{"locks": {
		`{"_id": 1, "task_id": 1, "kind": "task", "on": true}`,
		`{"_id": 2, "task_id": 2, "kind": "task", "on": false}`,
		`{"_id": 3, "task_id": 3, "kind": "other", "on": true}`,
		`{"_id": 4, "task_id": 4, "on": false}`,
	}}
	is := func(relation string) filter.Clause {
		e := filter.Reach("e", relation)
		return filter.Some(e).Where(e.F("on").Eq(true))
	}
	for document, want := range map[string]evaluate.Truth{`{"_id": 1}`: T, `{"_id": 2}`: F, `{"_id": 3}`: U, `{"_id": 4}`: U, `{"_id": 9}`: U, `{}`: U} {
		require.Equal(t, want, holds(t, s, "Task", is("lock"), document, w), document)
	}
	for document, want := range map[string]evaluate.Truth{`{"_id": 1}`: T, `{"_id": 2}`: F, `{"_id": 9}`: F, `{}`: U} {
		require.Equal(t, want, holds(t, s, "Task", is("maybe"), document, w), "not required: %s", document)
	}
	for document, want := range map[string]evaluate.Truth{`{"_id": 1, "done": true}`: T, `{"_id": 9, "done": true}`: U, `{"_id": 9, "done": false}`: F, `{"_id": 1}`: U} {
		require.Equal(t, want, holds(t, s, "Task", is("near"), document, w), "near constant: %s", document)
	}
}

func TestACompleteReferenceIsTakenAsExisting(t *testing.T) {
	t.Parallel()
	s := tasks(t)
	w := world{"projects": {`{"_id": 1, "locked": true}`, `{"_id": 2, "locked": false}`}}
	one, many, scoped := filter.Reach("p", "project"), filter.Reach("p", "projects"), filter.Reach("p", "scoped")
	for _, c := range []struct {
		name    string
		clause  filter.Clause
		T, F, U on
	}{
		{"a condition", filter.Some(one).Where(one.F("locked").Eq(true)), on{`{"project_id": 1}`}, on{`{"project_id": 2}`, `{"project_id": 9}`}, on{`{}`, `{"project_id": null}`, `{"project_id": [1]}`}},
		{"existence, by the key alone", filter.Some(one).Where(one.Exists()), on{`{"project_id": 1}`, `{"project_id": 9}`}, nil, on{`{}`, `{"project_id": null}`, `{"project_id": [1]}`}},
		{"existence beside a comparison of the key", filter.Some(one).Where(one.Exists(), one.F("_id").Eq(9)), on{`{"project_id": 9}`}, on{`{"project_id": 1}`}, on{`{}`, `{"project_id": [9]}`}},
		{"existence of one of many", filter.Some(many).Where(many.Exists()), on{`{"project_ids": [9]}`, `{"project_ids": 9}`}, on{`{"project_ids": []}`}, on{`{}`, `{"project_ids": [null]}`}},
		{"a scope makes the promise void", filter.Some(scoped).Where(scoped.Exists()), on{`{"project_id": 2}`}, nil, on{`{"project_id": 1}`, `{"project_id": 9}`, `{}`}},
	} {
		for want, documents := range []on{c.F, c.U, c.T} {
			for _, document := range documents {
				require.Equal(t, want, int(holds(t, s, "Task", c.clause, document, w)), "%s: %s", c.name, document)
			}
		}
	}
}

func TestASurelyOfWhatIsBehindAPhantomIsFalse(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("firm", "firm")
	testReached(t, world{"firms": {`{"_id": 1, "name": "acme"}`, `{"_id": 2}`}}, []reached{
		{
			name: "two values", clause: filter.Where(filter.Surely(filter.Some(firm).Where(firm.F("name").Eq("acme")))),
			T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 2}`, `{"firm_id": 9}`, `{}`},
		},
		{
			name: "inside the clause that declares the entity", clause: filter.Some(firm).Where(filter.Surely(filter.Where(firm.F("name").Eq("acme")))),
			T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 2}`, `{"firm_id": 9}`, `{}`},
		},
		{
			name: "its negation beside the entity's existence", clause: filter.Some(firm).Where(firm.Exists(), filter.Not(filter.Surely(filter.Where(firm.F("name").Eq("acme"))))),
			T: on{`{"firm_id": 2}`}, F: on{`{"firm_id": 1}`}, U: on{`{"firm_id": 9}`, `{}`},
		},
	})
}

func TestWhatARewritingMadeIsNotDecidedAnew(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("p", "firm")
	f := filter.For("Order", filter.Some(firm).Where(filter.Any{filter.Where(firm.F("_id").Eq(9)), filter.Where(firm.F("name").Eq("x"))}))
	s := orders(t)
	require.Equal(t, U, decide(t, s, f, `{"firm_id": 9}`, nil))
	require.Equal(t, U, decideRewritten(t, s, f, `{"firm_id": 9}`, nil))
}
