package oso

import (
	"context"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/osohq/go-oso/types"
)

// Partials asks Oso as Filter does, and returns what translates its answer: the two halves of Filter, to be measured one by one.
func Partials(e *Engine, actor any, action, resource string) (translate func() (filter.Filter, error), err error) {
	var open []any
	err = e.evaluate(context.Background(), func(w *worker) error {
		who, err := w.session.carry(reflect.ValueOf(actor))
		if err != nil {
			return err
		}
		found, err := w.partials(e.limit, ruleAllow, map[string]*types.Term{"resource": ofClass("resource", resource)}, who, action, types.Variable("resource"))
		for _, bindings := range found {
			open = append(open, bindings["resource"])
		}
		return err
	})
	return func() (filter.Filter, error) { return e.translate(e.classes.byName[resource], open) }, err
}
