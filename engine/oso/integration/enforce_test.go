package integration_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo/options"
)

// blocks is a policy with resource blocks: roles and relations.
const blocks = `
actor User {}

resource Team {
	roles = ["member"];
}

resource Doc {
	permissions = ["read", "edit", "delete"];
	roles = ["reader", "owner"];
	relations = {team: Team};

	"read" if "reader";
	"edit" if "owner";
	"delete" if "owner";
	"reader" if "owner";
	"reader" if "member" on "team";
}

allow(actor, action, resource) if has_permission(actor, action, resource);

has_role(u: User, "owner", d: Doc) if d.owner = u;
has_role(u: User, "member", t: Team) if u in t.users;
has_relation(t: Team, "team", d: Doc) if d.team = t;

allow(_: User, "list", d: Doc) if d.Public;

allow_field(u: User, "read", d: Doc, field) if field in ["Title", "ID"] and has_permission(u, "read", d);
allow_field(u: User, "read", d: Doc, "Address") if d.owner = u;
allow_field(u: User, "read", d: Doc, _) if u.Name = "cyd" and d.ID != nil;

allow_request(u: User, r: Request) if r.Method = "GET" and r.URL.Path = "/docs" and u.Name != "ben";
`

func enforcer(t *testing.T, policy string) *oso.Enforcer {
	t.Helper()
	db := harness.Database(t)
	load(t, db)
	o, err := oso.NewEnforcer(db, engine(t, policy, oso.WithClass("Request", http.Request{})), options(t)...)
	require.NoError(t, err)
	return o
}

func TestResourceBlocks(t *testing.T) {
	o := enforcer(t, blocks)
	ctx := context.Background()
	for _, actor := range users(t) {
		var read, edit []int
		for _, d := range docs(t) {
			f := factsOf(t, d, actor)
			owns, member := f.OwnerID == actor.ID, f.team != nil && find(f.colleagues, actor.ID) != nil
			if owns || member {
				read = append(read, d.ID)
			}
			if owns {
				edit = append(edit, d.ID)
			}
			for action, expected := range map[string]error{"read": decision(owns || member, false), "edit": decision(owns, owns || member), "list": decision(d.Public, owns || member)} {
				err := o.Authorize(ctx, &actor, action, d)
				if expected == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, expected, "%s, %s of %d", actor.Name, action, d.ID)
				}
				if d.ID < 8 {
					ok, err := o.IsAllowed(ctx, actor, action, mongoauthz.ID("Doc", d.ID))
					require.NoError(t, err)
					require.Equal(t, expected == nil, ok)
				}
			}
		}
		for action, ids := range map[string][]int{"read": read, "edit": edit} {
			found, err := o.AuthorizedResources(ctx, actor, action, "Doc")
			require.NoError(t, err)
			listed := []int(nil)
			for _, d := range found {
				listed = append(listed, d.(Doc).ID)
			}
			require.ElementsMatch(t, ids, listed, "%s, %s", actor.Name, action)
		}
	}
}

// decision is the error expected of Authorize.
func decision(ok, readable bool) error {
	switch {
	case ok:
		return nil
	case readable:
		return mongoauthz.ErrForbidden
	default:
		return mongoauthz.ErrNotFound
	}
}

func TestAuthorizedActions(t *testing.T) {
	o := enforcer(t, blocks+`allow(u: User, _, d: Doc) if u.Name = "cyd" and d.Title = "b";`)
	ctx := context.Background()
	ann, cyd := users(t)[0], users(t)[2]
	for _, d := range docs(t)[:12] {
		f := factsOf(t, d, ann)
		expected := []string{}
		if f.OwnerID == ann.ID {
			expected = append(expected, "delete", "edit")
		}
		if d.Public {
			expected = append(expected, "list")
		}
		if f.OwnerID == ann.ID || find(f.colleagues, ann.ID) != nil {
			expected = append(expected, "read")
		}
		for _, resource := range []any{d, &d, mongoauthz.ID("Doc", d.ID)} {
			actions, err := o.AuthorizedActions(ctx, ann, resource)
			require.NoError(t, err)
			require.Equal(t, expected, actions)
		}
		actions, err := o.AuthorizedActions(ctx, cyd, d)
		require.NoError(t, err)
		require.Equal(t, d.Title == "b", len(actions) > 0 && actions[0] == oso.Wildcard)
	}
	_, err := enforcer(t, `allow(_, action, d: Doc) if action != "x" and d.Public;`).AuthorizedActions(ctx, ann, docs(t)[0])
	requireUnsupported(t, err, "allow")
}

func TestAuthorizedFields(t *testing.T) {
	o := enforcer(t, blocks)
	ctx := context.Background()
	ann, cyd := users(t)[0], users(t)[2]
	own, other := docs(t)[0], docs(t)[1]
	own.OwnerID, other.OwnerID, other.TeamID = ann.ID, cyd.ID, 3
	fields, err := o.AuthorizedFields(ctx, ann, "read", own)
	require.NoError(t, err)
	require.Equal(t, []string{"Address", "ID", "Title"}, fields.Names)
	require.Equal(t, bson.D{{Key: "_id", Value: int32(1)}, {Key: "address", Value: int32(1)}, {Key: "title", Value: int32(1)}}, fields.Projection())
	require.NoError(t, o.AuthorizeField(ctx, ann, "read", own, "Title"))
	require.ErrorIs(t, o.AuthorizeField(ctx, ann, "read", own, "Price"), mongoauthz.ErrForbidden)

	fields, err = o.AuthorizedFields(ctx, ann, "read", other)
	require.NoError(t, err)
	require.Empty(t, fields.Names)
	require.Empty(t, shown(t, o, fields.Projection()))

	fields, err = o.AuthorizedFields(ctx, cyd, "read", own)
	require.NoError(t, err)
	require.True(t, fields.All)
	require.Greater(t, len(shown(t, o, fields.Projection())), 10)
	require.Empty(t, shown(t, o, oso.Fields{}.Projection()))
}

// An action or a field that is called as the Wildcard stands for itself, as for Oso, and would be taken for every one.
func TestTheWildcardIsNoName(t *testing.T) {
	o := enforcer(t, `
allow(_: User, "*", _: Doc);
allow(u: User, _, d: Doc) if u.Name = "cyd" and d.Title = "b";
allow_field(_: User, "read", _: Doc, "*");
allow_field(u: User, "read", d: Doc, _) if u.Name = "cyd" and d.Title = "b";
allow_field(u: User, "edit", d: Doc, _) if u.Name = "cyd" and d.Title = "b";
allow_field(u: User, "edit", d: Doc, field) if field in u.Roles and d.ID != nil;`)
	ctx := context.Background()
	d := docs(t)[0]
	for _, actor := range users(t) {
		_, err := o.AuthorizedFields(ctx, actor, "read", d)
		requireUnsupported(t, err, "allow_field")
		_, err = o.AuthorizedActions(ctx, actor, d)
		requireUnsupported(t, err, "allow")
		require.ErrorIs(t, o.AuthorizeField(ctx, actor, "read", d, "Title"), mongoauthz.ErrForbidden)
		require.ErrorIs(t, o.Authorize(ctx, actor, "list", d), mongoauthz.ErrNotFound)
	}
	cyd := users(t)[2]
	cyd.Roles = []string{"*"}
	_, err := o.AuthorizedFields(ctx, cyd, "edit", d)
	requireUnsupported(t, err, "allow_field")
	cyd.Roles = []string{"Title"}
	fields, err := o.AuthorizedFields(ctx, cyd, "edit", d)
	require.NoError(t, err)
	require.Equal(t, []string{"Title"}, fields.Names)
	require.False(t, fields.All, "the rule that leaves the field open does not hold")
}

// shown returns what a find with a projection shows of a document.
func shown(t *testing.T, o *oso.Enforcer, projection bson.D) bson.D {
	q, err := o.AuthorizedQuery(context.Background(), users(t)[0], "list", "Doc")
	require.NoError(t, err)
	var d bson.D
	require.NoError(t, q.Collection().FindOne(context.Background(), bson.D{}, driver.FindOne().SetProjection(projection)).Decode(&d))
	return d
}

func TestAuthorizeRequest(t *testing.T) {
	o := enforcer(t, blocks)
	ctx := context.Background()
	get := &http.Request{Method: "GET", URL: &url.URL{Path: "/docs"}}
	require.NoError(t, o.AuthorizeRequest(ctx, users(t)[0], get))
	require.ErrorIs(t, o.AuthorizeRequest(ctx, users(t)[1], get), mongoauthz.ErrForbidden)
	require.ErrorIs(t, o.AuthorizeRequest(ctx, users(t)[0], &http.Request{Method: "PUT", URL: &url.URL{Path: "/docs"}}), mongoauthz.ErrForbidden)
	require.ErrorIs(t, o.AuthorizeRequest(ctx, "ann", get), mongoauthz.ErrForbidden)
	require.ErrorIs(t, o.AuthorizeRequest(ctx, struct{}{}, get), oso.ErrUnsupported)
}

func TestTheEnforcerRefusesWhatIsNoResource(t *testing.T) {
	o := enforcer(t, blocks)
	for _, resource := range []any{nil, 3, struct{}{}, http.Request{}} {
		require.ErrorIs(t, o.Authorize(context.Background(), users(t)[0], "read", resource), mongoauthz.ErrArgument)
	}
	_, err := oso.NewEnforcer(harness.Database(t), nil)
	require.ErrorIs(t, err, oso.ErrPolicy)
	_, err = oso.NewEnforcer(nil, engine(t, blocks, oso.WithClass("Request", http.Request{})))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}
