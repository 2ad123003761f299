package pipeline

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// merger makes the AND of query documents.
type merger struct {
	out            bson.D
	exprs, clashes bson.A
}

func (m *merger) add(q bson.D) {
	for _, e := range q {
		switch {
		case e.Key == "$expr":
			m.exprs = appendConjuncts(m.exprs, e.Value)
		case e.Key == "$nor" && appendTo(m.out, e):
		case e.Key == "$and":
			m.clashes = append(m.clashes, e.Value.(bson.A)...)
		case !mergeKey(&m.out, e):
			m.clashes = append(m.clashes, bson.D{e})
		}
	}
}

// appendTo adds the branches of a $nor to the one that is there, if there is.
func appendTo(q bson.D, e bson.E) bool {
	for i := range q {
		if q[i].Key == e.Key {
			have := q[i].Value.(bson.A)
			q[i].Value = append(have[:len(have):len(have)], e.Value.(bson.A)...)
			return true
		}
	}
	return false
}

// mergeKey adds a condition to a query document. It reports false where the key is taken and the operators clash.
func mergeKey(dst *bson.D, e bson.E) bool {
	for i := range *dst {
		have := &(*dst)[i]
		if have.Key != e.Key {
			continue
		}
		a, okA := have.Value.(bson.D)
		b, okB := e.Value.(bson.D)
		if e.Key[0] == '$' || !okA || !okB {
			return false
		}
		merged := a[:len(a):len(a)]
		for _, op := range b {
			clash := false
			for _, other := range a {
				if other.Key == op.Key {
					if !equalValue(other.Value, op.Value) {
						return false
					}
					clash = true
				}
			}
			// $regex and $type belong to one value only where they stand alone; $elemMatch binds its own.
			if !clash {
				merged = append(merged, op)
			}
		}
		have.Value = merged
		return true
	}
	*dst = append(*dst, e)
	return true
}

func (m *merger) query() bson.D {
	switch len(m.exprs) {
	case 0:
	case 1:
		m.out = append(m.out, bson.E{Key: "$expr", Value: m.exprs[0]})
	default:
		m.out = append(m.out, bson.E{Key: "$expr", Value: d("$and", m.exprs)})
	}
	if len(m.clashes) == 1 { // an $and of one would do, but the two belong together
		for i, e := range m.out {
			if e.Key == m.clashes[0].(bson.D)[0].Key {
				m.clashes = append(bson.A{bson.D{e}}, m.clashes...)
				m.out = append(m.out[:i], m.out[i+1:]...)
				break
			}
		}
	}
	if len(m.clashes) > 0 {
		m.out = append(m.out, bson.E{Key: "$and", Value: m.clashes})
	}
	return m.out
}
