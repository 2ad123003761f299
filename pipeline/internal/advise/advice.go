package advise

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// advice is an index that the accesses it serves need.
type advice struct {
	Collection string
	Keys       bson.D
	Reasons    []string
	Serves     []Access
}

func NewAdvisor(s *relations.Schema) *advisor { return &advisor{schema: s} }

// InOrder is the access of a collection in an order.
func InOrder(sort bson.D) Access { return Access{sort: sort} }

// maxIndexFields is how many fields an index is made of at most; more hardly narrow it any further.
const maxIndexFields = 8

// Access is one way in which a collection is read.
type Access struct {
	collection string
	equal      []string // fields that are compared for equality: at the beginning of the index, in any order
	sort       bson.D   // what follows them
	reason     string
}

// ServedBy reports whether an index with such keys serves the access.
func (a Access) ServedBy(keys bson.D) bool {
	n := len(a.equal)
	if len(keys) < n+len(a.sort) {
		return false
	}
	directions := make([]int, len(keys))
	for i, e := range keys {
		ok := false
		if directions[i], ok = directionOf(e.Value); !ok || strings.HasSuffix(e.Key, "$**") {
			return false
		}
	}
	for _, e := range keys[:n] {
		if !slices.Contains(a.equal, e.Key) {
			return false
		}
	}
	along := 0 // an index is read in its order, or against it
	for i, e := range a.sort {
		direction, _ := directionOf(e.Value)
		if keys[n+i].Key != e.Key {
			return false
		}
		if product := direction * directions[n+i]; along == 0 {
			along = product
		} else if along != product {
			return false
		}
	}
	return true
}

// directionOf reads a direction in a type that servers and people write it in.
func directionOf(v any) (int, bool) {
	var f float64
	switch v := v.(type) {
	case int32:
		f = float64(v)
	case int64:
		f = float64(v)
	case int:
		f = float64(v)
	case float64:
		f = v
	default:
		return 0, false
	}
	return cmp.Compare(f, 0), f > 0 || f < 0
}

// Indexes packs the accesses into indexes: those of the fewest fields first, and what an index can
// be made to serve by adding fields to it is added to it.
func (a *advisor) Indexes() []advice {
	slices.SortStableFunc(a.accesses, func(x, y Access) int {
		return cmp.Or(cmp.Compare(x.collection, y.collection), cmp.Compare(len(x.sort), len(y.sort)), cmp.Compare(len(x.equal), len(y.equal)))
	})
	var out []advice
	for _, x := range a.accesses {
		at := slices.IndexFunc(out, func(ix advice) bool { return ix.Collection == x.collection && x.ServedBy(ix.Keys) })
		if at < 0 {
			at = extendable(out, x)
		}
		if at < 0 {
			at = len(out)
			out = append(out, advice{Collection: x.collection})
		}
		ix := &out[at]
		if !x.ServedBy(ix.Keys) {
			for _, field := range x.equal {
				if !slices.ContainsFunc(ix.Keys, func(e bson.E) bool { return e.Key == field }) {
					ix.Keys = append(ix.Keys, bson.E{Key: field, Value: int32(1)})
				}
			}
			ix.Keys = append(ix.Keys, x.sort...)
		}
		ix.Serves = append(ix.Serves, x)
		if !slices.Contains(ix.Reasons, x.reason) {
			ix.Reasons = append(ix.Reasons, x.reason)
		}
	}
	slices.SortFunc(out, func(x, y advice) int {
		return cmp.Or(cmp.Compare(x.Collection, y.Collection), slices.CompareFunc(x.Keys, y.Keys, func(p, q bson.E) int {
			return cmp.Or(cmp.Compare(p.Key, q.Key), cmp.Compare(q.Value.(int32), p.Value.(int32)))
		}))
	})
	return out
}

// extendable returns the longest index all of whose fields the access compares for equality, -1 if
// there is none.
func extendable(indexes []advice, x Access) int {
	best, most := -1, 0
	for i, ix := range indexes {
		within := ix.Collection == x.collection && len(ix.Keys) > most
		for _, e := range ix.Keys {
			within = within && slices.Contains(x.equal, e.Key)
		}
		if within {
			best, most = i, len(ix.Keys)
		}
	}
	return best
}
