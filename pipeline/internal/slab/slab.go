// Package slab makes values that live equally long in one piece of memory.
package slab

// Of makes values of a type. The zero Of is ready to use.
type Of[T any] struct{ free []T }

// Reserve makes room for the next n values.
func (s *Of[T]) Reserve(n int) {
	if len(s.free) < n {
		s.free = make([]T, n)
	}
}

// One returns a slice of v alone. Appending to it copies it.
func (s *Of[T]) One(v T) []T {
	s.Reserve(1)
	out := s.free[:1:1]
	out[0], s.free = v, s.free[1:]
	return out
}

// New returns the address of a copy of v.
func (s *Of[T]) New(v T) *T { return &s.One(v)[0] }
