package mongoauthz

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Authorizer answers what actors may act on. It is immutable and safe for concurrent use. Make one
// with [New].
type Authorizer struct {
	db     *mongo.Database
	schema *relations.Schema
	policy Policy
	settings
	estimates    *page.Estimates
	plans        *pipeline.Cache // nil: none are kept
	transactions *driver.Transactions
}

// New returns an authorizer for the database. The options of db (read concern, read preference,
// registry) hold for the queries; a revocation is seen as late as its read preference allows, so
// prefer the primary.
//
// Go values are encoded as the schema says (relations.Encoding): documents in hand, ids, the
// filters and updates of authorized writes. Make the schema with the registry and the BSON options
// of the client ([EncodingOf]).
//
// New does no I/O. It returns an [*ArgumentError] where db, schema or policy is nil, or an option
// cannot be used, and an [*UnknownResourceError] where [WithActions] names a type that is not in
// the schema, or only embedded in others.
func New(db *mongo.Database, schema *relations.Schema, policy Policy, opts ...Option) (*Authorizer, error) {
	f, isFunc := policy.(PolicyFunc)
	switch {
	case db == nil:
		return nil, &ArgumentError{Name: "db", Problem: "is nil"}
	case schema == nil:
		return nil, &ArgumentError{Name: "schema", Problem: "is nil"}
	case policy == nil || isFunc && f == nil:
		return nil, &ArgumentError{Name: "policy", Problem: "is nil"}
	}
	az := &Authorizer{db: db, schema: schema, policy: policy, estimates: page.NewEstimates(), transactions: new(driver.Transactions)}
	az.logger = slog.New(slog.DiscardHandler)
	az.stages = stage.Inside()
	az.writeLimit = DefaultWriteLimit
	az.readAction = "read"
	az.keptPlans = pipeline.DefaultCachedPlans
	for _, opt := range opts {
		if opt == nil {
			return nil, &ArgumentError{Name: "opts", Problem: "an option is nil"}
		}
		if err := opt(&az.settings); err != nil {
			return nil, err
		}
	}
	switch {
	case az.noCollation && az.collation != nil:
		return nil, &ArgumentError{Name: "WithoutCollation", Problem: "excludes WithCollation"}
	case !az.noCollation && az.collation == nil:
		az.collation = simpleCollation()
	}
	if az.keptPlans > 0 {
		az.plans = pipeline.NewCache(schema, az.keptPlans, az.compile...)
	}
	for resource := range az.actions {
		if err := az.knows(resource); err != nil {
			return nil, err
		}
	}
	return az, nil
}

// Schema returns the schema that the authorizer was made with; nil for the zero Authorizer.
func (az *Authorizer) Schema() *relations.Schema {
	if !az.made() {
		return nil
	}
	return az.schema
}

// AuthorizedQuery returns the query for the documents of a resource type on which the actor may do
// the action. It asks the policy, and does no I/O of its own.
//
// The errors are an [*UnknownResourceError] for a type that the schema does not declare or that
// lives in no collection; an [*UnknownActionError] for an action that [WithActions] does not declare
// of a type whose actions it declares; the error of the policy or of the parameters' function, wrapped; a
// [*filter.MalformedError] for a filter that does not fit the schema or is for another resource
// type, or whose parameters are not all bound or do not fit; a [*filter.LimitError] for one that is
// too large; and a [*pipeline.UnsupportedError] for one that cannot be compiled exactly. There is
// no query beside an error.
func (az *Authorizer) AuthorizedQuery(ctx context.Context, actor any, action, resource string) (*Query, error) {
	if !az.made() {
		return nil, errNotMade
	}
	if err := az.knows(resource); err != nil {
		return nil, err
	}
	schema, f, err := az.answer(driver.OrBackground(ctx), actor, action, resource)
	var checked *relations.CheckedFilter
	var plan *pipeline.Plan
	if err == nil {
		checked, err = schema.Check(f) // which a later change of the policy's filter does not reach
	}
	if err == nil {
		plan, err = az.plan(checked)
	}
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: authorized query, %q of %q: %w", action, resource, err)
	}
	return &Query{az: az, action: action, schema: schema, filter: checked, plan: queryPlan{compiled: plan}, consistency: az.consistency}, nil
}

// answer asks the policy, and returns its filter and the schema with the actor's parameters bound.
func (az *Authorizer) answer(ctx context.Context, actor any, action, resource string) (*relations.Schema, filter.Filter, error) {
	var none filter.Filter
	if declared, ok := az.actions[resource]; ok && action != az.readAction && !slices.Contains(declared, action) {
		return nil, none, &UnknownActionError{Action: action, Resource: resource, Declared: slices.Clone(declared)}
	}
	f, err := az.policy.Filter(ctx, actor, action, resource)
	if err != nil {
		return nil, none, fmt.Errorf("policy: %w", err)
	}
	switch {
	case f.Resource == resource:
	case f.Resource == "" && f.Outcome() == filter.Denied:
		f = filter.Deny(resource)
	default:
		return nil, none, &filter.MalformedError{Where: resource, Problem: fmt.Sprintf("the policy's filter is for resource type %q: return one for the type that was asked for", f.Resource)}
	}
	schema := az.schema
	if az.parameters != nil {
		params, err := az.parameters(ctx, actor)
		if err != nil {
			return nil, none, fmt.Errorf("parameters: %w", err)
		}
		if f, err = f.Bind(params); err != nil {
			return nil, none, err
		}
		if schema, err = schema.Bind(params); err != nil {
			return nil, none, err
		}
	}
	return schema, f, nil
}

// knows returns an error unless there are documents of the resource type to query.
func (az *Authorizer) knows(resource string) error {
	switch typ, ok := az.schema.Type(resource); {
	case !ok:
		return &UnknownResourceError{Resource: resource, Problem: "is not in the schema: declare it there, or correct the name"}
	case typ.Collection == "":
		return &UnknownResourceError{Resource: resource, Problem: "lives in no collection: it is embedded in others, so ask for one of these"}
	default:
		return nil
	}
}

// made reports whether az comes from New.
func (az *Authorizer) made() bool { return az != nil && az.db != nil }

var errNotMade = &ArgumentError{Name: "authorizer", Problem: "was not made by New"}

// limit returns the context of one call, with the deadline of WithTimeLimit.
func (az *Authorizer) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = driver.OrBackground(ctx)
	if az.timeLimit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, az.timeLimit)
}
