package casemgmt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheIndexesAreThoseOfTheAdvice(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	advised, err := s.service.Indexes(t.Context())
	require.NoError(t, err)
	var keys []string
	for _, ix := range advised {
		var fields []string
		for _, e := range ix.Keys {
			fields = append(fields, e.Key)
		}
		keys = append(keys, ix.Collection+" "+strings.Join(fields, ","))
	}
	require.Subset(t, keys, []string{"activity_logs document,_id", "caseload_roles caseload", "caseload_roles user", "caseload_roles group", "caseloads clients", "caseloads case_types"})
	require.NoError(t, s.service.Authorizer().Verify(t.Context(), advised...))
	require.NoError(t, s.service.EnsureIndexes(t.Context()), "a second time")
}
