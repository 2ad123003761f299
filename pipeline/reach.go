package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// entity is an entity of a clause, or an unnamed hop of a through relation, with its paths resolved to single relations.
type entity struct {
	name    string
	typ     *relations.Type
	paths   []path
	keyOnly bool
	asked   filter.Standing // what the filter as written asks of it
}

// path is one relation from an entity in scope, or declared before in the same clause.
type path struct {
	from string
	rel  *relations.Relation
}

// entities resolves the entities of a clause: through relations become their hops, unnamed entities of the same clause.
func (l *lowerer) entities(c *filter.Clause, e *env) []entity {
	out := make([]entity, 0, len(c.Entities)+2)
	typeOf := func(name string) *relations.Type {
		for i := range out {
			if out[i].name == name {
				return out[i].typ
			}
		}
		b, ok := e.get(name)
		if !ok {
			l.fail("entity %q is not in scope", name)
			return nil
		}
		return b.typ
	}
	for i := range c.Entities {
		declared := &c.Entities[i]
		typ, ok := l.schema.Type(declared.Type)
		if !ok {
			l.fail("resource type %q", declared.Type)
			return nil
		}
		ent := entity{name: declared.Name, typ: typ, paths: make([]path, 0, len(declared.Paths)), asked: declared.Standing}
		for j, p := range declared.Paths {
			from := typeOf(p.From)
			if l.err != nil {
				return nil
			}
			hops, ok := hops(l.schema, from, p.Relation, nil)
			if !ok {
				l.fail("%s has no relation %q", from.Name, p.Relation)
				return nil
			}
			at := p.From
			for k, rel := range hops[:len(hops)-1] {
				hop := entity{name: hopName(declared.Name, j, k), paths: []path{{at, rel}}}
				if hop.typ, ok = l.schema.Type(rel.Type); !ok {
					l.fail("resource type %q", rel.Type)
					return nil
				}
				out = append(out, hop)
				at = hop.name
			}
			ent.paths = append(ent.paths, path{at, hops[len(hops)-1]})
			if len(hops) == 1 && len(declared.Paths) == 1 {
				ent.keyOnly = keyOnly(declared.Standing, hops[0], typ)
			}
		}
		out = append(out, ent)
	}
	return out
}

// hopName names an unnamed entity as no entity of a filter can be named.
func hopName(entity string, path, hop int) string {
	return string([]byte{0, byte(path), byte(hop)}) + entity
}

// hops returns the relations that a relation stands for: itself, or the relations of a through in a row.
func hops(s *relations.Schema, from *relations.Type, relation string, out []*relations.Relation) ([]*relations.Relation, bool) {
	rel, ok := from.Relation(relation)
	if !ok || rel.Kind != relations.Through {
		return append(out, rel), ok
	}
	for _, name := range rel.Through {
		if out, ok = hops(s, from, name, out); !ok {
			return nil, false
		}
		if from, ok = s.Type(out[len(out)-1].Type); !ok {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// keyOnly says whether an entity of that standing is answered from the local key (package evaluate, Key only).
func keyOnly(s filter.Standing, rel *relations.Relation, target *relations.Type) bool {
	return (rel.Kind == relations.ReferencesOne || rel.Kind == relations.ReferencesMany) &&
		len(rel.Keys) == 1 && rel.Keys[0].Foreign == target.Key && len(rel.Where) == 0 && len(target.Scope) == 0 &&
		s.Decided && s.Field == target.Key
}

// solve lowers "some choice of the entities makes every condition true", or that every choice makes some condition false.
// Entities that no condition and no path ties together are solved apart, so that each is asked for in the smallest scope.
func (l *lowerer) solve(entities []entity, conditions []filter.Condition, e *env, m mode) node {
	if len(entities) == 0 {
		return l.conditions(conditions, e, m)
	}
	group := make([]int, len(entities)) // the group of each entity: the index of its first member
	for i := range group {
		group[i] = i
	}
	join := func(a, b int) {
		if a, b = group[a], group[b]; a != b {
			for k := range group {
				if group[k] == max(a, b) {
					group[k] = min(a, b)
				}
			}
		}
	}
	for i := range entities {
		for _, p := range entities[i].paths {
			for k := range i {
				if entities[k].name == p.from {
					join(i, k)
				}
			}
		}
	}
	owner := make([]int, len(conditions)) // an entity that the condition mentions, or -1
	for c, cond := range conditions {
		owner[c] = -1
		for i := range entities {
			if mentions(cond, entities[i].name) {
				if owner[c] >= 0 {
					join(owner[c], i)
				}
				owner[c] = i
			}
		}
	}
	var out []node
	var own []filter.Condition
	for c, cond := range conditions {
		if owner[c] < 0 {
			own = append(own, cond)
		}
	}
	if len(own) > 0 {
		out = append(out, l.conditions(own, e, m))
	}
	for first := range entities {
		if group[first] != first {
			continue
		}
		var rest []entity
		for i := first + 1; i < len(entities); i++ {
			if group[i] == first {
				rest = append(rest, entities[i])
			}
		}
		var theirs []filter.Condition
		for c, cond := range conditions {
			if owner[c] >= 0 && group[owner[c]] == first {
				theirs = append(theirs, cond)
			}
		}
		r := reach{lowerer: l, entity: &entities[first], rest: rest, conditions: theirs, env: e}
		out = append(out, r.lower(m))
	}
	if m == surelyTrue {
		return all(out...)
	}
	return some(out...)
}

// mentions reports whether a condition speaks of an entity.
func mentions(c filter.Condition, name string) bool {
	switch c := c.(type) {
	case filter.Comparison:
		if f, ok := c.Operand.(filter.Field); ok && f.Entity == name {
			return true
		}
		return c.Field.Entity == name
	case filter.Any:
		for i := range c {
			if clauseMentions(&c[i], name) {
				return true
			}
		}
	case filter.None:
		return clauseMentions((*filter.Clause)(&c), name)
	}
	return false
}

func clauseMentions(c *filter.Clause, name string) bool {
	for i := range c.Entities {
		for _, p := range c.Entities[i].Paths {
			if p.From == name {
				return true
			}
		}
	}
	for _, cond := range c.Conditions {
		if mentions(cond, name) {
			return true
		}
	}
	return false
}

// reach lowers one entity, the entities tied to it, and their conditions.
type reach struct {
	*lowerer
	entity     *entity
	rest       []entity
	conditions []filter.Condition
	env        *env
}

// body lowers the conditions with the entity bound.
func (r *reach) body(b binding, m mode) node {
	b.typ = r.entity.typ
	return r.solve(r.rest, r.conditions, r.env.bind(r.entity.name, b), m)
}

// phantom is what remains surely false where the entity may be one that nobody knows of.
func (r *reach) phantom() node { return r.body(binding{phantom: true}, surelyFalse) }

func (r *reach) lower(m mode) node {
	sources := make([]binding, len(r.entity.paths))
	for i, p := range r.entity.paths {
		b, ok := r.env.get(p.from)
		if !ok {
			return r.fail("entity %q is not in scope", p.from)
		}
		if b.phantom {
			if m == surelyTrue {
				return constant(false)
			}
			return r.phantom()
		}
		if b.key != nil {
			return r.fail("an entity is reached from %q, which is answered by its key only", p.from)
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

func (r *reach) free(m mode) node {
	v := &variable{collection: r.entity.typ.Collection}
	b := binding{v: v, typ: r.entity.typ}
	if m == surelyTrue {
		return exist(v, joined(nil), all(r.scope(b, m), r.body(b, m)))
	}
	return negate(exist(v, joined(nil), negate(some(r.scope(b, m), r.body(b, m)))))
}

// scope lowers the scope of a bound entity's type.
func (l *lowerer) scope(b binding, m mode) node {
	if len(b.typ.Scope) == 0 {
		return constant(m)
	}
	return l.conditions(b.typ.Scope, (*env)(nil).bind("", b), m)
}

// constants lowers a relation's constants on the near or the far side, over a binding of that side.
func (l *lowerer) constants(rel *relations.Relation, near bool, b binding, m mode) node {
	var out []node
	for _, c := range rel.Where {
		if c.Near != near {
			continue
		}
		p, ok := l.place(filter.Field{Path: c.Field}, (*env)(nil).bind("", b))
		if !ok {
			return constant(false)
		}
		out = append(out, l.literal(p, filter.Eq, c.Value, m))
	}
	if m == surelyTrue {
		return all(out...)
	}
	return some(out...)
}

func (r *reach) keyOnly(src binding, rel *relations.Relation, m mode) node {
	local, ok := r.schema.Field(src.typ, rel.Keys[0].Local)
	if !ok {
		return r.fail("%s has no field %q", src.typ.Name, rel.Keys[0].Local)
	}
	if rel.Kind == relations.ReferencesOne {
		return r.body(binding{v: src.v, prefix: src.prefix, key: &local}, m)
	}
	v := &variable{}
	b := binding{v: v, key: &relations.FieldRef{Field: local.Field}}
	list := ref{src.v, src.prefix + local.Path}
	at := place{ref: list, steps: local.Steps, base: src.prefix}
	if m == surelyTrue {
		return at.guardWeak(exist(v, keys{list}, r.body(b, m)))
	}
	known := at.knownList(local.AbsentEmpty)
	return some(r.phantom(), all(known, negate(exist(v, keys{list}, negate(r.body(b, m))))))
}

// knownList says that the range of a list of keys is known.
func (p place) knownList(absentEmpty bool) node {
	n := node(test{ref: p.ref, kind: testList})
	if absentEmpty {
		n = some(n, test{ref: p.ref, kind: testNull})
	}
	return p.guard(n)
}

// guardWeak returns n, which needs a value at the place, and that no embedded document on the way is an array.
func (p place) guardWeak(n node) node {
	for i := len(p.steps) - 1; i >= 0; i-- {
		n = all(test{ref: ref{p.ref.v, p.base + p.steps[i].Path}, kind: testOne}, n)
	}
	return n
}

func (r *reach) embedsOne(src binding, rel *relations.Relation, m mode) node {
	at := ref{src.v, src.prefix + rel.Name}
	b := binding{v: src.v, prefix: at.path + ".", typ: r.entity.typ}
	reached := all(r.scope(b, surelyTrue), r.constants(rel, false, b, surelyTrue), r.constants(rel, true, src, surelyTrue))
	n := documentAt(at, all(reached, r.body(b, m)))
	if m == surelyTrue {
		return n
	}
	return some(r.phantom(), n)
}

func (r *reach) embedsMany(src binding, rel *relations.Relation, m mode) node {
	array := ref{src.v, src.prefix + rel.Name}
	v := &variable{}
	b := binding{v: v, typ: r.entity.typ}
	near := r.constants(rel, true, src, surelyTrue)
	docs := test{ref: array, kind: testDocs}
	if m == surelyTrue {
		body := all(r.scope(b, m), r.constants(rel, false, b, m), r.body(b, m))
		if r.asksAbsence() {
			return all(near, docs, exist(v, elements{array, true}, body))
		}
		return all(near, exist(v, elements{array, false}, body))
	}
	body := some(r.scope(b, m), r.constants(rel, false, b, m), r.body(b, m))
	nothing := body == constant(false) && near == constant(true) // what must hold is that there is no element
	if nothing {
		docs.kind = testEmpty
	}
	known := node(docs)
	if rel.AbsentEmpty {
		known = some(docs, test{ref: array, kind: testNull})
	}
	if nothing {
		return some(r.phantom(), known)
	}
	none := negate(exist(v, elements{array, true}, negate(body)))
	return some(r.phantom(), all(known, some(negate(near), none)))
}

// asksAbsence says whether a condition on the element, or a relation followed from it, can hold where nothing is stored
// (IsNull, IsSet, absent means empty): then the element is reached in an array of documents only (rule 4).
func (r *reach) asksAbsence() bool {
	asked := r.entity.asked // also what a rewriting of the filter has moved away from the element
	if asked.Null {
		return true
	}
	for _, field := range asked.Compared {
		if r.fieldAbsent(filter.Field{Path: field}, "", false) {
			return true
		}
	}
	for _, name := range asked.Followed {
		if hops, ok := hops(r.schema, r.entity.typ, name, nil); ok && r.followsAbsent(hops[0]) {
			return true
		}
	}
	for i := range r.rest {
		for _, p := range r.rest[i].paths {
			if p.from == r.entity.name && r.followsAbsent(p.rel) {
				return true
			}
		}
	}
	return r.askAbsence(r.conditions, r.entity.name) || r.askAbsence(r.entity.typ.Scope, "")
}

func (r *reach) askAbsence(cs []filter.Condition, name string) bool {
	for _, c := range cs {
		switch c := c.(type) {
		case filter.Comparison:
			if r.fieldAbsent(c.Field, name, c.Op.Unary()) {
				return true
			}
			if f, ok := c.Operand.(filter.Field); ok && r.fieldAbsent(f, name, false) {
				return true
			}
		case filter.Any:
			for i := range c {
				if r.clauseAsksAbsence(&c[i], name) {
					return true
				}
			}
		case filter.None:
			if r.clauseAsksAbsence((*filter.Clause)(&c), name) {
				return true
			}
		}
	}
	return false
}

func (r *reach) clauseAsksAbsence(c *filter.Clause, name string) bool {
	for i := range c.Entities {
		for _, p := range c.Entities[i].Paths {
			if p.From != name {
				continue
			}
			hops, ok := hops(r.schema, r.entity.typ, p.Relation, nil)
			if ok && r.followsAbsent(hops[0]) {
				return true
			}
		}
	}
	return r.askAbsence(c.Conditions, name)
}

func (r *reach) fieldAbsent(f filter.Field, name string, unary bool) bool {
	if f.Entity != name {
		return false
	}
	p, ok := r.schema.Field(r.entity.typ, f.Path)
	return ok && len(p.Steps) == 0 && (unary || p.AbsentEmpty)
}

// followsAbsent says whether a relation of the entity's type reads a missing array as the empty one.
func (r *reach) followsAbsent(rel *relations.Relation) bool {
	if rel.AbsentEmpty {
		return true
	}
	for _, k := range rel.Keys {
		if p, ok := r.schema.Field(r.entity.typ, k.Local); ok && len(p.Steps) == 0 && p.AbsentEmpty {
			return true
		}
	}
	return false
}

// joined lowers an entity in another collection, reached along one path or several.
func (r *reach) joined(sources []binding, m mode) node {
	v := &variable{collection: r.entity.typ.Collection}
	b := binding{v: v, typ: r.entity.typ}
	var (
		domain joined
		guards []node // T: what the near side must be to reach anything
		known  []node // F: the range is known along each path
		nears  []node // F: near constants of to-many paths
		farT   []node // far constants that must be true to reach
		farC   []node // far constants that are conditions, in mode m
		toOne  bool
	)
	for i, p := range r.entity.paths {
		if p.rel.Kind.Embedded() || p.rel.Kind == relations.Through {
			return r.fail("%q reached along several paths, one of them embedded", r.entity.name)
		}
		ks, guard, listed := r.keys(sources[i], p.rel, r.entity.typ, m)
		domain = append(domain, ks...)
		near := r.constants(p.rel, true, sources[i], surelyTrue)
		guards = append(guards, near, guard)
		if p.rel.Kind.ToOne() {
			toOne = true
			farT = append(farT, r.constants(p.rel, false, b, surelyTrue))
			if m == surelyFalse {
				other := binding{v: &variable{collection: v.collection}, typ: b.typ}
				known = append(known, near, guard, exist(other.v, joined(ks), all(r.scope(other, surelyTrue), r.constants(p.rel, false, other, surelyTrue))))
			}
		} else {
			farC = append(farC, r.constants(p.rel, false, b, m))
			known = append(known, guard, listed)
			nears = append(nears, near)
		}
	}
	scope := r.scope(b, surelyTrue)
	if !toOne {
		scope = constant(true)
		farC = append(farC, r.scope(b, m))
	}
	reached := all(append(farT, scope)...)
	if m == surelyTrue {
		return all(append(guards, exist(v, domain, all(reached, all(farC...), r.body(b, m))))...)
	}
	fails := some(some(farC...), r.body(b, m))
	if len(sources) == 1 && unique(r.entity.paths[0].rel) {
		return some(r.phantom(), all(append(guards, exist(v, domain, all(reached, fails)))...))
	}
	if len(sources) == 1 && toOne && fails == constant(false) {
		return r.phantom() // what makes the range known is what must not be
	}
	none := negate(exist(v, domain, all(reached, negate(fails))))
	return some(r.phantom(), all(all(known...), some(negate(all(nears...)), none)))
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

// keys returns the key pairs of a relation; that every single key can reach (neither missing, null nor an array) and the
// documents around a list of keys are documents; and, in mode surelyFalse, that the list's range is known.
func (r *reach) keys(src binding, rel *relations.Relation, target *relations.Type, m mode) (domain joined, guard, listed node) {
	if len(rel.Keys) == 0 {
		return nil, r.fail("relation %q without keys", rel.Name), nil
	}
	guard, listed = constant(true), constant(true)
	for _, k := range rel.Keys {
		local, ok := r.schema.Field(src.typ, k.Local)
		foreign, okForeign := r.schema.Field(target, k.Foreign)
		if !ok || !okForeign || local.CrossesArray() {
			return nil, r.fail("relation %q joins by unusable fields", rel.Name), nil
		}
		at := place{ref: ref{src.v, src.prefix + local.Path}, steps: local.Steps, base: src.prefix}
		list := rel.Kind == relations.ReferencesMany && local.List
		domain = append(domain, joinKey{local: at.ref, list: list, foreign: foreign})
		switch {
		case !list:
			guard = all(guard, at.guard(test{ref: at.ref, kind: testKey}))
		case m == surelyTrue:
			guard = all(guard, at.guardWeak(constant(true)))
		default:
			listed = all(listed, at.knownList(local.AbsentEmpty))
		}
	}
	return domain, guard, listed
}
