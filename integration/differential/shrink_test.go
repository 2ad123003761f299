package differential_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// shrink makes a mismatch small: it leaves out clauses, conditions, entities, documents, fields, scopes, as long as it stays one.
func (s *suite) shrink(m *mismatch) *mismatch {
	for tries := 0; tries < 3_000; {
		smaller := m
		for _, c := range candidates(m) {
			if tries++; tries >= 3_000 {
				break
			}
			if again := s.retry(c); again != nil {
				smaller = again
				break
			}
		}
		if smaller == m {
			break
		}
		m = smaller
	}
	return m
}

// retry returns the mismatch that a candidate still is, or nil.
func (s *suite) retry(c *mismatch) *mismatch {
	quiet := &suite{db: s.db, compat: s.compat, mutate: s.mutate, seen: map[feature]int{}, compared: 9} // the next is a tenth
	if quiet.store(c.w) != nil {
		return nil
	}
	var m *mismatch
	if errors.As(quiet.compare(c.w, c.f), &m) {
		return m
	}
	return nil
}

// candidates are smaller than m, the most radical first.
func candidates(m *mismatch) (out []*mismatch) {
	for _, f := range smallerFilters(m.f) {
		out = append(out, &mismatch{w: m.w, f: f})
	}
	for _, c := range collections {
		for i := range m.w.docs[c] {
			out = append(out, &mismatch{w: m.w.with(c, slices.Delete(slices.Clone(m.w.docs[c]), i, i+1)), f: m.f})
		}
	}
	for i := range m.w.types {
		if len(m.w.types[i].Scope) == 0 {
			continue
		}
		types := slices.Clone(m.w.types)
		types[i].Scope = nil
		if schema, err := relations.New(types...); err == nil {
			out = append(out, &mismatch{w: &world{types: types, schema: schema, docs: m.w.docs}, f: m.f})
		}
	}
	for _, c := range collections {
		for i, doc := range m.w.docs[c] {
			var d bson.D
			if bson.Unmarshal(doc, &d) != nil {
				continue
			}
			for _, smaller := range smallerDocuments(d) {
				raw, err := bson.Marshal(smaller)
				if err != nil {
					continue
				}
				docs := slices.Clone(m.w.docs[c])
				docs[i] = raw
				out = append(out, &mismatch{w: m.w.with(c, docs), f: m.f})
			}
		}
	}
	return out
}

func (w *world) with(collection string, docs []bson.Raw) *world {
	all := map[string][]bson.Raw{}
	for c, ds := range w.docs {
		all[c] = ds
	}
	all[collection] = docs
	return &world{types: w.types, schema: w.schema, docs: all}
}

// smallerDocuments leaves out one field, or an element, or a field further in.
func smallerDocuments(d bson.D) (out []bson.D) {
	for i, e := range d {
		if e.Key == "_id" {
			continue
		}
		out = append(out, slices.Delete(slices.Clone(d), i, i+1))
	}
	for i, e := range d {
		for _, v := range smallerValues(e.Value) {
			c := slices.Clone(d)
			c[i].Value = v
			out = append(out, c)
		}
	}
	return out
}

func smallerValues(v any) (out []any) {
	switch v := v.(type) {
	case bson.D:
		for _, d := range smallerDocuments(v) {
			out = append(out, d)
		}
	case bson.A:
		for i := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
		}
		for i := range v {
			for _, e := range smallerValues(v[i]) {
				c := slices.Clone(v)
				c[i] = e
				out = append(out, c)
			}
		}
	}
	return out
}

func smallerFilters(f filter.Filter) (out []filter.Filter) {
	for _, cs := range smallerClauses(f.Clauses) {
		out = append(out, filter.Filter{Resource: f.Resource, Clauses: cs})
	}
	return out
}

func smallerClauses(cs []filter.Clause) (out [][]filter.Clause) {
	for i := range cs {
		out = append(out, slices.Delete(slices.Clone(cs), i, i+1))
	}
	for i := range cs {
		for _, c := range smallerClause(cs[i]) {
			all := slices.Clone(cs)
			all[i] = c
			out = append(out, all)
		}
	}
	return out
}

func smallerClause(c filter.Clause) (out []filter.Clause) {
	for i := range c.Conditions {
		out = append(out, filter.Clause{Entities: c.Entities, Conditions: slices.Delete(slices.Clone(c.Conditions), i, i+1)})
	}
	for i := range c.Entities {
		out = append(out, filter.Clause{Entities: slices.Delete(slices.Clone(c.Entities), i, i+1), Conditions: c.Conditions})
		if e := c.Entities[i]; len(e.Paths) > 1 {
			for k := range e.Paths {
				entities := slices.Clone(c.Entities)
				entities[i].Paths = slices.Delete(slices.Clone(e.Paths), k, k+1)
				out = append(out, filter.Clause{Entities: entities, Conditions: c.Conditions})
			}
		}
	}
	for i, cond := range c.Conditions {
		var smaller []filter.Condition
		switch cond := cond.(type) {
		case filter.Any:
			for _, cs := range smallerClauses(cond) {
				smaller = append(smaller, filter.Any(cs))
			}
		case filter.None:
			for _, in := range smallerClause(filter.Clause(cond)) {
				smaller = append(smaller, filter.None(in))
			}
		case filter.Surely:
			for _, in := range smallerClause(filter.Clause(cond)) {
				smaller = append(smaller, filter.Surely(in))
			}
		case filter.Comparison:
			if cond.Not {
				cond.Not = false
				smaller = append(smaller, cond)
			}
		}
		for _, s := range smaller {
			conditions := slices.Clone(c.Conditions)
			conditions[i] = s
			out = append(out, filter.Clause{Entities: c.Entities, Conditions: conditions})
		}
	}
	return out
}

// test returns the mismatch as a Go test to paste into this package.
func (m *mismatch) test() string {
	var b strings.Builder
	fmt.Fprintf(&b, "func TestFoundByRandomComparison(t *testing.T) {\n\treproduce(t, %#v,\n\t%#v,\n\tmap[string][]string{\n", m.w.types, m.f)
	for c, docs := range texts(m.w) {
		fmt.Fprintf(&b, "\t\t%q: {\n", c)
		for _, d := range docs {
			fmt.Fprintf(&b, "\t\t\t%#q,\n", d)
		}
		b.WriteString("\t\t},\n")
	}
	b.WriteString("\t})\n}\n")
	return strings.ReplaceAll(b.String(), "interface {}", "any")
}

// texts returns the documents of a world as extended JSON.
func texts(w *world) map[string][]string {
	out := map[string][]string{}
	for c, docs := range w.docs {
		for _, d := range docs {
			out[c] = append(out[c], d.String())
		}
	}
	return out
}

// worldOf makes a world of what texts returned.
func worldOf(t *testing.T, types []relations.Type, documents map[string][]string) *world {
	schema, err := relations.New(types...)
	require.NoError(t, err)
	w := &world{types: types, schema: schema, docs: map[string][]bson.Raw{}}
	for c, docs := range documents {
		for _, text := range docs {
			var d bson.D
			require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
			raw, err := bson.Marshal(d)
			require.NoError(t, err)
			w.docs[c] = append(w.docs[c], raw)
		}
	}
	return w
}
