package verify_test

import (
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/verify"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// compared is what is found where probes arrive as these documents.
func compared(s *relations.Schema, values []any, echoed []bson.Raw) (found []string) {
	for _, d := range verify.Compare(s, values, echoed) {
		found = append(found, d.Field+": "+d.Problem)
	}
	return found
}

// What the client writes is played by another schema; integration asks a server.
func TestProbesTellHowTheClientEncodesOtherwise(t *testing.T) {
	t.Parallel()
	type part struct{ Count int64 }
	type memo struct {
		ID      int       `bson:"_id"`
		Deleted time.Time `json:"deleted_at"`
		Draft   bool
		Part    *part
		Tags    []string
		By      map[string]part
		Self    *memo `bson:"self,omitempty" authz:"-"`
	}
	schemaOf := func(o relations.Encoding) *relations.Schema {
		s, err := o.FromStructs(
			relations.Struct{Of: memo{}, Name: "Memo", Collection: "memos"})
		require.NoError(t, err)
		return s
	}
	plain := schemaOf(relations.Encoding{})
	for name, c := range map[string]struct {
		client relations.Encoding
		want   []string
	}{
		"the same": {relations.Encoding{}, nil},
		"json tags": {relations.Encoding{UseJSONStructTags: true}, []string{
			`deleted: the client writes "deleted_at" instead: ` +
				"UseJSONStructTags is set for the client, and not for the schema: " +
				"make the schema with the client's BSON options and registry (EncodingOf)",
		}},
		"small integers": {relations.Encoding{IntMinSize: true}, []string{
			"part.count: the client writes a BSON 32-bit integer, and the schema's encoder a 64-bit integer: " +
				"IntMinSize is set for the client, and not for the schema: " +
				"make the schema with the client's BSON options and registry (EncodingOf)",
		}},
		"nil maps, nil slices": {relations.Encoding{NilMapAsEmpty: true, NilSliceAsEmpty: true}, []string{
			"tags: the client writes a BSON array, and the schema's encoder a null: " +
				"NilMapAsEmpty is set for the client, and not for the schema, " +
				"NilSliceAsEmpty is set for the client, and not for the schema: " +
				"make the schema with the client's BSON options and registry (EncodingOf)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := schemaOf(c.client)
			typ, _ := plain.Type("Memo")
			values := verify.Probes(plain, typ.Go)
			var echoed []bson.Raw
			for _, v := range values {
				raw, err := client.Marshal(v)
				require.NoError(t, err)
				echoed = append(echoed, raw)
			}
			require.Equal(t, c.want, compared(plain, values, echoed))
		})
	}
}

func TestProbesOfWhatTheDriverEncodesOnlyIfItIsWellFormed(t *testing.T) {
	t.Parallel()
	type inner struct{ Raw bson.Raw }
	for name, of := range map[string]any{
		"an inlined map": struct {
			A, Key string
			More   map[string]any `bson:",inline"`
		}{},
		"raw documents":  struct{ Raw bson.Raw }{},
		"inside another": struct{ Inner inner }{},
		"in a list":      struct{ List []inner }{},
		"raw values":     struct{ V bson.RawValue }{},
		"vectors":        struct{ V bson.Vector }{},
		"code with a scope": struct {
			C bson.CodeWithScope `authz:"-"`
		}{},
		"behind a pointer":   struct{ Raw *bson.Raw }{},
		"of what is in them": struct{ Many map[string]bson.RawValue }{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.FromStructs(relations.Struct{Of: of, Name: "Memo", Collection: "memos"})
			require.NoError(t, err)
			typ, _ := s.Type("Memo")
			values := verify.Probes(s, typ.Go)
			var echoed []bson.Raw
			for _, v := range values {
				raw, err := s.Marshal(v)
				require.NoError(t, err)
				require.NoError(t, raw.Validate())
				echoed = append(echoed, raw)
			}
			require.Empty(t, compared(s, values, echoed))
		})
	}
}
