package write

import (
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The reasons for which the result of an update is not known beforehand.
var (
	errOperator  = errors.New("an operator other than $set and $unset at a field that decides")
	errPath      = errors.New("a path that is not one of plain names, at a field that decides")
	errOverlap   = errors.New("two changes at one path")
	errThrough   = errors.New("a path through something else than documents")
	errOrder     = errors.New("two new fields in one embedded document, in an order that is up to the server")
	errTimestamp = errors.New("an empty timestamp, which servers may fill in")
)

// emptyTimestamp is one that servers may fill in.
var emptyTimestamp = bson.RawValue{Type: bson.TypeTimestamp, Value: make([]byte, 8)}

// Predictable returns why the result of changes is not known, whatever the document; nil if it may
// be.
func (changes Changes) Predictable() error {
	for i, c := range changes {
		switch {
		case c.operator != "$set" && c.operator != "$unset":
			return errOperator
		case slices.ContainsFunc(c.path, func(step string) bool { return step == "" || step[0] == '$' }):
			return errPath
		case c.operator == "$set" && c.value.Equal(emptyTimestamp):
			return errTimestamp
		}
		for _, other := range changes[:i] {
			if n := min(len(c.path), len(other.path)); slices.Equal(c.path[:n], other.path[:n]) {
				return errOverlap
			}
		}
	}
	return nil
}

// Apply returns a document as changes leave it that are predictable. The error says why that is not
// known of this document.
func (changes Changes) Apply(document bson.Raw) (bson.Raw, error) {
	grown := map[string]bool{} // the embedded documents that got a new field
	var err error
	for _, c := range changes {
		if document, err = c.apply(document, c.path, "", grown); err != nil {
			return nil, err
		}
	}
	return document, nil
}

// apply returns a document, embedded at a place in the whole, as c leaves it at the rest of its
// path.
func (c *change) apply(document bson.Raw, path []string, place string, grown map[string]bool) (bson.Raw, error) {
	fields, err := document.Elements()
	if err != nil {
		return nil, err
	}
	inside := place + "." + path[0]
	out, found := make(bson.D, 0, len(fields)+1), false
	for _, field := range fields {
		old := field.Value()
		switch {
		case found || field.Key() != path[0]:
		case len(path) == 1:
			found = true
			if c.operator == "$unset" {
				continue
			}
			old = c.value
		case old.Type == bson.TypeEmbeddedDocument:
			found = true
			if old.Value, err = c.apply(old.Value, path[1:], inside, grown); err != nil {
				return nil, err
			}
		case c.operator == "$unset" && old.Type != bson.TypeArray:
			return document, nil // there is nothing to remove
		default:
			return nil, errThrough
		}
		out = append(out, bson.E{Key: field.Key(), Value: old})
	}
	if !found && c.operator == "$set" {
		if place != "" && grown[place] {
			return nil, errOrder
		}
		grown[place] = true
		added := c.value
		if len(path) > 1 {
			empty, err := bson.Marshal(bson.D{})
			if err != nil {
				return nil, err
			}
			added.Type = bson.TypeEmbeddedDocument
			if added.Value, err = c.apply(empty, path[1:], inside, grown); err != nil {
				return nil, err
			}
		}
		out = append(out, bson.E{Key: path[0], Value: added})
	}
	return bson.Marshal(out)
}
