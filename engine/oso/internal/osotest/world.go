// Package osotest has what the tests of engine/oso share with those in engine/oso/integration, which need a server:
// a schema with users, teams and documents, policies over it, and what a test asks of an engine.
package osotest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Status is a text of a type of its own.
type Status string

// User is who acts, and who owns.
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

// Grant is an element of a list of the actor.
type Grant struct {
	Kind string `bson:"kind"`
	Max  int    `bson:"max"`
}

// Has is a method for policies, as are the others.
func (u User) Has(role string) bool { return slices.Contains(u.Roles, role) }

// Initials is a method of the pointer.
func (u *User) Initials() []string { return []string{u.Name[:1]} }

// Reach is a method with a number.
func (u User) Reach(more int) int { return len(u.Roles) + more }

// Covers is a method of an element.
func (g Grant) Covers(n int) bool { return n <= g.Max }

// Team is what users and documents refer to.
type Team struct {
	ID    int      `bson:"_id" authz:"users has many User by team_id"`
	Name  string   `bson:"name"`
	Limit *float64 `bson:"limit"`
}

// Item is an element of a document.
type Item struct {
	Kind string `bson:"kind"`
	Qty  *int   `bson:"qty"`
}

// Address is a part of a document.
type Address struct {
	City string `bson:"city"`
	Zip  *int   `bson:"zip"`
}

// Doc is the resource of the policies.
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

// Structs declares what is stored. It is the one declaration: the schema and the classes are both made of it.
var Structs = []relations.Struct{{Of: User{}, Collection: "users"}, {Of: Team{}, Collection: "teams"}, {Of: Doc{}, Collection: "docs"}}

// Schema is made of Structs.
func Schema(tb testing.TB) *relations.Schema {
	tb.Helper()
	s, err := relations.FromStructs(Structs...)
	require.NoError(tb, err)
	return s
}

// ID returns an ObjectID that ends in n.
func ID(n byte) bson.ObjectID { return bson.ObjectID{11: n} }

// Decimal reads a decimal.
func Decimal(tb testing.TB, s string) bson.Decimal128 {
	d, err := bson.ParseDecimal128(s)
	require.NoError(tb, err)
	return d
}

// Noon is a time to count from.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Users are who acts, and who owns.
func Users(tb testing.TB) []User {
	zero := Decimal(tb, "0")
	return []User{
		{ID: ID(1), Name: "ann", Score: 2.75, Level: new(3), Roles: []string{"a", "b"}, Status: "open", Born: Noon, Device: [16]byte{1}, Credit: Decimal(tb, "0.1"),
			Serial: 1 << 40, TeamID: new(1), Secret: "do-not-tell", Grants: []Grant{{"a", 5}, {"b", 1}}, Attrs: map[string]any{"floor": 1.5, "tag": "x"}},
		{ID: ID(2), Name: "ben", Score: -1, Roles: nil, Status: "draft", Born: Noon.Add(time.Hour), Credit: zero, TeamID: new(2)},
		{ID: ID(3), Name: "cyd", Score: 3, Level: new(5), Roles: []string{"c"}, Born: Noon, Credit: zero},
	}
}

// Teams are those that users and documents refer to.
func Teams() []Team {
	return []Team{{ID: 1, Name: "red", Limit: new(2.5)}, {ID: 2, Name: "blue"}}
}
