package page

import (
	"errors"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Order returns a sort with _id at its end, unless it is there, and with directions as int32. The
// error says why the sort is none.
func Order(sort bson.D) (bson.D, error) {
	out := make(bson.D, 0, len(sort)+1)
	seen := make(map[string]bool, len(sort)+1)
	for _, e := range sort {
		direction, ok := Direction(e.Value)
		switch {
		case !ok:
			return nil, errors.New("a direction is neither 1 nor -1")
		case e.Key == "" || e.Key[0] == '$':
			return nil, errors.New("a key is no field")
		case seen[e.Key]:
			return nil, errors.New("a field is there twice")
		}
		seen[e.Key] = true
		out = append(out, bson.E{Key: e.Key, Value: direction})
	}
	if !seen["_id"] {
		out = append(out, bson.E{Key: "_id", Value: int32(1)})
	}
	return out, nil
}

// Direction returns 1 or -1 for a direction of a sort, of whatever type. It is not ok for anything
// else.
func Direction(v any) (direction int32, ok bool) {
	switch v {
	case 1, int32(1), int64(1), float64(1):
		return 1, true
	case -1, int32(-1), int64(-1), float64(-1):
		return -1, true
	default:
		return 0, false
	}
}

// toID returns the fields of an order up to _id: what follows it decides nothing.
func toID(order bson.D) bson.D {
	for i, e := range order {
		if e.Key == "_id" {
			return order[:i+1]
		}
	}
	return order
}

// Stages returns the stages that keep, of documents in an order, those up to a limit after the
// first ones that are skipped.
func Stages(order bson.D, skip, limit int64) []bson.D {
	stages := []bson.D{{{Key: "$sort", Value: order}}}
	if skip == 0 {
		return append(stages, bson.D{{Key: "$limit", Value: limit}})
	}
	limit = min(limit, math.MaxInt64-skip)
	// The limit stands before the $skip, so that servers that do not put it there themselves keep
	// no more than the page while they sort.
	return append(stages, bson.D{{Key: "$limit", Value: skip + limit}}, bson.D{{Key: "$skip", Value: skip}})
}
