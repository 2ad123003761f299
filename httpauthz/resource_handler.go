package httpauthz

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// ResourceHandler is a handler for one resource by its id. It decides whether the actor of the request ([Actor]) may do the action that its method is with the
// resource, and if so serves it with the document. Otherwise the answer is 401, 403, 404 or 405: see the package documentation.
type ResourceHandler struct {
	Authorizer *mongoauthz.Authorizer
	Type       string  // the resource type
	Actions    Actions // nil: those of [DefaultActions], without POST

	// Read is an action without which a resource is not found (404), whatever else the actor may do with it. If it is empty, who may do
	// an action need not be allowed to read.
	Read string

	// ID returns the _id that a request names, or an error to be written, such as a [*Problem] for a
	// text that is no id. A string is read as the text of a value of the type that the schema
	// declares for _id ([mongoauthz.ID]); one that names none is not found. A value of another type
	// is status 500. Nil takes the path's "id" (http.Request.PathValue): the schema must declare
	// _id, since nothing else tells the type of what a path names.
	ID func(r *http.Request) (any, error)

	// Serve answers an authorized request. Its error is written by [WriteError].
	Serve func(w http.ResponseWriter, r *http.Request, a *Access) error
}

// Access is what a [ResourceHandler] found out about a request.
type Access struct {
	Actor    any
	Action   string
	ID       any      // the _id asked for
	Document bson.Raw // as it was when the action was found to be authorized

	one *ResourceHandler
}

// Query returns the authorized query for the actor, the action and the type of the access: all of its documents, not the one alone. A write that is made
// with it, and with [Access.ID] as its filter, is authorized at the moment it is made, for the
// actor as [Authenticate] found it: what that value holds is not read again. The errors are those of [mongoauthz.Authorizer.AuthorizedQuery].
func (a *Access) Query(ctx context.Context) (*mongoauthz.Query, error) {
	if a == nil || a.one == nil {
		return nil, errors.New("httpauthz: the Access is not one that a ResourceHandler made")
	}
	return a.one.Authorizer.AuthorizedQuery(ctx, a.Actor, a.Action, a.one.Type)
}

// NotFound is the error for a write that found nothing to write, though the access was authorized: the document, or the right to it, is gone since.
func (a *Access) NotFound() error {
	switch {
	case a == nil:
		return &mongoauthz.NotFoundError{}
	case a.one == nil:
		return &mongoauthz.NotFoundError{Action: a.Action}
	}
	return &mongoauthz.NotFoundError{Action: a.Action, Resource: a.one.Type}
}

// ServeHTTP serves the request if it is authorized.
func (o *ResourceHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	Handler(o.serve).ServeHTTP(w, r)
}

func (o *ResourceHandler) serve(w http.ResponseWriter, r *http.Request) error {
	if o == nil || o.Authorizer == nil || o.Serve == nil {
		return errors.New("httpauthz: ResourceHandler has no Authorizer or no Serve")
	}
	actions := o.Actions
	if actions == nil {
		actions = DefaultActions().Only(http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete)
	}
	action, err := actions.Action(r.Method)
	if err != nil {
		return err
	}
	id, err := o.id(r)
	if err != nil {
		return err
	}
	resource := mongoauthz.ID(o.Type, id)
	if o.Read != "" && o.Read != action {
		if err := o.Authorizer.Authorize(r.Context(), Actor(r.Context()), o.Read, resource); err != nil {
			return err
		}
	}
	a := &Access{Actor: Actor(r.Context()), Action: action, ID: id, one: o}
	a.Document, err = mongoauthz.FindOne[bson.Raw](r.Context(), o.Authorizer, a.Actor, action, resource)
	if err != nil {
		return err
	}
	return o.Serve(w, r, a)
}

func (o *ResourceHandler) id(r *http.Request) (any, error) {
	if o.ID != nil {
		return o.ID(r)
	}
	schema := o.Authorizer.Schema()
	if t, ok := schema.Type(o.Type); ok {
		if _, declared := schema.Field(t, "_id"); !declared {
			return nil, fmt.Errorf("httpauthz: the schema does not declare the _id of a %s, so the type of an id in a path is not known: declare it, or set ResourceHandler.ID", o.Type)
		}
	}
	if id := r.PathValue("id"); id != "" {
		return id, nil
	}
	return nil, errors.New(`httpauthz: the path of ResourceHandler has no "id": name it so in the pattern, or set ResourceHandler.ID`)
}
