package integration_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

type probedState int

type probedPart struct {
	Note  string `json:"the_note"`
	Count int64
}

type probedMemo struct {
	ID        bson.ObjectID `bson:"_id"`
	DeletedAt *time.Time    `json:"deleted_at"`
	Draft     bool          `bson:"draft,omitempty"`
	Price     string        `bson:"price"` // the filled value must not be read as an expression
	State     probedState   `bson:"state"`
	Tags      []string      `bson:"tags"`
	Part      probedPart    `bson:"part"`
	Parts     []*probedPart `bson:"parts"`
	Next      *probedMemo   `bson:"next" authz:"-"`
}

// states returns a registry in which a state is stored as a text of its own.
func states(of ...string) *bson.Registry {
	r := bson.NewRegistry()
	r.RegisterTypeEncoder(reflect.TypeFor[probedState](), bson.ValueEncoderFunc(
		func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
			return w.WriteString(of[int(v.Int())%len(of)])
		}))
	return r
}

func TestVerifyProbeFindsWhereTheClientEncodesOtherwise(t *testing.T) {
	t.Parallel()
	name := harness.Database(t).Name()
	for what, c := range map[string]struct {
		client, schema options.BSONOptions
		clients        *bson.Registry // nil: the driver's default
		schemas        *bson.Registry
		want           map[mongoauthz.Finding]string // the cause, by finding
	}{
		"the same":         {},
		"the same options": {client: options.BSONOptions{UseJSONStructTags: true, OmitEmpty: true}, schema: options.BSONOptions{UseJSONStructTags: true, OmitEmpty: true}},
		"the same registry": {
			clients: states("a", "b"), schemas: states("a", "b"),
		},
		"decoding only": {client: options.BSONOptions{ObjectIDAsHexString: true}},
		"json tags": {
			client: options.BSONOptions{UseJSONStructTags: true},
			want:   map[mongoauthz.Finding]string{mongoauthz.FindingFieldNames: "UseJSONStructTags is set for the client, and not for the schema"},
		},
		"json tags, the other way": {
			schema: options.BSONOptions{UseJSONStructTags: true},
			want:   map[mongoauthz.Finding]string{mongoauthz.FindingFieldNames: "UseJSONStructTags is set for the schema, and not for the client"},
		},
		"omissions": {
			client: options.BSONOptions{OmitEmpty: true},
			want:   map[mongoauthz.Finding]string{mongoauthz.FindingFieldOmissions: "OmitEmpty is set for the client, and not for the schema"},
		},
		"nil slices": {
			client: options.BSONOptions{NilSliceAsEmpty: true},
			want:   map[mongoauthz.Finding]string{mongoauthz.FindingFieldTypes: "NilSliceAsEmpty is set for the client, and not for the schema"},
		},
		"two options": {
			client: options.BSONOptions{OmitEmpty: true, UseJSONStructTags: true},
			want: map[mongoauthz.Finding]string{
				mongoauthz.FindingFieldNames:     "UseJSONStructTags is set for the client, and not for the schema, OmitEmpty is set for the client",
				mongoauthz.FindingFieldOmissions: "UseJSONStructTags is set for the client, and not for the schema, OmitEmpty is set for the client",
			},
		},
		"another registry": {
			clients: states("a", "b"),
			want:    map[mongoauthz.Finding]string{mongoauthz.FindingFieldTypes: "the client has another registry"},
		},
		"another registry, same type": {
			clients: states("a", "b"), schemas: states("a", "c"),
			want: map[mongoauthz.Finding]string{mongoauthz.FindingFieldValues: "the client has another registry"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, r := range []**bson.Registry{&c.clients, &c.schemas} {
				if *r == nil { // the default one remembers structs as it saw them first
					*r = bson.NewRegistry()
				}
			}
			client, err := mongo.Connect(options.Client().ApplyURI(harness.URI(t)).SetRegistry(c.clients).SetBSONOptions(&c.client))
			require.NoError(t, err)
			t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
			db := client.Database(name)
			schema, err := mongoauthz.EncodingOf(&c.schema, c.schemas).FromStructs(
				relations.Struct{Of: probedMemo{}, Name: "Memo", Collection: "memos"})
			require.NoError(t, err)
			_, err = db.Collection("memos").InsertOne(t.Context(), bson.D{})
			require.NoError(t, err)
			az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(
				func(context.Context, any, string, string) (filter.Filter, error) { return filter.Deny("Memo"), nil }))
			require.NoError(t, err)
			requireFindings(t, c.want, az.Verify(t.Context()))
		})
	}
	t.Cleanup(func() {
		names, err := harness.Client(t).Database(name).ListCollectionNames(context.WithoutCancel(t.Context()), bson.D{})
		require.NoError(t, err)
		for _, n := range names {
			require.False(t, strings.HasPrefix(n, "__authz"), "a probe left %s behind", n)
		}
	})
}

// requireFindings requires findings of the collection memos with these causes, and no other.
func requireFindings(t *testing.T, want map[mongoauthz.Finding]string, err error) {
	t.Helper()
	if want == nil {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
	all, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, all.Unwrap(), len(want), "%v", err)
	for _, one := range all.Unwrap() {
		var found *mongoauthz.VerifyError
		require.True(t, errors.As(one, &found))
		require.Contains(t, want, found.Finding)
		require.Contains(t, found.Problem, want[found.Finding])
		require.Contains(t, found.Error(), "make the schema with the client's BSON options and registry (EncodingOf)")
		require.Equal(t, []string{"Memo"}, found.Types)
		require.NotEmpty(t, found.Field)
	}
}
