package stage

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// instead says of a stage that is refused what to use in its place.
func instead(name string) string {
	switch {
	case slices.Contains([]string{"$lookup", "$graphLookup", "$unionWith", "$documents"}, name):
		return "reads other documents, for which no policy would hold: read them by an authorized query of their own, or accept it by WithStages"
	case name == "$out", name == "$merge":
		return "writes: use Query.UpdateMany and its kin, or accept it by WithStages"
	case slices.Contains([]string{"$geoNear", "$search", "$searchMeta", "$vectorSearch", "$rankFusion", "$scoreFusion"}, name):
		return `must be the first stage, and the authorization comes first: run it by itself for the _ids, and append {"$match": {"_id": {"$in": ids}}}`
	default:
		return "is not known to stay inside its input: accept it by WithStages if it does"
	}
}

// cannotFollow says of a query operator that servers take in the first stage of a pipeline only
// what to use in its place.
var cannotFollow = map[string]string{
	"$text": `which must stand in the first stage, and the authorization comes first: ` +
		`search by itself for the _ids, and append {"$match": {"_id": {"$in": ids}}}`,
	"$near":       nearInstead,
	"$nearSphere": nearInstead,
}

const nearInstead = "which a pipeline does not take: use $geoWithin, with $centerSphere for a distance"

// mustComeFirst returns an operator of a query document that servers take in no later stage; "" if
// there is none. What values and expressions hold is data.
func mustComeFirst(query bson.Raw) string {
	fields, err := query.Elements()
	if err != nil {
		return ""
	}
	for _, field := range fields {
		key, value := field.Key(), field.Value()
		var found string
		switch {
		case cannotFollow[key] != "":
			return key
		case key == "$and", key == "$or", key == "$nor", key == "$all":
			branches, _ := bsonpath.Documents(value)
			for i := 0; i < len(branches) && found == ""; i++ {
				found = mustComeFirst(branches[i])
			}
		case key == "$not", key == "$elemMatch", !strings.HasPrefix(key, "$"):
			if inner, ok := value.DocumentOK(); ok && (strings.HasPrefix(key, "$") || holdsOperators(inner)) {
				found = mustComeFirst(inner)
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// holdsOperators reports whether the document beside a field is one of operators, and no value.
func holdsOperators(d bson.Raw) bool {
	first, err := d.IndexErr(0)
	return err == nil && strings.HasPrefix(first.Key(), "$")
}
