package relations

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// reservedPrefix begins the names of the compiler's helper fields.
const reservedPrefix = "__authz"

// Validate reports every problem of the declarations at once, as [*SchemaError]s joined. [New] returns valid schemas only.
func (s *Schema) Validate() error {
	if s == nil {
		return &SchemaError{Problem: "no schema"}
	}
	v := validator{s: s}
	for i := range s.types {
		t := &s.types[i]
		if t.Name == "" {
			v.fail(t, "", "a type without a name")
		} else if s.index[t.Name] != i {
			v.fail(t, "", "the type is declared twice")
		}
		if t.Go != nil && t.Go.Kind() != reflect.Struct {
			v.fail(t, "", "the Go type of its documents is no struct: %s", t.Go)
		}
		v.collection(t)
		v.key(t)
		for k := range t.Fields {
			v.field(t, &t.Fields[k])
		}
		v.names(t)
		for k := range t.Relations {
			v.relation(t, &t.Relations[k])
		}
		v.scope(t)
	}
	v.embedsOneCycles()
	return errors.Join(v.errs...)
}

type validator struct {
	s    *Schema
	errs []error
}

func (v *validator) fail(t *Type, field, format string, args ...any) {
	v.errs = append(v.errs, &SchemaError{Type: t.Name, Field: field, Problem: fmt.Sprintf(format, args...)})
}

func (v *validator) collection(t *Type) {
	switch {
	case strings.HasPrefix(t.Collection, "$"):
		v.fail(t, "", "a collection name begins with $")
	case strings.ContainsRune(t.Collection, 0):
		v.fail(t, "", "a collection name holds NUL")
	case strings.HasPrefix(t.Collection, reservedPrefix):
		v.fail(t, "", "a collection name has the reserved prefix %s", reservedPrefix)
	}
}

// key: the default one need not be declared, as long as no relation joins by it.
func (v *validator) key(t *Type) {
	f, crosses, ok := v.s.lookup(t, t.Key)
	switch {
	case !ok && t.Key == "_id":
	case !ok:
		v.fail(t, t.Key, "the key is not a declared field")
	case crosses || f.List:
		v.fail(t, t.Key, "the key is a list")
	}
}

// names checks the names of fields and relations, which share one space.
func (v *validator) names(t *Type) {
	seen := make(map[string]string, len(t.Fields)+len(t.Relations))
	check := func(name, what string) {
		if problem := malformedName(name); problem != "" {
			v.fail(t, name, "a %s name that %s", what, problem)
		}
		switch other, taken := seen[name]; {
		case !taken:
			seen[name] = what
		case other == what:
			v.fail(t, name, "the %s is declared twice", what)
		default:
			v.fail(t, name, "a field and a relation have one name")
		}
	}
	for _, f := range t.Fields {
		check(f.Name, "field")
	}
	for _, r := range t.Relations {
		check(r.Name, "relation")
	}
}

// malformedName says why a name cannot be one segment of a path, or "".
func malformedName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case strings.ContainsRune(name, 0):
		return "holds NUL"
	case strings.HasPrefix(name, "$"):
		return "begins with $"
	case strings.Contains(name, "."):
		return "holds a dot"
	case strings.Trim(name, "0123456789") == "":
		return "is a number, which MongoDB reads as an index"
	case strings.HasPrefix(name, reservedPrefix):
		return "has the reserved prefix " + reservedPrefix
	default:
		return ""
	}
}

func (v *validator) field(t *Type, f *Field) {
	if !f.Type.valid() {
		v.fail(t, f.Name, "an unknown value type, %s", f.Type)
	}
	if f.AbsentEmpty && !f.List {
		v.fail(t, f.Name, "absent means empty is for lists")
	}
	if f.AbsentZero != nil {
		v.absentZero(t, f)
	}
	if f.AbsentZero != nil && f.OmitEmpty {
		v.fail(t, f.Name,
			"OmitEmpty says that nothing is declared for its zero value, and AbsentZero is")
	}
	if f.Subtype != nil && f.Type != Binary {
		v.fail(t, f.Name, "a subtype is for Binary, and the field is declared as %s", f.Type)
	}
	switch to, ok := f.Convert.target(); {
	case !ok:
		v.fail(t, f.Name, "an unknown conversion, %s", f.Convert)
	case f.Go != nil:
		if problem := v.s.coding().goProblem(f); problem != "" {
			v.fail(t, f.Name, "%s", problem)
		}
	case f.Convert != NoConversion && f.Type != to:
		v.fail(t, f.Name, "%s gives a value of type %s, and the field is declared as %s", f.Convert, to, f.Type)
	}
}

// absentZero returns what a missing field is in comparisons, as BSON, and why it cannot be
// declared, or "".
func (s *Schema) absentZero(t *Type, f *Field) (_ bson.RawValue, problem string) {
	switch {
	case f.List:
		return bson.RawValue{}, "it is for one value, and the field is a list: declare absent means empty"
	case f.Type != Number && f.Type != String && f.Type != Bool:
		return bson.RawValue{}, "it is for numbers, strings and bools, and the field is declared as " + f.Type.String()
	case f.Name == "_id" || f.Name == t.Key:
		return bson.RawValue{}, "the field is a key, and keys are read as stored"
	}
	value, bad := s.coding().values.Value(f.AbsentZero)
	if bad != nil {
		return value, bad.Text
	}
	if !f.Type.admits(value.Type) {
		return value, "the value is a BSON " + value.Type.String() + ", and the field is declared as " + f.Type.String()
	}
	return value, ""
}

// absentZero returns what a missing field is in comparisons, as BSON, and fails if it cannot be.
func (v *validator) absentZero(t *Type, f *Field) bson.RawValue {
	value, problem := v.s.absentZero(t, f)
	if problem != "" {
		v.fail(t, f.Name, "absent means zero: %s", problem)
	}
	return value
}

// constant returns the value of a relation's constant as BSON, and fails if it is wrong.
func (v *validator) constant(t *Type, r *Relation, c Constant) bson.RawValue {
	value, problem := v.s.constant(t, r, c)
	if problem != "" {
		v.fail(t, r.Name, "constant %q: %s", c.Field, problem)
	}
	return value
}

func (v *validator) scope(t *Type) {
	c := v.s.scopeChecker(t, "scope", nil)
	c.conditions(t.Scope)
	v.scopeErrors(t, c.errs)
}

func (v *validator) scopeErrors(t *Type, errs []error) {
	for _, err := range errs {
		problem := "scope: " + err.Error()
		if m, ok := err.(*filter.MalformedError); ok {
			problem = m.Where + ": " + m.Problem
		}
		v.fail(t, "", "%s", problem)
	}
}

// constant returns the value of a relation's constant as BSON, and what is wrong with it, or "".
func (s *Schema) constant(t *Type, r *Relation, c Constant) (_ bson.RawValue, problem string) {
	if !c.Near {
		to, ok := s.Type(r.Type)
		if !ok {
			return bson.RawValue{}, ""
		}
		t = to
	}
	f, crosses, ok := s.lookup(t, c.Field)
	switch {
	case !ok:
		return bson.RawValue{}, t.Name + " declares no such field: declare it, or correct the name"
	case crosses || f.List:
		return bson.RawValue{}, "a constant is compared with one value, and the field is a list"
	}
	value, bad := s.coding().values.Value(c.Value)
	if bad != nil {
		return value, bad.Text
	}
	switch value.Type {
	case bson.TypeNull:
		return value, "null is equal to nothing"
	case bson.TypeEmbeddedDocument:
		return value, "a constant is a scalar"
	default:
		return s.fit(filter.Eq, f, value)
	}
}

// embedsOneCycles reports documents that would hold themselves without end, each once.
func (v *validator) embedsOneCycles() {
	done := map[string]bool{}
	var path []string
	var visit func(t *Type)
	visit = func(t *Type) {
		path = append(path, t.Name)
		for i := range t.Relations {
			r := &t.Relations[i]
			to, ok := v.s.Type(r.Type)
			if r.Kind != EmbedsOne || !ok || done[to.Name] {
				continue
			}
			if k := slices.Index(path, to.Name); k >= 0 {
				v.fail(t, r.Name, "a document would hold itself without end: %s", strings.Join(append(path[k:len(path):len(path)], to.Name), " embeds "))
				continue
			}
			visit(to)
		}
		path = path[:len(path)-1]
		done[t.Name] = true
	}
	for i := range v.s.types {
		if t := &v.s.types[i]; !done[t.Name] {
			visit(t)
		}
	}
}
