package oso_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
)

// Oso takes a variable with the name of a class for the class: without the check, what is refused here would deny, or panic.
func TestVariablesWithTheNameOfAClassAreRefused(t *testing.T) {
	t.Parallel()
	type caller struct{ Asked []string }
	type group struct {
		ID   int    `bson:"_id"`
		Name string `bson:"name"`
	}
	type member struct {
		ID     int `bson:"_id"`
		TeamID int `bson:"team_id" authz:"team references team"`
	}
	s, err := relations.FromStructs(
		relations.Struct{Of: group{}, Name: "team", Collection: "teams"}, relations.Struct{Of: member{}, Name: "User", Collection: "users"})
	require.NoError(t, err)
	load := func(text string) error {
		_, err := oso.New(s, text, oso.WithClass("caller", caller{}))
		return err
	}
	for _, text := range []string{
		`allow(_, _, team: team);`,
		`allow(_, _, team);`,
		`allow(caller: caller, _, _: team) if "x" in caller.Asked;`,
		`allow(c: caller, _, _: team) if team in c.Asked and team = "x";`,
		`allow(c: caller, _, t: team) if not (team in c.Asked and t.name = "x");`,
		`allow(_, _, u: User) if has(u.team, "x"); has(team, name) if team.name = name;`,
		`allow(_, _, _: team{name: team});`,
		`allow(_, _, u: User) if u matches {name: team};`,
	} {
		err := load(text)
		require.ErrorIs(t, err, oso.ErrUnsupported, text)
		require.ErrorIs(t, err, oso.ErrPolicy, text)
		require.ErrorContains(t, err, "line 1: a variable has the name of a class", text)
	}
	for _, text := range []string{
		`allow(_, _, t: team) if t.name = "team";`,
		`allow(c: caller, "team", u: User) if u.team.name in c.Asked and u.team matches team;`,
		`allow(_, _, u: User) if team(u); team(u: User) if u.team.name = "x";`,
		`actor caller {} allow(c, action, t) if has_permission(c, action, t); has_role(_: caller, "of it", _: team);
		resource team { roles = ["of it"]; permissions = ["team"]; "team" if "of it"; }`,
		`allow(_, _, r: User) if r = User;`, // odd, but in capitals
	} {
		require.NoError(t, load(text), text)
	}
}
