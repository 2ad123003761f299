package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestOneResourceIsServedToWhoMay(t *testing.T) {
	t.Parallel()
	az, books := desk(t, harness.Database(t))
	number := func(r *http.Request) (any, error) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil {
			return nil, httpauthz.NewProblem(http.StatusBadRequest, "The id is no number.")
		}
		return id, nil
	}
	served := func(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
		require.Equal(t, httpauthz.Actor(r.Context()), a.Actor)
		require.Equal(t, books[a.ID.(int)], a.Document)
		q, err := a.Query(r.Context())
		require.NoError(t, err)
		n, err := q.Count(r.Context())
		require.NoError(t, err)
		_, err = fmt.Fprint(w, a.Action, " ", n)
		return err
	}
	actions := httpauthz.Actions{"GET": "read", "POST": "lend", "PUT": "update", "DELETE": "erase"}
	for name, one := range map[string]*httpauthz.ResourceHandler{
		"what may be done":         {Authorizer: az, Type: "Book", Actions: actions, ID: number, Serve: served},
		"what may be read as well": {Authorizer: az, Type: "Book", Actions: actions, ID: number, Serve: served, Read: "read"},
	} {
		for method, action := range actions {
			for id := range 6 {
				want := http.StatusOK
				switch err := az.Authorize(t.Context(), "ann", action, mongoauthz.ID("Book", id)); {
				case one.Read != "" && az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Book", id)) != nil:
					want = http.StatusNotFound
				case err != nil:
					want = httpauthz.ProblemOf(httpauthz.WithActor(t.Context(), "ann"), err).Status
				}
				require.Equal(t, want, request(t, one, "ann", method, strconv.Itoa(id)), "%s: %s %d", name, method, id)
				if want != http.StatusOK {
					want = http.StatusUnauthorized
				}
				require.Equal(t, want, request(t, one, nil, method, strconv.Itoa(id)), "the policy of the desk does not ask who it is")
			}
		}
		require.Equal(t, 405, request(t, one, "ann", "PATCH", "1"))
		require.Equal(t, 400, request(t, one, "ann", "GET", "one"))
	}
}

func request(t *testing.T, h http.Handler, actor any, method, id string) int {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.SetPathValue("id", id)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(httpauthz.WithActor(t.Context(), actor)))
	return w.Code
}

// A handler without an ID func finds documents whose _id is of any declared type by its text.
func TestAnIDInAPathIsReadAsTheDeclaredType(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	hex, uuid := "0102030405060708090a0b0c", "00010203-0405-0607-0809-0a0b0c0d0e0f"
	object, err := bson.ObjectIDFromHex(hex)
	require.NoError(t, err)
	at := time.UnixMilli(7).UTC()
	binary := bson.Binary{Subtype: 4, Data: []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}
	for name, tt := range map[string]struct {
		declared relations.ValueType // 0: not declared
		stored   any
		text     string
		want     int
	}{
		"an ObjectID":           {relations.ObjectID, object, hex, 200},
		"another ObjectID":      {relations.ObjectID, object, hex[:23] + "d", 404},
		"no ObjectID":           {relations.ObjectID, object, "x", 404},
		"an operator":           {relations.ObjectID, object, `{"$ne":null}`, 404},
		"an int32":              {relations.Number, int32(5), "5", 200},
		"an int64":              {relations.Number, int64(1) << 60, "1152921504606846976", 200},
		"a double":              {relations.Number, 2.5, "2.5", 200},
		"no number":             {relations.Number, int32(5), "five", 404},
		"a text":                {relations.String, hex, hex, 200},
		"a text of digits":      {relations.String, "5", "5", 200},
		"a date":                {relations.Date, at, at.Format(time.RFC3339Nano), 200},
		"a UUID":                {relations.Binary, binary, uuid, 200},
		"a bool":                {relations.Bool, true, "true", 200},
		"text of any type":      {relations.AnyType, "5", "5", 200},
		"a number of any type":  {relations.AnyType, int32(5), "5", 404},
		"a type not declared":   {0, object, hex, 500},
		"a value of other type": {relations.ObjectID, object, "int", 500},
	} {
		collection := strings.ReplaceAll(name, " ", "_")
		typ := relations.Type{Name: "Thing", Collection: collection, Fields: []relations.Field{{Name: "open", Type: relations.Bool}}}
		if tt.declared != 0 {
			typ.Fields = append(typ.Fields, relations.Field{Name: "_id", Type: tt.declared})
		}
		schema, err := relations.New(typ)
		require.NoError(t, err)
		var opts []mongoauthz.Option
		if !harness.Has(t, harness.Collation) {
			opts = append(opts, mongoauthz.WithoutCollation())
		}
		policy := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) {
			return filter.For("Thing", filter.Where(filter.F("open").Eq(true))), nil
		})
		az, err := mongoauthz.New(db, schema, policy, opts...)
		require.NoError(t, err)
		document := bson.D{{Key: "_id", Value: tt.stored}, {Key: "open", Value: true}}
		_, err = db.Collection(collection).InsertOne(t.Context(), document)
		require.NoError(t, err)
		one := &httpauthz.ResourceHandler{Authorizer: az, Type: "Thing", Serve: func(w http.ResponseWriter, _ *http.Request, a *httpauthz.Access) error {
			id, err := a.Document.LookupErr("_id")
			require.NoError(t, err)
			typ, raw, err := bson.MarshalValue(tt.stored)
			require.NoError(t, err)
			require.True(t, id.Equal(bson.RawValue{Type: typ, Value: raw}), name)
			return nil
		}}
		if tt.text == "int" {
			one.ID = func(*http.Request) (any, error) { return 5, nil }
		}
		var reported error
		h := httpauthz.Report(func(_ *http.Request, err error, _ *httpauthz.Problem) { reported = err }, one)
		require.Equal(t, tt.want, request(t, h, "ann", "GET", tt.text), name)
		switch {
		case tt.want == 500 && tt.declared == 0:
			require.ErrorContains(t, reported, "declare it, or set ResourceHandler.ID", name)
		case tt.want == 500:
			require.ErrorContains(t, reported, "pass a value of that type, or its text", name)
		}
	}
}
