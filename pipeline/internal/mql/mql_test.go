package mql_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

const worlds = 2_000

// TestWhatIsRenderedReadsBack renders random pipelines, reads the BSON, and renders what was read:
// the bytes are the same, and so is the data but for parameters.
func TestWhatIsRenderedReadsBack(t *testing.T) {
	t.Parallel()
	withoutParameters := 0
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		stages := m.stages(2)
		rendered := (&mql.Renderer{Bindings: m.bindings}).Stages(stages)
		read := readStages(rendered)
		again := new(mql.Renderer).Stages(read)
		require.Equal(t, bytesOf(t, rendered), bytesOf(t, again), "seed %d", seed)
		require.True(t, mql.EqualStages(read, readStages(again)), "seed %d", seed)
		if mql.EqualStages(stages, read) {
			withoutParameters++
		}
	}
	require.Greater(t, withoutParameters, worlds/20)
}

// TestNothingIsRenderedAsNull holds the renderer to documents and arrays that are not nil. The
// driver writes a nil document as null, and reads a nil filter as "every document".
func TestNothingIsRenderedAsNull(t *testing.T) {
	t.Parallel()
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		for _, stage := range (&mql.Renderer{Bindings: m.bindings}).Stages(m.stages(2)) {
			requireNoNil(t, stage)
		}
	}
	require.NotNil(t, new(mql.Renderer).Query(nil))
}

func requireNoNil(t *testing.T, v any) {
	switch v := v.(type) {
	case bson.D:
		require.NotNil(t, v)
		for _, e := range v {
			requireNoNil(t, e.Value)
		}
	case bson.A:
		require.NotNil(t, v)
		for _, e := range v {
			requireNoNil(t, e)
		}
	case []bson.D:
		require.NotNil(t, v)
		for _, e := range v {
			requireNoNil(t, e)
		}
	}
}

func TestWhatIsRenderedIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		stages := m.stages(2)
		first := (&mql.Renderer{Bindings: m.bindings}).Stages(stages)
		want := bytesOf(t, first)
		for _, stage := range first {
			spoil(stage)
		}
		require.Equal(t, want, bytesOf(t, (&mql.Renderer{Bindings: m.bindings}).Stages(stages)), "seed %d", seed)
	}
}

// spoil changes all of a rendered document that can be changed.
func spoil(v any) {
	switch v := v.(type) {
	case bson.D:
		for i := range v {
			spoil(v[i].Value)
			v[i] = bson.E{Key: "spoilt"}
		}
		_ = append(v, bson.E{Key: "spoilt"})
	case bson.A:
		for i := range v {
			spoil(v[i])
			v[i] = "spoilt"
		}
		_ = append(v, "spoilt")
	case []bson.D:
		for i := range v {
			spoil(v[i])
			v[i] = nil
		}
	case bson.RawValue:
		clear(v.Value)
	}
}

func TestSizeIsThatOfTheBytesOrALittleMore(t *testing.T) {
	t.Parallel()
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		stages := m.stages(2)
		n := len(bytesOf(t, (&mql.Renderer{Bindings: m.bindings}).Stages(stages)))
		size := mql.Size(stages, m.bindings)
		require.GreaterOrEqual(t, size, n, "seed %d", seed)
		require.LessOrEqual(t, size, 2*n+256, "seed %d", seed)
	}
}

func TestHiddenValuesAreNotRendered(t *testing.T) {
	t.Parallel()
	hidden := 0
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		stages := m.stages(2)
		text := string(bytesOf(t, (&mql.Renderer{Bindings: m.bindings, Hide: true}).Stages(stages)))
		require.NotContains(t, text, marker, "seed %d", seed)
		if string(bytesOf(t, (&mql.Renderer{Bindings: m.bindings}).Stages(stages))) != text {
			hidden++
		}
	}
	require.Greater(t, hidden, worlds/2)
}

func TestAUnionIsSortedAndHoldsEachValueOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(worlds) {
		m := newMaker(seed)
		a, b := m.list(), m.list()
		r := mql.Renderer{Bindings: m.bindings}
		got := r.Query(mql.On("x", mql.Is("$in", mql.Union(a, b))))[0].Value.(bson.D)[0].Value.(bson.A)
		want := map[string]bool{}
		for _, l := range []mql.List{a, b} {
			for _, v := range r.Query(mql.On("x", mql.Is("$in", l)))[0].Value.(bson.D)[0].Value.(bson.A) {
				want[v.(bson.RawValue).String()] = true
			}
		}
		require.Len(t, got, len(want), "seed %d", seed)
		for i := 1; i < len(got); i++ {
			require.Negative(t, mql.CompareBytes(got[i-1].(bson.RawValue), got[i].(bson.RawValue)), "seed %d", seed)
		}
	}
}

func TestParametersAreEqualToThemselvesOnly(t *testing.T) {
	t.Parallel()
	v := newMaker(1).raw()
	literal, param := mql.Value{Literal: v}, mql.Value{Literal: v, Param: 1}
	require.True(t, literal.Equal(literal))
	require.True(t, param.Equal(mql.Value{Param: 1}))
	require.False(t, param.Equal(literal), "another filter binds the parameter to another value")
	require.False(t, param.Equal(mql.Value{Literal: v, Param: 2}))
	list, of := mql.List{Values: []bson.RawValue{v}}, mql.ListOf(param)
	require.True(t, list.Equal(mql.List{Values: []bson.RawValue{v}}))
	require.False(t, list.Equal(of))
	require.False(t, mql.Union(list, of).Equal(list))
	require.True(t, mql.Union(list, of).Equal(mql.Union(list, of)))
}

func bytesOf(t *testing.T, stages []bson.D) []byte {
	raw, err := bson.Marshal(bson.D{{Key: "p", Value: stages}})
	require.NoError(t, err)
	return raw
}
