package oso

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Enforcer has the methods of Oso's own type, on documents in MongoDB: what called an Oso calls an Enforcer, with a context in front.
// All it answers comes from the filters of one [Engine], so that lists and single decisions agree. It is immutable and safe for
// concurrent use. Make one with [NewEnforcer].
type Enforcer struct {
	engine *Engine
	az     *mongoauthz.Authorizer
}

// NewEnforcer returns the enforcer of an engine's policy for a database, with the options of [mongoauthz.New]. An engine without a
// fetcher or database of its own looks up the relations of actors in db.
//
// The errors are those of [mongoauthz.New], and a [*PolicyError] for a nil engine.
func NewEnforcer(db *mongo.Database, engine *Engine, opts ...mongoauthz.Option) (*Enforcer, error) {
	if engine == nil {
		return nil, &PolicyError{Problem: "there is no engine: make one with New"}
	}
	own := *engine
	az, err := mongoauthz.New(db, own.schema, enforced{&own}, opts...)
	if err != nil {
		return nil, err
	}
	if own.fetcher == nil {
		own.fetcher = az.Fetcher()
	}
	return &Enforcer{engine: &own, az: az}, nil
}

// Authorizer returns what the enforcer answers by, for what Oso has no method for: pages, counts, writes, explanations.
func (o *Enforcer) Authorizer() *mongoauthz.Authorizer { return o.az }

// AuthorizedQuery returns the query for the documents of a resource type with which the actor may do the action. It is
// [mongoauthz.Authorizer.AuthorizedQuery], with its errors and those of [Engine.Filter].
func (o *Enforcer) AuthorizedQuery(ctx context.Context, actor any, action, resource string) (*mongoauthz.Query, error) {
	return o.az.AuthorizedQuery(ctx, actor, action, resource)
}

// AuthorizedResources returns the documents of a resource type with which the actor may do the action, all of them: values of the Go struct
// that was registered for the type, or [bson.Raw] where none was. [mongoauthz.Find] returns them typed.
//
// The result is not nil. The errors are those of [Enforcer.AuthorizedQuery] and [mongoauthz.Query.All].
func (o *Enforcer) AuthorizedResources(ctx context.Context, actor any, action, resource string) ([]any, error) {
	q, err := o.AuthorizedQuery(ctx, actor, action, resource)
	if err != nil {
		return nil, err
	}
	of := reflect.TypeFor[bson.Raw]()
	if c := o.engine.classes.byName[resource]; c != nil && c.goType != nil {
		of = c.goType
	}
	documents := reflect.New(reflect.SliceOf(of))
	if err := q.All(ctx, documents.Interface()); err != nil {
		return nil, err
	}
	found := make([]any, documents.Elem().Len())
	for i := range found {
		found[i] = documents.Elem().Index(i).Interface()
	}
	return found, nil
}

// Authorize returns nil if the actor may do the action with the resource: a value of a registered Go struct, a
// [mongoauthz.Document] or a [mongoauthz.ID]. Otherwise the error matches [mongoauthz.ErrForbidden] if the actor may read it, and
// [mongoauthz.ErrNotFound] if not. It is [mongoauthz.Authorizer.Authorize], with its errors and those of [Engine.Filter].
func (o *Enforcer) Authorize(ctx context.Context, actor any, action string, resource any) error {
	r, err := o.resource(resource)
	if err != nil {
		return err
	}
	return o.az.Authorize(ctx, actor, action, r)
}

// IsAllowed reports whether [Enforcer.Authorize] returns nil.
func (o *Enforcer) IsAllowed(ctx context.Context, actor any, action string, resource any) (bool, error) {
	return allowed(o.Authorize(ctx, actor, action, resource))
}

// Wildcard stands for every action, or every field, in what [Enforcer.AuthorizedActions] and [Enforcer.AuthorizedFields] return, where a
// rule leaves them open.
const Wildcard = "*"

// AuthorizedActions returns the actions that the actor may do with a resource, in order, among those that the policy's rules name for its
// type. A rule that leaves the action open gives the [Wildcard], which stands first.
//
// It costs what [Enforcer.Authorize] does for each action that the policy names. The errors are those of [Enforcer.Authorize], but
// ErrForbidden and ErrNotFound; and an [*UnsupportedError] for a rule that asks of the action more than what it is, such as "action != x", or that
// names it as the Wildcard.
func (o *Enforcer) AuthorizedActions(ctx context.Context, actor, resource any) ([]string, error) {
	r, err := o.resource(resource)
	if err != nil {
		return nil, err
	}
	actions, open, err := o.engine.named(ctx, ruleAllow, "action", r.Type(), func(who any) []any { return []any{who, types.Variable("action"), types.Variable("resource")} }, actor)
	if err != nil {
		return nil, err
	}
	authorized := []string{}
	for _, action := range actions {
		ok, err := allowed(o.az.Authorize(ctx, actor, action, r))
		if err != nil {
			return nil, err
		}
		if ok {
			authorized = append(authorized, action)
		}
	}
	if open {
		ok, err := allowed(o.az.Authorize(ctx, actor, Wildcard, r))
		if err != nil {
			return nil, err
		}
		if ok {
			authorized = slices.Insert(authorized, 0, Wildcard)
		}
	}
	return authorized, nil
}

// Fields are those of a document with which an actor may do something. The zero Fields are none.
type Fields struct {
	Names []string // as the policy names them, in order
	All   bool     // every field: a rule leaves the field open
	paths []string
}

// Projection returns the fields as a projection for the driver, by their names in the database. With no fields it is one of a
// field that no document has, for an empty one would show everything; that is what it is for All. The _id is shown only if it is among them.
func (f Fields) Projection() bson.D {
	if f.All {
		return bson.D{}
	}
	id := false
	var p bson.D
	for _, path := range f.paths {
		id = id || path == "_id"
		p = append(p, bson.E{Key: path, Value: int32(1)})
	}
	if len(p) == 0 {
		p = append(p, bson.E{Key: "__authz_none", Value: int32(1)})
	}
	if !id {
		p = append(p, bson.E{Key: "_id", Value: int32(0)})
	}
	return p
}

// AuthorizedFields returns the fields of a resource with which the actor may do the action, by the rules allow_field. Their names are those of
// the Go struct, or of the schema; others are an [*UnsupportedError].
//
// It costs what [Enforcer.Authorize] does for each field that the policy names. The other errors are those of [Enforcer.AuthorizedActions].
func (o *Enforcer) AuthorizedFields(ctx context.Context, actor any, action string, resource any) (Fields, error) {
	r, err := o.resource(resource)
	if err != nil {
		return Fields{}, err
	}
	names, open, err := o.engine.named(ctx, ruleField, "field", r.Type(), func(who any) []any {
		return []any{who, action, types.Variable("resource"), types.Variable("field")}
	}, actor)
	if err != nil {
		return Fields{}, err
	}
	f := Fields{Names: []string{}}
	if open {
		if f.All, err = allowed(o.az.Authorize(ofField(ctx, Wildcard), actor, action, r)); err != nil {
			return Fields{}, err
		}
	}
	for _, name := range names {
		ok, err := allowed(o.az.Authorize(ofField(ctx, name), actor, action, r))
		switch {
		case err != nil:
			return Fields{}, err
		case ok:
			path, err := o.engine.classes.byName[r.Type()].storedPath(name)
			if err != nil {
				return Fields{}, about(err, action, r.Type())
			}
			f.Names, f.paths = append(f.Names, name), append(f.paths, path)
		}
	}
	f.paths = outermost(f.paths)
	return f, nil
}

// AuthorizeField returns nil if the actor may do the action with a field of the resource, by the rules allow_field. Otherwise the error
// matches [mongoauthz.ErrForbidden]. The other errors are those of [Enforcer.Authorize].
func (o *Enforcer) AuthorizeField(ctx context.Context, actor any, action string, resource any, field string) error {
	r, err := o.resource(resource)
	if err != nil {
		return err
	}
	switch ok, err := allowed(o.az.Authorize(ofField(ctx, field), actor, action, r)); {
	case err != nil:
		return err
	case !ok:
		return &mongoauthz.ForbiddenError{Action: action, Resource: r.Type()}
	}
	return nil
}

// AuthorizeRequest returns nil if the actor may make the request, by the rules allow_request: a value of a registered Go struct, or whatever
// else the policy makes something of. Otherwise the error matches [mongoauthz.ErrForbidden]. The other errors are those of [Engine.Filter].
func (o *Enforcer) AuthorizeRequest(ctx context.Context, actor, request any) error {
	holds := false
	err := o.engine.evaluate(ctx, func(w *worker) error {
		who, err := w.session.carry(reflect.ValueOf(actor))
		if err != nil {
			return err
		}
		what, err := w.session.carry(reflect.ValueOf(request))
		if err != nil {
			return err
		}
		holds, err = w.holds(ruleRequest, who, what)
		return err
	})
	switch {
	case err != nil:
		return about(err, "request", "request")
	case !holds:
		return &mongoauthz.ForbiddenError{Action: "request", Resource: "request"}
	}
	return nil
}

// allowed splits a decision from a failure.
func allowed(err error) (bool, error) {
	if err == nil {
		return true, nil
	}
	if errors.Is(err, mongoauthz.ErrForbidden) || errors.Is(err, mongoauthz.ErrNotFound) {
		return false, nil
	}
	return false, err
}

// resource gives a value of a registered Go struct the resource type that it was registered for.
func (o *Enforcer) resource(v any) (mongoauthz.Resource, error) {
	if r, ok := v.(mongoauthz.Resource); ok {
		return r, nil
	}
	t := indirect(reflect.TypeOf(v))
	if known := o.engine.classes.byType[t]; t != nil && len(known) == 1 && known[0].stored != nil {
		return mongoauthz.Document(known[0].name, v), nil
	}
	return mongoauthz.Resource{}, &mongoauthz.ArgumentError{Name: "resource", Problem: fmt.Sprintf("a %T is of no resource type, or of several (WithStructs); use Document or ID", v)}
}

// fieldAsked is the key of the field that a context asks for.
type fieldAsked struct{}

func ofField(ctx context.Context, field string) context.Context {
	return context.WithValue(ctx, fieldAsked{}, field)
}

// enforced is the engine as a policy that answers for fields, too, where the context asks for one.
type enforced struct{ *Engine }

func (e enforced) Filter(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
	field, ok := ctx.Value(fieldAsked{}).(string)
	if !ok {
		return e.Engine.Filter(ctx, actor, action, resource)
	}
	return e.filter(ctx, actor, request{rule: ruleField, action: action, resource: resource, field: field})
}

// named returns the values of a variable that the ways in which a rule may hold name, sorted, and whether one leaves it open.
func (e *Engine) named(ctx context.Context, rule, variable, resource string, args func(who any) []any, actor any) (names []string, open bool, err error) {
	err = e.evaluate(ctx, func(w *worker) error {
		who, err := w.session.carry(reflect.ValueOf(actor))
		if err != nil {
			return err
		}
		found, err := w.partials(e.limit, rule, map[string]*types.Term{"resource": ofClass("resource", resource)}, args(who)...)
		for _, bindings := range found {
			switch name := bindings[variable].(type) {
			case string:
				if name == Wildcard {
					return unsupported(rule, "a rule names the "+variable+" that stands for every one")
				}
				names = append(names, name)
			case types.Variable:
				open = true
			default:
				return unsupported(rule, "a rule asks of the "+variable+" more than what it is")
			}
		}
		return err
	})
	if err != nil {
		return nil, false, about(err, Wildcard, resource)
	}
	slices.Sort(names)
	return slices.Compact(names), open, nil
}

// storedPath returns where a field is stored that a policy names.
func (c *class) storedPath(name string) (string, error) {
	if a := c.attrs[name]; a != nil && a.path != "" {
		return a.path, nil
	}
	if _, ok := fieldOf(c.stored, name); ok {
		return name, nil
	}
	if r, ok := c.stored.Relation(name); ok && r.Kind.Embedded() {
		return name, nil
	}
	return "", unsupported(ruleField, "a rule names a field that is not in the schema")
}

// outermost drops the paths inside others, which a projection must not have beside them.
func outermost(paths []string) []string {
	slices.Sort(paths)
	var left []string
	for _, p := range slices.Compact(paths) {
		inside := func(o string) bool { return strings.HasPrefix(p, o+".") }
		if !slices.ContainsFunc(left, inside) {
			left = append(left, p)
		}
	}
	return left
}
