package oso

import "github.com/osohq/go-oso/types"

// worker is one Oso. It serves one session at a time, which is how a look-up knows whose it is: Oso passes no context.
type worker struct {
	oso     oso
	session *session
}

// BuildQuery is called by Oso for every attribute that is read of an object, since all are registered as relations to one.
func (w *worker) BuildQuery(f *types.Filter) (any, error) {
	if len(f.Conditions) == 1 && len(f.Conditions[0]) == 1 {
		c := f.Conditions[0][0]
		projection, ok := c.Lhs.DatumVariant.(types.Projection)
		value, isValue := c.Rhs.DatumVariant.(types.Immediate)
		if o, isObject := value.Value.(*object); ok && isValue && isObject {
			if a := o.class.attrs[projection.FieldName]; a != nil {
				return question{o, a}, nil
			}
		}
	}
	return nil, w.fail(unsupported("", "the engine asked for something else than an attribute"))
}

// ExecuteQuery returns the value of the attribute as the only row.
func (w *worker) ExecuteQuery(q any) ([]any, error) {
	r, ok := q.(question)
	if !ok {
		return nil, w.fail(unsupported("", "the engine asked for something else than an attribute"))
	}
	v, err := w.session.read(r.of, r.attr)
	if err != nil {
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
