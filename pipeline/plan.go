package pipeline

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DefaultHelperPrefix is the reserved prefix of the top-level fields that hold joined data while a pipeline runs.
const DefaultHelperPrefix = "__authz"

// Strategy says how a clause is served.
type Strategy uint8

// The strategies. The zero Strategy is none.
const (
	Match  Strategy = iota + 1 // its conditions stand in the $match alone
	Lookup                     // the $match also asks what $lookup stages found
	Keys                       // the $match asks for keys that were read before, in the place of all joins
)

// String returns "match", "lookup" or "keys".
func (s Strategy) String() string {
	switch s {
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

// Plan is a compiled filter: data from which the stages follow. It holds nothing that belongs to the schema's or the filter's owner.
// Treat its values as read-only; [Plan.Stages] returns copies.
type Plan struct {
	Resource   string         // the resource type
	Collection string         // its collection
	Outcome    filter.Outcome // Allowed: Match is the type's scope, if it has one
	Clauses    []Clause       // the clauses that can be true, in the order of the normalised filter
	Joins      []Join         // the $lookup stages that the clauses need
	Prefilter  bson.D         // before the joins: a superset of the answer, never the decision
	Match      bson.D         // the decision; complete in itself

	source *source // nil for a Plan that Compile did not make, and one of which late has it
	late   *late
}

// Clause is what a plan says of one clause.
type Clause struct {
	Label    string
	Strategy Strategy
	Match    bson.D // the clause's part of the decision
}

// Option changes how a filter is compiled.
type Option func(*options)

type options struct {
	prefix string
	limit  int
}

// WithHelperPrefix sets the reserved prefix of helper fields, [DefaultHelperPrefix] by default. Compile refuses one that is no
// field name, or that a name of the schema begins with, with an [*UnsupportedError].
func WithHelperPrefix(prefix string) Option { return func(o *options) { o.prefix = prefix } }

// WithLimit sets how many conditions a normalised filter may have, [filter.DefaultLimit] by default.
func WithLimit(conditions int) Option { return func(o *options) { o.limit = conditions } }

// Compile compiles a filter into a plan whose stages return exactly the documents that the filter authorizes, each once and whole.
//
// It does no I/O, depends on nothing but its arguments, and is safe for concurrent use. The errors are those of
// [relations.Schema.Check] ([*filter.MalformedError], also for an unbound parameter), a [*filter.LimitError], and an
// [*UnsupportedError] for a shape that cannot be compiled exactly. There is no plan beside an error.
func Compile(s *relations.Schema, f filter.Filter, opts ...Option) (*Plan, error) {
	o, f, err := check(s, f, opts)
	if err != nil {
		return nil, err
	}
	return compileChecked(s, f, o)
}

func check(s *relations.Schema, f filter.Filter, opts []Option) (options, filter.Filter, error) {
	o := options{prefix: DefaultHelperPrefix, limit: filter.DefaultLimit}
	for _, opt := range opts {
		opt(&o)
	}
	if !validPrefix(s, o.prefix) {
		return o, f, unsupported("the helper prefix is no field name, or a declared name begins with it")
	}
	f, err := s.Check(f)
	return o, f, err
}

func compileChecked(s *relations.Schema, f filter.Filter, o options) (*Plan, error) {
	f, err := f.Normalize(o.limit)
	if err != nil {
		return nil, err
	}
	typ, ok := s.Type(f.Resource)
	if !ok || typ.Collection == "" {
		return nil, unsupported("resource type %q", f.Resource)
	}
	return compile(s, typ, f, o)
}

func compile(s *relations.Schema, typ *relations.Type, f filter.Filter, o options) (*Plan, error) {
	root := &variable{collection: typ.Collection}
	lower := &lowerer{schema: s}
	src := &source{resource: f.Resource, root: root, prefix: o.prefix, clauses: lower.clauses(f.Clauses, root, typ)}
	if f.AllowAll {
		src.clauses = []node{constant(true)}
	}
	src.scope = lower.scope(binding{v: root, typ: typ}, surelyTrue)
	if lower.err != nil {
		return nil, lower.err
	}
	src.labels = make([]string, len(src.clauses))
	for i := range f.Clauses {
		src.labels[i] = f.Clauses[i].Label
	}
	return src.emit()
}

// source is the formula that a plan says in query language.
type source struct {
	resource string
	root     *variable
	prefix   string // of helper fields
	labels   []string
	clauses  []node
	scope    node
	resolved []bool // the clauses in which keys took the place of joins; nil: none
}

func (s *source) emit() (*Plan, error) {
	root := s.root
	p := &Plan{Resource: s.resource, Collection: root.collection, Outcome: filter.Conditional, source: s}
	top := &level{prefix: s.prefix, v: root, collection: root.collection}
	var whole, before []bson.D // what each clause asks, and what it asks before the joins
	var asked []node
	for i, n := range s.clauses {
		n = s.once(n)
		switch n {
		case constant(false):
			continue
		case constant(true):
			p.Outcome = filter.Allowed
		}
		c := Clause{Label: s.labels[i], Strategy: s.strategy(i), Match: top.query(n, root, "")}
		without := c.Match
		if c.Strategy == Lookup {
			without = top.query(withoutJoins(n), root, "")
		}
		p.Clauses = append(p.Clauses, c)
		whole, before, asked = append(whole, c.Match), append(before, without), append(asked, n)
	}
	if fewer := united(asked); len(fewer) < len(asked) {
		whole, before = make([]bson.D, len(fewer)), make([]bson.D, len(fewer))
		for i, n := range fewer {
			whole[i] = top.query(n, root, "")
			if before[i] = whole[i]; joins(n) {
				before[i] = top.query(withoutJoins(n), root, "")
			}
		}
	}
	if len(whole) == 0 {
		p.Outcome, p.Match = filter.Denied, nothing()
		return p, nil
	}
	within := top.query(s.scope, root, "")
	p.Match = both(anyQuery(whole), within)
	if p.Joins = top.joins; len(p.Joins) > 0 {
		p.Prefilter = both(anyQuery(before), within)
		for i := range p.Joins { // a document that has such a field would be altered
			p.Prefilter = append(p.Prefilter, bson.E{Key: p.Joins[i].As, Value: absent})
		}
	}
	return p, top.err
}

// strategy says how a clause is served.
func (s *source) strategy(clause int) Strategy {
	switch {
	case joins(s.clauses[clause]):
		return Lookup
	case s.resolved != nil && s.resolved[clause]:
		return Keys
	default:
		return Match
	}
}

// anyQuery returns the OR of query documents.
func anyQuery(qs []bson.D) bson.D {
	if len(qs) == 1 {
		return qs[0]
	}
	branches := make(bson.A, 0, len(qs))
	for _, q := range qs {
		switch {
		case len(q) == 0:
			return q
		case len(q) == 1 && q[0].Key == "$or":
			branches = append(branches, q[0].Value.(bson.A)...)
		default:
			branches = append(branches, q)
		}
	}
	return d("$or", branches)
}

// both returns the AND of two query documents.
func both(a, b bson.D) bson.D {
	var m merger
	m.add(a)
	m.add(b)
	return m.query()
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

// Stages returns the pipeline's stages: a fresh copy down to the values, which are not copied.
// The stages are never empty: a filter that allows everything is an explicit {$match: {}}.
func (p *Plan) Stages() []bson.D {
	if p == nil {
		p = new(Plan)
	}
	out := make([]bson.D, 0, len(p.Joins)+3)
	if len(p.Joins) > 0 {
		out = append(out, d("$match", copyValue(p.Prefilter)))
	}
	for i := range p.Joins {
		stage := p.Joins[i].Stage()
		out = append(out, copyValue(stage).(bson.D))
	}
	out = append(out, d("$match", p.decision()))
	if len(p.Joins) == 1 {
		out = append(out, d("$unset", p.Joins[0].As))
	} else if len(p.Joins) > 1 {
		names := make(bson.A, len(p.Joins))
		for i := range p.Joins {
			names[i] = p.Joins[i].As
		}
		out = append(out, d("$unset", names))
	}
	return out
}

// FindFilter returns the decision as a filter for find, count, update and delete: a fresh copy.
// It returns an [*UnsupportedError] where the plan has joins, which only a pipeline can make.
func (p *Plan) FindFilter() (bson.D, error) {
	if p == nil {
		p = new(Plan)
	}
	if len(p.Joins) > 0 {
		return nil, unsupported("a find filter for a plan with %d joins", len(p.Joins))
	}
	return p.decision(), nil
}

// decision returns a copy of Match; of a Plan that denies, the zero Plan among them, what selects nothing.
func (p *Plan) decision() bson.D {
	if p.Outcome == filter.Denied {
		return nothing()
	}
	return copyValue(p.Match).(bson.D)
}

func copyValue(v any) any {
	switch v := v.(type) {
	case bson.D:
		out := make(bson.D, len(v))
		for i, e := range v {
			out[i] = bson.E{Key: e.Key, Value: copyValue(e.Value)}
		}
		return out
	case bson.A:
		out := make(bson.A, len(v))
		for i, e := range v {
			out[i] = copyValue(e)
		}
		return out
	case []bson.D:
		out := make([]bson.D, len(v))
		for i, e := range v {
			out[i] = copyValue(e).(bson.D)
		}
		return out
	default:
		return v
	}
}
