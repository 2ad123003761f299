package oso_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Holder is an actor with lists.
type Holder struct {
	Name  string
	Roles []string
	Other []string
	Attrs map[string]any
}

func (h Holder) Held() []string { return h.Roles }

// TestListsThatAForallRangesOverAreBounded asks for lists that Oso would take minutes for, and for lists that it does not range over so.
func TestListsThatAForallRangesOverAreBounded(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	roles := func(n int) (all []string) {
		for i := range n {
			all = append(all, "r"+strconv.Itoa(i))
		}
		return all
	}
	for body, bounded := range map[string]string{
		`forall(r in u.Roles, r != d.Title)`: "Holder.Roles", `forall(r in u.Roles, r != "x")`: "Holder.Roles", `not (r in u.Roles and r = d.Title)`: "Holder.Roles", `not d.Title in u.Attrs.roles`: "Holder.Attrs",
		`not among(u, d)`: "Holder.Roles", `not given(u.Roles, d)`: "Holder.Roles", `not d.Title in u.Held()`: "Holder.Held()", `rs = u.Roles and forall(r in rs, r != d.Title)`: "Holder.Roles",
		`u.Name in u.Roles`: "", `"x" in u.Roles or d.A = true`: "", `not u.Name in u.Roles`: "", `not "x" in u.Roles`: "", `not d.Title in u.Roles`: "", `r in u.Roles and r = "r7"`: "", `not (r in u.Roles and r = "x")`: "",
		`r in u.Roles and r = "r7" and forall(o in u.Other, o != d.Title)`: "", `not u.Name in d.Tags and "r7" in u.Roles`: "", `"r7" in u.Held()`: "", `"r7" in u.Attrs.roles`: "",
		`u.Name in u.Roles and "z" in d.Tags and forall(p in u . # here
			Other, p != d.Title) and "r7" in u.Roles and u.Name != " in u.Roles"`: "", `not (o in u.Other and o = d.Title) and r in u.Roles and r = "r7"`: "",
		`("r7" in u.Roles or u.Name in u.Roles) and not (r in u.Roles and r = d.Title)`: "Holder.Roles",
		`d.Title in u.Other and "r7" in u.Roles`:                                        "", `forall(x in ["a", "b"], d.Title != x) and "r7" in u.Roles`: "",
	} {
		engine, err := oso.New(schema, `allow(u: Holder, "read", d: Piece) if u.Name != "nobody" and d.N != 99 and (`+body+`);
			allow(u: Holder, "edit", d: Piece) if forall(r in u.Roles, r != d.Title); # which bounds nothing elsewhere
			among(u: Holder, d: Piece) if r in u.Roles and r = d.Title;
			given(rs, d: Piece) if r in rs and r = d.Title;`, oso.WithStructs(structs), oso.WithClass("Holder", Holder{}), oso.WithCache(0))
		require.NoError(t, err, body)
		for _, n := range []int{3, 500, 501, 5000} {
			if bounded != "" && n == 500 {
				continue // it takes what it takes
			}
			start := time.Now()
			_, err = engine.Filter(t.Context(), Holder{Name: "ann", Roles: roles(n), Other: []string{"a"}, Attrs: map[string]any{"roles": roles(n)}}, "read", "Piece")
			if n > 500 && bounded != "" {
				require.ErrorIs(t, err, filter.ErrLimit, body)
				require.ErrorContains(t, err, "500 elements of "+bounded+",", body)
				require.Less(t, time.Since(start), time.Second)
				continue
			}
			require.NoError(t, err, "%s: %d", body, n)
		}
	}
}

// TestALookedUpListIsBoundedByTheNameThatThePolicyHasForIt ranges over documents that a relation of the actor leads to.
func TestALookedUpListIsBoundedByTheNameThatThePolicyHasForIt(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(related...)
	require.NoError(t, err)
	m := evaluate.Memory{}
	for n := range 501 {
		require.NoError(t, m.Insert("rights", Right{ID: n, Holder: "kim", Kind: "page"}))
	}
	for _, name := range []string{"grants", "Grants"} {
		e, err := oso.New(s, `allow(m: Member, "read", s: Site) if forall(g in m.`+name+`, g != m) and s.ID = 1;`, oso.WithStructs(related...), oso.WithFetcher(m))
		require.NoError(t, err)
		_, err = e.Filter(t.Context(), Member{ID: "kim"}, "read", "Site")
		require.ErrorIs(t, err, filter.ErrLimit)
		require.ErrorContains(t, err, "Member."+name)
	}
}

// TestTheWordsOfAListThatIsRangedOverAreFoundInTheText asks for a text in which the word "in" stands wherever it can.
func TestTheWordsOfAListThatIsRangedOverAreFoundInTheText(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	engine, err := oso.New(schema, `
		# in u.Roles
		actor Holder {}
		resource Piece { permissions = ["see"]; roles = ["in"]; "see" if "in"; }
		has_role(u: Holder, "in", d: Piece) if ("a" in u.Roles or u.Name in u.Other) and not (not "c" in ["c"]) and inside(u, d) and u.Attrs.in = 7;
		inside(u: Holder, d: Piece) if forall(r in u.Roles, r != d.Title) and "in u.Other" != u.Name;
		allow(u: Holder, "see", d: Piece) if has_permission(u, "see", d) and u.Name in u . Other;
		allow(u: Holder, "read", d: Piece) if "a" in u.Roles and d.Title != "in u.Roles" and "b" in u.Other;`, oso.WithStructs(structs), oso.WithClass("Holder", Holder{}))
	require.NoError(t, err)
	few, many := []string{"a", "b", "ann"}, append(make([]string, 5000), "a", "b", "ann")
	for _, c := range []struct {
		action       string
		roles, other []string
		bounded      bool
	}{{"see", few, many, false}, {"see", many, few, true}, {"read", many, many, false}} {
		f, err := engine.Filter(t.Context(), Holder{Name: "ann", Roles: c.roles, Other: c.other, Attrs: map[string]any{"in": 7}}, c.action, "Piece")
		if c.bounded {
			require.ErrorIs(t, err, filter.ErrLimit)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, filter.Conditional, f.Outcome())
	}
}
