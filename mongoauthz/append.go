package mongoauthz

import (
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Append returns the query with stages added at the end, where they see authorized documents only,
// in their original shape. q stays as it is. The stages are encoded here, by the schema's encoding,
// and what is checked is what is sent: neither later changes of the Go values nor the client's own
// registry have an effect.
//
// Accepted are the stages that stay inside their input: $addFields, $bucket, $bucketAuto, $count,
// $densify, $facet (its pipelines are checked likewise), $fill, $group, $limit, $match, $project,
// $redact, $replaceRoot, $replaceWith, $sample, $set, $setWindowFields, $skip, $sort, $sortByCount,
// $unset and $unwind. Every other stage is refused unless [WithStages] names it: those that read
// other collections or this one again ($lookup, $graphLookup, $unionWith, $documents), write ($out,
// $merge), or must come first ($search, $geoNear, $changeStream). So is a $match with $text, which
// must come first, or with $near or $nearSphere, which no pipeline takes. JavaScript ($function,
// $accumulator, $where) and the server's internal operators are refused wherever they stand, in
// data too.
//
// To search, run the search by itself for the _ids, and append {"$match": {"_id": {"$in": ids}}}.
//
// What an expression compares or returns is not checked, and need not be. But the server may
// evaluate an appended $match before ours: one whose expression can fail, by a division or a
// conversion, may fail on a document that is not authorized. Do not show such errors to actors.
//
// The error is a [*StageError] that says which stage and why.
func (q *Query) Append(stages ...bson.D) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	own := make([]bson.D, len(stages))
	for i, s := range stages {
		where := "stage " + strconv.Itoa(i+1)
		copied, ok := driver.Clone(s)
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
		if refusal := q.az.stages.Check(raw, where); refusal != nil {
			return nil, (*StageError)(refusal)
		}
		checked := raw.Index(0)
		own[i] = bson.D{{Key: checked.Key(), Value: checked.Value()}}
	}
	return q.with(own...), nil
}

// with returns q followed by stages that nobody else holds.
func (q *Query) with(stages ...bson.D) *Query {
	next := *q
	next.appended = slices.Concat(q.appended, stages)
	return &next
}
