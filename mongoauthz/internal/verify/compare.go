package verify

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Kind is how the client encodes otherwise than the schema's encoder.
type Kind uint8

// The kinds.
const (
	OtherNames     Kind = iota + 1 // a field has another name
	OtherTypes                     // a field has another BSON type, or cannot be encoded
	OtherOmissions                 // a field is left out that the other writes
	OtherValues                    // a value of the same BSON type is another
)

// Difference is one between what the client writes and what the schema's encoder does.
type Difference struct {
	Kind    Kind
	Field   string // its dotted path; may be empty
	Problem string // never a value
}

// Compare compares what arrived of values with what the schema's encoder writes for them. It
// returns one difference of each kind, with its cause.
func Compare(s *relations.Schema, values []any, echoed []bson.Raw) []Difference {
	if len(echoed) != len(values) {
		return []Difference{{OtherValues, "", "the server answers with another number of documents"}}
	}
	var c comparer
	for i, v := range values {
		ours, err := s.Marshal(v)
		if err != nil {
			return []Difference{{OtherTypes, "", "the schema's encoder cannot encode a probe"}}
		}
		c.documents("", ours, echoed[i])
	}
	if len(c.found) == 0 {
		return nil
	}
	why := cause(s.Encoding(), values, echoed)
	for i := range c.found {
		c.found[i].Problem += ": " + why
	}
	return c.found
}

type comparer struct{ found []Difference }

func (c *comparer) report(k Kind, field, problem string) {
	if !slices.ContainsFunc(c.found, func(d Difference) bool { return d.Kind == k }) {
		c.found = append(c.found, Difference{k, field, problem})
	}
}

// documents compares the fields of two documents, whatever their order: that of maps is random.
func (c *comparer) documents(path string, ours, theirs bson.Raw) {
	our, their := keysOf(ours), keysOf(theirs)
	missing, extra := without(our, their), without(their, our)
	switch {
	case len(missing) > 0 && len(extra) > 0:
		c.report(OtherNames, path+missing[0], fmt.Sprintf("the client writes %q instead", extra[0]))
	case len(missing) > 0:
		c.report(OtherOmissions, path+missing[0], "the client leaves it out")
	case len(extra) > 0:
		c.report(OtherOmissions, path+extra[0],
			"the client writes it, and the schema's encoder leaves it out")
	}
	for _, key := range our {
		if slices.Contains(their, key) {
			c.values(path+key, ours.Lookup(key), theirs.Lookup(key))
		}
	}
}

func (c *comparer) values(path string, ours, theirs bson.RawValue) {
	switch {
	case ours.Type != theirs.Type:
		c.report(OtherTypes, path,
			fmt.Sprintf("the client writes a BSON %s, and the schema's encoder a %s",
				theirs.Type, ours.Type))
	case ours.Type == bson.TypeEmbeddedDocument, ours.Type == bson.TypeArray:
		c.documents(path+".", bson.Raw(ours.Value), bson.Raw(theirs.Value))
	case !bytes.Equal(ours.Value, theirs.Value):
		c.report(OtherValues, path, fmt.Sprintf("the client writes another %s", ours.Type))
	}
}

func keysOf(document bson.Raw) []string {
	elements, err := document.Elements()
	if err != nil {
		return nil
	}
	keys := make([]string, len(elements))
	for i, e := range elements {
		keys[i] = e.Key()
	}
	return keys
}

func without(keys, others []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return slices.Contains(others, key)
	})
}

// encodingOptions are the options of an encoding, by their names.
func encodingOptions(e *relations.Encoding) (names []string, options []*bool) {
	all := []struct {
		name string
		on   *bool
	}{
		{"UseJSONStructTags", &e.UseJSONStructTags},
		{"ErrorOnInlineDuplicates", &e.ErrorOnInlineDuplicates},
		{"IntMinSize", &e.IntMinSize},
		{"NilMapAsEmpty", &e.NilMapAsEmpty},
		{"NilSliceAsEmpty", &e.NilSliceAsEmpty},
		{"NilByteSliceAsEmpty", &e.NilByteSliceAsEmpty},
		{"OmitZeroStruct", &e.OmitZeroStruct},
		{"OmitEmpty", &e.OmitEmpty},
		{"StringifyMapKeysWithFmt", &e.StringifyMapKeysWithFmt},
	}
	for _, o := range all {
		names, options = append(names, o.name), append(options, o.on)
	}
	return names, options
}

// cause says which options differ, and what to do: the fewest options with which the schema's
// encoder would write what the client wrote.
func cause(e relations.Encoding, values []any, echoed []bson.Raw) string {
	const remedy = "make the schema with the client's BSON options and registry (EncodingOf)"
	names, options := encodingOptions(&e)
	var sets []uint
	for set := uint(1); set < 1<<len(options); set++ {
		sets = append(sets, set)
	}
	slices.SortStableFunc(sets, func(a, b uint) int {
		return bits.OnesCount(a) - bits.OnesCount(b)
	})
	flip := func(set uint) {
		for i := range options {
			if set>>i&1 == 1 {
				*options[i] = !*options[i]
			}
		}
	}
	for _, set := range sets {
		flip(set)
		same := writes(e, values, echoed)
		flip(set)
		if !same {
			continue
		}
		var said []string
		for i := range options {
			if set>>i&1 == 1 {
				said = append(said, setFor(names[i], *options[i]))
			}
		}
		return strings.Join(said, ", ") + ": " + remedy
	}
	return "the client has another registry: " + remedy
}

func setFor(option string, schema bool) string {
	if schema {
		return option + " is set for the schema, and not for the client"
	}
	return option + " is set for the client, and not for the schema"
}

// writes reports whether an encoding writes values as they arrived.
func writes(e relations.Encoding, values []any, echoed []bson.Raw) bool {
	s, err := e.New()
	if err != nil {
		return false
	}
	for i, v := range values {
		raw, err := s.Marshal(v)
		var c comparer
		if err == nil {
			c.documents("", raw, echoed[i])
		}
		if err != nil || len(c.found) > 0 {
			return false
		}
	}
	return true
}
