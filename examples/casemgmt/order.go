package casemgmt

import (
	"encoding/base64"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// An order is by one field, and by _id where that is equal: a total order, also over what is missing or of several types, so that a key says
// where a page ended.
type order struct {
	field string
	down  bool
}

// A cursor is the key of the last document on a page.
type cursor struct {
	value, id bson.RawValue // value is null where the field is missing
}

// parseOrder reads the name of a declared field, with a - before it for the other direction. There is no order by a list.
func parseOrder(text string, t *relations.Type) (order, error) {
	name, down := strings.CutPrefix(text, "-")
	f, ok := field(t, name)
	if !ok || f.List {
		return order{}, bad("order: %s cannot be ordered by %q.", t.Name, cut(name))
	}
	return order{f.Name, down}, nil
}

// key is the field in which the value to order by stands while a page is found: what is not orderable is null there, which comes first.
const key = "__order"

func (o order) byID() bool { return o.field == "_id" }

// before returns the stages that prepare the documents to be ordered, and after those that leave them as they were.
func (o order) before() []bson.D {
	if o.byID() {
		return nil
	}
	field := "$" + o.field
	return []bson.D{{{Key: "$set", Value: bson.D{{Key: key, Value: bson.D{{Key: "$cond", Value: bson.A{
		bson.D{{Key: "$in", Value: bson.A{bson.D{{Key: "$type", Value: field}}, bson.A{"int", "long", "double", "decimal", "string", "binData", "objectId", "bool", "date"}}}}, field, nil,
	}}}}}}}}
}

func (o order) after() []bson.D {
	if o.byID() {
		return nil
	}
	return []bson.D{{{Key: "$unset", Value: key}}}
}

func (o order) sort() bson.D {
	direction := 1
	if o.down {
		direction = -1
	}
	if o.byID() {
		return bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: direction}}}}
	}
	return bson.D{{Key: "$sort", Value: bson.D{{Key: key, Value: direction}, {Key: "_id", Value: 1}}}}
}

// beyond returns the condition on the documents that come after the one with a key.
func (o order) beyond(c *cursor) bson.D {
	if o.byID() {
		// A comparison in a query is within one type. Those of other types come before or after as a whole.
		operator, types := "$gt", typesAfter(c.id.Type)
		if o.down {
			operator, types = "$lt", typesBefore(c.id.Type)
		}
		alternatives := bson.A{bson.D{{Key: "_id", Value: bson.D{{Key: operator, Value: c.id}}}}}
		if len(types) > 0 {
			alternatives = append(alternatives, bson.D{{Key: "_id", Value: bson.D{{Key: "$type", Value: types}}}})
		}
		return bson.D{{Key: "$or", Value: alternatives}}
	}
	operator := "$gt"
	if o.down {
		operator = "$lt"
	}
	compare := func(operator, field string, v bson.RawValue) bson.D {
		return bson.D{{Key: operator, Value: bson.A{field, bson.D{{Key: "$literal", Value: v}}}}}
	}
	return bson.D{{Key: "$expr", Value: bson.D{{Key: "$or", Value: bson.A{
		compare(operator, "$"+key, c.value),
		bson.D{{Key: "$and", Value: bson.A{compare("$eq", "$"+key, c.value), compare("$gt", "$_id", c.id)}}},
	}}}}}
}

// idTypes are the types that ids have, in the order in which they are sorted.
var idTypes = []struct {
	name  string
	types []bson.Type
}{
	{"number", []bson.Type{bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128}},
	{"string", []bson.Type{bson.TypeString}},
	{"binData", []bson.Type{bson.TypeBinary}},
	{"objectId", []bson.Type{bson.TypeObjectID}},
}

func typesAfter(t bson.Type) (names bson.A) {
	for i, of := range idTypes {
		if slices.Contains(of.types, t) {
			for _, later := range idTypes[i+1:] {
				names = append(names, later.name)
			}
		}
	}
	return names
}

func typesBefore(t bson.Type) (names bson.A) {
	for _, of := range idTypes {
		if slices.Contains(of.types, t) {
			break
		}
		names = append(names, of.name)
	}
	return names
}

// cursor returns the key of a document as text.
func (o order) cursor(doc bson.Raw) (string, error) {
	c := bson.D{{Key: "i", Value: doc.Lookup("_id")}}
	if value := doc.Lookup(o.field); !o.byID() && orderable(value) {
		c = append(c, bson.E{Key: "v", Value: value})
	}
	raw, err := bson.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// parseCursor reads the text of a cursor. A forged one is at worst another place in what the actor may view anyway: its values are data.
func parseCursor(text string) (*cursor, error) {
	malformed := bad("after: take it from next.")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 8<<10 || bson.Raw(raw).Validate() != nil {
		return nil, malformed
	}
	c := &cursor{value: bson.RawValue{Type: bson.TypeNull}, id: bson.Raw(raw).Lookup("i")}
	if value, err := bson.Raw(raw).LookupErr("v"); err == nil {
		if !orderable(value) {
			return nil, malformed
		}
		c.value = value
	}
	if !isKey(c.id) {
		return nil, malformed
	}
	return c, nil
}

// orderable reports whether a value has a place of its own in an order here, and is not as if it were missing.
func orderable(v bson.RawValue) bool {
	return isKey(v) || v.Type == bson.TypeBoolean || v.Type == bson.TypeDateTime
}
