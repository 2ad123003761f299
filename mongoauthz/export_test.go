package mongoauthz

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Findings is what Verify finds, for listings that the server at hand cannot give: it has no views or collations.
func Findings(s *relations.Schema, live []mongo.CollectionSpecification) error {
	return findings(collections(s), live)
}

// Judged is the filter that writes judge documents by.
func Judged(q *Query) filter.Filter { return q.filter }
