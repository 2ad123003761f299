package mongoauthz

import (
	"errors"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// update is a caller's update.
type update struct {
	sent    any      // what the driver gets: exactly what was read
	changes []change // of an update document
	opaque  bool     // it is a pipeline: nothing is known of what it changes
}

// change is what an update document does at one path.
type change struct {
	operator string
	path     []string
	value    bson.RawValue
}

// stages is an update pipeline as the driver takes it.
type stages bson.RawValue

// MarshalBSONValue returns the array of stages.
func (s stages) MarshalBSONValue() (typ byte, data []byte, err error) {
	return byte(s.Type), s.Value, nil
}

// update reads an update: a document of operators, or a pipeline.
func (az *Authorizer) update(v any) (*update, error) {
	if b, ok := v.([]byte); ok {
		v = bson.Raw(b)
	}
	if driver.IsNil(v) {
		return nil, &ArgumentError{Name: "update", Problem: "is nil"}
	}
	wrapped, err := az.encode(bson.D{{Key: "update", Value: v}})
	if err == nil {
		err = wrapped.Validate()
	}
	if err != nil {
		return nil, &ArgumentError{Name: "update", Problem: "cannot be encoded as BSON"}
	}
	u := wrapped.Lookup("update")
	switch u.Type {
	case bson.TypeArray:
		return &update{sent: stages(u), opaque: true}, nil
	case bson.TypeEmbeddedDocument:
		changes, err := changes(u.Document())
		return &update{sent: bson.Raw(u.Value), changes: changes}, err
	default:
		return nil, &ArgumentError{Name: "update", Problem: "is neither a document nor a pipeline"}
	}
}

// changes returns what an update document does.
func changes(document bson.Raw) ([]change, error) {
	operators, err := document.Elements()
	if err != nil {
		return nil, err
	}
	if len(operators) == 0 {
		return nil, &ArgumentError{Name: "update", Problem: "is empty"}
	}
	var all []change
	for _, operator := range operators {
		name := operator.Key()
		arguments, ok := operator.Value().DocumentOK()
		if !ok || !strings.HasPrefix(name, "$") {
			return nil, &ArgumentError{Name: "update", Problem: "is no document of update operators"}
		}
		fields, err := arguments.Elements()
		if err != nil {
			return nil, err
		}
		for _, field := range fields {
			all = append(all, change{name, strings.Split(field.Key(), "."), field.Value()})
			if to, ok := field.Value().StringValueOK(); ok && name == "$rename" {
				all = append(all, change{name, strings.Split(to, "."), field.Value()})
			}
		}
	}
	return all, nil
}

// positional reports whether an update names an array element by the condition that found it.
func (u *update) positional() bool {
	return slices.ContainsFunc(u.changes, func(c change) bool { return slices.Contains(c.path, "$") })
}

// positional reports whether a projection returns the array element that a condition found. One
// that cannot be encoded is left to the driver, and what is nested deeper than driver.MaxDepth to the
// server, which refuses it.
func (az *Authorizer) positional(projection any) bool {
	raw, err := az.encode(projection)
	return err == nil && projectsPosition(raw, 0)
}

func projectsPosition(projection bson.Raw, depth int) bool {
	fields, _ := projection.Elements()
	return depth < driver.MaxDepth && slices.ContainsFunc(fields, func(f bson.RawElement) bool {
		return slices.Contains(strings.Split(f.Key(), "."), "$") || projectsPosition(inner(f.Value()), depth+1)
	})
}

// inner returns the document that a value is, or an empty one.
func inner(v bson.RawValue) bson.Raw {
	document, _ := v.DocumentOK()
	return document
}

// reserved reports whether an update changes a field whose name begins with the prefix of helper fields.
func (u *update) reserved(prefix string) bool {
	return slices.ContainsFunc(u.changes, func(c change) bool { return strings.HasPrefix(c.path[0], prefix) })
}

// touching returns the changes at, inside or around top-level fields.
func (u *update) touching(fields []string) []change {
	return slices.DeleteFunc(slices.Clone(u.changes), func(c change) bool { return !slices.Contains(fields, c.path[0]) })
}

// The reasons for which the result of an update is not known beforehand.
var (
	errOperator  = errors.New("an operator other than $set and $unset at a field that decides")
	errPath      = errors.New("a path that is not one of plain names, at a field that decides")
	errOverlap   = errors.New("two changes at one path")
	errThrough   = errors.New("a path through something else than documents")
	errOrder     = errors.New("two new fields in one embedded document, in an order that is up to the server")
	errTimestamp = errors.New("an empty timestamp, which servers may fill in")
)

// predictable returns why the result of changes is not known, whatever the document; nil if it may be.
func predictable(changes []change) error {
	for i, c := range changes {
		switch {
		case c.operator != "$set" && c.operator != "$unset":
			return errOperator
		case slices.ContainsFunc(c.path, func(step string) bool { return step == "" || step[0] == '$' }):
			return errPath
		case c.value.Type == bson.TypeTimestamp && c.operator == "$set" && c.value.Equal(bson.RawValue{Type: bson.TypeTimestamp, Value: make([]byte, 8)}):
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

// apply returns a document as predictable changes leave it.
func apply(document bson.Raw, changes []change) (bson.Raw, error) {
	grown := map[string]bool{} // the embedded documents that got a new field
	var err error
	for _, c := range changes {
		if document, err = c.apply(document, c.path, "", grown); err != nil {
			return nil, err
		}
	}
	return document, nil
}

// apply returns a document, embedded at a place in the whole, as c leaves it at the rest of its path.
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
