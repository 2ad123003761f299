package evaluate

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// clause is a clause with its names resolved: entities to choose, in an order in which each one comes after those it is reached from,
// and conditions.
type clause struct {
	label    string
	entities []*entity
	// conditions[n] speak of the first n entities, and of those of the clauses around this one. An AND may be asked in any order:
	// this one spares choices that cannot matter.
	conditions [][]condition
}

// condition is a constant, a comparison, an existence, a None, a Surely, or an Any if it is none of
// the others.
type condition struct {
	id         int
	constant   filter.Constant
	comparison *comparison
	exists     *existence
	none       *clause
	surely     *clause
	any        []*clause
	about      about // for explanations
}

// existence asks that an entity is there.
type existence struct {
	slot int
	key  *field // of a to-one entity that is answered from the key alone
}

// choice is what an entity stands for while a clause is decided.
type choice struct {
	kind     kind
	document bson.Raw      // a document or an embedded element
	key      bson.RawValue // a key; kindOfKey only
}

type kind uint8

const (
	phantom  kind = iota // the one more choice of an entity whose range is not known
	document             // a document, or an embedded one
	key                  // a key, of an entity that is answered from the keys alone
)

// decision is the state of deciding about one document.
type decision struct {
	ctx      context.Context
	resource choice                 // the document
	tops     [maxTops]bson.RawValue // its fields of those names, of type 0 where there is none
	slots    []choice               // what each other entity stands for, by slot
	others   [][]choice             // everything that an entity ranges over, by slot; the resource is in slot 0
	related  *related               // nil if there is no other entity, and one document
	trace    *trace                 // nil unless the decision is to be explained
}

// at returns what the entity in a slot stands for.
func (d *decision) at(slot int) *choice {
	if slot == 0 {
		return &d.resource
	}
	return &d.slots[slot]
}

// clause decides a clause: the OR over all choices of its entities of the AND of its conditions.
func (d *decision) clause(c *clause) (Truth, error) {
	t, err := d.from(c, 0)
	d.trace.clause(c, t)
	return t, err
}

// from decides a clause whose first n entities are chosen.
func (d *decision) from(c *clause, n int) (Truth, error) {
	t, err := d.all(c.conditions[n])
	if err != nil || n == len(c.entities) || t == False && d.trace == nil {
		return t, err
	}
	some, err := d.some(c, n)
	return and(t, some), err
}

// some decides the OR over the choices of a clause's nth entity. The phantom is one of them if the range is not known:
// it is unknown whether it exists, and so is every comparison that mentions it.
func (d *decision) some(c *clause, n int) (Truth, error) {
	if err := d.ctx.Err(); err != nil {
		return False, err
	}
	e := c.entities[n]
	reached, known, err := d.reach(e)
	if err != nil {
		return False, err
	}
	d.trace.entity(e, len(reached), known)
	t := False
	for _, choice := range reached {
		if t == True && d.trace == nil {
			return t, nil
		}
		d.slots[e.slot], d.others[e.slot] = choice, reached
		one, err := d.from(c, n+1)
		if err != nil {
			return False, err
		}
		t = or(t, one)
	}
	if known || t == True && d.trace == nil {
		return t, nil
	}
	d.slots[e.slot], d.others[e.slot] = choice{kind: phantom}, nil
	one, err := d.from(c, n+1)
	return or(t, and(Unknown, one)), err
}

// all decides the AND of conditions.
func (d *decision) all(conditions []condition) (Truth, error) {
	t := True
	for i := range conditions {
		one, err := d.condition(&conditions[i])
		if err != nil {
			return False, err
		}
		t = and(t, one)
		if t == False && d.trace == nil {
			return t, nil
		}
	}
	return t, nil
}

func (d *decision) condition(c *condition) (t Truth, err error) {
	var found finding
	switch {
	case c.constant.Valid():
		t = constants[c.constant]
	case c.comparison != nil:
		t, found = d.holds(c.comparison)
	case c.exists != nil:
		t = d.exists(c.exists)
	case c.none != nil:
		t, err = d.clause(c.none)
		t = not(t)
	case c.surely != nil:
		t, err = d.clause(c.surely)
		t = truth(t == True)
	default:
		t, err = d.any(c.any)
	}
	if err != nil {
		return False, err
	}
	d.trace.condition(c, t, found)
	return t, nil
}

var constants = [...]Truth{filter.False: False, filter.Unknown: Unknown, filter.True: True}

// exists decides whether an entity is there: what was chosen is, and of a phantom that is unknown.
// Where the key answers, any key that can lead somewhere is enough.
func (d *decision) exists(x *existence) Truth {
	if d.at(x.slot).kind == phantom {
		return Unknown
	}
	if x.key != nil {
		if v, p := d.read(x.key); p != stored || v.Type == bson.TypeArray {
			return Unknown
		}
	}
	return True
}

// any decides the OR of clauses.
func (d *decision) any(clauses []*clause) (Truth, error) {
	t := False
	for _, c := range clauses {
		one, err := d.clause(c)
		if err != nil {
			return False, err
		}
		t = or(t, one)
		if t == True && d.trace == nil {
			return t, nil
		}
	}
	return t, nil
}
