package write

import (
	"errors"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Update is a caller's update.
type Update struct {
	sent    any        // what the driver gets: exactly what was read
	changes Changes    // of an update document
	stages  []bson.Raw // of a pipeline, of which is not known what it changes
	opaque  bool       // it is a pipeline
}

// Changes are what an update document does, in its order.
type Changes []change

// change is what an update document does at one path.
type change struct {
	operator string
	path     []string
	value    bson.RawValue
}

// pipeline is an update pipeline as the driver takes it.
type pipeline bson.RawValue

// MarshalBSONValue returns the array of stages.
func (p pipeline) MarshalBSONValue() (typ byte, data []byte, err error) {
	return byte(p.Type), p.Value, nil
}

// Parse reads an update: a document of operators, or a pipeline. The errors say what it is instead,
// and show nothing of it.
func Parse(v bson.RawValue) (*Update, error) {
	switch v.Type {
	case bson.TypeArray:
		u := &Update{sent: pipeline(v), opaque: true}
		stages, _ := bson.Raw(v.Value).Values()
		for _, stage := range stages {
			document, _ := stage.DocumentOK()
			u.stages = append(u.stages, document)
		}
		return u, nil
	case bson.TypeEmbeddedDocument:
		changes, err := changesOf(v.Value)
		return &Update{sent: bson.Raw(v.Value), changes: changes}, err
	default:
		return nil, errors.New("is neither a document nor a pipeline")
	}
}

// Sent returns what the driver gets.
func (u *Update) Sent() any { return u.sent }

// IsPipeline reports whether the update is a pipeline, of which is not known what it changes.
func (u *Update) IsPipeline() bool { return u.opaque }

// changesOf returns what an update document does.
func changesOf(document bson.Raw) (Changes, error) {
	operators, err := document.Elements()
	switch {
	case err != nil:
		return nil, errBroken
	case len(operators) == 0:
		return nil, errors.New("is empty")
	}
	var all Changes
	for _, operator := range operators {
		name := operator.Key()
		arguments, ok := operator.Value().DocumentOK()
		if !ok || !strings.HasPrefix(name, "$") {
			return nil, errors.New("is no document of update operators")
		}
		fields, err := arguments.Elements()
		if err != nil {
			return nil, errBroken
		}
		for _, field := range fields {
			all = append(all, change{name, strings.Split(field.Key(), "."), field.Value()})
			if to, ok := field.Value().StringValueOK(); ok && name == "$rename" {
				all = append(all, change{name, strings.Split(to, "."), field.Value()})
			}
		}
	}
	return all, nil
}

var errBroken = errors.New("cannot be encoded as BSON")

// Positional reports whether an update names an array element by the condition that found it.
func (u *Update) Positional() bool {
	return slices.ContainsFunc(u.changes, func(c change) bool { return slices.Contains(c.path, "$") })
}

// PositionalProjection reports whether a projection returns the array element that a condition
// found. What is nested deeper than [driver.MaxDepth] is left to the server, which refuses it.
func PositionalProjection(projection bson.Raw) bool { return projectsPosition(projection, 0) }

func projectsPosition(projection bson.Raw, depth int) bool {
	fields, _ := projection.Elements()
	return depth < driver.MaxDepth && slices.ContainsFunc(fields, func(f bson.RawElement) bool {
		inner, _ := f.Value().DocumentOK()
		return slices.Contains(strings.Split(f.Key(), "."), "$") || projectsPosition(inner, depth+1)
	})
}

// Reserved reports whether an update changes a field whose name begins with the prefix of helper
// fields.
func (u *Update) Reserved(prefix string) bool {
	return slices.ContainsFunc(u.changes, func(c change) bool { return strings.HasPrefix(c.path[0], prefix) })
}

// Touching returns the changes at, inside or around top-level fields.
func (u *Update) Touching(fields []string) Changes {
	return slices.DeleteFunc(slices.Clone(u.changes), func(c change) bool {
		return !slices.Contains(fields, c.path[0])
	})
}
