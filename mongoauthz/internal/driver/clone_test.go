package driver_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	name := "a"
	v := bson.D{
		{Key: "d", Value: bson.D{{Key: "x", Value: 1}}}, {Key: "m", Value: bson.M{"x": []string{"a"}}}, {Key: "p", Value: &name},
		{Key: "r", Value: bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}}, {Key: "nil", Value: nil},
	}
	c, ok := driver.Clone(v)
	require.True(t, ok)
	require.Equal(t, v, c)
	c[0].Value.(bson.D)[0].Value = 2
	c[1].Value.(bson.M)["x"].([]string)[0] = "b"
	*c[2].Value.(*string) = "b"
	c[3].Value.(bson.RawValue).Value[0] = 0
	require.Equal(t, bson.D{{Key: "x", Value: 1}}, v[0].Value)
	require.Equal(t, bson.M{"x": []string{"a"}}, v[1].Value)
	require.Equal(t, "a", name)
	require.Equal(t, []byte{1}, v[3].Value.(bson.RawValue).Value)
}

func TestCloneHasBounds(t *testing.T) {
	t.Parallel()
	self := bson.M{}
	self["self"] = self
	_, ok := driver.Clone(self)
	require.False(t, ok)
	_, ok = driver.Clone(make([]bson.D, 1<<20))
	require.False(t, ok)
}

func TestIsNilLooksBehindPointers(t *testing.T) {
	t.Parallel()
	var m map[string]int
	var p *int
	for _, v := range []any{nil, m, p, &m, &p} {
		require.True(t, driver.IsNil(v), "%T", v)
	}
	for _, v := range []any{0, "", bson.D{}, bson.M{}, struct{}{}, new(int)} {
		require.False(t, driver.IsNil(v), "%T", v)
	}
}
