package differential_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
)

// TestADecisionAsksForAllThatItReads decides with related documents as they are, and with what a
// server returns of them where it is asked for the fields of a request. It needs no server.
func TestADecisionAsksForAllThatItReads(t *testing.T) {
	t.Parallel()
	decided, cut := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		g := gen{rt}
		w := g.world()
		fs := &filters{gen: g, w: w}
		for range 10 {
			f := fs.filter()
			e, err := evaluate.Prepare(w.schema, f)
			require.NoError(rt, err)
			typ, _ := w.schema.Type(f.Resource)
			for _, doc := range w.docs[typ.Collection] {
				want, err := e.Decide(t.Context(), doc, evaluate.Memory(w.docs))
				require.NoError(rt, err)
				got, err := e.Decide(t.Context(), doc, projecting{w.docs, &cut})
				require.NoError(rt, err)
				require.Equal(rt, want, got, "%s\n%s", f, doc)
				decided++
			}
		}
	})
	require.Positive(t, decided)
	require.Positive(t, cut)
}

// projecting returns documents as a find with a projection does.
type projecting struct {
	evaluate.Memory
	cut *int // documents of which something was left out
}

func (p projecting) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	found, err := p.Memory.Fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([]bson.Raw, len(found))
	for i, document := range found {
		if out[i], err = bson.Marshal(projected(document, r.Fields)); err != nil {
			return nil, err
		}
		if len(out[i]) < len(document) {
			*p.cut++
		}
	}
	return out, nil
}

// projected returns the fields at some paths, as servers include them: of an array all documents,
// each projected, and of what is neither a document nor an array nothing, if a path leads further.
func projected(document bson.Raw, paths []string) bson.D {
	fields, _ := document.Elements()
	out := bson.D{}
	for _, field := range fields {
		whole, inside := false, []string(nil)
		for _, path := range paths {
			head, rest, dotted := strings.Cut(path, ".")
			switch {
			case head != field.Key():
			case dotted:
				inside = append(inside, rest)
			default:
				whole = true
			}
		}
		switch v, ok := projectedValue(field.Value(), inside); {
		case whole:
			out = append(out, bson.E{Key: field.Key(), Value: field.Value()})
		case len(inside) > 0 && ok:
			out = append(out, bson.E{Key: field.Key(), Value: v})
		}
	}
	return out
}

func projectedValue(v bson.RawValue, paths []string) (_ any, ok bool) {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return projected(v.Document(), paths), true
	case bson.TypeArray:
		elements, _ := v.Array().Values()
		out := bson.A{}
		for _, element := range elements {
			if v, ok := projectedValue(element, paths); ok {
				out = append(out, v)
			}
		}
		return out, true
	default:
		return nil, false
	}
}
