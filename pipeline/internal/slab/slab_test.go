package slab

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValuesKeepApart(t *testing.T) {
	t.Parallel()
	var s Of[int]
	s.Reserve(2)
	first, second, third := s.One(1), s.New(2), s.New(3)
	first = append(first, 9)
	require.Equal(t, []int{1, 9}, first)
	require.Equal(t, 2, *second)
	require.Equal(t, 3, *third)
}

func TestReservedValuesAreOnePieceOfMemory(t *testing.T) {
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() {
		var s Of[int]
		s.Reserve(3)
		*s.New(1), *s.New(2), s.One(3)[0] = 4, 5, 6
	}))
}
