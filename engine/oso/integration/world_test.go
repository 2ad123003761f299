package integration_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/osotest"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// Short names for what these tests share with those of package oso, which need no server.
type (
	Status  = osotest.Status
	User    = osotest.User
	Grant   = osotest.Grant
	Team    = osotest.Team
	Item    = osotest.Item
	Address = osotest.Address
	Doc     = osotest.Doc
)

var (
	structs            = osotest.Structs
	schema             = osotest.Schema
	id                 = osotest.ID
	decimal            = osotest.Decimal
	noon               = osotest.Noon
	users              = osotest.Users
	teams              = osotest.Teams
	engine             = osotest.Engine
	given              = osotest.Given
	requireUnsupported = osotest.RequireUnsupported
	withoutNull        = osotest.WithoutNull
)

// docs are documents in which every field has several values, nil among them where the Go type can hold it.
func docs(tb testing.TB) []Doc {
	var all []Doc
	for n := range 48 {
		pick := func(k, of int) int { return (n/k + n*7) % of }
		d := Doc{
			ID: n, Public: n%2 == 0, Status: []Status{"draft", "open", "x"}[pick(2, 3)], Title: []string{"a", "b", "ä", "a.b"}[pick(3, 4)], Price: []float64{0, 2.5, 2.75, 3}[pick(5, 4)],
			At: noon.Add(time.Duration(pick(2, 3)-1) * time.Hour), Device: [16]byte{byte(pick(3, 2))}, Cost: decimal(tb, []string{"0.1", "0.10", "7"}[pick(4, 3)]),
			Serial: []uint64{1, 1 << 40}[pick(1, 2)], OwnerID: id(byte(1 + pick(2, 4))), TeamID: 1 + pick(3, 3), Address: Address{City: []string{"a", "b"}[pick(5, 2)]},
			Hidden: []*bool{nil, new(true), new(false)}[pick(1, 3)], Nick: []*string{nil, new("a"), new("b")}[pick(2, 3)], Level: []*int{nil, new(1), new(3), new(5)}[pick(3, 4)],
			Floor: []*int{nil, new(3), new(1)}[pick(4, 3)], EditorID: []*bson.ObjectID{nil, new(id(1)), new(id(2)), new(id(9))}[pick(1, 4)],
			Members: [][]bson.ObjectID{nil, {}, {id(1)}, {id(2), id(3)}, {id(1), id(9)}}[pick(2, 5)], Tags: [][]string{nil, {}, {"a"}, {"b", "x"}, {"c", "c"}}[pick(3, 5)],
			Labels: [][]string{nil, {}, {"a"}, {"b"}}[pick(1, 4)], Numbers: [][]int{nil, {1}, {2, 9}}[pick(2, 3)],
			Items: [][]Item{nil, {}, {{Kind: "a", Qty: new(2)}}, {{Kind: "a", Qty: nil}, {Kind: "b", Qty: new(2)}}, {{Kind: "b", Qty: nil}}}[pick(1, 5)],
			Any:   []any{nil, int32(3), "a"}[pick(2, 3)],
		}
		d.Address.Zip = []*int{nil, new(8)}[pick(2, 2)]
		d.Stamp = []*Address{nil, {}, {Zip: new(7)}}[pick(2, 3)]
		all = append(all, d)
	}
	return all
}

// load stores users, teams and docs. Of the docs with an odd number the fields that are nil are left out; of the others they are null.
func load(tb testing.TB, db *mongo.Database) {
	tb.Helper()
	ctx := context.Background()
	insert := func(collection string, documents ...any) {
		_, err := db.Collection(collection).InsertMany(ctx, documents)
		require.NoError(tb, err)
	}
	for _, u := range users(tb) {
		insert("users", u)
	}
	for _, t := range teams() {
		insert("teams", t)
	}
	var stored []any
	for _, d := range docs(tb) {
		var raw bson.D
		b, err := bson.Marshal(d)
		require.NoError(tb, err)
		require.NoError(tb, bson.Unmarshal(b, &raw))
		if d.ID%2 == 1 {
			raw = withoutNull(raw)
		}
		stored = append(stored, raw)
	}
	insert("docs", stored...)
}

// options are those that the server at hand needs.
func options(tb testing.TB) []mongoauthz.Option {
	if harness.Compat(tb) {
		return []mongoauthz.Option{mongoauthz.WithoutCollation()}
	}
	return nil
}
