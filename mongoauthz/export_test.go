package mongoauthz

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Findings is what Verify finds, for listings that the server at hand cannot give: it has no views or collations.
func Findings(s *relations.Schema, live []mongo.CollectionSpecification, missing ...pipeline.Index) error {
	return findings(collections(s), live, missing)
}

// Judged is the filter that writes judge documents by.
func Judged(q *Query) *relations.CheckedFilter { return q.filter }
