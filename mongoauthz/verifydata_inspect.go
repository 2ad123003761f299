package mongoauthz

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

// asker reads related documents: it yields those that a request asks for, or more, until yield
// returns false or an error. The documents are not to be kept.
type asker func(ctx context.Context, r evaluate.Request, yield func(bson.Raw) (bool, error)) error

// inspection looks at the documents of one resource type, one by one. It holds counts and examples,
// never the documents. It reads nothing itself but by ask.
type inspection struct {
	schema *relations.Schema
	typ    *relations.Type
	scope  *evaluate.Evaluator // nil: the type has none
	ask    asker

	root    *dataNode
	edges   []*dataEdge // of all nodes
	skipped []DataSkip
	found   map[problemKey]*problem

	read int64         // how many documents were read; the number of the current one
	id   bson.RawValue // the current one's _id; a copy
}

// problemKey tells one finding from another.
type problemKey struct {
	path    string
	problem DataProblem
	stored  bson.Type
}

// problem is a finding in the making.
type problem struct {
	tally
	node     *dataNode // where it is; nil: outside of the type's documents
	declared relations.ValueType
	edge     *dataEdge // the relation that it is about; nil: none
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

// newInspection returns the inspection of a type. The error is a [*filter.MalformedError] if the
// type's scope has an unbound parameter.
func newInspection(s *relations.Schema, t *relations.Type, ask asker) (*inspection, error) {
	in := &inspection{schema: s, typ: t, ask: ask, found: map[problemKey]*problem{}}
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

// look looks at one document of the collection that the type lives in.
func (in *inspection) look(ctx context.Context, document bson.Raw) error {
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
			in.note(nil, "", DataScopeUnknown, 0, relations.Document)
			return nil
		}
	}
	in.keys(document)
	return in.document(ctx, in.root, document)
}

// finish asks for what has not been asked for yet. It is called once all documents were looked at.
func (in *inspection) finish(ctx context.Context) error {
	for _, e := range in.edges {
		if err := in.flush(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// note counts the current document for a problem.
func (in *inspection) note(
	n *dataNode, path string, p DataProblem, stored bson.Type, declared relations.ValueType,
) {
	in.problem(n, problemKey{path, p, stored}, declared).count(in.read, in.id)
}

func (in *inspection) problem(n *dataNode, key problemKey, declared relations.ValueType) *problem {
	found, ok := in.found[key]
	if !ok {
		found = &problem{node: n, declared: declared}
		in.found[key] = found
	}
	return found
}

// findings returns what was found, in the order of path and problem.
func (in *inspection) findings() []DataFinding {
	var out []DataFinding
	if in.root.seen.n == 0 {
		out = append(out, in.finding("", DataNoDocuments, relations.Document, &tally{}, in.read))
	}
	in.neverOccur(in.root, &out)
	for key, p := range in.found {
		of := in.read
		if p.node != nil {
			of = p.node.seen.n
			if key.problem == DataOmitted || key.problem == DataAbsentList {
				if !p.node.occurs[strings.TrimPrefix(key.path, p.node.path)] {
					continue // it never occurs, which says it all
				}
			}
		}
		f := in.finding(key.path, key.problem, p.declared, &p.tally, of)
		f.Stored = key.stored
		f.Broken = key.problem == DataRequired
		if p.edge != nil {
			f.Broken, f.Target = p.edge.broken, p.edge.target.Collection
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b DataFinding) int {
		return cmp.Or(
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem), cmp.Compare(a.Stored, b.Stored),
		)
	})
	return out
}

func (in *inspection) finding(
	path string, p DataProblem, declared relations.ValueType, t *tally, of int64,
) DataFinding {
	return DataFinding{
		Type: in.typ.Name, Collection: in.typ.Collection,
		Path: path, Problem: p, Declared: declared,
		Documents: t.n, Of: of, Examples: t.examples,
	}
}

// neverOccur appends the fields that no document has, of a node and of those inside it. What is
// inside something that never occurs is not reported by itself.
func (in *inspection) neverOccur(n *dataNode, out *[]DataFinding) {
	if n.seen.n == 0 {
		return
	}
	report := func(name string, declared relations.ValueType) {
		if !n.occurs[name] {
			*out = append(*out, in.finding(n.path+name, DataNeverOccurs, declared, &n.seen, n.seen.n))
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
func (in *inspection) skip(path string, err error) error {
	malformed, ok := errors.AsType[*filter.MalformedError](err)
	if !ok {
		return err
	}
	in.skipped = append(in.skipped, DataSkip{Type: in.typ.Name, Path: path, Reason: malformed.Problem})
	return nil
}
