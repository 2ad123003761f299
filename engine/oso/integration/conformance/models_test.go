package conformance_test

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// What is stored. The classes of a policy have the names of the types, and the attributes those of the fields and relations.

type User struct {
	ID     string        `bson:"_id" authz:"docs has many Doc by owner_id"`
	Name   string        `bson:"name"`
	Root   bool          `bson:"root"`
	Level  int           `bson:"level"`
	Grade  *int          `bson:"grade"`
	Score  float64       `bson:"score"`
	Badge  bson.ObjectID `bson:"badge"`
	Since  time.Time     `bson:"since"`
	Langs  []string      `bson:"langs"`
	TeamID *string       `bson:"team_id" authz:"team references Team"`
	BossID *string       `bson:"boss_id" authz:"boss references User"`
}

type Team struct {
	ID     string  `bson:"_id" authz:"members has many User by team_id; docs has many Doc by team_id"`
	Name   string  `bson:"name"`
	LeadID *string `bson:"lead_id" authz:"lead references User"`
	Open   bool    `bson:"open"`
}

type Folder struct {
	ID       string  `bson:"_id" authz:"docs has many Doc by folder_id"`
	OwnerID  string  `bson:"owner_id" authz:"owner references User"`
	ParentID *string `bson:"parent_id" authz:"parent references Folder"`
	Name     string  `bson:"name"`
}

type Doc struct {
	ID        string        `bson:"_id" authz:"items has many Item by doc_id"`
	OwnerID   string        `bson:"owner_id" authz:"owner references User"`
	EditorID  *string       `bson:"editor_id" authz:"editor references User"`
	TeamID    *string       `bson:"team_id" authz:"team references Team"`
	FolderID  *string       `bson:"folder_id" authz:"folder references Folder"`
	ReaderIDs []string      `bson:"reader_ids,omitempty" authz:"readers references User"`
	Public    bool          `bson:"public"`
	Draft     *bool         `bson:"draft"`
	Level     int           `bson:"level"`
	Grade     *int          `bson:"grade"`
	Score     float64       `bson:"score"`
	Lang      *string       `bson:"lang"`
	Tags      []string      `bson:"tags,omitempty"`
	Marks     []int         `bson:"marks,omitempty"`
	Badge     bson.ObjectID `bson:"badge"`
	At        time.Time     `bson:"at"`
	Until     *time.Time    `bson:"until"`
	Price     Price         `bson:"price"`
	Rebate    *Price        `bson:"rebate"`
	Lines     []Line        `bson:"lines,omitempty"`
}

type Price struct {
	Amount   int     `bson:"amount"`
	Currency *string `bson:"currency"`
}

type Line struct {
	Kind   string  `bson:"kind"`
	Qty    int     `bson:"qty"`
	UserID *string `bson:"user_id" authz:"user references User"`
}

type Item struct {
	ID     string  `bson:"_id"`
	DocID  string  `bson:"doc_id" authz:"doc references Doc"`
	Kind   string  `bson:"kind"`
	Qty    int     `bson:"qty"`
	UserID *string `bson:"user_id" authz:"user references User"`
}

func structs() []relations.Struct {
	return []relations.Struct{
		{Of: User{}, Collection: "users"}, {Of: Team{}, Collection: "teams"}, {Of: Folder{}, Collection: "folders"},
		{Of: Doc{}, Collection: "docs"}, {Of: Item{}, Collection: "items"},
	}
}

func to[T any](v T) *T { return &v }

func at(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }

func badge(b byte) bson.ObjectID { return bson.ObjectID{11: b} }

// actors ask. Bob has nil wherever a field can be nil.
var actors = []User{
	{ID: "amy", Name: "Amy", Root: true, Level: 3, Grade: to(2), Score: 2.5, Badge: badge(1), Since: at(10), Langs: []string{"de", "en"}, TeamID: to("crew")},
	{ID: "bob", Name: "Bob", Level: 1, Score: 2, Badge: badge(2), Since: at(20), Langs: nil},
	{ID: "cat", Name: "Cat", Level: 2, Grade: to(1), Score: 2.75, Badge: badge(1), Since: at(1), Langs: []string{"fr"}, TeamID: to("crew"), BossID: to("amy")},
	{ID: "dan", Name: "Dan", Root: true, Level: -1, Grade: to(0), Score: -0.5, Badge: badge(9), Since: at(31), Langs: []string{"", "de"}, TeamID: to("duo"), BossID: to("bob")},
}

var teams = []Team{
	{ID: "crew", Name: "crew", LeadID: to("amy"), Open: true},
	{ID: "duo", Name: "duo", LeadID: nil},
	{ID: "void", Name: "void", LeadID: to("nobody")},
}

var folders = []Folder{
	{ID: "top", OwnerID: "amy", Name: "top"},
	{ID: "sub", OwnerID: "bob", ParentID: to("top"), Name: "sub"},
	{ID: "leaf", OwnerID: "cat", ParentID: to("sub"), Name: "leaf"},
	{ID: "stray", OwnerID: "nobody", ParentID: to("gone"), Name: "stray"},
}

// docs are what is asked for. The first has nil wherever it can.
var docs = []Doc{
	{ID: "bare", OwnerID: "bob", Badge: badge(3), At: at(10)},
	{
		ID: "full", OwnerID: "amy", EditorID: to("bob"), TeamID: to("crew"), FolderID: to("sub"), ReaderIDs: []string{"bob", "cat"}, Public: true,
		Draft: to(false), Level: 3, Grade: to(2), Score: 2.5, Lang: to("de"), Tags: []string{"red", "de"}, Marks: []int{1, 5}, Badge: badge(1),
		At: at(10), Until: to(at(20)), Price: Price{Amount: 10, Currency: to("EUR")}, Rebate: &Price{Amount: 1},
		Lines: []Line{{Kind: "a", Qty: 1, UserID: to("amy")}, {Kind: "b", Qty: 2}},
	},
	{
		ID: "draft", OwnerID: "cat", EditorID: to("cat"), TeamID: to("duo"), FolderID: to("top"), ReaderIDs: []string{}, Draft: to(true), Level: 1,
		Grade: to(0), Score: 2, Lang: to(""), Tags: []string{}, Marks: []int{}, Badge: badge(2), At: at(20), Until: to(at(1)),
		Price: Price{Amount: 0, Currency: to("USD")}, Rebate: &Price{Amount: 10, Currency: to("EUR")}, Lines: []Line{},
	},
	{
		ID: "stray", OwnerID: "nobody", EditorID: to("nobody"), TeamID: to("gone"), FolderID: to("gone"), ReaderIDs: []string{"nobody"}, Level: 2,
		Score: -0.5, Lang: to("fr"), Tags: []string{"blue"}, Marks: []int{-1}, Badge: badge(9), At: at(31), Price: Price{Amount: -1},
		Lines: []Line{{Kind: "b", Qty: 1, UserID: to("nobody")}},
	},
	{
		ID: "twice", OwnerID: "amy", EditorID: to("amy"), TeamID: to("crew"), FolderID: to("leaf"), ReaderIDs: []string{"amy", "amy"}, Level: 2, Grade: to(2),
		Score: 2.75, Lang: to("fr"), Tags: []string{"red", "blue", "red"}, Marks: []int{2, 2}, Badge: badge(1), At: at(1), Until: to(at(10)),
		Price: Price{Amount: 10}, Lines: []Line{{Kind: "a", Qty: 2, UserID: to("bob")}, {Kind: "a", Qty: 2, UserID: to("cat")}},
	},
	{
		ID: "void", OwnerID: "dan", TeamID: to("void"), FolderID: to("stray"), Public: true, Level: -1, Score: 3, Lang: to("$owner"),
		Tags: []string{"$in"}, Badge: badge(4), At: at(5), Price: Price{Amount: 3, Currency: to("")}, Rebate: &Price{},
	},
}

var items = []Item{
	{ID: "i1", DocID: "full", Kind: "a", Qty: 1, UserID: to("amy")},
	{ID: "i2", DocID: "full", Kind: "b", Qty: 2},
	{ID: "i3", DocID: "twice", Kind: "a", Qty: 2, UserID: to("bob")},
	{ID: "i4", DocID: "twice", Kind: "a", Qty: 2, UserID: to("cat")},
	{ID: "i5", DocID: "stray", Kind: "b", Qty: 1, UserID: to("nobody")},
	{ID: "i6", DocID: "nowhere", Kind: "c", Qty: 3, UserID: to("dan")},
}
