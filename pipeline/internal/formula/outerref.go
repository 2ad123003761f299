package formula

import (
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// OuterRef says that a value outside is a key, or holds keys, that the graph has at a ref of its
// own.
type OuterRef struct {
	Outside Ref
	List    bool // outside is a list of keys
	At      Ref
	Type    relations.ValueType // of a comparison of two fields; AnyType for the key of a relation
	Typed   bool                // it is a comparison of two fields
}

// KeyQuery is one pipeline of a resolution.
type KeyQuery struct {
	Collection string
	Stages     []mql.Stage
	Outer      int
}

// KeyLookup says that what is outside is among the keys of a join graph, which one $lookup brings
// that depends on no document: the server reads them once, where joins inside joins would run for
// each document.
type KeyLookup struct {
	Outer []OuterRef
	Query KeyQuery
}

func (*KeyLookup) node() {}

// HoldsKey says that the foreign value of a join is, or holds, its key.
type HoldsKey struct {
	Key JoinKey
	Of  *Variable // whose foreign field it is; nil: that of the scope's own document
}

func (HoldsKey) node() {}

// Among says that the value outside is, or holds, one of the keys, which are sorted and stay as
// they are.
func (t OuterRef) Among(keys []bson.RawValue) Node {
	if t.Typed {
		keys = slices.DeleteFunc(slices.Clone(keys), func(v bson.RawValue) bool { return Class(v) != Alias(t.Type) })
	}
	l := Leaf{Op: filter.In, Type: t.Type, List: t.List, Strict: t.Typed, Values: mql.List{Values: keys}}
	switch len(keys) {
	case 0:
		return Constant(false)
	case 1:
		l.Op, l.Value, l.Values = filter.Eq, mql.Value{Literal: keys[0]}, mql.List{}
	}
	return &Test{Ref: t.Outside, Kind: SurelyTrue, Leaf: l}
}

// GroupKey names what a group has of an outer reference that is not the last.
func GroupKey(ref int) string { return "k" + strconv.Itoa(ref) }
