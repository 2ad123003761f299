package oso_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Courier is an actor with methods of every kind.
type Courier struct {
	Name   string
	Rank   int
	Roles  []string
	Boss   *Courier
	Attrs  map[string]any
	Since  time.Time
	ID     bson.ObjectID
	Salary float64
	calls  int
}

type Zone string

func (c Courier) HasRole(role string) bool {
	for _, r := range c.Roles {
		if r == role {
			return true
		}
	}
	return false
}
func (c Courier) Upper() string { return strings.ToUpper(c.Name) }
func (c *Courier) Counted() int { c.calls++; return c.calls }
func (c Courier) Add(n int8, of ...int) (sum int) {
	sum = int(n) + c.Rank
	for _, m := range of {
		sum += m
	}
	return sum
}
func (c Courier) Both() (string, int)                     { return c.Name, c.Rank }
func (c Courier) Nothing()                                {}
func (c Courier) Manager() *Courier                       { return c.Boss }
func (c Courier) Below(other *Courier) bool               { return other != nil && c.Rank < other.Rank }
func (c Courier) Same(other Courier) bool                 { return c.Name == other.Name }
func (c Courier) Sizes(of []int, by map[string]int) []int { return append(of, by["x"], c.Rank) }
func (c Courier) Home() Zone                              { return Zone(c.Name) }
func (c Courier) In(z Zone) bool                          { return string(z) == c.Name }
func (c Courier) Half(f float64) float64                  { return f / 2 }
func (c Courier) Half32(f float32) bool                   { return f > 0 }
func (c Courier) Any(v any) string                        { return fmt.Sprintf("%T", v) }
func (c Courier) Perhaps(p *string) bool                  { return p == nil }
func (c Courier) After(t time.Time) bool                  { return c.Since.After(t) }
func (c Courier) Holds(id bson.ObjectID) bool             { return c.ID == id }
func (c Courier) Fails(fail bool) (bool, error) {
	if fail {
		return false, errors.New("the secret of " + c.Name)
	}
	return true, nil
}
func (c Courier) Check() error             { return nil }
func (c Courier) Panics() bool             { panic("the secret of " + c.Name) }
func (c Courier) Map() map[string]any      { return map[string]any{"n": c.Rank} }
func (c Courier) Unknown() struct{ A int } { return struct{ A int }{1} }
func (c Courier) Deadline() time.Time      { return c.Since.Add(time.Hour) }
func (c Courier) Big() uint64              { return 1 << 63 }

var couriers = []Courier{
	{Name: "ann", Rank: 3, Roles: []string{"a", "b"}, Boss: &Courier{Name: "zoe", Rank: 9}, Attrs: map[string]any{"n": 3}, Since: noon, ID: id(1), Salary: 2.5},
	{Name: "ben", Rank: 0, Boss: &Courier{Name: "ben", Rank: 0}},
}

// TestMethodsOfTheActorAreCalledAsOsoCallsThem compares what the engine gives with what Oso itself allows, or with what Oso would say
// if it carried values as they are: it cuts off fractions, tells named types apart, and has no way to hand over a pointer, nil or a map.
func TestMethodsOfTheActorAreCalledAsOsoCallsThem(t *testing.T) {
	t.Parallel()
	const everything = "0 1 2 3 4 5"
	for _, c := range []struct{ body, ann, ben string }{
		{body: `u.HasRole("a")`}, {body: `not u.HasRole("a")`}, {body: `u.HasRole("a") = true and d.N = 3`}, {body: `u.HasRole("a") or d.N = 3`}, {body: `r in u.Roles and u.HasRole(r)`},
		{body: "u.HasRole( # a comment with \" and .HasRole(\n\"b\")"}, {body: "u . # here\nHasRole (\"b\")"}, {body: `u.Upper() = "ANN"`}, {body: `u.Upper( )="ANN" and u.Name != ".Upper(\")"`},
		{body: `x = u.Upper() and x = "BEN"`}, {body: `d.N = u.Add(0)`}, {body: `d.N = u.Add(-3, 1, 2)`}, {body: `d.N != u.Add(0)`}, {body: `not d.N = u.Add(0)`}, {body: `d.N < u.Add(1)`},
		{body: `u.Counted() = 1 and u.Counted() = 1`}, {body: `u.Both() = ["ann", 3]`}, {body: `u.Nothing() = []`}, {body: `x = u.Both() and x = ["ann", 3]`},
		{body: `u.Manager().Name = "ben"`}, {body: `m = u.Manager() and m.HasRole("a")`}, {body: `u.Manager().Upper() = "ZOE"`}, {body: `u.In("ann")`}, {body: `m = u.Map() and m.n = d.N`},
		{body: `u.Check() = nil`}, {body: `u.Fails(false) = [true, nil]`}, {body: `u.Same(u)`}, {body: `u.Same(u.Boss)`}, {body: `may(u, d)`}, {body: `u.HasRole("a") and d.Box.Size = 3`},
		{body: `forall(r in u.Roles, u.HasRole(r))`}, {body: `u.Any(1) = "int64"`}, {body: `u.Any(u) = "oso_test.Courier"`}, {body: `u.Any([1, "a"]) = "[]interface {}"`}, {body: `u.Any({}) = "map[string]interface {}"`},
		{body: `not may(u, d)`}, {body: `not u.HasRole("a") and not u.HasRole("b")`}, {body: `not (u.HasRole("a") and d.N = 3)`}, {body: `not (u.HasRole("a") or d.N = 3)`}, {body: `not u.Map().n = d.N`},
		{body: `not u.Map().none = d.N`}, {body: `m = u.Map() and not m.n = d.N`}, {body: `[n, r] = u.Both() and n = "ann" and r = 3`}, {body: `not d.Box.Size = u.Add(0)`},
		{body: `not u.Attrs.Method()`}, {body: `u.Attrs.Method() = 1`},
		{`u.Half(3) = 1.5`, everything, everything}, {`u.Half32(0.5)`, everything, everything}, {`u.Home() = u.Name`, everything, everything}, {`u.In(u.Home())`, everything, everything},
		{`u.Below(u.Boss)`, everything, ""}, {`u.Below(nil)`, "", ""}, {`u.Perhaps(nil)`, everything, everything}, {`u.Perhaps("x")`, "", ""}, {`7 in u.Sizes([1, 2], {x: 7})`, everything, everything},
		{`u.After(u.Since)`, "", ""}, {`u.Holds(u.ID)`, everything, everything}, {`u.Deadline() = u.Deadline() and u.Deadline() > u.Since`, everything, everything},
	} {
		policy := `allow(u: Courier, "read", d: Parcel) if u.Name != "nobody" and d.N != 99 and (` + c.body + `);
			may(u: Courier, d: Parcel) if u.HasRole("a") and d.N = 3;`
		schema, engine := couriersEngine(t, policy)
		plain, err := gooso.NewOso()
		require.NoError(t, err)
		for name, of := range map[string]any{"Courier": Courier{}, "Parcel": Parcel{}, "Box": Box{}} {
			require.NoError(t, plain.RegisterClassWithName(of, nil, name))
		}
		require.NoError(t, plain.LoadString(policy), c.body)
		for i, courier := range couriers {
			f, err := engine.Filter(t.Context(), courier, "read", "Parcel")
			require.NoError(t, err, c.body)
			for _, p := range parcels() {
				allowed := slices.Contains(strings.Fields([]string{c.ann, c.ben}[i]), strconv.Itoa(p.ID))
				if c.ann == "" && c.ben == "" && !strings.Contains(c.body, "nil)") {
					allowed = plainAllows(plain, courier, p)
				}
				require.Equal(t, allowed, given(t, schema, f, p), "%s: parcel %d for %s: %v", c.body, p.ID, courier.Name, f)
			}
		}
	}
}

func couriersEngine(t *testing.T, policy string, opts ...oso.Option) (*relations.Schema, *oso.Engine) {
	t.Helper()
	structs := relations.Struct{Of: Parcel{}, Collection: "parcels"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	engine, err := oso.New(schema, policy, append(opts, oso.WithStructs(structs), oso.WithClass("Courier", Courier{}))...)
	require.NoError(t, err, policy)
	return schema, engine
}

// plainAllows asks Oso itself, which may fail or panic.
func plainAllows(o gooso.Oso, actor, resource any) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	ok, err := o.IsAllowed(actor, "read", resource)
	return ok && err == nil
}

// TestMethodsThatCannotBeCalledExactly holds that nothing is granted by a method that fails, under a not either, and that no error shows a value.
func TestMethodsThatCannotBeCalledExactly(t *testing.T) {
	t.Parallel()
	for call, says := range map[string]string{
		`u.Nope()`: "has no such method", `u.calls()`: "has no such method", `u.Add()`: "called with 0 values, and takes 1", `u.HasRole("a", "b")`: "called with 2 values, and takes 1",
		`u.Add(1000)`: "Go int8", `u.Add("x")`: "Go int8", `u.Add(1.5)`: "Go int8", `u.Add(1, "x")`: "Go int", `u.HasRole(1)`: "Go string", `u.HasRole(nil)`: "Go string", `u.HasRole([])`: "Go string",
		`u.Half32(0.1)`: "Go float32", `u.Any(u.ID)`: "Go interface", `u.Below("x")`: "Go *oso_test.Courier", `u.Same(nil)`: "Go oso_test.Courier", `u.After("x")`: "Go time.Time", `u.Holds(u.Since)`: "Go bson.ObjectID",
		`u.Sizes([1.5], {})`: "Go []int", `u.Sizes([], [])`: "Go map",
		`u.Add(d.N)`: "of the document", `u.Any(d)`: "of the document", `u.Any([d.N])`: "of the document", `u.Any({a: d.N})`: "of the document",
		`u.Unknown()`: "is not registered", `u.Big()`: "unsigned", `u.Since.After(u.Since)`: "a method is called of a date", `u.ID.Hex()`: "a method is called of a date",
		`u.Fails(true)`: "Courier.Fails() returns an error", `u.Panics()`: "Courier.Panics() panics", `u.Name.Upper()`: "of a string", `u.Rank.String()`: "of a int64", `u.Roles.Len()`: "of a slice",
		`d.Method()`: "RuntimeErrorUnsupported", `d.N.Method(1)`: "RuntimeErrorUnsupported", `d.Box.Method(u)`: "RuntimeErrorUnsupported",
	} {
		for _, body := range []string{call + " = true", "not " + call + " = true"} {
			_, engine := couriersEngine(t, `allow(u: Courier, "read", d: Parcel) if u.Name != "nobody" and d.N != 99 and `+body+`;`)
			f, err := engine.Filter(t.Context(), couriers[0], "read", "Parcel")
			require.Equal(t, filter.Denied, f.Outcome())
			require.True(t, errors.Is(err, oso.ErrUnsupported) || errors.Is(err, oso.ErrEngine), "%s: %v", body, err)
			require.ErrorContains(t, err, says, body)
			require.ErrorContains(t, err, `"read" of "Parcel"`, body)
			require.NotContains(t, err.Error(), "secret", body)
			require.NotContains(t, err.Error(), "ann", body)
		}
	}
}

// TestWhatAMethodAnsweredIsNotKept changes what a policy does not read, and a method answers by.
func TestWhatAMethodAnsweredIsNotKept(t *testing.T) {
	t.Parallel()
	_, engine := couriersEngine(t, `allow(u: Courier, "read", d: Parcel) if u.HasRole("x") and d.N = 3; allow(u: Courier, "read", d: Parcel) if u.Name = "ann" and d.N = 4;`)
	courier := couriers[0]
	for _, roles := range [][]string{{"a"}, {"a", "x"}, {"y"}, {"x"}} {
		courier.Roles = roles
		f, err := engine.Filter(t.Context(), &courier, "read", "Parcel")
		require.NoError(t, err)
		want := "Parcel where n = 4"
		if courier.HasRole("x") {
			want = "Parcel where n in [3, 4]"
		}
		require.Equal(t, want, f.String())
	}
}

// TestMethodsAreCalledAtOnce calls them from many goroutines, each for an actor of its own.
func TestMethodsAreCalledAtOnce(t *testing.T) {
	t.Parallel()
	_, engine := couriersEngine(t, `allow(u: Courier, "read", d: Parcel) if u.HasRole("a") and u.Counted() = 1 and d.N = u.Add(1);`)
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			for range 10 {
				f, err := engine.Filter(context.Background(), &Courier{Rank: n, Roles: []string{"a"}}, "read", "Parcel")
				if assert.NoError(t, err) {
					assert.Equal(t, fmt.Sprintf("Parcel where n = %d", n+1), f.String())
				}
			}
		})
	}
	group.Wait()
}

// TestAMethodOfADocumentThatWasLookedUpIsRefused calls one of what a relation of the actor leads to.
func TestAMethodOfADocumentThatWasLookedUpIsRefused(t *testing.T) {
	t.Parallel()
	memory := evaluate.Memory{}
	require.NoError(t, memory.Insert("teams", teams()[0]))
	e := engine(t, `allow(u: User, "read", d: Doc) if u.team != nil and u.team.Label() = d.Title;`, oso.WithFetcher(memory))
	_, err := read(e, users(t)[0])
	requireUnsupported(t, err, "Team.Label()")
}
