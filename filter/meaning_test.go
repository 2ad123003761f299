package filter_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func FuzzNormalize(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		f.Add(randomBytes(r))
	}
	f.Fuzz(func(t *testing.T, b []byte) { requireSameMeaning(t, b) })
}

func TestRewritingKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var changed, documents, authorized int
	const filters = 5_000
	for range filters {
		f, normal, d, a := requireSameMeaning(t, randomBytes(r))
		documents, authorized = documents+d, authorized+a
		if !reflect.DeepEqual(f.Decide(), normal) {
			changed++
		}
	}
	t.Logf("%d filters, %d changed; %d documents, %d authorized", filters, changed, documents, authorized)
	require.Greater(t, changed, filters/4, "the filters are hollow")
	require.Greater(t, authorized, documents/5, "the filters authorize nothing")
	require.Less(t, authorized, documents*4/5, "the filters authorize everything")
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// positive reports whether an Any is left in positive position.
func positive(f Filter) bool {
	return slices.ContainsFunc(f.Clauses, func(c Clause) bool {
		return slices.ContainsFunc(c.Conditions, func(c Condition) bool { _, ok := c.(Any); return ok })
	})
}

// requireSameMeaning makes a filter out of the bytes, and fails if rewriting it changes which documents it authorizes.
func requireSameMeaning(t *testing.T, b []byte) (f, normal Filter, documents, authorized int) {
	t.Helper()
	m := &maker{bytes: b}
	f = m.filter()
	scoped(t, f)
	normal, err := f.Normalize(0)
	require.NoError(t, err)
	scoped(t, normal)
	again, err := normal.Normalize(0)
	require.NoError(t, err)
	require.Equal(t, normal, again, "normalising twice changes nothing:\n%s", f)
	forms := map[string]Filter{"Decide": f.Decide(), "Normalize": normal}
	if flat, err := f.Expand(500); err == nil {
		scoped(t, flat)
		require.False(t, positive(flat), "an Any is left:\n%s", flat)
		forms["Expand"] = flat
		forms["Normalize after Expand"], err = flat.Normalize(0)
		require.NoError(t, err)
		forms["Expand after Normalize"], err = normal.Expand(0)
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, ErrLimit)
	}
	for range 4 {
		w := m.world()
		for i, root := range w {
			want := reader{w}.authorizes(f, root)
			documents++
			if want {
				authorized++
			}
			for name, form := range forms {
				require.Equal(t, want, reader{w}.authorizes(form, root), "%s changes what document %d is:\n%s\nis not\n%s\nworld %s",
					name, i, f, form, strings.ReplaceAll(w.String(), "\n", " "))
			}
		}
	}
	return f, normal, documents, authorized
}

// scoped requires that names are declared before they are used, and not twice in sight.
func scoped(t *testing.T, f Filter) {
	t.Helper()
	var walk func(c *Clause, inSight []string)
	walk = func(c *Clause, inSight []string) {
		for _, e := range c.Entities {
			for _, p := range e.Paths {
				require.Contains(t, inSight, p.From, "in\n%s", f)
			}
			require.NotContains(t, inSight, e.Name, "in\n%s", f)
			inSight = append(slices.Clip(inSight), e.Name)
		}
		for _, condition := range c.Conditions {
			switch condition := condition.(type) {
			case Comparison:
				require.Contains(t, inSight, condition.Field.Entity, "in\n%s", f)
				if o, ok := condition.Operand.(Field); ok {
					require.Contains(t, inSight, o.Entity, "in\n%s", f)
				}
			case Exists:
				require.Contains(t, inSight, condition.Entity, "in\n%s", f)
			case Any, None, Surely:
				for _, inner := range Nested(condition) {
					walk(&inner, inSight)
				}
			}
		}
	}
	for i := range f.Clauses {
		walk(&f.Clauses[i], []string{""})
	}
}
