package oso

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/osohq/go-oso/types"
)

// worker is one Oso. It serves one session at a time, which is how a look-up knows whose it is: Oso passes no context.
type worker struct {
	oso     oso
	session *session
}

// reading is a question between the two calls that Oso makes for it.
type reading struct {
	question
	name       string // as the policy has it
	ofElements bool
	ofEach     bool
}

// BuildQuery is called by Oso for every attribute that is read of an object, since all are registered as relations to one.
func (w *worker) BuildQuery(f *types.Filter) (any, error) {
	if len(f.Conditions) == 1 && len(f.Conditions[0]) == 1 {
		c := f.Conditions[0][0]
		projection, ok := c.Lhs.DatumVariant.(types.Projection)
		value, isValue := c.Rhs.DatumVariant.(types.Immediate)
		if ok && projection.FieldName == methodsName {
			if o, isObject := value.Value.(*object); isValue && isObject {
				return reading{question: question{o, ofMethods}}, nil
			}
			return nil, w.fail(unsupported("", "a method is called of a date, an ObjectID or another value that Polar has no type for"))
		}
		if o, isObject := value.Value.(*object); ok && isValue && isObject {
			name, ofElements := strings.CutSuffix(strings.TrimSuffix(projection.FieldName, polar.Negated), polar.Elements)
			name, ofEach := strings.CutSuffix(name, each)
			if a := o.class.attrs[name]; a != nil {
				return reading{question{o, a}, name, ofElements, ofEach}, nil
			}
		}
	}
	return nil, w.fail(unsupported("", "the engine asked for something else than an attribute"))
}

// ExecuteQuery returns the value of the attribute as the only row.
func (w *worker) ExecuteQuery(q any) ([]any, error) {
	r, ok := q.(reading)
	if !ok {
		return nil, w.fail(unsupported("", "the engine asked for something else than an attribute"))
	}
	v, err := w.session.read(r.of, r.attr)
	if err != nil {
		return nil, w.fail(err)
	}
	if r.ofElements {
		list, isList := v.([]any)
		if !isList {
			return nil, w.fail(unsupported(r.of.class.name+"."+r.attr.name, "is nil where a list belongs"))
		}
		v = elements{list}
	} else if err := w.session.engine.ranged.bound(r.of.class.name, r.name, v, r.ofEach); err != nil {
		return nil, w.fail(err)
	}
	return []any{v}, nil
}

func (w *worker) fail(err error) error {
	if w.session.err == nil {
		w.session.err = err
	}
	return err
}
