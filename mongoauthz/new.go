package mongoauthz

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
)

// AuthorizeNew returns nil if the actor may do the action with a document that is not stored yet: a
// [Document], or a Go value that stands for one. Otherwise the error matches [ErrForbidden]; there
// is nothing to hide. The document is judged as it is given, by the scope of its type too, and is
// not stored. A field that the driver or the server fills in later, such as _id, counts as missing.
//
// A document that is authorized is then checked. It must not have a field twice, at any level:
// another reader may take the other value. It must have every field that is declared required, and
// no null there ([relations.Field.Required]). Otherwise the error is an [*ArgumentError]; for a
// required field, its Name is "resource." and the path of the field. The required fields of an
// embedded document are checked if that document is there; in an array, those of each document. The
// _id is not checked.
//
// The other errors are those of [Authorizer.Authorize] for a document in hand, but [ErrNotFound].
func (az *Authorizer) AuthorizeNew(ctx context.Context, actor any, action string, resource any) error {
	if !az.made() {
		return errNotMade
	}
	t, err := az.inHand(resource)
	if err != nil {
		return err
	}
	t.of = nil // what is in hand is what will be stored, whole
	ctx, cancel := az.limit(ctx)
	defer cancel()
	switch ok, err := az.judge(actor, t).may(ctx, action); {
	case err != nil:
		return err
	case !ok:
		return &ForbiddenError{Action: action, Resource: t.typ}
	case bsonpath.RepeatsName(t.document): // only now: deciding refused a document nested too deeply to be walked
		return &ArgumentError{Name: "resource", Problem: "has a field twice"}
	}
	typ, _ := az.schema.Type(t.typ) // inHand has found it
	if field := write.Lacking(az.schema, typ, t.document); field != "" {
		problem := "is declared required, and is missing or null: set it to a value before the document is stored"
		return &ArgumentError{Name: "resource." + field, Problem: problem}
	}
	return nil
}
