package integration_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
)

func TestADecisionByIDIsOneCommandForTheActionAsked(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	az := s.authorizer(t, reading)
	for i, id := range []int{s.authorized[0], s.authorized[1]} {
		require.NoError(t, az.Authorize(t.Context(), "ann", "update", mongoauthz.ID("Book", id)))
		require.Len(t, commands("aggregate"), i+1)
	}
	require.Empty(t, commands("find"))
}
