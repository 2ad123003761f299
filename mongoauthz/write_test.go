package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/xoptions"
)

// publish is an update of a field that decides, count one of a field that does not.
var (
	publish = bson.D{{Key: "$set", Value: bson.D{{Key: "public", Value: false}}}}
	count   = bson.D{{Key: "$inc", Value: bson.D{{Key: "reads", Value: 1}}}}
)

// updates are the writes that update.
var updates = map[string]func(ctx context.Context, q *mongoauthz.Query, filter, update any) error{
	"UpdateOne": func(ctx context.Context, q *mongoauthz.Query, filter, update any) error {
		r, err := q.UpdateOne(ctx, filter, update)
		return oneOf(r, err)
	},
	"UpdateMany": func(ctx context.Context, q *mongoauthz.Query, filter, update any) error {
		r, err := q.UpdateMany(ctx, filter, update)
		return oneOf(r, err)
	},
	"FindOneAndUpdate": func(ctx context.Context, q *mongoauthz.Query, filter, update any) error {
		return q.FindOneAndUpdate(ctx, filter, update).Err()
	},
}

// deletions are the writes that delete.
var deletions = map[string]func(ctx context.Context, q *mongoauthz.Query, filter any) error{
	"DeleteOne": func(ctx context.Context, q *mongoauthz.Query, filter any) error {
		r, err := q.DeleteOne(ctx, filter)
		return oneOf(r, err)
	},
	"DeleteMany": func(ctx context.Context, q *mongoauthz.Query, filter any) error {
		r, err := q.DeleteMany(ctx, filter)
		return oneOf(r, err)
	},
}

// oneOf is a driver's error, if there is no result beside it.
func oneOf[R any](result *R, err error) error {
	if (result == nil) != (err != nil) {
		panic("both or neither of result and error")
	}
	return err
}

func requireDown(t *testing.T, err error, msgAndArgs ...any) {
	t.Helper()
	var down topology.ServerSelectionError
	require.ErrorAs(t, err, &down, msgAndArgs...)
}

func requireRefused(t *testing.T, err error, want mongoauthz.Refusal, msgAndArgs ...any) {
	t.Helper()
	require.ErrorIs(t, err, mongoauthz.ErrWrite, msgAndArgs...)
	var refused *mongoauthz.WriteError
	require.ErrorAs(t, err, &refused, msgAndArgs...)
	require.Equal(t, want, refused.Refusal, msgAndArgs...)
}

func TestWritesTakeOnlyWhatTheyUnderstand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		filter, update any
		problem        string // "": it gets as far as the server
	}{
		"no filter":                          {nil, count, "filter: is nil"},
		"no filter behind a pointer":         {(*bson.D)(nil), count, "filter: is nil"},
		"no filter in a map":                 {bson.M(nil), count, "filter: is nil"},
		"a filter that is no document":       {5, count, "filter: cannot be encoded as a BSON document"},
		"a filter of broken BSON":            {bson.Raw{1, 2, 3}, count, "filter: cannot be encoded as a BSON document"},
		"a filter that cannot be encoded":    {bson.D{{Key: "secret", Value: make(chan int)}}, count, "filter: cannot be encoded as a BSON document"},
		"a filter that runs JavaScript":      {bson.M{"$or": bson.A{bson.M{"$where": "secret"}}}, count, `filter: holds "$where"`},
		"a filter nested without end":        {nested(), count, "filter: is broken BSON, or nested too deeply"},
		"an update nested without end":       {bson.D{}, bson.D{{Key: "$set", Value: nested()}}, ""},
		"no update":                          {bson.D{}, nil, "update: is nil"},
		"an update that is no document":      {bson.D{}, 5, "update: is neither a document nor a pipeline"},
		"an update that is text":             {bson.D{}, "secret", "update: is neither a document nor a pipeline"},
		"an empty update":                    {bson.D{}, bson.D{}, "update: is empty"},
		"a replacement":                      {bson.D{}, bson.D{{Key: "secret", Value: 1}}, "update: is no document of update operators"},
		"an operator and a replacement":      {bson.D{}, bson.D{count[0], {Key: "secret", Value: 1}}, "update: is no document of update operators"},
		"an operator of nothing":             {bson.D{}, bson.D{{Key: "$set", Value: "secret"}}, "update: is no document of update operators"},
		"an update of broken BSON":           {bson.D{}, []byte{5, 0, 0, 0, 1}, "update: cannot be encoded as BSON"},
		"an update that cannot be encoded":   {bson.D{}, bson.D{{Key: "$set", Value: make(chan int)}}, "update: cannot be encoded as BSON"},
		"a document and an update document":  {bson.D{{Key: "title", Value: bson.M{"$gt": "a"}}}, count, ""},
		"maps":                               {bson.M{"title": "x"}, bson.M{"$set": bson.M{"title": "y"}}, ""},
		"structs":                            {struct{ Title string }{"x"}, struct{ Set bson.D }{}, "update: is no document of update operators"},
		"bytes":                              {[]byte{5, 0, 0, 0, 0}, raw(t, count), ""},
		"a pipeline":                         {bson.D{}, mongo.Pipeline{{{Key: "$set", Value: bson.D{{Key: "a", Value: "$b"}}}}}, ""},
		"an array filter in a path":          {bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "chapters.$[c].title", Value: 1}}}}, ""},
		"all elements in a path":             {bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "chapters.$[].title", Value: 1}}}}, ""},
		"a stored value like the positional": {bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: "chapters.$"}}}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := query(t, conditional)
			check := func(err error, operation string) {
				t.Helper()
				if tt.problem == "" {
					requireDown(t, err, operation)
					return
				}
				require.ErrorIs(t, err, mongoauthz.ErrArgument, operation)
				require.EqualError(t, err, "mongoauthz: "+tt.problem, operation)
			}
			for operation, update := range updates {
				check(update(t.Context(), q, tt.filter, tt.update), operation)
			}
			if tt.problem == "" || tt.problem[:6] == "filter" {
				for operation, remove := range deletions {
					check(remove(t.Context(), q, tt.filter), operation)
				}
			}
		})
	}
}

func TestUpsertsAreRefusedWhateverIsAuthorized(t *testing.T) {
	t.Parallel()
	for _, f := range []filter.Filter{denied, allowed, conditional, joined} {
		for _, q := range []*mongoauthz.Query{query(t, f), query(t, f).InTransaction(), query(t, f).NotMoving()} {
			_, err := q.UpdateOne(t.Context(), bson.D{}, count, options.UpdateOne().SetUpsert(true))
			requireRefused(t, err, mongoauthz.RefuseUpsert)
			_, err = q.UpdateMany(t.Context(), bson.D{}, count, options.UpdateMany().SetUpsert(true))
			requireRefused(t, err, mongoauthz.RefuseUpsert)
			err = q.FindOneAndUpdate(t.Context(), bson.D{}, count, options.FindOneAndUpdate().SetUpsert(true)).Err()
			requireRefused(t, err, mongoauthz.RefuseUpsert)
		}
	}
	_, err := query(t, conditional).UpdateOne(t.Context(), bson.D{}, count, options.UpdateOne().SetUpsert(true), options.UpdateOne().SetUpsert(false))
	requireDown(t, err, "the last wins")
}

func TestPositionalUpdatesAreRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"tags.$", "chapters.$.title", "a.b.$"} {
		for operation, update := range updates {
			err := update(t.Context(), query(t, conditional), bson.D{{Key: "tags", Value: "x"}}, bson.D{{Key: "$set", Value: bson.D{{Key: path, Value: 1}}}})
			requireRefused(t, err, mongoauthz.RefusePositional, operation)
		}
	}
	err := updates["UpdateOne"](t.Context(), query(t, conditional), bson.D{}, bson.D{{Key: "$rename", Value: bson.D{{Key: "a", Value: "tags.$"}}}})
	requireRefused(t, err, mongoauthz.RefusePositional)
	requireDown(t, query(t, conditional).FindOneAndUpdate(t.Context(), bson.D{}, count,
		options.FindOneAndUpdate().SetProjection(nested())).Err()) // servers refuse it
	for path, refused := range map[string]bool{"tags.$": true, "chapters.$.title": true, "tags": false} {
		for _, projection := range []any{bson.D{{Key: path, Value: 1}}, bson.M{"a": bson.M{path: 1}}} {
			err := query(t, conditional).FindOneAndUpdate(t.Context(), bson.D{}, count, options.FindOneAndUpdate().SetProjection(projection)).Err()
			if refused {
				requireRefused(t, err, mongoauthz.RefusePositional)
			} else {
				requireDown(t, err)
			}
		}
	}
}

func TestUpdatesOfFieldsWithTheHelperPrefixAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"$set": {"__authz_0": 1}}`, `{"$set": {"a": 1, "__authz_0.x": 1}}`, `{"$unset": {"__authz1": ""}}`, `{"$rename": {"a": "__authz_0"}}`,
	} {
		for operation, update := range updates {
			requireRefused(t, update(t.Context(), query(t, conditional), bson.D{}, fromJSON(t, text)), mongoauthz.RefuseReserved, operation)
			requireRefused(t, update(t.Context(), query(t, conditional).NotMoving(), bson.D{}, fromJSON(t, text)), mongoauthz.RefuseReserved, operation)
		}
	}
	own := query(t, conditional, mongoauthz.WithHelperPrefix("h_"))
	_, err := own.UpdateOne(t.Context(), bson.D{}, fromJSON(t, `{"$set": {"h_0": 1}}`))
	requireRefused(t, err, mongoauthz.RefuseReserved)
	_, err = own.UpdateOne(t.Context(), bson.D{}, fromJSON(t, `{"$set": {"__authz_0": 1, "a.h_0": 1}}`))
	requireDown(t, err)
}

func TestOptionsOfWritesThatWouldWidenAreRefused(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	other := options.Collation{Locale: "en", Strength: 2}
	rebind := bson.M{"CURRENT": bson.M{"public": true}}
	one, many, find := options.UpdateOne(), options.UpdateMany(), options.FindOneAndUpdate()
	removeOne, removeMany := options.DeleteOne(), options.DeleteMany()
	for _, err := range []error{
		xoptions.SetInternalUpdateOneOptions(one, "addCommandFields", bson.D{{Key: "updates", Value: bson.A{}}}),
		xoptions.SetInternalUpdateManyOptions(many, "rawData", true), xoptions.SetInternalFindOneAndUpdateOptions(find, "rawData", true),
		xoptions.SetInternalDeleteOneOptions(removeOne, "rawData", true), xoptions.SetInternalDeleteManyOptions(removeMany, "rawData", true),
	} {
		require.NoError(t, err)
	}
	for name, err := range map[string]error{
		"the driver's own, UpdateOne":        second(q.UpdateOne(t.Context(), bson.D{}, count, one)),
		"the driver's own, UpdateMany":       second(q.UpdateMany(t.Context(), bson.D{}, count, many)),
		"the driver's own, FindOneAndUpdate": q.FindOneAndUpdate(t.Context(), bson.D{}, count, find).Err(),
		"the driver's own, DeleteOne":        second(q.DeleteOne(t.Context(), bson.D{}, removeOne)),
		"the driver's own, DeleteMany":       second(q.DeleteMany(t.Context(), bson.D{}, removeMany)),
		"a collation, UpdateOne":             second(q.UpdateOne(t.Context(), bson.D{}, count, options.UpdateOne().SetCollation(&other))),
		"a collation, UpdateMany":            second(q.UpdateMany(t.Context(), bson.D{}, count, options.UpdateMany().SetCollation(&other))),
		"a collation, FindOneAndUpdate":      q.FindOneAndUpdate(t.Context(), bson.D{}, count, options.FindOneAndUpdate().SetCollation(&other)).Err(),
		"a collation, DeleteOne":             second(q.DeleteOne(t.Context(), bson.D{}, options.DeleteOne().SetCollation(&other))),
		"a collation, DeleteMany":            second(q.DeleteMany(t.Context(), bson.D{}, options.DeleteMany().SetCollation(&other))),
		"variables, UpdateOne":               second(q.UpdateOne(t.Context(), bson.D{}, count, options.UpdateOne().SetLet(rebind))),
		"variables, UpdateMany":              second(q.UpdateMany(t.Context(), bson.D{}, count, options.UpdateMany().SetLet(rebind))),
		"variables, FindOneAndUpdate":        q.FindOneAndUpdate(t.Context(), bson.D{}, count, options.FindOneAndUpdate().SetLet(rebind)).Err(),
		"variables, DeleteOne":               second(q.DeleteOne(t.Context(), bson.D{}, options.DeleteOne().SetLet(rebind))),
		"variables, DeleteMany":              second(q.DeleteMany(t.Context(), bson.D{}, options.DeleteMany().SetLet(rebind))),
		"an order that is none":              second(q.UpdateOne(t.Context(), bson.D{}, count, options.UpdateOne().SetSort(bson.M{"a": 1, "b": 1}))),
	} {
		require.ErrorIs(t, err, mongoauthz.ErrArgument, name)
	}
	same := options.UpdateOne().SetCollation(&options.Collation{Locale: "simple"}).SetLet(bson.M{"x": 1}).SetSort(bson.D{{Key: "a", Value: 1}}).SetHint("a_1")
	requireDown(t, second(q.UpdateOne(t.Context(), bson.D{}, count, same, nil)))
}

func second[T any](_ T, err error) error { return err }

func TestWritesNeedAQueryThatCanBeWrittenTo(t *testing.T) {
	t.Parallel()
	limited, err := query(t, conditional).Append(stage("$limit", 1))
	require.NoError(t, err)
	var none *mongoauthz.Query
	for name, tt := range map[string]struct {
		q  *mongoauthz.Query
		is error
	}{
		"appended stages":           {limited, pipeline.ErrUnsupported},
		"appended stages, guarded":  {limited.NotMoving().InTransaction(), pipeline.ErrUnsupported},
		"none":                      {none, mongoauthz.ErrArgument},
		"none, guarded":             {none.NotMoving(none).InTransaction(), mongoauthz.ErrArgument},
		"not made by an authorizer": {(&mongoauthz.Query{}).InTransaction().NotMoving(), mongoauthz.ErrArgument},
	} {
		for operation, update := range updates {
			require.ErrorIs(t, update(t.Context(), tt.q, bson.D{}, count), tt.is, name+operation)
		}
		for operation, remove := range deletions {
			require.ErrorIs(t, remove(t.Context(), tt.q, bson.D{}), tt.is, name+operation)
		}
	}
}

func TestNothingIsSentWhereNothingIsAuthorized(t *testing.T) {
	t.Parallel()
	for _, q := range []*mongoauthz.Query{query(t, denied), query(t, denied).InTransaction(), query(t, denied).NotMoving()} {
		updated, err := q.UpdateOne(t.Context(), bson.D{}, count)
		require.NoError(t, err)
		require.Equal(t, &mongo.UpdateResult{Acknowledged: true}, updated)
		updated, err = q.UpdateMany(t.Context(), bson.D{}, publish)
		require.NoError(t, err)
		require.Equal(t, &mongo.UpdateResult{Acknowledged: true}, updated)
		deleted, err := q.DeleteOne(t.Context(), bson.D{})
		require.NoError(t, err)
		require.Equal(t, &mongo.DeleteResult{Acknowledged: true}, deleted)
		deleted, err = q.DeleteMany(t.Context(), bson.D{})
		require.NoError(t, err)
		require.Equal(t, &mongo.DeleteResult{Acknowledged: true}, deleted)
		result := q.FindOneAndUpdate(t.Context(), bson.D{}, count)
		require.ErrorIs(t, result.Err(), mongo.ErrNoDocuments)
		require.ErrorIs(t, result.Decode(&bson.D{}), mongo.ErrNoDocuments)
	}
}

func TestOptionThatFailsFailsTheWrite(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	_, err := q.UpdateOne(t.Context(), bson.D{}, count, &options.UpdateOneOptionsBuilder{Opts: []func(*options.UpdateOneOptions) error{
		func(*options.UpdateOneOptions) error { return context.Canceled },
	}})
	require.ErrorIs(t, err, context.Canceled)
}

func TestWriteLimitIsPositive(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, -1} {
		_, err := mongoauthz.New(database(t), library(t), answers(allowed), mongoauthz.WithWriteLimit(n))
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
}

func TestWriteErrorSaysWhatAndWhy(t *testing.T) {
	t.Parallel()
	refused := &mongoauthz.WriteError{Operation: "UpdateMany", Resource: "Book", Refusal: mongoauthz.RefuseLimit, Problem: "more than 5"}
	require.EqualError(t, refused, `mongoauthz: UpdateMany of "Book" refused: too many documents: more than 5`)
	require.ErrorIs(t, refused, mongoauthz.ErrWrite)
	require.NotErrorIs(t, refused, mongoauthz.ErrForbidden)
	require.ErrorIs(t, &mongoauthz.WriteError{Refusal: mongoauthz.RefuseMove}, mongoauthz.ErrForbidden)
	texts := map[string]bool{}
	for r := mongoauthz.RefuseUpsert; r <= mongoauthz.RefuseRequired; r++ {
		texts[r.String()] = true
		require.NotContains(t, r.String(), "Refusal(")
	}
	require.Len(t, texts, 9)
	require.Equal(t, "Refusal(0)", mongoauthz.Refusal(0).String())
}
