package mql

// Query is a query document: the AND of its conditions. The empty Query matches every document.
type Query []Condition

// Condition is one member of a query document: a [*Field], a [Logic] or an [ExprMatch].
//
//sumtype:decl
type Condition interface{ condition() }

type (
	// Field is {path: {operators}}.
	Field struct {
		Path string
		Ops  Ops
	}

	// Logic is {$and: […]}, {$or: […]} or {$nor: […]}.
	Logic struct {
		Op string
		Of []Query
	}

	// ExprMatch is {$expr: …}.
	ExprMatch struct{ Expr Expr }
)

func (*Field) condition()    {}
func (Logic) condition()     {}
func (ExprMatch) condition() {}

// The operators of a [Logic].
const (
	And = "$and"
	Or  = "$or"
	Nor = "$nor"
)

// Ops is a document of operators on one value: the AND of them.
type Ops []Op

// Op is one operator with its argument.
type Op struct {
	Name string
	Arg  Arg
}

// Arg is the argument of an operator of the query language.
//
//sumtype:decl
type Arg interface{ arg() }

type (
	// Const is a value that the compiler wrote itself, no user's: null, a bool, an int32, a
	// float64 or a string such as a type alias. It is an expression as well.
	Const struct{ Value any }

	// Pattern is a regular expression that was made of a user's text.
	Pattern string

	// Array is an array of arguments.
	Array []Arg

	// WithNull is the list, and null after it.
	WithNull struct{ List List }
)

func (*Value) arg()   {}
func (List) arg()     {}
func (WithNull) arg() {}
func (Const) arg()    {}
func (Pattern) arg()  {}
func (Array) arg()    {}
func (Ops) arg()      {} // $not, and $elemMatch of values
func (Query) arg()    {} // $elemMatch of documents

// Null is the null of the compiler's own.
var Null = Const{}

// On returns the query that asks operators of the value at a path.
func On(path string, ops ...Op) Query { return Query{&Field{path, ops}} }

// Is returns the operator with an argument.
func Is(name string, arg Arg) Op { return Op{name, arg} }

// All returns {$and: queries}.
func All(queries ...Query) Query { return Query{Logic{And, queries}} }

// Some returns {$or: queries}.
func Some(queries ...Query) Query { return Query{Logic{Or, queries}} }

// None returns {$nor: queries}.
func None(queries ...Query) Query { return Query{Logic{Nor, queries}} }

// Key returns the name of a condition in its query document, which holds each name once.
func Key(c Condition) string {
	switch c := c.(type) {
	case *Field:
		return c.Path
	case Logic:
		return c.Op
	case ExprMatch:
	}
	return "$expr"
}

// Alone returns the only condition of a query, if it is a T.
func Alone[T Condition](q Query) (c T, ok bool) {
	if len(q) == 1 {
		c, ok = q[0].(T)
	}
	return c, ok
}
