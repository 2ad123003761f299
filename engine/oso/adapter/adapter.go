package adapter

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Adapter answers Oso's filters from MongoDB. It is immutable and safe for concurrent use. Make one with [New].
type Adapter struct {
	classes *classes
	exists  map[string]bool
	az      *mongoauthz.Authorizer
	within  time.Duration
}

var _ types.Adapter = (*Adapter)(nil)

// Config is what an adapter is made of.
type Config struct {
	Database *mongo.Database
	Structs  []relations.Struct  // the types of the documents, as for relations.FromStructs
	Actors   []any               // values of the types of the actors that are not among Structs
	Policy   string              // the text that Oso loads, all of it
	Options  []mongoauthz.Option // of the queries, such as mongoauthz.WithoutCollation
	Within   time.Duration       // how long one look-up, or one AuthorizedResources, may take; 30 seconds if 0: Oso hands on no context
}

// New returns an adapter for Oso's SetDataFilteringAdapter.
//
// It reads the policy, and refuses with a [*RefusedError] what Oso's filter loses without a trace. The policy that Oso runs must be the one
// that is read here: Oso does not tell.
//
// The other errors are those of relations.FromStructs and mongoauthz.New.
func New(c Config) (*Adapter, error) {
	schema, err := relations.FromStructs(c.Structs...)
	if err != nil {
		return nil, err
	}
	cs, err := newClasses(schema, c.Structs, c.Actors)
	if err != nil {
		return nil, err
	}
	exists, err := check(c.Policy, cs)
	if err != nil {
		return nil, err
	}
	az, err := mongoauthz.New(c.Database, schema, mongoauthz.PolicyFunc(asBuilt), c.Options...)
	if err != nil {
		return nil, err
	}
	if c.Within <= 0 {
		c.Within = 30 * time.Second
	}
	return &Adapter{cs, exists, az, c.Within}, nil
}

// asBuilt is the policy of the adapter's authorizer: what Oso has decided stands in place of the actor.
func asBuilt(_ context.Context, actor any, _, resource string) (filter.Filter, error) {
	f, ok := actor.(filter.Filter)
	if !ok {
		return filter.Deny(resource), nil
	}
	return f, nil
}

// Register registers the classes with Oso, an *oso.Oso: each struct under its name in the schema, with its fields under their Go names, and
// its relations under their names in the schema and these written as in Go ("case_type" is CaseType too). Register nothing of that twice.
// Relations that Oso cannot follow are left out: embedded documents, and relations by several fields, by lists, or with constants.
func (a *Adapter) Register(o Registrar) error { return a.classes.register(o) }

// BuildQuery returns a *mongoauthz.Query for a filter of Oso's; Oso calls it for AuthorizedQuery, AuthorizedResources and where a policy
// follows a relation of the actor.
//
// The errors are a [*RefusedError] for a filter that does not say clearly enough what it means, and those of
// mongoauthz.Authorizer.AuthorizedQuery.
func (a *Adapter) BuildQuery(f *types.Filter) (query any, err error) {
	defer recovered(&err)
	if f == nil {
		return nil, &RefusedError{Construct: "filter", Problem: "there is none"}
	}
	t := translation{a: a, f: f}
	built, err := t.filter()
	if err != nil {
		return nil, err
	}
	return a.az.AuthorizedQuery(context.Background(), built, "oso", built.Resource)
}

// ExecuteQuery runs what BuildQuery returned, and returns the documents as the registered structs.
//
// The errors are a [*RefusedError] for anything else, and those of mongoauthz.Query.All.
func (a *Adapter) ExecuteQuery(query any) (rows []any, err error) {
	defer recovered(&err)
	q, ok := query.(*mongoauthz.Query)
	if !ok || q.Resource() == "" {
		return nil, &RefusedError{Construct: "query", Problem: "it is none of BuildQuery's"}
	}
	c := a.classes.byName[q.Resource()]
	if c == nil {
		return nil, &RefusedError{Construct: q.Resource(), Problem: "is no class"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), a.within)
	defer cancel()
	decoded := reflect.New(reflect.SliceOf(c.goType))
	if err := q.All(ctx, decoded.Interface()); err != nil {
		return nil, err
	}
	rows = make([]any, decoded.Elem().Len())
	for i := range rows {
		rows[i] = decoded.Elem().Index(i).Interface()
	}
	return rows, nil
}

// recovered makes an error of a panic, whose value is not shown: it may hold the actor's.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = &RefusedError{Construct: "filter", Problem: fmt.Sprintf("reading it ended in a panic (%T)", r)}
	}
}
