package casemgmt_test

import (
	"flag"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

var (
	served = flag.Int("served", 2, "how many random worlds are asked of the service on a server")
	full   = flag.Bool("full", false, "ask a server everything, and not a sample: make casemgmt-full")
)

// A sample keeps one of n questions, each time another one, or one of more; with -full all of them.
type sample struct {
	asked int
	rare  bool
}

func (s *sample) one(n int) bool {
	s.asked++
	if s.rare {
		n = 4*n + 1
	}
	return *full || s.asked%n == 0
}

func TestTheDemoIsServedAsTheOracleSays(t *testing.T) {
	t.Parallel()
	newSite(t, demoWorld(t)).agreeByEachPolicy(t)
}

func TestHostileRowsAreServedAsTheOracleSays(t *testing.T) {
	t.Parallel()
	newSite(t, hostileWorld(t)).agreeByEachPolicy(t)
}

func TestRandomWorldsAreServedAsTheOracleSays(t *testing.T) {
	t.Parallel()
	for seed := range *served {
		newSite(t, randomWorld(t, uint64(seed))).agreeByEachPolicy(t)
	}
}

// agreeByEachPolicy asks all of one policy, and less of the other, which was compared with it in process.
func (s *site) agreeByEachPolicy(t *testing.T) {
	t.Helper()
	s.agree(t, false)
	for name, other := range policies {
		if name != *policy {
			s.by(t, name, other).agree(t, true)
		}
	}
}

// agree asks the service, for every user, action and type: the list has what the oracle allows, each once and whole, and is counted right; a single decision
// is the same for every document, by id and in hand; and over HTTP it is all the same again.
func (s *site) agree(t *testing.T, rare bool) {
	t.Helper()
	az := s.service.Authorizer()
	actors, lists, counts, decisions, pages := sample{rare: rare}, sample{rare: rare}, sample{rare: rare}, sample{rare: rare}, sample{rare: rare}
	for _, user := range s.users() {
		actor, err := s.service.Directory().Actor(t.Context(), user)
		require.NoError(t, err)
		for _, typ := range casemgmt.Types() {
			docs := s.data[typ.Collection]
			visible := s.allowed(t, user, "view", typ)
			for _, action := range append(actions, "casemgmt.change_document") {
				about := []any{"%s: user %s, %s of %s", s.name, idText(t, user), action, typ.Name}
				want := s.allowed(t, user, action, typ)
				q, err := az.AuthorizedQuery(t.Context(), actor, action, typ.Name)
				require.NoError(t, err, about...)
				if lists.one(5) {
					s.agreeOnList(t, q, docs, idTexts(t, docs, want), about)
				}
				if counts.one(12) {
					n, err := q.Count(t.Context())
					require.NoError(t, err, about...)
					require.Len(t, idTexts(t, docs, want), int(n), about...)
				}
				if actors.one(12) {
					authorized, err := mongoauthz.FilterAuthorized(t.Context(), az, actor, action, typ.Name, docs, mongoauthz.WithWholeDocuments())
					require.NoError(t, err, about...)
					require.Equal(t, idTexts(t, docs, want), idTexts(t, authorized, all(len(authorized))), about...)
				}
				for i, doc := range docs {
					if !decisions.one(43) {
						continue
					}
					err := az.Authorize(t.Context(), actor, action, mongoauthz.ID(typ.Name, doc.Lookup("_id")))
					switch {
					case want[i]:
						require.NoError(t, err, about...)
					case visible[i]:
						require.ErrorIs(t, err, mongoauthz.ErrForbidden, about...)
					default:
						require.ErrorIs(t, err, mongoauthz.ErrNotFound, about...)
					}
				}
			}
			if casemgmt.FormatID(user) != "" { // not a name that nobody can type
				s.agreeOverHTTP(t, user, typ, visible, &lists, &pages)
			}
		}
	}
}

func (s *site) agreeOnList(t *testing.T, q *mongoauthz.Query, docs []bson.Raw, want []string, about []any) {
	t.Helper()
	stored := map[string]bson.Raw{}
	for _, doc := range docs {
		stored[idText(t, doc.Lookup("_id"))] = doc
	}
	got := []string{}
	for doc, err := range mongoauthz.Each[bson.Raw](t.Context(), q) {
		require.NoError(t, err, about...)
		id := idText(t, doc.Lookup("_id"))
		require.Equal(t, stored[id], doc, about...)
		got = append(got, id)
	}
	require.ElementsMatch(t, want, got, about...)
}

func (s *site) agreeOverHTTP(t *testing.T, user bson.RawValue, typ casemgmt.Type, visible []bool, lists, pages *sample) {
	t.Helper()
	docs := s.data[typ.Collection]
	if lists.one(3) {
		require.ElementsMatch(t, idTexts(t, docs, visible), s.everything(t, user, "/"+typ.Collection), "%s: %s lists %s", s.name, idText(t, user), typ.Name)
	}
	for i, doc := range docs {
		if casemgmt.FormatID(doc.Lookup("_id")) == "" || !pages.one(29) {
			continue
		}
		// What is allowed is refused for another reason, so that nothing is written: the change changes nothing, and a deletion takes no query.
		for _, r := range []struct {
			method, action, query string
			body                  any
			allowed               int
		}{{"GET", "view", "", nil, 200}, {"HEAD", "view", "", nil, 200}, {"PATCH", "change", "", object{}, 422}, {"DELETE", "delete", "?now", nil, 400}} {
			want := http.StatusNotFound
			switch allowed := s.allowed(t, user, r.action, typ)[i]; {
			case visible[i] && allowed:
				want = r.allowed
			case visible[i]:
				want = http.StatusForbidden
			}
			at := path(typ, doc.Lookup("_id"))
			require.Equal(t, want, s.ask(t, user, r.method, at+r.query, r.body).status, "%s: %s %s %s", s.name, idText(t, user), r.method, at)
		}
	}
}

func all(n int) []bool {
	yes := make([]bool, n)
	for i := range yes {
		yes[i] = true
	}
	return yes
}
