package evaluate

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Decision is what a filter says of a document. The zero Decision does not authorize.
type Decision struct {
	Truth  Truth  // whether the document is inside its type's scope and some clause is true
	Clause int    // the index of the first clause that is true, if the document is authorized; -1 if the filter allows every document
	Label  string // the label of that clause
}

// Authorized reports whether the decision is [True].
func (d Decision) Authorized() bool { return d.Truth == True }

// String returns a line such as `authorized by clause 2 "own books"` (clauses are counted from 1
// here) or "not authorized (unknown)".
func (d Decision) String() string {
	if !d.Authorized() {
		return "not authorized (" + d.Truth.String() + ")"
	}
	if d.Clause < 0 {
		return "authorized: the filter allows every document"
	}
	s := "authorized by clause " + strconv.Itoa(d.Clause+1)
	if d.Label != "" {
		s += " " + strconv.Quote(d.Label)
	}
	return s
}

// Evaluate decides whether a filter authorizes a document of its resource type. The schema's
// scopes, and the filter, have to be bound.
//
// The errors are those of [Prepare], of the context, of the fetcher (wrapped), [ErrNoFetcher] and
// [ErrDocument]. With an error, the Decision does not authorize. The fetcher may be nil if the
// filter speaks of the document alone.
func Evaluate(ctx context.Context, s *relations.Schema, f filter.Filter, document bson.Raw, fetcher Fetcher) (Decision, error) {
	e, err := Prepare(s, f)
	if err != nil {
		return Decision{}, err
	}
	return e.Decide(ctx, document, fetcher)
}

// Evaluator is a filter that was checked against its schema, ready to decide about documents. It is
// immutable and safe for concurrent use.
type Evaluator struct {
	collection string
	scope      []condition
	allowAll   bool
	clauses    []*clause
	entities   int                 // the size of the largest clause, the resource counted
	conditions int                 // how many there are
	fields     map[string][]string // what is read of related documents, by collection
	own        []string            // what is read of the documents decided on
	paths      []string            // the same, with what is read of their embedded documents
	tops       []string            // the first names of what is compared of them, as far as a decision has room
	resource   string
}

// Prepare checks a filter against a schema, both of them bound, and returns what decides about
// documents. The errors are those of [relations.Schema.Check], and a [*filter.MalformedError] for a
// parameter that is not bound.
func Prepare(s *relations.Schema, f filter.Filter) (*Evaluator, error) {
	checked, err := s.Check(f)
	if err != nil {
		return nil, err
	}
	return PrepareChecked(checked)
}

// PrepareChecked returns what decides about documents by a filter that was checked. It decides by
// the filter as written, since that is the filter's meaning.
//
// The errors are a [*filter.MalformedError] for a filter that is nil or zero, or has a parameter
// that is not bound, and [ErrRewritten] for one that was normalised or expanded.
func PrepareChecked(f *relations.CheckedFilter) (*Evaluator, error) {
	switch {
	case f.Resource() == nil:
		return nil, &filter.MalformedError{Problem: "the filter was not checked: make it by Schema.Check"}
	case !f.AsWritten():
		return nil, &RewrittenError{Resource: f.Resource().Type.Name}
	}
	return prepare(f)
}

func prepare(f *relations.CheckedFilter) (*Evaluator, error) {
	if err := f.Unbound(); err != nil {
		return nil, err
	}
	typ := f.Resource().Type
	root := []named{{entity: f.Resource()}}
	r := &resolver{
		filter: f, schema: f.Schema(), sight: root, slots: 1, largest: 1, byslot: []*entity{nil},
		reads: map[string]map[string]bool{}, own: map[string]bool{}, paths: map[string]bool{},
	}
	e := &Evaluator{resource: typ.Name, collection: typ.Collection, allowAll: f.AllowAll()}
	var err error
	if e.scope, err = r.scope(typ, 0); err != nil {
		return nil, err
	}
	clauses := f.Clauses()
	for i := range clauses {
		r.slots = 1
		c, err := r.clause(&clauses[i])
		if err != nil {
			return nil, err
		}
		e.clauses = append(e.clauses, c)
	}
	e.entities, e.conditions, e.fields = r.largest, r.ids, r.fields()
	e.own, e.tops = slices.Sorted(maps.Keys(r.own)), r.tops
	e.paths = slices.Sorted(maps.Keys(r.paths))
	return e, nil
}

// Reads returns the dotted paths that decisions may read of the documents of a collection, those
// decided on and related ones alike, in order. A change of a document that touches none of them,
// nor what is inside them or around them, changes no decision.
func (e *Evaluator) Reads(collection string) []string {
	if e == nil {
		return nil
	}
	paths := slices.Clone(e.fields[collection])
	if collection == e.collection {
		paths = append(paths, e.own...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Paths returns the dotted paths that decisions may read of the documents decided on, in order:
// those of embedded documents too, through arrays of them as the server's paths go. A document made
// of a Go type that lacks one of them is not judged as it is stored.
func (e *Evaluator) Paths() []string {
	if e == nil {
		return nil
	}
	return slices.Clone(e.paths)
}

// Decide decides about one document. The errors are those of [Evaluate], without those of Prepare.
func (e *Evaluator) Decide(ctx context.Context, document bson.Raw, fetcher Fetcher) (Decision, error) {
	var d decision
	if err := e.begin(&d, ctx, fetcher, document); err != nil {
		return Decision{}, err
	}
	if err := e.read(&d, document); err != nil {
		return Decision{}, err
	}
	return d.decide(e)
}

// DecideAll decides about several documents, in their order. Related documents are asked for in as
// few requests as for one. The errors are those of [Evaluator.Decide]; then there are no decisions.
func (e *Evaluator) DecideAll(ctx context.Context, documents []bson.Raw, fetcher Fetcher) ([]Decision, error) {
	var d decision
	if err := e.begin(&d, ctx, fetcher, documents...); err != nil {
		return nil, err
	}
	for _, document := range documents { // before anything is fetched for one of them
		if err := e.read(&d, document); err != nil {
			return nil, err
		}
	}
	decisions := make([]Decision, len(documents))
	for i, document := range documents {
		err := e.read(&d, document)
		if err == nil {
			decisions[i], err = d.decide(e)
		}
		if err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// begin makes d a decision about some documents, of which none was read yet.
func (e *Evaluator) begin(d *decision, ctx context.Context, fetcher Fetcher, documents ...bson.Raw) error {
	if e == nil || e.entities == 0 {
		return errNoEvaluator
	}
	if ctx == nil { // the driver accepts one, too
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d.ctx = ctx
	if e.entities == 1 {
		return nil
	}
	d.slots, d.others = make([]choice, e.entities), make([][]choice, e.entities)
	for _, raw := range documents {
		d.others[0] = append(d.others[0], choice{kind: document, document: raw})
	}
	d.related = &related{fetcher: fetcher, fields: e.fields}
	return nil
}

// read makes one of the documents the one that d is about.
func (e *Evaluator) read(d *decision, raw bson.Raw) error {
	d.resource, d.tops = choice{kind: document, document: raw}, [maxTops]bson.RawValue{}
	if !tops(raw, e.tops, &d.tops) {
		return &DocumentError{Collection: e.collection}
	}
	return nil
}

// decide decides about the document in the resource's slot: it has to be inside the scope, and some
// clause has to be true.
func (d *decision) decide(e *Evaluator) (Decision, error) {
	scope, err := d.all(e.scope)
	if err != nil || scope == False && d.trace == nil {
		return Decision{}, err
	}
	decision := Decision{}
	if e.allowAll {
		decision.Truth = scope
		if scope == True {
			decision.Clause = -1
		}
	}
	for i, c := range e.clauses {
		t, err := d.clause(c)
		if err != nil {
			return Decision{}, err
		}
		if t = and(scope, t); t > decision.Truth {
			decision.Truth = t
			if t == True {
				decision.Clause, decision.Label = i, c.label
				if d.trace == nil {
					break
				}
			}
		}
	}
	return decision, nil
}
