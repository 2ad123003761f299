package lower

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file decides, when a filter is compiled, what a comparison makes of a missing field that
// counts as a value (absent means zero). The value is a number, a string or a bool.

// holds reports whether a comparison is true of v, which is of the declared type. If it is not
// true, it is false.
func holds(l *formula.Leaf, v bson.RawValue) bool {
	switch l.Op {
	case filter.Eq:
		return equalScalars(v, l.Value.Literal)
	case filter.In:
		return slices.ContainsFunc(l.Values.Values, func(w bson.RawValue) bool { return equalScalars(v, w) })
	case filter.Lt, filter.Lte, filter.Gt, filter.Gte:
		sign, ok := orderScalars(v, l.Value.Literal)
		return ok && orderedBy(l.Op, sign)
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		needle := l.Value.Literal
		return v.Type == bson.TypeString && needle.Type == bson.TypeString && hasText(l.Op, textOf(v), textOf(needle))
	default:
		return false
	}
}

func hasText(op filter.Operator, s, needle []byte) bool {
	switch op {
	case filter.StartsWith:
		return bytes.HasPrefix(s, needle)
	case filter.EndsWith:
		return bytes.HasSuffix(s, needle)
	default:
		return bytes.Contains(s, needle)
	}
}

// textOf returns the bytes of a string, without length and NUL.
func textOf(v bson.RawValue) []byte {
	if len(v.Value) < 5 {
		return nil
	}
	return v.Value[4 : len(v.Value)-1]
}

func orderedBy(op filter.Operator, sign int) bool {
	switch op {
	case filter.Lt:
		return sign < 0
	case filter.Lte:
		return sign <= 0
	case filter.Gt:
		return sign > 0
	default:
		return sign >= 0
	}
}

func equalScalars(a, b bson.RawValue) bool {
	sign, ok := orderScalars(a, b)
	return ok && sign == 0
}

// orderScalars returns the sign of a compared with b; false if they are not both numbers, strings
// or bools.
func orderScalars(a, b bson.RawValue) (sign int, ok bool) {
	class, other := formula.Class(a), formula.Class(b)
	switch {
	case class != other:
		return 0, false
	case class == "number":
		return orderNumbers(a, b)
	case class == "string":
		return bytes.Compare(textOf(a), textOf(b)), true
	case class == "bool":
		return bytes.Compare(a.Value, b.Value), true
	default:
		return 0, false
	}
}

// orderNumbers compares two numbers by value, whatever their types. There is no order with NaN.
func orderNumbers(a, b bson.RawValue) (sign int, ok bool) {
	if x, ok := integer(a); ok {
		if y, ok := integer(b); ok {
			return cmp.Compare(x, y), true
		}
	}
	x, xInf, ok := rational(a)
	if !ok {
		return 0, false
	}
	y, yInf, ok := rational(b)
	if !ok {
		return 0, false
	}
	if xInf != 0 || yInf != 0 {
		return cmp.Compare(xInf, yInf), true
	}
	return x.Cmp(y), true
}

func integer(v bson.RawValue) (int64, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return int64(int32(binary.LittleEndian.Uint32(v.Value))), true
	case bson.TypeInt64:
		return int64(binary.LittleEndian.Uint64(v.Value)), true
	default:
		return 0, false
	}
}

// maxCoefficient is the largest coefficient of a canonical Decimal128.
var maxCoefficient = new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil), big.NewInt(1))

// rational returns a number exactly, or the sign of an infinity.
func rational(v bson.RawValue) (_ *big.Rat, infinite int, ok bool) {
	if n, ok := integer(v); ok {
		return new(big.Rat).SetInt64(n), 0, true
	}
	switch v.Type {
	case bson.TypeDouble:
		f := v.Double()
		if math.IsInf(f, 0) {
			return nil, cmp.Compare(f, 0), true
		}
		r := new(big.Rat).SetFloat64(f)
		return r, 0, r != nil
	case bson.TypeDecimal128:
		d := v.Decimal128()
		if sign := d.IsInf(); sign != 0 {
			return nil, sign, true
		}
		integer, ten, err := d.BigInt()
		switch {
		case err != nil:
			return nil, 0, false
		case integer.CmpAbs(maxCoefficient) > 0: // not canonical: it stands for zero
			return new(big.Rat), 0, true
		}
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(ten, -ten))), nil)
		if ten < 0 {
			return new(big.Rat).SetFrac(integer, power), 0, true
		}
		return new(big.Rat).SetInt(power.Mul(power, integer)), 0, true
	default:
		return nil, 0, false
	}
}
