package polar

import "fmt"

// Expr is an expression.
type Expr struct {
	Op   string // one of the kinds below, or an operator or keyword as it is spelled, such as "=", "and" or "forall"
	Name string // of a variable or a class, the attribute of a dot, the rule of a call; the text of a constant
	Args []*Expr
	Line int

	dropped bool // by Oso, see unified
}

// The kinds of expressions that are no operators.
const (
	Variable  = "variable"
	Constant  = "constant"  // a text, an integer, true, false or nil
	Fraction  = "fraction"  // a number with a point or an exponent, inf, nan
	List      = "list"      // of Args; a dictionary too, and *rest variables
	Dot       = "dot"       // of Args[0]
	Method    = "method"    // a dot with arguments: Args[1:]
	Call      = "call"      // of a rule
	Pattern   = "pattern"   // a class, Name, with Attributes as Args
	Attribute = "attribute" // of a pattern, with its value
)

// Dictionary is the Name of a List that is a dictionary, whose keys are not kept.
const Dictionary = "{}"

// Rule is a rule of a policy, or one that a resource block stands for.
type Rule struct {
	Name   string
	Params []Param
	Body   *Expr // nil if there is none
	From   int   // where the body begins in the text, and where it ends; 0 for a rule that a resource block stands for
	To     int
	Line   int
}

// Param is a parameter in the head of a rule.
type Param struct {
	Value  *Expr
	Class  string  // the class that it must be of; "" if any
	Fields []*Expr // the attributes that it must have besides, as comparisons with Value
}

// Error says what cannot be read, or is refused, and where.
type Error struct {
	Construct string
	Line      int
	Problem   string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s: %s", e.Line, e.Construct, e.Problem) }

// Head names the rules that a call chooses from.
type Head struct {
	Name  string
	Arity int
}

// Head returns the rule's head.
func (r *Rule) Head() Head { return Head{r.Name, len(r.Params)} }

// Base returns what stands before all dots.
func (e *Expr) Base() *Expr {
	for e.Op == Dot || e.Op == Method {
		e = e.Args[0]
	}
	return e
}
