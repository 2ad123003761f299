package mongoauthz

import (
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Probes are the values of a Go struct that Verify sends through the client.
func Probes(s *relations.Schema, t reflect.Type) []any { return probes(s, t) }

// CompareProbes is what Verify finds where probes arrive as these documents.
func CompareProbes(s *relations.Schema, values []any, echoed []bson.Raw) (found []string) {
	for _, d := range compareProbes(s, values, echoed) {
		found = append(found, d.field+": "+d.problem)
	}
	return found
}
