package adapter_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/adapter"
	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/adaptertest"
)

// Short names for what these tests share with those in engine/oso/integration.
type (
	User = adaptertest.User
	Doc  = adaptertest.Doc
)

var structs = adaptertest.Structs

func offline(t *testing.T) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:1/"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	return client.Database("none")
}

// lossy are constructs that Oso's filter loses, each in a policy. The name of each is the construct that the refusal names.
var lossy = []struct{ construct, policy string }{
	{"<", `allow(u: User, _, d: Doc) if d.Level < u.Level;`},
	{">", `allow(u: User, _, d: Doc) if d.Level > u.Level;`},
	{"<=", `allow(_: User, _, d: Doc) if d.Level <= 3;`},
	{">=", `allow(_: User, _, d: Doc) if 3 >= d.Level;`},
	{"==", `allow(u: User, _, d: Doc) if d.OwnerID == u.ID;`},
	{"not", `allow(u: User, _, d: Doc) if not d.OwnerID = u.ID;`},
	{"not", `allow(u: User, _, d: Doc) if d.Public and (not d.Lang in u.Langs);`},
	{"forall", `allow(_: User, _, d: Doc) if forall(i in d.Items, i.Kind = "a");`},
	{"cut", `allow(_: User, _, d: Doc) if cut and d.Public;`},
	{"cut", `allow(_: User, _, d: Doc) if d.Public and cut;`},
	{"matches", `allow(_: User, _, d: Doc) if d.Editor matches User;`},
	{"matches", `allow(_: User, _, d: Doc) if d.Lang matches String;`},
	{"fraction", `allow(_: User, _, d: Doc) if d.Level = 2.75;`},
	{"fraction", `allow(_: User, _, d: Doc) if d.Level = 1e3;`},
	{"fraction", `allow(_: User, _, d: Doc) if d.Level = inf;`},
	{"fraction", `allow(_: User, _, d: Doc) if d.Level = nan;`},
	{"+", `allow(_: User, _, d: Doc) if d.Level = 1 + 1;`},
	{"-", `allow(u: User, _, d: Doc) if d.Level = u.Level - 1;`},
	{"*", `allow(u: User, _, d: Doc) if d.Level = u.Level * 2;`},
	{"/", `allow(u: User, _, d: Doc) if d.Level = u.Level / 2;`},
	{"mod", `allow(u: User, _, d: Doc) if d.Level = u.Level mod 2;`},
	{"rem", `allow(u: User, _, d: Doc) if d.Level = u.Level rem 2;`},
	{"new", `allow(_: User, _, d: Doc) if d.Owner = new User();`},
	{"print", `allow(u: User, _, d: Doc) if print(u) and d.Public;`},
	{"debug", `allow(_: User, _, d: Doc) if debug() and d.Public;`},
	{"=", `allow(_: User, _, d: Doc) if x = d.OwnerID and y = d.EditorID and x = y;`},
	{"=", `allow(_: User, _, d: Doc) if same(d.OwnerID, d.EditorID); same(x, y) if x = y;`},
	{"in", `allow(_: User, _, d: Doc) if d.OwnerID in [d.EditorID];`},
	{":=", `allow(u: User, _, d: Doc) if x := u.ID and d.OwnerID = x;`},
	{".Rating", `allow(u: User, _, d: Doc) if d.Level = u.Rating;`},
	{".Count", `allow(u: User, _, d: Doc) if d.Level = u.Count;`},
	{".Secret", `allow(u: User, _, d: Doc) if d.OwnerID = u.Secret;`},
	{".Half", `allow(u: User, _, d: Doc) if d.Level = u.Half();`},
	{".Whole", `allow(u: User, _, d: Doc) if d.Level = u.Whole();`},
	{"a relation without a condition on what it leads to", `allow(_: User, _, d: Doc) if _ = d.Editor;`},
	{"a relation without a condition on what it leads to", `allow(_: User, _, d: Doc) if _e = d.Editor;`},
	{"a relation without a condition on what it leads to", `allow(u: User, _, d: Doc) if led(u, d.Team); led(u: User, _: Team) if u.Root;`},
	{"a relation without a condition on what it leads to", `allow(u: User, _, d: Doc) if t = d.Team and led(u, t); led(u: User, _: Team) if u.Root;`},
	{"a relation without a condition on what it leads to", `
		allow(u: User, _, d: Doc) if t = d.Team and led(u, t);
		led(u: User, t: Team) if t.LeadID = u.ID;
		led(u: User, _: Team) if u.Root;`},
	{"a relation without a condition on what it leads to", `
		allow(u: User, _, d: Doc) if t = d.Team and led(u, t);
		led(u: User, t: Team) if u.Root or t.LeadID = u.ID;`},
	{"a relation without a condition on what it leads to", `
		allow(actor, action, resource) if has_permission(actor, action, resource);
		actor User {}
		resource Team { roles = ["lead"]; }
		resource Doc { permissions = ["read"]; relations = { team: Team }; "read" if "lead" on "team"; }
		has_relation(t: Team, "team", d: Doc) if t = d.Team;
		has_role(u: User, "lead", _: Team) if u.Root;`},
	{"a relation without a condition on what it leads to", `allow(u: User, _, d: Doc) if i in d.Items and x = i.Doc and u.Root and i.Kind = "a" and keep(x); keep(_);`},
	{"a parameter of class String", `allow(_: User, _, d: Doc) if named(d.Lang); named(s: String) if s != "de";`},
	{"a relation as a condition", `allow(_: User, _, d: Doc) if d.Editor;`},
	{"=", `allow(_: User, _, d: Doc) if d.Team.Name = d.Team.Name;`},
	{"a computed attribute", `allow(u: User, _, d: Doc) if d.("OwnerID") = u.ID;`},
	{"two elements of Items", `allow(_: User, _, d: Doc) if i in d.Items and i.Kind = "a" and j in d.Items and j.Qty = 2;`},
	{"two elements of Items", `
		allow(_: User, _, d: Doc) if has(d, "a") and has(d, "b");
		has(d: Doc, kind) if i in d.Items and i.Kind = kind;`},
	{"=", `allow(_: User, _, d: Doc) if i in d.Items and j in d.Team.Docs and i = j and i.Kind = "a" and j.ID = "x";`},
	{"a value made of the document's", `allow(u: User, _, d: Doc) if u.ID in [d.OwnerID];`},
	{"a value made of the document's", `allow(u: User, _, d: Doc) if u.Root = d.Owner.Named("x");`},
	{"an expression as a value", `allow(u: User, _, d: Doc) if (d.OwnerID = u.ID) = true;`},
	{"a parameter", `allow(_: User, _, [_d]);`},
	{"the text", `global { roles = ["admin"]; }`},
	{"resource block", `resource Doc { permissions = ["read"]; "write" if "read"; }`},
	{"the text", `allow(_: User, _, d: Doc) if d.Public`},
	{"the text", `allow(_: User, _, d: Doc) if d.Lang = "de;`},
	{"the text", "allow(_: User, _, d: Doc) if d.Public ~ 1;"},
	{"the text", `allow(_: User, _, d: Doc) if d.Public = ;`},
}

func TestWhatOsoLosesIsRefusedWhenTheAdapterIsMade(t *testing.T) {
	t.Parallel()
	db := offline(t)
	for _, tc := range lossy {
		_, err := adapter.New(adapter.Config{Database: db, Structs: structs(), Policy: tc.policy})
		require.ErrorIs(t, err, adapter.ErrRefused, tc.policy)
		var refused *adapter.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, tc.construct, refused.Construct, "%s\n%v", tc.policy, err)
		require.Positive(t, refused.Line)
	}
}

// faithful are policies that Oso's filter keeps.
var faithful = []string{
	`allow(_: User, "read", _: Doc);`,
	`allow(u: User, "read", d: Doc) if d.OwnerID = u.ID; # a comment with cut, not and 2.75`,
	`allow(_: User, "not a < b", d: Doc) if d.Lang = "cut 1.5 \"not\"";`,
	`allow(u: User, _, d: Doc) if d.Level = -1 or d.Public and d.OwnerID != u.ID;`,
	`allow(u: User, _, d: Doc) if d.Team.LeadID = u.ID;`,
	`allow(u: User, _, d: Doc) if t = d.Team and t.LeadID = u.ID;`,
	`allow(u: User, _, d: Doc) if d.Editor = u;`,
	`allow(u: User, _, d: Doc) if x = d.Editor and x = u;`,
	`allow(u: User, _, d: Doc) if led(u, d.Team); led(u: User, t: Team) if t.LeadID = u.ID;`,
	`allow(u: User, _, d: Doc) if u.Root and i in d.Items and i.Kind = "a";`,
	`allow(u: User, _, d: Doc) if u.Named("x") and d.Public;`,
	`allow(_: User, _, d: Doc) if "a" in d.Tags and "b" in d.Tags;`,
	`allow(u: User, _, d: Doc) if d.Lang in u.Langs;`,
	`allow(u: User, _, d: Doc) if l in u.Langs and l in d.Tags;`,
	`allow(_: User, _, d: Doc) if _ in d.Items;`,
	`allow(u: User, _, _: Doc{OwnerID: "x"}) if u.MyTeam.Name = "crew";`,
	`?= allow(new User(), "x", d) and cut; allow(_: User, _, d: Doc) if d.Public;`,
	`type hello(x: Integer); allow(_: User, _, d: Doc) if d.Public;`,
	`allow(_: User, _, d: Doc) if one(d) or two(d);
		one(d: Doc) if i in d.Items and i.Kind = "a";
		two(d: Doc) if i in d.Items and i.Kind = "b";`,
	adaptertest.Roles,
}

func TestWhatOsoKeepsIsAccepted(t *testing.T) {
	t.Parallel()
	db := offline(t)
	for _, policy := range faithful {
		_, err := adapter.New(adapter.Config{Database: db, Structs: structs(), Policy: policy})
		require.NoError(t, err, policy)
	}
}
