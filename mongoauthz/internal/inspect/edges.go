package inspect

import (
	"context"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// edge is a question about other documents, asked of each document at a node: does each key
// of a reference lead to one, is there a row, does another document have the same key. Keys are
// gathered, and asked for together.
type edge struct {
	node    *node
	path    string // of the relation, or of the key
	problem Problem
	broken  bool // the problem breaks a promise
	target  *relations.Type
	near    []nearConstant
	local   []localKey
	foreign []string            // the fields of the target, one for each of local
	rows    *evaluate.Evaluator // what the target's documents have to be; nil: any
	fields  []string            // what is read of them
	batch   keyBatch
	known   keyMemory // of RepeatedKey: keys that are known to be repeated
}

// localKey is a field that holds a key, or a list of them.
type localKey struct {
	path []string
	list bool
}

// nearConstant is a condition on the document itself, without which a relation reaches nothing.
type nearConstant struct {
	path   []string
	value  bson.RawValue
	absent bson.RawValue // what a missing field is; the zero RawValue: nothing
	strict bool
}

// addEdge adds the question about a relation, if there is one to ask.
func (in *Inspection) addEdge(n *node, r *relations.Relation) error {
	e := &edge{node: n, path: n.path + r.Name}
	switch {
	case r.Kind == relations.ReferencesOne || r.Kind == relations.ReferencesMany:
		e.problem, e.broken = Dangling, r.Complete
	case r.Kind == relations.HasOne && r.Required:
		e.problem, e.broken = NoRow, true
	default:
		return nil
	}
	e.target, _ = in.schema.Type(r.Type) // the schema is valid
	var far []filter.Condition
	for _, c := range r.Where {
		if c.Near {
			e.near = append(e.near, in.nearConstant(n.typ, c))
		} else {
			far = append(far, filter.F(c.Field).Eq(c.Value))
		}
	}
	if e.problem == NoRow {
		if err := e.require(in.schema, far); err != nil {
			return in.skip(e.path, err)
		}
	}
	for _, pair := range r.Keys {
		f, ok := in.schema.Field(n.typ, pair.Local)
		e.add(pair.Local, ok && f.List, pair.Foreign)
	}
	in.keep(e)
	return nil
}

func (in *Inspection) nearConstant(t *relations.Type, c relations.Constant) nearConstant {
	near := nearConstant{path: strings.Split(c.Field, ".")}
	near.value, _ = c.Value.(bson.RawValue) // relations.New has made it one
	if f, ok := in.schema.Field(t, c.Field); ok {
		near.absent, _ = f.AbsentZero.(bson.RawValue)
		near.strict = f.Strict
	}
	return near
}

// addRepeatedKeys adds the questions whether a key by which others refer to the type is unique.
// That of _id is, and a path through an array of documents is left out: it is no key of one
// document.
func (in *Inspection) addRepeatedKeys() error {
	asked := map[string]bool{"_id": true}
	for t := range in.schema.Types() {
		for i := range t.Relations {
			r := &t.Relations[i]
			if r.Kind != relations.ReferencesOne || r.Type != in.typ.Name {
				continue
			}
			e := &edge{node: in.root, problem: RepeatedKey, target: in.typ, known: newKeyMemory()}
			lists := 0
			for _, pair := range r.Keys {
				f, ok := in.schema.Field(in.typ, pair.Foreign)
				if !ok || f.CrossesArray() {
					lists = 2
					break
				}
				if f.List {
					lists++
				}
				e.add(pair.Foreign, f.List, pair.Foreign)
			}
			e.path = strings.Join(e.foreign, ", ")
			if lists > 1 || asked[e.path] {
				continue
			}
			asked[e.path] = true
			if err := e.require(in.schema, nil); err != nil {
				return err
			}
			in.keep(e)
		}
	}
	return nil
}

// require makes the scope of the target, and conditions on it, count for its documents.
func (e *edge) require(s *relations.Schema, far []filter.Condition) error {
	if len(e.target.Scope) == 0 && len(far) == 0 {
		return nil
	}
	f := filter.Allow(e.target.Name)
	if len(far) > 0 {
		f = filter.For(e.target.Name, filter.Where(far...))
	}
	var err error
	if e.rows, err = evaluate.Prepare(s, f); err != nil {
		return err
	}
	e.fields = e.rows.Reads(e.target.Collection)
	return nil
}

func (e *edge) add(local string, list bool, foreign string) {
	e.local = append(e.local, localKey{strings.Split(local, "."), list})
	e.foreign = append(e.foreign, foreign)
}

func (in *Inspection) keep(e *edge) {
	e.fields = outermost(append(e.fields, e.foreign...))
	e.node.edges = append(e.node.edges, e)
	in.edges = append(in.edges, e)
}

// outermost returns paths without those inside another, which a projection may not name beside it.
func outermost(paths []string) []string {
	paths = slices.Clone(paths)
	slices.Sort(paths)
	var out []string
	for _, path := range slices.Compact(paths) {
		isInside := func(outer string) bool { return strings.HasPrefix(path, outer+".") }
		if !slices.ContainsFunc(out, isInside) {
			out = append(out, path)
		}
	}
	return out
}

// visit asks an edge's question of a document at its node, once there is enough to ask for.
func (in *Inspection) visit(ctx context.Context, e *edge, document bson.Raw) error {
	for _, c := range e.near {
		if !c.holds(document) {
			return nil
		}
	}
	longest := 0
	keys := make([][]bson.RawValue, len(e.local))
	for i, local := range e.local {
		keys[i] = local.keys(document)
		if len(keys[i]) == 0 {
			if e.problem == NoRow {
				e.batch.hold(holder{in.read, in.id, noTuple})
			}
			return in.flushFull(ctx, e)
		}
		longest = max(longest, len(keys[i]))
	}
	for j := range longest {
		tuple := make([]bson.RawValue, len(keys))
		for i := range keys {
			tuple[i] = keys[i][min(j, len(keys[i])-1)] // only one of them is a list
		}
		i, added := e.batch.tuple(tuple)
		if added && e.problem == RepeatedKey && e.known.has(tuple) {
			e.batch.answer(i, 2)
		}
		e.batch.hold(holder{in.read, in.id, i})
		if err := in.flushFull(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether the condition is true of a document.
func (c *nearConstant) holds(document bson.Raw) bool {
	parent := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: document}
	if len(c.path) > 1 {
		parent = bsonpath.Value(document, c.path[:len(c.path)-1])
	}
	v := bsonpath.Value(document, c.path)
	switch {
	case parent.Type != bson.TypeEmbeddedDocument:
		return false
	case v.Type == 0:
		return c.absent.Type != 0 && evaluate.Equal(c.absent, c.value)
	case v.Type == bson.TypeArray && !c.strict: // true if an element is equal
		elements, _ := bson.Raw(v.Value).Values()
		isValue := func(e bson.RawValue) bool { return evaluate.Equal(e, c.value) }
		return slices.ContainsFunc(elements, isValue)
	default:
		return evaluate.Equal(v, c.value)
	}
}

// keys returns the keys that a document holds, which are neither null nor arrays.
func (l *localKey) keys(document bson.Raw) []bson.RawValue {
	v := bsonpath.Value(document, l.path)
	switch {
	case bsonpath.IsAbsent(v) || v.Type == bson.TypeArray && !l.list:
		return nil
	case v.Type != bson.TypeArray:
		return []bson.RawValue{v}
	}
	elements, _ := bson.Raw(v.Value).Values()
	return slices.DeleteFunc(elements, func(e bson.RawValue) bool {
		return e.Type == bson.TypeNull || e.Type == bson.TypeArray
	})
}

// flushFull asks an edge's question if the keys gathered are enough for one request.
func (in *Inspection) flushFull(ctx context.Context, e *edge) error {
	if !e.batch.full() {
		return nil
	}
	return in.flush(ctx, e)
}

// flush asks an edge's question of all keys gathered, counts the documents with a bad answer, and
// forgets the keys.
func (in *Inspection) flush(ctx context.Context, e *edge) error {
	enough := 1 // documents with the key
	if e.problem == RepeatedKey {
		enough = 2
	}
	if match := e.batch.match(e.foreign); len(match) > 0 {
		r := evaluate.Request{Collection: e.target.Collection, Match: match, Fields: e.fields}
		err := in.ask(ctx, r, func(document bson.Raw) (bool, error) {
			if e.rows != nil {
				d, err := e.rows.Decide(ctx, document, nil)
				if err != nil || !d.Authorized() {
					return true, err
				}
			}
			e.batch.arrived(document, e.foreign, enough)
			return e.batch.open > 0, nil
		})
		if err != nil {
			return err
		}
	}
	for _, h := range e.batch.holders {
		found := e.batch.found(h)
		if found >= enough && e.problem == RepeatedKey {
			e.known.remember(e.batch.tuples[h.tuple].keys)
		}
		if (found >= enough) == (e.problem == RepeatedKey) {
			p := in.problem(e.node, problemKey{e.path, e.problem, 0}, relations.AnyType)
			p.edge = e
			p.count(h.number, h.id)
		}
	}
	e.batch = keyBatch{}
	return nil
}
