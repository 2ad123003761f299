package driver

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Explain asks the server for its explanation of an aggregate.
func Explain(
	ctx context.Context, c *mongo.Collection, collation *options.Collation, stages mongo.Pipeline, verbosity string,
) (bson.Raw, error) {
	command := bson.D{
		{Key: "aggregate", Value: c.Name()}, {Key: "pipeline", Value: stages}, {Key: "cursor", Value: bson.D{}},
	}
	if collation != nil {
		locale := bson.D{{Key: "locale", Value: collation.Locale}}
		command = append(command, bson.E{Key: "collation", Value: locale})
	}
	explain := bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: verbosity}}
	return c.Database().RunCommand(ctx, explain).Raw()
}

// DocsExamined adds up how many documents the stages of an explanation say they read:
// totalDocsExamined of those that read the collection itself and of $lookup stages. Inside what has
// said its total, nothing more is added. It is not ok if nothing is said.
func DocsExamined(explanation bson.Raw) (n int64, ok bool) {
	if total, has := explanation.Lookup("totalDocsExamined").AsInt64OK(); has {
		return total, true
	}
	fields, _ := explanation.Elements()
	for _, field := range fields {
		v := field.Value()
		if field.Key() == "command" || v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
			continue
		}
		if inner, has := DocsExamined(bson.Raw(v.Value)); has {
			n, ok = n+inner, true
		}
	}
	return n, ok
}

// HasSort reports whether an explanation has a stage that sorts: MongoDB's SORT or $sort, or
// FerretDB's Sort.
func HasSort(explanation bson.Raw) bool {
	fields, _ := explanation.Elements()
	for _, field := range fields {
		v := field.Value()
		switch key := field.Key(); key {
		case "command": // repeats the question
			continue
		case "stage", "Node Type":
			if s, _ := v.StringValueOK(); s == "SORT" || s == "Sort" || s == "Incremental Sort" {
				return true
			}
		case "$sort":
			return true
		}
		switch v.Type {
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if HasSort(bson.Raw(v.Value)) {
				return true
			}
		}
	}
	return false
}
