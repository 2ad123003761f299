package mongoauthz

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// allowList holds the names of the stages that Append accepts.
type allowList map[string]bool

// insideStages returns the stages that read nothing but the documents they are given, and write nothing.
func insideStages() allowList {
	return allowList{
		"$addFields": true, "$bucket": true, "$bucketAuto": true, "$count": true, "$densify": true, "$facet": true, "$fill": true,
		"$group": true, "$limit": true, "$match": true, "$project": true, "$redact": true, "$replaceRoot": true, "$replaceWith": true,
		"$sample": true, "$set": true, "$setWindowFields": true, "$skip": true, "$sort": true, "$sortByCount": true, "$unset": true, "$unwind": true,
	}
}

// Append returns the query with stages added at the end, where they see authorized documents only,
// in their original shape. q stays as it is. The stages are encoded here, by the schema's encoding,
// and what is checked is what is sent: neither later changes of the Go values nor the client's own
// registry have an effect.
//
// Accepted are the stages that stay inside their input: $addFields, $bucket, $bucketAuto, $count, $densify, $facet (its pipelines
// are checked likewise), $fill, $group, $limit, $match, $project, $redact, $replaceRoot, $replaceWith, $sample, $set, $setWindowFields, $skip, $sort,
// $sortByCount, $unset and $unwind. Every other stage is refused unless [WithStages] names it: those that read other collections or
// this one again ($lookup, $graphLookup, $unionWith, $documents), write ($out, $merge), or must come first ($search, $geoNear, $changeStream).
// JavaScript ($function, $accumulator, $where) and the server's internal operators are refused wherever they stand, in data too.
//
// What an expression compares or returns is not checked, and need not be. But the server may evaluate an appended $match before ours: one
// whose expression can fail, by a division or a conversion, may fail on a document that is not authorized. Do not show such errors to actors.
//
// The error is a [*StageError] that says which stage and why.
func (q *Query) Append(stages ...bson.D) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	own := make([]bson.D, len(stages))
	for i, stage := range stages {
		where := "stage " + strconv.Itoa(i+1)
		copied, ok := driver.Clone(stage)
		if !ok {
			return nil, &StageError{Where: where, Problem: "is nested too deeply or too large"}
		}
		if len(copied) != 1 {
			return nil, &StageError{Where: where, Problem: "a stage has one field, its name"}
		}
		raw, err := q.az.encode(copied)
		if err != nil {
			return nil, &StageError{Where: where, Problem: "cannot be encoded as BSON"} // the driver's text may show values
		}
		if err := q.az.stages.check(raw, where); err != nil {
			return nil, err
		}
		checked := raw.Index(0)
		own[i] = bson.D{{Key: checked.Key(), Value: checked.Value()}}
	}
	return q.with(own...), nil
}

// check returns an error unless the stage stays inside its input.
func (l allowList) check(stage bson.Raw, where string) error {
	fields, err := stage.Elements()
	if err != nil || len(fields) != 1 {
		return &StageError{Where: where, Problem: "a stage has one field, its name"}
	}
	name, body := fields[0].Key(), fields[0].Value()
	if !l[name] {
		return &StageError{Stage: name, Where: where, Problem: "is not known to stay inside its input"}
	}
	if operator, ok := runsCode(body, 1); !ok {
		return &StageError{Stage: name, Where: where, Problem: "holds broken BSON, or is nested too deeply"}
	} else if operator != "" {
		return &StageError{Stage: name, Where: where, Problem: "holds " + strconv.Quote(operator)}
	}
	inner, ok := pipelines(name, body)
	if !ok {
		return &StageError{Stage: name, Where: where, Problem: "holds something else than pipelines"}
	}
	for _, p := range inner {
		for i, stage := range p.stages {
			if err := l.check(stage, where+", "+p.path+", stage "+strconv.Itoa(i+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

// runsCode returns the first operator below v that runs JavaScript or is internal to the server.
// The depth is that of v in its command. ok is false for broken BSON, and for BSON nested deeper
// than driver.MaxDepth, which servers refuse.
func runsCode(v bson.RawValue, depth int) (operator string, ok bool) {
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
		if operator, ok := runsCode(field.Value(), depth+1); operator != "" || !ok {
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

// pipelines returns the pipelines inside a stage: those of $facet, and of the stages that only [WithStages] lets in. ok is false
// where a $facet, or the input of such a stage, holds anything else.
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

// fused returns the pipelines that are by name in a document "pipelines" below the input of a stage, as $rankFusion and $scoreFusion have them.
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
