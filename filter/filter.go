package filter

// Filter is what a policy leaves open once the actor and the action are known: an OR of clauses
// over one resource type.
//
// The zero Filter denies. To allow every document, use [Allow], or write a clause with the
// condition [True]. A clause from which the conditions were left out is an error. A Filter is a
// value: nothing in this module changes one that was handed to it.
type Filter struct {
	Resource string   // the resource type, a name in the schema
	AllowAll bool     // every document of the type is authorized, within its scope; then there are no clauses
	Clauses  []Clause // alternatives; without any, and without AllowAll, the filter denies
}

// Clause is an AND of conditions over the resource and the entities it declares.
// It is true if some choice of its entities makes every condition true.
//
// A clause without a condition is malformed, at any depth: a clause that always holds says [True],
// and one that asks only that an entity is there says [Exists]. An entity that no condition names,
// and from which no other entity is reached, is malformed too.
type Clause struct {
	Label      string      // the rule it came from; has no meaning
	Entities   []Entity    // entities declared here, each visible in the conditions and in clauses nested in them
	Conditions []Condition // all must hold; at least one
}

// Entity is one document, or one embedded element, that a clause speaks of.
//
// The zero Entity is the resource itself. An Entity with paths is reached from other entities by
// relations, along every one of its paths at once; a named Entity without paths is free: it ranges
// over all documents of Type.
type Entity struct {
	Name  string // unique among the entities visible in its clause; "" is the resource
	Type  string // the resource type; required of a free entity, and may be said of others
	Paths []Path // how it is reached; none means free
}

// Path is one way to reach an entity: a relation followed from another entity.
type Path struct {
	From     string // the entity it starts from; "" is the resource
	Relation string // a relation of that entity's type
}

// Condition is a [Comparison], an [Exists], a [Constant], an [Any], a [None], a [Surely] or an
// [Invalid].
//
//sumtype:decl
type Condition interface{ condition() }

// Comparison compares a field of an entity with an operand.
type Comparison struct {
	Field   Field
	Op      Operator
	Operand Operand // nil for IsNull and IsSet
	Not     bool    // the three-valued NOT of the comparison
}

// Exists is true of each document that the entity reaches. It is unknown where a related document
// could not be found. [Entity.Exists] makes one. To ask that there is no such entity, put the
// clause that declares it under a [None].
type Exists struct {
	Entity string // an entity in sight, not the resource
}

// Constant is a condition with the same answer for every document. The zero Constant is none of
// them and is refused.
type Constant uint8

// The constants. Unknown is neither true nor false. It authorizes nothing, and None of it is
// unknown, too. Only [Surely] makes it false.
const (
	False Constant = iota + 1
	Unknown
	True
)

// Any holds if one of its clauses does: an OR inside a clause. An Any of no clauses is malformed:
// say [False].
type Any []Clause

// None is a negated clause. It is true if the clause is false: for every choice of the clause's
// entities some condition is false, and all related documents could be found. It is also true if
// there are no related documents: "no locked profile" holds for a user without a profile. If the
// relation is a HasOne that is declared Required, it is unknown there.
type None Clause

// Surely is true if its clause is true, and false if the clause is false or unknown. It is never
// unknown. So its negation widens on missing data.
//
// None(Surely(c)) is for the deny rule of an engine that skips a rule which it cannot evaluate.
// Where a document lacks the field that such a rule compares, the rule does not apply, and the
// document is authorized. For other deny rules use None(c), which authorizes only where c is false.
type Surely Clause

// Invalid is a condition that means nothing.
// [github.com/mongoauthz/go-mongoauthz/relations.Schema.Check] refuses a filter that holds one,
// with its problem: a front end leaves it where a policy makes no sense.
type Invalid struct {
	Problem string // what is wrong, and what to do; never a value of the caller's
}

func (Comparison) condition() {}
func (Exists) condition()     {}
func (Constant) condition()   {}
func (Any) condition()        {}
func (None) condition()       {}
func (Surely) condition()     {}
func (Invalid) condition()    {}

// Valid reports whether c is one of the constants.
func (c Constant) Valid() bool { return c >= False && c <= True }

// String returns "false", "unknown" or "true", or "Constant(n)" for a value that is none of them.
func (c Constant) String() string {
	switch c {
	case False:
		return "false"
	case Unknown:
		return "unknown"
	case True:
		return "true"
	default:
		return "Constant(" + itoa(int(c)) + ")"
	}
}

// Nested returns the clauses nested in a condition: those of an [Any], and the one of a [None] or a
// [Surely].
func Nested(c Condition) []Clause {
	switch c := c.(type) {
	case Any:
		return c
	case None:
		return []Clause{Clause(c)}
	case Surely:
		return []Clause{Clause(c)}
	case Comparison, Exists, Constant, Invalid:
		return nil
	default:
		return nil // c is nil
	}
}

// Operand is a [Literal], a [Field] or a [Param].
//
//sumtype:decl
type Operand interface{ operand() }

// Literal is a value, or for In, Nin, Intersects and SubsetOf a list of values.
// Which Go values are accepted is said at [Value].
type Literal struct{ Value any }

// Field is a field of an entity, by the name the schema declares; a dot steps into an embedded
// document ("address.city"). For IsNull and IsSet it may be an embedded document itself
// ("address").
type Field struct {
	Entity string // the entity's name; "" is the resource
	Path   string
}

// Param is a named parameter, such as "actor.id". It must be bound before a filter is compiled or
// evaluated: by [Filter.Bind], or once the filter is checked (relations.CheckedFilter.Bind).
type Param string

func (Literal) operand() {}
func (Field) operand()   {}
func (Param) operand()   {}

// Operator compares a field with an operand.
type Operator uint8

// The operators. The zero Operator is none of them and is refused.
const (
	Eq           Operator = iota + 1 // equals; on a list, some element equals
	Ne                               // Not Eq
	Lt                               // less than
	Lte                              // less than or equal
	Gt                               // greater than
	Gte                              // greater than or equal
	In                               // is one of a list of values
	Nin                              // Not In
	IsNull                           // missing or null
	IsSet                            // neither missing nor null
	Contains                         // a list has an element equal to the operand
	Intersects                       // a list has an element among the values
	SubsetOf                         // every element of a list is among the values
	StartsWith                       // a string starts with the operand
	EndsWith                         // a string ends with the operand
	ContainsText                     // a string has the operand in it
)

var operatorNames = [...]string{
	Eq: "Eq", Ne: "Ne", Lt: "Lt", Lte: "Lte", Gt: "Gt", Gte: "Gte", In: "In", Nin: "Nin", IsNull: "IsNull", IsSet: "IsSet",
	Contains: "Contains", Intersects: "Intersects", SubsetOf: "SubsetOf",
	StartsWith: "StartsWith", EndsWith: "EndsWith", ContainsText: "ContainsText",
}

// String returns the operator's name, such as "Eq", or "Operator(n)" for a value that is no
// operator.
func (o Operator) String() string {
	if o.Valid() {
		return operatorNames[o]
	}
	return "Operator(" + itoa(int(o)) + ")"
}

// Valid reports whether o is one of the operators.
func (o Operator) Valid() bool { return o >= Eq && o <= ContainsText }

// Unary reports whether o takes no operand.
func (o Operator) Unary() bool { return o == IsNull || o == IsSet }

// TakesList reports whether o compares with a list of values.
func (o Operator) TakesList() bool { return o == In || o == Nin || o == Intersects || o == SubsetOf }

// Ordered reports whether o compares by order.
func (o Operator) Ordered() bool { return o >= Lt && o <= Gte }

// Text reports whether o is defined on strings only.
func (o Operator) Text() bool { return o >= StartsWith && o <= ContainsText }

// Outcome is the kind of a filter's answer.
type Outcome uint8

// The three outcomes; the zero value denies.
const (
	Denied      Outcome = iota // no document
	Allowed                    // every document of the resource type (within its scope)
	Conditional                // it depends on the document
)

// String returns "denied", "allowed" or "conditional".
func (o Outcome) String() string {
	switch o {
	case Denied:
		return "denied"
	case Allowed:
		return "allowed"
	case Conditional:
		return "conditional"
	default:
		return "Outcome(" + itoa(int(o)) + ")"
	}
}

// Outcome says which of the three kinds f is, as it is written: Allowed if it has the mark AllowAll
// and no clause, Denied if it has neither, otherwise Conditional. A contradiction or a tautology
// that constants make is Conditional, too: a compiled filter, pipeline.Plan, tells these.
func (f Filter) Outcome() Outcome {
	switch {
	case len(f.Clauses) > 0:
		return Conditional
	case f.AllowAll:
		return Allowed
	default:
		return Denied
	}
}
