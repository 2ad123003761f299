package integration_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// singles are the updates of one paper.
var singles = map[string]func(ctx context.Context, q *mongoauthz.Query, filter, update any) error{
	"UpdateOne": func(ctx context.Context, q *mongoauthz.Query, filter, update any) error {
		_, err := q.UpdateOne(ctx, filter, update)
		return err
	},
	"FindOneAndUpdate": func(ctx context.Context, q *mongoauthz.Query, filter, update any) error {
		return q.FindOneAndUpdate(ctx, filter, update).Err()
	},
}

func TestUpdateThatWouldMoveADocumentIsRefusedAndWritesNothing(t *testing.T) {
	t.Parallel()
	place, parent := filter.Reach("p", "place"), filter.Reach("s", "parent")
	tests := map[string]struct {
		authorized filter.Filter
		also       filter.Filter // another query; the zero Filter is none
		update     string
		stays      bool
	}{
		"given away":                               {ownPapers, filter.Filter{}, `{"$set": {"owner": "bob"}}`, false},
		"owner lost":                               {ownPapers, filter.Filter{}, `{"$unset": {"owner": ""}}`, false},
		"sealed":                                   {ownPapers, filter.Filter{}, `{"$set": {"state": "sealed"}}`, false},
		"state unknown":                            {ownPapers, filter.Filter{}, `{"$set": {"state": 5}}`, false},
		"another state":                            {ownPapers, filter.Filter{}, `{"$set": {"state": "final"}}`, true},
		"the same owner":                           {ownPapers, filter.Filter{}, `{"$set": {"owner": "ann", "title": "x"}, "$inc": {"n": 1}}`, true},
		"what does not decide":                     {ownPapers, filter.Filter{}, `{"$push": {"log": "x"}}`, true},
		"into another team":                        {teamPapers, filter.Filter{}, `{"$set": {"team_id": 2}}`, false},
		"into no team":                             {teamPapers, filter.Filter{}, `{"$set": {"team_id": null}}`, false},
		"into the same team":                       {teamPapers, filter.Filter{}, `{"$set": {"team_id": 1.0}}`, true},
		"into what else one may do":                {ownPapers, filter.For("Paper", filter.Where(filter.F("readers").Contains("ann"))), `{"$set": {"readers": ["ann", "bob"]}}`, false},
		"out of what else one may do":              {ownPapers, filter.For("Paper", filter.Where(filter.F("state").Eq("draft"))), `{"$set": {"state": "final"}}`, false},
		"out of what another may do, by a join":    {ownPapers, teamPapers, `{"$set": {"team_id": 2}}`, false},
		"not into what else one may do":            {ownPapers, filter.For("Paper", filter.Where(filter.F("readers").Contains("ann"))), `{"$set": {"readers": ["bob"]}}`, true},
		"beside what else one may do":              {ownPapers, filter.Deny("Paper"), `{"$set": {"readers": ["bob"]}}`, true},
		"to its own parent, by what it is not yet": {filter.For("Paper", filter.Where(filter.F("owner").Eq("ann")), filter.Some(parent).Where(parent.F("owner").Eq("cyd"))), filter.Filter{}, `{"$set": {"owner": "cyd", "parent_id": 4}}`, true},
		"to its own parent, by what it is":         {filter.For("Paper", filter.Where(filter.F("owner").Eq("ann")), filter.Some(parent).Where(parent.F("owner").Eq("ann"))), filter.Filter{}, `{"$set": {"owner": "cyd", "parent_id": 4}}`, false},
		"out of its place":                         {filter.For("Paper", filter.Some(place).Where(place.F("room").Eq("a"))), filter.Filter{}, `{"$set": {"place.room": "b"}}`, false},
		"away from its place":                      {filter.For("Paper", filter.Some(place).Where(place.F("room").Eq("a"))), filter.Filter{}, `{"$unset": {"place": 1}}`, false},
		"within its place":                         {filter.For("Paper", filter.Some(place).Where(place.F("room").Eq("a"))), filter.Filter{}, `{"$set": {"place.shelf": "b"}}`, true},
		"to a place that is not the same":          {filter.For("Paper", filter.Where(filter.F("_id").Eq(4), filter.F("place.shelf").IsNull())), filter.Filter{}, `{"$set": {"place.shelf": "b"}}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var update bson.D
			require.NoError(t, bson.UnmarshalExtJSON([]byte(tt.update), false, &update))
			for operation, write := range singles {
				d := newOffice(t, harness.Database(t))
				d.insert(t, "papers", `{"_id": 40, "n": 0}`)
				az := d.authorizer(t, actions{"edit": tt.authorized, "also": tt.also})
				q := queryFor(t, az, "edit")
				guarded := q.NotMoving()
				if tt.also.Resource != "" {
					guarded = q.NotMoving(queryFor(t, az, "also"))
				}
				before := d.stored(t)
				err := write(t.Context(), guarded, having("_id", 4), update)
				if tt.stays {
					require.NoError(t, err, operation)
					require.Equal(t, []int32{4}, touched(before, d.stored(t)), operation)
					continue
				}
				requireRefusal(t, err, mongoauthz.RefuseMove)
				require.ErrorIs(t, err, mongoauthz.ErrForbidden)
				require.Equal(t, before, d.stored(t), operation)

				require.NoError(t, write(t.Context(), q, having("_id", 4), update), "not asked for, it moves")
				require.Equal(t, []int32{4}, touched(before, d.stored(t)), operation)
			}
		})
	}
}

func TestMovementIsJudgedAsTheServerWouldMove(t *testing.T) {
	t.Parallel()
	place := filter.Reach("p", "place")
	condition := filter.For("Paper",
		filter.Some(place).Where(place.F("room").Eq("a"), place.F("shelf").Ne("x")),
		filter.Where(filter.F("place.room").IsNull(), filter.F("state").Eq("draft")),
		filter.Where(filter.F("readers").SubsetOf([]string{"ann", "bob"})),
		filter.Where(filter.F("readers").IsNull(), filter.F("owner").IsNull()),
	)
	papers := []string{
		`{"_id": 1, "owner": null}`, `{"_id": 1, "readers": ["bob"], "place": {"room": "a"}}`, `{"_id": 1, "readers": ["bob"], "state": "draft"}`,
		`{"_id": 1, "place": {"room": "a", "shelf": "y"}}`, `{"_id": 1, "place": {"room": "b"}, "readers": ["ann"]}`,
		`{"_id": 1, "place": null, "state": "draft", "owner": 5}`, `{"_id": 1, "place": {}, "state": "draft", "owner": "x", "readers": []}`,
		`{"_id": 1, "place": {"shelf": "x"}, "readers": "ann", "state": "draft"}`,
	}
	updates := []string{
		`{"$set": {"place.room": "a"}}`, `{"$set": {"place.shelf": "x"}}`, `{"$unset": {"place.room": 1}}`, `{"$unset": {"place": 1}}`, `{"$set": {"place": {"room": null}}}`,
		`{"$set": {"place": "a"}}`, `{"$set": {"readers": ["cyd"]}}`, `{"$set": {"readers": "cyd"}}`, `{"$unset": {"readers": 1}}`, `{"$set": {"readers": []}}`,
		`{"$set": {"state": "final"}}`, `{"$set": {"state": "draft"}, "$unset": {"place.room": 1}}`, `{"$set": {"owner": null}}`, `{"$set": {"owner": "x", "place.shelf": "z"}}`,
	}
	d := newOffice(t, harness.Database(t))
	q := d.query(t, condition)
	stays, moves := 0, 0
	for _, paper := range papers {
		for _, text := range updates {
			reset := func() {
				_, err := d.db.Collection("papers").DeleteMany(t.Context(), bson.D{})
				require.NoError(t, err)
				d.insert(t, "papers", paper)
			}
			var update bson.D
			require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &update))
			reset()
			n, err := q.Count(t.Context())
			require.NoError(t, err)
			if n == 0 {
				break
			}
			_, failed := q.UpdateOne(t.Context(), bson.D{}, update)
			n, err = q.Count(t.Context())
			require.NoError(t, err)
			reset()
			_, err = q.NotMoving().UpdateOne(t.Context(), bson.D{}, update)
			switch {
			case failed != nil: // a place that is no document
				require.Error(t, err, paper+text)
			case n == 1:
				stays++
				require.NoError(t, err, paper+text)
			default:
				moves++
				requireRefusal(t, err, mongoauthz.RefuseMove)
			}
		}
	}
	require.Greater(t, stays, 10)
	require.Greater(t, moves, 10)
}

func TestUpdateOfManyIsRefusedUnlessItCannotMove(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	before := d.stored(t)
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		_, err := d.query(t, f).NotMoving().UpdateMany(t.Context(), bson.D{}, setting("state", "final"))
		requireRefusal(t, err, mongoauthz.RefuseUnjudged)
		require.Equal(t, before, d.stored(t))
	}
	r, err := d.query(t, ownPapers).NotMoving().UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}})
	require.NoError(t, err)
	require.EqualValues(t, 2, r.ModifiedCount)
}

func TestUpdateThroughSomethingElseThanDocumentsIsRefused(t *testing.T) {
	t.Parallel()
	d := newOffice(t, harness.Database(t))
	d.insert(t, "papers", `{"_id": 7, "owner": "ann", "state": "draft", "place": [{"room": "a"}]}`)
	before := d.stored(t)
	f := filter.For("Paper", filter.Where(filter.F("owner").Eq("ann"), filter.Any{filter.Where(filter.F("place.room").Eq("a")), filter.Where(filter.F("_id").Gt(1))}))
	for _, write := range singles {
		requireRefusal(t, write(t.Context(), d.query(t, f).NotMoving(), having("_id", 7), setting("place.0.room", "b")), mongoauthz.RefuseUnjudged)
	}
	require.Equal(t, before, d.stored(t))
}

// interrupting is the office by a client that does something after each command of that name has succeeded, before the caller knows. n counts them.
func interrupting(t *testing.T, command string, do func(n int)) (own *office, theirs *mongo.Database) {
	t.Helper()
	own = newOffice(t, harness.Database(t))
	n := 0
	client, err := mongo.Connect(options.Client().ApplyURI(harness.URI(t)).SetMonitor(&event.CommandMonitor{
		Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) {
			if e.CommandName == command {
				n++
				do(n)
			}
		},
	}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	theirs = own.db
	return &office{db: client.Database(theirs.Name()), schema: own.schema}, theirs
}

func TestConflictingWriteBetweenJudgementAndWriteIsNoticed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		authorized filter.Filter
		guarded    bool
		conflict   func(n int) any // what is written after the n-th choice; nil for nothing
		choices    int
		refusal    mongoauthz.Refusal // 0: it is written
		want       []int              // the papers written to
	}{
		"a field that decides, once": {ownPapers, true, func(n int) any {
			return map[int]any{1: setting("state", "final")}[n]
		}, 2, 0, []int{4}},
		"a new field that decides": {filter.For("Paper", filter.Where(filter.F("readers").IsNull())), true, func(n int) any {
			return map[int]any{1: setting("readers", nil)}[n]
		}, 2, 0, []int{4}},
		"each time": {ownPapers, true, func(n int) any { return setting("state", fmt.Sprint(n)) }, 1, mongoauthz.RefuseConflict, []int{}},
		"a field that does not decide": {ownPapers, true, func(int) any {
			return setting("title", "new")
		}, 1, 0, []int{4}},
		"so that it is not authorized": {ownPapers, true, func(int) any { return setting("owner", "bob") }, 2, 0, []int{}},
		"so that it would move": {filter.For("Paper", filter.Where(filter.F("owner").Eq("ann")), filter.Where(filter.F("state").Eq("draft"))), true, func(n int) any {
			return map[int]any{1: setting("state", "final")}[n]
		}, 2, mongoauthz.RefuseMove, []int{}},
		"with a join, and nothing judged": {teamPapers, false, func(n int) any {
			return map[int]any{1: setting("team_id", 2)}[n]
		}, 2, 0, []int{}},
		"with a join": {teamPapers, true, func(n int) any {
			return map[int]any{1: setting("state", "final")}[n]
		}, 2, 0, []int{4}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, write := range singles {
				var theirs *mongo.Database
				choices := 0
				d, theirs := interrupting(t, "aggregate", func(n int) {
					choices = n
					if update := tt.conflict(n); update != nil {
						_, err := theirs.Collection("papers").UpdateOne(t.Context(), having("_id", 4), update)
						require.NoError(t, err)
					}
				})
				q := d.query(t, tt.authorized)
				update := bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 1}}}}
				if tt.guarded {
					q = q.NotMoving()
					update = bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 1}, {Key: "state", Value: "edited"}, {Key: "owner", Value: "ann"}, {Key: "readers", Value: nil}}}}
					if tt.refusal == mongoauthz.RefuseMove {
						update = bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 1}, {Key: "owner", Value: "bob"}}}}
					}
				}
				err := write(t.Context(), q, having("_id", 4), update)
				if tt.refusal == 0 {
					if len(tt.want) > 0 || operation == "UpdateOne" {
						require.NoError(t, err, operation)
					} else {
						require.ErrorIs(t, err, mongo.ErrNoDocuments)
					}
				} else {
					requireRefusal(t, err, tt.refusal)
				}
				require.Equal(t, tt.want, d.where(t, having("n", 1)), operation)
				if tt.refusal != mongoauthz.RefuseConflict {
					require.Equal(t, tt.choices, choices, operation)
				} else {
					require.Equal(t, 5, choices)
				}
			}
		})
	}
}

func TestDocumentsThatChangeBeforeTheyAreWrittenAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*mongoauthz.Query) (int64, error){
		"UpdateMany": func(q *mongoauthz.Query) (int64, error) { return writes["UpdateMany"](t.Context(), q, bson.D{}) },
		"DeleteMany": func(q *mongoauthz.Query) (int64, error) { return writes["DeleteMany"](t.Context(), q, bson.D{}) },
	} {
		var theirs *mongo.Database
		d, theirs := interrupting(t, "aggregate", func(int) {
			_, err := theirs.Collection("papers").UpdateOne(t.Context(), having("_id", 4), setting("state", "sealed"))
			require.NoError(t, err)
		})
		n, err := write(d.query(t, teamPapers))
		require.NoError(t, err, name)
		require.EqualValues(t, 1, n, name)
		require.Contains(t, d.where(t, having("n", 0)), 4, "sealed, and so not written")
	}
}

func TestRevocationBetweenChoiceAndWriteIsNotNoticed(t *testing.T) {
	t.Parallel()
	for operation, write := range writes {
		var theirs *mongo.Database
		d, theirs := interrupting(t, "aggregate", func(int) {
			_, err := theirs.Collection("teams").UpdateOne(t.Context(), having("_id", 1), setting("members", bson.A{}))
			require.NoError(t, err)
		})
		n, err := write(t.Context(), d.query(t, teamPapers), having("_id", 4))
		require.NoError(t, err, operation)
		require.EqualValues(t, 1, n, "as documented: authorized when it was chosen")
	}
}
