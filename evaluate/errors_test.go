package evaluate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/internal/rewritten"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestWhatCheckRefusesIsRefused(t *testing.T) {
	t.Parallel()
	s := thing(t)
	for name, f := range map[string]filter.Filter{
		"unknown type":      filter.Allow("Nothing"),
		"unknown field":     filter.For("Thing", filter.Where(filter.F("x").Eq(1))),
		"unknown relation":  filter.For("Thing", some("x", nil)),
		"unknown operator":  filter.For("Thing", filter.Where(filter.Comparison{Field: filter.F("n")})),
		"ill-typed value":   filter.For("Thing", filter.Where(filter.F("n").Eq("a"))),
		"unbound parameter": filter.For("Thing", filter.Where(filter.F("n").Eq(filter.Param("p")))),
		"nil condition":     filter.For("Thing", filter.Where(nil)),
		"nil operand":       filter.For("Thing", filter.Where(filter.Comparison{Field: filter.F("n"), Op: filter.Eq})),
	} {
		d, err := evaluate.Evaluate(context.Background(), s, f, doc(t, `{}`), nil)
		require.ErrorIs(t, err, filter.ErrMalformed, name)
		require.False(t, d.Authorized(), name)
	}
	d, err := evaluate.Evaluate(context.Background(), nil, filter.Allow("Thing"), doc(t, `{}`), nil)
	require.Error(t, err)
	require.False(t, d.Authorized())
}

func TestAMalformedDocumentIsAnError(t *testing.T) {
	t.Parallel()
	whole := doc(t, `{"n": 1, "s": "a", "b": true, "doc": {"a": [1, {"b": null}]}, "bin": `+binary("00", "AQI=")+`, "any": {"$regularExpression": {"pattern": "a", "options": "i"}}}`)
	e, err := evaluate.Prepare(thing(t), filter.For("Thing", filter.Where(filter.F("n").Eq(1)), filter.Where(filter.F("any").Ne(1))))
	require.NoError(t, err)
	_, err = e.Decide(context.Background(), whole, nil)
	require.NoError(t, err)
	refused := func(raw bson.Raw) {
		d, err := e.Decide(context.Background(), raw, nil)
		var typed *evaluate.DocumentError
		require.ErrorIs(t, err, evaluate.ErrDocument)
		require.ErrorAs(t, err, &typed)
		require.Equal(t, "things", typed.Collection)
		require.False(t, d.Authorized())
	}
	refused(nil)
	for n := range whole {
		refused(whole[:n])
	}
	refused(append(whole[:len(whole):len(whole)], 0))
	// A byte changed anywhere is an error or another document, and never a panic.
	for n := range whole {
		for _, b := range []byte{0, 1, 0x7f, 0xff} {
			changed := append(bson.Raw(nil), whole...)
			changed[n] = b
			require.NotPanics(t, func() {
				_, _ = e.Decide(context.Background(), changed, nil)
				_, _ = e.Explain(context.Background(), changed, nil)
			})
		}
	}
}

func TestADocumentNestedTooDeepIsAnError(t *testing.T) {
	t.Parallel()
	nested := func(levels int) bson.Raw {
		raw := doc(t, `{}`)
		for range levels - 1 {
			raw, _ = bson.Marshal(bson.D{{Key: "a", Value: raw}})
		}
		return raw
	}
	for levels, ok := range map[int]bool{200: true, 1000: true, 1001: false} {
		_, err := evaluate.Evaluate(context.Background(), thing(t), filter.Allow("Thing"), nested(levels), nil)
		require.Equal(t, ok, err == nil, levels)
	}
}

func TestAMalformedRelatedDocumentIsAnError(t *testing.T) {
	t.Parallel()
	f := filter.For("Order", some("firm", is("name", "acme")))
	memory := evaluate.Memory{"firms": {bson.Raw{5, 0, 0, 0, 1}}}
	_, err := evaluate.Evaluate(context.Background(), orders(t), f, doc(t, `{"firm_id": 1}`), memory)
	var typed *evaluate.DocumentError
	require.ErrorAs(t, err, &typed)
	require.Equal(t, "firms", typed.Collection)
}

func TestTheZeroDecisionDoesNotAuthorize(t *testing.T) {
	t.Parallel()
	require.False(t, evaluate.Decision{}.Authorized())
	require.Equal(t, evaluate.False, evaluate.Truth(0))
	require.Equal(t, []string{"false", "unknown", "true", "Truth(9)"}, []string{F.String(), U.String(), T.String(), evaluate.Truth(9).String()})
}

func TestTheEvaluatorTakesFiltersAsWrittenOnly(t *testing.T) {
	t.Parallel()
	checked, err := thing(t).Check(filter.For("Thing", filter.Where(filter.F("n").Eq(1))))
	require.NoError(t, err)
	_, err = evaluate.PrepareChecked(checked)
	require.NoError(t, err)
	for _, rewrite := range []func(int) (*relations.CheckedFilter, error){checked.Normalize, checked.Expand} {
		out, err := rewrite(0)
		require.NoError(t, err)
		e, err := evaluate.PrepareChecked(out)
		require.Nil(t, e)
		require.ErrorIs(t, err, evaluate.ErrRewritten)
		refused, ok := errors.AsType[*evaluate.RewrittenError](err)
		require.True(t, ok)
		require.Equal(t, "Thing", refused.Resource)
		require.EqualError(t, err, "evaluate: the filter for Thing was normalised or expanded: evaluate it as it was written")
	}
	for _, f := range []*relations.CheckedFilter{nil, {}} {
		_, err := evaluate.PrepareChecked(f)
		require.ErrorIs(t, err, filter.ErrMalformed)
		_, err = rewritten.Prepare(f)
		require.Error(t, err)
	}
}

func TestTheEvaluatorNeedsBoundParameters(t *testing.T) {
	t.Parallel()
	checked, err := thing(t).Check(filter.For("Thing", filter.Where(filter.F("n").Eq(filter.Param("x"))).As("own")))
	require.NoError(t, err)
	_, err = evaluate.PrepareChecked(checked)
	require.Equal(t, &filter.MalformedError{Where: `Thing, clause 1 "own", condition 1: n`, Problem: `parameter "x" is not bound: give it a value by mongoauthz.WithParameters, or Bind`}, err)
	bound, err := checked.Bind(map[string]any{"x": 1})
	require.NoError(t, err)
	e, err := evaluate.PrepareChecked(bound)
	require.NoError(t, err)
	d, err := e.Decide(t.Context(), doc(t, `{"n": 1}`), nil)
	require.NoError(t, err)
	require.True(t, d.Authorized())
}
