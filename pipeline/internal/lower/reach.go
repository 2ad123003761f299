package lower

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// reach lowers one entity, the entities that belong to it, and their conditions.
type reach struct {
	*Lowerer
	entity     *entity
	rest       []entity
	conditions []relations.CheckedCondition
	env        *env
}

// body lowers the conditions with the entity bound.
func (r *reach) body(b binding, m mode) formula.Node {
	b.typ = r.entity.typ
	return r.solve(r.rest, r.conditions, r.env.bind(r.entity.of, b), m)
}

// fails returns that every choice of the entity makes the clause false: of what is reached, and,
// where the range is not known, of the phantom. ways are formulas that say so by themselves, none
// says it of what is reached.
//
// What the phantom makes false is false of every entity, since it is unknown of the phantom and
// true or false of the others. But a Surely is false of the phantom alone: beside one, both are
// asked.
func (r *reach) fails(none func() formula.Node, ways ...formula.Node) formula.Node {
	phantom := r.body(binding{phantom: true}, surelyFalse)
	switch {
	case phantom == formula.Constant(false) || !slices.ContainsFunc(r.conditions, hasSurely):
		return formula.Some(append([]formula.Node{phantom}, ways...)...)
	case phantom == formula.Constant(true):
		return none()
	default:
		return formula.Some(append([]formula.Node{formula.All(phantom, none())}, ways...)...)
	}
}

// hasSurely reports whether a condition is a Surely, or holds one.
func hasSurely(c relations.CheckedCondition) bool {
	if _, ok := c.(relations.CheckedSurely); ok {
		return true
	}
	for inner := range relations.Nested(c) {
		if slices.ContainsFunc(inner.Conditions, hasSurely) {
			return true
		}
	}
	return false
}

func (r *reach) lower(m mode) formula.Node {
	sources := make([]binding, len(r.entity.paths))
	for i, p := range r.entity.paths {
		b, ok := r.env.get(p.from)
		if !ok {
			return r.fail("entity %q is not in scope", p.from.Name)
		}
		if b.phantom {
			// A to-one entity that its key alone answers is no choice: nothing depends on whether it exists.
			if m == surelyTrue && !(r.entity.keyOnly && p.rel.Kind == relations.ReferencesOne) {
				return formula.Constant(false)
			}
			return r.body(binding{phantom: true}, m)
		}
		if b.key != nil {
			return r.fail("an entity is reached from %q, which is answered by its key only", p.from.Name)
		}
		sources[i] = b
	}
	if len(sources) == 0 {
		return r.free(m)
	}
	rel := r.entity.paths[0].rel
	switch {
	case len(sources) == 1 && r.entity.keyOnly:
		return r.keyOnly(sources[0], rel, m)
	case len(sources) == 1 && rel.Kind == relations.EmbedsOne:
		return r.embedsOne(sources[0], rel, m)
	case len(sources) == 1 && rel.Kind == relations.EmbedsMany:
		return r.embedsMany(sources[0], rel, m)
	default:
		return r.joined(sources, m)
	}
}

func (r *reach) free(m mode) formula.Node {
	v := &formula.Variable{Collection: r.entity.typ.Collection}
	b := binding{v: v, typ: r.entity.typ}
	if m == surelyTrue {
		return formula.Exist(v, formula.Joined(nil), formula.All(r.scope(b, m), r.body(b, m)))
	}
	return formula.Negate(formula.Exist(v, formula.Joined(nil), formula.Negate(formula.Some(r.scope(b, m), r.body(b, m)))))
}

// scope lowers the scope of a bound entity's type.
func (l *Lowerer) scope(b binding, m mode) formula.Node {
	scope := l.filter.Scope(b.typ)
	if scope == nil {
		return formula.Constant(m)
	}
	return l.conditions(scope.Conditions, (*env)(nil).bind(scope.Entity, b), m)
}

// constants lowers a relation's constants on the near or the far side, over a binding of that side.
func (l *Lowerer) constants(rel *relations.Relation, near bool, b binding, m mode) formula.Node {
	var out []formula.Node
	for _, c := range rel.Where {
		if c.Near != near {
			continue
		}
		f, ok := l.schema.Field(b.typ, c.Field)
		value, isValue := c.Value.(bson.RawValue)
		if !ok || !isValue {
			return l.fail("constant %q of relation %q", c.Field, rel.Name)
		}
		p, ok := l.placeOf(b, &f)
		if !ok {
			return formula.Constant(false)
		}
		out = append(out, l.literal(p, filter.Eq, &relations.CheckedValue{Value: value}, m))
	}
	if m == surelyTrue {
		return formula.All(out...)
	}
	return formula.Some(out...)
}

func (r *reach) keyOnly(src binding, rel *relations.Relation, m mode) formula.Node {
	local, ok := r.schema.Field(src.typ, rel.Keys[0].Local)
	if !ok {
		return r.fail("%s has no field %q", src.typ.Name, rel.Keys[0].Local)
	}
	if rel.Kind == relations.ReferencesOne {
		return r.body(binding{v: src.v, prefix: src.prefix, key: &local}, m)
	}
	v := &formula.Variable{}
	b := binding{v: v, key: &relations.FieldRef{Field: local.Field}}
	list := formula.Ref{Var: src.v, Path: src.prefix + local.Path}
	at := place{ref: list, steps: local.Steps, base: src.prefix}
	if m == surelyTrue {
		return at.guardWeak(formula.Exist(v, formula.Keys{List: list}, r.body(b, m)))
	}
	known := at.knownList(local.AbsentEmpty)
	fails := r.body(b, m)
	none := func() formula.Node {
		return formula.Negate(at.guardWeak(formula.Exist(v, formula.Keys{List: list}, formula.Negate(fails))))
	}
	return r.fails(none, formula.All(known, formula.Negate(formula.Exist(v, formula.Keys{List: list}, formula.Negate(fails)))))
}

// knownList says that the range of a list of keys is known.
func (p place) knownList(absentEmpty bool) formula.Node {
	n := formula.Node(&formula.Test{Ref: p.ref, Kind: formula.IsListWithoutNull})
	if absentEmpty {
		n = formula.Some(n, &formula.Test{Ref: p.ref, Kind: formula.IsNull})
	}
	return p.guard(n)
}

// guardWeak returns n, which needs a value at the place, and that no embedded document on the way
// is an array.
func (p place) guardWeak(n formula.Node) formula.Node {
	for i := len(p.steps) - 1; i >= 0; i-- {
		n = formula.All(&formula.Test{Ref: formula.Ref{Var: p.ref.Var, Path: p.base + p.steps[i].Path}, Kind: formula.IsNoArray}, n)
	}
	return n
}

func (r *reach) embedsOne(src binding, rel *relations.Relation, m mode) formula.Node {
	at := formula.Ref{Var: src.v, Path: src.prefix + rel.Name}
	b := binding{v: src.v, prefix: at.Path + ".", typ: r.entity.typ}
	reached := formula.All(r.scope(b, surelyTrue), r.constants(rel, false, b, surelyTrue))
	near, body := r.constants(rel, true, src, surelyTrue), r.body(b, m)
	n := formula.All(near, formula.DocumentAt(at, formula.All(reached, body)))
	if m == surelyTrue {
		return n
	}
	none := func() formula.Node {
		return formula.Negate(formula.All(near, formula.DocumentAt(at, formula.All(reached, formula.Negate(body)))))
	}
	return r.fails(none, r.constants(rel, true, src, surelyFalse), n)
}

func (r *reach) embedsMany(src binding, rel *relations.Relation, m mode) formula.Node {
	array := formula.Ref{Var: src.v, Path: src.prefix + rel.Name}
	v := &formula.Variable{}
	b := binding{v: v, typ: r.entity.typ}
	near := r.constants(rel, true, src, surelyTrue)
	docs := &formula.Test{Ref: array, Kind: formula.IsListOfDocuments}
	if m == surelyTrue {
		body := formula.All(r.scope(b, m), r.constants(rel, false, b, m), r.body(b, m))
		if r.asksAbsence() {
			return formula.All(near, docs, formula.Exist(v, formula.Elements{Array: array, DocsOnly: true}, body))
		}
		return formula.All(near, formula.Exist(v, formula.Elements{Array: array, DocsOnly: false}, body))
	}
	body := formula.Some(r.scope(b, m), r.constants(rel, false, b, m), r.body(b, m))
	leadsNowhere := r.constants(rel, true, src, surelyFalse)
	nothing := body == formula.Constant(false) // what must hold is that there is no element
	none := func() formula.Node {
		if r.asksAbsence() {
			return formula.Negate(formula.All(near, docs, formula.Exist(v, formula.Elements{Array: array, DocsOnly: true}, formula.Negate(body))))
		}
		return formula.Negate(formula.All(near, formula.Exist(v, formula.Elements{Array: array, DocsOnly: false}, formula.Negate(body))))
	}
	known := formula.Node(docs)
	if nothing {
		known = &formula.Test{Ref: array, Kind: formula.IsEmptyList}
	}
	if rel.AbsentEmpty {
		known = formula.Some(known, &formula.Test{Ref: array, Kind: formula.IsNull})
	}
	if nothing {
		return r.fails(none, leadsNowhere, formula.All(near, known))
	}
	return r.fails(none, leadsNowhere, formula.All(near, known, formula.Negate(formula.Exist(v, formula.Elements{Array: array, DocsOnly: true}, formula.Negate(body)))))
}

// along is one path to an entity in another collection.
type along struct {
	rel   *relations.Relation
	keys  formula.Joined
	near  [2]formula.Node // the constants of the near side: surely false, surely true
	guard formula.Node    // what the near side must be for its keys to lead anywhere, but for a list of keys under F: see known
	leads formula.Node    // the same, for a list of keys too
	known formula.Node    // F: the range is known, if the constants of the near side are true
	empty formula.Node    // F: besides, nothing is reached; asked only of one path among several
}

// joined lowers an entity in another collection, reached along one path or several.
func (r *reach) joined(sources []binding, m mode) formula.Node {
	v := &formula.Variable{Collection: r.entity.typ.Collection}
	b := binding{v: v, typ: r.entity.typ}
	var (
		paths  = make([]along, len(sources))
		domain formula.Joined
		must   []formula.Node // what must be true of a document for it to be reached
		farC   []formula.Node // what else is asked of it, in mode m
		toOne  bool
	)
	for i, p := range r.entity.paths {
		switch p.rel.Kind {
		case relations.ReferencesOne, relations.ReferencesMany, relations.HasOne, relations.HasMany:
		default:
			return r.fail("%v as one of several paths, or as a join", p.rel.Kind)
		}
		paths[i] = r.along(sources[i], p.rel, v.Collection, len(sources) > 1, m)
		domain = append(domain, paths[i].keys...)
		if p.rel.Kind.ToOne() {
			toOne = true
			must = append(must, r.constants(p.rel, false, b, surelyTrue))
		} else {
			farC = append(farC, r.constants(p.rel, false, b, m))
		}
	}
	if toOne {
		must = append(must, r.scope(b, surelyTrue))
	} else {
		farC = append(farC, r.scope(b, m))
	}
	reached := formula.All(must...)
	var guards []formula.Node
	for _, p := range paths {
		guards = append(guards, p.near[1], p.leads)
	}
	if m == surelyTrue {
		return formula.All(append(guards, formula.Exist(v, domain, formula.All(reached, formula.All(farC...), r.body(b, m))))...)
	}
	fails := formula.Some(formula.Some(farC...), r.body(b, m))
	none := func() formula.Node {
		return formula.Negate(formula.All(append(guards, formula.Exist(v, domain, formula.All(reached, formula.Negate(fails))))...))
	}
	var out, known []formula.Node
	for _, p := range paths {
		out = append(out, p.near[0])
		if len(paths) > 1 {
			out = append(out, formula.All(p.near[1], p.known, p.empty))
		}
		known = append(known, p.near[1], p.known)
	}
	switch {
	case len(paths) == 1 && unique(paths[0].rel) && !r.complete(paths[0].rel):
		out = append(out, formula.All(paths[0].near[1], paths[0].guard, formula.Exist(v, domain, formula.All(reached, fails))))
	case len(paths) == 1 && toOne && fails == formula.Constant(false) && !r.complete(paths[0].rel):
		// What makes the range known is what must not be.
	default:
		out = append(out, formula.All(append(known, formula.Negate(formula.Exist(v, domain, formula.All(reached, formula.Negate(fails)))))...))
	}
	return r.fails(none, out...)
}

// along lowers one path to documents of a collection.
func (r *reach) along(src binding, rel *relations.Relation, collection string, several bool, m mode) along {
	keys, guard, listed := r.keys(src, rel, r.entity.typ, m)
	a := along{rel: rel, keys: keys, guard: guard, leads: guard, empty: formula.Constant(false)}
	a.near = [2]formula.Node{r.constants(rel, true, src, surelyFalse), r.constants(rel, true, src, surelyTrue)}
	if m == surelyTrue {
		return a
	}
	_, a.leads, _ = r.keys(src, rel, r.entity.typ, surelyTrue)
	a.known = formula.All(guard, listed)
	other := binding{v: &formula.Variable{Collection: collection}, typ: r.entity.typ}
	switch {
	case rel.Kind.ToOne() && !r.complete(rel), rel.Required: // a document makes the range known
		a.known = formula.All(a.known, formula.Exist(other.v, keys, formula.All(r.scope(other, surelyTrue), r.constants(rel, false, other, surelyTrue))))
	case several:
		a.empty = formula.Negate(formula.Exist(other.v, keys, formula.Constant(true)))
	}
	return a
}

// complete says that no key of a relation dangles, and that nothing else must be true of what it
// reaches.
func (l *Lowerer) complete(rel *relations.Relation) bool {
	to, ok := l.schema.Type(rel.Type)
	return rel.Complete && ok && len(to.Scope) == 0 &&
		!slices.ContainsFunc(rel.Where, func(c relations.Constant) bool { return !c.Near })
}

// unique says that a relation reaches at most one document, whatever is stored.
func unique(rel *relations.Relation) bool {
	if !rel.Kind.ToOne() {
		return false
	}
	for _, k := range rel.Keys {
		if k.Foreign == "_id" {
			return true
		}
	}
	return false
}

// keys returns the key pairs of a relation; that every single key can reach (neither missing, null
// nor an array) and the documents around a list of keys are documents; and, in mode surelyFalse,
// that the list's range is known.
func (r *reach) keys(src binding, rel *relations.Relation, target *relations.Type, m mode) (domain formula.Joined, guard, listed formula.Node) {
	if len(rel.Keys) == 0 {
		return nil, r.fail("relation %q without keys", rel.Name), nil
	}
	guard, listed = formula.Constant(true), formula.Constant(true)
	for _, k := range rel.Keys {
		local, ok := r.schema.Field(src.typ, k.Local)
		foreign, okForeign := r.schema.Field(target, k.Foreign)
		if !ok || !okForeign || local.CrossesArray() {
			return nil, r.fail("relation %q joins by unusable fields", rel.Name), nil
		}
		at := place{ref: formula.Ref{Var: src.v, Path: src.prefix + local.Path}, steps: local.Steps, base: src.prefix}
		list := rel.Kind == relations.ReferencesMany && local.List
		domain = append(domain, formula.JoinKey{Local: at.ref, List: list, Foreign: foreign})
		switch {
		case !list:
			guard = formula.All(guard, at.guard(&formula.Test{Ref: at.ref, Kind: formula.IsKey}))
		case m == surelyTrue:
			guard = formula.All(guard, at.guardWeak(formula.Constant(true)))
		default:
			listed = formula.All(listed, at.knownList(local.AbsentEmpty))
		}
	}
	return domain, guard, listed
}
