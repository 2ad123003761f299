package integration_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

type (
	ticketState int
	ticketID    [16]byte
)

func (s ticketState) String() string { return [...]string{"open", "closed"}[s] }

// ticket is stored by a client that uses json tags, and writes states and times as texts, ids as
// UUIDs.
type ticket struct {
	ID        int         `bson:"_id"`
	Owner     ticketID    `json:"owner_id" authz:"uuid"`
	Plain     [16]byte    `json:"plain_id" authz:"uuid"`
	Blocked   []ticketID  `json:"blocked_ids" authz:"uuid"`
	State     ticketState `json:"the_state"`
	DeletedAt *time.Time  `json:"deleted_at"`
	At        time.Time   `json:"at" authz:"rfc3339"`
	Draft     bool        `json:"draft,omitempty"`
	Stage     ticketState `json:"stage,omitempty" authz:"absent zero"`
}

func ticketRegistry() *bson.Registry {
	r := bson.NewRegistry()
	register := func(t reflect.Type, write func(bson.ValueWriter, reflect.Value) error) {
		r.RegisterTypeEncoder(t, bson.ValueEncoderFunc(
			func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error { return write(w, v) }))
	}
	register(reflect.TypeFor[ticketID](), func(w bson.ValueWriter, v reflect.Value) error {
		id := v.Interface().(ticketID)
		return w.WriteBinaryWithSubtype(id[:], bson.TypeBinaryUUID)
	})
	register(reflect.TypeFor[ticketState](), func(w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(v.Interface().(ticketState).String())
	})
	register(reflect.TypeFor[time.Time](), func(w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(v.Interface().(time.Time).UTC().Format(time.RFC3339))
	})
	return r
}

// What was reported: names, UUIDs, enums and times that the client stores in its own way.
func TestEncodingOfTheClientDecidesWhatConditionsMean(t *testing.T) {
	t.Parallel()
	registry, bsonOptions := ticketRegistry(), &options.BSONOptions{UseJSONStructTags: true}
	client, err := mongo.Connect(options.Client().ApplyURI(harness.URI(t)).SetRegistry(registry).SetBSONOptions(bsonOptions))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	db := client.Database(harness.Database(t).Name())
	schema, err := mongoauthz.EncodingOf(bsonOptions, registry).FromStructs(
		relations.Struct{Of: ticket{}, Name: "Ticket", Collection: "tickets"})
	require.NoError(t, err)

	uuid := func(n byte) ticketID { return ticketID{15: n} }
	at := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	gone := at(9)
	tickets := []ticket{
		{ID: 1, Owner: uuid(1), Plain: uuid(1), Blocked: []ticketID{uuid(2)}, At: at(1)},
		{ID: 2, Owner: uuid(2), Plain: uuid(2), Blocked: []ticketID{uuid(1)}, State: 1, At: at(2), Draft: true, Stage: 1},
		{ID: 3, Owner: uuid(1), Plain: uuid(1), Blocked: []ticketID{}, DeletedAt: &gone, At: at(3)},
	}
	_, err = db.Collection("tickets").InsertMany(t.Context(), tickets)
	require.NoError(t, err)

	f := filter.F
	text := "00000000-0000-0000-0000-000000000001"
	for name, c := range map[string]struct {
		when filter.Condition
		want []int
	}{
		"not deleted":                  {f("deleted_at").IsNull(), []int{1, 2}},
		"the owner":                    {f("owner_id").Eq(uuid(1)), []int{1, 3}},
		"the owner, as text":           {f("owner_id").Eq(text), []int{1, 3}},
		"not the owner":                {f("owner_id").Ne(uuid(1)), []int{2}},
		"not the owner, as text":       {f("owner_id").Ne(text), []int{2}},
		"not the owner, generic bytes": {f("owner_id").Ne([16]byte(uuid(1))), []int{2}},
		"a generic one":                {f("plain_id").Eq([16]byte(uuid(1))), []int{1, 3}},
		"not a generic one, as text":   {f("plain_id").Ne(text), []int{2}},
		"not blocked":                  {filter.Not(f("blocked_ids").Contains(uuid(1))), []int{1, 3}},
		"not blocked, as text":         {filter.Not(f("blocked_ids").Contains(text)), []int{1, 3}},
		"an enum":                      {f("the_state").Eq(ticketState(1)), []int{2}},
		"not an enum":                  {f("the_state").Nin([]ticketState{1}), []int{1, 3}},
		"no draft":                     {f("draft").Eq(false), []int{1, 3}},
		"not draft":                    {filter.Not(f("draft").Eq(true)), []int{1, 3}},
		"draft":                        {f("draft").Eq(true), []int{2}},
		"the zero enum, left out":      {f("stage").Eq(ticketState(0)), []int{1, 3}},
		"the zero enum, as text":       {f("stage").StartsWith("op"), []int{1, 3}},
		"not the zero enum":            {f("stage").Ne(ticketState(0)), []int{2}},
		"a time":                       {f("at").Lte(at(2)), []int{1, 2}},
		"a time, as text elsewhere":    {f("at").Eq("2026-01-02T01:00:00+01:00"), []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			var opts []mongoauthz.Option
			if !harness.Has(t, harness.Collation) {
				opts = append(opts, mongoauthz.WithoutCollation())
			}
			az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(
				func(context.Context, any, string, string) (filter.Filter, error) {
					return filter.For("Ticket", filter.Where(c.when)), nil
				}), opts...)
			require.NoError(t, err)
			require.NoError(t, az.Verify(t.Context()))
			q, err := az.AuthorizedQuery(t.Context(), "ann", "read", "Ticket")
			require.NoError(t, err)
			cursor, err := db.Collection("tickets").Aggregate(t.Context(), q.Pipeline())
			require.NoError(t, err)
			var listed []struct {
				ID int `bson:"_id"`
			}
			require.NoError(t, cursor.All(t.Context(), &listed))
			var got []int
			for _, l := range listed {
				got = append(got, l.ID)
			}
			require.ElementsMatch(t, c.want, got)
			for _, held := range tickets {
				err := az.Authorize(t.Context(), "ann", "read", mongoauthz.Document("Ticket", held))
				require.Equal(t, slices.Contains(c.want, held.ID), err == nil, fmt.Sprintf("%d in hand: %v", held.ID, err))
			}
		})
	}
}
