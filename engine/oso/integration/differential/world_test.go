package differential_test

import (
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

type User struct {
	ID     string   `bson:"_id"`
	N      int      `bson:"n"`
	P      *int     `bson:"p"`
	S      string   `bson:"s"`
	T      []string `bson:"t,omitempty"`
	TeamID *string  `bson:"team_id" authz:"team references Team"`
}

type Team struct {
	ID     string  `bson:"_id" authz:"members has many User by team_id"`
	N      int     `bson:"n"`
	Q      *string `bson:"q"`
	LeadID *string `bson:"lead_id" authz:"lead references User"`
}

type Doc struct {
	ID       string   `bson:"_id" authz:"items has many Item by doc_id"`
	OwnerID  *string  `bson:"owner_id" authz:"owner references User"`
	EditorID *string  `bson:"editor_id" authz:"editor references User"`
	TeamID   *string  `bson:"team_id" authz:"team references Team"`
	A        bool     `bson:"a"`
	B        *bool    `bson:"b"`
	N        int      `bson:"n"`
	P        *int     `bson:"p"`
	S        string   `bson:"s"`
	Q        *string  `bson:"q"`
	T        []string `bson:"t,omitempty"`
	M        []int    `bson:"m,omitempty"`
	E        Part     `bson:"e"`
	F        *Part    `bson:"f"`
	L        []Line   `bson:"l,omitempty"`
}

type Part struct {
	N int     `bson:"n"`
	Q *string `bson:"q"`
}

type Line struct {
	N      int     `bson:"n"`
	Q      *string `bson:"q"`
	UserID *string `bson:"user_id" authz:"user references User"`
}

type Item struct {
	ID     string  `bson:"_id"`
	DocID  *string `bson:"doc_id"`
	N      int     `bson:"n"`
	Q      *string `bson:"q"`
	UserID *string `bson:"user_id" authz:"user references User"`
}

func structs() []relations.Struct {
	return []relations.Struct{
		{Of: User{}, Collection: "users"}, {Of: Team{}, Collection: "teams"}, {Of: Doc{}, Collection: "docs"}, {Of: Item{}, Collection: "items"},
	}
}

// led are the relations, as Oso has them.
var led = map[string]map[string]any{
	"User": {"Team": one("Team", "TeamID")},
	"Team": {"Lead": one("User", "LeadID"), "Members": many("User", "TeamID")},
	"Doc":  {"Owner": one("User", "OwnerID"), "Editor": one("User", "EditorID"), "Team": one("Team", "TeamID"), "Items": many("Item", "DocID")},
	"Line": {"User": one("User", "UserID")},
	"Item": {"User": one("User", "UserID")},
}

func one(other, by string) types.Relation {
	return types.Relation{Kind: "one", OtherType: other, MyField: by, OtherField: "ID"}
}

func many(other, by string) types.Relation {
	return types.Relation{Kind: "many", OtherType: other, MyField: "ID", OtherField: by}
}

// world is what is stored, as Go decodes it. It is the adapter by which Oso follows relations.
type world struct {
	users []User
	teams []Team
	docs  []Doc
	items []Item
}

// random makes choices.
type random struct{ *rand.Rand }

func (r random) chance(percent int) bool { return r.IntN(100) < percent }

func choose[T any](r random, from ...T) T { return from[r.IntN(len(from))] }

// perhaps returns nil in a third of all cases.
func perhaps[T any](r random, v T) *T {
	if r.chance(33) {
		return nil
	}
	return &v
}

func (r random) text() string { return choose(r, "x", "y", "u1", "", "$n") }

func (r random) user() string { return choose(r, "u1", "u2", "u3", "u9") } // the last is nobody's

func (r random) list() (out []string) {
	for range r.IntN(4) {
		out = append(out, r.text())
	}
	return out
}

func (r random) world() *world {
	w := &world{}
	number := func() int { return r.IntN(5) - 1 }
	for _, id := range []string{"u1", "u2", "u3"} {
		w.users = append(w.users, User{id, number(), perhaps(r, number()), r.text(), r.list(), perhaps(r, choose(r, "t1", "t2", "t8"))})
	}
	for _, id := range []string{"t1", "t2"} {
		w.teams = append(w.teams, Team{id, number(), perhaps(r, r.text()), perhaps(r, r.user())})
	}
	for _, id := range []string{"d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"} {
		d := Doc{
			ID: id, OwnerID: perhaps(r, r.user()), EditorID: perhaps(r, r.user()), TeamID: perhaps(r, choose(r, "t1", "t1", "t2", "t2", "t9")),
			A: r.chance(50), B: perhaps(r, r.chance(50)), N: number(), P: perhaps(r, number()), S: r.text(), Q: perhaps(r, r.text()), T: r.list(),
			E: Part{number(), perhaps(r, r.text())}, F: perhaps(r, Part{number(), perhaps(r, r.text())}),
		}
		for range r.IntN(3) {
			d.M = append(d.M, number())
			d.L = append(d.L, Line{number(), perhaps(r, r.text()), perhaps(r, r.user())})
		}
		w.docs = append(w.docs, d)
	}
	for _, id := range []string{"i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8"} {
		w.items = append(w.items, Item{id, perhaps(r, choose(r, "d1", "d2", "d3", "d9")), number(), perhaps(r, r.text()), perhaps(r, r.user())})
	}
	return w
}

// stored returns a document with null or without the field wherever Go has nil.
func (r random) stored(v any) (bson.D, error) {
	raw, err := bson.Marshal(v)
	if err != nil {
		return nil, err
	}
	var d bson.D
	if err := bson.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	return r.some(d), nil
}

func (r random) some(d bson.D) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch v := e.Value.(type) {
		case nil:
			if r.chance(50) {
				continue
			}
		case bson.D:
			e.Value = r.some(v)
		case bson.A:
			for i, x := range v {
				if x, ok := x.(bson.D); ok {
					v[i] = r.some(x)
				}
			}
		}
		out = append(out, e)
	}
	return out
}

// ragged reports whether an element of a document's leads to a user that is not there.
func (w *world) ragged(d Doc) bool {
	missing := func(id *string) bool {
		return id == nil || !slices.ContainsFunc(w.users, func(u User) bool { return u.ID == *id })
	}
	return slices.ContainsFunc(d.L, func(l Line) bool { return missing(l.UserID) }) ||
		slices.ContainsFunc(w.items, func(i Item) bool { return i.DocID != nil && *i.DocID == d.ID && missing(i.UserID) })
}

// BuildQuery takes what Oso asks for when it follows a relation: the documents of a class with a value in a field.
func (w *world) BuildQuery(f *types.Filter) (any, error) { return f, nil }

// ExecuteQuery returns them. A key that is nil leads nowhere.
func (w *world) ExecuteQuery(q any) (rows []any, err error) {
	f := q.(*types.Filter)
	c := f.Conditions[0][0]
	field, key := c.Lhs.DatumVariant.(types.Projection).FieldName, value(reflect.ValueOf(c.Rhs.DatumVariant.(types.Immediate).Value))
	all := reflect.ValueOf(map[string]any{"User": w.users, "Team": w.teams, "Doc": w.docs, "Item": w.items}[f.Root])
	for i := range all.Len() {
		if v := value(all.Index(i).FieldByName(field)); key != nil && v == key {
			rows = append(rows, all.Index(i).Interface())
		}
	}
	return rows, nil
}

// value returns what a pointer points to, nil if it is nil.
func value(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

// show returns a value with what its pointers point to.
func show(v any) string {
	raw, err := bson.MarshalExtJSON(v, false, false)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// related returns all that documents are related to, for whoever reads a failure.
func related(w *world) (lines []string) {
	for _, v := range w.users {
		lines = append(lines, "user "+show(v))
	}
	for _, v := range w.teams {
		lines = append(lines, "team "+show(v))
	}
	for _, v := range w.items {
		lines = append(lines, "item "+show(v))
	}
	return lines
}
