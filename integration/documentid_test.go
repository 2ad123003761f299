package integration_test

import (
	"context"
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type compoundID struct {
	Tenant string
	N      int
}

// sheet has an _id whose fields are conditions.
type sheet struct {
	ID     compoundID `bson:"_id"`
	Title  string
	Folder compoundID `authz:"document; parent references Folder"`
}

// folder has an _id that is compared as a whole.
type folder struct {
	ID   compoundID `bson:"_id" authz:"document"`
	Open bool       `bson:",omitempty"`
}

func TestDocumentsWhoseIDIsADocument(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	schema, err := relations.FromStructs(
		relations.Struct{Of: sheet{}, Name: "Sheet", Collection: "sheets"},
		relations.Struct{Of: folder{}, Name: "Folder", Collection: "folders"})
	require.NoError(t, err)
	parent := filter.Reach("p", "parent")
	of := map[string]filter.Filter{
		"read":   filter.For("Sheet", filter.Some(parent).Where(parent.F("open").Eq(true))),
		"tenant": filter.For("Sheet", filter.Where(filter.F("_id.tenant").Eq("a"))),
		"one":    filter.For("Sheet", filter.Some(parent).Where(parent.F("_id").Eq(bson.D{{Key: "tenant", Value: "a"}, {Key: "n", Value: 1}}))),
		"folder": filter.For("Folder", filter.Where(filter.F("_id").Eq(compoundID{"a", 1}))),
	}
	var opts []mongoauthz.Option
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(
		func(_ context.Context, _ any, action, _ string) (filter.Filter, error) { return of[action], nil }), opts...)
	require.NoError(t, err)
	var sheets, folders []any
	for n := range 6 {
		id := compoundID{[]string{"a", "b"}[n%2], n}
		sheets = append(sheets, sheet{ID: id, Title: "same", Folder: compoundID{"a", n / 3}})
	}
	folders = append(folders, folder{ID: compoundID{"a", 1}, Open: true}, folder{ID: compoundID{"a", 0}})
	_, err = db.Collection("sheets").InsertMany(t.Context(), sheets)
	require.NoError(t, err)
	_, err = db.Collection("folders").InsertMany(t.Context(), folders)
	require.NoError(t, err)

	for action, want := range map[string][]int{"read": {3, 4, 5}, "one": {3, 4, 5}, "tenant": {0, 2, 4}} {
		for _, consistency := range []mongoauthz.Consistency{mongoauthz.SingleCommand, mongoauthz.Cheapest} {
			q, err := az.AuthorizedQuery(t.Context(), "ann", action, "Sheet")
			require.NoError(t, err)
			var got []int
			var after string
			for {
				page, err := mongoauthz.FetchPage[sheet](t.Context(), q.WithConsistency(consistency), mongoauthz.PageRequest{
					Sort: bson.D{{Key: "title", Value: 1}}, Limit: 2, After: after})
				require.NoError(t, err)
				for _, s := range page.Items {
					got = append(got, s.ID.N)
				}
				if after = page.Next; after == "" {
					break
				}
			}
			require.ElementsMatch(t, want, got, "%s, %v", action, consistency)
		}
		for _, doc := range sheets {
			s := doc.(sheet)
			err := az.Authorize(t.Context(), "ann", action, mongoauthz.ID("Sheet", s.ID))
			require.Equal(t, slices.Contains(want, s.ID.N), err == nil, "%s of %v: %v", action, s.ID, err)
			require.Equal(t, slices.Contains(want, s.ID.N), az.Authorize(t.Context(), "ann", action, mongoauthz.Document("Sheet", s)) == nil)
		}
	}
	require.NoError(t, az.Authorize(t.Context(), "ann", "folder", mongoauthz.ID("Folder", compoundID{"a", 1})))
	require.Error(t, az.Authorize(t.Context(), "ann", "folder", mongoauthz.ID("Folder", compoundID{"a", 0})))
}
