package relations

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/internal/literal"
)

var (
	null                       = literal.Null
	nullOperand filter.Operand = filter.Literal{Value: null}
)

// comparison checks a comparison and returns its operand as it is to be read; same if that is the one it has.
func (c *checker) comparison(in *filter.Comparison) (_ filter.Operand, same bool) {
	if !in.Op.Valid() {
		c.fail(name(in.Field), "an unknown operator, "+in.Op.String())
		return nil, true
	}
	f := c.field(in.Field, in.Op)
	if f == nil {
		return nil, true
	}
	if problem := suits(in.Op, f); problem != "" {
		c.fail(name(in.Field), problem)
		return nil, true
	}
	if in.Op.Unary() {
		if in.Operand != nil {
			c.fail(name(in.Field), in.Op.String()+" takes no operand")
		}
		return nil, true
	}
	switch o := in.Operand.(type) {
	case filter.Literal:
		return c.literal(in, f, o)
	case filter.Field:
		c.fieldOperand(in, f, o)
		return o, true
	case filter.Param:
		if v, ok := c.params[string(o)]; ok {
			l := filter.Literal{Value: v}
			if converted, same := c.literal(in, f, l); !same {
				return converted, false
			}
			return l, false
		}
		if !c.scope {
			c.fail(name(in.Field), fmt.Sprintf("parameter %q is not bound", string(o)))
		}
		if c.unbound == "" {
			c.unbound = o
		}
		return o, true
	case nil:
		c.fail(name(in.Field), in.Op.String()+" needs an operand")
	default:
		c.fail(name(in.Field), fmt.Sprintf("a %T is no operand", in.Operand))
	}
	return nil, true
}

// field returns the declared field that a comparison by op reads, on its left side or as its operand; nil if there is an error.
func (c *checker) field(ref filter.Field, op filter.Operator) *Field {
	e := c.lookup(ref.Entity)
	switch {
	case e == nil && c.scope:
		c.fail(name(ref), "a scope speaks of its own type only")
		return nil
	case e == nil:
		c.fail(name(ref), fmt.Sprintf("unknown entity %q", ref.Entity))
		return nil
	case e.typ == nil:
		return nil // reported where the entity is declared
	}
	e.used = true
	f, crosses, ok := c.s.lookup(e.typ, ref.Path)
	if !ok && op.Unary() {
		var asked FieldRef
		asked, ok = c.s.Presence(e.typ, ref.Path)
		f, crosses = asked.Field, asked.CrossesArray()
	}
	switch {
	case !ok:
		c.fail(name(ref), e.typ.Name+" declares no such field")
		return nil
	case crosses:
		c.fail(name(ref), "the path crosses an array of documents: reach its elements as an entity")
		return nil
	case e.only != "" && (e.only != ref.Path || op.Unary()):
		c.fail(name(ref), "the entity stands for comparisons of its field "+e.only+" only")
		return nil
	}
	return f
}

// suits says why an operator cannot be applied to a field, or "".
func suits(op filter.Operator, f *Field) string {
	switch {
	case op.Unary(), op == filter.Eq, op == filter.Neq:
		return ""
	case (op == filter.Contains || op == filter.Intersects || op == filter.SubsetOf) && !f.List:
		return op.String() + " compares lists, and the field is declared as one value"
	case op == filter.Contains:
		return ""
	case f.Type == Document:
		return op.String() + " does not compare documents"
	case op.Text() && f.Type != String && f.Type != Any:
		return op.String() + " compares text, and the field is declared as " + f.Type.String()
	case op.Text(), op.Ordered(), op.TakesList():
		return ""
	default:
		return "an unknown operator, " + op.String()
	}
}

// fieldOperand checks the comparison of two fields.
func (c *checker) fieldOperand(in *filter.Comparison, f *Field, ref filter.Field) {
	other := c.field(ref, in.Op)
	if other == nil {
		return
	}
	for _, side := range [...]filter.Field{in.Field, ref} {
		if c.lookup(side.Entity).only != "" {
			c.fail(name(side), "the entity stands for comparisons with values only")
			return
		}
	}
	listed, operandListed := false, false // what each side has to be
	switch in.Op {
	case filter.Eq, filter.Neq, filter.Lt, filter.Leq, filter.Gt, filter.Geq:
	case filter.In, filter.Nin:
		operandListed = true
	case filter.Contains:
		listed = true
	default:
		c.fail(name(in.Field), in.Op.String()+" does not compare two fields")
		return
	}
	switch {
	case f.List != listed:
		c.fail(name(in.Field), shape(in.Op, "the field", listed))
	case other.List != operandListed:
		c.fail(name(ref), shape(in.Op, "the operand", operandListed))
	case f.Type == Any || other.Type == Any:
		c.fail(name(in.Field), "two fields are compared by a declared type, not by Any")
	case f.Type != other.Type:
		c.fail(name(in.Field), fmt.Sprintf("a %s field compared with %s, a %s field", f.Type, name(ref), other.Type))
	case !sameSubtype(f, other):
		c.fail(name(in.Field), fmt.Sprintf(
			"binaries of subtype %d compared with %s, of subtype %d: none are equal",
			*f.Subtype, name(ref), *other.Subtype))
	}
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

// literal returns a literal as BSON, converted and of the field's type; same if it was that already.
func (c *checker) literal(
	in *filter.Comparison, f *Field, l filter.Literal,
) (converted filter.Operand, same bool) {
	read := &c.s.coding().values
	if in.Op.TakesList() {
		values, isList, problem := read.Values(l.Value)
		if problem != nil {
			c.badValue(in.Field, problem)
			return nil, true
		}
		if isList {
			return c.list(in, f, values), false
		}
	}
	v, bad := read.Value(l.Value)
	if bad != nil {
		c.badValue(in.Field, bad)
		return nil, true
	}
	if v.Type == bson.TypeNull {
		return nullOperand, false
	}
	if in.Op.TakesList() {
		c.fail(name(in.Field), in.Op.String()+" takes a list of values")
		return nil, true
	}
	v, problem := c.s.fit(in.Op, f, v)
	if problem != "" {
		c.fail(name(in.Field), problem)
		return nil, true
	}
	was, ok := l.Value.(bson.RawValue)
	if ok && was.Type == v.Type && len(was.Value) > 0 && &was.Value[0] == &v.Value[0] {
		return in.Operand, true
	}
	return filter.Literal{Value: v}, false
}

func (c *checker) list(in *filter.Comparison, f *Field, values []bson.RawValue) filter.Operand {
	out := make([]bson.RawValue, len(values))
	for i, v := range values {
		if v.Type == bson.TypeNull {
			out[i] = null
			continue
		}
		var problem string
		if out[i], problem = c.s.fit(in.Op, f, v); problem != "" {
			c.fail(fmt.Sprintf("%s, element %d", name(in.Field), i), problem)
		}
	}
	return filter.Literal{Value: out}
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
		return v, fmt.Sprintf("a BSON %s compared with a %s field", v.Type, f.Type)
	case v.Type == bson.TypeEmbeddedDocument &&
		op != filter.Eq && op != filter.Neq && op != filter.Contains:
		return v, op.String() + " does not compare documents"
	case op.Text() && v.Type != bson.TypeString:
		return v, op.String() + " takes a string"
	default:
		return v, f.otherSubtype(v)
	}
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
func (c *checker) badValue(f filter.Field, p *literal.Problem) {
	subject := name(f)
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
