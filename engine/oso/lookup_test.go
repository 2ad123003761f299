package oso_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Member is an actor with a relation of every kind.
type Member struct {
	ID       string   `bson:"_id" authz:"grants has many Right by holder where kind='page'; badge has one Badge by holders; sites through grants, site"`
	Tenant   int      `bson:"tenant"`
	Code     string   `bson:"code" authz:"office references Office by tenant=tenant, code=code"`
	Circles  []string `bson:"circles" authz:"in references Circle"`
	Archived string   `bson:"archived" authz:"gone references Circle"`
}

type Right struct {
	ID     int    `bson:"_id"`
	Holder string `bson:"holder"`
	Kind   string `bson:"kind"`
	SiteID *int   `bson:"site_id" authz:"site references Site"`
}

type Badge struct {
	ID      int      `bson:"_id"`
	Holders []string `bson:"holders"`
	Colour  string   `bson:"colour"`
}

type Office struct {
	ID     int    `bson:"_id"`
	Tenant int    `bson:"tenant"`
	Code   string `bson:"code"`
	City   string `bson:"city"`
}

type Circle struct {
	ID   string `bson:"_id"`
	Name string `bson:"name"`
	Open bool   `bson:"open"`
}

type Site struct {
	ID  int    `bson:"_id"`
	URL string `bson:"url"`
}

var related = []relations.Struct{
	{Of: Member{}, Collection: "members"}, {Of: Right{}, Collection: "rights"}, {Of: Badge{}, Collection: "badges"}, {Of: Office{}, Collection: "offices"},
	{Of: Circle{}, Collection: "circles", Scope: []filter.Condition{filter.F("open").Eq(true)}}, {Of: Site{}, Collection: "sites"},
}

func relatedData(tb testing.TB) evaluate.Memory {
	m := evaluate.Memory{}
	for collection, documents := range map[string][]any{
		"rights": {Right{1, "kim", "page", ref(1)}, Right{2, "kim", "file", ref(2)}, Right{3, "lee", "page", ref(2)}, Right{4, "kim", "page", nil}, Right{5, "kim", "page", ref(1)}},
		"badges": {Badge{1, []string{"lee", "kim"}, "red"}, Badge{2, []string{"pat"}, "blue"}}, "sites": {Site{1, "a"}, Site{2, "b"}},
		"offices": {Office{1, 1, "x", "Oslo"}, Office{2, 2, "x", "Bern"}}, "circles": {Circle{"c", "chess", true}, Circle{"d", "dance", false}, Circle{"e", "eels", true}},
	} {
		require.NoError(tb, m.Insert(collection, documents...))
	}
	return m
}

func TestEveryKindOfRelationIsLookedUp(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(related...)
	require.NoError(t, err)
	kim := Member{ID: "kim", Tenant: 2, Code: "x", Circles: []string{"c", "d", "none", "c"}, Archived: "d"}
	for condition, want := range map[string]string{
		`g in m.grants and s.ID = g.ID`:                                                "_id in [1, 4, 5]",
		`m.badge.Colour = s.URL`:                                                       `url = "red"`,
		`x in m.sites and s = x`:                                                       "_id = 1",
		`m.office.City = s.URL`:                                                        `url = "Bern"`,
		`c in m.in and c.Name = s.URL`:                                                 `url = "chess"`,
		`m.gone = nil and s.URL = "gone"`:                                              `url = "gone"`,
		`g in m.grants and g.site != nil and s.URL = g.site.URL`:                       `url = "a"`,
		`g in m.grants and g.SiteID = nil and s.ID = g.ID`:                             "_id = 4",
		`g in m.Grants and h in m.grants and g = h and g.ID = s.ID`:                    "_id in [1, 4, 5]",
		`g in m.grants and g.Kind = "file" and s.ID = g.ID`:                            "",
		`m.office.Tenant = m.Tenant and m.office.Code = m.Code and s.ID > m.office.ID`: "_id > 2",
	} {
		e, err := oso.New(s, `allow(m: Member, "read", s: Site) if `+condition+`;`, oso.WithStructs(related...), oso.WithFetcher(relatedData(t)))
		require.NoError(t, err, condition)
		f, err := e.Filter(context.Background(), &kim, "read", "Site")
		require.NoError(t, err, condition)
		if want = "Site where " + want; want == "Site where " {
			want = "no Site"
		}
		require.Equal(t, want, f.String(), condition)
	}
}

func TestALookUpIsLimited(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(related...)
	require.NoError(t, err)
	m := evaluate.Memory{}
	for n := range 10_001 {
		require.NoError(t, m.Insert("rights", Right{ID: n, Holder: "kim", Kind: "page"}))
	}
	e, err := oso.New(s, `allow(m: Member, "read", s: Site) if g in m.grants and g.ID = s.ID;`, oso.WithStructs(related...), oso.WithFetcher(m))
	require.NoError(t, err)
	_, err = e.Filter(context.Background(), Member{ID: "kim"}, "read", "Site")
	require.ErrorIs(t, err, filter.ErrLimit)
}

const lookup = `allow(u: User, "read", d: Doc) if u.team.Name = "red" and d.TeamID = u.team.ID and v in u.team.users and d.owner = v;`

func TestALookUpIsMadeOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	counted := fetchFunc(func(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
		asked.Add(1)
		return memory(t).Fetch(ctx, r)
	})
	f, err := read(engine(t, lookup, oso.WithFetcher(counted)), users(t)[0])
	require.NoError(t, err)
	require.Equal(t, "Doc where owner owner: team_id = 1 and owner._id = ObjectID("+id(1).Hex()+")", f.String())
	require.EqualValues(t, 2, asked.Load())
}

func TestALookUpWithoutAFetcherIsRefused(t *testing.T) {
	t.Parallel()
	_, err := read(engine(t, lookup), users(t)[0])
	requireUnsupported(t, err, "User.team")
}

func TestALookUpThatFailsIsTheError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	e := engine(t, lookup, oso.WithFetcher(fetchFunc(func(context.Context, evaluate.Request) ([]bson.Raw, error) { return nil, broken })))
	for range 3 {
		_, err := read(e, users(t)[0])
		require.ErrorIs(t, err, broken)
	}
}

func TestANilKeyFindsNothing(t *testing.T) {
	t.Parallel()
	m := memory(t)
	require.NoError(t, m.Insert("teams", bson.D{{Key: "_id", Value: nil}, {Key: "name", Value: "red"}}))
	e := engine(t, `allow(u: User, "read", _: Doc) if u.team = nil;`, oso.WithFetcher(m))
	for i, outcome := range []filter.Outcome{filter.Denied, filter.Denied, filter.Allowed} {
		f, err := read(e, users(t)[i])
		require.NoError(t, err)
		require.Equal(t, outcome, f.Outcome())
	}
	_, err := read(engine(t, lookup, oso.WithFetcher(m)), users(t)[2])
	failed := (*oso.EngineError)(nil)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "no attribute Name", failed.Problem)
}

func TestABrokenRelatedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, team := range []bson.D{{{Key: "_id", Value: 1}}, {{Key: "_id", Value: 1}, {Key: "name", Value: bson.A{"red"}}}} {
		m := evaluate.Memory{}
		require.NoError(t, m.Insert("teams", team))
		_, err := read(engine(t, lookup, oso.WithFetcher(m)), users(t)[0])
		requireUnsupported(t, err, "Team.Name")
	}
}
