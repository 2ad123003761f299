package adapter_test

import (
	"slices"
	"strings"
	"testing"

	oso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/adapter"
	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/adaptertest"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// forServer returns what the server at hand needs.
func forServer(t *testing.T) []mongoauthz.Option {
	t.Helper()
	if harness.Has(t, harness.Collation) {
		return nil
	}
	return []mongoauthz.Option{mongoauthz.WithoutCollation()}
}

// fill stores documents in which every field that may be nil is so once as null and once by being missing.
func fill(t *testing.T, db *mongo.Database) {
	t.Helper()
	d := func(kv ...any) bson.D {
		var out bson.D
		for i := 0; i < len(kv); i += 2 {
			out = append(out, bson.E{Key: kv[i].(string), Value: kv[i+1]})
		}
		return out
	}
	list := func(s ...string) []string { return append([]string{}, s...) }
	for collection, docs := range map[string][]any{
		"users": {
			d("_id", "amy", "root", true, "level", 3, "langs", list("de"), "team_id", "crew"),
			d("_id", "bob", "root", false, "level", 1, "langs", list(), "team_id", nil),
			d("_id", "cat", "root", false, "level", 2, "langs", list("fr", "de")),
		},
		"teams": {
			d("_id", "crew", "name", "crew", "lead_id", "amy"),
			d("_id", "den", "name", "den", "lead_id", "nobody"),
		},
		"docs": {
			d("_id", "full", "owner_id", "amy", "editor_id", "bob", "team_id", "crew", "public", false, "level", 3, "lang", "de", "tags", list("a", "de")),
			d("_id", "null", "owner_id", "bob", "editor_id", nil, "team_id", nil, "public", true, "level", 1, "lang", nil, "tags", nil),
			d("_id", "missing", "owner_id", "bob", "public", true, "level", 1),
			d("_id", "den", "owner_id", "cat", "team_id", "den", "public", false, "level", 2, "lang", "fr", "tags", list("b")),
			d("_id", "items", "owner_id", "amy", "editor_id", "amy", "team_id", "crew", "public", false, "level", 2, "lang", "fr", "tags", list("a", "b")),
		},
		"items": {
			d("_id", "i1", "doc_id", "full", "kind", "a", "qty", 1),
			d("_id", "i2", "doc_id", "items", "kind", "a", "qty", 1),
			d("_id", "i3", "doc_id", "items", "kind", "b", "qty", 2),
		},
	} {
		_, err := db.Collection(collection).InsertMany(t.Context(), docs)
		require.NoError(t, err)
	}
}

// made returns Oso with an adapter and a policy.
func made(t *testing.T, db *mongo.Database, policy string) (*oso.Oso, error) {
	t.Helper()
	a, err := adapter.New(adapter.Config{Database: db, Structs: adaptertest.Structs(), Policy: policy, Options: forServer(t)})
	if err != nil {
		return nil, err
	}
	o, err := oso.NewOso()
	require.NoError(t, err)
	require.NoError(t, a.Register(o))
	o.SetDataFilteringAdapter(a)
	require.NoError(t, o.LoadString(policy), policy)
	return &o, nil
}

// granted are policies, the lists of which are what IsAllowed says of each document.
var granted = []string{
	`allow(_: User, "read", _: Doc);`,
	`allow(_: User, "write", _: Doc);`,
	`allow(u: User, "read", d: Doc) if d.OwnerID = u.ID;`,
	`allow(u: User, "read", d: Doc) if d.OwnerID != u.ID;`,
	`allow(_: User, "read", d: Doc) if d.Public;`,
	`allow(_: User, "read", d: Doc) if d.Public != true;`,
	`allow(u: User, "read", d: Doc) if u.Root and d.Level = u.Level;`,
	`allow(_: User, "read", d: Doc) if d.Lang = nil;`,
	`allow(_: User, "read", d: Doc) if d.Lang != nil;`,
	`allow(_: User, "read", d: Doc) if d.Lang = "de";`,
	`allow(_: User, "read", d: Doc) if d.Lang != "de";`,
	`allow(u: User, "read", d: Doc) if d.Lang in u.Langs;`,
	`allow(u: User, "read", d: Doc) if l in u.Langs and l in d.Tags;`,
	`allow(_: User, "read", d: Doc) if d.Lang in d.Tags;`,
	`allow(_: User, "read", d: Doc) if "a" in d.Tags;`,
	`allow(_: User, "read", d: Doc) if "a" in d.Tags and "b" in d.Tags;`,
	`allow(u: User, "read", d: Doc) if d.TeamID = u.TeamID;`,
	`allow(u: User, "read", d: Doc) if d.TeamID != u.TeamID;`,
	`allow(u: User, "read", d: Doc) if d.EditorID = u.ID;`,
	`allow(_: User, "read", d: Doc) if d.EditorID = d.OwnerID;`,
	`allow(_: User, "read", d: Doc) if d.EditorID != d.OwnerID;`,
	`allow(_: User, "read", d: Doc) if d.EditorID = d.TeamID;`,
	`allow(_: User, "read", d: Doc) if d.EditorID != d.TeamID;`,
	`allow(_: User, "read", d: Doc) if d.Level = 1 or d.OwnerID = "amy";`,
	`allow(u: User, "read", d: Doc) if d.Team.LeadID = u.ID;`,
	`allow(u: User, "read", d: Doc) if d.Public or d.Team.LeadID = u.ID;`,
	`allow(u: User, "read", d: Doc) if t = d.Team and t.LeadID != u.ID;`,
	`allow(_: User, "read", d: Doc) if d.Team.Name = "den";`,
	`allow(_: User, "read", d: Doc) if d.Team.LeadID = d.OwnerID;`,
	`allow(u: User, "read", d: Doc) if d.Team.Lead.ID = u.ID;`,
	`allow(u: User, "read", d: Doc) if d.Editor.ID = u.ID;`,
	`allow(u: User, "read", d: Doc) if d.Editor.ID != u.ID;`,
	`allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "a";`,
	`allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "a" and i.Qty = 2;`,
	`allow(_: User, "read", d: Doc) if i in d.Items and i.Kind != "a";`,
	`allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "b" or d.Public;`,
	`allow(_: User, "read", d: Doc) if _ in d.Items;`,
	`allow(u: User, "read", d: Doc) if u.MyTeam.ID = "crew" and d.TeamID = u.TeamID;`,
	`allow(u: User, "read", d: Doc) if u.MyTeam.Name = "crew" and d.TeamID = u.TeamID;`,
	`allow(u: User, "read", d: Doc) if t in u.MyTeam.Docs and t.ID = d.ID;`,
	`allow(_: User, "read", _: Doc{Public: true});`,
	adaptertest.Roles,
}

func TestAListIsWhatIsAllowedSaysOfEachDocument(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	fill(t, db)
	var users []adaptertest.User
	cur, err := db.Collection("users").Find(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NoError(t, cur.All(t.Context(), &users))
	var docs []adaptertest.Doc
	cur, err = db.Collection("docs").Find(t.Context(), bson.D{})
	require.NoError(t, err)
	require.NoError(t, cur.All(t.Context(), &docs))

	exact := 0
	for _, policy := range granted {
		o, err := made(t, db, policy)
		require.NoError(t, err, policy)
		for _, u := range users {
			rows, err := o.AuthorizedResources(u, "read", "Doc")
			if u.TeamID == nil && strings.Contains(policy, "u.MyTeam") {
				require.ErrorContains(t, err, "Expected one result, got 0", "a key that is nil leads nowhere, which ends Oso's query")
				continue
			}
			require.NoError(t, err, policy)
			var got, want []string
			for _, r := range rows {
				got = append(got, r.(adaptertest.Doc).ID)
			}
			for _, d := range docs {
				if ok, err := o.IsAllowed(u, "read", d); ok && err == nil {
					want = append(want, d.ID)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			require.Equal(t, want, got, "%s for %s", policy, u.ID)
			exact++
		}
	}
	require.Greater(t, exact, 2*len(granted))
}

// unclear are policies whose filters do not say clearly enough what they mean, so that a query is refused.
var unclear = []struct{ part, policy string }{
	{"Doc.owner", `allow(u: User, "read", d: Doc) if d.owner.ID = u.ID or d.editor.ID = u.ID;`},
	{"Doc.Tags", `allow(_: User, "read", d: Doc) if d.Tags = ["a"];`},
	{"Doc.Tags", `allow(_: User, "read", d: Doc) if d.Tags = "a";`},
	{"Doc.Level", `allow(_: User, "read", d: Doc) if d.Level = "3";`},
	{"Doc.Lang", `allow(_: User, "read", d: Doc) if d.Lang = 3;`},
	{"Doc.Level", `allow(_: User, "read", d: Doc) if d.Lang = d.Level;`},
	{"User", `allow(u: User, "read", d: Doc) if d.Editor = u.ID;`},
	{"Doc.Amount", `allow(_: User, "read", d) if d.Amount = 3;`},
	{"Doc", `allow(_: User, "read", d: Doc) if d.Public or _ in d.Items;`},
}

func TestAFilterThatDoesNotSayClearlyWhatItMeansIsRefused(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	for _, tc := range unclear {
		o, err := made(t, db, tc.policy)
		require.NoError(t, err, tc.policy)
		_, err = o.AuthorizedQuery(adaptertest.User{ID: "amy"}, "read", "Doc")
		var refused *adapter.RefusedError
		require.ErrorAs(t, err, &refused, tc.policy)
		require.Equal(t, tc.part, refused.Construct, "%s: %v", tc.policy, err)
		require.Zero(t, refused.Line)
	}
}

func TestAnEmbeddedDocumentEndsInAnError(t *testing.T) {
	t.Parallel()
	o, err := made(t, harness.Database(t), `allow(_: User, "read", d: Doc) if d.Price.Amount = 3;`)
	require.NoError(t, err)
	_, err = o.AuthorizedQuery(adaptertest.User{ID: "amy"}, "read", "Doc")
	require.ErrorContains(t, err, "Unregistered field or relation")
}
