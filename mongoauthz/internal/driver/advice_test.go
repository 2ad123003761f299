package driver_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestAServerWithoutCollationsIsAnsweredWithTheOption(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		"collation is not supported in the aggregate command yet.", "BSON field 'delete.deletes.collation' is not yet supported",
	} {
		err := fmt.Errorf("aggregate: %w", mongo.CommandError{Code: 115, Message: message})
		require.ErrorContains(t, driver.WithAdvice(err), "WithoutCollation")
		require.ErrorIs(t, driver.WithAdvice(err), err)
	}
	for _, err := range []error{
		nil, errors.New("collation is not supported"), mongo.CommandError{Message: "unknown collation locale"}, mongo.CommandError{Message: "$x is not supported"},
	} {
		require.Equal(t, err, driver.WithAdvice(err))
	}
}
