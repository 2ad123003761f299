package lower

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Known is the values that a schema holds itself.
type Known struct {
	schema *relations.Schema
	values map[string]int // by type and bytes, counted from 1
	lists  [][]bson.RawValue
	zeros  []bson.RawValue // what missing fields count as, each once
}

// NewKnown returns the values that a schema holds: those of its scopes, of the constants of its
// relations, and what missing fields count as.
func NewKnown(s *relations.Schema) *Known {
	k := &Known{schema: s, values: map[string]int{}}
	for t := range s.Types() {
		k.learn(s.Scope(t))
		for i := range t.Fields {
			if v, ok := formula.ZeroOf(&t.Fields[i]); ok {
				k.addZero(v)
			}
		}
		for i := range t.Relations {
			for _, constant := range t.Relations[i].Where {
				if v, ok := constant.Value.(bson.RawValue); ok {
					k.add(v)
				}
			}
		}
	}
	return k
}

// learn notes the values in a scope of the schema.
func (k *Known) learn(scope *relations.CheckedScope) {
	if scope != nil {
		k.learnAll(scope.Conditions)
	}
}

func (k *Known) learnAll(conditions []relations.CheckedCondition) {
	for _, condition := range conditions {
		if comparison, ok := condition.(*relations.CheckedComparison); ok {
			switch o := comparison.Operand.(type) {
			case *relations.CheckedValue:
				k.add(o.Value)
			case *relations.CheckedList:
				for _, v := range o.Values {
					k.add(v)
				}
				k.lists = append(k.lists, mql.WithoutNulls(o.Values))
			case *relations.CheckedField, *relations.CheckedParam:
			}
		}
		for inner := range relations.Nested(condition) {
			k.learnAll(inner.Conditions)
		}
	}
}

func (k *Known) addZero(v bson.RawValue) {
	k.add(v)
	if !slices.ContainsFunc(k.zeros, v.Equal) {
		k.zeros = append(k.zeros, v)
	}
}

func (k *Known) add(v bson.RawValue) {
	key := string([]byte{byte(v.Type)}) + string(v.Value)
	if _, ok := k.values[key]; !ok {
		k.values[key] = len(k.values) + 1
	}
}

// number says which of the values v equals; 0 for none.
func (k *Known) number(v bson.RawValue) int {
	if len(k.values) == 0 {
		return 0
	}
	var buf [64]byte
	return k.values[string(append(append(buf[:0], byte(v.Type)), v.Value...))]
}

// listNumber says which of the lists a list equals; 0 for none.
func (k *Known) listNumber(list []bson.RawValue) int {
	return 1 + slices.IndexFunc(k.lists, func(own []bson.RawValue) bool { return mql.EqualValues(own, list) })
}
