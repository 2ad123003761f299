package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// tokenVersion is the first byte of a token. What follows are the fingerprint of what it is for,
// and a BSON document: the values of the sort fields as "v", or as "e" why there are none.
const tokenVersion = 1

const fingerprintSize = 8

var (
	errNoToken      = errors.New("it is none, or of another version")
	errAnotherOrder = errors.New("it is for another sort or resource type")
)

// noPlace is why a document is no place to read on from. Tokens hold the numbers.
type noPlace int32

const (
	hasSeveralPlaces noPlace = iota + 1 // it may come twice
	isNotCompared                       // nothing can be asked to come after it
	hasNoID                             // others may be in the same place
)

var noPlaceTexts = map[noPlace]string{
	hasSeveralPlaces: "a document holds an array, or undefined, in a field that pages are sorted by",
	isNotCompared:    "the last document holds a value that is not compared in a field that pages are sorted by",
	hasNoID:          "the last document has no _id",
}

// Error says why, without a value of the document's.
func (n noPlace) Error() string { return noPlaceTexts[n] }

var tokenText = base64.RawURLEncoding.Strict()

// Token returns the page token to read on from a document, for the pages of a resource type in an
// order. The error says why the document has no one place in the order, or no comparable one.
func Token(resource string, order bson.D, last bson.Raw) (string, error) {
	values, err := placeOf(order, last)
	if err != nil {
		return "", err
	}
	return spell(resource, order, bson.E{Key: "v", Value: values})
}

// refusing returns the token that is refused for a reason.
func refusing(resource string, order bson.D, why noPlace) (string, error) {
	return spell(resource, order, bson.E{Key: "e", Value: int32(why)})
}

func spell(resource string, order bson.D, body bson.E) (string, error) {
	raw, err := bson.Marshal(bson.D{body})
	if err != nil {
		return "", isNotCompared
	}
	out := append([]byte{tokenVersion}, fingerprint(resource, order)...)
	return tokenText.EncodeToString(append(out, raw...)), nil
}

// Place returns the values of the order's fields that a token holds, for the pages of a resource
// type. The error says why no page can be read after the token, and holds no value of it.
func Place(token, resource string, order bson.D) ([]bson.RawValue, error) {
	raw, err := tokenText.DecodeString(token)
	if err != nil || len(raw) < 1+fingerprintSize || raw[0] != tokenVersion {
		return nil, errNoToken
	}
	if !bytes.Equal(raw[1:1+fingerprintSize], fingerprint(resource, order)) {
		return nil, errAnotherOrder
	}
	body := bson.Raw(raw[1+fingerprintSize:])
	if body.Validate() != nil {
		return nil, errNoToken
	}
	if n, ok := body.Lookup("e").Int32OK(); ok && noPlaceTexts[noPlace(n)] != "" {
		return nil, noPlace(n)
	}
	list, ok := body.Lookup("v").ArrayOK()
	if !ok {
		return nil, errNoToken
	}
	values, err := list.Values()
	if err != nil || len(values) != len(toID(order)) {
		return nil, errNoToken
	}
	return values, nil
}

// After returns the stage that keeps what follows a place in an order.
func After(order bson.D, place []bson.RawValue) (bson.D, error) {
	query, err := pipeline.After(order, place)
	if err != nil {
		return nil, errNoToken
	}
	return bson.D{{Key: "$match", Value: query}}, nil
}

// fingerprint stands for the resource type and the order.
func fingerprint(resource string, order bson.D) []byte {
	h := sha256.New()
	h.Write([]byte(resource))
	for _, e := range order {
		sign := "\x00+"
		if e.Value == int32(-1) {
			sign = "\x00-"
		}
		h.Write([]byte(sign + e.Key))
	}
	return h.Sum(nil)[:fingerprintSize]
}
