package mongoauthz

import "go.mongodb.org/mongo-driver/v2/bson"

// DocsExamined and HasSort read explanations that the server at hand does not give.
func DocsExamined(said bson.Raw) int64 {
	if n, ok := docsExamined(said); ok {
		return n
	}
	return -1
}

func HasSort(said bson.Raw) bool { return hasSort(said) }
