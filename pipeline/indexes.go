package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Index is an index that the queries of plans need, and what for. Treat its values as read-only.
type Index struct {
	Collection string
	Keys       bson.D   // fields, each with 1 or -1, as int32
	Reasons    []string // one for each part of a query that it serves; names, and no values

	serves []access
}

// Listing is a plan whose documents are listed, and how.
type Listing struct {
	Plan       *Plan
	Resolution *Resolution // of the plan, where keys are read first; nil where all joins stay
	Sort       bson.D      // fields, each with 1 or -1, as int32; empty: as they come
}

// maxIndexFields is how many fields an index is made of at most; more hardly narrow it any further.
const maxIndexFields = 8

// Indexes returns the indexes that the listings need, by collection, each served by as few as it may be. They are those by which the server
//
//   - finds the documents of a clause, by the fields that it compares for equality, and the scope's: an $or needs one for each of its branches,
//     or reads the whole collection. What is compared by order or by the beginning of a string counts only where nothing else does;
//   - has them in the order of the listing, where no join is left: the sort fields stand last. An index that ends in _id serves a sort that does;
//   - joins, by the foreign field;
//   - reads the keys of the [Resolution], from the values of the filter towards the plan's collection, and finds the documents that have these
//     keys: by the keys, and of too many of them in the order of the listing;
//   - decides about one document, from which relations are followed as the filter is written, by the foreign fields.
//
// An index that a longer one begins with is left out, and one on _id, which is there. Only one field of an index may hold lists. A clause that compares nothing an
// index can serve (a None, a negation) has none, and makes the server read the whole collection whatever indexes there are.
//
// The schema is the one that the plans were compiled with. The same listings give the same indexes, in the same order. The error is an [*UnsupportedError]
// for a Sort with a direction that is neither 1 nor -1.
func Indexes(s *relations.Schema, listings ...Listing) ([]Index, error) {
	a := &advisor{schema: s}
	for _, l := range listings {
		for _, e := range l.Sort {
			if e.Value != int32(1) && e.Value != int32(-1) {
				return nil, unsupported("a direction that is neither 1 nor -1")
			}
		}
		if l.Plan.Outcome() != filter.Denied {
			a.listing(l)
		}
	}
	return a.indexes(), nil
}

// ServedBy reports whether, of indexes with such keys, there is one for each part of a query that ix is for. They must be plain ones: neither
// sparse, partial nor hidden, and of the collation that the queries run with. An index of another kind (text, hashed, wildcard) serves nothing.
func (ix Index) ServedBy(live ...bson.D) bool {
	serves := ix.serves
	if len(serves) == 0 { // made by hand
		serves = []access{{sort: ix.Keys}}
	}
	return !slices.ContainsFunc(serves, func(a access) bool {
		return !slices.ContainsFunc(live, func(keys bson.D) bool { return a.servedBy(keys) })
	})
}

// access is one way in which a collection is read.
type access struct {
	collection string
	equal      []string // fields that are compared for equality: at the beginning of the index, in any order
	sort       bson.D   // what follows them
	reason     string
}

// servedBy reports whether an index with such keys serves the access.
func (a access) servedBy(keys bson.D) bool {
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

// indexes packs the accesses into indexes: those of the fewest fields first, and what an index can be made to serve by adding fields to it
// is added to it.
func (a *advisor) indexes() []Index {
	slices.SortStableFunc(a.accesses, func(x, y access) int {
		return cmp.Or(cmp.Compare(x.collection, y.collection), cmp.Compare(len(x.sort), len(y.sort)), cmp.Compare(len(x.equal), len(y.equal)))
	})
	var out []Index
	for _, x := range a.accesses {
		at := slices.IndexFunc(out, func(ix Index) bool { return ix.Collection == x.collection && x.servedBy(ix.Keys) })
		if at < 0 {
			at = extendable(out, x)
		}
		if at < 0 {
			at = len(out)
			out = append(out, Index{Collection: x.collection})
		}
		ix := &out[at]
		if !x.servedBy(ix.Keys) {
			for _, field := range x.equal {
				if !slices.ContainsFunc(ix.Keys, func(e bson.E) bool { return e.Key == field }) {
					ix.Keys = append(ix.Keys, bson.E{Key: field, Value: int32(1)})
				}
			}
			ix.Keys = append(ix.Keys, x.sort...)
		}
		ix.serves = append(ix.serves, x)
		if !slices.Contains(ix.Reasons, x.reason) {
			ix.Reasons = append(ix.Reasons, x.reason)
		}
	}
	slices.SortFunc(out, func(x, y Index) int {
		return cmp.Or(cmp.Compare(x.Collection, y.Collection), slices.CompareFunc(x.Keys, y.Keys, func(p, q bson.E) int {
			return cmp.Or(cmp.Compare(p.Key, q.Key), cmp.Compare(q.Value.(int32), p.Value.(int32)))
		}))
	})
	return out
}

// extendable returns the longest index all of whose fields the access compares for equality, -1 if there is none.
func extendable(indexes []Index, x access) int {
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
