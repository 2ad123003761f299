package differential_test

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func withoutUnset(stages []bson.D) []bson.D {
	if last := len(stages) - 1; stages[last][0].Key == "$unset" {
		return stages[:last]
	}
	return stages
}

// unwound is what a compiler does that unwinds what it joined.
func unwound(stages []bson.D) []bson.D {
	var out []bson.D
	for _, s := range stages {
		if s[0].Key == "$unset" {
			helper, ok := s[0].Value.(string)
			if !ok {
				helper = s[0].Value.(bson.A)[0].(string)
			}
			out = append(out, bson.D{{Key: "$unwind", Value: bson.D{{Key: "path", Value: "$" + helper}, {Key: "preserveNullAndEmptyArrays", Value: true}}}})
		}
		if s[0].Key == "$lookup" {
			for i, e := range s[0].Value.(bson.D) {
				if sub, ok := e.Value.([]bson.D); ok {
					s[0].Value.(bson.D)[i].Value = sub[:len(sub)-2]
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// onOperators applies a mistake to every operator document (the value of a field in a query).
func onOperators(change func(bson.D) bson.D) func([]bson.D) []bson.D {
	return onQueries(func(q bson.D) bson.D {
		out := q[:0]
		for _, e := range q {
			if ops, ok := e.Value.(bson.D); ok && !strings.HasPrefix(e.Key, "$") {
				if ops = change(ops); len(ops) == 0 {
					continue // nothing asked of the field any more
				}
				e.Value = ops
			}
			out = append(out, e)
		}
		return out
	})
}

// onQueries applies a mistake to every document in the $match stages, the inner ones of $lookup included.
func onQueries(change func(bson.D) bson.D) func([]bson.D) []bson.D {
	var value func(v any) any
	value = func(v any) any {
		switch v := v.(type) {
		case bson.D:
			for i, e := range v {
				if e.Key != "$expr" && e.Key != "let" {
					v[i].Value = value(e.Value)
				}
			}
			return change(v)
		case bson.A:
			for i := range v {
				v[i] = value(v[i])
			}
		case []bson.D:
			for i := range v {
				v[i] = value(v[i]).(bson.D)
			}
		}
		return v
	}
	return func(stages []bson.D) []bson.D { return value(stages).([]bson.D) }
}

// onExpressions applies a mistake everywhere.
func onExpressions(change func(bson.D) any) func([]bson.D) []bson.D {
	var value func(v any) any
	value = func(v any) any {
		switch v := v.(type) {
		case bson.D:
			for i, e := range v {
				v[i].Value = value(e.Value)
			}
			return change(v)
		case bson.A:
			for i := range v {
				v[i] = value(v[i])
			}
		case []bson.D:
			for i := range v {
				v[i] = value(v[i]).(bson.D)
			}
		}
		return v
	}
	return func(stages []bson.D) []bson.D { return value(stages).([]bson.D) }
}

func withoutLiteral(d bson.D) any {
	if len(d) == 1 && d[0].Key == "$literal" {
		return d[0].Value
	}
	return d
}

func is(d bson.D, keys ...string) bool {
	if len(d) != len(keys) {
		return false
	}
	for i := range d {
		if d[i].Key != keys[i] {
			return false
		}
	}
	return true
}

func withoutKeyGuard(ops bson.D) bson.D {
	if is(ops, "$ne", "$not") && ops[0].Value == nil {
		return nil
	}
	return ops
}

func withoutIDGuard(q bson.D) bson.D {
	for i, e := range q {
		if ops, ok := e.Value.(bson.D); ok && e.Key == "_id" && is(ops, "$ne") && ops[0].Value == nil {
			return append(append(bson.D{}, q[:i]...), q[i+1:]...)
		}
	}
	return q
}

func withoutElemMatch(q bson.D) bson.D {
	var out bson.D
	for _, e := range q {
		ops, ok := e.Value.(bson.D)
		if !ok || !is(ops, "$elemMatch") || strings.HasPrefix(e.Key, "$") {
			out = append(out, e)
			continue
		}
		inner, ok := ops[0].Value.(bson.D)
		if !ok || len(inner) == 0 || strings.HasPrefix(inner[0].Key, "$") {
			out = append(out, e)
			continue
		}
		for _, c := range inner {
			if strings.HasPrefix(c.Key, "$") {
				return q
			}
			out = append(out, bson.E{Key: e.Key + "." + c.Key, Value: c.Value})
		}
	}
	return out
}

// withoutType turns "of that type and not that value" into "not that value", which holds for what is missing.
func withoutType(ops bson.D) bson.D {
	if is(ops, "$type", "$ne", "$not") || is(ops, "$type", "$nin", "$not") {
		return bson.D{ops[1]}
	}
	return ops
}

func withoutKnownList(ops bson.D) bson.D {
	if len(ops) > 1 && ops[0].Key == "$type" && ops[0].Value == "array" && ops[1].Key == "$ne" && ops[1].Value == nil {
		return ops[2:]
	}
	return ops
}

func withoutKnownDocuments(ops bson.D) bson.D {
	if len(ops) > 1 && ops[0].Key == "$type" && ops[0].Value == "array" && ops[1].Key == "$not" {
		if js, err := bson.MarshalExtJSON(ops[1].Value, false, false); err == nil && string(js) == `{"$elemMatch":{"$not":{"$type":"object"}}}` {
			return ops[2:]
		}
	}
	return ops
}

func withoutNotArray(ops bson.D) bson.D {
	last := len(ops) - 1
	if last < 0 || ops[last].Key != "$not" {
		return ops
	}
	if js, err := bson.MarshalExtJSON(ops[last].Value, false, false); err == nil && string(js) == `{"$type":"array"}` {
		return ops[:last]
	}
	return ops
}

// nullForMissing turns "missing" into "missing or null".
func nullForMissing(ops bson.D) bson.D {
	if is(ops, "$exists") && ops[0].Value == false {
		return bson.D{{Key: "$eq", Value: nil}}
	}
	return ops
}

// withoutObject leaves out that what is around a field is a document.
func withoutObject(ops bson.D) bson.D {
	if is(ops, "$type", "$not") && ops[0].Value == "object" {
		return nil
	}
	return ops
}
