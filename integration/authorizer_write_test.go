package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// writes are all writes of one kind of filter, each of which marks the papers it writes to with n=1, or deletes them. They return how many they found.
var writes = map[string]func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error){
	"UpdateOne": func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error) {
		r, err := q.UpdateOne(ctx, filter, setting("n", 1))
		if err != nil {
			return 0, err
		}
		return r.MatchedCount, nil
	},
	"UpdateMany": func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error) {
		r, err := q.UpdateMany(ctx, filter, setting("n", 1))
		if err != nil {
			return 0, err
		}
		return r.MatchedCount, nil
	},
	"FindOneAndUpdate": func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error) {
		var doc struct{ N int }
		err := q.FindOneAndUpdate(ctx, filter, setting("n", 1)).Decode(&doc)
		if err == mongo.ErrNoDocuments {
			return 0, nil
		}
		return 1, err
	},
	"DeleteOne": func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error) {
		r, err := q.DeleteOne(ctx, filter)
		if err != nil {
			return 0, err
		}
		return r.DeletedCount, nil
	},
	"DeleteMany": func(ctx context.Context, q *mongoauthz.Query, filter any) (int64, error) {
		r, err := q.DeleteMany(ctx, filter)
		if err != nil {
			return 0, err
		}
		return r.DeletedCount, nil
	},
}

// touched returns which papers a write of writes has written to.
func touched(before, after []bson.Raw) []int32 {
	out := []int32{}
	for _, doc := range before {
		if !slices.ContainsFunc(after, func(other bson.Raw) bool { return slices.Equal(doc, other) }) {
			out = append(out, doc.Lookup("_id").Int32())
		}
	}
	return out
}

func TestWritesReachAuthorizedDocumentsOnly(t *testing.T) {
	t.Parallel()
	everything := bson.D{}
	tests := map[string]struct {
		authorized filter.Filter
		filter     any
		want       []int32 // by those that write to many
	}{
		"without a join":                        {ownPapers, everything, []int32{1, 4}},
		"with a join":                           {teamPapers, everything, []int32{1, 4}},
		"what matches, without a join":          {ownPapers, having("_id", bson.M{"$gt": 1}), []int32{4}},
		"what matches, with a join":             {teamPapers, having("_id", bson.M{"$gt": 1}), []int32{4}},
		"what does not match, without a join":   {ownPapers, having("_id", 3), []int32{}},
		"what does not match, with a join":      {teamPapers, having("_id", 3), []int32{}},
		"a filter that says otherwise":          {ownPapers, having("owner", "bob"), []int32{}},
		"a filter that says otherwise, joined":  {teamPapers, having("owner", "bob"), []int32{}},
		"a filter that would widen":             {ownPapers, bson.D{{Key: "$or", Value: bson.A{having("owner", "bob"), bson.D{}}}}, []int32{1, 4}},
		"all, where all is allowed":             {filter.Allow("Paper"), everything, []int32{1, 2, 3, 4, 5, 6}},
		"some, where all is allowed":            {filter.Allow("Paper"), having("owner", "bob"), []int32{3, 5}},
		"none, where nothing is":                {filter.Deny("Paper"), everything, []int32{}},
		"none, where nothing can be authorized": {filter.For("Paper", filter.Where(filter.F("owner").In([]string{}))), everything, []int32{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, write := range writes {
				d := newOffice(t, harness.Database(t))
				before := d.stored(t)
				n, err := write(t.Context(), d.query(t, tt.authorized), tt.filter)
				require.NoError(t, err, operation)
				got := touched(before, d.stored(t))
				require.EqualValues(t, len(got), n, operation)
				if operation == "UpdateMany" || operation == "DeleteMany" {
					require.Equal(t, tt.want, got, operation)
					continue
				}
				require.Len(t, got, min(1, len(tt.want)), operation)
				require.Subset(t, tt.want, got, operation)
			}
		})
	}
}

func TestDenialSendsNothing(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	d := newOffice(t, db)
	before := d.stored(t)
	for operation, write := range writes {
		for _, q := range []*mongoauthz.Query{d.query(t, filter.Deny("Paper")), d.query(t, filter.Deny("Paper")).NotMoving(), d.query(t, filter.Deny("Paper")).InTransaction()} {
			n, err := write(t.Context(), q, bson.D{})
			require.NoError(t, err, operation)
			require.Zero(t, n, operation)
		}
	}
	for _, command := range []string{"aggregate", "update", "delete", "findAndModify", "commitTransaction"} {
		require.Empty(t, commands(command))
	}
	require.Equal(t, before, d.stored(t))
}

func TestUpsertsInsertNothing(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	before := d.stored(t)
	for _, f := range []filter.Filter{ownPapers, teamPapers, filter.Allow("Paper")} {
		q := d.query(t, f)
		_, err := q.UpdateOne(t.Context(), having("_id", 77), setting("n", 1), options.UpdateOne().SetUpsert(true))
		requireRefusal(t, err, mongoauthz.RefuseUpsert)
		_, err = q.UpdateMany(t.Context(), having("_id", 77), setting("n", 1), options.UpdateMany().SetUpsert(true))
		requireRefusal(t, err, mongoauthz.RefuseUpsert)
		requireRefusal(t, q.FindOneAndUpdate(t.Context(), having("_id", 77), setting("n", 1), options.FindOneAndUpdate().SetUpsert(true)).Err(), mongoauthz.RefuseUpsert)
	}
	require.Equal(t, before, d.stored(t))
}

func requireRefusal(t testing.TB, err error, want mongoauthz.Refusal) {
	t.Helper()
	var refused *mongoauthz.WriteError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, want, refused.Refusal, "%v", err)
}

func TestIDsThatLookLikeOperatorsAreValues(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	d.insert(t, "papers",
		`{"_id": "$owner", "team_id": 1, "state": "draft"}`, `{"_id": "x", "team_id": 2, "state": "draft"}`,
		`{"_id": {"a": {"$gt": 1}}, "team_id": 1, "state": "draft"}`, `{"_id": {"a": 2}, "team_id": 2, "state": "draft"}`,
	)
	r, err := d.query(t, teamPapers).UpdateMany(t.Context(), having("_id", bson.M{"$type": bson.A{"string", "object"}}), setting("seen", true))
	require.NoError(t, err)
	require.EqualValues(t, 2, r.MatchedCount)
	var ids []string
	for _, doc := range d.stored(t) {
		if _, err := doc.LookupErr("seen"); err == nil {
			ids = append(ids, doc.Lookup("_id").String())
		}
	}
	require.ElementsMatch(t, []string{`"$owner"`, `{"a": {"$gt": {"$numberInt":"1"}}}`}, ids)
}

func TestMoreThanTheWriteLimitIsRefused(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	before := d.stored(t)
	q := d.query(t, teamPapers, mongoauthz.WithWriteLimit(1))
	_, err := q.UpdateMany(t.Context(), bson.D{}, setting("n", 1))
	requireRefusal(t, err, mongoauthz.RefuseLimit)
	_, err = q.DeleteMany(t.Context(), bson.D{})
	requireRefusal(t, err, mongoauthz.RefuseLimit)
	require.Equal(t, before, d.stored(t))

	r, err := q.UpdateMany(t.Context(), having("_id", 4), setting("n", 1))
	require.NoError(t, err)
	require.EqualValues(t, 1, r.MatchedCount, "as many as the limit")
	n, err := writes["UpdateOne"](t.Context(), q, bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "one of many")
	n, err = writes["UpdateMany"](t.Context(), d.query(t, ownPapers, mongoauthz.WithWriteLimit(1)), bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 2, n, "where none are named")
}

func TestUpdatesReachTheServerAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		d := newOffice(t, harness.Database(t))
		q := d.query(t, f)
		only := options.UpdateOne().SetArrayFilters([]any{having("item.k", 2)})
		_, err := q.UpdateOne(t.Context(), having("items.k", 1), setting("items.$[item].done", true), only)
		require.NoError(t, err)
		require.Equal(t, []int{1}, d.where(t, bson.M{"items": bson.A{bson.D{{Key: "k", Value: 1}}, bson.D{{Key: "k", Value: 2}, {Key: "done", Value: true}}}}))

		stages := mongo.Pipeline{{{Key: "$set", Value: bson.D{{Key: "copy", Value: "$owner"}}}}}
		r, err := q.UpdateMany(t.Context(), bson.D{}, stages)
		require.NoError(t, err)
		require.EqualValues(t, 2, r.ModifiedCount)
		require.Equal(t, []int{1, 4}, d.where(t, having("copy", "ann")))
	}
}

func TestFindOneAndUpdateReturnsTheDocumentAsAskedFor(t *testing.T) {
	t.Parallel()
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		d := newOffice(t, harness.Database(t))
		for _, q := range []*mongoauthz.Query{d.query(t, f), d.query(t, f).NotMoving()} {
			only := options.FindOneAndUpdate().SetProjection(bson.D{{Key: "state", Value: 1}}).SetSort(bson.D{{Key: "_id", Value: -1}})
			var doc bson.D
			require.NoError(t, q.FindOneAndUpdate(t.Context(), bson.D{}, setting("state", "final"), only, options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&doc))
			require.Equal(t, bson.D{{Key: "_id", Value: int32(4)}, {Key: "state", Value: "final"}}, doc)
			require.NoError(t, q.FindOneAndUpdate(t.Context(), bson.D{}, setting("state", "draft"), only).Decode(&doc))
			require.Equal(t, bson.D{{Key: "_id", Value: int32(4)}, {Key: "state", Value: "final"}}, doc, "before, by default")
		}
	}
}

func TestOptionsChooseTheDocumentsOnce(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	d := newOffice(t, db)
	at := bson.M{"$expr": bson.M{"$gte": bson.A{"$_id", "$$from"}}}
	opts := options.UpdateOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetHint("_id_").SetLet(bson.M{"from": 1}).SetComment("why")
	_, err := d.query(t, teamPapers).UpdateOne(t.Context(), at, setting("n", 1), opts)
	require.NoError(t, err)
	require.Equal(t, []int{4}, d.where(t, having("n", 1)))

	chosen, written := commands("aggregate"), commands("update")
	require.Len(t, chosen, 1)
	require.Len(t, written, 1)
	require.Equal(t, "_id_", chosen[0].Lookup("hint").StringValue())
	for _, command := range []bson.Raw{chosen[0], written[0]} {
		require.Equal(t, "why", command.Lookup("comment").StringValue())
		require.EqualValues(t, 1, command.Lookup("let", "from").AsInt64())
	}
	for _, name := range []string{"hint", "sort"} {
		_, err := written[0].LookupErr("updates", "0", name)
		require.Error(t, err, "the write names the document")
	}

	_, err = d.query(t, ownPapers).UpdateOne(t.Context(), at, setting("n", 2), opts)
	require.NoError(t, err)
	require.Len(t, commands("aggregate"), 1, "no join, no other command")
	require.Equal(t, "_id_", commands("update")[1].Lookup("updates", "0", "hint").StringValue())
}

func TestFilterOfTheCallerSeesAuthorizedDocumentsOnly(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	d := newOffice(t, db)
	q := d.query(t, teamPapers)
	own := q.Pipeline()
	// It fails for paper 3, which is bob's.
	fails := bson.E{Key: "$expr", Value: bson.D{{Key: "$eq", Value: bson.A{1, bson.D{{Key: "$divide", Value: bson.A{1, bson.D{{Key: "$subtract", Value: bson.A{"$_id", 3}}}}}}}}}}
	text := bson.E{Key: "$text", Value: having("$search", "x")}
	three := having("_id", having("$eq", int32(3)))
	for name, tt := range map[string]struct {
		filter, first, last bson.D
		err                 bool // because the server has no index for it
	}{
		"a condition that can fail":     {bson.D{fails}, nil, bson.D{fails}, false},
		"an _id that is a pattern":      {having("_id", bson.Regex{Pattern: "^3"}), nil, having("_id", bson.Regex{Pattern: "^3"}), false},
		"an _id that is a document":     {having("_id", having("a", 1)), nil, having("_id", having("a", 1)), false},
		"an _id":                        {bson.D{fails, {Key: "_id", Value: int32(3)}}, three, bson.D{fails, {Key: "_id", Value: int32(3)}}, false},
		"a text, which has to be first": {bson.D{fails, text}, bson.D{text}, bson.D{fails}, true},
	} {
		_, err := q.UpdateMany(t.Context(), tt.filter, setting("n", 1))
		if tt.err {
			require.Error(t, err, name)
		} else {
			require.NoError(t, err, name)
		}
		want := slices.Concat(own, mongo.Pipeline{having("$match", tt.last)})
		if tt.first != nil {
			want = slices.Insert(want, 0, having("$match", tt.first))
		}
		all := commands("aggregate")
		stages, err := all[len(all)-1].Lookup("pipeline").Array().Values()
		require.NoError(t, err)
		for i, stage := range want {
			raw, err := bson.Marshal(stage)
			require.NoError(t, err)
			require.Equal(t, bson.Raw(raw).String(), stages[i].Document().String(), name)
		}
	}
}

func TestEmptySortIsNone(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		for _, sort := range []any{bson.D{}, bson.M{}, nil} {
			r, err := d.query(t, f).UpdateOne(t.Context(), bson.D{}, setting("n", 1), options.UpdateOne().SetSort(sort))
			require.NoError(t, err)
			require.EqualValues(t, 1, r.MatchedCount)
		}
	}
}

func TestWriteIsARecord(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, err := d.query(t, ownPapers, mongoauthz.WithLogger(logger)).UpdateMany(t.Context(), having("state", "private"), setting("state", "secret"))
	require.NoError(t, err)
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record), "one record: %s", out.String())
	require.Equal(t, "authorized write", record["msg"])
	require.Equal(t, "UpdateMany", record["operation"])
	require.Equal(t, "papers", record["collection"])
	require.Contains(t, record["pipeline"], "owner")
	for _, value := range []string{"ann", "private", "secret"} {
		require.NotContains(t, out.String(), value)
	}
}

func TestErrorsOfTheServerPassThrough(t *testing.T) {
	t.Parallel()
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		d := newOffice(t, harness.Database(t))
		before := d.stored(t)
		_, err := d.query(t, f).UpdateOne(t.Context(), bson.D{}, setting("owner.x", 1))
		var server mongo.WriteException
		require.ErrorAs(t, err, &server)
		err = d.query(t, f).FindOneAndUpdate(t.Context(), bson.D{}, setting("owner.x", 1)).Err()
		require.ErrorAs(t, err, &mongo.CommandError{})
		require.Equal(t, before, d.stored(t))
	}
}

func TestResultOfAWriteThatIsDoneInPartComesBesideTheError(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	_, err := d.db.Collection("papers").Indexes().CreateOne(t.Context(), mongo.IndexModel{
		Keys: having("seal", 1), Options: options.Index().SetUnique(true).SetPartialFilterExpression(having("seal", bson.M{"$exists": true})),
	})
	require.NoError(t, err)
	seal := setting("seal", 1)
	f, err := d.query(t, ownPapers).FindFilter()
	require.NoError(t, err)
	want, wanted := d.db.Collection("papers").UpdateMany(t.Context(), f, seal)
	require.Error(t, wanted)
	_, err = d.db.Collection("papers").UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$unset", Value: having("seal", "")}})
	require.NoError(t, err)
	got, err := d.query(t, ownPapers).UpdateMany(t.Context(), bson.D{}, seal)
	require.ErrorAs(t, err, &mongo.WriteException{})
	require.Equal(t, want, got)
}
