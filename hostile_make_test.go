package layers_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// maker makes values of any type, good and hostile ones. The first is a good one.
type maker struct {
	special map[reflect.Type][]any // by type; an interface has no others
	closed  map[reflect.Type]bool  // types that have no others than their special values
	never   map[reflect.Type]bool  // types whose zero value nobody may hand over
	made    map[reflect.Type][]reflect.Value
	making  map[reflect.Type]bool // a type that holds itself is not made inside itself
}

// values returns values of a type: the special ones, its zero value, and those made of values of
// its fields, its elements or what it points to, one at a time.
func (m *maker) values(t *testing.T, typ reflect.Type) []reflect.Value {
	t.Helper()
	if made, ok := m.made[typ]; ok {
		return made
	}
	var out []reflect.Value
	for _, v := range m.special[typ] {
		if v == nil {
			out = append(out, reflect.Zero(typ))
			continue
		}
		converted := reflect.New(typ).Elem()
		converted.Set(reflect.ValueOf(v).Convert(typ))
		out = append(out, converted)
	}
	if !m.never[typ] {
		out = append(out, reflect.Zero(typ))
	}
	if m.closed[typ] || m.making[typ] {
		return out
	}
	nested := len(m.making) > 0
	m.making[typ] = true
	out = append(out, m.composed(t, typ)...)
	delete(m.making, typ)
	if !nested {
		m.made[typ] = out
	}
	return out
}

func (m *maker) composed(t *testing.T, typ reflect.Type) []reflect.Value {
	t.Helper()
	var out []reflect.Value
	add := func(set func(v reflect.Value)) {
		v := reflect.New(typ).Elem()
		set(v)
		out = append(out, v)
	}
	switch typ.Kind() {
	case reflect.Interface:
		require.NotEmpty(t, m.special[typ], "give hostile values of %s", typ)
	case reflect.String:
		for _, s := range m.special[reflect.TypeFor[string]()] {
			add(func(v reflect.Value) { v.SetString(s.(string)) })
		}
	case reflect.Bool:
		add(func(v reflect.Value) { v.SetBool(true) })
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		for _, n := range []int64{1, 2, -1, 1<<(typ.Bits()-1) - 1, -1 << (typ.Bits() - 1)} {
			add(func(v reflect.Value) { v.SetInt(n) })
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		for _, n := range []uint64{1, 2, 3, 1<<typ.Bits() - 1} {
			add(func(v reflect.Value) { v.SetUint(n) })
		}
	case reflect.Float32, reflect.Float64:
		for _, n := range floats {
			add(func(v reflect.Value) { v.SetFloat(n) })
		}
	case reflect.Pointer:
		for _, to := range m.values(t, typ.Elem()) {
			add(func(v reflect.Value) { v.Set(reflect.New(typ.Elem())); v.Elem().Set(to) })
		}
	case reflect.Struct:
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				for _, value := range m.values(t, typ.Field(i).Type) {
					add(func(v reflect.Value) { v.Set(m.first(typ)); v.Field(i).Set(value) })
				}
			}
		}
	case reflect.Slice:
		elements := m.values(t, typ.Elem())
		for _, e := range elements {
			add(func(v reflect.Value) { v.Set(reflect.Append(v, e)) })
		}
		add(func(v reflect.Value) { v.Set(reflect.MakeSlice(typ, 0, 0)) })
		add(func(v reflect.Value) { v.Set(reflect.Append(v, elements...)) })
	case reflect.Map:
		for _, key := range m.values(t, typ.Key()) {
			add(func(v reflect.Value) { v.Set(reflect.MakeMap(typ)); v.SetMapIndex(key, reflect.Zero(typ.Elem())) })
		}
		for _, e := range m.values(t, typ.Elem()) {
			add(func(v reflect.Value) { v.Set(reflect.MakeMap(typ)); v.SetMapIndex(m.first(typ.Key()), e) })
		}
	case reflect.Func:
		results := make([]reflect.Value, typ.NumOut())
		for i := range results {
			results[i] = reflect.Zero(typ.Out(i))
		}
		add(func(v reflect.Value) {
			v.Set(reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value { return results }))
		})
	default:
		require.NotEmpty(t, m.special[typ], "give hostile values of %s", typ)
	}
	return out
}

// first returns the good value of a type, its zero value if there is no other.
func (m *maker) first(typ reflect.Type) reflect.Value {
	for _, v := range m.special[typ] {
		return reflect.ValueOf(v).Convert(typ)
	}
	return reflect.Zero(typ)
}
