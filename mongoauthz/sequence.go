package mongoauthz

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// sequence is the stages of one command, in parts of which logs show each in its own way.
type sequence []part

// part is stages in a row, made when they are asked for.
type part struct {
	stages   func() []bson.D
	redacted func() []bson.D // the same stages without values
}

// ofPlan returns the stages of a plan.
func ofPlan(p *pipeline.Plan) part { return part{p.Stages, p.Redacted} }

// ofCaller returns stages that hold values of a caller's, or of documents.
func ofCaller(stages ...bson.D) part {
	return part{func() []bson.D { return stages }, func() []bson.D { return stage.Redact(stages) }}
}

// ofOurs returns stages of the library's own, which hold no values.
func ofOurs(stages ...bson.D) part {
	same := func() []bson.D { return stages }
	return part{same, same}
}

// stages returns all stages, to be sent.
func (s sequence) stages() mongo.Pipeline {
	var all mongo.Pipeline
	for _, p := range s {
		all = append(all, p.stages()...)
	}
	return all
}

// text returns the stages as an array in relaxed extended JSON, without their values unless asked
// for.
func (s sequence) text(values bool) string {
	var texts []string
	for _, p := range s {
		shown := p.redacted
		if values {
			shown = p.stages
		}
		for _, stage := range shown() {
			texts = append(texts, extended(stage))
		}
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// extended returns a document as relaxed extended JSON. A value of a type that only the client's
// registry knows hides the document: the driver's error may show it.
func extended(document bson.D) string {
	text, err := bson.MarshalExtJSON(document, false, false)
	if err != nil {
		return `"` + stage.Hidden + `"`
	}
	return string(text)
}
