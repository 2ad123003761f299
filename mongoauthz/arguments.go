package mongoauthz

import (
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// collate sets the collation that decides who is authorized, and refuses another one.
func (az *Authorizer) collate(of string, c **options.Collation) error {
	if *c != nil && (az.collation == nil || **c != *az.collation) {
		return &ArgumentError{Name: of + ".Collation", Problem: "would change who is authorized: name it with WithCollation"}
	}
	*c = az.collation
	return nil
}

// takeLet refuses variables that rebind what the server defines: "$owner" is short for
// "$$CURRENT.owner", in our expressions too. The bytes that were checked take the place of let.
func (az *Authorizer) takeLet(of string, let *any) error {
	if *let == nil {
		return nil
	}
	refused := &ArgumentError{Name: of + ".Let", Problem: "is no document of variables whose names begin with a lower-case letter: rename those that begin otherwise"}
	raw, err := az.encode(*let)
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
	*let = raw
	return nil
}

// optionsError returns the error of the driver's options of an operation.
func optionsError(operation string, err error) error {
	if errors.Is(err, driver.ErrOptions) {
		return &ArgumentError{Name: "opts", Problem: err.Error()}
	}
	return fmt.Errorf("mongoauthz: options of %s: %w", operation, err)
}
