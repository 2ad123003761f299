package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ext reads extended JSON.
func ext(t testing.TB, texts ...string) []bson.Raw {
	t.Helper()
	out := make([]bson.Raw, len(texts))
	for i, text := range texts {
		var d bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &d), text)
		raw, err := bson.Marshal(d)
		require.NoError(t, err)
		out[i] = raw
	}
	return out
}

// brief spells a finding as "path: problem, stored type, 2 of 3, ids 1 2"; an error ends with "!".
func brief(f inspect.Finding) string {
	s := f.Path + ": " + f.Problem.String()
	if f.Stored != 0 {
		s += ", " + f.Stored.String()
	}
	s += fmt.Sprintf(", %d of %d, ids", f.Documents, f.Of)
	for _, id := range f.Examples {
		s += " " + strings.NewReplacer(`{"$numberInt":"`, "", `"}`, "").Replace(id.String())
	}
	if f.Broken {
		s += " !"
	}
	return s
}

func briefs(findings []inspect.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, brief(f))
	}
	return out
}

func schemaOf(t testing.TB, types ...relations.Type) *relations.Schema {
	t.Helper()
	s, err := relations.New(types...)
	require.NoError(t, err)
	return s
}

var idField = relations.Field{Name: "_id", Type: relations.Number}

// requests counts what was asked of other documents.
type requests struct {
	Finds   int
	MaxKeys int // of one find, at one field
	Read    int // documents that were taken from the finds
}

// report is what an inspection has found.
type report struct {
	Findings []inspect.Finding
	Skipped  []inspect.Skip
}

// inspected is what is found in the documents of one type, whose related documents are in memory.
func inspected(
	t testing.TB, s *relations.Schema, name string, documents []bson.Raw, related evaluate.Memory,
) (report, requests, error) {
	t.Helper()
	var asked requests
	ask := func(ctx context.Context, r evaluate.Request, yield func(bson.Raw) (bool, error)) error {
		asked.Finds++
		for _, m := range r.Match {
			asked.MaxKeys = max(asked.MaxKeys, len(m.Keys))
		}
		found, err := related.Fetch(ctx, r)
		for _, d := range found {
			asked.Read++
			more, err := yield(d)
			if err != nil || !more {
				return err
			}
		}
		return err
	}
	typ, ok := s.Type(name)
	require.True(t, ok)
	in, err := inspect.New(s, typ, ask)
	if malformed, ok := errors.AsType[*filter.MalformedError](err); ok {
		return report{Skipped: []inspect.Skip{{Reason: malformed.Problem}}}, asked, nil
	}
	require.NoError(t, err)
	for _, d := range documents {
		if err := in.Look(t.Context(), d); err != nil {
			return report{}, asked, err
		}
	}
	err = in.Finish(t.Context())
	return report{in.Findings(), in.Skipped()}, asked, err
}

func raw(t testing.TB, v any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestInspectValues(t *testing.T) {
	t.Parallel()
	field := func(f relations.Field) relations.Field { f.Name = "f"; return f }
	number := field(relations.Field{Type: relations.Number})
	list := field(relations.Field{Type: relations.Number, List: true, AbsentEmpty: true})
	const has = `{"_id": 9, "f": 1}`
	tests := map[string]struct {
		field relations.Field
		docs  []string
		want  []string
	}{
		"numbers of every type": {number, []string{has, `{"_id": 1, "f": 1.5}`, `{"_id": 2, "f": {"$numberLong": "3"}}`, `{"_id": 3, "f": {"$numberDecimal": "NaN"}}`}, nil},
		"a missing field":       {number, []string{has, `{"_id": 1}`, `{"_id": 2, "f": null}`}, nil},
		"other types, each by itself": {number, []string{has, `{"_id": 1, "f": "x"}`, `{"_id": 2, "f": "y"}`, `{"_id": 3, "f": true}`, `{"_id": 4, "f": {"f": 1}}`}, []string{
			"f: a value of another type, string, 2 of 5, ids 1 2", "f: a value of another type, embedded document, 1 of 5, ids 4", "f: a value of another type, boolean, 1 of 5, ids 3",
		}},
		"three examples": {number, []string{`{"_id": 1, "f": "x"}`, `{"_id": 2, "f": "x"}`, `{"_id": 3, "f": "x"}`, `{"_id": 4, "f": "x"}`}, []string{
			"f: a value of another type, string, 4 of 4, ids 1 2 3",
		}},
		"arrays for one value":         {number, []string{has, `{"_id": 1, "f": []}`, `{"_id": 2, "f": [1]}`}, []string{"f: an array in place of one value, array, 2 of 3, ids 1 2"}},
		"any takes all but arrays":     {field(relations.Field{Type: relations.AnyType}), []string{has, `{"_id": 1, "f": "x"}`, `{"_id": 2, "f": [1]}`}, []string{"f: an array in place of one value, array, 1 of 3, ids 2"}},
		"a hex string for an ObjectID": {field(relations.Field{Type: relations.ObjectID}), []string{`{"_id": 1, "f": "5f0000000000000000000000"}`}, []string{"f: a value of another type, string, 1 of 1, ids 1"}},
		"a deprecated symbol":          {field(relations.Field{Type: relations.String}), []string{`{"_id": 1, "f": {"$symbol": "x"}}`}, []string{"f: a value of another type, symbol, 1 of 1, ids 1"}},
		"a regular expression":         {field(relations.Field{Type: relations.String}), []string{`{"_id": 1, "f": {"$regularExpression": {"pattern": "x", "options": ""}}}`}, []string{"f: a value of another type, regex, 1 of 1, ids 1"}},
		"one value for a list":         {list, []string{`{"_id": 1, "f": 3}`, `{"_id": 2, "f": [3]}`}, []string{"f: one value in place of a list, 32-bit integer, 1 of 2, ids 1"}},
		"elements, each kind once a document": {list, []string{`{"_id": 1, "f": ["x", 1, null, "y", [2], null]}`, `{"_id": 2, "f": [null]}`, `{"_id": 3, "f": []}`}, []string{
			"f: an element of another type, string, 1 of 3, ids 1", "f: an element of another type, array, 1 of 3, ids 1", "f: a null element, null, 2 of 3, ids 1 2",
		}},
		"a list that is empty when absent": {list, []string{`{"_id": 1, "f": []}`, `{"_id": 2}`, `{"_id": 3, "f": null}`}, nil},
		"a list that is not":               {field(relations.Field{Type: relations.Number, List: true}), []string{`{"_id": 1, "f": []}`, `{"_id": 2}`, `{"_id": 3, "f": null}`}, []string{"f: a list that is missing or null, 2 of 3, ids 2 3"}},
		"a list that is always null":       {field(relations.Field{Type: relations.Number, List: true}), []string{`{"_id": 3, "f": null}`}, []string{"f: a list that is missing or null, 1 of 1, ids 3"}},
		"any elements":                     {field(relations.Field{Type: relations.AnyType, List: true}), []string{`{"_id": 1, "f": ["x", [1], {}]}`, `{"_id": 2, "f": [null]}`}, []string{"f: a null element, null, 1 of 2, ids 2"}},
		"a misspelt name":                  {number, []string{`{"_id": 1, "F": 1}`, `{"_id": 2}`}, []string{"f: a field that never occurs, 2 of 2, ids 1 2"}},
		"a name that occurs as null":       {number, []string{`{"_id": 1, "f": null}`}, nil},
		"zero values left out":             {field(relations.Field{Type: relations.Bool, OmitEmpty: true}), []string{`{"_id": 1}`, `{"_id": 2, "f": true}`, `{"_id": 3, "f": null}`}, []string{"f: a zero value left out, 1 of 3, ids 1"}},
		"zero values always left out":      {field(relations.Field{Type: relations.Bool, OmitEmpty: true}), []string{`{"_id": 1}`}, []string{"f: a field that never occurs, 1 of 1, ids 1"}},
		"zero values declared":             {field(relations.Field{Type: relations.Bool, AbsentZero: false}), []string{`{"_id": 1}`, `{"_id": 2, "f": true}`}, nil},
		"binaries of another subtype": {field(relations.Field{Type: relations.Binary, Subtype: new(byte(4))}), []string{
			`{"_id": 1, "f": {"$binary": {"base64": "AA==", "subType": "04"}}}`, `{"_id": 2, "f": {"$binary": {"base64": "AA==", "subType": "00"}}}`, `{"_id": 3, "f": "AA=="}`,
		}, []string{"f: a binary of another subtype, binary, 1 of 3, ids 2", "f: a value of another type, string, 1 of 3, ids 3"}},
		"elements of another subtype": {field(relations.Field{Type: relations.Binary, List: true, Subtype: new(byte(0))}), []string{
			`{"_id": 1, "f": [{"$binary": {"base64": "AA==", "subType": "00"}}, {"$binary": {"base64": "AA==", "subType": "04"}}]}`,
		}, []string{"f: a binary of another subtype, binary, 1 of 1, ids 1"}},
		"required":       {field(relations.Field{Type: relations.Number, Required: true, OmitEmpty: true}), []string{`{"_id": 1}`, `{"_id": 2, "f": null}`, `{"_id": 3, "f": 0}`}, []string{"f: a required field that is missing or null, 2 of 3, ids 1 2 !"}},
		"required lists": {field(relations.Field{Type: relations.Number, List: true, Required: true}), []string{`{"_id": 1}`, `{"_id": 2, "f": null}`, `{"_id": 3, "f": []}`}, []string{"f: a required field that is missing or null, 2 of 3, ids 1 2 !"}},
		"no documents":   {number, nil, []string{": no documents, 0 of 0, ids"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemaOf(t, relations.Type{Name: "T", Collection: "ts", Fields: []relations.Field{idField, tt.field}})
			report, asked, err := inspected(t, s, "T", ext(t, tt.docs...), nil)
			require.NoError(t, err)
			require.ElementsMatch(t, tt.want, briefs(report.Findings))
			require.Zero(t, asked)
		})
	}
}

func TestInspectEmbedded(t *testing.T) {
	t.Parallel()
	inner := relations.Type{Name: "In", Fields: []relations.Field{{Name: "x", Type: relations.Number, Required: true}}, Relations: []relations.Relation{
		{Name: "more", Kind: relations.EmbedsMany, Type: "In", AbsentEmpty: true},
	}}
	tests := map[string]struct {
		kind relations.Kind
		docs []string
		want []string
	}{
		"one": {relations.EmbedsOne, []string{`{"_id": 1, "e": {"x": 1, "more": []}}`, `{"_id": 2}`, `{"_id": 3, "e": null}`}, nil},
		"one, of another shape": {relations.EmbedsOne, []string{`{"_id": 1, "e": [{"x": 1}]}`, `{"_id": 2, "e": "x"}`, `{"_id": 3, "e": {"x": "y"}}`, `{"_id": 4, "e": {}}`}, []string{
			"e: an array in place of one value, array, 1 of 4, ids 1", "e: a value of another type, string, 1 of 4, ids 2", "e.x: a value of another type, string, 1 of 2, ids 3",
			"e.x: a required field that is missing or null, 1 of 2, ids 4 !", "e.more: a field that never occurs, 2 of 2, ids 3 4",
		}},
		"one that never occurs": {relations.EmbedsOne, []string{`{"_id": 1}`}, []string{"e: a field that never occurs, 1 of 1, ids 1"}},
		"many":                  {relations.EmbedsMany, []string{`{"_id": 1, "e": [{"x": 1}, {"x": 2, "more": []}]}`, `{"_id": 2, "e": []}`}, nil},
		"many, of another shape": {relations.EmbedsMany, []string{`{"_id": 1, "e": {"x": 1}}`, `{"_id": 2, "e": 5}`, `{"_id": 3, "e": [null, 5, [{"x": 1}], {"more": []}, {"x": null}]}`, `{"_id": 4, "e": null}`}, []string{
			"e: one value in place of a list, embedded document, 1 of 4, ids 1", "e: one value in place of a list, 32-bit integer, 1 of 4, ids 2", "e: a null element, null, 1 of 4, ids 3",
			"e: an element of another type, 32-bit integer, 1 of 4, ids 3", "e: an element of another type, array, 1 of 4, ids 3", "e: a list that is missing or null, 1 of 4, ids 4",
			"e.x: a required field that is missing or null, 1 of 1, ids 3 !",
		}},
		"one inside another of its type": {relations.EmbedsMany, []string{`{"_id": 1, "e": [{"x": 1, "more": [{"x": 2, "more": [{"x": "deep"}, {}]}]}]}`, `{"_id": 2, "e": [{"x": 1}]}`}, []string{
			"e.x: a value of another type, string, 1 of 2, ids 1", "e.x: a required field that is missing or null, 1 of 2, ids 1 !",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemaOf(t, inner, relations.Type{Name: "T", Collection: "ts", Fields: []relations.Field{idField}, Relations: []relations.Relation{{Name: "e", Kind: tt.kind, Type: "In"}}})
			report, _, err := inspected(t, s, "T", ext(t, tt.docs...), nil)
			require.NoError(t, err)
			require.ElementsMatch(t, tt.want, briefs(report.Findings))
		})
	}
}

func TestInspectScope(t *testing.T) {
	t.Parallel()
	typ := func(scope ...filter.Condition) *relations.Schema {
		return schemaOf(t, relations.Type{Name: "T", Collection: "ts", Scope: scope, Fields: []relations.Field{idField, {Name: "kind", Type: relations.String}, {Name: "n", Type: relations.Number}}})
	}
	s := typ(filter.F("kind").Eq("t"))
	report, _, err := inspected(t, s, "T", ext(t, `{"_id": 1, "kind": "t", "n": 1}`, `{"_id": 2, "kind": "u", "n": "x"}`, `{"_id": 3, "n": "x"}`, `{"_id": 4, "kind": 5}`), nil)
	require.NoError(t, err)
	require.Equal(t, []string{": a document whose scope is unknown, 2 of 4, ids 3 4"}, briefs(report.Findings))

	report, _, err = inspected(t, s, "T", ext(t, `{"_id": 2, "kind": "u"}`), nil)
	require.NoError(t, err)
	require.Equal(t, []string{": no documents, 0 of 1, ids"}, briefs(report.Findings))

	report, _, err = inspected(t, typ(filter.F("kind").Eq(filter.Param("kind"))), "T", nil, nil)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, []inspect.Skip{{Reason: `the scope of T has an unbound parameter "kind": give it a value by mongoauthz.WithParameters, or Schema.Bind`}}, report.Skipped)
}

func TestInspectRefusesBrokenBSON(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, relations.Type{Name: "T", Collection: "ts", Fields: []relations.Field{idField}})
	for _, broken := range []bson.Raw{nil, {5, 0, 0, 0}, {9, 0, 0, 0, 3, 'e', 0, 1, 0}} {
		_, _, err := inspected(t, s, "T", []bson.Raw{broken}, nil)
		require.ErrorIs(t, err, evaluate.ErrDocument)
	}
}
