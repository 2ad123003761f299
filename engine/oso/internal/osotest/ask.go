package osotest

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Benchmarked are policies from the cheapest to the most expensive.
var Benchmarked = []struct{ Name, Policy string }{
	{"everything", `allow(_, "read", _: Doc);`},
	{"one field", `allow(u: User, "read", d: Doc) if d.Title = u.Name;`},
	{"three relations", `allow(u: User, "read", d: Doc) if d.owner.team.Name = u.Name and d.editor.Name = u.Name and d.Public;`},
	{"three rules", `allow(u: User, "read", d: Doc) if d.Public and d.Title = u.Name; allow(u: User, "read", d: Doc) if d.owner = u; allow(u: User, "read", d: Doc) if i in d.Items and i.Kind = u.Name;`},
	{"roles and relations", `actor User {} resource Doc { permissions = ["read"]; roles = ["reader", "owner"]; relations = {team: Team}; "read" if "reader"; "reader" if "owner"; "reader" if "member" on "team"; }
		resource Team { roles = ["member"]; } allow(a, b, c) if has_permission(a, b, c); has_role(u: User, "owner", d: Doc) if d.owner = u; has_role(u: User, "member", t: Team) if u in t.users;
		has_relation(t: Team, "team", d: Doc) if d.team = t;`},
}

// Memory holds the users and teams.
func Memory(tb testing.TB) evaluate.Memory {
	m := evaluate.Memory{}
	for _, u := range Users(tb) {
		require.NoError(tb, m.Insert("users", u))
	}
	for _, t := range Teams() {
		require.NoError(tb, m.Insert("teams", t))
	}
	return m
}

// Engine returns an engine with the policy over Schema.
func Engine(tb testing.TB, policy string, opts ...oso.Option) *oso.Engine {
	tb.Helper()
	e, err := oso.New(Schema(tb), policy, append([]oso.Option{oso.WithStructs(Structs...)}, opts...)...)
	require.NoError(tb, err)
	return e
}

// Given reports whether a filter, which joins nothing, authorizes the document.
func Given(t *testing.T, schema *relations.Schema, f filter.Filter, document any) bool {
	t.Helper()
	raw, err := bson.Marshal(document)
	require.NoError(t, err)
	e, err := evaluate.Prepare(schema, f)
	require.NoError(t, err)
	decision, err := e.Decide(t.Context(), raw, evaluate.Memory(nil))
	require.NoError(t, err)
	return decision.Authorized()
}

// RequireUnsupported requires an UnsupportedError that names the construct.
func RequireUnsupported(t *testing.T, err error, construct string) {
	t.Helper()
	require.ErrorIs(t, err, oso.ErrUnsupported)
	u := (*oso.UnsupportedError)(nil)
	require.ErrorAs(t, err, &u)
	number := regexp.MustCompile(`_\d+`) // Oso counts variables
	require.Equal(t, number.ReplaceAllString(construct, "_n"), number.ReplaceAllString(u.Construct, "_n"), u.Problem)
}

// WithoutNull returns the document without the fields that are null, at any depth.
func WithoutNull(d bson.D) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch v := e.Value.(type) {
		case nil:
			continue
		case bson.D:
			e.Value = WithoutNull(v)
		case bson.A:
			a := bson.A{}
			for _, x := range v {
				if inner, ok := x.(bson.D); ok {
					x = WithoutNull(inner)
				}
				a = append(a, x)
			}
			e.Value = a
		}
		out = append(out, e)
	}
	return out
}
