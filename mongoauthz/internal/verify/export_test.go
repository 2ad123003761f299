package verify

import (
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Probes are the values of a Go struct that are sent through the client.
func Probes(s *relations.Schema, t reflect.Type) []any { return probes(s, t) }
