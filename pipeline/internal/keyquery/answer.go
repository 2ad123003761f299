package keyquery

import (
	"math"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Answer is what one read found.
type Answer struct {
	documents int             // that the stages returned
	only      []bson.RawValue // the keys, of a read with one outer reference
	groups    []group         // those of a read with more
	grouped   int             // rows that the groups were made of
	Keys      int
	bytes     int // of the keys
	Problem   string
	sorted    bool
	room      []byte // for the bytes of keys
}

func (a *Answer) tooMany(limit int) { a.refuse("more than " + strconv.Itoa(limit) + " keys") }

func (a *Answer) refuse(problem string) { a.Problem, a.only, a.groups = problem, nil, nil }

// group is keys that belong together: one set for each outer reference.
type group [][]bson.RawValue

// add takes one document. With one outer reference its k is a key; with more it has a key or an
// array of keys for each but the last, and s those of the last.
func (a *Answer) add(doc bson.Raw, ties, limit int) error {
	a.documents++
	if ties == 0 || a.Problem != "" {
		return nil
	}
	if ties == 1 {
		a.collect(&a.only, doc.Lookup("k"))
		if a.Keys = len(a.only); a.documents > limit || a.Keys > limit { // one more was asked for than there may be, whatever it is
			a.tooMany(limit)
		}
		return nil
	}
	g := make(group, ties)
	k, s := doc.Lookup("k"), doc.Lookup("s")
	for i := range g[:ties-1] {
		inner, ok := k.DocumentOK()
		if !ok {
			return errNotAsked
		}
		a.collect(&g[i], inner.Lookup(formula.GroupKey(i)))
	}
	last, ok := s.ArrayOK()
	if !ok {
		return errNotAsked
	}
	values, err := last.Values()
	if err != nil {
		return errNotAsked
	}
	for _, v := range values {
		a.collect(&g[ties-1], v)
	}
	n, ok := doc.Lookup("n").AsInt64OK()
	if !ok {
		return errNotAsked
	}
	a.grouped += int(min(n, math.MaxInt32))
	if a.documents > limit || a.grouped > limit {
		a.tooMany(limit)
		return nil
	}
	for i := range g {
		if len(g[i]) == 0 { // nothing meets it
			return nil
		}
		a.Keys += len(g[i])
	}
	if a.Keys > limit {
		a.tooMany(limit)
		return nil
	}
	if len(a.groups) == maxGroups {
		a.refuse("more than " + strconv.Itoa(maxGroups) + " groups of keys")
		return nil
	}
	a.groups = append(a.groups, g)
	return nil
}

var errNotAsked = formula.Unsupported("a document that the resolution did not ask for")

// collect adds a value, or what an array holds, to the keys. Null and arrays inside arrays are no
// keys: they reach nothing.
func (a *Answer) collect(to *[]bson.RawValue, v bson.RawValue) {
	if v.Type != bson.TypeArray {
		a.keep(to, v)
		return
	}
	values, _ := v.Array().Values()
	for _, v := range values {
		a.keep(to, v)
	}
}

func (a *Answer) keep(to *[]bson.RawValue, v bson.RawValue) {
	switch v.Type {
	case 0, bson.TypeNull, bson.TypeArray:
		return
	case bson.TypeEmbeddedDocument:
		if e, err := v.Document().IndexErr(0); err == nil && len(e.Key()) > 0 && e.Key()[0] == '$' {
			a.Problem = noMereValue
		}
	case bson.TypeDouble:
		if math.IsNaN(v.Double()) {
			a.Problem = noMereValue
		}
	case bson.TypeDecimal128:
		if d := v.Decimal128(); d.IsNaN() {
			a.Problem = noMereValue
		}
	case bson.TypeInt32, bson.TypeInt64, bson.TypeString, bson.TypeObjectID, bson.TypeBoolean, bson.TypeDateTime, bson.TypeBinary, bson.TypeTimestamp:
	default:
		a.Problem = noMereValue
	}
	n := len(v.Value)
	if n > len(a.room) {
		a.room = make([]byte, max(n, min(64*(a.Keys+1), maxRoom)))
	}
	copy(a.room, v.Value)
	v.Value, a.room = a.room[:n:n], a.room[n:]
	a.bytes += n
	*to = append(*to, v)
}

// maxRoom is for how many bytes of keys memory is taken at once.
const maxRoom = 64 << 10

const noMereValue = "a key is no mere value"

// Node says that what is outside is among the keys.
func (a *Answer) Node(ties []formula.OuterRef) formula.Node {
	if len(ties) == 0 {
		return formula.Constant(a.documents > 0)
	}
	if !a.sorted { // other sites have the same
		a.only, a.sorted = mql.Sort(a.only), true
		for _, g := range a.groups {
			for i := range g {
				g[i] = mql.Sort(g[i])
			}
		}
	}
	if len(ties) == 1 {
		return ties[0].Among(a.only)
	}
	groups := make([]formula.Node, len(a.groups))
	for i, g := range a.groups {
		sets := make([]formula.Node, len(ties))
		for j := range ties {
			sets[j] = ties[j].Among(g[j])
		}
		groups[i] = formula.All(sets...)
	}
	return formula.Some(groups...)
}
