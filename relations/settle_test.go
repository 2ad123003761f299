package relations_test

import (
	"errors"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// failing encodes itself some times, and not any more after that.
type failing struct{ left *int }

func (f failing) MarshalBSONValue() (byte, []byte, error) {
	if *f.left--; *f.left < 0 {
		return 0, nil, errors.New("no more")
	}
	t, raw, err := bson.MarshalValue("acme")
	return byte(t), raw, err
}

// A schema without the value would allow what is outside the scope, or take other rows for related.
func TestAValueThatIsEncodedOnceOnlyIsNotLost(t *testing.T) {
	t.Parallel()
	fields := func(zero any) []relations.Field {
		return []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String, AbsentZero: zero}}
	}
	for name, types := range map[string]func(v any) relations.Type{
		"a scope": func(v any) relations.Type {
			return relations.Type{Name: "Note", Collection: "notes", Fields: fields(nil), Scope: []filter.Condition{filter.F("tenant").Eq(v)}}
		},
		"what a missing field is": func(v any) relations.Type {
			return relations.Type{Name: "Note", Collection: "notes", Fields: fields(v)}
		},
		"a constant of a relation": func(v any) relations.Type {
			return relations.Type{Name: "Note", Collection: "notes", Fields: fields(nil), Relations: []relations.Relation{{
				Name: "next", Kind: relations.HasMany, Type: "Note", Keys: []relations.KeyPair{{Foreign: "_id"}},
				Where: []relations.Constant{{Field: "tenant", Value: v}},
			}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := relations.New(types("acme"))
			require.NoError(t, err)
			made := 0
			for times := range 8 {
				left := times
				s, err := relations.New(types(failing{&left}))
				if err != nil {
					require.ErrorIs(t, err, relations.ErrSchema)
					continue
				}
				made++
				require.True(t, want.Equal(s), "encoded %d times", times)
			}
			require.Positive(t, made)
			require.Less(t, made, 8)
		})
	}
}
