package integration_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
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

func TestAnIDThatTheTypeCannotHaveIsNotFound(t *testing.T) {
	t.Parallel()
	az, _ := desk(t, harness.Database(t))
	one := &httpauthz.ResourceHandler{Authorizer: az, Type: "Book", Serve: func(w http.ResponseWriter, _ *http.Request, a *httpauthz.Access) error {
		_, err := w.Write(a.Document)
		return err
	}}
	require.Equal(t, 404, request(t, one, "ann", "GET", "one"), "the _id of a book is a number")
}
