package oso

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// methodsName is the attribute of every object by which its methods are called. go-oso finds methods by reflection on the value that it was
// handed, and a class made at run time can have none.
const methodsName = "methods__"

// ofMethods is that attribute.
var ofMethods = &attribute{name: methodsName}

// callable returns a policy with x.Method(a) written as x.methods__.Call("Method", a). It is no shorter, and has the same lines.
func callable(policy string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(policy); {
		switch c := policy[i]; {
		case c == '"':
			i = behindString(policy, i)
		case c == '#':
			i = behindBlanks(policy, i)
		case c != '.':
			i++
		default:
			name := behindBlanks(policy, i+1)
			i = behindName(policy, name)
			open := behindBlanks(policy, i)
			if i == name || open == len(policy) || policy[open] != '(' {
				continue
			}
			out.WriteString(policy[done:name] + methodsName + ".Call" + policy[i:open] + `("` + policy[name:i] + `"`)
			if done = open + 1; !strings.HasPrefix(policy[behindBlanks(policy, done):], ")") {
				out.WriteString(", ")
			}
			i = done
		}
	}
	return out.String() + policy[done:]
}

// behindString returns where the string that begins at i ends.
func behindString(policy string, i int) int {
	for i++; i < len(policy); i++ {
		switch policy[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(policy)
}

// behindBlanks returns where blanks and comments end.
func behindBlanks(policy string, i int) int {
	for ; i < len(policy); i++ {
		switch {
		case policy[i] == '#':
			n := strings.IndexAny(policy[i:], "\r\n")
			if n < 0 {
				return len(policy)
			}
			i += n
		case !strings.ContainsRune(" \t\n\r\f", rune(policy[i])):
			return i
		}
	}
	return i
}

// behindName returns where a name ends, which begins with no digit.
func behindName(policy string, i int) int {
	for from := i; i < len(policy); i++ {
		switch c := policy[i]; {
		case c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80, c >= '0' && c <= '9' && i > from:
		default:
			return i
		}
	}
	return i
}

// methods are those of an object, as Oso calls them.
type methods struct {
	of      *object
	session *session
}

// Format writes no value: Oso formats whatever it is given, for its traces.
func (m methods) Format(f fmt.State, _ rune) { fmt.Fprint(f, "methods") }

// Call calls the method of that name. A panic is how go-oso lets one fail: an error that is not returned by a look-up may be taken for a condition
// that does not hold.
func (m methods) Call(name string, args ...any) any {
	v, err := m.session.call(m.of, name, args)
	if err != nil {
		if m.session.err == nil {
			m.session.err = err
		}
		panic(err)
	}
	return v
}

// call returns what a method of an object returns, as it is handed to Oso: several results as a list.
func (s *session) call(o *object, name string, args []any) (any, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	what := o.class.name + "." + name + "()"
	from := s.sourceOf(o)
	if from.value == nil {
		return nil, unsupported(what, "a method is called of a document that was read from the database")
	}
	receiver := reflect.New(reflect.TypeOf(from.value).Elem()) // as Oso does, so that nothing is changed by it
	receiver.Elem().Set(reflect.ValueOf(from.value).Elem())
	m := receiver.MethodByName(name)
	if !m.IsValid() {
		return nil, unsupported(what, "the Go type has no such method")
	}
	t := m.Type()
	fixed := t.NumIn()
	if t.IsVariadic() {
		fixed--
	}
	if len(args) < fixed || len(args) > fixed && !t.IsVariadic() {
		return nil, unsupported(what, fmt.Sprintf("is called with %d values, and takes %d", len(args), fixed))
	}
	in := make([]reflect.Value, len(args))
	for i, arg := range args {
		var to reflect.Type
		if to = t.In(min(i, t.NumIn()-1)); i >= fixed {
			to = to.Elem()
		}
		if isOpen(arg) {
			return nil, unsupported(what, "is called with something of the document, of which nothing is known")
		}
		var ok bool
		if in[i], ok = s.argument(arg, to); !ok {
			return nil, unsupported(what, fmt.Sprintf("is called with a value that has no exact form as a Go %s", to))
		}
	}
	out, err := run(what, m, in)
	if err != nil {
		return nil, err
	}
	results := make([]any, len(out))
	for i, v := range out {
		if results[i], err = s.carry(v); err != nil {
			if u, ok := err.(*UnsupportedError); ok && u.Construct == "" {
				u.Construct = what
			}
			return nil, err
		}
	}
	if err := s.engine.ranged.bound(o.class.name, name+"()", results, false); err != nil {
		return nil, err
	}
	if len(results) == 1 {
		return results[0], nil
	}
	return results, nil
}

var errorType = reflect.TypeFor[error]()

// run calls a method. Neither a panic nor an error of it shows a value.
func run(what string, m reflect.Value, in []reflect.Value) (out []reflect.Value, err error) {
	defer func() {
		if recover() != nil {
			out, err = nil, &EngineError{Kind: "panic", Problem: what + " panics"}
		}
	}()
	out = m.Call(in)
	for i, v := range out {
		if m.Type().Out(i).Implements(errorType) && !(canBeNil(v.Type()) && v.IsNil()) {
			return nil, &EngineError{Kind: "method", Problem: what + " returns an error"}
		}
	}
	return out, nil
}

// isOpen reports whether there is something of the document in a value.
func isOpen(v any) bool {
	switch v := v.(type) {
	case types.Variable, types.Expression, types.ValuePattern:
		return true
	case []any:
		for _, e := range v {
			if isOpen(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if isOpen(e) {
				return true
			}
		}
	}
	return false
}

// argument returns what Oso hands over as a Go value of a type, if it has an exact form there.
func (s *session) argument(v any, to reflect.Type) (_ reflect.Value, ok bool) {
	if isNone(v) {
		return reflect.Zero(to), canBeNil(to) || to.Kind() == reflect.Slice || to.Kind() == reflect.Map
	}
	if o := s.engine.classes.unwrap(v); o != nil {
		return s.instance(o, to)
	}
	out := reflect.New(to).Elem()
	if isScalar(to) {
		raw, ok := toBSON(v)
		if !ok || bson.UnmarshalValue(raw.Type, raw.Value, out.Addr().Interface()) != nil {
			return out, false
		}
		again, err := s.engine.schema.Value(out.Interface())
		return out, err == nil && again.Equal(raw)
	}
	switch to.Kind() {
	case reflect.Pointer:
		inner, ok := s.argument(v, to.Elem())
		if !ok {
			return out, false
		}
		out.Set(reflect.New(to.Elem()))
		out.Elem().Set(inner)
		return out, true
	case reflect.Interface:
		plain, ok := s.plain(v)
		if !ok || !plain.Type().AssignableTo(to) {
			return out, false
		}
		out.Set(plain)
		return out, true
	}
	switch v := v.(type) {
	case bool:
		if ok = to.Kind() == reflect.Bool; ok {
			out.SetBool(v)
		}
	case string:
		if ok = to.Kind() == reflect.String; ok {
			out.SetString(v)
		}
	case int64:
		ok = setInteger(out, v)
	case float64:
		switch {
		case out.CanFloat():
			out.SetFloat(v)
			ok = out.Float() == v
		case v >= -maxExact && v <= maxExact && v == float64(int64(v)):
			ok = setInteger(out, int64(v))
		}
	case []any:
		ok = s.setList(out, v)
	case map[string]any:
		ok = s.setMap(out, v)
	}
	return out, ok
}

// setList sets a slice or an array to a list's elements, if it can hold them.
func (s *session) setList(out reflect.Value, list []any) bool {
	switch to := out.Type(); {
	case to.Kind() == reflect.Slice:
		out.Set(reflect.MakeSlice(to, len(list), len(list)))
	case to.Kind() != reflect.Array || to.Len() != len(list):
		return false
	}
	for i, e := range list {
		inner, ok := s.argument(e, out.Type().Elem())
		if !ok {
			return false
		}
		out.Index(i).Set(inner)
	}
	return true
}

// setMap sets a map to the entries of a dictionary, if it can hold them.
func (s *session) setMap(out reflect.Value, entries map[string]any) bool {
	to := out.Type()
	if to.Kind() != reflect.Map || to.Key().Kind() != reflect.String {
		return false
	}
	out.Set(reflect.MakeMapWithSize(to, len(entries)))
	for key, e := range entries {
		inner, ok := s.argument(e, to.Elem())
		if !ok {
			return false
		}
		out.SetMapIndex(reflect.ValueOf(key).Convert(to.Key()), inner)
	}
	return true
}

// instance returns an object as a Go value of a type: the struct that it is, or a pointer to it.
func (s *session) instance(o *object, to reflect.Type) (reflect.Value, bool) {
	p := reflect.ValueOf(s.sourceOf(o).value)
	switch {
	case !p.IsValid(): // read from the database
		return reflect.Zero(to), false
	case p.Elem().Type().AssignableTo(to):
		return p.Elem(), true
	}
	return p, p.Type().AssignableTo(to)
}

// plain returns a value as Go has it where no type is asked for.
func (s *session) plain(v any) (reflect.Value, bool) {
	switch v.(type) {
	case bool, string, int64, float64:
		return reflect.ValueOf(v), true
	case []any:
		return s.argument(v, reflect.TypeFor[[]any]())
	case map[string]any:
		return s.argument(v, reflect.TypeFor[map[string]any]())
	default:
		return reflect.Value{}, false
	}
}

// maxExact is the largest integer up to which floats hold all.
const maxExact = 1 << 53

// setInteger sets a number, if the value fits.
func setInteger(out reflect.Value, v int64) bool {
	switch {
	case out.CanInt() && !out.OverflowInt(v):
		out.SetInt(v)
	case out.CanUint() && v >= 0 && !out.OverflowUint(uint64(v)):
		out.SetUint(uint64(v))
	case out.CanFloat() && v >= -maxExact && v <= maxExact:
		out.SetFloat(float64(v))
		return out.Float() == float64(v)
	default:
		return false
	}
	return true
}
