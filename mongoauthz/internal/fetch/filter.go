package fetch

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ByID returns the filter for the document with an _id. The operator keeps an _id that looks like
// one from being read as such.
func ByID(id bson.RawValue) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}}
}

// Filter returns the filter for the documents in which every match holds, or more.
func Filter(match []evaluate.Match) bson.D {
	switch len(match) {
	case 0:
		return bson.D{}
	case 1:
		return Matching(match[0])
	}
	all := make(bson.A, len(match))
	for i, m := range match {
		all[i] = Matching(m)
	}
	return bson.D{{Key: "$and", Value: all}}
}

// Matching returns the filter for the documents in which a match holds. Its keys may be any that
// were stored: $in would read a regular expression as a pattern, and refuses a document that looks
// like an operator.
func Matching(m evaluate.Match) bson.D {
	plain, alternatives := bson.A{}, bson.A{}
	for _, key := range m.Keys {
		switch {
		case key.Type == bson.TypeUndefined: // which no operator compares with
			is := bson.D{{Key: "$type", Value: int32(bson.TypeUndefined)}}
			alternatives = append(alternatives, bson.D{{Key: m.Field, Value: is}})
		case key.Type == bson.TypeRegex, looksLikeOperator(key):
			is := bson.D{{Key: "$eq", Value: key}}
			alternatives = append(alternatives, bson.D{{Key: m.Field, Value: is}})
		default:
			plain = append(plain, key)
		}
	}
	if len(plain) > 0 || len(alternatives) == 0 {
		in := bson.D{{Key: m.Field, Value: bson.D{{Key: "$in", Value: plain}}}}
		alternatives = append(bson.A{in}, alternatives...)
	}
	if len(alternatives) == 1 {
		return alternatives[0].(bson.D)
	}
	return bson.D{{Key: "$or", Value: alternatives}}
}

// looksLikeOperator reports whether a value is a document whose first name begins with $.
func looksLikeOperator(v bson.RawValue) bool {
	return v.Type == bson.TypeEmbeddedDocument && len(v.Value) > 5 && v.Value[5] == '$'
}

// Split splits what is asked for until no part has more bytes of keys than the limit, or but one
// key a field. A document that is asked for is asked for by one of the parts.
func Split(match []evaluate.Match, limit int) [][]evaluate.Match {
	total, largest, most := 0, -1, 0
	for i, m := range match {
		n := 0
		for _, key := range m.Keys {
			n += len(key.Value) + len(m.Field) + 48 // which covers the operators and indexes around it
		}
		total += n
		if len(m.Keys) > 1 && n > most {
			largest, most = i, n
		}
	}
	if total <= limit || largest < 0 {
		return [][]evaluate.Match{match}
	}
	keys := match[largest].Keys
	var parts [][]evaluate.Match
	for _, half := range [][]bson.RawValue{keys[:len(keys)/2], keys[len(keys)/2:]} {
		part := slices.Clone(match)
		part[largest].Keys = half
		parts = append(parts, Split(part, limit)...)
	}
	return parts
}
