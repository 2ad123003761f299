package inspect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxExamples is how many _ids a finding names.
const maxExamples = 3

// Asker reads related documents: it yields those that a request asks for, or more, until yield
// returns false or an error. The documents are not to be kept.
type Asker func(ctx context.Context, r evaluate.Request, yield func(bson.Raw) (bool, error)) error

// Inspection looks at the documents of one resource type, one by one. It holds counts and examples,
// never the documents. It reads nothing itself but by ask.
type Inspection struct {
	schema *relations.Schema
	typ    *relations.Type
	scope  *evaluate.Evaluator // nil: the type has none
	ask    Asker

	root    *node
	edges   []*edge // of all nodes
	skipped []Skip
	found   map[problemKey]*problem

	read int64         // how many documents were read; the number of the current one
	id   bson.RawValue // the current one's _id; a copy
}

// problemKey tells one finding from another.
type problemKey struct {
	path    string
	problem Problem
	stored  bson.Type
}

// problem is a finding in the making.
type problem struct {
	tally
	node     *node // where it is; nil: outside of the type's documents
	declared relations.ValueType
	edge     *edge // the relation that it is about; nil: none
}

// tally counts documents, each once.
type tally struct {
	last     int64 // the number of the document that was counted last
	n        int64
	examples []bson.RawValue
}

func (t *tally) count(number int64, id bson.RawValue) {
	if number <= t.last {
		return
	}
	t.last = number
	t.n++
	if len(t.examples) < maxExamples {
		t.examples = append(t.examples, id)
	}
}

// New returns the inspection of a type. The error is a [*filter.MalformedError] if the
// type's scope has an unbound parameter.
func New(s *relations.Schema, t *relations.Type, ask Asker) (*Inspection, error) {
	in := &Inspection{schema: s, typ: t, ask: ask, found: map[problemKey]*problem{}}
	if len(t.Scope) > 0 {
		var err error
		if in.scope, err = evaluate.Prepare(s, filter.Allow(t.Name)); err != nil {
			return nil, err
		}
	}
	var err error
	if in.root, err = in.newNode(t, "", nil); err != nil {
		return nil, err
	}
	return in, in.addRepeatedKeys()
}

// Projection returns the top-level fields that inspections read, as a projection.
func Projection(inspections []*Inspection) bson.D {
	projection := bson.D{{Key: "_id", Value: int32(1)}}
	seen := map[string]bool{"_id": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			projection = append(projection, bson.E{Key: name, Value: int32(1)})
		}
	}
	for _, in := range inspections {
		for i := range in.typ.Fields {
			add(in.typ.Fields[i].Name)
		}
		for i := range in.typ.Relations {
			if in.typ.Relations[i].Kind.Embedded() {
				add(in.typ.Relations[i].Name)
			}
		}
	}
	return projection
}

// Look looks at one document of the collection that the type lives in.
func (in *Inspection) Look(ctx context.Context, document bson.Raw) error {
	in.read++
	if document.Validate() != nil {
		return &evaluate.DocumentError{Collection: in.typ.Collection}
	}
	id := document.Lookup("_id")
	in.id = bson.RawValue{Type: id.Type, Value: bytes.Clone(id.Value)}
	if in.scope != nil {
		d, err := in.scope.Decide(ctx, document, nil)
		if err != nil {
			return err
		}
		switch d.Truth {
		case evaluate.True:
		case evaluate.False:
			return nil
		default:
			in.note(nil, "", ScopeUnknown, 0, relations.Document)
			return nil
		}
	}
	in.keys(document)
	return in.document(ctx, in.root, document)
}

// Finish asks for what has not been asked for yet. It is called once all documents were looked at.
func (in *Inspection) Finish(ctx context.Context) error {
	for _, e := range in.edges {
		if err := in.flush(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Type returns the resource type.
func (in *Inspection) Type() *relations.Type { return in.typ }

// Counts returns how many documents were read, and how many of them are inside the type's scope.
func (in *Inspection) Counts() (read, documents int64) { return in.read, in.root.seen.n }

// Skipped returns the relations that are not looked at.
func (in *Inspection) Skipped() []Skip { return in.skipped }

// note counts the current document for a problem.
func (in *Inspection) note(
	n *node, path string, p Problem, stored bson.Type, declared relations.ValueType,
) {
	in.problem(n, problemKey{path, p, stored}, declared).count(in.read, in.id)
}

func (in *Inspection) problem(n *node, key problemKey, declared relations.ValueType) *problem {
	found, ok := in.found[key]
	if !ok {
		found = &problem{node: n, declared: declared}
		in.found[key] = found
	}
	return found
}

// Findings returns what was found, in the order of path and problem.
func (in *Inspection) Findings() []Finding {
	var out []Finding
	if in.root.seen.n == 0 {
		out = append(out, in.finding("", NoDocuments, relations.Document, &tally{}, in.read))
	}
	in.neverOccur(in.root, &out)
	for key, p := range in.found {
		of := in.read
		if p.node != nil {
			of = p.node.seen.n
			if key.problem == Omitted || key.problem == AbsentList {
				if !p.node.occurs[strings.TrimPrefix(key.path, p.node.path)] {
					continue // it never occurs, which says it all
				}
			}
		}
		f := in.finding(key.path, key.problem, p.declared, &p.tally, of)
		f.Stored = key.stored
		f.Broken = key.problem == Required
		if p.edge != nil {
			f.Broken, f.Target = p.edge.broken, p.edge.target.Collection
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem), cmp.Compare(a.Stored, b.Stored),
		)
	})
	return out
}

func (in *Inspection) finding(
	path string, p Problem, declared relations.ValueType, t *tally, of int64,
) Finding {
	return Finding{
		Path: path, Problem: p, Declared: declared,
		Documents: t.n, Of: of, Examples: t.examples,
	}
}

// neverOccur appends the fields that no document has, of a node and of those inside it. What is
// inside something that never occurs is not reported by itself.
func (in *Inspection) neverOccur(n *node, out *[]Finding) {
	if n.seen.n == 0 {
		return
	}
	report := func(name string, declared relations.ValueType) {
		if !n.occurs[name] {
			*out = append(*out, in.finding(n.path+name, NeverOccurs, declared, &n.seen, n.seen.n))
		}
	}
	for i := range n.typ.Fields {
		report(n.typ.Fields[i].Name, n.typ.Fields[i].Type)
	}
	for i := range n.typ.Relations {
		if r := &n.typ.Relations[i]; r.Kind.Embedded() {
			report(r.Name, relations.Document)
		}
	}
	for _, child := range n.children {
		if child.parent == n { // and not one that is met again inside itself
			in.neverOccur(child, out)
		}
	}
}

// skip notes that something is not looked at. A scope or a constant that cannot be asked about is
// one with an unbound parameter; other errors are returned.
func (in *Inspection) skip(path string, err error) error {
	malformed, ok := errors.AsType[*filter.MalformedError](err)
	if !ok {
		return err
	}
	in.skipped = append(in.skipped, Skip{Path: path, Reason: malformed.Problem})
	return nil
}
