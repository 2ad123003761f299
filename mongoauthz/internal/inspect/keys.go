package inspect

import (
	"bytes"
	"hash/maphash"
	"math"
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The bounds of what is gathered for one request. A document may hold more keys than that: it is
// then asked about in several requests.
const (
	maxTuples     = 1000
	maxHolders    = 10_000
	maxBatchBytes = 1 << 20
)

// keyTuple is what one document holds of the keys of a relation: one key for each pair of fields.
type keyTuple struct {
	keys  []bson.RawValue
	found int // how many documents have them; counted no further than is asked
	last  int // the number of the document that was counted last
}

// holder is a document that holds a tuple.
type holder struct {
	number int64
	id     bson.RawValue
	tuple  int // its index, or noTuple
}

// noTuple is the tuple of a document that has no key at all.
const noTuple = -1

// keyIndex holds tuples, each once, by the value of their first key. It has copies of the keys.
type keyIndex struct {
	tuples []keyTuple
	index  map[uint64][]int
	bytes  int
}

// tuple returns the index of a tuple, after adding it if it is not there.
func (x *keyIndex) tuple(keys []bson.RawValue) (i int, added bool) {
	h := keyHash(keys[0])
	for _, i := range x.index[h] {
		if equalKeys(x.tuples[i].keys, keys) {
			return i, false
		}
	}
	own := make([]bson.RawValue, len(keys))
	for i, key := range keys {
		own[i] = bson.RawValue{Type: key.Type, Value: bytes.Clone(key.Value)}
		x.bytes += len(key.Value)
	}
	if x.index == nil {
		x.index = map[uint64][]int{}
	}
	x.index[h] = append(x.index[h], len(x.tuples))
	x.tuples = append(x.tuples, keyTuple{keys: own})
	return len(x.tuples) - 1, true
}

// keyMemory remembers some tuples, by the value of their first key. Of tuples whose first keys have
// one hash it remembers the last.
type keyMemory struct {
	tuples *cache.Cache[uint64, []bson.RawValue]
}

func newKeyMemory() keyMemory {
	return keyMemory{cache.New[uint64, []bson.RawValue](maxTuples)}
}

// has reports whether a tuple is remembered.
func (m keyMemory) has(keys []bson.RawValue) bool {
	known, ok := m.tuples.Get(keyHash(keys[0]))
	return ok && equalKeys(known, keys)
}

// remember remembers a tuple that nobody changes, unless it is larger than its share of a request.
func (m keyMemory) remember(keys []bson.RawValue) {
	size := 0
	for _, key := range keys {
		size += len(key.Value)
	}
	if size <= maxBatchBytes/maxTuples {
		m.tuples.Put(keyHash(keys[0]), keys)
	}
}

func equalKeys(a, b []bson.RawValue) bool {
	for i := range a {
		if !evaluate.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// keyBatch is what is asked for by one request: tuples, and who holds them, in the order in which
// they were read. The zero keyBatch is empty.
type keyBatch struct {
	keyIndex
	holders  []holder
	held     int // bytes of the holders' _ids
	open     int // tuples of which not enough documents were found
	arrivals int
}

func (b *keyBatch) tuple(keys []bson.RawValue) (i int, added bool) {
	if i, added = b.keyIndex.tuple(keys); added {
		b.open++
	}
	return i, added
}

func (b *keyBatch) hold(h holder) {
	if n := len(b.holders); n > 0 {
		if last := b.holders[n-1]; last.number == h.number && last.tuple == h.tuple {
			return
		}
	}
	b.holders = append(b.holders, h)
	b.held += len(h.id.Value)
}

// answer says how many documents have a tuple, so that nobody need be asked.
func (b *keyBatch) answer(i, found int) {
	b.tuples[i].found = found
	b.open--
}

// full reports whether the batch is enough for one request.
func (b *keyBatch) full() bool {
	return len(b.tuples) >= maxTuples || len(b.holders) >= maxHolders ||
		b.bytes+b.held >= maxBatchBytes
}

// found returns how many documents were found for a holder.
func (b *keyBatch) found(h holder) int {
	if h.tuple == noTuple {
		return 0
	}
	return b.tuples[h.tuple].found
}

// match returns what to ask for: the documents that have, at each field, some key of the tuples
// that are open. It is empty if none is.
func (b *keyBatch) match(fields []string) []evaluate.Match {
	if b.open == 0 {
		return nil
	}
	match := make([]evaluate.Match, len(fields))
	for i, field := range fields {
		match[i].Field = field
		seen := map[string]bool{}
		for _, t := range b.tuples {
			key := t.keys[i]
			if id := string(byte(key.Type)) + string(key.Value); t.found == 0 && !seen[id] {
				seen[id] = true
				match[i].Keys = append(match[i].Keys, key)
			}
		}
	}
	return match
}

// arrived counts a document for the tuples that it has, each up to as many as are enough.
func (b *keyBatch) arrived(document bson.Raw, fields []string, enough int) {
	b.arrivals++
	values := make([][]bson.RawValue, len(fields))
	for i, field := range fields {
		values[i] = bsonpath.Values(document, strings.Split(field, "."))
	}
	for _, v := range values[0] {
		for _, i := range b.index[keyHash(v)] {
			t := &b.tuples[i]
			if t.found >= enough || t.last == b.arrivals || !t.isIn(values) {
				continue
			}
			t.last = b.arrivals
			if t.found++; t.found >= enough {
				b.open--
			}
		}
	}
}

// isIn reports whether each key is among the values of its field.
func (t *keyTuple) isIn(values [][]bson.RawValue) bool {
	for i, key := range t.keys {
		found := false
		for _, v := range values[i] {
			found = found || evaluate.Equal(v, key)
		}
		if !found {
			return false
		}
	}
	return true
}

var keySeed = maphash.MakeSeed()

// keyHash returns a number that is the same for values that are equal ([evaluate.Equal]).
func keyHash(v bson.RawValue) uint64 {
	var h maphash.Hash
	h.SetSeed(keySeed)
	hashKey(&h, v)
	return h.Sum64()
}

func hashKey(h *maphash.Hash, v bson.RawValue) {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		_ = h.WriteByte(byte(bson.TypeDouble))
		maphash.WriteComparable(h, math.Float64bits(nearestDouble(v)))
	case bson.TypeString, bson.TypeSymbol:
		_ = h.WriteByte(byte(bson.TypeString))
		_, _ = h.Write(v.Value)
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		_ = h.WriteByte(byte(v.Type))
		elements, _ := bson.Raw(v.Value).Elements()
		for _, e := range elements {
			if v.Type == bson.TypeEmbeddedDocument {
				_, _ = h.WriteString(e.Key())
			}
			hashKey(h, e.Value())
		}
	default:
		_ = h.WriteByte(byte(v.Type))
		_, _ = h.Write(v.Value)
	}
}

// maxDigits is how many digits a Decimal128 has. One with more is not canonical, and stands for
// zero.
const maxDigits = 34

// nearestDouble returns the double that is nearest to a number: the same one for numbers that are
// equal. There is one NaN and one zero.
func nearestDouble(v bson.RawValue) float64 {
	var f float64
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64:
		i, _ := v.AsInt64OK()
		f = float64(i)
	case bson.TypeDouble:
		f, _ = v.DoubleOK()
	case bson.TypeDecimal128:
		d, _ := v.Decimal128OK()
		switch integer, exponent, err := d.BigInt(); {
		case d.IsNaN():
			f = math.NaN()
		case d.IsInf() != 0:
			f = math.Inf(d.IsInf())
		case err == nil && len(strings.TrimPrefix(integer.String(), "-")) <= maxDigits:
			// Beyond the range of a double it is an infinity.
			f, _ = strconv.ParseFloat(integer.String()+"e"+strconv.Itoa(exponent), 64)
		}
	}
	switch {
	case math.IsNaN(f):
		return math.NaN()
	case f == 0:
		return 0
	default:
		return f
	}
}
