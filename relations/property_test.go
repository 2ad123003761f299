package relations_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// shapes makes random structs, and random values of them.
type shapes struct {
	*rand.Rand
}

type innerKey string

func (shapes) scalars() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[flag](), reflect.TypeFor[asked](),
		reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](),
		reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](),
		reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
		reflect.TypeFor[string](), reflect.TypeFor[innerKey](), reflect.TypeFor[status](), reflect.TypeFor[guid](),
		reflect.TypeFor[legacy](), reflect.TypeFor[money](), reflect.TypeFor[tagset](), reflect.TypeFor[time.Time](),
		reflect.TypeFor[time.Duration](), reflect.TypeFor[bson.ObjectID](), reflect.TypeFor[bson.Decimal128](),
		reflect.TypeFor[bson.DateTime](), reflect.TypeFor[bson.Timestamp](), reflect.TypeFor[bson.Binary](),
		reflect.TypeFor[json.Number](), reflect.TypeFor[url.URL](), reflect.TypeFor[[]byte](), reflect.TypeFor[[16]byte](),
		reflect.TypeFor[any](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[bson.D](),
		reflect.TypeFor[map[string]int](), reflect.TypeFor[map[innerKey]string](),
	}
}

func pick[T any](s shapes, list ...T) T { return list[s.Intn(len(list))] }

// typeOf returns a random type for a field.
func (s shapes) typeOf(depth int) reflect.Type {
	switch n := s.Intn(20); {
	case n < 3 && depth > 0:
		return s.structOf(depth - 1)
	case n < 5:
		return reflect.PointerTo(s.typeOf(depth))
	case n < 8:
		if t := s.typeOf(depth); t.Kind() != reflect.Uint8 {
			return reflect.SliceOf(t)
		}
	case n < 9:
		return reflect.ArrayOf(s.Intn(3), pick(s, s.scalars()[3:6]...))
	}
	return pick(s, s.scalars()...)
}

// structOf returns a random struct. Its keys differ, but for some that are hidden by inlining.
func (s shapes) structOf(depth int) reflect.Type {
	fields := make([]reflect.StructField, 1+s.Intn(5))
	for i := range fields {
		name := fmt.Sprintf("F%d", i)
		f := reflect.StructField{Name: name, Type: s.typeOf(depth)}
		key := pick(s, "", "", fmt.Sprintf("k%d", i))
		omit := pick(s, "", "", ",omitempty")
		tag := pick(s, "bson", "json", "")
		if depth > 0 && s.Intn(8) == 0 {
			f.Type, omit, tag = s.structOf(0), ",inline", pick(s, "bson", "json")
			if s.Intn(2) == 0 {
				f.Type = reflect.PointerTo(f.Type)
			}
			key = ""
		}
		switch {
		case s.Intn(15) == 0:
			f.Tag = `bson:"-"`
		case tag != "":
			f.Tag = reflect.StructTag(fmt.Sprintf("%s:%q", tag, key+omit))
		}
		if k := f.Type.Kind(); k <= reflect.Float64 || k == reflect.String {
			if _, own := reflect.Zero(f.Type).Interface().(bson.Zeroer); !own && f.Type != reflect.TypeFor[json.Number]() &&
				f.Type != reflect.TypeFor[bson.DateTime]() {
				f.Tag += reflect.StructTag(pick(s, "", "", ` authz:"absent zero"`))
			}
		}
		fields[i] = f
	}
	return reflect.StructOf(fields)
}

// value fills v at random; about half of everything stays zero.
func (s shapes) value(v reflect.Value, depth int) {
	if s.Intn(2) == 0 || depth > 4 {
		return
	}
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		*to = time.Unix(s.Int63n(1e9), 0)
		return
	case *json.Number:
		*to = "12"
		return
	case *url.URL:
		to.Host = "x"
		return
	case *any:
		*to = pick[any](s, 0, 1, "", false, nil)
		return
	case *fmt.Stringer:
		*to = pick[fmt.Stringer](s, status(0), status(1), nil)
		return
	case *bson.Decimal128:
		*to = bson.NewDecimal128(0x3040000000000000, uint64(s.Intn(3)))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(s.Intn(3)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(s.Intn(3)))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(s.Intn(3)) / 2)
	case reflect.String:
		v.SetString(pick(s, "a", "b"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.value(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), s.Intn(3), 3))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			s.value(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				s.value(v.Field(i), depth+1)
			}
		}
	}
}

// encodings are the driver's options, each alone, some together, with and without a registry.
func encodings() []relations.Encoding {
	out := []relations.Encoding{
		{}, {UseJSONStructTags: true}, {IntMinSize: true}, {NilMapAsEmpty: true}, {NilSliceAsEmpty: true},
		{NilByteSliceAsEmpty: true}, {OmitZeroStruct: true}, {OmitEmpty: true}, {StringifyMapKeysWithFmt: true},
		{OmitEmpty: true, OmitZeroStruct: true, UseJSONStructTags: true}, {ErrorOnInlineDuplicates: true},
		{NilSliceAsEmpty: true, NilMapAsEmpty: true, NilByteSliceAsEmpty: true, OmitEmpty: true, IntMinSize: true},
	}
	for _, e := range out {
		e.Registry = ownRegistry()
		out = append(out, e)
	}
	return out
}

// clientEncoder is the driver's, set without the help of package relations.
func clientEncoder(e relations.Encoding, out *bytes.Buffer) *bson.Encoder {
	enc := bson.NewEncoder(bson.NewDocumentWriter(out))
	enc.SetRegistry(bson.NewRegistry()) // the default one remembers structs as it saw them first
	if e.Registry != nil {
		enc.SetRegistry(ownRegistry())
	}
	for set, on := range map[*func()]bool{
		new(enc.UseJSONStructTags): e.UseJSONStructTags, new(enc.ErrorOnInlineDuplicates): e.ErrorOnInlineDuplicates,
		new(enc.IntMinSize): e.IntMinSize, new(enc.NilMapAsEmpty): e.NilMapAsEmpty, new(enc.NilSliceAsEmpty): e.NilSliceAsEmpty,
		new(enc.NilByteSliceAsEmpty): e.NilByteSliceAsEmpty, new(enc.OmitZeroStruct): e.OmitZeroStruct,
		new(enc.OmitEmpty): e.OmitEmpty, new(enc.StringifyMapKeysWithFmt): e.StringifyMapKeysWithFmt,
	} {
		if on {
			(*set)()
		}
	}
	return enc
}

func TestTheSchemaIsThatOfTheBytesThatTheDriverWrites(t *testing.T) {
	t.Parallel()
	const seed, count = 20261201, 600
	t.Logf("seed %d", seed)
	s := shapes{rand.New(rand.NewSource(seed))}
	all := encodings()
	read, refused, documents := 0, 0, 0
	for i := range count {
		e := all[i%len(all)]
		of := s.structOf(2)
		types, err := e.TypesOf(relations.Struct{Of: reflect.Zero(of).Interface(), Name: "T", Collection: "t"})
		if err != nil {
			refused++ // no value type, or names twice: see that the reasons are few
			continue
		}
		read++
		schema, err := e.New(types...)
		require.NoError(t, err, "%v", of)
		typ, _ := schema.Type("T")
		for range 6 {
			v := reflect.New(of)
			s.value(v.Elem(), -3)
			var out bytes.Buffer
			if err := clientEncoder(e, &out).Encode(v.Interface()); err != nil {
				continue // a zero json.Number, or a text that a codec does not take
			}
			documents++
			ours, err := schema.Marshal(v.Interface())
			require.NoError(t, err)
			if !bytes.Equal(ours, out.Bytes()) {
				require.Equal(t, bson.Raw(out.Bytes()).String(), ours.String(), "%+v: %v", e, of)
			}
			checkDocument(t, schema, typ, out.Bytes(), fmt.Sprintf("%+v: %v: %+v", e, of, v.Elem()))
		}
	}
	t.Logf("%d shapes, %d documents, %d shapes refused", read, documents, refused)
	require.Greater(t, read, count/2)
	require.Greater(t, documents, count)
}

// checkDocument checks what is stored against the type that the schema declares.
func checkDocument(t *testing.T, s *relations.Schema, typ *relations.Type, doc bson.Raw, where string) {
	t.Helper()
	elements, err := doc.Elements()
	require.NoError(t, err)
	stored := map[string]bool{}
	for _, e := range elements {
		stored[e.Key()] = true
		if r, ok := typ.Relation(e.Key()); ok {
			checkEmbedded(t, s, r, e.Value(), where)
			continue
		}
		f, ok := s.Field(typ, e.Key())
		require.True(t, ok, "%s: %s is stored and not declared: %s", where, e.Key(), doc)
		checkValue(t, f.Field, e.Value(), where)
	}
	for i := range typ.Fields {
		f := &typ.Fields[i]
		if f.AbsentZero != nil {
			checkZero(t, typ.Go, f, s.Encoding(), where)
		}
		if stored[f.Name] || f.AbsentEmpty || f.AbsentZero != nil || f.OmitEmpty {
			continue
		}
		// Nothing says why it is missing: it must be nil, which is no value, or inlined behind a
		// nil.
		require.True(t, maybeNil(typ.Go, f.Name, s.Encoding()), "%s: nothing is declared for the missing %s: %s", where, f.Name, doc)
	}
}

// checkZero checks that what a missing field is is what the driver writes for the Go zero value.
func checkZero(t *testing.T, of reflect.Type, f *relations.Field, e relations.Encoding, where string) {
	t.Helper()
	for sf := range of.Fields() {
		if keyOf(sf, e) != f.Name || strings.Contains(string(sf.Tag), ",inline") {
			continue
		}
		require.True(t, sf.Type.Kind() == reflect.Bool || sf.Tag.Get("authz") != "", "derived for bools alone: %s", where)
		holder := reflect.StructOf([]reflect.StructField{{Name: "V", Type: sf.Type, Tag: `bson:"v"`}})
		e.OmitEmpty = false
		var out bytes.Buffer
		require.NoError(t, clientEncoder(e, &out).Encode(reflect.New(holder).Interface()))
		require.True(t, bson.Raw(out.Bytes()).Lookup("v").Equal(f.AbsentZero.(bson.RawValue)), "%s: %s", where, f.Name)
	}
}

func checkEmbedded(t *testing.T, s *relations.Schema, r *relations.Relation, v bson.RawValue, where string) {
	t.Helper()
	to, ok := s.Type(r.Type)
	require.True(t, ok)
	switch {
	case v.Type == bson.TypeNull:
	case r.Kind == relations.EmbedsOne:
		require.Equal(t, bson.TypeEmbeddedDocument, v.Type, where)
		checkDocument(t, s, to, v.Document(), where)
	default:
		require.Equal(t, bson.TypeArray, v.Type, where)
		values, err := v.Array().Values()
		require.NoError(t, err)
		for _, v := range values {
			if v.Type != bson.TypeNull {
				checkDocument(t, s, to, v.Document(), where)
			}
		}
	}
}

func checkValue(t *testing.T, f *relations.Field, v bson.RawValue, where string) {
	t.Helper()
	values := []bson.RawValue{v}
	if f.List && v.Type != bson.TypeNull {
		require.Equal(t, bson.TypeArray, v.Type, "%s: %s", where, f.Name)
		var err error
		values, err = v.Array().Values()
		require.NoError(t, err)
	}
	for _, v := range values {
		if v.Type == bson.TypeNull || f.Type == relations.AnyType {
			continue
		}
		require.Contains(t, bsonTypes[f.Type], v.Type, "%s: %s", where, f.Name)
		if v.Type == bson.TypeBinary && f.Subtype != nil {
			subtype, _ := v.Binary()
			require.Equal(t, *f.Subtype, subtype, "%s: %s", where, f.Name)
		}
	}
}

// maybeNil reports whether the field of a struct with a key can be left out because it holds no
// value.
func maybeNil(t reflect.Type, key string, e relations.Encoding) bool {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := string(sf.Tag)
		switch of := sf.Type; {
		case strings.Contains(tag, ",inline") && of.Kind() == reflect.Pointer:
			if maybeNil(reflect.StructOf(nilled(of.Elem())), key, e) {
				return true
			}
		case strings.Contains(tag, ",inline"):
			if maybeNil(of, key, e) {
				return true
			}
		case of.Kind() == reflect.Pointer || of.Kind() == reflect.Interface:
			if keyOf(sf, e) == key {
				return true
			}
		}
	}
	return false
}

// nilled returns the fields of a struct as pointers.
func nilled(t reflect.Type) []reflect.StructField {
	fields := reflect.VisibleFields(t)
	for i := range fields {
		fields[i].Type = reflect.PointerTo(fields[i].Type)
		fields[i].Index, fields[i].Offset = nil, 0
	}
	return fields
}

// keyOf asks the driver for the key of a field.
func keyOf(sf reflect.StructField, e relations.Encoding) string {
	of := reflect.StructOf([]reflect.StructField{{Name: sf.Name, Type: reflect.TypeFor[int](), Tag: sf.Tag}})
	v := reflect.New(of)
	v.Elem().Field(0).SetInt(1)
	var out bytes.Buffer
	if clientEncoder(e, &out).Encode(v.Interface()) != nil {
		return ""
	}
	elements, err := bson.Raw(out.Bytes()).Elements()
	if err != nil || len(elements) == 0 {
		return ""
	}
	return elements[0].Key()
}
