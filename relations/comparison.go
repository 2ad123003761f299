package relations

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/internal/literal"
)

var null = literal.Null

// comparison resolves a comparison in the room that it is given, and reports whether it could.
func (c *checker) comparison(in *filter.Comparison, room *resolved) (ok bool) {
	if !in.Op.Valid() {
		c.fail(name(in.Field), "an unknown operator, "+in.Op.String())
		return false
	}
	out := &room.comparison
	out.Op, out.Not = in.Op, in.Not
	if out.Entity, out.Field, ok = c.field(in.Field, in.Op); !ok {
		return false
	}
	if problem := suits(in.Op, out.Field.Field); problem != "" {
		c.fail(name(in.Field), problem)
		return false
	}
	_, withField := in.Operand.(filter.Field)
	c.notes(out.Entity, &out.Field, in.Op, withField)
	if in.Op.Unary() {
		if in.Operand != nil {
			c.fail(name(in.Field), in.Op.String()+" takes no operand")
		}
		return true
	}
	switch o := in.Operand.(type) {
	case filter.Literal:
		out.Operand = c.literal(out, o.Value, &room.value)
	case filter.Field:
		out.Operand = c.fieldOperand(in, out.Field.Field, o)
	case filter.Param:
		out.Operand = c.param(out, o, &room.value)
	case nil:
		c.fail(name(in.Field), in.Op.String()+" needs an operand")
	default:
		c.fail(name(in.Field), fmt.Sprintf("a %T is no operand", in.Operand))
	}
	return true
}

// notes records what a comparison asks of an entity, unless that is the resource, of which nobody
// asks it.
func (c *checker) notes(e *CheckedEntity, f *FieldRef, op filter.Operator, withField bool) {
	if c.scope || e != c.visible[0].entity {
		e.Facts.compare(f, op, withField)
	}
}

// param returns the value that is bound to a parameter, or the parameter itself.
func (c *checker) param(in *CheckedComparison, p filter.Param, room *CheckedValue) CheckedOperand {
	if v, ok := c.params[string(p)]; ok {
		return c.literal(in, v, room)
	}
	if c.unbound == "" {
		c.unbound = p
	}
	return &CheckedParam{Name: p, where: c.where()}
}

// field returns the entity and the declared field that a comparison by op reads, on its left side
// or as its operand. It is not ok if there is an error.
func (c *checker) field(in filter.Field, op filter.Operator) (_ *CheckedEntity, ref FieldRef, ok bool) {
	e := c.lookup(in.Entity)
	switch {
	case e == nil && c.scope:
		c.fail(name(in), "a scope speaks of its own type only")
		return nil, ref, false
	case e == nil:
		c.fail(name(in), fmt.Sprintf("unknown entity %q", in.Entity))
		return nil, ref, false
	case e.entity.Type == nil:
		return nil, ref, false // reported where the entity is declared
	}
	e.used = true
	ref, ok = c.s.field(e.entity.Type, in.Path, op.Unary())
	switch {
	case !ok:
		c.fail(name(in), e.entity.Type.Name+" declares no such field: declare it, or correct the name")
	case ref.CrossesArray():
		c.fail(name(in), "the path crosses an array of documents: reach its elements as an entity")
		ok = false
	}
	return e.entity, ref, ok
}

// suits says why an operator cannot be applied to a field, or "".
func suits(op filter.Operator, f *Field) string {
	switch {
	case op.Unary(), op == filter.Eq, op == filter.Ne:
		return ""
	case (op == filter.Contains || op == filter.Intersects || op == filter.SubsetOf) && !f.List:
		return op.String() + " compares lists, and the field is declared as one value: use Eq or In, or declare a list"
	case op == filter.Contains:
		return ""
	case f.Type == Document:
		return op.String() + " does not compare documents"
	case op.Text() && f.Type != String && f.Type != AnyType:
		return op.String() + " compares text, and the field is declared as " + f.Type.String()
	case op.Text(), op.Ordered(), op.TakesList():
		return ""
	default:
		return "an unknown operator, " + op.String()
	}
}

// fieldOperand resolves the other field of a comparison of two; nil if there is an error.
func (c *checker) fieldOperand(in *filter.Comparison, f *Field, ref filter.Field) CheckedOperand {
	entity, found, ok := c.field(ref, in.Op)
	if !ok {
		return nil
	}
	c.notes(entity, &found, in.Op, true)
	other := found.Field
	listed, operandListed := false, false // what each side has to be
	switch in.Op {
	case filter.Eq, filter.Ne, filter.Lt, filter.Lte, filter.Gt, filter.Gte:
	case filter.In, filter.Nin:
		operandListed = true
	case filter.Contains:
		listed = true
	default:
		c.fail(name(in.Field), in.Op.String()+" does not compare two fields")
		return nil
	}
	switch {
	case f.List != listed:
		c.fail(name(in.Field), shape(in.Op, "the field", listed))
	case other.List != operandListed:
		c.fail(name(ref), shape(in.Op, "the operand", operandListed))
	case f.Type == AnyType || other.Type == AnyType:
		c.fail(name(in.Field), "two fields are compared by a declared type, not by AnyType")
	case f.Type != other.Type:
		c.fail(name(in.Field), fmt.Sprintf(
			"%s field is compared with %s, %s field: compare fields of one type, or correct a declaration",
			withArticle(f.Type.String()), name(ref), withArticle(other.Type.String())))
	case !sameSubtype(f, other):
		c.fail(name(in.Field), fmt.Sprintf(
			"binaries of subtype %d compared with %s, of subtype %d: none are equal",
			*f.Subtype, name(ref), *other.Subtype))
	}
	return &CheckedField{Entity: entity, Field: found}
}

// sameSubtype reports whether the binaries of two fields can be equal.
func sameSubtype(a, b *Field) bool {
	return a.Subtype == nil || b.Subtype == nil || *a.Subtype == *b.Subtype
}

func shape(op filter.Operator, side string, list bool) string {
	if list {
		return op.String() + " of two fields needs a list as " + side
	}
	return op.String() + " of two fields needs one value as " + side
}

// literal returns a value as the operand of a comparison: as BSON, converted as the field declares;
// nil if there is an error. There is room for one value.
func (c *checker) literal(in *CheckedComparison, value any, room *CheckedValue) CheckedOperand {
	read := &c.s.coding().values
	if in.Op.TakesList() {
		values, isList, problem := read.Values(value)
		if problem != nil {
			c.badValue(in, problem)
			return nil
		}
		if isList {
			return c.list(in, values)
		}
	}
	v, bad := read.Value(value)
	switch {
	case bad != nil:
		c.badValue(in, bad)
		return nil
	case v.Type == bson.TypeNull:
		room.Value = null
		return room
	case in.Op.TakesList():
		c.fail(in.name(), in.Op.String()+" takes a list of values: pass a slice")
		return nil
	}
	v, problem := c.s.fit(in.Op, in.Field.Field, v)
	if problem != "" {
		c.fail(in.name(), problem)
		return nil
	}
	room.Value = v
	return room
}

// list converts the values in place: they are nobody else's.
func (c *checker) list(in *CheckedComparison, values []bson.RawValue) CheckedOperand {
	for i, v := range values {
		if v.Type == bson.TypeNull {
			values[i] = null
			continue
		}
		var problem string
		if values[i], problem = c.s.fit(in.Op, in.Field.Field, v); problem != "" {
			c.fail(fmt.Sprintf("%s, element %d", in.name(), i), problem)
		}
	}
	return &CheckedList{Values: values}
}

// fit converts a value that is not null as its field declares, and says why it cannot be compared
// with the field, or "".
func (s *Schema) fit(
	op filter.Operator, f *Field, v bson.RawValue,
) (_ bson.RawValue, problem string) {
	v, problem = s.coding().convert(f, v)
	switch {
	case problem != "":
		return v, problem
	case !f.Type.admits(v.Type):
		return v, otherType(f, v)
	case v.Type == bson.TypeEmbeddedDocument &&
		op != filter.Eq && op != filter.Ne && op != filter.Contains:
		return v, op.String() + " does not compare documents"
	case op.Text() && v.Type != bson.TypeString:
		return v, op.String() + " takes a string: pass one"
	default:
		return v, f.otherSubtype(v)
	}
}

// otherType says that a value is of another type than its field, and what to do.
func otherType(f *Field, v bson.RawValue) string {
	what := fmt.Sprintf("a BSON %s is compared with %s field: ", v.Type, withArticle(f.Type.String()))
	if conversion, ok := conversionsOfText[f.Type]; ok && v.Type == bson.TypeString && f.Convert == NoConversion {
		return what + "pass a value of the declared type, or declare how texts are read: " + conversion
	}
	return what + "pass a value of the declared type, or correct the declaration"
}

// conversionsOfText are the conversions that read a text for a type.
var conversionsOfText = map[ValueType]string{
	ObjectID: "FromHex, in a struct tag `hex`",
	Date:     "FromRFC3339, in a struct tag `rfc3339`",
	Binary:   "FromUUID, in a struct tag `uuid`",
}

// withArticle returns a word with its article.
func withArticle(word string) string {
	if strings.ContainsRune("AEIO", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// otherSubtype says that a binary is of another subtype than documents hold, or "". It would be
// equal to nothing stored, and a negated comparison with it true of everything.
func (f *Field) otherSubtype(v bson.RawValue) string {
	if f.Subtype == nil || v.Type != bson.TypeBinary {
		return ""
	}
	if subtype, _ := v.Binary(); subtype != *f.Subtype {
		return fmt.Sprintf("a binary of subtype %d compared with a field whose documents hold "+
			"subtype %d: compare a value of the Go type that is stored, or declare the subtype "+
			"that documents hold", subtype, *f.Subtype)
	}
	return ""
}

// badValue records what is wrong with a literal.
func (c *checker) badValue(in *CheckedComparison, p *literal.Problem) {
	subject := in.name()
	if p.Where != "" {
		subject += ", " + p.Where
	}
	c.fail(subject, p.Text)
}

// name returns a field as errors name it.
func name(f filter.Field) string {
	if f.Entity == "" {
		return f.Path
	}
	return f.Entity + "." + f.Path
}

// name returns the field of a comparison as errors name it.
func (c *CheckedComparison) name() string {
	return name(filter.Field{Entity: c.Entity.Name, Path: c.Field.Path})
}
