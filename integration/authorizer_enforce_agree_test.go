package integration_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// paperSchema has every kind of relation, scopes on both sides of them, and lists where absent means empty and where not.
var paperSchema = []relations.Type{
	{
		Name: "Paper", Collection: "papers",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.AnyType}, {Name: "owner", Type: relations.String}, {Name: "level", Type: relations.Number},
			{Name: "tags", Type: relations.String, List: true, AbsentEmpty: true}, {Name: "codes", Type: relations.AnyType, List: true},
			{Name: "team_id", Type: relations.AnyType}, {Name: "member_ids", Type: relations.AnyType, List: true}, {Name: "deleted", Type: relations.Bool},
		},
		Relations: []relations.Relation{
			{Name: "team", Kind: relations.ReferencesOne, Type: "Team", Keys: []relations.KeyPair{{Local: "team_id"}}},
			{Name: "members", Kind: relations.ReferencesMany, Type: "Member", Keys: []relations.KeyPair{{Local: "member_ids"}}},
			{Name: "grants", Kind: relations.HasMany, Type: "Grant", Keys: []relations.KeyPair{{Foreign: "paper_id"}}},
			{Name: "desk", Kind: relations.EmbedsOne, Type: "Desk"}, {Name: "parts", Kind: relations.EmbedsMany, Type: "Part"},
		},
		Scope: []filter.Condition{filter.F("deleted").Ne(true)},
	},
	{
		Name: "Team", Collection: "teams",
		Fields: []relations.Field{{Name: "_id", Type: relations.AnyType}, {Name: "name", Type: relations.String}, {Name: "closed", Type: relations.Bool}},
		Scope:  []filter.Condition{filter.F("closed").IsNull()},
	},
	{
		Name: "Member", Collection: "members",
		Fields: []relations.Field{{Name: "_id", Type: relations.AnyType}, {Name: "name", Type: relations.String}},
	},
	{
		Name: "Grant", Collection: "grants",
		Fields:    []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "paper_id", Type: relations.AnyType}, {Name: "who", Type: relations.String}, {Name: "team_id", Type: relations.AnyType}},
		Relations: []relations.Relation{{Name: "team", Kind: relations.ReferencesOne, Type: "Team", Keys: []relations.KeyPair{{Local: "team_id"}}}},
	},
	{Name: "Desk", Fields: []relations.Field{{Name: "city", Type: relations.String}}},
	{Name: "Part", Fields: []relations.Field{{Name: "code", Type: relations.String}, {Name: "n", Type: relations.Number}}},
}

// Paper is a document of paperSchema, as far as it is to be told from others.
type Paper struct {
	ID bson.RawValue `bson:"_id"`
}

// absent stands for a field that is not there.
type absent struct{}

// paper returns a document whose fields hold, whatever is declared, one of several values each.
func paper(t *testing.T, i int) bson.Raw {
	ids := []any{i, float64(i) + 0.5, bson.NewObjectID(), "$name", bson.D{{Key: "a", Value: i}}, bson.Binary{Data: []byte{byte(i), byte(i >> 8)}}, bson.DateTime(i)}
	id := ids[i%len(ids)]
	if s, ok := id.(string); ok && i >= len(ids) {
		id = s + string(rune('a'+i/len(ids)))
	}
	d := bson.D{{Key: "_id", Value: id}}
	for n, f := range []struct {
		name   string
		values []any
	}{
		{"owner", []any{"ann", "bob", absent{}, nil, bson.A{"ann", "bob"}, 7, "$level", bson.D{{Key: "$ne", Value: "x"}}, "", bson.A{}}},
		{"level", []any{1, 2.0, math.NaN(), int64(3), absent{}, "2", nil, bson.A{1, 5}, bson.NewDecimal128(0x3040000000000000, 2)}},
		{"tags", []any{bson.A{"a", "b"}, absent{}, bson.A{}, nil, "a", bson.A{nil}, bson.A{"c", 1}, bson.A{bson.A{"a"}}}},
		{"codes", []any{bson.A{1, "a"}, absent{}, bson.A{}, nil, 1, bson.A{nil, 2}}},
		{"team_id", []any{"red", "blue", absent{}, nil, "gone", bson.A{"red"}, "shut", 1, bson.D{{Key: "$gt", Value: ""}}}},
		{"member_ids", []any{bson.A{"m1", "m2"}, bson.A{"m2"}, absent{}, bson.A{}, bson.A{nil, "m1"}, "m1", bson.A{bson.A{"m1"}}, bson.A{"gone"}, nil}},
		{"desk", []any{bson.D{{Key: "city", Value: "Bern"}}, absent{}, nil, bson.A{bson.D{{Key: "city", Value: "Bern"}}}, bson.D{}, "Bern"}},
		{"parts", []any{
			bson.A{bson.D{{Key: "code", Value: "a"}, {Key: "n", Value: 1}}, bson.D{{Key: "code", Value: "b"}, {Key: "n", Value: 2}}},
			bson.A{bson.D{{Key: "code", Value: "a"}, {Key: "n", Value: 2}}, 1}, absent{}, bson.A{}, bson.D{{Key: "code", Value: "a"}}, bson.A{bson.D{}}, nil,
		}},
		{"deleted", []any{false, false, false, true, false, false, absent{}, nil, bson.A{false}, false, false, false, "no"}},
	} {
		v := f.values[(i*(2*n+1)+i/(n+3))%len(f.values)]
		if v != (any)(absent{}) {
			d = append(d, bson.E{Key: f.name, Value: v})
		}
	}
	return raw(t, d)
}

func paperRelated(papers []bson.Raw) map[string][]any {
	doc := func(pairs ...any) bson.D {
		var d bson.D
		for i := 0; i < len(pairs); i += 2 {
			d = append(d, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
		}
		return d
	}
	related := map[string][]any{
		"teams": {
			doc("_id", "red", "name", "red"), doc("_id", "blue", "name", "blue"), doc("_id", "shut", "name", "red", "closed", true),
			doc("_id", 1, "name", nil), doc("_id", bson.A{"x"}[0], "name", "x"),
		},
		"members": {doc("_id", "m1", "name", "ann"), doc("_id", "m2", "name", bson.A{"bob", 1})},
		"grants": {
			doc("_id", 1000, "who", "ann"), doc("_id", 1001, "paper_id", nil, "who", "ann"), doc("_id", 1002, "paper_id", bson.A{}, "who", "ann"),
		},
	}
	for i, p := range papers {
		id := p.Lookup("_id")
		switch i % 4 {
		case 0:
			related["grants"] = append(related["grants"], doc("_id", i, "paper_id", id, "who", []any{"ann", "bob", nil, 1}[i/4%4], "team_id", []any{"red", nil, "blue", "shut"}[i/3%4]))
		case 1:
			related["grants"] = append(related["grants"], doc("_id", i, "paper_id", bson.A{id, papers[(i+1)%len(papers)].Lookup("_id")}, "who", "ann", "team_id", "red"))
		}
	}
	return related
}

func paperFilters() map[string]filter.Filter {
	team, member, grant, part := filter.Reach("t", "team"), filter.Reach("m", "members"), filter.Reach("g", "grants"), filter.Reach("p", "parts")
	grantTeam := grant.Reach("gt", "team")
	free := filter.Free("f", "Grant")
	none := func(c filter.Clause) filter.Filter { return filter.For("Paper", filter.Where(filter.None(c))) }
	isRed := filter.Some(team).Where(team.F("name").Eq("red"))
	isGranted := filter.Some(grant, grantTeam).Where(grant.F("who").Eq("ann"), grantTeam.F("name").Eq("red"))
	hasPart := filter.Some(part).Where(part.F("code").Eq("a"), part.F("n").Eq(1))
	hasMember := filter.Some(member).Where(member.F("name").Eq("bob"))
	return map[string]filter.Filter{
		"denied": {}, "allowed": filter.Allow("Paper"),
		"own":                         filter.For("Paper", filter.Where(filter.F("owner").Eq("ann")), filter.Where(filter.F("level").Gte(2))),
		"not own":                     filter.For("Paper", filter.Where(filter.F("owner").Ne("ann"), filter.F("level").Nin([]any{3, 7.5}))),
		"absence":                     filter.For("Paper", filter.Where(filter.F("owner").IsNull()), filter.Where(filter.F("level").IsSet(), filter.F("desk.city").Ne("Rome"))),
		"lists":                       filter.For("Paper", filter.Where(filter.F("tags").SubsetOf([]string{"a", "b"})), filter.Where(filter.F("codes").Contains(1))),
		"no such element":             filter.For("Paper", filter.Where(filter.Not(filter.F("tags").Contains("a")), filter.Not(filter.F("codes").Intersects([]any{2})))),
		"of the red team":             filter.For("Paper", isRed),
		"not of the red team":         none(isRed),
		"key only":                    filter.For("Paper", filter.Some(team).Where(team.F("_id").Ne("blue"))),
		"of a member":                 filter.For("Paper", hasMember),
		"of no member":                none(hasMember),
		"granted":                     filter.For("Paper", isGranted),
		"not granted":                 none(isGranted),
		"one part":                    filter.For("Paper", hasPart),
		"no part":                     none(hasPart),
		"owner has a grant somewhere": filter.For("Paper", filter.Some(free).Where(free.F("who").Eq(filter.F("owner")))),
		"all of it": filter.For("Paper", isRed, hasMember, isGranted, hasPart,
			filter.Where(filter.None(filter.Some(grant).Where(grant.F("who").Eq("ann"))), filter.F("level").Lt(3))),
	}
}

func TestListsAndSingleDecisionsAgree(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	var papers []bson.Raw
	for i := range 84 {
		papers = append(papers, paper(t, i))
	}
	_, err := db.Collection("papers").InsertMany(t.Context(), papers)
	require.NoError(t, err)
	for name, documents := range paperRelated(papers) {
		_, err := db.Collection(name).InsertMany(t.Context(), documents)
		require.NoError(t, err)
	}
	s := &shelf{db: db, schema: schemaOf(t, paperSchema)}
	telling := 0
	for name, f := range paperFilters() {
		az := s.authorizer(t, f)
		resources, err := mongoauthz.Find[Paper](t.Context(), az, "ann", "read")
		require.NoError(t, err, name)
		var listed []string
		for _, p := range resources {
			listed = append(listed, p.ID.String())
		}
		slices.Sort(listed)
		answers := map[string][]string{}
		note := func(by string, id bson.RawValue, err error) {
			if err == nil {
				answers[by] = append(answers[by], id.String())
			} else if !errors.Is(err, mongoauthz.ErrNotFound) {
				require.NoError(t, err, name+" "+by)
			}
		}
		for _, p := range papers {
			id := p.Lookup("_id")
			var decoded bson.D
			require.NoError(t, bson.Unmarshal(p, &decoded))
			note("by id", id, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Paper", id)))
			note("in hand", id, az.Authorize(t.Context(), "ann", "read", mongoauthz.Document("Paper", p)))
			note("in hand, decoded", id, az.Authorize(t.Context(), "ann", "read", mongoauthz.Document("Paper", decoded)))
			x, err := az.Explain(t.Context(), "ann", "read", mongoauthz.ID("Paper", id))
			require.NoError(t, err)
			if x.Authorized() {
				note("explained", id, nil)
			}
		}
		kept, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Paper", papers)
		require.NoError(t, err)
		for _, p := range kept {
			note("filtered", p.Lookup("_id"), nil)
		}
		for _, by := range []string{"by id", "in hand", "in hand, decoded", "explained", "filtered"} {
			slices.Sort(answers[by])
			require.Equal(t, listed, answers[by], name+" "+by)
		}
		if len(listed) > 0 && len(listed) < len(papers) {
			telling++
		}
	}
	require.Greater(t, telling, len(paperFilters())*3/4, "neither empty nor everything")
}
