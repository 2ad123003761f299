package integration_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// text is the policy in which a condition stands.
func text(condition string) string {
	return `allow(u: User, "read", d: Doc) if u.Name != "nobody" and d.ID != nil and (` + condition + "\n);" + `
helper(u: User, d: Doc) if d.owner = u or d.Status = "x";
grants("a", d: Doc) if d.Public;
grants("b", d: Doc) if d.Level = nil;
named(u: User) if u.Name = "ann";
`
}

func TestConstructs(t *testing.T) {
	db := harness.Database(t)
	load(t, db)
	s := schema(t)
	raws := allDocs(t, db)
	for _, c := range constructs {
		t.Run(c.row, func(t *testing.T) {
			for _, k := range c.cases {
				t.Run(k.condition, func(t *testing.T) {
					engine, err := oso.New(s, text(k.condition), oso.WithStructs(structs...), oso.WithFetcher(mongoauthz.NewFetcher(db, harness.SimpleCollation(t))))
					if k.unloaded != "" {
						requireUnsupported(t, err, k.unloaded)
						require.ErrorIs(t, err, oso.ErrPolicy)
						return
					}
					require.NoError(t, err)
					az, err := mongoauthz.New(db, s, engine, options(t)...)
					require.NoError(t, err)
					for _, actor := range users(t) {
						check(t, az, raws, k, actor)
					}
				})
			}
		})
	}
}

// allDocs returns the documents as they are stored.
func allDocs(t *testing.T, db *mongo.Database) []bson.Raw {
	t.Helper()
	cursor, err := db.Collection("docs").Find(context.Background(), bson.D{})
	require.NoError(t, err)
	var raws []bson.Raw
	require.NoError(t, cursor.All(context.Background(), &raws))
	return raws
}

func check(t *testing.T, az *mongoauthz.Authorizer, raws []bson.Raw, k kase, actor User) {
	ctx := context.Background()
	q, err := az.AuthorizedQuery(ctx, actor, "read", "Doc")
	switch {
	case k.refused != "":
		requireUnsupported(t, err, k.refused)
		return
	case k.fails != "":
		engine := (*oso.EngineError)(nil)
		require.ErrorAs(t, err, &engine)
		require.Equal(t, k.fails, engine.Kind)
		require.Equal(t, "Doc", engine.Resource)
		return
	}
	require.NoError(t, err)
	expected := []int{}
	for _, d := range docs(t) {
		if k.holds(factsOf(t, d, actor)) {
			expected = append(expected, d.ID)
		}
	}
	found := []struct {
		ID int `bson:"_id"`
	}{}
	require.NoError(t, q.All(ctx, &found))
	listed := []int{}
	for _, f := range found {
		listed = append(listed, f.ID)
	}
	slices.Sort(listed)
	require.Equal(t, expected, listed, "%s lists", actor.Name)
	kept, err := mongoauthz.FilterAuthorized(ctx, az, actor, "read", "Doc", raws)
	require.NoError(t, err)
	decided := []int{}
	for _, raw := range kept {
		decided = append(decided, int(raw.Lookup("_id").AsInt64()))
	}
	slices.Sort(decided)
	require.Equal(t, expected, decided, "decided for %s", actor.Name)
}

// TestTheTableOfConstructsIsTested compares the rows of the package documentation with those tested.
func TestTheTableOfConstructsIsTested(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../doc.go")
	require.NoError(t, err)
	_, table, ok := bytes.Cut(source, []byte("// # Constructs"))
	require.True(t, ok)
	var documented, tested []string
	for _, line := range strings.Split(string(table), "\n") {
		if row, ok := strings.CutPrefix(line, "//\t"); ok {
			name, _, _ := strings.Cut(row, "   ")
			if name != "" {
				documented = append(documented, strings.TrimSpace(name))
			}
		} else if strings.HasPrefix(line, "// # ") {
			break
		}
	}
	for _, c := range constructs {
		tested = append(tested, c.row)
	}
	require.Equal(t, tested, documented)
}
