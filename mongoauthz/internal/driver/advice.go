package driver

import (
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// WithAdvice returns the error of a command, with what to do about it where that is known: for a
// server that has no collations (FerretDB).
func WithAdvice(err error) error {
	var command mongo.CommandError
	if !errors.As(err, &command) {
		return err
	}
	message := strings.ToLower(command.Message)
	if strings.Contains(message, "collation") && (strings.Contains(message, "not supported") || strings.Contains(message, "not yet supported")) {
		return fmt.Errorf("%w (the server has no collations: give mongoauthz.New the option WithoutCollation)", err)
	}
	return err
}
