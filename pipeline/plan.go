package pipeline

import (
	"log/slog"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/lower"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/plan"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DefaultHelperPrefix is the reserved prefix of the top-level fields that hold joined data while a pipeline runs.
const DefaultHelperPrefix = "__authz"

// JoinMethod says how a clause reaches the documents that it asks of besides its own.
type JoinMethod uint8

// The join methods. The zero JoinMethod is none.
const (
	Match  JoinMethod = iota + 1 // its conditions stand in the $match alone
	Lookup                       // the $match also asks what $lookup stages found
	Keys                         // the $match asks for keys that were read before, in the place of all joins
)

// String returns "match", "lookup" or "keys".
func (m JoinMethod) String() string {
	switch m {
	case Match:
		return "match"
	case Lookup:
		return "lookup"
	case Keys:
		return "keys"
	default:
		return "none"
	}
}

// Plan is a compiled filter, from which the stages follow. It is immutable, holds nothing that
// belongs to the schema's or the filter's owner, and is safe for concurrent use. The nil and the
// zero Plan deny.
type Plan struct {
	of       *plan.Compiled // nil for the zero Plan
	bindings []mql.Binding  // what the parameters of a prepared plan stand for
}

// Clause is what a plan says of one clause.
type Clause struct {
	Label  string
	Method JoinMethod
	Match  bson.D // the clause's part of the decision
}

// Join is a $lookup of a plan. It finds at most one document: with a Pipeline, one that meets the
// conditions there, of which only _id is kept; without, the whole document with that _id, on which
// the decision has conditions. One without LocalField and Let depends on no document, and may find
// keys: k in one document, or groups of them.
type Join struct {
	As           string   // the helper field
	From         string   // the collection
	LocalField   string   // with ForeignField the equality of the join; "" where the sub-pipeline alone joins
	ForeignField string   //
	Let          bson.D   // values of the outer document that the sub-pipeline reads
	Pipeline     []bson.D // the conditions on the joined document, $limit 1, $project _id; nil for the plain equality
}

func (p *Plan) compiled() *plan.Compiled {
	if p == nil || p.of == nil {
		return plan.Denies
	}
	return p.of
}

func (p *Plan) renderer() *mql.Renderer {
	if p == nil {
		return new(mql.Renderer)
	}
	return &mql.Renderer{Bindings: p.bindings}
}

// Resource returns the resource type.
func (p *Plan) Resource() string { return p.compiled().Resource }

// Collection returns the collection of the resource type.
func (p *Plan) Collection() string { return p.compiled().Collection }

// Outcome says whether the plan denies, allows every document within the type's scope, or depends
// on the document.
func (p *Plan) Outcome() filter.Outcome { return p.compiled().Outcome }

// HasJoins reports whether the plan needs $lookup stages, which only a pipeline can have.
func (p *Plan) HasJoins() bool { return len(p.compiled().Joins) > 0 }

// Clauses returns the clauses that can be true, in the order of the normalised filter: a fresh
// copy.
func (p *Plan) Clauses() []Clause {
	r := p.renderer()
	out := make([]Clause, len(p.compiled().Clauses))
	for i, c := range p.compiled().Clauses {
		out[i] = Clause{c.Label, JoinMethod(c.Method), r.Query(c.Match)}
	}
	return out
}

// Joins returns the $lookup stages that the clauses need: a fresh copy.
func (p *Plan) Joins() []Join {
	r := p.renderer()
	out := make([]Join, len(p.compiled().Joins))
	for i, j := range p.compiled().Joins {
		out[i] = Join{As: j.As, From: j.From, LocalField: j.LocalField, ForeignField: j.ForeignField}
		if len(j.Let) > 0 {
			out[i].Let = r.Object(j.Let)
		}
		if j.Pipeline != nil {
			out[i].Pipeline = r.Stages(j.Pipeline)
		}
	}
	return out
}

// Prefilter returns the query before the joins: a superset of the answer, never the decision. It is
// nil where there are none, and a fresh copy.
func (p *Plan) Prefilter() bson.D {
	if !p.HasJoins() {
		return nil
	}
	return p.renderer().Query(p.of.Prefilter)
}

// Match returns the decision, which is complete in itself: a fresh copy.
func (p *Plan) Match() bson.D { return p.renderer().Query(p.compiled().Match) }

// Stages returns the pipeline's stages: a fresh copy, its values included. The stages are never
// empty: a filter that allows everything is an explicit {$match: {}}.
func (p *Plan) Stages() []bson.D { return p.renderer().Stages(p.compiled().Stages) }

// Redacted returns the stages with "?" in the place of every value that came from the filter, the
// schema's scopes or the database: for logs.
func (p *Plan) Redacted() []bson.D {
	r := mql.Renderer{Hide: true}
	if p != nil {
		r.Bindings = p.bindings
	}
	return r.Stages(p.compiled().Stages)
}

// String returns the stages without values ([Plan.Redacted]), as relaxed extended JSON.
func (p *Plan) String() string {
	out, err := bson.MarshalExtJSON(bson.D{{Key: "stages", Value: p.Redacted()}}, false, false)
	if err != nil {
		return "a plan"
	}
	return string(out)
}

// LogValue is what log/slog shows of the plan: no values.
func (p *Plan) LogValue() slog.Value { return slog.StringValue(p.String()) }

// FindFilter returns the decision as a filter for find, count, update and delete: a fresh copy.
// It returns an [*UnsupportedError] where the plan has joins, which only a pipeline can make.
func (p *Plan) FindFilter() (bson.D, error) {
	if p.HasJoins() {
		return nil, unsupported("a find filter for a query with joins (%d are left): call Query.Resolve first, which reads keys in their place, or run the query itself", len(p.of.Joins))
	}
	return p.Match(), nil
}

// Option changes how a filter is compiled.
type Option func(options) options

type options struct {
	prefix string
	limit  int
}

// WithHelperPrefix sets the reserved prefix of helper fields, [DefaultHelperPrefix] by default. Compile refuses one that is no
// field name, or that a name of the schema begins with, with an [*UnsupportedError].
func WithHelperPrefix(prefix string) Option {
	return func(o options) options {
		o.prefix = prefix
		return o
	}
}

// WithLimit sets how many conditions a normalised filter may have, [filter.DefaultLimit] by default.
func WithLimit(conditions int) Option {
	return func(o options) options {
		o.limit = conditions
		return o
	}
}

// Compile checks a filter and compiles it, as [CompileChecked] does. The errors are those of
// [relations.Schema.Check] and of CompileChecked.
func Compile(s *relations.Schema, f filter.Filter, opts ...Option) (*Plan, error) {
	checked, err := s.Check(f)
	if err != nil {
		return nil, err
	}
	return CompileChecked(checked, opts...)
}

// CompileChecked compiles a filter into a plan whose stages return exactly the documents that the
// filter authorizes, each once and whole. It normalises the filter first.
//
// It does no I/O, depends on nothing but its arguments, and is safe for concurrent use. The errors
// are a [*filter.MalformedError] for a filter that is nil or zero, or has a parameter that is not
// bound, a [*filter.LimitError], and an [*UnsupportedError] for a shape that cannot be compiled
// exactly. There is no plan beside an error.
func CompileChecked(f *relations.CheckedFilter, opts ...Option) (*Plan, error) {
	return compile(new(lower.Lowerer), f, opts)
}

func compile(l *lower.Lowerer, f *relations.CheckedFilter, opts []Option) (*Plan, error) {
	o := options{prefix: DefaultHelperPrefix, limit: filter.DefaultLimit}
	for _, opt := range opts {
		if opt == nil {
			return nil, unsupported("an option is nil: leave it out")
		}
		o = opt(o)
	}
	switch {
	case f.Resource() == nil:
		return nil, &filter.MalformedError{Problem: "the filter was not checked: make it by Schema.Check"}
	case !validPrefix(f.Schema(), o.prefix):
		return nil, unsupported("the helper prefix is no field name, or a declared name begins with it")
	}
	if err := f.Unbound(); err != nil {
		return nil, err
	}
	normal, err := f.Normalize(o.limit)
	if err != nil {
		return nil, err
	}
	formula, err := l.Lower(normal)
	if err != nil {
		return nil, public(err)
	}
	of, err := (&plan.Source{Formula: formula, Resource: f.Resource().Type.Name, Prefix: o.prefix}).Emit()
	if err != nil {
		return nil, public(err)
	}
	return &Plan{of, l.Params}, nil
}

// validPrefix says that a prefix is a field name, and the beginning of none that the schema declares: helper fields would be read for it.
func validPrefix(s *relations.Schema, prefix string) bool {
	if prefix == "" || prefix[0] == '$' || strings.ContainsAny(prefix, ".\x00") {
		return false
	}
	if prefix == DefaultHelperPrefix {
		return true // no schema may declare such a name
	}
	for t := range s.Types() {
		for i := range t.Fields {
			if strings.HasPrefix(t.Fields[i].Name, prefix) {
				return false
			}
		}
		for i := range t.Relations {
			if strings.HasPrefix(t.Relations[i].Name, prefix) {
				return false
			}
		}
	}
	return true
}
