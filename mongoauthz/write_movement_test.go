package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func fromJSON(t testing.TB, text string) (d bson.D) {
	t.Helper()
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
	return d
}

// byAction is a policy by which public books are read, and old ones deleted.
func byAction(_ context.Context, _ any, action, resource string) (filter.Filter, error) {
	switch {
	case resource != "Book":
		return filter.Allow(resource), nil
	case action == "delete":
		return filter.For("Book", filter.Where(filter.F("tags").Contains("old"))), nil
	default:
		return conditional, nil
	}
}

func TestUpdatesThatCannotBeJudgedBeforehandAreRefused(t *testing.T) {
	t.Parallel()
	const judged, many = "", "cannot be judged beforehand: more than one document"
	tests := map[string]struct {
		update string
		one    string // what UpdateOne and FindOneAndUpdate say; "" if they get as far as the server
		many   string // what UpdateMany says
	}{
		"a field that decides, set":            {`{"$set": {"public": false}}`, judged, many},
		"a field that decides, removed":        {`{"$unset": {"public": ""}}`, judged, many},
		"inside a field that decides":          {`{"$set": {"public.x": 1}}`, judged, many},
		"a field that does not decide":         {`{"$inc": {"reads": 1}, "$push": {"tags": "x"}}`, judged, judged},
		"all operators where nothing decides":  {`{"$rename": {"a": "b"}, "$max": {"c": 1}, "$set": {"d.$[].e": 1}, "$unheard": {"f": 1}}`, judged, judged},
		"both":                                 {`{"$set": {"public": true}, "$inc": {"reads": 1}}`, judged, many},
		"another operator where it decides":    {`{"$bit": {"public": {"and": 1}}}`, "cannot be judged beforehand: an operator other than $set and $unset at a field that decides", many},
		"a renaming to what decides":           {`{"$rename": {"secret": "public"}}`, "cannot be judged beforehand: an operator other than $set and $unset at a field that decides", many},
		"a renaming from what decides":         {`{"$rename": {"public": "secret"}}`, "cannot be judged beforehand: an operator other than $set and $unset at a field that decides", many},
		"an array filter where it decides":     {`{"$set": {"public.$[p]": 1}}`, "cannot be judged beforehand: a path that is not one of plain names, at a field that decides", many},
		"an empty name where it decides":       {`{"$set": {"public.": 1}}`, "cannot be judged beforehand: a path that is not one of plain names, at a field that decides", many},
		"one path, twice":                      {`{"$set": {"public": 1}, "$unset": {"public": ""}}`, "cannot be judged beforehand: two changes at one path", many},
		"one path inside another":              {`{"$set": {"public": {}, "public.x": 1}}`, "cannot be judged beforehand: two changes at one path", many},
		"a timestamp that the server fills in": {`{"$set": {"public": {"$timestamp": {"t": 0, "i": 0}}}}`, "cannot be judged beforehand: an empty timestamp, which servers may fill in", many},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, update := range updates {
				err := update(t.Context(), query(t, conditional).NotMoving(), bson.D{}, fromJSON(t, tt.update))
				want := tt.one
				if operation == "UpdateMany" {
					want = tt.many
				}
				if want == "" {
					requireDown(t, err, operation)
					continue
				}
				requireRefused(t, err, mongoauthz.RefuseUnjudged, operation)
				require.EqualError(t, err, "mongoauthz: "+operation+` of "Book" refused: `+want)
			}
		})
	}
}

func TestOtherUpdatesCannotBeJudgedBeforehand(t *testing.T) {
	t.Parallel()
	set := mongo.Pipeline{{{Key: "$set", Value: bson.D{{Key: "reads", Value: 1}}}}}
	requireRefused(t, updates["UpdateOne"](t.Context(), query(t, conditional).NotMoving(), bson.D{}, set), mongoauthz.RefuseUnjudged)

	ignoringCase := query(t, conditional, mongoauthz.WithCollation(options.Collation{Locale: "en", Strength: 2})).NotMoving()
	requireRefused(t, updates["UpdateOne"](t.Context(), ignoringCase, bson.D{}, publish), mongoauthz.RefuseUnjudged)
	requireDown(t, updates["UpdateMany"](t.Context(), ignoringCase, bson.D{}, count), "what does not decide moves nothing by any collation")
}

func TestWhatTheOtherQueriesReadDecidesToo(t *testing.T) {
	t.Parallel()
	az := authorizer(t, mongoauthz.PolicyFunc(byAction))
	read, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	remove, err := az.AuthorizedQuery(t.Context(), nil, "delete", "Book")
	require.NoError(t, err)
	push := fromJSON(t, `{"$push": {"tags": "x"}}`)
	requireDown(t, updates["UpdateMany"](t.Context(), read.NotMoving(), bson.D{}, push))
	requireRefused(t, updates["UpdateMany"](t.Context(), read.NotMoving(remove), bson.D{}, push), mongoauthz.RefuseUnjudged)
}

func TestNotMovingComparesQueriesOfOneAuthorizerAndCollection(t *testing.T) {
	t.Parallel()
	az := authorizer(t, mongoauthz.PolicyFunc(byAction))
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	publishers, err := az.AuthorizedQuery(t.Context(), nil, "read", "Publisher")
	require.NoError(t, err)
	limited, err := q.Append(stage("$limit", 1))
	require.NoError(t, err)
	for name, other := range map[string]*mongoauthz.Query{
		"none": nil, "zero": {}, "another authorizer's": query(t, conditional), "another collection": publishers, "appended stages": limited,
	} {
		for operation, update := range updates {
			require.ErrorIs(t, update(t.Context(), q.NotMoving(other), bson.D{}, count), mongoauthz.ErrArgument, name+operation)
		}
	}
	requireDown(t, deletions["DeleteOne"](t.Context(), q.NotMoving(publishers), bson.D{}), "a deletion moves nothing")
}
