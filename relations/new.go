package relations

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// New returns the schema of the types, or every problem with them as [*SchemaError]s joined.
//
// The types are copied, and what they leave out is filled in: the key "_id", the sides of key pairs that mean a type's key,
// the type a through leads to. Constants and the literals in scopes become bson.RawValues, converted as their fields declare.
//
// Go values are encoded as the driver does by default. For a client with a registry or BSON
// options of its own, use [Encoding.New].
func New(types ...Type) (*Schema, error) { return Encoding{}.New(types...) }

func (c *coder) schema(types []Type) (*Schema, error) {
	copied := make([]Type, len(types))
	for i, t := range types {
		copied[i] = t.clone()
	}
	s := newSchema(copied)
	s.coder = c
	for i := range s.types {
		s.fillIn(&s.types[i])
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	// A value may encode itself, and need not do so twice alike: Validate has encoded it once.
	v := &validator{s: s}
	for i := range s.types {
		v.settle(&s.types[i])
	}
	s.sort()
	for i := range s.types {
		v.settleScope(&s.types[i])
	}
	if err := errors.Join(v.errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// newSchema returns a schema of the types as they are.
func newSchema(types []Type) *Schema {
	s := &Schema{types: types, index: make(map[string]int, len(types))}
	for i, t := range types {
		if _, twice := s.index[t.Name]; !twice {
			s.index[t.Name] = i
		}
	}
	return s
}

// Equal reports whether two schemas declare the same, in whatever order, and encode values the same
// way. The Go structs that types were read from (Type.Go) do not count.
func (s *Schema) Equal(o *Schema) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Encoding() == o.Encoding() && reflect.DeepEqual(s.unbound, o.unbound) &&
		slices.EqualFunc(s.types, o.types, func(a, b Type) bool {
			a.Go, b.Go = nil, nil
			return reflect.DeepEqual(a, b)
		})
}

// clone copies what New changes, with nil for every empty list.
func (t Type) clone() Type {
	t.Fields = nilIfEmpty(t.Fields)
	for i := range t.Fields {
		if subtype := t.Fields[i].Subtype; subtype != nil {
			t.Fields[i].Subtype = new(*subtype)
		}
	}
	t.Scope = nilIfEmpty(t.Scope)
	t.Relations = nilIfEmpty(t.Relations)
	for i := range t.Relations {
		r := &t.Relations[i]
		r.Keys, r.Where, r.Through = nilIfEmpty(r.Keys), nilIfEmpty(r.Where), nilIfEmpty(r.Through)
	}
	return t
}

func nilIfEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.Clone(list)
}

// fillIn gives what a type leaves out its default.
func (s *Schema) fillIn(t *Type) {
	t.Key = cmp.Or(t.Key, "_id")
	for i := range t.Fields {
		f := &t.Fields[i]
		if f.Convert == FromUUID && f.Type == Binary && f.Subtype == nil && f.Go == nil {
			f.Subtype = new(bson.TypeBinaryUUID)
		}
	}
	for i := range t.Relations {
		r := &t.Relations[i]
		for k := range r.Keys {
			pair := &r.Keys[k]
			switch r.Kind {
			case ReferencesOne, ReferencesMany:
				if to, ok := s.Type(r.Type); ok && pair.Foreign == "" {
					pair.Foreign = cmp.Or(to.Key, "_id")
				}
			case HasOne, HasMany:
				pair.Local = cmp.Or(pair.Local, t.Key)
			default: // no keys, which Validate asks for
			}
		}
		if r.Kind == Through && r.Type == "" {
			if to, problem := s.leadsTo(t, r, nil); problem == "" {
				r.Type = to
			}
		}
	}
}

// settle converts the values that a type declares: what missing fields are, and constants.
func (v *validator) settle(t *Type) {
	for i := range t.Fields {
		if f := &t.Fields[i]; f.AbsentZero != nil {
			f.AbsentZero = v.absentZero(t, f)
		}
	}
	for i := range t.Relations {
		r := &t.Relations[i]
		for k := range r.Where {
			r.Where[k].Value = v.constant(t, r, r.Where[k])
		}
	}
}

// settleScope resolves the scope of a type, and converts its literals. It points to fields, so these
// must be in their order.
func (v *validator) settleScope(t *Type) {
	c := v.s.scopeChecker(t, "scope", nil)
	c.settle(t)
	v.scopeErrors(t, c.errs)
}

// settle makes the scope that is checked that of a type.
func (c *checker) settle(t *Type) {
	if len(t.Scope) == 0 {
		return
	}
	entity := c.visible[0].entity
	scope := &CheckedScope{Entity: entity, Conditions: c.conditions(t.Scope)}
	if len(c.errs) > 0 {
		return
	}
	w := writer{sight: []sighted{{entity: entity}}}
	t.Scope = w.conditions(scope.Conditions)
	if c.s.scopes == nil {
		c.s.scopes = map[string]*CheckedScope{}
	}
	c.s.scopes[t.Name] = scope
	if c.unbound != "" {
		c.s.leaveUnbound(t.Name, c.unbound)
	}
}

// Scope returns the scope of a type, resolved; nil if it has none. Of a filter that was checked,
// ask [CheckedFilter.Scope].
func (s *Schema) Scope(t *Type) *CheckedScope {
	if s == nil || t == nil {
		return nil
	}
	return s.scopes[t.Name]
}

func (s *Schema) sort() {
	for i := range s.types {
		t := &s.types[i]
		slices.SortFunc(t.Fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
		slices.SortFunc(t.Relations, func(a, b Relation) int { return cmp.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(s.types, func(a, b Type) int { return cmp.Compare(a.Name, b.Name) })
	for i := range s.types {
		s.index[s.types[i].Name] = i
	}
}

// Bind returns the schema with the parameters in its scopes bound and converted; parameters it has no value for stay, and are an
// error once a filter meets their type ([Schema.Check]). A schema without parameters is returned itself.
//
// The errors, joined, are [*filter.MalformedError]: a value that does not fit the field it is compared with.
func (s *Schema) Bind(params map[string]any) (*Schema, error) {
	if s == nil || len(s.unbound) == 0 {
		return s, nil
	}
	bound := &Schema{types: slices.Clone(s.types), index: s.index, coder: s.coder, scopes: maps.Clone(s.scopes)}
	var errs []error
	for i := range bound.types {
		t := &bound.types[i]
		if _, open := s.unbound[t.Name]; !open {
			continue
		}
		c := bound.scopeChecker(t, "scope of "+t.Name, params)
		c.settle(t)
		errs = append(errs, c.errs...)
	}
	if err := joined(errs); err != nil {
		return nil, err
	}
	return bound, nil
}

func (s *Schema) leaveUnbound(typ string, p filter.Param) {
	if s.unbound == nil {
		s.unbound = map[string]filter.Param{}
	}
	s.unbound[typ] = p
}

// scopeChecker returns a checker for the conditions of a type's scope.
func (s *Schema) scopeChecker(t *Type, place string, params map[string]any) *checker {
	return &checker{s: s, place: place, visible: []visible{{entity: &CheckedEntity{Type: t}}}, at: []step{{}}, scope: true, params: params}
}
