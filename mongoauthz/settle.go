package mongoauthz

import (
	"reflect"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// whole is a set of options as the driver takes it.
type whole[T any] struct{ options T }

// List returns the setter that sets all of them.
func (w *whole[T]) List() []func(*T) error {
	return []func(*T) error{func(o *T) error {
		*o = w.options
		return nil
	}}
}

// settle applies options as the driver does: the last wins.
func settle[T any](opts []options.Lister[T]) (settled T, err error) {
	for _, opt := range opts {
		if isNil(opt) {
			continue
		}
		for _, set := range opt.List() {
			if set == nil {
				continue
			}
			if err := set(&settled); err != nil {
				return settled, err
			}
		}
	}
	return settled, nil
}

// hasInternal reports whether the part of a set of options is set that is internal to the driver, and could replace parts of a command.
func hasInternal(opts any) bool {
	internal := reflect.ValueOf(opts).FieldByName("Internal")
	return internal.IsValid() && !internal.IsZero()
}

// collate sets the collation that decides who is authorized, and refuses another one.
func (az *Authorizer) collate(of string, c **options.Collation) error {
	if *c != nil && (az.collation == nil || **c != *az.collation) {
		return &ArgumentError{Name: of + ".Collation", Problem: "would change who is authorized: name it with WithCollation"}
	}
	*c = az.collation
	return nil
}

// checkLet refuses variables that rebind what the server defines: "$owner" is short for "$$CURRENT.owner", in our expressions too.
func (az *Authorizer) checkLet(of string, let any) error {
	if let == nil {
		return nil
	}
	refused := &ArgumentError{Name: of + ".Let", Problem: "is no document of variables whose names begin with a lower-case letter"}
	raw, err := az.encode(let)
	if err != nil {
		return refused
	}
	variables, err := raw.Elements()
	if err != nil {
		return refused
	}
	for _, v := range variables {
		if key := v.Key(); key == "" || key[0] < 'a' || key[0] > 'z' && key[0] < 0x80 {
			return refused
		}
	}
	return nil
}
