package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/advise"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Index is an index that the queries of plans need, and what for. Treat its values as read-only.
type Index struct {
	Collection string
	Keys       bson.D   // fields, each with 1 or -1, as int32
	Reasons    []string // one for each part of a query that it serves; names, and no values

	serves []advise.Access
}

// String returns the index as the shell writes it, such as "books {owner: 1, published: -1}".
func (ix Index) String() string {
	var b strings.Builder
	b.WriteString(ix.Collection + " {")
	for i, e := range ix.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s: %v", e.Key, e.Value)
	}
	return b.String() + "}"
}

// Listing is a plan whose documents are listed, and how.
type Listing struct {
	Plan       *Plan
	Resolution *Resolution // of the plan, where keys are read first; nil where all joins stay
	Sort       bson.D      // fields, each with 1 or -1, as int32; empty: as they come
}

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
	a := advise.NewAdvisor(s)
	for _, l := range listings {
		for _, e := range l.Sort {
			if e.Value != int32(1) && e.Value != int32(-1) {
				return nil, unsupported("a direction that is neither 1 nor -1")
			}
		}
		if l.Plan.Outcome() != filter.Denied {
			var queries *keyquery.Queries
			if l.Resolution.made() && l.Resolution.plan.of == l.Plan.of {
				queries = l.Resolution.queries
			}
			a.Listing(l.Plan.of, queries, l.Sort)
		}
	}
	advice := a.Indexes()
	out := make([]Index, len(advice))
	for i, ix := range advice {
		out[i] = Index{ix.Collection, ix.Keys, ix.Reasons, ix.Serves}
	}
	return out, nil
}

// ServedBy reports whether, of indexes with such keys, there is one for each part of a query that ix is for. They must be plain ones: neither
// sparse, partial nor hidden, and of the collation that the queries run with. An index of another kind (text, hashed, wildcard) serves nothing.
func (ix Index) ServedBy(live ...bson.D) bool {
	serves := ix.serves
	if len(serves) == 0 { // made by hand
		serves = []advise.Access{advise.InOrder(ix.Keys)}
	}
	return !slices.ContainsFunc(serves, func(a advise.Access) bool {
		return !slices.ContainsFunc(live, func(keys bson.D) bool { return a.ServedBy(keys) })
	})
}
