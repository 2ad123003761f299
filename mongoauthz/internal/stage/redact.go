package stage

import "go.mongodb.org/mongo-driver/v2/bson"

// Hidden stands for a value that is not shown.
const Hidden = "?"

// Redact returns stages with [Hidden] in the place of every value, but for those of sorting, paging
// and counting. It hides the values of all types, numbers and strings included: what of a caller's
// stage is a name and what is a value, nobody knows.
func Redact(stages []bson.D) []bson.D {
	out := make([]bson.D, len(stages))
	for i, s := range stages {
		out[i] = redactStage(s)
	}
	return out
}

func redactStage(stage bson.D) bson.D {
	switch stage[0].Key {
	case "$sort", "$skip", "$limit", "$count":
		return stage
	}
	var plain bson.D // maps, structs and raw BSON as documents
	raw, err := bson.Marshal(stage)
	if err == nil {
		err = bson.Unmarshal(raw, &plain)
	}
	if err != nil {
		return bson.D{{Key: stage[0].Key, Value: Hidden}}
	}
	return redact(plain).(bson.D)
}

// redact returns v with its values hidden, and a long list of values as one.
func redact(v any) any {
	switch v := v.(type) {
	case bson.D:
		out := make(bson.D, len(v))
		for i, e := range v {
			out[i] = bson.E{Key: e.Key, Value: redact(e.Value)}
		}
		return out
	case bson.A:
		out := make(bson.A, 0, len(v))
		for _, e := range v {
			r := redact(e)
			if r == Hidden && len(out) > 0 && out[len(out)-1] == Hidden {
				continue
			}
			out = append(out, r)
		}
		return out
	default:
		return Hidden
	}
}
