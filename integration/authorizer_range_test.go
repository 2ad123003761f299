package integration_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// events is a collection large enough for pages to be read by ranges, with values of all types among the dates.
const events = 40_000

type happening struct {
	ID   int    `bson:"_id"`
	Team int    `bson:"team" authz:"ofTeam references Team"`
	At   any    `bson:"at"`
	Kind string `bson:"kind"`
}

type team struct {
	ID      int      `bson:"_id"`
	Members []string `bson:"members"`
}

// What stands among the dates.
const (
	nothingElse = "nothing else"
	allTypes    = "values of all types"
	arrays      = "values of all types, and arrays"
)

func newEvents(t testing.TB, db *mongo.Database, among string) *mongoauthz.Authorizer {
	t.Helper()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var docs []any
	for i := range events {
		doc := bson.D{{Key: "_id", Value: i}, {Key: "team", Value: i % 10}, {Key: "kind", Value: fmt.Sprint("k", i%3)}}
		var at any = begin.Add(time.Duration(i*7919%events/16) * time.Minute) // 7919 is prime; sixteen have one date
		if among != nothingElse {
			switch i % 2000 {
			case 1:
				at = bson.Timestamp{T: uint32(i)}
			case 3:
				at = bson.Regex{Pattern: "x"}
			case 5:
				at = bson.MaxKey{}
			case 7:
				if among == arrays {
					at = bson.A{begin, begin.AddDate(10, 0, 0)}
				}
			case 11:
				at = "text"
			case 13:
				at = nil
			case 17:
				docs = append(docs, doc)
				continue
			}
		}
		docs = append(docs, append(doc, bson.E{Key: "at", Value: at}))
	}
	for half := range 2 {
		_, err := db.Collection("events").InsertMany(t.Context(), docs[half*events/2:(half+1)*events/2])
		require.NoError(t, err)
	}
	_, err := db.Collection("teams").InsertMany(t.Context(), []any{
		team{ID: 1, Members: []string{"ann", "all"}}, team{ID: 2, Members: []string{"all"}}, team{ID: 3, Members: []string{"all"}}, team{ID: 7, Members: []string{"all"}},
	})
	require.NoError(t, err)
	_, err = db.Collection("events").Indexes().CreateMany(t.Context(), []mongo.IndexModel{
		{Keys: bson.D{{Key: "team", Value: 1}}}, {Keys: bson.D{{Key: "at", Value: -1}}},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the compatible server estimates from statistics that it makes once a minute
		n, err := db.Collection("events").EstimatedDocumentCount(t.Context())
		return err == nil && n >= events/2
	}, 3*time.Minute, 100*time.Millisecond)
	schema, err := relations.FromStructs(relations.Struct{Of: happening{}, Name: "Event", Collection: "events"}, relations.Struct{Of: team{}, Name: "Team", Collection: "teams"})
	require.NoError(t, err)
	opts := []mongoauthz.Option{}
	if harness.Compat(t) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(db, schema, memberOf, opts...)
	require.NoError(t, err)
	return az
}

// Pages read by ranges are those of the sorted list, whatever is stored among the dates.
func TestPagesOfALargeCollectionAreThoseOfItsSortedList(t *testing.T) {
	t.Parallel()
	for _, among := range []string{nothingElse, allTypes, arrays} {
		t.Run(among, func(t *testing.T) {
			t.Parallel()
			db, commands := monitored(t)
			az := newEvents(t, db, among)
			for _, direction := range []int{-1, 1} {
				for _, actor := range []string{"ann", "all"} {
					q, err := az.AuthorizedQuery(t.Context(), actor, "read", "Event")
					require.NoError(t, err)
					q, err = q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "kind", Value: bson.D{{Key: "$ne", Value: "k0"}}}}}})
					require.NoError(t, err)
					sort := bson.D{{Key: "at", Value: direction}}
					whole, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q.WithConsistency(mongoauthz.SingleCommand), mongoauthz.PageRequest{Sort: sort, Limit: 20_000, NoTotal: true})
					require.NoError(t, err)
					for _, r := range []mongoauthz.PageRequest{{Limit: 25}, {Limit: 25, Skip: 75}, {Limit: 40, Skip: 900}, {Limit: 10, Skip: int64(len(whole.Items) - 5)}} {
						r.Sort, r.NoTotal = sort, true
						page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, r)
						require.NoError(t, err)
						require.Equal(t, idsOf(whole.Items[r.Skip:min(int(r.Skip+r.Limit), len(whole.Items))]), idsOf(page.Items), "%s by %d: %d after %d", actor, direction, r.Limit, r.Skip)
					}
					if among == arrays {
						continue // documents with an array have no place for a page token
					}
					at := 0
					for r := (mongoauthz.PageRequest{Sort: sort, Limit: 61, NoTotal: true}); at < 600; {
						page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, r)
						require.NoError(t, err)
						require.Equal(t, idsOf(whole.Items[at:at+61]), idsOf(page.Items))
						sent := commands("aggregate")
						require.False(t, isSample(sent[len(sent)-1]), "once there is a page, nothing more is asked")
						at, r.After = at+61, page.Next
					}
				}
			}
			ranges := 0
			for _, command := range commands("aggregate") {
				if isSample(command) {
					ranges++
				}
			}
			if harness.Compat(t) { // no index of it has an order
				require.Positive(t, ranges)
			}
		})
	}
}

var memberOf = mongoauthz.PolicyFunc(func(_ context.Context, actor any, _, resource string) (filter.Filter, error) {
	of := filter.Reach("t", "ofTeam")
	return filter.For(resource, filter.Some(of).Where(of.F("members").Contains(actor))), nil
})

func idsOf(documents []bson.Raw) (out []string) {
	for _, d := range documents {
		out = append(out, d.Lookup("_id").String())
	}
	return out
}

func isSample(command bson.Raw) bool {
	_, err := command.LookupErr("pipeline", "0", "$sample")
	return err == nil
}
