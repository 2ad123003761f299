package driver

import (
	"errors"
	"math"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// exactly is a set of options as the driver takes it.
type exactly[T any] struct{ options T }

// List returns the setter that sets all of them.
func (e *exactly[T]) List() []func(*T) error {
	return []func(*T) error{func(o *T) error {
		*o = e.options
		return nil
	}}
}

// Exactly returns the lister that sets all options to those of o.
func Exactly[T any](o T) options.Lister[T] { return &exactly[T]{o} }

// ErrOptions says that an option holds more than can be sent. The driver's encoder would not end with
// a value that holds itself.
var ErrOptions = errors.New("an option is nested too deeply, or too large")

// Merge applies options as the driver does: the last wins.
func Merge[T any](opts []options.Lister[T]) (merged T, err error) {
	for _, opt := range opts {
		if IsNil(opt) {
			continue
		}
		for _, set := range opt.List() {
			if set == nil {
				continue
			}
			if err := set(&merged); err != nil {
				return merged, err
			}
		}
	}
	if _, ok := Clone(merged); !ok {
		return merged, ErrOptions
	}
	return merged, nil
}

// HasInternal reports whether the part of a set of options is set that is internal to the driver,
// and could replace parts of a command.
func HasInternal(opts any) bool {
	internal := reflect.ValueOf(opts).FieldByName("Internal")
	return internal.IsValid() && !internal.IsZero()
}

// OneReply returns options for an answer that is read whole. The first reply holds as much of it as
// a reply takes, 16 MiB, instead of 101 documents. The caller's options come later, and win.
func OneReply(opts []options.Lister[options.AggregateOptions]) []options.Lister[options.AggregateOptions] {
	most := options.Aggregate().SetBatchSize(math.MaxInt32)
	return append([]options.Lister[options.AggregateOptions]{most}, opts...)
}

// ComparesInBinary reports whether a collation is the simple one, or none is named.
func ComparesInBinary(c *options.Collation) bool { return c == nil || c.Locale == "simple" }
