package evaluate

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Why says why a comparison is unknown. The zero Why means that it is not.
type Why uint8

// The reasons why a comparison is unknown.
const (
	Missing      Why = iota + 1 // the field is missing
	Null                        // the field is null
	Detached                    // the field lies in something that is not an embedded document
	OtherType                   // what is stored has another type than declared, or is not of the operand's type class
	Array                       // an array is stored where one value is declared
	NoArray                     // one value is stored where a list is declared
	OtherElement                // an element of the list is null, or of another type than declared
	NaN                         // what is stored is NaN, which is not ordered
	NullOperand                 // the operand is null, or has a null among its values
	NotReached                  // the entity was not reached
	HexText                     // an ObjectID meets its hexadecimal text: one of the two is not of the declared type
)

var whys = [...]string{
	Missing: "is missing", Null: "is null", Detached: "lies in something that is not a document", OtherType: "has another type",
	Array: "is an array, and one value is declared", NoArray: "is not an array, and a list is declared",
	OtherElement: "has an element that is null or of another type",
	NaN:          "is NaN", NullOperand: "is compared with null", NotReached: "is of an entity that was not found",
	HexText: "and the value are an ObjectID and the hex text of one: declare the conversion FromHex for the field, or store one of the two",
}

// String returns the end of a sentence about a field, such as "is missing"; it is empty for the zero Why.
func (w Why) String() string {
	if int(w) < len(whys) {
		return whys[w]
	}
	return ""
}

// finding is what a comparison found that makes it unknown, in its field or in the field that is its operand.
type finding struct {
	why     Why
	operand bool
}

// ofElement says of a list what was found in an element.
func (f finding) ofElement() finding {
	if f.why != NullOperand {
		f.why = OtherElement
	}
	return f
}

// Explanation is a [Decision] with its reasons. It names fields and holds no values, neither of documents nor of the filter.
type Explanation struct {
	Decision
	Resource string                 // the resource type
	Scope    []ConditionExplanation // the scope of the resource type, all of which has to be true
	Clauses  []ClauseExplanation    // the clauses, in the order of the filter
}

// ClauseExplanation says what became of a clause.
type ClauseExplanation struct {
	Label      string
	Tally      Tally // of one decision, unless the clause stands inside an Any or None
	Entities   []EntityExplanation
	Conditions []ConditionExplanation // of scopes and constants too
}

// EntityExplanation says what an entity ranged over.
type EntityExplanation struct {
	Name    string   // as the clause declares it; "" for a hop of a through
	Type    string   // its resource type
	Via     []string // the relations it is reached by, such as "publisher" or "book.publisher"; none for a free one
	KeyOnly bool     // it ranges over keys, and no document was asked for
	Asked   int      // for how many choices of the entities before it, it was looked for
	Reached int      // how many documents, elements or keys it was found to range over, in all
	Unknown int      // how often its range was not known
}

// ConditionExplanation says what became of a condition.
type ConditionExplanation struct {
	Text    string              // the condition as a person may read it
	Origin  string              // where it comes from, if not from the clause: "scope of Book", "constant of grants"
	Tally   Tally               // over the choices it was asked for; none if there was no choice
	Reasons []Reason            // why it was unknown, each reason once
	False   string              // why it was false, if it was and never true: a sentence such as "tenant is another value"; else empty
	Clauses []ClauseExplanation // those of an Any, None or Surely
}

// Tally counts how often something was true, false and unknown.
type Tally struct{ True, False, Unknown int }

// Reason says what was found at a field that made a comparison unknown.
type Reason struct {
	Field string // as the filter writes it, such as "publisher.name"
	Why   Why
}

// String returns a sentence such as "publisher.name is missing".
func (r Reason) String() string { return r.Field + " " + r.Why.String() }

// Explain decides as [Evaluator.Decide] does, and says why. It looks at every clause, choice and condition, also where the decision was
// made before, so it costs more, and may meet an error that Decide does not.
func (e *Evaluator) Explain(ctx context.Context, document bson.Raw, fetcher Fetcher) (Explanation, error) {
	var d decision
	if err := e.begin(&d, ctx, fetcher, document); err != nil {
		return Explanation{}, err
	}
	if err := e.read(&d, document); err != nil {
		return Explanation{}, err
	}
	d.trace = &trace{
		conditions: make([]asked, e.conditions), clauses: map[*clause]*Tally{}, entities: map[*entity]*EntityExplanation{},
	}
	decision, err := d.decide(e)
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Decision: decision, Resource: e.resource, Scope: d.trace.explainConditions(e.scope)}
	for _, c := range e.clauses {
		out.Clauses = append(out.Clauses, d.trace.explain(c))
	}
	return out, nil
}

// about is what an explanation says of a condition, however it is decided.
type about struct {
	source relations.CheckedCondition
	origin string
}

// declaration is what an explanation says of an entity, whatever it reaches.
type declaration struct {
	name, typ string
	via       []string
	keys      bool
}

// trace is what an explanation is made of. A nil trace takes no notice.
type trace struct {
	conditions []asked // by id
	clauses    map[*clause]*Tally
	entities   map[*entity]*EntityExplanation
}

type asked struct {
	tally   Tally
	reasons []Reason
}

func (t *Tally) count(truth Truth) {
	switch truth {
	case True:
		t.True++
	case False:
		t.False++
	default:
		t.Unknown++
	}
}

func (t *trace) clause(c *clause, truth Truth) {
	if t == nil {
		return
	}
	if t.clauses[c] == nil {
		t.clauses[c] = &Tally{}
	}
	t.clauses[c].count(truth)
}

func (t *trace) entity(e *entity, reached int, known bool) {
	if t == nil {
		return
	}
	x := t.entities[e]
	if x == nil {
		x = &EntityExplanation{Name: e.about.name, Type: e.about.typ, Via: e.about.via, KeyOnly: e.about.keys}
		t.entities[e] = x
	}
	x.Asked++
	x.Reached += reached
	if !known {
		x.Unknown++
	}
}

func (t *trace) condition(c *condition, truth Truth, found finding) {
	if t == nil {
		return
	}
	a := &t.conditions[c.id]
	a.tally.count(truth)
	if truth != Unknown || found.why == 0 {
		return
	}
	reason := Reason{Field: c.comparison.field.name, Why: found.why}
	if found.operand {
		reason.Field = c.comparison.operand.field.name
	}
	if !slices.Contains(a.reasons, reason) {
		a.reasons = append(a.reasons, reason)
	}
}

func (t *trace) explain(c *clause) ClauseExplanation {
	out := ClauseExplanation{Label: c.label}
	if tally := t.clauses[c]; tally != nil {
		out.Tally = *tally
	}
	out.Conditions = t.explainConditions(c.conditions[0])
	for i, e := range c.entities {
		x := t.entities[e]
		if x == nil {
			x = &EntityExplanation{Name: e.about.name, Type: e.about.typ, Via: e.about.via, KeyOnly: e.about.keys}
		}
		out.Entities = append(out.Entities, *x)
		for _, p := range e.paths {
			out.Conditions = append(out.Conditions, t.explainConditions(p.near)...)
			out.Conditions = append(out.Conditions, t.explainConditions(p.must)...)
		}
		out.Conditions = append(out.Conditions, t.explainConditions(c.conditions[i+1])...)
	}
	return out
}

func (t *trace) explainConditions(conditions []condition) []ConditionExplanation {
	var out []ConditionExplanation
	for i := range conditions {
		c := &conditions[i]
		asked := t.conditions[c.id]
		x := ConditionExplanation{Text: c.about.text(), Origin: c.about.origin, Tally: asked.tally, Reasons: asked.reasons}
		if c.comparison != nil && asked.tally.False > 0 && asked.tally.True == 0 {
			x.False = c.comparison.field.name + " " + c.comparison.falsity()
		}
		for _, clause := range []*clause{c.none, c.surely} {
			if clause != nil {
				x.Clauses = append(x.Clauses, t.explain(clause))
			}
		}
		for _, clause := range c.any {
			x.Clauses = append(x.Clauses, t.explain(clause))
		}
		out = append(out, x)
	}
	return out
}
