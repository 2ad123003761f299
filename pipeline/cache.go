package pipeline

import (
	"slices"
	"sync"

	"github.com/mongoauthz/go-mongoauthz/internal/cache"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Cache compiles filters, and remembers plans by the shape of their filters: the values, those of bound parameters too, are put into a plan that was compiled for other
// values. What a plan depends on besides is part of the shape: types of values, nulls, lists that are empty or of one value, and which values are equal.
// It is safe for concurrent use. Make one with [NewCache].
type Cache struct {
	schema  *relations.Schema
	options []Option
	known   known // the schema's own values
	shapes  sync.Pool
	kept    *cache.Cache[string, *compiled]
}

// DefaultCachedPlans is how many plans a [Cache] keeps, unless it is made for another number.
const DefaultCachedPlans = 1_000

// NewCache returns a cache for filters over a schema, for at most so many plans; 0 is [DefaultCachedPlans]. Plans are compiled with the options.
func NewCache(s *relations.Schema, plans int, opts ...Option) *Cache {
	if plans <= 0 {
		plans = DefaultCachedPlans
	}
	c := &Cache{schema: s, options: opts, known: known{values: map[string]int{}}, kept: cache.New[string, *compiled](plans)}
	c.shapes.New = func() any { return new(shape) }
	for t := range s.Types() {
		c.learn(s.Scope(t))
		for i := range t.Fields {
			if v, ok := zeroOf(&t.Fields[i]); ok {
				c.known.addZero(v)
			}
		}
		for i := range t.Relations {
			for _, constant := range t.Relations[i].Where {
				if v, ok := constant.Value.(bson.RawValue); ok {
					c.known.add(v)
				}
			}
		}
	}
	return c
}

// learn notes the values in a scope of the schema.
func (c *Cache) learn(scope *relations.CheckedScope) {
	if scope != nil {
		c.learnAll(scope.Conditions)
	}
}

func (c *Cache) learnAll(conditions []relations.CheckedCondition) {
	for _, condition := range conditions {
		if comparison, ok := condition.(*relations.CheckedComparison); ok {
			switch o := comparison.Operand.(type) {
			case *relations.CheckedValue:
				c.known.add(o.Value)
			case *relations.CheckedList:
				for _, v := range o.Values {
					c.known.add(v)
				}
				c.known.lists = append(c.known.lists, withoutNulls(o.Values))
			}
		}
		for inner := range relations.CheckedClauses(condition) {
			c.learnAll(inner.Conditions)
		}
	}
}

// known is the values that a schema holds itself.
type known struct {
	values map[string]int // by type and bytes, counted from 1
	lists  [][]bson.RawValue
	zeros  []bson.RawValue // what missing fields count as, each once
}

func (k *known) addZero(v bson.RawValue) {
	k.add(v)
	if !slices.ContainsFunc(k.zeros, v.Equal) {
		k.zeros = append(k.zeros, v)
	}
}

func (k *known) add(v bson.RawValue) {
	key := string([]byte{byte(v.Type)}) + string(v.Value)
	if _, ok := k.values[key]; !ok {
		k.values[key] = len(k.values) + 1
	}
}

// number says which of the values v equals; 0 for none.
func (k *known) number(v bson.RawValue) int {
	if len(k.values) == 0 {
		return 0
	}
	var buf [64]byte
	return k.values[string(append(append(buf[:0], byte(v.Type)), v.Value...))]
}

// listNumber says which of the lists a list equals; 0 for none.
func (k *known) listNumber(list []bson.RawValue) int {
	return 1 + slices.IndexFunc(k.lists, func(own []bson.RawValue) bool { return equalLists(own, list) })
}

// Compile is [CompileChecked] for a filter that was checked by the cache's own schema, or by what its Bind returned.
//
// The plan keeps the filter's values. The errors are those of [CompileChecked]. They are not remembered.
func (c *Cache) Compile(f *relations.CheckedFilter) (*Plan, error) {
	if c == nil || c.shapes.New == nil { // the zero Cache: it keeps nothing
		return CompileChecked(f)
	}
	shape := c.shapes.Get().(*shape)
	defer c.shapes.Put(shape)
	shape.of(c, f)
	if shape.bad {
		return CompileChecked(f, c.options...)
	}
	if t, ok := cache.GetBytes(c.kept, shape.key); ok {
		return &Plan{t, slices.Clone(shape.slots)}, nil
	}
	l := &lowerer{params: slices.Clone(shape.slots), known: &c.known}
	plan, err := compile(l, f, c.options)
	if err == nil && !l.fixed {
		c.kept.Put(string(shape.key), plan.of)
	}
	return plan, err
}
