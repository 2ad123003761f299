package advise

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/emit"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/plan"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// advisor reads, off the stages that are sent, how they read collections.
type advisor struct {
	schema   *relations.Schema
	prefix   string // of the helper fields of the plan
	accesses []Access
}

// Listing adds the accesses of a plan whose documents are listed in an order, and of what becomes
// of it when keys are read first; r is nil where none are.
func (a *advisor) Listing(p *plan.Compiled, r *keyquery.Queries, sort bson.D) {
	if p.Source == nil {
		return
	}
	a.prefix = p.Source.Prefix
	a.root(p, nil, sort)
	for _, j := range p.Joins {
		a.join(j, p.Resource+", joins")
	}
	if r != nil {
		if keyed, err := p.Source.Keyed(r.Sites, anyKeys).Emit(); err == nil {
			a.root(keyed, p, sort)
		}
		a.reads(r.All[0].Collection, r.Stages(), p.Resource+", reads keys")
	}
	for _, n := range p.Source.Clauses {
		a.decisions(n, p.Resource)
	}
}

// decisions adds the accesses of decisions about one document, which follow the relations from it as the filter is written, where lists
// do not read the like.
func (a *advisor) decisions(n formula.Node, resource string) {
	formula.Walk(n, func(n formula.Node) bool {
		e, ok := n.(formula.Exists)
		if !ok {
			return true
		}
		domain, ok := e.Domain.(formula.Joined)
		if !ok || len(domain) == 0 {
			return true
		}
		var b branch
		for _, k := range domain {
			b.equal = append(b.equal, k.Foreign.Path)
		}
		if !slices.ContainsFunc(a.accesses, func(x Access) bool { return x.collection == e.Var.Collection && slices.Contains(x.equal, b.equal[0]) }) {
			a.add(e.Var.Collection, b, "", nil, resource+", decides about one")
		}
		return true
	})
}

// root adds the accesses of the plan's own collection. Clauses that are what they were before keys were read are there already.
func (a *advisor) root(p, before *plan.Compiled, sort bson.D) {
	if len(p.Joins) > 0 { // the server sorts after it has joined
		sort = nil
	}
	root := p.Source.Root
	scope := (&emit.Scope{Prefix: a.prefix, Var: root, Collection: p.Collection}).Query(p.Source.Scope, root, "")
	for i, c := range p.Clauses {
		who := p.Resource + ", clause " + strconv.Itoa(i+1)
		if c.Label != "" {
			who = p.Resource + ", " + strconv.Quote(c.Label)
		}
		if before != nil {
			if same := i < len(before.Clauses) && mql.Equal(c.Match, before.Clauses[i].Match); !same {
				who += " with its keys"
			} else if len(sort) == 0 {
				continue
			}
		}
		for _, b := range a.branches(emit.Both(c.Match, scope), true) {
			a.add(p.Collection, b, "", sort, who)
			if before != nil && len(sort) > 0 && len(b.among) > 0 {
				a.add(p.Collection, branch{}, "", sort, who+", if they are many")
			}
		}
	}
}

// anyKeys says that what is outside is among keys, whatever they are.
func anyKeys(_ int, s keyquery.Site) formula.Node {
	keys := make([]formula.Node, len(s.Outer))
	for i, t := range s.Outer {
		two := mql.List{Values: make([]bson.RawValue, 2)}
		keys[i] = &formula.Test{Ref: t.Outside, Kind: formula.SurelyTrue, Leaf: formula.Leaf{Op: filter.In, Type: t.Type, List: t.List, Values: two}}
	}
	return formula.All(keys...)
}

// join adds the access of a $lookup, and of those in its pipeline.
func (a *advisor) join(j *mql.Lookup, who string) {
	if j.ForeignField == "" {
		a.reads(j.From, j.Pipeline, who)
		return
	}
	for _, b := range a.branches(firstMatch(j.Pipeline), false) { // one document or few: what stands in an $or is asked of these
		a.add(j.From, b, j.ForeignField, nil, who)
	}
	a.stages(j.Pipeline, who)
}

// firstMatch returns the query of a $match that a pipeline begins with.
func firstMatch(stages []mql.Stage) mql.Query {
	if len(stages) == 0 {
		return nil
	}
	match, _ := stages[0].(mql.Match)
	return match.Query
}

// reads adds the accesses of a pipeline on a collection.
func (a *advisor) reads(collection string, stages []mql.Stage, who string) {
	if q := firstMatch(stages); q != nil {
		for _, b := range a.branches(q, true) {
			a.add(collection, b, "", nil, who)
		}
	}
	a.stages(stages, who)
}

// stages adds the accesses of the other collections that stages read.
func (a *advisor) stages(stages []mql.Stage, who string) {
	for _, stage := range stages {
		switch stage := stage.(type) {
		case *mql.Lookup:
			a.join(stage, who)
		case mql.UnionWith:
			a.reads(stage.Collection, stage.Pipeline, who)
		case *mql.Group, mql.Limit, mql.Match, mql.Project, mql.Unset, mql.Unwind:
		}
	}
}

// add adds the access of one branch of a query, and of a $lookup by the foreign field, if there is one.
func (a *advisor) add(collection string, b branch, foreign string, sort bson.D, who string) {
	if slices.Contains(b.equal, "_id") || slices.Contains(b.among, "_id") || foreign == "_id" {
		return
	}
	x := Access{collection: collection, reason: who}
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
func (a *advisor) branches(q mql.Query, expand bool) []branch {
	out := []branch{{}}
	for _, c := range q {
		switch c := c.(type) {
		case *mql.Field:
			if !strings.HasPrefix(c.Path, a.prefix) {
				out = cross(out, a.comparisons(c.Path, c.Ops, expand))
			}
		case mql.Logic:
			var alternatives []branch
			for _, m := range c.Of {
				inner := a.branches(m, expand)
				if c.Op == mql.And {
					out = cross(out, inner)
				}
				alternatives = append(alternatives, inner...)
			}
			if c.Op == mql.Or && expand {
				out = cross(out, alternatives)
			}
		case mql.ExprMatch: // no index serves it
		}
	}
	return out
}

// cross returns the conjunctions of each of some branches with each of others: a itself where these
// would be too many.
func cross(a, b []branch) []branch {
	if len(b) == 0 || len(a)*len(b) > maxBranches {
		return a
	}
	var out []branch
	for _, x := range a {
		for _, y := range b {
			n := branch{slices.Concat(x.equal, y.equal), slices.Concat(x.among, y.among), slices.Concat(x.ordered, y.ordered)}
			if !slices.ContainsFunc(out, n.same) {
				out = append(out, n)
			}
		}
	}
	return out
}

func (b branch) same(c branch) bool {
	return slices.Equal(b.equal, c.equal) && slices.Equal(b.among, c.among) && slices.Equal(b.ordered, c.ordered)
}

// comparisons returns what the operators on a path compare it with.
func (a *advisor) comparisons(path string, ops mql.Ops, expand bool) []branch {
	var b branch
	for _, op := range ops {
		switch op.Name {
		case "$eq":
			if op.Arg != mql.Arg(mql.Null) {
				b.equal = []string{path}
			}
		case "$in":
			b.among = []string{path}
		case "$lt", "$lte", "$gt", "$gte":
			b.ordered = []string{path}
		case "$regex":
			if pattern, ok := op.Arg.(mql.Pattern); ok && len(pattern) > 1 && pattern[0] == '^' {
				b.ordered = []string{path}
			}
		case "$elemMatch":
			if inner, ok := op.Arg.(mql.Ops); ok {
				return a.comparisons(path, inner, expand)
			}
			inner, _ := op.Arg.(mql.Query)
			out := a.branches(inner, expand)
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
