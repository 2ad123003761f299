// Package adaptertest has the types that the tests of engine/oso/adapter share with those in engine/oso/integration,
// which need a server.
package adaptertest

import "github.com/mongoauthz/go-mongoauthz/relations"

// User is who acts.
type User struct {
	ID     string   `bson:"_id"`
	Root   bool     `bson:"root"`
	Level  int      `bson:"level"`
	Rating float64  `bson:"rating"`
	Count  uint     `bson:"count"`
	Langs  []string `bson:"langs"`
	TeamID *string  `bson:"team_id" authz:"my_team references Team"`
}

// Named is a method of the actor.
func (u User) Named(string) bool { return true }

// Half is one whose result Oso would cut.
func (u User) Half() float64 { return 0.5 }

// Team is what users and documents refer to.
type Team struct {
	ID     string `bson:"_id" authz:"members has many User by team_id; docs has many Doc by team_id"`
	Name   string `bson:"name"`
	LeadID string `bson:"lead_id" authz:"lead references User"`
}

// Doc is the resource of the policies.
type Doc struct {
	ID       string   `bson:"_id" authz:"items has many Item by doc_id"`
	OwnerID  string   `bson:"owner_id" authz:"owner references User"`
	EditorID *string  `bson:"editor_id,omitempty" authz:"editor references User"`
	TeamID   *string  `bson:"team_id" authz:"team references Team"`
	Public   bool     `bson:"public"`
	Level    int      `bson:"level"`
	Lang     *string  `bson:"lang"`
	Tags     []string `bson:"tags"`
	Price    Price    `bson:"price"`
}

// Price is a part of a document.
type Price struct {
	Amount   int    `bson:"amount"`
	Currency string `bson:"currency"`
}

// Item refers to a document.
type Item struct {
	ID    string `bson:"_id"`
	DocID string `bson:"doc_id" authz:"doc references Doc"`
	Kind  string `bson:"kind"`
	Qty   int    `bson:"qty"`
}

// Structs declares what is stored.
func Structs() []relations.Struct {
	return []relations.Struct{
		{Of: User{}, Collection: "users"}, {Of: Team{}, Collection: "teams"}, {Of: Doc{}, Collection: "docs"}, {Of: Item{}, Collection: "items"},
	}
}

// Roles is a policy with roles and relations.
const Roles = `allow(actor, action, resource) if has_permission(actor, action, resource);
	actor User {}
	resource Team { roles = ["lead", "member"]; "member" if "lead"; }
	resource Doc {
		permissions = ["read", "write"];
		roles = ["owner"];
		relations = { team: Team };
		"read" if "write";
		"write" if "owner";
		"read" if "member" on "team";
	}
	has_relation(t: Team, "team", d: Doc) if t = d.Team;
	has_role(u: User, "lead", t: Team) if t.LeadID = u.ID;
	has_role(u: User, "member", t: Team) if m in t.Members and m.ID = u.ID;
	has_role(u: User, "owner", d: Doc) if d.OwnerID = u.ID;`
