package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

func TestNegationsHoldOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		`u.ID != "" and not d.box.A = 1;`:                       `(u.ID != "" and d.box.A__negated != 1);`,
		`u.ID != "" and not d.box.A < d.B;`:                     `(u.ID != "" and d.box.A__negated >= d.B);`,
		`u.ID != "" and not d.box = nil;`:                       `(u.ID != "" and d.box != nil);`,
		`u.ID != "" and not d.box.box != nil;`:                  `(u.ID != "" and d.box.box__negated = nil);`,
		`u.ID != "" and b = d.box and not b.A in [1, 2];`:       `((u.ID != "" and b = d.box) and (b.A__negated != 1 and b.A__negated != 2));`,
		`i in d.Items and not i.box.A = u.ID;`:                  `(i in d.Items and i.box.A__negated != u.ID);`,
		`i in d.Items and not i.A = u.ID;`:                      `(i in d.Items and i.A != u.ID);`,
		`not d.A = u.box.A;`:                                    `d.A != u.box.A;`,
		`not d.A = u.keys.A;`:                                   `(not (u.keys.A = u.keys.A) or d.A != u.keys.A);`,
		`not d.A in [u.keys.A, 1];`:                             `(not (u.keys.A = u.keys.A) or (d.A != u.keys.A and d.A != 1));`,
		`k = u.keys and not k.A > d.A;`:                         `(k = u.keys and (not (k.A = k.A) or k.A <= d.A));`,
		`not d.A = u.M("x", u.ID).B;`:                           `(not (u.M("x", u.ID).B = u.M("x", u.ID).B) or d.A != u.M("x", u.ID).B);`,
		`not u.M("x") and not (u.M() = 1 and d.A = u.ID);`:      `(not (u.M("x")) and (not (u.M() = 1) or d.A != u.ID));`,
		`not may(u, d); may(u, d) if u.M("x") and d.A = u.N();`: `(not (u.M("x")) or d.A != u.N()); may(u, d) if u.M("x") and d.A = u.N();`,
	} {
		got, err := polar.Rewrite(head+policy, lists, relation)
		require.NoError(t, err, policy)
		require.Equal(t, head+want, got)
	}
}
