package oso_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type Flags struct {
	ID         int `bson:"_id"`
	A, B, C, D bool
	N          int
	Tags       []string
}

type Asker struct {
	Name  string
	Admin bool
	N     int
	Names []string
}

// conditions are what random negations are made of: of the document, of the actor, of both, and calls of rules.
var conditions = []string{
	`d.A = true`, `d.B = true`, `d.C = true`, `not d.D = true`, `d.N = u.N`, `d.N < 2`, `u.Admin = true`, `u.Name = "x"`, `"t" in d.Tags`, `d.N in [1, 2]`, `u.Name in d.Tags`, `u.Name in u.Names`,
	`one(d)`, `several(d)`, `both(u, d)`, `mixed(u, d)`, `nested(u, d)`, `actors(u)`,
}

const rules = `
one(d: Flags) if d.B = true and d.D = true;
several(d: Flags) if d.A = true;
several(d) if d.C = true and (d.B = true or d.N = 1);
both(u: Asker, d: Flags) if d.N = u.N;
both(u: Asker, d: Flags) if u.Admin = true and d.A = true;
mixed(u, d) if (d.D = true and both(u, d)) or (u.Name = "x" and d.C = true);
nested(u: Asker, d: Flags) if d.C = true and not mixed(u, d);
nested(_, d: Flags) if several(d) and not (d.D = true and several(d));
actors(u: Asker) if u.Admin = true; actors(u: Asker) if u.Name = "y";
`

func randomCondition(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(4) == 0 {
		return conditions[r.IntN(len(conditions))]
	}
	switch a, b := randomCondition(r, depth-1), randomCondition(r, depth-1); r.IntN(5) {
	case 0, 1:
		return "(" + a + " and " + b + ")"
	case 2, 3:
		return "(" + a + " or " + b + ")"
	default:
		return "not (" + a + ")"
	}
}

var policies = flag.Int("policies", 40, "how many policies TestNegationsAgreeWithOso makes")

// TestNegationsAgreeWithOso compares random negations, over documents and actors, with what Oso itself says of each document in hand.
func TestNegationsAgreeWithOso(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(relations.Struct{Of: Flags{}, Collection: "flags"})
	require.NoError(t, err)
	var documents []Flags
	for n := range 48 {
		documents = append(documents, Flags{ID: n, A: n&1 > 0, B: n&2 > 0, C: n&4 > 0, D: n&8 > 0, N: n % 3, Tags: [][]string{nil, {"t"}, {"x", "q"}}[n/3%3]})
	}
	askers := []Asker{{Name: "x", N: 1}, {Name: "y", Admin: true, N: 2, Names: []string{"y"}}, {Name: "z"}}
	r := rand.New(rand.NewPCG(5, 6))
	refused, compared := 0, 0
	for range *policies {
		policy := `allow(u: Asker, "read", d: Flags) if u.Name != "" and d.N != 9 and ` + randomCondition(r, 1) + " and not (" + randomCondition(r, 3) + ");" + rules
		e, err := oso.New(s, policy, oso.WithStructs(relations.Struct{Of: Flags{}}), oso.WithClass("Asker", Asker{}))
		if err != nil {
			require.ErrorIs(t, err, oso.ErrUnsupported, policy)
			refused++
			continue
		}
		plain, err := gooso.NewOso()
		require.NoError(t, err)
		require.NoError(t, plain.RegisterClassWithName(Flags{}, nil, "Flags"))
		require.NoError(t, plain.RegisterClassWithName(Asker{}, nil, "Asker"))
		require.NoError(t, plain.LoadString(policy))
		for _, asker := range askers {
			f, err := e.Filter(context.Background(), asker, "read", "Flags")
			if errors.Is(err, filter.ErrLimit) { // too many alternatives
				refused++
				break
			}
			require.NoError(t, err, policy)
			decides, err := evaluate.Prepare(s, f)
			require.NoError(t, err, policy)
			for _, d := range documents {
				want, err := plain.IsAllowed(asker, "read", d)
				require.NoError(t, err, policy)
				raw, err := bson.Marshal(d)
				require.NoError(t, err)
				got, err := decides.Decide(context.Background(), raw, nil)
				require.NoError(t, err)
				require.Equal(t, want, got.Authorized(), "%s\n%+v\n%+v\n%s", strings.SplitN(policy, ";", 2)[0], asker, d, f)
				compared++
			}
		}
	}
	t.Logf("%d policies refused, %d decisions compared", refused, compared)
	require.Less(t, refused, *policies/10)
}
