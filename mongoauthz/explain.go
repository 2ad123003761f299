package mongoauthz

import (
	"context"
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Explain says why the actor may do the action with a resource, or why not: which clause of the
// policy's filter authorized, and for each clause which conditions were false, which unknown, and
// why. Its String method returns that as text. The resource is an [ID], whose document is read as
// it is stored, or one in hand.
//
// The explanation is for those who write policies and answer for them, and not for the actor: it
// tells about documents that the actor may not see. It names fields and holds no values. It looks
// at everything, also where the decision was made before, so it reads more than
// [Authorizer.Authorize], and decides in process by what it reads.
//
// The errors are a [*NotFoundError] if there is no document with that _id, whoever asks, and those
// of [Authorizer.Authorize] but [ErrForbidden].
func (az *Authorizer) Explain(ctx context.Context, actor any, action string, resource any) (evaluate.Explanation, error) {
	var none evaluate.Explanation
	if !az.made() {
		return none, errNotMade
	}
	t, err := az.target(resource)
	if err != nil {
		return none, err
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	e, schema, err := az.evaluator(ctx, actor, action, t.typ)
	if err != nil {
		return none, err
	}
	if t.stored {
		switch t.document, err = az.find(ctx, schema, t); {
		case errors.Is(err, mongo.ErrNoDocuments):
			return none, &NotFoundError{Action: action, Resource: t.typ}
		case err != nil:
			return none, err
		}
	} else if _, err := holds(az.schema, t.typ, t.of, e); err != nil {
		return none, err
	}
	x, err := e.Explain(ctx, t.document, az.Fetcher())
	if err != nil {
		return none, undecided(action, t.typ, err)
	}
	return x, nil
}

// find returns the document with the target's _id.
func (az *Authorizer) find(ctx context.Context, schema *relations.Schema, t target) (bson.Raw, error) {
	id, ok, err := convertID(schema, t.typ, t.id)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, mongo.ErrNoDocuments
	}
	typ, _ := schema.Type(t.typ)
	opts := options.FindOne()
	if az.collation != nil {
		opts.SetCollation(az.collation)
	}
	document, err := az.db.Collection(typ.Collection).FindOne(ctx, fetch.ByID(id), opts).Raw()
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: find in %s: %w", typ.Collection, driver.WithAdvice(err))
	}
	return document, nil
}
