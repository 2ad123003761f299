package integration_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// trackerTypes declare tasks and bugs, which share a collection, with projects, and notes of a
// tenant.
var trackerTypes = []relations.Type{
	{
		Name: "Task", Collection: "items", Scope: []filter.Condition{filter.F("kind").Eq("task")},
		Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "kind", Type: relations.String},
			{Name: "title", Type: relations.String, Required: true}, {Name: "count", Type: relations.Number},
			{Name: "done", Type: relations.Bool, OmitEmpty: true}, {Name: "tags", Type: relations.String, List: true},
			{Name: "deletedat", Type: relations.Date}, {Name: "project", Type: relations.String},
			{Name: "watchers", Type: relations.Number, List: true, AbsentEmpty: true},
		},
		Relations: []relations.Relation{
			{Name: "in", Kind: relations.ReferencesOne, Type: "Project", Complete: true, Keys: []relations.KeyPair{{Local: "project"}}},
			{Name: "seen_by", Kind: relations.ReferencesMany, Type: "User", Keys: []relations.KeyPair{{Local: "watchers"}}},
			{Name: "steps", Kind: relations.EmbedsMany, Type: "Step", AbsentEmpty: true},
			{Name: "place", Kind: relations.EmbedsOne, Type: "Place"},
		},
	},
	{
		Name: "Bug", Collection: "items", Scope: []filter.Condition{filter.F("kind").Eq("bug")},
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "kind", Type: relations.String}, {Name: "title", Type: relations.Number}},
	},
	{
		Name: "Project", Collection: "projects", Key: "code",
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "code", Type: relations.String}},
		Relations: []relations.Relation{
			{Name: "budget", Kind: relations.HasOne, Type: "Budget", Required: true, Keys: []relations.KeyPair{{Foreign: "project"}}},
		},
	},
	{
		Name: "Budget", Collection: "budgets", Scope: []filter.Condition{filter.F("open").Eq(true)},
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "project", Type: relations.String}, {Name: "open", Type: relations.Bool}},
	},
	{Name: "User", Collection: "users", Fields: []relations.Field{{Name: "_id", Type: relations.Number}}},
	{Name: "Nobody", Collection: "nobodies", Fields: []relations.Field{{Name: "_id", Type: relations.Number}}},
	{
		Name: "Note", Collection: "notes", Scope: []filter.Condition{filter.F("tenant").Eq(filter.Param("tenant"))},
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}},
	},
	{Name: "Step", Fields: []relations.Field{{Name: "name", Type: relations.String}, {Name: "by", Type: relations.Number}}, Relations: []relations.Relation{
		{Name: "doer", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: "by"}}},
	}},
	{Name: "Place", Fields: []relations.Field{{Name: "room", Type: relations.String, Required: true}}},
}

// newTracker seeds a database with a document for each kind of bad data.
func newTracker(t testing.TB, db *mongo.Database) *office {
	t.Helper()
	d := &office{db: db}
	var err error
	d.schema, err = relations.New(trackerTypes...)
	require.NoError(t, err)
	good := `"kind": "task", "title": "t", "count": 1, "done": true, "tags": [], "project": "p1", "watchers": [1], "steps": [{"name": "s", "by": 1}], "place": {"room": "r"}, "deleted_at": null`
	d.insert(t, "items", `{"_id": 1, `+good+`}`,
		`{"_id": 2, `+good+`, "more": "is not declared"}`,
		`{"_id": 3, "kind": "task", "title": null, "count": "7", "done": true, "tags": null, "project": "gone", "watchers": [1, 99, null], "steps": [{"name": "s", "by": 98}, 5, null, [{}]]}`,
		`{"_id": 4, "kind": "task", "count": [1], "tags": "x", "project": ["p1"], "watchers": ["1"], "steps": {"name": "s"}, "place": [{"room": "r"}]}`,
		`{"_id": 5, "kind": "task", "title": "t", "tags": ["x", 5], "place": {"room": null}}`,
		`{"_id": 6, "kind": "task", "title": "t", "tags": [], "done": false, "place": "r", "project": "p2"}`,
		`{"_id": 7, "kind": "bug", "title": "a bug's title is a number", "count": "not declared of a bug"}`,
		`{"_id": 8, "title": "of no kind"}`,
	)
	d.insert(t, "projects", `{"_id": 1, "code": "p1"}`, `{"_id": 2, "code": "p2"}`, `{"_id": 3, "code": "p2"}`, `{"_id": 4, "code": null}`, `{"_id": 5, "code": ["p5"]}`)
	d.insert(t, "budgets", `{"_id": 1, "project": "p1", "open": true}`, `{"_id": 2, "project": "p2", "open": false}`)
	d.insert(t, "users", `{"_id": 1}`)
	d.insert(t, "notes", `{"_id": 1, "tenant": "x"}`)
	return d
}

// trackerReport is what VerifyData says of it.
const trackerReport = `warning: Bug in items: 1 of 8 documents is neither inside the scope of the type nor outside. No list returns these documents: a field that the scope reads is missing, null or of another type, so store it. For example _id 8.
warning: Bug.title in items: 1 of 1 document holds a string where Number is declared. Conditions on it miss these documents: store Number, or declare what is stored. For example _id 7.
warning: Nobody in nobodies: the collection holds no documents. Every list is empty: compare its name with the stored one.
error: Project.budget in projects: 4 of 5 documents have no row in budgets, and the relation is declared required. Insert the rows, or remove the declaration. For example _id 2, 3, 4.
warning: Project.code in projects: 1 of 5 documents has an array for a key. No reference reaches these documents: store one value. For example _id 5.
warning: Project.code in projects: 1 of 5 documents has no key, or null. No reference reaches these documents: store a key. For example _id 4.
warning: Project.code in projects: 2 of 5 documents share their key with another document. A reference to the key reaches each of them: make the key unique, by a unique index. For example _id 2, 3.
warning: Task in items: 1 of 8 documents is neither inside the scope of the type nor outside. No list returns these documents: a field that the scope reads is missing, null or of another type, so store it. For example _id 8.
warning: Task.count in items: 1 of 6 documents holds a string where Number is declared. Conditions on it miss these documents: store Number, or declare what is stored. For example _id 3.
warning: Task.count in items: 1 of 6 documents holds an array where one value is declared. Negated conditions on it miss these documents: store one value, or declare a list. For example _id 4.
warning: Task.deletedat in items: none of 6 documents has it. The name is likely misspelt: compare it with the stored one, or remove the declaration. For example _id 1, 2, 3.
warning: Task.done in items: 2 of 6 documents lack it, as the encoder leaves its zero value out. Conditions on it miss these documents: tag it ` + "`absent zero`" + `, or store the value. For example _id 4, 5.
error: Task.in in items: 1 of 6 documents holds a key of no document in projects, and the relation is declared complete. Lists may return what they should not: remove the declaration, or restore the documents or remove the keys. For example _id 3.
warning: Task.place in items: 1 of 6 documents holds a string where Document is declared. Conditions on it miss these documents: store Document, or declare what is stored. For example _id 6.
warning: Task.place in items: 1 of 6 documents holds an array where one document is declared. Conditions on it reach nothing: store one document, or declare that it embeds many. For example _id 4.
error: Task.place.room in items: 1 of 3 documents lacks it or holds null there, and it is declared required. Store a value, or remove the declaration. For example _id 5.
warning: Task.project in items: 1 of 6 documents holds an array where one value is declared. Negated conditions on it miss these documents: store one value, or declare a list. For example _id 4.
warning: Task.seen_by in items: 2 of 6 documents hold a key of no document in users. Conditions on the related document miss these: restore the documents, or remove the keys. For example _id 3, 4.
warning: Task.steps in items: 1 of 6 documents holds a document where an array is declared. Negated conditions and None miss these documents: store an array, or declare one document. For example _id 4.
warning: Task.steps in items: 1 of 6 documents holds a 32-bit integer in an array of Document. Negated conditions and None miss these documents: store Document, or declare what is stored. For example _id 3.
warning: Task.steps in items: 1 of 6 documents holds an array in an array of Document. Negated conditions and None miss these documents: store Document, or declare what is stored. For example _id 3.
warning: Task.steps in items: 1 of 6 documents holds a null in an array of Document. Negated conditions and None miss these documents: remove the nulls. For example _id 3.
warning: Task.steps.doer in items: 1 of 3 documents holds a key of no document in users. Conditions on the related document miss these: restore the documents, or remove the keys. For example _id 3.
warning: Task.tags in items: 1 of 6 documents holds a 32-bit integer in an array of String. Negated conditions and None miss these documents: store String, or declare what is stored. For example _id 5.
warning: Task.tags in items: 1 of 6 documents holds a string where an array is declared. Negated conditions and None miss these documents: store an array, or declare one value. For example _id 4.
warning: Task.tags in items: 1 of 6 documents lacks the list or holds null in its place. Negated conditions and None miss these documents: tag it ` + "`absent empty`" + `, or store an empty array. For example _id 3.
error: Task.title in items: 2 of 6 documents lack it or hold null there, and it is declared required. Store a value, or remove the declaration. For example _id 3, 4.
warning: Task.watchers in items: 1 of 6 documents holds a null in an array of Number. Negated conditions and None miss these documents: remove the nulls. For example _id 3.
warning: Task.watchers in items: 1 of 6 documents holds a string in an array of Number. Negated conditions and None miss these documents: store Number, or declare what is stored. For example _id 4.
skipped: Note: the scope of Note has an unbound parameter "tenant": give it a value by mongoauthz.WithParameters, or Schema.Bind.`

func TestVerifyDataReportsEachKindOfBadData(t *testing.T) {
	t.Parallel()
	d := newTracker(t, harness.Database(t))
	report, err := d.authorizer(t, nil).VerifyData(t.Context(), 0)
	require.NoError(t, err)
	// Findings at one path are in the order of their problems; the text above is in that of letters.
	lines := strings.Split(report.String(), "\n")
	for _, line := range strings.Split(trackerReport, "\n") {
		require.Contains(t, lines, line)
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == line })
	}
	require.Empty(t, lines)
	require.Equal(t, []mongoauthz.DataType{
		{Type: "Budget", Collection: "budgets", Read: 2, Documents: 1}, {Type: "Bug", Collection: "items", Read: 8, Documents: 1},
		{Type: "Nobody", Collection: "nobodies"}, {Type: "Project", Collection: "projects", Read: 5, Documents: 5},
		{Type: "Task", Collection: "items", Read: 8, Documents: 6}, {Type: "User", Collection: "users", Read: 1, Documents: 1},
	}, report.Types)

	var broken *mongoauthz.DataError
	require.ErrorAs(t, report.Err(), &broken)
	require.ErrorIs(t, report.Err(), mongoauthz.ErrData)
	var paths []string
	for _, f := range broken.Findings {
		paths = append(paths, f.Type+"."+f.Path)
	}
	require.Equal(t, []string{"Project.budget", "Task.in", "Task.place.room", "Task.title"}, paths)
}

func TestVerifyDataReadsASample(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	d := &office{db: db}
	var err error
	d.schema, err = relations.New(
		relations.Type{Name: "Row", Collection: "rows", Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "n", Type: relations.String}, {Name: "of", Type: relations.Number}}, Relations: []relations.Relation{
			{Name: "owner", Kind: relations.ReferencesOne, Type: "Owner", Keys: []relations.KeyPair{{Local: "of"}}},
		}},
		relations.Type{Name: "Owner", Collection: "owners", Fields: []relations.Field{{Name: "_id", Type: relations.Number}}},
	)
	require.NoError(t, err)
	const rows = 2500
	all := make([]any, rows)
	for i := range all {
		all[i] = bson.D{{Key: "_id", Value: i}, {Key: "n", Value: i}, {Key: "of", Value: i}, {Key: "big", Value: strings.Repeat("x", 1000)}}
	}
	_, err = db.Collection("rows").InsertMany(t.Context(), all)
	require.NoError(t, err)
	az := d.authorizer(t, nil)
	for sample, read := range map[int]int64{0: rows, 10: 10, rows - 1: rows - 1, rows: rows, rows + 1: rows} {
		report, err := az.VerifyData(t.Context(), sample)
		require.NoError(t, err)
		require.Contains(t, report.Types, mongoauthz.DataType{Type: "Row", Collection: "rows", Read: read, Documents: read}, "a sample of %d", sample)
		require.Contains(t, report.String(), "holds no documents")
		require.Len(t, report.Findings, 3)
		for _, f := range report.Findings[1:] {
			require.Equal(t, read, f.Of)
			require.InDelta(t, read, f.Documents, float64(read)/20, "a sample may name a document twice")
		}
	}
	for _, find := range commands("find") {
		if keys, err := find.LookupErr("filter", "_id", "$in"); err == nil {
			values, err := keys.Array().Values()
			require.NoError(t, err)
			require.LessOrEqual(t, len(values), 1000)
		}
		require.NotEmpty(t, find.Lookup("projection").Document(), "nothing is read that is not looked at")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = az.VerifyData(ctx, 0)
	require.ErrorIs(t, err, context.Canceled)
}

func TestVerifyDataIsContentWithGoodData(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	d.insert(t, "papers", `{"_id": 7, "owner": "ann", "state": "x", "team_id": 1, "parent_id": 1, "readers": [], "place": {"room": "a", "shelf": "b"}}`)
	report, err := d.authorizer(t, nil).VerifyData(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	for _, f := range report.Findings {
		require.Equal(t, mongoauthz.DataAbsentList, f.Problem, "%v", f)
	}
}

func TestRequiredFieldsStayInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newTracker(t, harness.Database(t))
	az := d.authorizer(t, actions{"edit": filter.Allow("Task")})
	q, err := az.AuthorizedQuery(t.Context(), "ann", "edit", "Task")
	require.NoError(t, err)
	first := having("_id", 1)
	for _, update := range []any{
		having("$unset", having("title", "")), setting("title", nil), setting("place", bson.D{}),
		mongo.Pipeline{having("$set", having("title", "x"))},
	} {
		_, err := q.UpdateOne(t.Context(), first, update)
		requireRefusal(t, err, mongoauthz.RefuseRequired)
	}
	result, err := q.UpdateOne(t.Context(), first, bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: "u"}, {Key: "place.room", Value: "s"}}}, {Key: "$unset", Value: having("count", "")}})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.ModifiedCount)

	task := bson.D{{Key: "_id", Value: 20}, {Key: "kind", Value: "task"}}
	require.ErrorIs(t, az.AuthorizeNew(t.Context(), "ann", "edit", mongoauthz.Document("Task", task)), mongoauthz.ErrArgument)
	require.NoError(t, az.AuthorizeNew(t.Context(), "ann", "edit", mongoauthz.Document("Task", append(task, bson.E{Key: "title", Value: ""}))))
}
