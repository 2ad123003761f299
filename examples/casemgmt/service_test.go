package casemgmt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

const password = "open"

// A site is a service with a world in a database of its own.
type site struct {
	world
	db      *mongo.Database
	service *casemgmt.Service
	handler http.Handler
}

func newSite(t testing.TB, w world, opts ...mongoauthz.Option) *site {
	t.Helper()
	db := harness.Database(t)
	require.NoError(t, casemgmt.Load(t.Context(), db, w.data))
	s := siteOf(t, db, w, opts...)
	require.NoError(t, s.service.EnsureIndexes(t.Context()))
	return s
}

func siteOf(t testing.TB, db *mongo.Database, w world, opts ...mongoauthz.Option) *site {
	t.Helper()
	needed, err := casemgmt.ServerOptions(t.Context(), db)
	require.NoError(t, err)
	require.Contains(t, policies, *policy)
	return siteBy(t, db, w, casemgmt.Config{Policy: policies[*policy], Password: password, Options: append(needed, opts...)})
}

func siteBy(t testing.TB, db *mongo.Database, w world, c casemgmt.Config) *site {
	t.Helper()
	s, err := casemgmt.New(db, c)
	require.NoError(t, err)
	return &site{w, db, s, s.Handler()}
}

// by returns a site with the same world in the same database, by another policy.
func (s *site) by(t testing.TB, name string, policy func(casemgmt.Directory) mongoauthz.Policy) *site {
	t.Helper()
	w := s.world
	w.name += ", in " + name
	needed, err := casemgmt.ServerOptions(t.Context(), s.db)
	require.NoError(t, err)
	return siteBy(t, s.db, w, casemgmt.Config{Policy: policy, Password: password, Options: needed})
}

// An answer is the status of a response and its body, if that is JSON.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// ask sends a request; a nil user is nobody.
func (s *site) ask(t testing.TB, user any, method, path string, body any) answer {
	t.Helper()
	var text []byte
	switch body := body.(type) {
	case nil:
	case string:
		text = []byte(body)
	default:
		var err error
		text, err = json.Marshal(body)
		require.NoError(t, err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(text)).WithContext(t.Context())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.send(t, user, r)
}

func (s *site) send(t testing.TB, user any, r *http.Request) answer {
	t.Helper()
	switch user := user.(type) {
	case nil:
	case string:
		r.SetBasicAuth(user, password)
	case bson.RawValue:
		r.SetBasicAuth(casemgmt.FormatID(user), password)
	default:
		require.Failf(t, "no user", "%T", user)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if w.Body.Len() > 0 && r.Method != http.MethodHead {
		decoder := json.NewDecoder(w.Body)
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&a.body), "%s", a.text)
	}
	if a.status >= 400 && r.Method != http.MethodHead {
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
		require.Equal(t, fmt.Sprint(a.status), fmt.Sprint(a.body["status"]), a.text)
	}
	return a
}

// path returns the path of a document.
func path(t casemgmt.Type, id bson.RawValue) string {
	return "/" + t.Collection + "/" + url.PathEscape(casemgmt.FormatID(id))
}

// items returns the ids on a page, as text.
func (a answer) items() (ids []string) {
	list, _ := a.body["items"].([]any)
	for _, item := range list {
		id := item.(map[string]any)["_id"]
		if text, ok := id.(string); ok && digits.MatchString(text) {
			id = `"` + text + `"`
		}
		ids = append(ids, fmt.Sprint(id))
	}
	return ids
}

// everything returns the ids on all pages of a list, found by key, and checks that each page says the same total.
func (s *site) everything(t testing.TB, user any, path string) (ids []string) {
	t.Helper()
	ids = []string{}
	for next, pages := path, 0; next != ""; pages++ {
		require.Less(t, pages, 100, "the pages have no end")
		a := s.ask(t, user, "GET", next, nil)
		require.Equal(t, 200, a.status, "%s: %s", next, a.text)
		page := a.items()
		require.LessOrEqual(t, len(page), casemgmt.PageSize)
		ids = append(ids, page...)
		total, err := a.body["total"].(json.Number).Int64()
		require.NoError(t, err)
		next, _ = a.body["next"].(string)
		if next == "" {
			require.EqualValues(t, len(ids), total, "%s", path)
		} else {
			require.Len(t, page, casemgmt.PageSize)
		}
	}
	return ids
}

// idTexts returns the ids of those documents for which keep is true, as an answer shows them.
func idTexts(t testing.TB, docs []bson.Raw, keep []bool) []string {
	t.Helper()
	ids := []string{}
	for i, doc := range docs {
		if keep[i] {
			ids = append(ids, idText(t, doc.Lookup("_id")))
		}
	}
	return ids
}

// idText returns an id as a text that no other id has.
func idText(t testing.TB, id bson.RawValue) string {
	t.Helper()
	if text := casemgmt.FormatID(id); text != "" {
		return text
	}
	text, ok := id.StringValueOK()
	require.True(t, ok, "an id without a text")
	return text
}

var digits = regexp.MustCompile(`^-?[0-9]{1,19}$`)
