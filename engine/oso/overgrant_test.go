package oso_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type (
	Part struct {
		Kind string `bson:"kind"`
	}
	Piece struct {
		ID    int      `bson:"_id"`
		Title string   `bson:"title"`
		Nick  *string  `bson:"nick"`
		N     int      `bson:"n"`
		A     bool     `bson:"a"`
		B     bool     `bson:"b"`
		Tags  []string `bson:"tags"`
		Parts []Part   `bson:"parts"`
	}
	Viewer struct {
		Name   string
		Admin  bool
		N      int
		Roles  []string
		PRoles *[]string
		Attrs  map[string]any
		Pieces []Piece
	}
)

// Policies by which documents were once given that Oso's own IsAllowed denies, and their kin. Each is refused, or gives none of those.
func TestNothingIsGivenThatOsoDenies(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	nick := "ann"
	pieces := []Piece{
		{ID: 1, Title: "a", A: true, N: 1, Tags: []string{"x"}, Parts: []Part{{"a"}, {"b"}}}, {ID: 2, Title: "b", Nick: &nick, B: true, N: 2, Parts: []Part{{"b"}}},
		{ID: 3, Title: "c", Tags: []string{"a", "b"}}, {ID: 4, Title: "ann", A: true, B: true, Parts: []Part{{"a"}}}, {ID: 5, Title: "x", Tags: []string{"x", "c"}},
	}
	readers := []Viewer{
		{Name: "ann", N: 1, Roles: []string{"a", "b"}, Attrs: map[string]any{"roles": []string{"a"}, "n": 1}, Pieces: []Piece{{ID: 1, A: true}, {ID: 3, A: true}}},
		{Name: "ben", Admin: true, N: 2, Attrs: map[string]any{"roles": []string{"a"}, "roles__elements": "q", "n": 2}, PRoles: &[]string{"a"}},
	}
	answered := 0
	for _, body := range []string{
		`not (r in u.Roles and d.Title = r) and r in u.Roles;`,
		`not (i in d.Parts and i.Kind = "a") and i in d.Parts;`,
		`not (t = u.Name) and d.A = true and t = "zz";`,
		`not (t = "a" and d.Title = t) and t = "b" and u.N > 0 and d.N < 9;`,
		`not (t in d.Tags) and t = d.Title;`,
		`x = d.Title and not x = y and y = u.Name;`,
		`not has(u, d, r) and r in u.Roles; has(u: Viewer, d: Piece, r) if r in u.Roles and d.Title = r;`,
		`not (d.Title = t) and t = "zz" and d.Title != "\\";`,
		`not (r in u.Roles and d.Title = r) and not (r in u.Roles and d.Nick = r);`,
		`x_1 in u.Roles and x_1 != "zz" and not h(u, d); h(u, d) if x in u.Roles and d.Title = x;`,
		`not f(d, 01) and u.N > 0; f(d: Piece, 1) if d.A = true;`,
		`not d.Title in u.PRoles;`,
		`not d.Title in u.Attrs.roles;`,
		`not d.Title in u.Roles;`,
		`not (u.Admin = true or d.A = true) and u.Name != "\\";`,
		`not (d.N = u.N or u.Admin = true);`,
		`not (i in d.Parts and i.Kind = "a") and not u.Admin = true;`,
		`x in u.Roles and not x in d.Tags;`,
		`k in u.Roles and not p(k, d); p("a", d) if d.A = true; p(k, d) if k = "b" and d.B = true;`,
		`d in u.Pieces and d.A = true;`,
		`d in u.Pieces;`,
		`forall(r in u.Roles, d.Title != r);`,
	} {
		policy := `allow(u: Viewer, "read", d: Piece) if ` + body
		engine, err := oso.New(schema, policy, oso.WithStructs(structs), oso.WithClass("Viewer", Viewer{}))
		if err != nil {
			require.True(t, errors.Is(err, oso.ErrUnsupported) || errors.Is(err, oso.ErrPolicy) || errors.Is(err, oso.ErrEngine), "%s: %v", policy, err)
			continue
		}
		plain, err := gooso.NewOso()
		require.NoError(t, err)
		require.NoError(t, plain.RegisterClassWithName(Piece{}, nil, "Piece"))
		require.NoError(t, plain.RegisterClassWithName(Viewer{}, nil, "Viewer"))
		require.NoError(t, plain.LoadString(policy))
		for _, reader := range readers {
			f, err := engine.Filter(t.Context(), reader, "read", "Piece")
			if err != nil {
				require.True(t, errors.Is(err, oso.ErrUnsupported) || errors.Is(err, oso.ErrEngine), "%s: %v", policy, err)
				continue
			}
			answered++
			for _, piece := range pieces {
				if given(t, schema, f, piece) {
					allowed, err := plain.IsAllowed(reader, "read", piece)
					if strings.HasPrefix(body, `d in u.Pieces`) { // there instances are told apart by more than their keys
						allowed, err = slices.ContainsFunc(reader.Pieces, func(p Piece) bool { return p.ID == piece.ID }) && (piece.A || !strings.Contains(body, "d.A")), nil
					}
					require.NoError(t, err, "%s: %s and %d", policy, reader.Name, piece.ID)
					require.True(t, allowed, "%s gives %s the document %d", policy, reader.Name, piece.ID)
				}
			}
		}
	}
	require.Greater(t, answered, 15)
}

// What the actor brings may be older than what is stored: it is the same document, and no answer about it.
func TestWhatIsStoredIsAskedAndNotWhatTheActorBrings(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	viewer := Viewer{Name: "ann", Pieces: []Piece{{ID: 1, A: true}, {ID: 3, A: true}}}
	for policy, want := range map[string]string{
		`allow(u: Piece, "read", d: Piece) if u = d;`:                                                    "Piece where _id = 1",
		`allow(u: Piece, "read", d: Piece) if u = d and d.A = true;`:                                     "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if x = d and d = u and x.A = true;`:                           "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if x = d and x = u and d.A = true;`:                           "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if d = u and x = d and x.A = true;`:                           "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if d = u and x in [d] and x.A = true;`:                        "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if x = d and y = u and x = y and d.A = true;`:                 "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if same(d, x) and x = u and d.A = true; same(a, b) if b = a;`: "Piece where _id = 1 and a = true",
		`allow(u: Piece, "read", d: Piece) if d.A = true and d in [u];`:                                  "Piece where a = true and _id = 1",
		`allow(u: Piece, "read", d: Piece) if me(u, d) and d.A; me(u, x) if x = u;`:                      "Piece where _id = 1 and a = true",
		`allow(u: Viewer, "read", d: Piece) if d in u.Pieces and d.A = true;`:                            "Piece where _id in [1, 3] and a = true",
		`allow(u: Viewer, "read", d: Piece) if p in u.Pieces and p = d and d.A;`:                         "Piece where _id in [1, 3] and a = true",
		`allow(u: Viewer, "read", d: Piece) if d in u.Pieces;`:                                           "Piece where _id in [1, 3]",
		`allow(u: Viewer, "read", d: Piece) if d in u.Pieces and d.Title = "\\";`:                        "",
		`allow(u: Piece, "read", d) if h(u, d) and d.A; h(x, x);`:                                        "",
		`allow(u: Piece, "read", u: Piece{A: true});`:                                                    "",
	} {
		engine, err := oso.New(schema, policy, oso.WithStructs(structs), oso.WithClass("Viewer", Viewer{}))
		if want == "" {
			require.ErrorIs(t, err, oso.ErrUnsupported, policy)
			continue
		}
		require.NoError(t, err, policy)
		var actor any = viewer
		if strings.Contains(policy, "u: Piece") {
			actor = Piece{ID: 1, A: true}
		}
		f, err := engine.Filter(t.Context(), actor, "read", "Piece")
		require.NoError(t, err, policy)
		require.Equal(t, want, f.String(), policy)
	}
}

func TestAFilterFromTheCacheIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	engine, err := oso.New(schema, `allow(u: Viewer, "read", d: Piece) if d.Title = u.Name;`, oso.WithStructs(structs), oso.WithClass("Viewer", Viewer{}))
	require.NoError(t, err)
	want := ""
	for range 3 {
		f, err := engine.Filter(t.Context(), Viewer{Name: "ann"}, "read", "Piece")
		require.NoError(t, err)
		if want == "" {
			want = f.String()
		}
		require.Equal(t, want, f.String())
		f.Clauses[0].Conditions[0] = filter.F("title").Eq("other")
		f.Clauses[0].Conditions = nil
		f.Clauses[0] = filter.Where()
	}
}

func TestAnActorThatHoldsItselfIsRefused(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Piece{}, Collection: "pieces"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	engine, err := oso.New(schema, `allow(u: Viewer, "read", d: Piece) if d.Title = u.Attrs.self.name;`, oso.WithStructs(structs), oso.WithClass("Viewer", Viewer{}))
	require.NoError(t, err)
	attrs := map[string]any{"name": "ann"}
	attrs["self"] = attrs
	_, err = engine.Filter(t.Context(), Viewer{Name: "ann", Attrs: attrs}, "read", "Piece")
	require.ErrorIs(t, err, oso.ErrUnsupported)
}
