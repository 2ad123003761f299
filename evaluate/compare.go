package evaluate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Equal reports whether two BSON values are equal as MongoDB compares them:
//
//   - numbers by value, whatever their types, exactly: 2^53+1 is not the double 2^53, and the double 0.1 is not the decimal 0.1;
//     zeros are equal whatever their signs, and NaN equals NaN;
//   - a deprecated symbol as the string it spells;
//   - embedded documents if they have the same names in the same order, and equal values; arrays if they have equal elements;
//   - everything else if type and bytes are the same: strings in binary, and a regular expression, which is never a pattern here.
//
// Malformed values equal nothing, or what has the same bytes.
func Equal(a, b bson.RawValue) bool {
	class := classOf(a.Type)
	switch {
	case class != classOf(b.Type):
		return false
	case class == numbers && a.Type == b.Type && a.Type != bson.TypeDouble && a.Type != bson.TypeDecimal128:
		return bytes.Equal(a.Value, b.Value)
	case class == numbers:
		x, xok := numberOf(a)
		y, yok := numberOf(b)
		sign, ok := x.compare(y)
		return xok && yok && (ok && sign == 0 || x.nan && y.nan)
	case class == texts:
		return bytes.Equal(a.Value, b.Value)
	case a.Type != b.Type:
		return false
	case a.Type == bson.TypeEmbeddedDocument:
		return equalElements(a.Value, b.Value, true)
	case a.Type == bson.TypeArray:
		return equalElements(a.Value, b.Value, false)
	default:
		return bytes.Equal(a.Value, b.Value)
	}
}

func equalElements(a, b []byte, named bool) bool {
	if len(a) < 5 || len(b) < 5 {
		return false
	}
	a, b = a[4:len(a)-1], b[4:len(b)-1]
	for len(a) > 0 && len(b) > 0 {
		aname, avalue, arest, aok := next(a)
		bname, bvalue, brest, bok := next(b)
		if !aok || !bok || named && !bytes.Equal(aname, bname) || !Equal(avalue, bvalue) {
			return false
		}
		a, b = arest, brest
	}
	return len(a) == len(b)
}

// Order returns the sign of a compared with b: -1, 0 or 1. It is defined inside one type class only; ok is false
// for values of two classes, for NaN, for malformed values, and for null, documents, arrays and all other types, which have no order here.
//
// Strings are in the order of their bytes, binary values in that of length, subtype and bytes, and false is before true.
func Order(a, b bson.RawValue) (sign int, ok bool) {
	class := classOf(a.Type)
	if class == unordered || class != classOf(b.Type) {
		return 0, false
	}
	if class == numbers {
		x, xok := numberOf(a)
		y, yok := numberOf(b)
		sign, ok = x.compare(y)
		return sign, ok && xok && yok
	}
	if n, ok := size(a.Type, a.Value); !ok || n != len(a.Value) {
		return 0, false
	}
	if n, ok := size(b.Type, b.Value); !ok || n != len(b.Value) {
		return 0, false
	}
	switch class {
	case texts:
		return bytes.Compare(text(a), text(b)), true
	case binaries:
		if sign := cmp.Compare(length(a.Value), length(b.Value)); sign != 0 {
			return sign, true
		}
		return bytes.Compare(a.Value[4:], b.Value[4:]), true // subtype, then data
	case dates:
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a.Value)), int64(binary.LittleEndian.Uint64(b.Value))), true
	case timestamps:
		return cmp.Compare(binary.LittleEndian.Uint64(a.Value), binary.LittleEndian.Uint64(b.Value)), true
	case booleans, objectIDs:
		return bytes.Compare(a.Value, b.Value), true
	default:
		return 0, false
	}
}

// text returns the bytes of a string, without length and NUL.
func text(v bson.RawValue) []byte { return v.Value[4 : len(v.Value)-1] }

// class is a type class: BSON types whose values are ordered among each other.
type class uint8

const (
	unordered class = iota
	numbers
	texts
	booleans
	objectIDs
	dates
	timestamps
	binaries
)

func classOf(t bson.Type) class {
	switch t {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return numbers
	case bson.TypeString, bson.TypeSymbol:
		return texts
	case bson.TypeBoolean:
		return booleans
	case bson.TypeObjectID:
		return objectIDs
	case bson.TypeDateTime:
		return dates
	case bson.TypeTimestamp:
		return timestamps
	case bson.TypeBinary:
		return binaries
	default:
		return unordered
	}
}

// number is a BSON number: NaN, an infinity (by its sign), or a finite value, which is that of i, f or d as t says.
type number struct {
	nan      bool
	infinite int
	t        bson.Type
	i        int64
	f        float64
	d        bson.Decimal128
}

func numberOf(v bson.RawValue) (n number, ok bool) {
	n.t = v.Type
	switch v.Type {
	case bson.TypeInt32:
		i, ok := v.Int32OK()
		n.i, n.t = int64(i), bson.TypeInt64
		return n, ok
	case bson.TypeInt64:
		n.i, ok = v.Int64OK()
	case bson.TypeDouble:
		n.f, ok = v.DoubleOK()
		n.nan = math.IsNaN(n.f)
		if math.IsInf(n.f, 0) {
			n.infinite = cmp.Compare(n.f, 0)
		}
	case bson.TypeDecimal128:
		n.d, ok = v.Decimal128OK()
		n.nan, n.infinite = n.d.IsNaN(), n.d.IsInf()
	}
	return n, ok
}

func isNaN(v bson.RawValue) bool {
	n, ok := numberOf(v)
	return ok && n.nan
}

// compare returns the sign of a compared with b; ok is false if one of them is NaN.
func (a number) compare(b number) (sign int, ok bool) {
	switch {
	case a.nan || b.nan:
		return 0, false
	case a.infinite != 0 || b.infinite != 0:
		return cmp.Compare(a.infinite, b.infinite), true
	case a.t == bson.TypeInt64 && b.t == bson.TypeInt64:
		return cmp.Compare(a.i, b.i), true
	case a.t == bson.TypeDouble && b.t == bson.TypeDouble:
		return cmp.Compare(a.f, b.f), true // ±0 are equal to it
	case a.t == bson.TypeInt64 && b.t == bson.TypeDouble && a.isDouble():
		return cmp.Compare(float64(a.i), b.f), true
	case a.t == bson.TypeDouble && b.t == bson.TypeInt64 && b.isDouble():
		return cmp.Compare(a.f, float64(b.i)), true
	default:
		return a.exact().compare(b.exact()), true
	}
}

// isDouble reports whether an integer surely is a double without loss; this spares most comparisons the exact arithmetic.
func (a number) isDouble() bool { return a.i >= -1<<53 && a.i <= 1<<53 }

// exact is the number integer · 2^two · 10^ten.
type exact struct {
	integer  *big.Int
	two, ten int
}

// maxCoefficient is the largest coefficient of a Decimal128; a larger one is not canonical and stands for zero.
var maxCoefficient = new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil), big.NewInt(1))

func (a number) exact() exact {
	switch a.t {
	case bson.TypeDouble:
		fraction, two := math.Frexp(a.f) // a.f = fraction · 2^two, with 53 bits in the fraction
		return exact{integer: big.NewInt(int64(fraction * (1 << 53))), two: two - 53}
	case bson.TypeDecimal128:
		integer, ten, err := a.d.BigInt()
		if err != nil || integer.CmpAbs(maxCoefficient) > 0 {
			return exact{integer: new(big.Int)}
		}
		return exact{integer: integer, ten: ten}
	default:
		return exact{integer: big.NewInt(a.i)}
	}
}

// compare compares what remains when the smaller exponents are taken off both sides.
func (a exact) compare(b exact) int {
	two, ten := min(a.two, b.two), min(a.ten, b.ten)
	return a.without(two, ten).Cmp(b.without(two, ten))
}

func (a exact) without(two, ten int) *big.Int {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.ten-ten)), nil)
	return power.Mul(power, a.integer).Lsh(power, uint(a.two-two))
}
