package integration_test

import (
	"sync/atomic"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// fickle encodes to one document first, and to another one after that.
type fickle struct {
	n           *atomic.Int32
	first, then bson.D
}

func (f fickle) MarshalBSON() ([]byte, error) {
	if f.n.Add(1) == 1 {
		return bson.Marshal(f.first)
	}
	return bson.Marshal(f.then)
}

func TestOptionsAreSentAsTheBytesThatWereChecked(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	q := s.query(t, filter.Allow("Book"))
	good := func(key string, value any) fickle {
		return fickle{new(atomic.Int32), bson.D{{Key: key, Value: value}}, bson.D{{Key: "CURRENT", Value: "$$ROOT.secret"}, {Key: "items.$", Value: 1}}}
	}
	_, err := q.Count(t.Context(), options.Aggregate().SetLet(good("x", int32(1))))
	require.NoError(t, err)
	sent := commands("aggregate")
	require.Equal(t, `{"x": {"$numberInt":"1"}}`, sent[len(sent)-1].Lookup("let").Document().String())

	result := q.FindOneAndUpdate(t.Context(), bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: "x"}}}},
		options.FindOneAndUpdate().SetProjection(good("title", int32(1))).SetSort(good("title", int32(-1))))
	require.NoError(t, result.Err())
	sent = commands("findAndModify")
	require.Equal(t, `{"title": {"$numberInt":"1"}}`, sent[len(sent)-1].Lookup("fields").Document().String())
	require.Equal(t, `{"title": {"$numberInt":"-1"}}`, sent[len(sent)-1].Lookup("sort").Document().String())
	_, err = mongoauthz.Find[Book](t.Context(), s.authorizer(t, reading), "ann", "read", options.Aggregate().SetLet(good("CURRENT", 1)))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}
