package conformance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A policyCase is a policy and what is not simply as IsAllowed says.
type policyCase struct {
	name    string
	policy  string
	refused string            // what the refusal says of the construct: the engine must refuse the policy, if not for every actor
	also    map[string]string // by actor: documents that an alternative allows although IsAllowed fails on another one
	instead map[string]string // by actor, "" being all: the documents, where IsAllowed is wrong or cannot be asked
}

// stored is the world on the server, with null or with nothing where Go has nil.
type stored struct {
	name   string
	db     *mongo.Database
	memory evaluate.Memory
}

func store(t *testing.T, name string, missing bool) stored {
	t.Helper()
	s := stored{name, harness.Database(t), evaluate.Memory{}}
	insert := func(collection string, v any) {
		raw, err := bson.Marshal(v)
		require.NoError(t, err)
		var d bson.D
		require.NoError(t, bson.Unmarshal(raw, &d))
		if missing {
			d = withoutNull(d)
		} else if collection == "docs" { // omitempty leaves lists out, which Go reads as the same
			for _, list := range []string{"tags", "marks", "lines", "reader_ids"} {
				if !slices.ContainsFunc(d, func(e bson.E) bool { return e.Key == list }) {
					d = append(d, bson.E{Key: list})
				}
			}
		}
		_, err = s.db.Collection(collection).InsertOne(t.Context(), d)
		require.NoError(t, err)
		require.NoError(t, s.memory.Insert(collection, d))
	}
	for _, v := range actors {
		insert("users", v)
	}
	for _, v := range teams {
		insert("teams", v)
	}
	for _, v := range folders {
		insert("folders", v)
	}
	for _, v := range docs {
		insert("docs", v)
	}
	for _, v := range items {
		insert("items", v)
	}
	return s
}

// withoutNull takes the nulls out of a document, and out of those in it.
func withoutNull(d bson.D) bson.D {
	out := bson.D{}
	for _, e := range d {
		switch v := e.Value.(type) {
		case nil:
			continue
		case bson.D:
			e.Value = withoutNull(v)
		case bson.A:
			a := bson.A{}
			for _, x := range v {
				if x, ok := x.(bson.D); ok {
					a = append(a, withoutNull(x))
					continue
				}
				a = append(a, x)
			}
			e.Value = a
		}
		out = append(out, e)
	}
	return out
}

func TestAListIsWhatOsoAllows(t *testing.T) {
	t.Parallel()
	schema, err := relations.FromStructs(structs()...)
	require.NoError(t, err)
	world := newOracle()
	stores := []stored{store(t, "null", false), store(t, "missing", true)}
	for _, tc := range slices.Concat(cases, lost) {
		t.Run(tc.name, func(t *testing.T) {
			engines := make([]*oso.Engine, len(stores))
			for i, s := range stores {
				var err error
				engines[i], err = oso.New(schema, tc.policy, oso.WithStructs(structs()...), oso.WithFetcher(mongoauthz.NewFetcher(s.db, harness.SimpleCollation(t))))
				if refusal(t, tc, err) {
					return
				}
				require.NoError(t, err)
			}
			o, refusals := world.load(t, tc.policy), 0
			for i, s := range stores {
				for _, a := range actors {
					t.Run(s.name+"/"+a.ID, func(t *testing.T) {
						f, err := engines[i].Filter(t.Context(), a, "read", "Doc")
						if refusal(t, tc, err) {
							refusals++
							return
						}
						want, failures := expected(tc, o, world, a)
						if errors.Is(err, oso.ErrEngine) {
							require.Empty(t, want, "the engine fails where Oso allows: %v", err)
							require.NotEmpty(t, failures, "the engine fails where Oso does not: %v", err)
							return
						}
						require.NoError(t, err)
						require.Equal(t, want, inProcess(t, schema, f, s), "decided in process: %v; IsAllowed fails on %v", f, failures)
						require.Equal(t, want, listed(t, schema, f, s), "on the server: %v", f)
					})
				}
			}
			require.Equal(t, tc.refused != "", refusals > 0, "is the policy refused?")
		})
	}
}

// refusal reports whether the engine refused the policy, as the case says it must.
func refusal(t *testing.T, tc policyCase, err error) bool {
	t.Helper()
	if tc.refused == "" {
		require.NotErrorIs(t, err, oso.ErrUnsupported)
		return false
	}
	if err == nil {
		return false
	}
	var u *oso.UnsupportedError
	require.ErrorAs(t, err, &u)
	require.Contains(t, u.Error(), tc.refused)
	return true
}

// expected returns the ids that the list must have, and those on which IsAllowed fails.
func expected(tc policyCase, o asked, world *oracle, a User) (want string, failures []string) {
	ids, ok := tc.instead[a.ID]
	if !ok {
		ids, ok = tc.instead[""]
	}
	if ok {
		return sorted(strings.Fields(ids)), nil
	}
	all := strings.Fields(tc.also[a.ID])
	for _, d := range docs {
		ok, err := allowed(o, world.users[a.ID], "read", world.docs[d.ID])
		if err != nil {
			failures = append(failures, d.ID)
		} else if ok {
			all = append(all, d.ID)
		}
	}
	return sorted(all), failures
}

func sorted(ids []string) string {
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

func inProcess(t *testing.T, schema *relations.Schema, f filter.Filter, s stored) string {
	t.Helper()
	e, err := evaluate.Prepare(schema, f)
	require.NoError(t, err)
	decisions, err := e.DecideAll(t.Context(), s.memory["docs"], s.memory)
	require.NoError(t, err)
	var ids []string
	for i, d := range decisions {
		if d.Authorized() {
			ids = append(ids, s.memory["docs"][i].Lookup("_id").StringValue())
		}
	}
	return sorted(ids)
}

func listed(t *testing.T, schema *relations.Schema, f filter.Filter, s stored) string {
	t.Helper()
	az, err := mongoauthz.New(s.db, schema, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil }), forServer(t)...)
	require.NoError(t, err)
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Doc")
	require.NoError(t, err)
	var rows []Doc
	require.NoError(t, q.All(t.Context(), &rows))
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(ids))), len(ids), "a document comes twice")
	return sorted(ids)
}

// forServer returns the options that the server at hand needs.
func forServer(t *testing.T) []mongoauthz.Option {
	t.Helper()
	if harness.Has(t, harness.Collation) {
		return nil
	}
	return []mongoauthz.Option{mongoauthz.WithoutCollation()}
}
