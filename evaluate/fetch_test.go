package evaluate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// recorder notes the requests it passes on.
type recorder struct {
	evaluate.Memory
	requests []evaluate.Request
}

func (r *recorder) Fetch(ctx context.Context, request evaluate.Request) ([]bson.Raw, error) {
	r.requests = append(r.requests, request)
	return r.Memory.Fetch(ctx, request)
}

type fetchFunc func(ctx context.Context, r evaluate.Request) ([]bson.Raw, error)

func (f fetchFunc) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	return f(ctx, r)
}

func prepare(t *testing.T, s *relations.Schema, f filter.Filter) *evaluate.Evaluator {
	t.Helper()
	e, err := evaluate.Prepare(s, f)
	require.NoError(t, err)
	return e
}

func keys(t *testing.T, json ...string) []bson.RawValue {
	var out []bson.RawValue
	for _, j := range json {
		out = append(out, value(t, j))
	}
	return out
}

var crowd = world{
	"grants": {`{"_id": 1, "order_id": 1, "firm_id": 1}`, `{"_id": 2, "order_id": 1, "firm_id": 2}`, `{"_id": 3, "order_id": 2, "firm_id": 2}`},
	"firms":  {`{"_id": 1, "name": "acme"}`, `{"_id": 2, "name": "beta"}`},
}

func TestOneRequestAsksForWhatAllElementsLeadTo(t *testing.T) {
	t.Parallel()
	grant := filter.Reach("grant", "grants")
	firm := grant.Reach("firm", "firm")
	f := filter.For("Order", filter.Some(grant, firm).Where(firm.F("name").Eq("beta")))
	r := &recorder{Memory: crowd.memory(t)}
	d, err := prepare(t, orders(t), f).Decide(context.Background(), doc(t, `{"_id": 1}`), r)
	require.NoError(t, err)
	require.True(t, d.Authorized())
	require.Equal(t, []evaluate.Request{
		{Collection: "grants", Match: []evaluate.Match{{Field: "order_id", Keys: keys(t, `1`)}}, Fields: []string{"_id", "firm_id", "order_id"}},
		{Collection: "firms", Match: []evaluate.Match{{Field: "_id", Keys: keys(t, `1`, `2`)}}, Fields: []string{"_id", "name"}},
	}, r.requests)
}

func TestSeveralDocumentsAreDecidedWithAsFewRequestsAsOne(t *testing.T) {
	t.Parallel()
	grant := filter.Reach("grant", "grants")
	firm := grant.Reach("firm", "firm")
	e := prepare(t, orders(t), filter.For("Order", filter.Some(grant, firm).Where(firm.F("name").Eq("acme"))))
	r := &recorder{Memory: crowd.memory(t)}
	documents := []bson.Raw{doc(t, `{"_id": 2}`), doc(t, `{"_id": 1}`), doc(t, `{}`), doc(t, `{"_id": 1}`)}
	decisions, err := e.DecideAll(context.Background(), documents, r)
	require.NoError(t, err)
	require.Equal(t, []evaluate.Decision{{Truth: F}, {Truth: T}, {Truth: U}, {Truth: T}}, decisions)
	require.Len(t, r.requests, 3, "the grants of all, the firms of the first document's grants, those of the second's")

	none, err := e.DecideAll(context.Background(), nil, r)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestOneOfSeveralDocumentsIsDecidedAsItIsAlone(t *testing.T) {
	t.Parallel()
	grant := filter.Reach("grant", "grants")
	for _, f := range []filter.Filter{filter.Allow("Order"), filter.Deny("Order"), filter.For("Order", filter.Some(grant).Where(grant.Exists()))} {
		e := prepare(t, orders(t), f)
		raw := doc(t, `{"_id": 1}`)
		alone, err := e.Decide(context.Background(), raw, crowd.memory(t))
		require.NoError(t, err)
		decisions, err := e.DecideAll(context.Background(), []bson.Raw{raw}, crowd.memory(t))
		require.NoError(t, err)
		require.Equal(t, []evaluate.Decision{alone}, decisions)
	}
}

func TestARequestNamesEveryPairOfARelation(t *testing.T) {
	t.Parallel()
	e := filter.Reach("e", "bothMembers")
	r := &recorder{Memory: evaluate.Memory{}}
	_, err := prepare(t, orders(t), filter.For("Order", filter.Some(e).Where(e.F("seat.city").Eq("Bern")))).
		Decide(context.Background(), doc(t, `{"tenant": 1, "member_ids": [3, null, 3, [4], "5"]}`), r)
	require.NoError(t, err)
	require.Equal(t, []evaluate.Request{{
		Collection: "firms",
		Match:      []evaluate.Match{{Field: "tenant", Keys: keys(t, `1`)}, {Field: "_id", Keys: keys(t, `3`, `"5"`)}},
		Fields:     []string{"_id", "seat.city", "tenant"},
	}}, r.requests)
}

func TestNothingIsFetchedThatCannotMatter(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("firm", "firm")
	member := filter.Reach("member", "members")
	for name, c := range map[string]filter.Clause{
		"no keys":                filter.Some(member).Where(member.F("name").Eq("acme")),
		"a false condition":      filter.Some(firm).Where(firm.F("name").Eq("acme"), filter.F("flag").Eq(true)),
		"key only":               filter.Some(firm).Where(firm.F("_id").Eq(2)),
		"a near constant":        some("openFirm", is("name", "acme")),
		"an embedded document":   some("items", is("sku", "a")),
		"the document's own":     filter.Where(filter.F("flag").Eq(true)),
		"behind nothing reached": filter.Some(member, member.Reach("owner", "owner")).Where(member.Reach("owner", "owner").Exists()),
	} {
		d, err := prepare(t, orders(t), filter.For("Order", c)).Decide(context.Background(), doc(t, `{"flag": false, "firm_id": 1, "member_ids": [], "items": []}`), nil)
		require.NoError(t, err, name)
		require.False(t, d.Authorized(), name)
	}
}

func TestProjectedFieldsLeaveOutWhatLiesInsideAnother(t *testing.T) {
	t.Parallel()
	grant := filter.Reach("grant", "rowed") // joined by rows.order_id
	row := grant.Reach("row", "rows")       // the whole of rows
	r := &recorder{Memory: evaluate.Memory{}}
	_, err := prepare(t, orders(t), filter.For("Order", filter.Some(grant, row).Where(row.F("order_id").Eq(1)))).Decide(context.Background(), doc(t, `{"_id": 1}`), r)
	require.NoError(t, err)
	require.Equal(t, []string{"_id", "rows"}, r.requests[0].Fields)
}

func TestProjectionDoesNotChangeTheDecision(t *testing.T) {
	t.Parallel()
	member := filter.Reach("e", "members")
	line := member.Reach("line", "lines")
	f := filter.For("Order", filter.Some(member, line).Where(member.F("name").Eq("acme"), line.F("code").Eq("a"), member.F("seat.city").Eq("Bern")))
	memory := world{"firms": {`{"_id": 1, "rank": 1, "name": "acme", "lines": [1, {"code": "a"}], "seat": {"city": "Bern", "zip": 1}}`}}.memory(t)
	project := fetchFunc(func(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
		require.Equal(t, []string{"_id", "lines", "name", "seat.city"}, r.Fields)
		_, err := memory.Fetch(ctx, r)
		return []bson.Raw{doc(t, `{"_id": 1, "name": "acme", "lines": [1, {"code": "a"}], "seat": {"city": "Bern"}}`)}, err
	})
	for _, fetcher := range []evaluate.Fetcher{memory, project} {
		d, err := prepare(t, orders(t), f).Decide(context.Background(), doc(t, `{"member_ids": [1]}`), fetcher)
		require.NoError(t, err)
		require.True(t, d.Authorized())
	}
}

// A server leaves a scalar out where the projection asks for what is inside it. IsNull tells it
// from a parent that is missing.
func TestTheParentOfAFieldAskedForNullIsReadAsAWhole(t *testing.T) {
	t.Parallel()
	member := filter.Reach("e", "members")
	for _, asked := range []filter.Condition{
		filter.None(filter.Some(member).Where(member.F("seat.city").IsSet())),
		filter.Any{filter.Some(member).Where(member.F("seat.city").IsNull())},
	} {
		r := &recorder{Memory: world{"firms": {`{"_id": 1, "seat": 5}`}}.memory(t)}
		d, err := prepare(t, orders(t), filter.For("Order", filter.Where(asked))).Decide(context.Background(), doc(t, `{"member_ids": [1]}`), r)
		require.NoError(t, err)
		require.Equal(t, evaluate.Unknown, d.Truth)
		require.Equal(t, []string{"_id", "seat"}, r.requests[0].Fields)
	}
}

func TestMoreThanWasAskedForDoesNotMatter(t *testing.T) {
	t.Parallel()
	// A fetcher that returns whole collections, everything twice.
	everything := func(m evaluate.Memory) evaluate.Fetcher {
		return fetchFunc(func(_ context.Context, r evaluate.Request) ([]bson.Raw, error) {
			return slices.Concat(m[r.Collection], m[r.Collection]), nil
		})
	}
	s, memory := orders(t), crowd.memory(t)
	grant := filter.Reach("grant", "grants")
	firm := grant.Reach("firm", "firm")
	for _, f := range []filter.Filter{
		filter.For("Order", filter.Some(grant, firm).Where(firm.F("name").Eq("beta"))),
		filter.For("Order", filter.Where(filter.None(filter.Some(grant, firm).Where(firm.F("name").Eq("beta"))))),
		filter.For("Order", some("byTenant", nil)),
	} {
		for _, document := range []string{`{"_id": 1}`, `{"_id": 2, "tenant": 1}`, `{"_id": 3}`} {
			e := prepare(t, s, f)
			want, err := e.Decide(context.Background(), doc(t, document), memory)
			require.NoError(t, err)
			got, err := e.Decide(context.Background(), doc(t, document), everything(memory))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}

func TestOneDecisionSeesOneVersionOfADocument(t *testing.T) {
	t.Parallel()
	// The firm changes its code between two requests. Reached along both paths is the version that was seen first.
	calls := 0
	changing := fetchFunc(func(context.Context, evaluate.Request) ([]bson.Raw, error) {
		calls++
		return []bson.Raw{doc(t, fmt.Sprintf(`{"_id": 1, "code": "a", "rank": %d}`, calls))}, nil
	})
	both := filter.Reach("e", "members").Via(filter.Entity{}, "byCode")
	a, b := filter.Reach("a", "members"), filter.Reach("b", "byCode")
	for _, c := range []filter.Clause{filter.Some(both).Where(both.F("rank").Eq(1)), filter.Some(a, b).Where(a.F("rank").Eq(b.F("rank")))} {
		calls = 0
		d, err := prepare(t, orders(t), filter.For("Order", c)).Decide(context.Background(), doc(t, `{"member_ids": [1], "code": "a"}`), changing)
		require.NoError(t, err)
		require.True(t, d.Authorized())
		require.Equal(t, 2, calls)
		calls = 0
		d, err = prepare(t, orders(t), filter.For("Order", filter.Some(a, b).Where(a.F("rank").Ne(b.F("rank"))))).
			Decide(context.Background(), doc(t, `{"member_ids": [1], "code": "a"}`), changing)
		require.NoError(t, err)
		require.False(t, d.Authorized())
	}
}

func TestAskingForOthersDoesNotChangeWhoIsAskedAbout(t *testing.T) {
	t.Parallel()
	grant := filter.Reach("grant", "grants")
	firm := grant.Reach("firm", "firm")
	f := filter.For("Order", filter.Some(grant, firm).Where(firm.F("_id").Ne(grant.F("firm_id"))))
	require.Equal(t, F, decide(t, orders(t), f, `{"_id": 1}`, crowd))
}

func TestErrorsOfAFetcherPassThrough(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := fetchFunc(func(context.Context, evaluate.Request) ([]bson.Raw, error) { return nil, broken })
	for name, c := range map[string]filter.Clause{
		"joined": some("firm", is("name", "acme")),
		"none":   filter.Where(filter.None(some("firm", is("name", "acme")))),
		"free":   filter.Some(filter.Free("f", "Firm")).Where(filter.Free("f", "Firm").Exists()),
		"hop":    some("firmOwner", nil),
		"nested": filter.Where(filter.Any{some("members", is("name", "acme"))}),
	} {
		e := prepare(t, orders(t), filter.For("Order", c))
		raw := doc(t, `{"firm_id": 1, "member_ids": [1]}`)
		d, err := e.Decide(context.Background(), raw, failing)
		require.ErrorIs(t, err, broken, name)
		require.False(t, d.Authorized())
		x, err := e.Explain(context.Background(), raw, failing)
		require.ErrorIs(t, err, broken, name)
		require.False(t, x.Authorized())
		_, err = e.DecideAll(context.Background(), []bson.Raw{raw}, failing)
		require.ErrorIs(t, err, broken, name)
		_, err = e.Decide(context.Background(), raw, nil)
		require.ErrorIs(t, err, evaluate.ErrNoFetcher, name)
	}
}

func TestACancelledContextEndsADecision(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	e := prepare(t, orders(t), filter.For("Order", some("items", nil), some("firm", nil)))
	cancelling := fetchFunc(func(context.Context, evaluate.Request) ([]bson.Raw, error) {
		cancel()
		return nil, nil
	})
	members := prepare(t, orders(t), filter.For("Order", filter.Some(filter.Reach("a", "firm"), filter.Reach("b", "items")).Where(filter.Entity{Name: "a"}.Exists(), filter.Entity{Name: "b"}.Exists())))
	_, err := members.Decide(ctx, doc(t, `{"firm_id": 1, "items": []}`), cancelling)
	require.ErrorIs(t, err, context.Canceled)
	_, err = e.Decide(ctx, doc(t, `{}`), evaluate.Memory{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = evaluate.Memory{}.Fetch(ctx, evaluate.Request{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestMemoryFindsWhatARequestAsksFor(t *testing.T) {
	t.Parallel()
	m := evaluate.Memory{}
	require.NoError(t, m.Insert("c",
		bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: bson.A{1, "x"}}, {Key: "b", Value: 1}},
		bson.M{"_id": 2},
		struct {
			ID int   `bson:"_id"`
			A  int64 `bson:"a"`
			B  int   `bson:"b"`
		}{3, 1, 2},
	))
	for _, c := range []struct {
		request evaluate.Request
		want    int
	}{
		{evaluate.Request{Collection: "c"}, 3},
		{evaluate.Request{Collection: "other"}, 0},
		{evaluate.Request{Collection: "c", Match: []evaluate.Match{{Field: "a", Keys: keys(t, `1.0`)}}}, 2},
		{evaluate.Request{Collection: "c", Match: []evaluate.Match{{Field: "a", Keys: keys(t, `9`, `"x"`)}}}, 1},
		{evaluate.Request{Collection: "c", Match: []evaluate.Match{{Field: "a", Keys: keys(t, `1`)}, {Field: "b", Keys: keys(t, `2`)}}}, 1},
	} {
		found, err := m.Fetch(context.Background(), c.request)
		require.NoError(t, err)
		require.Len(t, found, c.want)
	}
	require.Error(t, m.Insert("c", bson.D{{Key: "_id", Value: 4}}, 5))
	require.Len(t, m["c"], 3, "nothing is added with an error")
}
