package mongoauthz_test

import (
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// BenchmarkAuthorizeInHand is a whole decision that needs nothing from the server: the policy is asked, its filter checked, the document
// encoded if it is a struct, and decided about. None of the clauses but the last is true.
func BenchmarkAuthorizeInHand(b *testing.B) {
	type book struct {
		ID     int      `bson:"_id"`
		Title  string   `bson:"title"`
		Public bool     `bson:"public"`
		Pages  int      `bson:"pages"`
		Tags   []string `bson:"tags"`
	}
	document := book{1, "a title", true, 7, []string{"a", "b", "c"}}
	raw, err := bson.Marshal(document)
	require.NoError(b, err)
	for _, clauses := range []int{1, 3, 10} {
		for _, conditions := range []int{1, 3} {
			var f filter.Filter
			f.Resource = "Book"
			for i := range clauses {
				c := []filter.Condition{filter.F("public").Eq(true), filter.F("tags").Contains("c"), filter.F("pages").Eq(7 - (clauses - 1 - i))}
				f.Clauses = append(f.Clauses, filter.Where(c[3-conditions:]...))
			}
			az := authorizer(b, answers(f))
			for name, resource := range map[string]any{"raw": mongoauthz.Document("Book", bson.Raw(raw)), "struct": mongoauthz.Document("Book", document)} {
				b.Run(fmt.Sprintf("clauses=%d/conditions=%d/%s", clauses, conditions, name), func(b *testing.B) {
					require.NoError(b, az.Authorize(b.Context(), "ann", "read", resource))
					b.ReportAllocs()
					for b.Loop() {
						_ = az.Authorize(b.Context(), "ann", "read", resource)
					}
				})
			}
		}
	}
}
