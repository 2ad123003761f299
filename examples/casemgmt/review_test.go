package casemgmt_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// reviewed returns a site with the review page. A nil policy is the service's own.
func reviewed(t testing.TB, w world, policy mongoauthz.Policy) *site {
	t.Helper()
	s := newSite(t, w)
	opts, err := casemgmt.ServerOptions(t.Context(), s.db)
	require.NoError(t, err)
	c := casemgmt.Config{Password: password, Review: true, Options: opts, Logger: slog.New(slog.DiscardHandler)}
	if policy != nil {
		c.Policy = func(casemgmt.Directory) mongoauthz.Policy { return policy }
	}
	return siteBy(t, s.db, w, c)
}

// review returns the page for a query string, as the superuser sees it.
func (s *site) review(t testing.TB, query string) *httptest.ResponseRecorder {
	t.Helper()
	return s.page(t, "admin", "GET", query)
}

func (s *site) page(t testing.TB, user, method, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/review"+query, nil).WithContext(t.Context())
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

var (
	headings = regexp.MustCompile(`(?s)<h2[^>]*>(.*?)</h2>`)
	ids      = regexp.MustCompile(`<td data-label="_id">(.*?)</td>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
)

// said returns the text of a page's headings, and the ids of its rows.
func said(w *httptest.ResponseRecorder) (verdicts, rows []string) {
	for _, m := range headings.FindAllStringSubmatch(w.Body.String(), -1) {
		verdicts = append(verdicts, html.UnescapeString(tags.ReplaceAllString(m[1], "")))
	}
	for _, m := range ids.FindAllStringSubmatch(w.Body.String(), -1) {
		rows = append(rows, html.UnescapeString(m[1]))
	}
	return verdicts, rows
}

func TestTheReviewPageIsForSuperusersWhereItIsWanted(t *testing.T) {
	t.Parallel()
	s := reviewed(t, demoWorld(t), nil)
	question := "?user=alan-wkcmp&action=view&type=document"
	require.Equal(t, http.StatusNotFound, siteOf(t, s.db, s.world).review(t, question).Code, "without Config.Review")
	for user, status := range map[string]int{"": 401, "nobody": 401, "admin": 200, "director": 403, "tom-auditor": 403, "alan-wkcmp": 403} {
		w := s.page(t, user, "GET", question)
		require.Equal(t, status, w.Code, user)
		if status != http.StatusOK {
			require.NotContains(t, w.Body.String(), "document", user)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		}
	}
	require.NotEmpty(t, s.page(t, "", "GET", "").Header().Get("WWW-Authenticate"), "a browser asks for credentials")
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "BREW"} {
		require.Equal(t, http.StatusMethodNotAllowed, s.page(t, "admin", method, question).Code)
	}
	// Rights that are revoked are gone with the next request.
	_, err := s.db.Collection("users").UpdateByID(t.Context(), "admin", bson.D{{Key: "$set", Value: bson.D{{Key: "is_superuser", Value: false}}}})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, s.review(t, question).Code)
}

func TestTheReviewPageAnswersAsTheOracleDoesAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := reviewed(t, demoWorld(t), nil)
	before := s.stored(t)
	sampled := sample{}
	for _, user := range s.users() {
		for _, typ := range casemgmt.Types() {
			for _, action := range actions {
				if !sampled.one(7) {
					continue
				}
				docs, allowed := s.data[typ.Collection], s.allowed(t, user, action, typ)
				want := idTexts(t, docs, allowed)
				asked := url.Values{"user": {casemgmt.FormatID(user)}, "action": {action}, "type": {typ.Name}}
				w := s.review(t, "?"+asked.Encode())
				require.Equal(t, http.StatusOK, w.Code, asked)
				verdicts, rows := said(w)
				noun := typ.Collection
				if len(want) == 1 {
					noun = typ.Name
				}
				require.Equal(t, []string{fmt.Sprintf("%s may %s %d %s", casemgmt.FormatID(user), action, len(want), noun)}, verdicts)
				require.Len(t, rows, min(len(want), 10))
				require.Subset(t, want, rows)

				at := sampled.asked % len(docs)
				id := casemgmt.FormatID(docs[at].Lookup("_id"))
				asked.Set("id", id)
				w = s.review(t, "?"+asked.Encode())
				require.Equal(t, http.StatusOK, w.Code, asked)
				verdicts, again := said(w)
				not := map[bool]string{true: "", false: "not "}[allowed[at]]
				require.Equal(t, fmt.Sprintf("%s may %s%s %s %s", casemgmt.FormatID(user), not, action, typ.Name, id), verdicts[0])
				require.Equal(t, rows, again)
			}
		}
	}
	require.Equal(t, before, s.stored(t))
}

func TestTheReviewPageShowsClausesPlanPipelineAndReasons(t *testing.T) {
	t.Parallel()
	s := reviewed(t, demoWorld(t), nil)
	w := s.review(t, "?user=alan-wkcmp&action=view&type=document&id=1")
	require.Equal(t, http.StatusOK, w.Code)
	text := html.UnescapeString(w.Body.String())
	for _, part := range []string{
		"role in a caseload",                        // the label
		`grant.user contains "alan-wkcmp"`,          // the clause
		"<td>keys</td>",                             // its method
		"Consistency: cheapest",                     //
		"aggregate caseload_roles",                  // a command
		`"from": "caseload_roles"`,                  // the pipeline
		"“role in a caseload” does not hold, since", // the decision
		"caseload_role grant, by caseload.grants",   // a reason
		`"name": "Medical intake, Ann Archer"`,      // the document
		`href="/review?user=alan-wkcmp&action=view&type=document&id=6"`,
	} {
		require.Contains(t, text, part)
	}
	for query, part := range map[string]string{
		"?action=view&type=document":                           "The policy denies it",
		"?user=admin&action=view&type=document":                "The policy allows it",
		"?user=tom-auditor&action=change&type=document":        "tom-auditor may change 0 documents",
		"?user=director&action=casemgmt.view_user&type=client": "director may casemgmt.view_user 8 clients",
		"": "Who may do what",
	} {
		w := s.review(t, query)
		require.Equal(t, http.StatusOK, w.Code, query)
		require.Contains(t, tags.ReplaceAllString(w.Body.String(), ""), part)
	}
	require.NotContains(t, s.review(t, "").Body.String(), "<section", "nothing is asked yet")
}

func TestTheReviewPageSaysWhatIsWrongWithAQuestion(t *testing.T) {
	t.Parallel()
	s := reviewed(t, demoWorld(t), nil)
	before := s.stored(t)
	q := url.QueryEscape
	asked := "?user=alan-wkcmp&action=view&type=document"
	for _, tt := range []struct {
		name, query string
		status      int
		says        string
	}{
		{"no such user", "?user=nobody&action=view&type=document", 400, "no such user"},
		{"a user that is an operator", "?user=" + q(`{"$ne": 1}`) + "&action=view&type=document", 400, "an id is"},
		{"a user that is an operator's name", "?user=" + q("$where") + "&action=view&type=document", 400, "an id is"},
		{"no such type", "?user=admin&action=view&type=nothing", 400, "no such type"},
		{"no type", "?user=admin&action=view", 400, "no such type"},
		{"no action", "?user=admin&type=document", 400, "action:"},
		{"no such action", "?user=admin&type=document&action=fly", 400, "no permission for this action"},
		{"no such permission", "?user=admin&type=document&action=casemgmt.fly", 400, "no permission for this action"},
		{"an action that is an operator", "?user=admin&type=document&action=" + q("$where"), 400, "action:"},
		{"a malformed id", asked + "&id=" + q("a b"), 400, "an id is"},
		{"a long id", asked + "&id=" + strings.Repeat("9", 190), 400, "an id is"},
		{"no such document", asked + "&id=77", 404, "no such document"},
		{"a long text", asked + "&id=" + strings.Repeat("a", 201), 400, "at most 200 bytes"},
		{"no text", asked + "&id=%ff", 400, "a text of at most"},
		{"a field twice", asked + "&user=admin", 400, "2 times"},
		{"an unknown field", asked + "&limit=1000000", 400, "no \"limit\""},
		{"an operator for a field", asked + "&" + q("user[$ne]") + "=1", 400, "to ask for"},
		{"a malformed query", "?user=%zz", 400, "malformed"},
	} {
		w := s.review(t, tt.query)
		require.Equal(t, tt.status, w.Code, tt.name)
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		text := html.UnescapeString(w.Body.String())
		require.Contains(t, text, `role="alert"`, tt.name)
		require.Contains(t, text, tt.says, tt.name)
		require.Contains(t, text, "<form", "%s: to be asked again", tt.name)
		_, rows := said(w)
		require.Empty(t, rows, tt.name)
	}
	require.Equal(t, before, s.stored(t))
}

func TestTheReviewPageEscapesWhatIsStoredAndWhatIsAsked(t *testing.T) {
	t.Parallel()
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`
	said := mongoauthz.PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		return filter.For(resource, filter.Where(filter.F("name").Eq(evil)).As(evil)), nil
	})
	s := reviewed(t, demoWorld(t), said)
	_, err := s.db.Collection("clients").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 99}, {Key: "name", Value: evil}, {Key: "</td>" + evil, Value: bson.A{evil}}})
	require.NoError(t, err)
	_, err = s.db.Collection("users").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "evil"}, {Key: "name", Value: evil}})
	require.NoError(t, err)
	for query, status := range map[string]int{
		"?user=evil&action=view&type=client&id=99":                       200,
		"?user=" + url.QueryEscape(evil) + "&action=view&type=client":    400,
		"?user=evil&action=view&type=" + url.QueryEscape(evil):           400,
		"?user=evil&type=client&action=" + url.QueryEscape(evil):         400,
		"?user=evil&type=client&action=view&id=" + url.QueryEscape(evil): 400,
		"?" + url.QueryEscape(evil) + "=1":                               400,
	} {
		w := s.review(t, query)
		require.Equal(t, status, w.Code, query)
		text := w.Body.String()
		require.NotContains(t, text, "<script", query)
		require.NotContains(t, text, "<img", query)
		require.NotContains(t, text, `"'>`, query)
		require.Contains(t, text, "&lt;", "%s: it is there, escaped", query)
	}
	h := s.review(t, "").Header()
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe")
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", h.Get("Cache-Control"))
}

func TestTheReviewPageBoundsWhatAQuestionCosts(t *testing.T) {
	t.Parallel()
	var left time.Duration
	fails := errors.New("the secret of the policy")
	policy := mongoauthz.PolicyFunc(func(ctx context.Context, _ any, action, resource string) (filter.Filter, error) {
		switch action {
		case "wait":
			at, ok := ctx.Deadline()
			require.True(t, ok)
			left = time.Until(at)
			return filter.Filter{}, context.DeadlineExceeded
		case "fail":
			return filter.Filter{}, fails
		default:
			return filter.Allow(resource), nil
		}
	})
	s := reviewed(t, demoWorld(t), policy)
	w := s.review(t, "?action=wait&type=client")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "The answer was not there after 10s.")
	require.Greater(t, left, time.Duration(0))
	require.LessOrEqual(t, left, 10*time.Second)

	w = s.review(t, "?action=fail&type=client")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "secret")

	many := make([]any, 10_001)
	for i := range many {
		many[i] = bson.D{{Key: "_id", Value: 1000 + i}, {Key: "name", Value: strings.Repeat("n", 200)}}
	}
	_, err := s.db.Collection("clients").InsertMany(t.Context(), many)
	require.NoError(t, err)
	w = s.review(t, "?action=view&type=client")
	require.Equal(t, http.StatusOK, w.Code)
	verdicts, rows := said(w)
	require.Equal(t, []string{"nobody may view more than 10000 clients"}, verdicts)
	require.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8", "1000", "1001"}, rows)
	require.NotContains(t, w.Body.String(), strings.Repeat("n", 121))
	require.Less(t, w.Body.Len(), 64<<10)
}
