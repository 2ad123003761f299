package oso

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DefaultCache is how many filters an engine keeps, unless [WithCache] says otherwise.
const DefaultCache = 1000

// cache keeps filters under what the policy asked of the actors they were made for, as trees: a node is a question, its branches are the
// answers, and a leaf is the filter that an actor gets who gives all the answers on the way to it. Evaluations that read the database are not kept.
type cache struct {
	mu     sync.RWMutex // of the trees, too; nothing that is asked under it leaves the process
	limit  int
	leaves int
	roots  map[string]*node // by what was asked for and who asked
}

type node struct {
	object   int
	attr     *attribute
	branches map[string]*node
	answer   *filter.Filter // of a leaf
}

// get returns the filter for an actor who gives the same answers as one before. The session is one for the questions only.
func (c *cache) get(s *session, root string) (filter.Filter, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for n := c.roots[root]; n != nil; {
		if n.answer != nil {
			return clone(*n.answer), true
		}
		if n.object >= len(s.trace.objects) {
			return filter.Filter{}, false
		}
		before := len(s.trace.steps)
		if _, err := s.read(s.trace.objects[n.object], n.attr); err != nil || s.trace.closed || len(s.trace.steps) == before {
			return filter.Filter{}, false
		}
		n = n.branches[s.trace.steps[before].answer]
	}
	return filter.Filter{}, false
}

// put keeps a filter under the trace of its evaluation.
func (c *cache) put(t *trace, root string, f filter.Filter) {
	if t.closed || c.limit == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaves >= c.limit {
		c.roots, c.leaves = map[string]*node{}, 0
	}
	at := c.roots[root]
	if at == nil {
		at = &node{}
		c.roots[root] = at
	}
	for _, s := range t.steps {
		switch {
		case at.answer != nil:
			return // fewer questions lead to an answer already
		case at.attr == nil:
			at.object, at.attr, at.branches = s.object, s.attr, map[string]*node{}
		case at.attr != s.attr || at.object != s.object:
			return // Oso asked in another order this time
		}
		next := at.branches[s.answer]
		if next == nil {
			next = &node{}
			at.branches[s.answer] = next
		}
		at = next
	}
	if at.answer == nil && at.attr == nil {
		kept := clone(f)
		at.answer = &kept
		c.leaves++
	}
}

// clone returns a filter that shares nothing with another that can be changed: whoever is given a filter may do with it as they like.
func clone(f filter.Filter) filter.Filter {
	f.Clauses = cloneClauses(f.Clauses)
	return f
}

func cloneClauses(clauses []filter.Clause) []filter.Clause {
	out := slices.Clone(clauses)
	for i := range out {
		out[i] = cloneClause(out[i])
	}
	return out
}

func cloneClause(c filter.Clause) filter.Clause {
	c.Entities = slices.Clone(c.Entities)
	for i := range c.Entities {
		c.Entities[i].Paths = slices.Clone(c.Entities[i].Paths)
	}
	c.Conditions = slices.Clone(c.Conditions)
	for i, condition := range c.Conditions {
		switch condition := condition.(type) {
		case filter.Any:
			c.Conditions[i] = filter.Any(cloneClauses(condition))
		case filter.None:
			c.Conditions[i] = filter.None(cloneClause(filter.Clause(condition)))
		case filter.Surely:
			c.Conditions[i] = filter.Surely(cloneClause(filter.Clause(condition)))
		case filter.Comparison:
			if l, ok := condition.Operand.(filter.Literal); ok {
				condition.Operand = filter.Literal{Value: cloneValue(l.Value)}
				c.Conditions[i] = condition
			}
		case filter.Exists, filter.Constant, filter.Invalid: // hold nothing that can be changed
		}
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case []any:
		return slices.Clone(v)
	case bson.RawValue:
		return bson.RawValue{Type: v.Type, Value: bytes.Clone(v.Value)}
	case []bson.RawValue:
		return slices.Clone(v)
	default:
		return v
	}
}

// request is what an engine is asked for, besides the actor.
type request struct{ rule, action, resource, field string }

// root names what was asked for, and who asked: a value, or an instance of a class of which nothing was asked yet.
func (r request) root(s *session, who any) string {
	b := []byte(fmt.Sprintf("%q", []string{r.rule, r.action, r.resource, r.field}))
	if o := s.engine.classes.unwrap(who); o != nil {
		return string(s.trace.writeObject(b, o, true))
	}
	return string(s.trace.write(b, s.engine.classes, who))
}

// cached answers without Oso where it can.
func (e *Engine) cached(ctx context.Context, actor any, r request) (filter.Filter, bool) {
	if e.cache.limit == 0 || ctx.Err() != nil {
		return filter.Filter{}, false
	}
	s := e.newSession(ctx)
	who, err := s.carry(reflect.ValueOf(actor))
	if err != nil {
		return filter.Filter{}, false
	}
	root := r.root(s, who)
	if s.trace.closed {
		return filter.Filter{}, false
	}
	return e.cache.get(s, root)
}
