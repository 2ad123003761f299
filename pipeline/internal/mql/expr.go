package mql

// Expr is an aggregation expression.
//
//sumtype:decl
type Expr interface{ expr() }

type (
	// Path is "$a.b": a field path of the document at hand.
	Path string

	// Var is "$$x" or "$$x.a": a variable, and a field path in its value.
	Var string

	// Literal is {$literal: …}: a [Value], a [List], a [Pattern] or a [Const].
	Literal struct{ Of Arg }

	// Call is {operator: argument}.
	Call struct {
		Op  string
		Arg Expr
	}

	// Args is an array of expressions: the arguments of an operator, or an array to compute.
	Args []Expr

	// Object is a document of expressions: named arguments, or a document to compute.
	Object []Member
)

// Member is one field of an [Object].
type Member struct {
	Name string
	Expr Expr
}

func (Path) expr()    {}
func (Var) expr()     {}
func (Const) expr()   {}
func (Literal) expr() {}
func (Call) expr()    {}
func (Args) expr()    {}
func (Object) expr()  {}

// Fn returns the call of an operator that takes an array of arguments.
func Fn(op string, args ...Expr) Expr { return Call{op, Args(args)} }
