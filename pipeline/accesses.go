package pipeline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// advisor reads, off the stages that are sent, how they read collections.
type advisor struct {
	schema   *relations.Schema
	prefix   string // of the helper fields of the plan
	accesses []access
}

// listing adds the accesses of a plan, and of what becomes of it when its keys are read.
func (a *advisor) listing(l Listing) {
	p := l.Plan
	formula := p.formula()
	if formula == nil {
		return
	}
	a.prefix = formula.prefix
	a.root(p, nil, l.Sort)
	for i := range p.Joins {
		a.join(&p.Joins[i], p.Resource+", joins")
	}
	if l.Resolution != nil && l.Resolution.plan == p {
		if resolved, err := l.Resolution.shape(); err == nil {
			a.root(resolved, p, l.Sort)
		}
		a.reads(l.Resolution.Collection(), l.Resolution.Stages(), p.Resource+", reads keys")
	}
	for _, n := range formula.clauses {
		a.decisions(n, p.Resource)
	}
}

// decisions adds the accesses of decisions about one document, which follow the relations from it as the filter is written, where lists
// do not read the like.
func (a *advisor) decisions(n node, resource string) {
	walk(n, func(n node) bool {
		e, ok := n.(exists)
		if !ok {
			return true
		}
		domain, ok := e.domain.(joined)
		if !ok || len(domain) == 0 {
			return true
		}
		var b branch
		for _, k := range domain {
			b.equal = append(b.equal, k.foreign.Path)
		}
		if !slices.ContainsFunc(a.accesses, func(x access) bool { return x.collection == e.v.collection && slices.Contains(x.equal, b.equal[0]) }) {
			a.add(e.v.collection, b, "", nil, resource+", decides about one")
		}
		return true
	})
}

// root adds the accesses of the plan's own collection. Clauses that are what they were before keys were read are there already.
func (a *advisor) root(p, before *Plan, sort bson.D) {
	if len(p.Joins) > 0 { // the server sorts after it has joined
		sort = nil
	}
	formula := p.formula()
	scope := (&level{prefix: a.prefix, v: formula.root, collection: p.Collection}).query(formula.scope, formula.root, "")
	for i, c := range p.Clauses {
		who := p.Resource + ", clause " + strconv.Itoa(i+1)
		if c.Label != "" {
			who = p.Resource + ", " + strconv.Quote(c.Label)
		}
		if before != nil {
			if same := i < len(before.Clauses) && equalValue(c.Match, before.Clauses[i].Match); !same {
				who += " with its keys"
			} else if len(sort) == 0 {
				continue
			}
		}
		for _, b := range branches(both(c.Match, scope), a.prefix, true) {
			a.add(p.Collection, b, "", sort, who)
			if before != nil && len(sort) > 0 && len(b.among) > 0 {
				a.add(p.Collection, branch{}, "", sort, who+", if they are many")
			}
		}
	}
}

// shape returns the plan as it is when the keys have been read, whatever they are.
func (r *Resolution) shape() (*Plan, error) {
	source := *r.plan.formula()
	source.clauses = make([]node, len(source.clauses))
	for c, n := range r.plan.formula().clauses {
		source.clauses[c] = simpler(replace(n, func(e exists) (node, bool) {
			s, ok := r.sites[e.v]
			if !ok {
				return nil, false
			}
			keys := make([]node, len(s.ties))
			for i, t := range s.ties {
				keys[i] = test{ref: t.outside, kind: testTrue, leaf: leaf{op: filter.In, typ: t.typ, list: t.list, values: make([]bson.RawValue, 2)}}
			}
			return all(keys...), true
		}))
	}
	return source.emit()
}

// join adds the access of a $lookup, and of those in its pipeline.
func (a *advisor) join(j *Join, who string) {
	var match bson.D
	if len(j.Pipeline) > 0 && j.Pipeline[0][0].Key == "$match" {
		match, _ = j.Pipeline[0][0].Value.(bson.D)
	}
	if j.ForeignField != "" { // one document or few: what stands in an $or is asked of these
		for _, b := range branches(match, a.prefix, false) {
			a.add(j.From, b, j.ForeignField, nil, who)
		}
		a.stages(j.Pipeline, who)
		return
	}
	a.reads(j.From, j.Pipeline, who)
}

// reads adds the accesses of a pipeline on a collection.
func (a *advisor) reads(collection string, stages []bson.D, who string) {
	if len(stages) > 0 && stages[0][0].Key == "$match" {
		if match, ok := stages[0][0].Value.(bson.D); ok {
			for _, b := range branches(match, a.prefix, true) {
				a.add(collection, b, "", nil, who)
			}
		}
	}
	a.stages(stages, who)
}

// stages adds the accesses of the other collections that stages read.
func (a *advisor) stages(stages []bson.D, who string) {
	for _, stage := range stages {
		body, _ := stage[0].Value.(bson.D)
		switch stage[0].Key {
		case "$lookup":
			var j Join
			for _, e := range body {
				switch e.Key {
				case "from":
					j.From, _ = e.Value.(string)
				case "localField":
					j.LocalField, _ = e.Value.(string)
				case "foreignField":
					j.ForeignField, _ = e.Value.(string)
				case "pipeline":
					j.Pipeline, _ = e.Value.([]bson.D)
				}
			}
			a.join(&j, who)
		case "$unionWith":
			var from string
			var pipeline []bson.D
			for _, e := range body {
				switch e.Key {
				case "coll":
					from, _ = e.Value.(string)
				case "pipeline":
					pipeline, _ = e.Value.([]bson.D)
				}
			}
			a.reads(from, pipeline, who)
		}
	}
}

// add adds the access of one branch of a query, and of a $lookup by the foreign field, if there is one.
func (a *advisor) add(collection string, b branch, foreign string, sort bson.D, who string) {
	if slices.Contains(b.equal, "_id") || slices.Contains(b.among, "_id") || foreign == "_id" {
		return
	}
	x := access{collection: collection, reason: who}
	flags := a.flags(collection, b.equal)
	fields := slices.DeleteFunc(slices.Clone(b.equal), func(f string) bool { return slices.Contains(flags, f) })
	fields = append(fields, flags...) // a boolean narrows least
	if foreign != "" {
		fields = append(fields, foreign)
		x.reason += " by " + foreign
	}
	for _, e := range sort { // of one value there is no order
		if !slices.Contains(b.equal, e.Key) {
			x.sort = append(x.sort, e)
		}
	}
	for _, f := range b.among { // values in the order of the index are in the order of the sort
		if !slices.ContainsFunc(x.sort, func(e bson.E) bool { return e.Key == f }) {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 && len(x.sort) == 0 && len(b.ordered) > 0 {
		fields = b.ordered[:1]
	}
	lists := 0 // an index of two lists cannot be
	for _, e := range x.sort {
		if a.isList(collection, e.Key) {
			lists++
		}
	}
	if foreign != "" && a.isList(collection, foreign) {
		lists++
	}
	for _, f := range fields {
		if f != foreign && a.isList(collection, f) {
			if lists++; lists > 1 {
				continue
			}
		}
		if !slices.Contains(x.equal, f) && (len(x.equal) < maxIndexFields || f == foreign) {
			x.equal = append(x.equal, f)
		}
	}
	if len(x.equal) == 0 && (len(x.sort) == 0 || x.sort[0].Key == "_id") {
		return
	}
	x.reason += spell(x.equal, foreign, x.sort)
	a.accesses = append(a.accesses, x)
}

// spell says which fields an access compares, and how it sorts.
func spell(equal []string, foreign string, sort bson.D) string {
	var out string
	if compared := slices.DeleteFunc(slices.Clone(equal), func(f string) bool { return f == foreign }); len(compared) > 0 {
		out = ": compares " + strings.Join(compared, ", ")
	}
	for i, e := range sort {
		switch {
		case i > 0:
			out += ", "
		case out == "":
			out = ": sorts by "
		default:
			out += "; sorts by "
		}
		if out += e.Key; e.Value == int32(-1) {
			out += " down"
		}
	}
	return out
}

// flags returns those of the fields that hold booleans.
func (a *advisor) flags(collection string, fields []string) (out []string) {
	for _, f := range fields {
		if a.some(collection, f, func(r relations.FieldRef) bool { return r.Type == relations.Bool }) {
			out = append(out, f)
		}
	}
	return out
}

// isList reports whether there can be several values at a path of a collection's documents, as they are declared.
func (a *advisor) isList(collection, path string) bool {
	return a.some(collection, path, func(r relations.FieldRef) bool { return r.List || r.CrossesArray() })
}

func (a *advisor) some(collection, path string, f func(relations.FieldRef) bool) bool {
	for t := range a.schema.Types() {
		if t.Collection == collection {
			if r, ok := a.schema.Field(t, path); ok && f(r) {
				return true
			}
		}
	}
	return false
}

// branch is a conjunction of comparisons that indexes serve, by their fields.
type branch struct {
	equal   []string // with one value
	among   []string // with one of several values
	ordered []string // by order, or the beginning of a string
}

// maxBranches is how many branches a query is taken apart into; beyond, its further alternatives count for nothing.
const maxBranches = 64

// branches returns the alternatives of a query document, of which each needs an index. Without expand, the alternatives
// inside count for nothing.
func branches(q bson.D, prefix string, expand bool) []branch {
	out := []branch{{}}
	cross := func(with []branch) {
		if len(with) == 0 || len(out)*len(with) > maxBranches {
			return
		}
		var next []branch
		for _, b := range out {
			for _, c := range with {
				n := branch{slices.Concat(b.equal, c.equal), slices.Concat(b.among, c.among), slices.Concat(b.ordered, c.ordered)}
				if !slices.ContainsFunc(next, n.same) {
					next = append(next, n)
				}
			}
		}
		out = next
	}
	for _, e := range q {
		switch {
		case e.Key == "$and":
			for _, m := range queries(e.Value) {
				cross(branches(m, prefix, expand))
			}
		case e.Key == "$or" && expand:
			var alternatives []branch
			for _, m := range queries(e.Value) {
				alternatives = append(alternatives, branches(m, prefix, expand)...)
			}
			cross(alternatives)
		case e.Key[0] == '$' || strings.HasPrefix(e.Key, prefix):
		default:
			cross(comparisons(e.Key, e.Value, prefix, expand))
		}
	}
	return out
}

func (b branch) same(c branch) bool {
	return slices.Equal(b.equal, c.equal) && slices.Equal(b.among, c.among) && slices.Equal(b.ordered, c.ordered)
}

// comparisons returns what the operators on a path compare it with.
func comparisons(path string, operators any, prefix string, expand bool) []branch {
	var b branch
	ops, _ := operators.(bson.D)
	for _, op := range ops {
		switch op.Key {
		case "$eq":
			if op.Value != null {
				b.equal = []string{path}
			}
		case "$in":
			b.among = []string{path}
		case "$lt", "$lte", "$gt", "$gte":
			b.ordered = []string{path}
		case "$regex":
			if pattern, ok := op.Value.(string); ok && len(pattern) > 1 && pattern[0] == '^' {
				b.ordered = []string{path}
			}
		case "$elemMatch":
			inner, _ := op.Value.(bson.D)
			if len(inner) > 0 && inner[0].Key[0] == '$' && inner[0].Key != "$or" && inner[0].Key != "$and" && inner[0].Key != "$nor" {
				return comparisons(path, inner, prefix, expand)
			}
			out := branches(inner, prefix, expand)
			for i := range out {
				for _, fields := range [][]string{out[i].equal, out[i].among, out[i].ordered} {
					for k := range fields {
						fields[k] = path + "." + fields[k]
					}
				}
			}
			return out
		}
	}
	return []branch{b}
}

func queries(v any) (out []bson.D) {
	list, _ := v.(bson.A)
	for _, q := range list {
		if q, ok := q.(bson.D); ok {
			out = append(out, q)
		}
	}
	return out
}
