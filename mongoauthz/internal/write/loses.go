package write

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Loses says how an update takes away a field that the type declares required, and what to do
// instead; "" if it takes none away. What it makes of a document that is not there is not
// known, so an update that grows an embedded document by setting one field in it is let through.
func (u *Update) Loses(s *relations.Schema, t *relations.Type) string {
	if !requires(s, t, map[string]bool{}) {
		return ""
	}
	if u.opaque {
		return u.pipelineLoses(s, t)
	}
	for i := range u.changes {
		c := &u.changes[i]
		target := findTarget(s, t, c.path)
		problem := ""
		switch {
		case target.field == "":
		case target.relation == nil:
			problem = c.losesField()
		default:
			problem = c.losesInside(s, &target)
		}
		if problem != "" {
			return strconv.Quote(target.field) + " " + problem
		}
	}
	return ""
}

// losesField says how a change takes away the field that it names.
func (c *change) losesField() string {
	switch c.operator {
	case "$unset":
		return "would be removed by $unset: set it to a value, by $set"
	case "$set", "$min", "$max":
		if bsonpath.IsAbsent(c.value) || c.value.Type == bson.TypeUndefined {
			return "would be null by " + c.operator + ": set it to a value"
		}
		return ""
	case "$rename":
		if c.renamed() {
			return "would be what another field holds, by $rename, which may be null: " +
				"set it to a value, by $set"
		}
		return "would be renamed away by $rename: leave it, and set the other field by $set"
	case "$inc", "$mul", "$bit", "$currentDate", "$setOnInsert",
		"$push", "$addToSet", "$pull", "$pullAll", "$pop":
		return "" // a value stays there, or the server refuses
	default:
		return unjudgedOperator(c.operator)
	}
}

// losesInside says how a change takes away a required field of the embedded documents that it
// names.
func (c *change) losesInside(s *relations.Schema, t *updateTarget) string {
	many := t.relation.Kind == relations.EmbedsMany && !t.element
	switch c.operator {
	case "$unset":
		if t.element {
			return "would have null for an element by $unset: remove the element by $pull"
		}
		return "" // nothing is left that could lack a field
	case "$set", "$min", "$max":
		values := []bson.RawValue{c.value}
		if many {
			if bsonpath.IsAbsent(c.value) {
				return ""
			}
			if c.value.Type != bson.TypeArray {
				return "would be no array by " + c.operator + ": set it to an array of documents"
			}
			values, _ = bson.Raw(c.value.Value).Values()
		}
		return lackingValues(s, t, c.operator, values)
	case "$push", "$addToSet":
		return lackingValues(s, t, c.operator, c.pushed())
	case "$rename":
		if c.renamed() {
			return "would be what another field holds, by $rename, which may lack a required field: " +
				"set it by $set"
		}
		return ""
	case "$setOnInsert", "$pull", "$pullAll", "$pop":
		return ""
	default:
		return unjudgedOperator(c.operator)
	}
}

func unjudgedOperator(operator string) string {
	return "would be changed by " + operator + ", which cannot be judged: set it by $set"
}

// lackingValues says what values lack that are to be embedded documents.
func lackingValues(
	s *relations.Schema, t *updateTarget, operator string, values []bson.RawValue,
) string {
	for _, v := range values {
		if v.Type != bson.TypeEmbeddedDocument {
			return "would be, or hold, no document by " + operator +
				": set it to a document with all required fields"
		}
		if path := lackingInside(s, t.inner, v.Value, t.field+"."); path != "" {
			return "would lack " + strconv.Quote(path) + ", or have null there, by " + operator +
				": add it to the document"
		}
	}
	return ""
}

// renamed reports whether the path of a $rename is the one that the field gets.
func (c *change) renamed() bool {
	to, ok := c.value.StringValueOK()
	return ok && to == strings.Join(c.path, ".")
}

// pushed returns the elements that $push or $addToSet add.
func (c *change) pushed() []bson.RawValue {
	if document, ok := c.value.DocumentOK(); ok {
		if each, ok := document.Lookup("$each").ArrayOK(); ok {
			values, _ := each.Values()
			return values
		}
	}
	return []bson.RawValue{c.value}
}

// pipelineLoses says which required field a pipeline touches. What it makes of a field is not
// known.
func (u *Update) pipelineLoses(s *relations.Schema, t *relations.Type) string {
	for _, stage := range u.stages {
		operators, _ := stage.Elements()
		for _, operator := range operators {
			paths, ok := stagePaths(operator.Key(), operator.Value())
			if !ok {
				return "a required field may be lost by the stage " + strconv.Quote(operator.Key()) +
					", which cannot be judged: use an update document with $set and $unset"
			}
			for _, path := range paths {
				target := findTarget(s, t, strings.Split(path, "."))
				if target.field != "" {
					return strconv.Quote(target.field) + " is changed by an update pipeline, " +
						"which cannot be judged: leave it out of the pipeline, " +
						"and set it by an update document with $set"
				}
			}
		}
	}
	return ""
}

// stagePaths returns the paths that a stage of an update pipeline changes; false if it may change
// any.
func stagePaths(operator string, v bson.RawValue) (paths []string, ok bool) {
	switch operator {
	case "$set", "$addFields":
		document, ok := v.DocumentOK()
		elements, err := document.Elements()
		for _, e := range elements {
			paths = append(paths, e.Key())
		}
		return paths, ok && err == nil
	case "$unset":
		if path, ok := v.StringValueOK(); ok {
			return []string{path}, true
		}
		array, ok := v.ArrayOK()
		if !ok {
			return nil, false
		}
		values, err := array.Values()
		for _, v := range values {
			path, isText := v.StringValueOK()
			if !isText {
				return nil, false
			}
			paths = append(paths, path)
		}
		return paths, err == nil
	default:
		return nil, false
	}
}
