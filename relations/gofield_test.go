package relations_test

import (
	"reflect"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type (
	rowBase struct {
		Tenant string `bson:"tenant"`
	}
	rowLine struct {
		Code string `bson:"code"`
	}
	row struct {
		rowHidden string
		Base      rowBase  `bson:",inline"`
		Seat      *rowBase `bson:"seat"`
		Lines     []rowLine
		Pairs     [][]*rowLine
		Extra     bson.M `bson:"extra"`
		Any       any
		Skipped   string `bson:"-"`
		Raw       bson.Raw
		Doc       bson.D
	}
	rowWithMap struct {
		Rest bson.M `bson:",inline"`
	}
	rowAround struct {
		Inner rowWithMap `bson:",inline"`
	}
	rowOwn   struct{ rowBase }
	rowsSelf []rowsSelf
	rowLoop  *rowLoop
)

func (rowOwn) MarshalBSON() ([]byte, error) { return bson.Marshal(bson.D{}) }

func TestHasFieldFollowsWhatTheEncoderWrites(t *testing.T) {
	t.Parallel()
	const yes, no, unknown = "yes", "no", "unknown"
	s, err := relations.New()
	require.NoError(t, err)
	_ = row{rowHidden: ""}
	for _, tt := range []struct {
		of   reflect.Type
		path string
		want string
	}{
		{reflect.TypeFor[row](), "tenant", yes},
		{reflect.TypeFor[*row](), "seat.tenant", yes},
		{reflect.TypeFor[[]row](), "seat", yes},
		{reflect.TypeFor[row](), "lines.code", yes},
		{reflect.TypeFor[row](), "pairs.code", yes},
		{reflect.TypeFor[row](), "deleted_at", no},
		{reflect.TypeFor[row](), "seat.deleted_at", no},
		{reflect.TypeFor[row](), "lines.x", no},
		{reflect.TypeFor[row](), "tenant.x", no},
		{reflect.TypeFor[row](), "skipped", no},
		{reflect.TypeFor[row](), "-", no},
		{reflect.TypeFor[row](), "rowHidden", no},
		{reflect.TypeFor[row](), "rowhidden", no},
		{reflect.TypeFor[row](), "extra", yes},
		{reflect.TypeFor[row](), "extra.x", unknown},
		{reflect.TypeFor[row](), "any.x", unknown},
		{reflect.TypeFor[row](), "raw.x", unknown},
		{reflect.TypeFor[row](), "doc.x", unknown},
		{reflect.TypeFor[rowWithMap](), "x", unknown},
		{reflect.TypeFor[rowAround](), "x", unknown},
		{reflect.TypeFor[rowOwn](), "tenant", unknown},
		{reflect.TypeFor[rowsSelf](), "x", unknown},
		{reflect.TypeFor[rowLoop](), "x", unknown},
		{reflect.TypeFor[bson.D](), "x", unknown},
		{reflect.TypeFor[[]byte](), "x", unknown},
		{reflect.TypeFor[bson.M](), "x", unknown},
		{reflect.TypeFor[bson.Raw](), "x", unknown},
		{reflect.TypeFor[any](), "x", unknown},
		{reflect.TypeFor[string](), "x", no},
		{nil, "x", unknown},
	} {
		has, known := s.HasField(tt.of, tt.path)
		want := map[string][2]bool{yes: {true, true}, no: {false, true}, unknown: {false, false}}[tt.want]
		require.Equal(t, want, [2]bool{has, known}, "%v: %s", tt.of, tt.path)
	}
}
