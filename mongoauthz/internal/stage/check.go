package stage

import (
	"maps"
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// AllowList holds the names of the stages that are accepted.
type AllowList map[string]bool

// Inside returns the stages that read nothing but the documents they are given, and write nothing.
func Inside() AllowList { return maps.Clone(inside) }

// Of these, $facet alone holds pipelines.
var inside = AllowList{
	"$addFields": true, "$bucket": true, "$bucketAuto": true, "$count": true, "$densify": true,
	"$facet": true, "$fill": true, "$group": true, "$limit": true, "$match": true, "$project": true,
	"$redact": true, "$replaceRoot": true, "$replaceWith": true, "$sample": true, "$set": true,
	"$setWindowFields": true, "$skip": true, "$sort": true, "$sortByCount": true, "$unset": true,
	"$unwind": true,
}

// Refusal says which stage is refused, and why.
type Refusal struct {
	Stage   string // its name; empty where it has no single name
	Where   string // such as "stage 2" or "stage 1, $facet.total, stage 1", counted from 1
	Problem string // never a value of the caller's
}

// Check returns a refusal unless the stage stays inside its input, and can follow others. Where says
// which stage it is.
func (l AllowList) Check(stage bson.Raw, where string) *Refusal { return l.check(stage, where, true) }

// check is Check; follows says that the stage is one of the query's own pipeline, which others
// precede.
func (l AllowList) check(stage bson.Raw, where string, follows bool) *Refusal {
	fields, err := stage.Elements()
	if err != nil || len(fields) != 1 {
		return &Refusal{Where: where, Problem: "a stage has one field, its name"}
	}
	name, body := fields[0].Key(), fields[0].Value()
	if !l[name] {
		return &Refusal{Stage: name, Where: where, Problem: instead(name)}
	}
	if operator, ok := RunsCode(body, 1); !ok {
		return &Refusal{Stage: name, Where: where, Problem: "holds broken BSON, or is nested too deeply"}
	} else if operator != "" {
		return &Refusal{Stage: name, Where: where, Problem: "holds " + strconv.Quote(operator)}
	}
	if query, isDoc := body.DocumentOK(); isDoc && name == "$match" && follows {
		if operator := mustComeFirst(query); operator != "" {
			return &Refusal{Stage: name, Where: where, Problem: "holds " + strconv.Quote(operator) + ", " + cannotFollow[operator]}
		}
	}
	if inside[name] && name != "$facet" {
		return nil // its fields are the caller's
	}
	inner, ok := pipelines(name, body)
	if !ok {
		return &Refusal{Stage: name, Where: where, Problem: "holds something else than pipelines: give each field an array of stages"}
	}
	for _, p := range inner {
		for i, stage := range p.stages {
			at := where + ", " + p.path + ", stage " + strconv.Itoa(i+1)
			if refusal := l.check(stage, at, follows && name == "$facet"); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// RunsCode returns the first operator below v that runs JavaScript or is internal to the server.
// The depth is that of v in its command. ok is false for broken BSON, and for BSON nested deeper
// than driver.MaxDepth, which servers refuse.
func RunsCode(v bson.RawValue, depth int) (operator string, ok bool) {
	var doc bson.Raw
	switch v.Type {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		doc = bson.Raw(v.Value)
	default:
		return "", true
	}
	if depth > driver.MaxDepth {
		return "", false
	}
	fields, err := doc.Elements()
	if err != nil {
		return "", false
	}
	for _, field := range fields {
		switch key := field.Key(); {
		case v.Type == bson.TypeArray:
		case key == "$function", key == "$accumulator", key == "$where", strings.HasPrefix(key, "$_internal"):
			return key, true
		}
		if operator, ok := RunsCode(field.Value(), depth+1); operator != "" || !ok {
			return operator, ok
		}
	}
	return "", true
}

// subPipeline is a pipeline inside a stage.
type subPipeline struct {
	path   string // such as "$facet.total"
	stages []bson.Raw
}

// pipelines returns the pipelines inside a stage: those of $facet, or of a stage that is not of
// [Inside]. It is not ok where a $facet, or the input of such a stage, holds anything else.
func pipelines(stage string, body bson.RawValue) (found []subPipeline, ok bool) {
	doc, isDoc := body.DocumentOK()
	if !isDoc {
		return nil, stage != "$facet"
	}
	fields, err := doc.Elements()
	if err != nil {
		return nil, false
	}
	for _, field := range fields {
		key := field.Key()
		if input, isDoc := field.Value().DocumentOK(); isDoc && key == "input" && stage != "$facet" {
			of, ok := fused(input, stage+".input")
			if !ok {
				return nil, false
			}
			found = append(found, of...)
		}
		if stage != "$facet" && key != "pipeline" && key != "whenMatched" {
			continue
		}
		stages, isArray := bsonpath.Documents(field.Value())
		switch {
		case isArray:
			found = append(found, subPipeline{path: stage + "." + key, stages: stages})
		case stage == "$facet":
			return nil, false
		}
	}
	return found, true
}

// fused returns the pipelines that are by name in a document "pipelines" below the input of a
// stage, as $rankFusion and $scoreFusion have them.
func fused(input bson.Raw, path string) (found []subPipeline, ok bool) {
	fields, err := input.Elements()
	if err != nil {
		return nil, false
	}
	for _, field := range fields {
		doc, isDoc := field.Value().DocumentOK()
		if !isDoc {
			continue
		}
		at := path + "." + field.Key()
		if field.Key() != "pipelines" {
			of, ok := fused(doc, at)
			if !ok {
				return nil, false
			}
			found = append(found, of...)
			continue
		}
		named, err := doc.Elements()
		if err != nil {
			return nil, false
		}
		for _, p := range named {
			stages, isArray := bsonpath.Documents(p.Value())
			if !isArray {
				return nil, false
			}
			found = append(found, subPipeline{path: at + "." + p.Key(), stages: stages})
		}
	}
	return found, true
}
