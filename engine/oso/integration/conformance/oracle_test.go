package conformance_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	oso "github.com/osohq/go-oso"
	"github.com/osohq/go-oso/types"
	"github.com/stretchr/testify/require"
)

// What Oso is asked about: the stored documents, as Go structs that compare as they should.

type oUser struct {
	ID     string
	Name   string
	Root   bool
	Level  int
	Grade  *int
	Score  number
	Badge  string
	Since  instant
	Langs  []string
	TeamID *string
	BossID *string
}

type oTeam struct {
	ID     string
	Name   string
	LeadID *string
	Open   bool
}

type oFolder struct {
	ID       string
	OwnerID  string
	ParentID *string
	Name     string
}

type oDoc struct {
	ID        string
	OwnerID   string
	EditorID  *string
	TeamID    *string
	FolderID  *string
	ReaderIDs []string
	Public    bool
	Draft     *bool
	Level     int
	Grade     *int
	Score     number
	Lang      *string
	Tags      []string
	Marks     []int
	Badge     string
	At        instant
	Until     *instant
	Price     oPrice
	Rebate    *oPrice
	Lines     []oLine
	Readers   []oUser // Oso has no relation by a list of keys
}

type oPrice struct {
	Amount   int
	Currency *string
}

type oLine struct {
	Kind   string
	Qty    int
	UserID *string
}

type oItem struct {
	ID     string
	DocID  string
	Kind   string
	Qty    int
	UserID *string
}

// number is a number that may have a fraction, which go-oso would cut.
type number struct{ of float64 }

func (n number) Equal(other any) bool {
	o, ok := asFloat(other)
	return ok && n.of == o
}

func (n number) Lt(other any) bool {
	o, ok := asFloat(other)
	if !ok {
		panic("a number is compared by order with what is none")
	}
	return n.of < o
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case number:
		return v.of, true
	case float64:
		return v, true
	case int64:
		return float64(v), true
	default:
		return 0, false
	}
}

// instant is a date.
type instant struct{ ms int64 }

func (i instant) Equal(other any) bool { return i == other }

func (i instant) Lt(other any) bool { return i.ms < other.(instant).ms }

func stamp(t time.Time) instant { return instant{t.UnixMilli()} }

// oracle is what Oso is asked about. It is the adapter by which Oso follows relations.
type oracle struct {
	users   map[string]oUser
	docs    map[string]oDoc
	classes map[string][]any
}

// led are the relations, as Oso has them.
var led = map[string]map[string]any{
	"User":   {"Team": one("Team", "TeamID"), "Boss": one("User", "BossID"), "Docs": many("Doc", "OwnerID")},
	"Team":   {"Lead": one("User", "LeadID"), "Members": many("User", "TeamID"), "Docs": many("Doc", "TeamID")},
	"Folder": {"Owner": one("User", "OwnerID"), "Parent": one("Folder", "ParentID"), "Docs": many("Doc", "FolderID")},
	"Doc": {
		"Owner": one("User", "OwnerID"), "Editor": one("User", "EditorID"), "Team": one("Team", "TeamID"), "Folder": one("Folder", "FolderID"),
		"Items": many("Item", "DocID"),
	},
	"Line": {"User": one("User", "UserID")},
	"Item": {"User": one("User", "UserID"), "Doc": one("Doc", "DocID")},
}

func one(other, by string) types.Relation {
	return types.Relation{Kind: "one", OtherType: other, MyField: by, OtherField: "ID"}
}

func many(other, by string) types.Relation {
	return types.Relation{Kind: "many", OtherType: other, MyField: "ID", OtherField: by}
}

func newOracle() *oracle {
	o := &oracle{users: map[string]oUser{}, docs: map[string]oDoc{}, classes: map[string][]any{}}
	for _, u := range actors {
		o.users[u.ID] = oUser{
			ID: u.ID, Name: u.Name, Root: u.Root, Level: u.Level, Grade: u.Grade, Score: number{u.Score}, Badge: u.Badge.Hex(), Since: stamp(u.Since),
			Langs: u.Langs, TeamID: u.TeamID, BossID: u.BossID,
		}
		o.classes["User"] = append(o.classes["User"], o.users[u.ID])
	}
	for _, t := range teams {
		o.classes["Team"] = append(o.classes["Team"], oTeam(t))
	}
	for _, f := range folders {
		o.classes["Folder"] = append(o.classes["Folder"], oFolder(f))
	}
	for _, i := range items {
		o.classes["Item"] = append(o.classes["Item"], oItem(i))
	}
	for _, d := range docs {
		x := oDoc{
			ID: d.ID, OwnerID: d.OwnerID, EditorID: d.EditorID, TeamID: d.TeamID, FolderID: d.FolderID, ReaderIDs: d.ReaderIDs, Public: d.Public,
			Draft: d.Draft, Level: d.Level, Grade: d.Grade, Score: number{d.Score}, Lang: d.Lang, Tags: d.Tags, Marks: d.Marks, Badge: d.Badge.Hex(),
			At: stamp(d.At), Price: oPrice(d.Price), Rebate: (*oPrice)(d.Rebate),
		}
		if d.Until != nil {
			x.Until = to(stamp(*d.Until))
		}
		for _, l := range d.Lines {
			x.Lines = append(x.Lines, oLine(l))
		}
		for i, id := range d.ReaderIDs {
			if u, ok := o.users[id]; ok && !slices.Contains(d.ReaderIDs[:i], id) {
				x.Readers = append(x.Readers, u)
			}
		}
		o.docs[d.ID] = x
		o.classes["Doc"] = append(o.classes["Doc"], x)
	}
	return o
}

// BuildQuery takes what Oso asks for when it follows a relation: the documents of a class with a value in a field.
func (o *oracle) BuildQuery(f *types.Filter) (any, error) { return f, nil }

// ExecuteQuery returns them. A key that is nil leads nowhere.
func (o *oracle) ExecuteQuery(q any) (rows []any, err error) {
	f := q.(*types.Filter)
	c := f.Conditions[0][0]
	field, key := c.Lhs.DatumVariant.(types.Projection), value(reflect.ValueOf(c.Rhs.DatumVariant.(types.Immediate).Value))
	for _, d := range o.classes[f.Root] {
		if v := value(reflect.ValueOf(d).FieldByName(field.FieldName)); key != nil && v == key {
			rows = append(rows, d)
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

// load returns Oso with a policy.
func (o *oracle) load(t *testing.T, policy string) *oso.Oso {
	t.Helper()
	engine, err := oso.NewOso()
	require.NoError(t, err)
	for name, of := range map[string]any{
		"User": oUser{}, "Team": oTeam{}, "Folder": oFolder{}, "Doc": oDoc{}, "Price": oPrice{}, "Line": oLine{}, "Item": oItem{},
	} {
		require.NoError(t, engine.RegisterClassWithNameAndFields(reflect.TypeOf(of), nil, name, led[name]))
	}
	engine.SetDataFilteringAdapter(o)
	require.NoError(t, engine.LoadString(policy), policy)
	return &engine
}

// asked is Oso, as far as it is asked.
type asked interface {
	IsAllowed(actor, action, resource any) (bool, error)
}

// allowed asks Oso, which may fail or panic.
func allowed(o asked, actor any, action string, d oDoc) (ok bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			ok, err = false, fmt.Errorf("panic: %v", r)
		}
	}()
	return o.IsAllowed(actor, action, d)
}
