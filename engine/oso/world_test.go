package oso_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

type Status string

type User struct {
	ID     bson.ObjectID   `bson:"_id"`
	Name   string          `bson:"name"`
	Score  float64         `bson:"score"`
	Level  *int            `bson:"level"`
	Roles  []string        `bson:"roles"`
	Status Status          `bson:"status"`
	Born   time.Time       `bson:"born"`
	Device [16]byte        `bson:"device"`
	Credit bson.Decimal128 `bson:"credit"`
	Serial uint64          `bson:"serial"`
	TeamID *int            `bson:"team_id" authz:"team references Team"`
	Secret string          `bson:"-"`
	Grants []Grant         `bson:"grants"`
	Attrs  map[string]any  `bson:"-"`
}

type Grant struct {
	Kind string `bson:"kind"`
	Max  int    `bson:"max"`
}

func (u User) Has(role string) bool { return slices.Contains(u.Roles, role) }

func (u *User) Initials() []string { return []string{u.Name[:1]} }

func (u User) Reach(more int) int { return len(u.Roles) + more }

func (g Grant) Covers(n int) bool { return n <= g.Max }

type Team struct {
	ID    int      `bson:"_id" authz:"users has many User by team_id"`
	Name  string   `bson:"name"`
	Limit *float64 `bson:"limit"`
}

type Item struct {
	Kind string `bson:"kind"`
	Qty  *int   `bson:"qty"`
}

type Address struct {
	City string `bson:"city"`
	Zip  *int   `bson:"zip"`
}

type Doc struct {
	ID       int             `bson:"_id"`
	Public   bool            `bson:"public"`
	Hidden   *bool           `bson:"hidden"`
	Status   Status          `bson:"status"`
	Title    string          `bson:"title"`
	Nick     *string         `bson:"nick"`
	Level    *int            `bson:"level"`
	Floor    *int            `bson:"floor"`
	Price    float64         `bson:"price"`
	At       time.Time       `bson:"at"`
	Device   [16]byte        `bson:"device"`
	Cost     bson.Decimal128 `bson:"cost"`
	Serial   uint64          `bson:"serial"`
	OwnerID  bson.ObjectID   `bson:"owner_id" authz:"owner references User"`
	EditorID *bson.ObjectID  `bson:"editor_id" authz:"editor references User"`
	Members  []bson.ObjectID `bson:"member_ids" authz:"members references User"`
	TeamID   int             `bson:"team_id" authz:"team references Team; colleagues through team, users"`
	Tags     []string        `bson:"tags"`
	Labels   []string        `bson:"labels,omitempty"`
	Numbers  []int           `bson:"numbers"`
	Items    []Item          `bson:"items"`
	Address  Address         `bson:"address"`
	Stamp    *Address        `bson:"stamp"`
	Any      any             `bson:"any"`
}

// structs declares what is stored. It is the one declaration: the schema and the classes are both made of it.
var structs = []relations.Struct{{Of: User{}, Collection: "users"}, {Of: Team{}, Collection: "teams"}, {Of: Doc{}, Collection: "docs"}}

func schema(tb testing.TB) *relations.Schema {
	tb.Helper()
	s, err := relations.FromStructs(structs...)
	require.NoError(tb, err)
	return s
}

func ref[T any](v T) *T { return &v }

func id(n byte) bson.ObjectID { return bson.ObjectID{11: n} }

func decimal(tb testing.TB, s string) bson.Decimal128 {
	d, err := bson.ParseDecimal128(s)
	require.NoError(tb, err)
	return d
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// users are who acts, and who owns.
func users(tb testing.TB) []User {
	zero := decimal(tb, "0")
	return []User{
		{ID: id(1), Name: "ann", Score: 2.75, Level: ref(3), Roles: []string{"a", "b"}, Status: "open", Born: noon, Device: [16]byte{1}, Credit: decimal(tb, "0.1"),
			Serial: 1 << 40, TeamID: ref(1), Secret: "do-not-tell", Grants: []Grant{{"a", 5}, {"b", 1}}, Attrs: map[string]any{"floor": 1.5, "tag": "x"}},
		{ID: id(2), Name: "ben", Score: -1, Roles: nil, Status: "draft", Born: noon.Add(time.Hour), Credit: zero, TeamID: ref(2)},
		{ID: id(3), Name: "cyd", Score: 3, Level: ref(5), Roles: []string{"c"}, Born: noon, Credit: zero},
	}
}

func teams() []Team {
	return []Team{{ID: 1, Name: "red", Limit: ref(2.5)}, {ID: 2, Name: "blue"}}
}

// docs are documents in which every field has several values, nil among them where the Go type can hold it.
func docs(tb testing.TB) []Doc {
	var all []Doc
	for n := range 48 {
		pick := func(k, of int) int { return (n/k + n*7) % of }
		d := Doc{
			ID: n, Public: n%2 == 0, Status: []Status{"draft", "open", "x"}[pick(2, 3)], Title: []string{"a", "b", "ä", "a.b"}[pick(3, 4)], Price: []float64{0, 2.5, 2.75, 3}[pick(5, 4)],
			At: noon.Add(time.Duration(pick(2, 3)-1) * time.Hour), Device: [16]byte{byte(pick(3, 2))}, Cost: decimal(tb, []string{"0.1", "0.10", "7"}[pick(4, 3)]),
			Serial: []uint64{1, 1 << 40}[pick(1, 2)], OwnerID: id(byte(1 + pick(2, 4))), TeamID: 1 + pick(3, 3), Address: Address{City: []string{"a", "b"}[pick(5, 2)]},
			Hidden: []*bool{nil, ref(true), ref(false)}[pick(1, 3)], Nick: []*string{nil, ref("a"), ref("b")}[pick(2, 3)], Level: []*int{nil, ref(1), ref(3), ref(5)}[pick(3, 4)],
			Floor: []*int{nil, ref(3), ref(1)}[pick(4, 3)], EditorID: []*bson.ObjectID{nil, ref(id(1)), ref(id(2)), ref(id(9))}[pick(1, 4)],
			Members: [][]bson.ObjectID{nil, {}, {id(1)}, {id(2), id(3)}, {id(1), id(9)}}[pick(2, 5)], Tags: [][]string{nil, {}, {"a"}, {"b", "x"}, {"c", "c"}}[pick(3, 5)],
			Labels: [][]string{nil, {}, {"a"}, {"b"}}[pick(1, 4)], Numbers: [][]int{nil, {1}, {2, 9}}[pick(2, 3)],
			Items: [][]Item{nil, {}, {{"a", ref(2)}}, {{"a", nil}, {"b", ref(2)}}, {{"b", nil}}}[pick(1, 5)],
			Any:   []any{nil, int32(3), "a"}[pick(2, 3)],
		}
		d.Address.Zip = []*int{nil, ref(8)}[pick(2, 2)]
		d.Stamp = []*Address{nil, {}, {Zip: ref(7)}}[pick(2, 3)]
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

func withoutNull(d bson.D) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch v := e.Value.(type) {
		case nil:
			continue
		case bson.D:
			e.Value = withoutNull(v)
		case bson.A:
			a := bson.A{}
			for _, x := range v {
				if inner, ok := x.(bson.D); ok {
					x = withoutNull(inner)
				}
				a = append(a, x)
			}
			e.Value = a
		}
		out = append(out, e)
	}
	return out
}

// options are those that the server at hand needs.
func options(tb testing.TB) []mongoauthz.Option {
	if harness.Compat(tb) {
		return []mongoauthz.Option{mongoauthz.WithoutCollation()}
	}
	return nil
}
