// Inside the package, because struct types with other tags can be had from reflect.StructOf only, which never forgets one: a fuzzer would
// use up the memory.
package relations

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func FuzzStructTag(f *testing.F) {
	for _, seed := range []string{
		"", "-", "hex", "uuid; strict; key", "any", "r references T", "r references T by x, x=x where x='it''s', x=1 near x=true", "r has many T by x",
		"r has one T by x=x where x=1e3", "r through r, r", "a references T; b through a, a; c through b, a", "where x='", "r has",
		"absent zero", "absent empty", "required; absent zero; bool", "absent references T; required through r, r",
		"r has one T by x where x=1 required", "r references T complete; complete references T", "absent", "r has many T by x required",
		"$x has many T by __authz",
	} {
		f.Add(seed, "x,omitempty")
	}
	f.Add("r references T", "-")
	f.Add("r references T", "")
	type embedded struct{ X string }
	shapes := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[bool](), reflect.TypeFor[[16]byte](), reflect.TypeFor[[]bson.ObjectID](), reflect.TypeFor[*[]embedded](), reflect.TypeFor[func()]()}
	f.Fuzz(func(t *testing.T, authz, bson string) {
		for _, goType := range shapes {
			field := structField{name: "X", typ: goType, authz: authz}
			tag := defaultCoder.fieldTag(reflect.StructField{
				Name: "X", Tag: reflect.StructTag("bson:" + strconv.Quote(bson)),
			})
			field.key, field.omitEmpty = tag.key, tag.omitEmpty
			b := builder{coder: defaultCoder, names: map[reflect.Type][]string{}}
			typ := structType{Type: Type{Name: "T", Collection: "t"}}
			b.fields(&typ, []structField{{name: "ID", key: "_id", typ: reflect.TypeFor[string]()}, field})
			b.types = append(b.types, typ)
			for _, err := range b.errs {
				require.ErrorIs(t, err, ErrSchema)
			}
			s, err := New(b.result()...)
			require.Equal(t, err == nil, s != nil)
			if err != nil {
				require.ErrorIs(t, err, ErrSchema)
				continue
			}
			require.NoError(t, s.Validate())
			_, err = s.Check(filter.Allow("T"))
			require.NoError(t, err)
		}
	})
}
