package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func TestReadsNamesWhatDecisionsReadOfACollection(t *testing.T) {
	t.Parallel()
	owner := filter.Reach("owner", "owner")
	seat := filter.Reach("seat", "seat")
	line := filter.Reach("line", "lines")
	f := filter.For("Live",
		filter.Where(filter.F("code").Eq("a")),
		filter.Some(owner).Where(owner.F("rank").Gt(1)),
		filter.Some(seat, line).Where(seat.F("city").Eq("here"), line.F("code").Eq("c"), filter.Not(filter.F("seat.firm_id").In([]int{1}))),
	)
	e := prepare(t, orders(t), f)
	require.Equal(t, []string{"_id", "code", "lines", "name", "owner_id", "rank", "seat", "seat.firm_id"}, e.Reads("firms"),
		"the scope, the document, what embeds, and what is read of another document of its collection")
	require.Equal(t, []string{"code", "lines", "lines.code", "name", "owner_id", "seat", "seat.city", "seat.firm_id"}, e.Paths(),
		"the document decided on alone, and what is embedded in it")
	require.Empty(t, e.Reads("grants"))
	require.Empty(t, prepare(t, orders(t), filter.Allow("Firm")).Reads("firms"))
}

func TestReadsNamesTheReferenceOfAnEntityThatIsItsKey(t *testing.T) {
	t.Parallel()
	owner := filter.Reach("owner", "owner")
	sites := filter.Reach("site", "sites")
	e := prepare(t, orders(t), filter.For("Firm", filter.Some(owner, sites).Where(owner.F("_id").Eq(1), sites.F("_id").Eq(2))))
	require.Equal(t, []string{"owner_id", "site_ids"}, e.Reads("firms"))
}
