package casemgmt

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
)

// Actor is who asks, as the policy sees them.
type Actor struct {
	ID        bson.RawValue
	Groups    []bson.RawValue
	Superuser bool
	// Permissions are the ids of those held everywhere: their own, their groups', and those of roles assigned globally to them or to a
	// group of theirs. An account that is not active holds none.
	Permissions []bson.RawValue
}

// holds reports whether one of the permissions holds everywhere.
func (a *Actor) holds(permissions []bson.RawValue) bool { return share(a.Permissions, permissions) }

// ErrNoUser is returned for an actor who is not among the users.
var ErrNoUser = errors.New("casemgmt: no such user")

// A Directory knows users and permissions. It reads them each time it is asked, so that what is revoked is gone with the next request.
type Directory struct{ stored evaluate.Fetcher }

// NewDirectory returns the directory of what a fetcher reads.
func NewDirectory(stored evaluate.Fetcher) Directory { return Directory{stored} }

// Actor returns who a user is. The errors are [ErrNoUser] and those of the fetcher.
func (d Directory) Actor(ctx context.Context, id bson.RawValue) (*Actor, error) {
	users, err := d.read(ctx, "users", "_id", []bson.RawValue{id}, "groups", "user_permissions", "is_superuser", "is_active")
	if err != nil {
		return nil, err
	}
	if len(users) != 1 {
		return nil, ErrNoUser
	}
	user := users[0]
	a := &Actor{ID: user.Lookup("_id"), Groups: keys(user, "groups"), Superuser: isTrue(user, "is_superuser")}
	if !isTrue(user, "is_active") {
		return a, nil
	}
	groups, err := d.read(ctx, "groups", "_id", a.Groups, "permissions")
	if err != nil {
		return nil, err
	}
	own, err := d.read(ctx, "role_assignments", "user", []bson.RawValue{a.ID}, "role")
	if err != nil {
		return nil, err
	}
	theirs, err := d.read(ctx, "role_assignments", "group", a.Groups, "role")
	if err != nil {
		return nil, err
	}
	var ids []bson.RawValue
	for _, assignment := range append(own, theirs...) {
		if role := assignment.Lookup("role"); isKey(role) {
			ids = append(ids, role)
		}
	}
	roles, err := d.read(ctx, "roles", "_id", ids, "permissions")
	if err != nil {
		return nil, err
	}
	a.Permissions = keys(user, "user_permissions")
	for _, holder := range append(groups, roles...) {
		a.Permissions = append(a.Permissions, keys(holder, "permissions")...)
	}
	return a, nil
}

// Permission returns the ids of the permissions with a full name, such as casemgmt.view_client; none if there is no such permission.
func (d Directory) Permission(ctx context.Context, fullName string) ([]bson.RawValue, error) {
	found, err := d.read(ctx, "permissions", "full_name", []bson.RawValue{rawValue(fullName)})
	if err != nil {
		return nil, err
	}
	var ids []bson.RawValue
	for _, p := range found {
		if id := p.Lookup("_id"); isKey(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// read returns the documents of a collection whose field is, or holds, one of the keys, with some fields.
func (d Directory) read(ctx context.Context, collection, field string, wanted []bson.RawValue, fields ...string) ([]bson.Raw, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	docs, err := d.stored.Fetch(ctx, evaluate.Request{
		Collection: collection,
		Match:      []evaluate.Match{{Field: field, Keys: wanted}},
		Fields:     requested(append(fields, field)),
	})
	if err != nil {
		return nil, err
	}
	var found []bson.Raw // a fetcher may return more than was asked for
	for _, doc := range docs {
		if share(keys(doc, field), wanted) {
			found = append(found, doc)
		}
	}
	return found, nil
}

// requested returns the fields of a request, which has _id among them once.
func requested(fields []string) []string {
	return append(slices.DeleteFunc(fields, func(f string) bool { return f == "_id" }), "_id")
}

func isTrue(doc bson.Raw, field string) bool {
	v, ok := doc.Lookup(field).BooleanOK()
	return ok && v
}

// share reports whether two lists of ids have one in common.
func share(a, b []bson.RawValue) bool {
	for _, x := range a {
		for _, y := range b {
			if evaluate.Equal(x, y) {
				return true
			}
		}
	}
	return false
}
