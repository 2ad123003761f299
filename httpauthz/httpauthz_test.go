package httpauthz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func TestAMethodIsAnAction(t *testing.T) {
	t.Parallel()
	actions := httpauthz.CRUD("add", "view", "change", "")
	for method, want := range map[string]string{"GET": "view", "HEAD": "view", "POST": "add", "PUT": "change", "PATCH": "change"} {
		got, err := actions.Action(method)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, method := range []string{"DELETE", "OPTIONS", "get", "", "TRACE"} {
		_, err := actions.Action(method)
		var notAllowed *httpauthz.MethodError
		require.ErrorAs(t, err, &notAllowed)
		require.Equal(t, []string{"GET", "HEAD", "PATCH", "POST", "PUT"}, notAllowed.Allowed)
		require.NotContains(t, err.Error(), "DELETE")
	}
	_, err := httpauthz.Actions{"GET": ""}.Action("GET")
	require.Error(t, err, "no name is no action")
	_, err = httpauthz.Actions(nil).Action("GET")
	require.Error(t, err)
	require.Equal(t, httpauthz.Actions{"GET": "read"}, httpauthz.DefaultActions().Only("GET", "TRACE"))
}

func TestErrorsHaveTheirStatus(t *testing.T) {
	t.Parallel()
	write := func(r mongoauthz.Refusal) error {
		return fmt.Errorf("change: %w", &mongoauthz.WriteError{Operation: "UpdateOne", Resource: "Book", Refusal: r, Problem: "secret"})
	}
	for name, tt := range map[string]struct {
		err              error
		known, anonymous int
	}{
		"forbidden":              {&mongoauthz.ForbiddenError{Action: "secret", Resource: "secret"}, 403, 401},
		"not found":              {&mongoauthz.NotFoundError{Action: "secret", Resource: "secret"}, 404, 401},
		"both, joined":           {errors.Join(mongoauthz.ErrForbidden, mongoauthz.ErrNotFound), 404, 401},
		"bad credentials":        {fmt.Errorf("secret: %w", httpauthz.ErrUnauthenticated), 401, 401},
		"a move":                 {write(mongoauthz.RefuseMove), 403, 401},
		"a conflict":             {write(mongoauthz.RefuseConflict), 409, 409},
		"a reserved field":       {write(mongoauthz.RefuseReserved), 422, 422},
		"a required field":       {write(mongoauthz.RefuseRequired), 422, 422},
		"no transactions":        {write(mongoauthz.RefuseTransaction), 500, 500},
		"a write nobody knows":   {write(0), 500, 500},
		"a page token":           {&mongoauthz.PageTokenError{Problem: "it is none"}, 400, 400},
		"a method":               {&httpauthz.MethodError{Allowed: []string{"GET", "HEAD"}}, 405, 405},
		"a body":                 {&http.MaxBytesError{Limit: 5}, 413, 413},
		"the time":               {fmt.Errorf("secret: %w", context.DeadlineExceeded), 503, 503},
		"a problem":              {fmt.Errorf("secret: %w", httpauthz.NewProblem(http.StatusTeapot, "short and stout")), 418, 418},
		"a problem without one":  {&httpauthz.Problem{}, 500, 500},
		"an unknown type":        {&mongoauthz.UnknownResourceError{Resource: "secret"}, 500, 500},
		"anything else":          {errors.New("secret"), 500, 500},
		"a nil error":            {nil, 500, 500},
		"a problem that is none": {&httpauthz.Problem{Status: 200}, 500, 500},
	} {
		for actor, want := range map[any]int{"ann": tt.known, nil: tt.anonymous} {
			r := httptest.NewRequest("GET", "/", nil)
			w := httptest.NewRecorder()
			httpauthz.WriteError(w, r.WithContext(httpauthz.WithActor(r.Context(), actor)), tt.err)
			require.Equal(t, want, w.Code, name)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.Equal(t, want == 401, w.Header().Get("WWW-Authenticate") != "", name)
			require.NotContains(t, w.Body.String(), "secret", name)
			var body map[string]any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			if tt.err != nil && !strings.HasPrefix(name, "a problem ") {
				require.EqualValues(t, want, body["status"], name)
			}
		}
	}
}

func TestAMethodThatIsNotAllowedIsToldWhichAre(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpauthz.WriteError(w, httptest.NewRequest("BREW", "/", nil), &httpauthz.MethodError{Allowed: []string{"GET", "HEAD"}})
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestTheServicesChallengeStays(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set("WWW-Authenticate", "Bearer")
	httpauthz.WriteError(w, httptest.NewRequest("GET", "/", nil), httpauthz.ErrUnauthenticated)
	require.Equal(t, []string{"Bearer"}, w.Header().Values("WWW-Authenticate"))
}

func TestTheActorIsWhoTheServiceSays(t *testing.T) {
	t.Parallel()
	var seen []any
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, httpauthz.Actor(r.Context())) })
	h := httpauthz.Authenticate(func(r *http.Request) (any, error) {
		switch name := r.Header.Get("X-Name"); name {
		case "":
			return nil, nil
		case "eve":
			return nil, httpauthz.ErrUnauthenticated
		case "broken":
			return "ann", errors.New("no database")
		default:
			return name, nil
		}
	}, next)
	for name, want := range map[string]int{"ann": 200, "eve": 401, "broken": 500} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Name", name)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.ElementsMatch(t, []any{"ann", nil}, seen, "bad credentials and errors go no further")
}

func TestErrorsAreReportedWithWhatIsTold(t *testing.T) {
	t.Parallel()
	secret := errors.New("secret")
	var reported []string
	h := httpauthz.Report(func(r *http.Request, err error, told *httpauthz.Problem) {
		require.ErrorIs(t, err, secret)
		reported = append(reported, fmt.Sprint(r.Method, " ", told.Status))
	}, httpauthz.Handler(func(http.ResponseWriter, *http.Request) error { return secret }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []string{"GET 500"}, reported)
	require.NotContains(t, w.Body.String(), "secret")
	w = httptest.NewRecorder()
	httpauthz.Report(nil, h).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, w.Code, "nobody is told")
}

func TestWhatIsNotSetUpFailsClosed(t *testing.T) {
	t.Parallel()
	identify := func(*http.Request) (any, error) { return "ann", nil }
	serve := func(w http.ResponseWriter, _ *http.Request, _ *httpauthz.Access) error {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	for name, h := range map[string]http.Handler{
		"no function":         httpauthz.Authenticate(nil, http.NotFoundHandler()),
		"no next":             httpauthz.Authenticate(identify, nil),
		"no next to report":   httpauthz.Report(nil, nil),
		"the zero one":        &httpauthz.ResourceHandler{},
		"no authorizer":       &httpauthz.ResourceHandler{Type: "Book", Serve: serve},
		"the zero authorizer": &httpauthz.ResourceHandler{Type: "Book", Serve: serve, Authorizer: &mongoauthz.Authorizer{}},
		"no serve":            &httpauthz.ResourceHandler{Type: "Book", Authorizer: &mongoauthz.Authorizer{}},
	} {
		for _, id := range []string{"", "1"} {
			r := httptest.NewRequest("GET", "/", nil)
			r.SetPathValue("id", id)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, 500, w.Code, name)
		}
	}
}
