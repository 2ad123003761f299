package oso_test

import (
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type (
	Lid struct {
		N int      `bson:"n"`
		P *int     `bson:"p"`
		T []string `bson:"t"`
	}
	Box struct {
		Size int  `bson:"size"`
		Wide *int `bson:"wide"`
		Lid  *Lid `bson:"lid"`
		Base Lid  `bson:"base"`
		Rim  Rim  `bson:"rim"`
	}
	Rim struct {
		Lid *Lid `bson:"lid"`
	}
	Parcel struct {
		ID  int  `bson:"_id"`
		Box *Box `bson:"box"`
		N   int  `bson:"n"`
	}
	Clerk struct {
		Name  string
		Attrs map[string]any
		Box   *Box
	}
)

func parcels() []Parcel {
	return []Parcel{
		{ID: 0}, {ID: 1, Box: &Box{Size: 3}}, {ID: 2, Box: &Box{Size: 4, Wide: ref(3), Lid: &Lid{N: 3}}},
		{ID: 3, N: 3, Box: &Box{Size: 3, Wide: ref(2), Lid: &Lid{N: 2, P: ref(3), T: []string{"a"}}}}, {ID: 4, N: 3},
		{ID: 5, Box: &Box{Rim: Rim{Lid: &Lid{N: 3}}}},
	}
}

var clerks = []Clerk{{Name: "ann"}, {Name: "ben", Attrs: map[string]any{"n": 3}, Box: &Box{Size: 3}}}

// asOso compares what the engine gives of parcels, stored with null and without, with what Oso itself allows. A parcel on which Oso fails is not allowed.
func asOso(t *testing.T, body string) {
	t.Helper()
	policy := `allow(u: Clerk, "read", d: Parcel) if u.Name != "nobody" and d.N != 99 and (` + body + `);
		holds(d: Parcel) if d.Box.Size = 3;
		three(b: Box) if b.Size = 3;
		lacks(u, d) if d.N = u.Attrs.n and d.Box != nil;`
	structs := relations.Struct{Of: Parcel{}, Collection: "parcels"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	plain, err := gooso.NewOso()
	require.NoError(t, err)
	for name, of := range map[string]any{"Clerk": Clerk{}, "Parcel": Parcel{}, "Box": Box{}, "Lid": Lid{}, "Rim": Rim{}} {
		require.NoError(t, plain.RegisterClassWithName(of, nil, name))
	}
	require.NoError(t, plain.LoadString(policy))
	engine, err := oso.New(schema, policy, oso.WithStructs(structs), oso.WithClass("Clerk", Clerk{}))
	require.NoError(t, err, body)
	for _, clerk := range clerks {
		f, err := engine.Filter(t.Context(), clerk, "read", "Parcel")
		require.NoError(t, err, body)
		for _, p := range parcels() {
			allowed, err := plain.IsAllowed(clerk, "read", p)
			raw, encodeErr := bson.Marshal(p)
			require.NoError(t, encodeErr)
			var d bson.D
			require.NoError(t, bson.Unmarshal(raw, &d))
			require.Equal(t, allowed && err == nil, given(t, schema, f, d), "%s: parcel %d for %s, with null: %v", body, p.ID, clerk.Name, f)
			require.Equal(t, allowed && err == nil, given(t, schema, f, withoutNull(d)), "%s: parcel %d for %s, without: %v", body, p.ID, clerk.Name, f)
		}
	}
}

// TestAnEmbeddedDocumentMayBeNil asks for documents that embed another one, or none.
func TestAnEmbeddedDocumentMayBeNil(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`d.Box = nil`, `d.Box != nil`, `not d.Box = nil`, `not d.Box != nil`, `nil = d.Box`, `b = d.Box and b = nil`, `b = d.Box and b != nil`, `d.Box = u.Attrs.none`,
		`d.Box.Lid = nil`, `d.Box.Lid != nil`, `d.Box != nil and d.Box.Lid = nil`, `d.Box = nil or d.Box.Lid = nil`, `d.Box != nil or d.N = 0`, `d.Box = nil and d.N = 3`,
		`d.Box.Base = nil`, `d.Box.Base != nil`, `d.Box.Size = 3`, `d.Box.Size != 3`, `d.Box.Wide = nil`, `d.Box.Lid.P = nil`, `d.Box.Lid.P != 3`,
		`d.Box matches Box`, `not d.Box matches Box`, `d.Box matches Box{Size: 3}`, `holds(d)`, `three(d.Box)`, `not three(d.Box)`,
		`d.Box.Rim.Lid = nil`, `d.Box.Rim.Lid != nil`, `d.Box.Rim.Lid.P = nil`, `d.Box.Rim.Lid.P = d.Box.Wide`,
		`d.Box.Rim.Lid.P != d.Box.Wide`, `d.Box.Rim.Lid.T = []`, `not "a" in d.Box.Rim.Lid.T`,
		`u.Name = "ann" and d.Box = u.Box`, `u.Name = "ann" and d.Box != u.Box`,
	} {
		asOso(t, body)
	}
}

// TestAConditionBehindNilDoesNotHold negates conditions on what may not be there: a not holds of it, and neither the condition nor its opposite does.
func TestAConditionBehindNilDoesNotHold(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`not d.Box.Size = 3`, `not d.Box.Size != 3`, `not d.Box.Wide = 3`, `not d.Box.Wide != 3`, `not d.Box.Wide = nil`, `not d.Box.Wide != nil`, `not d.Box.Size < 4`, `not d.Box.Size >= 4`,
		`not d.Box.Lid = nil`, `not d.Box.Lid != nil`, `not d.Box.Base = nil`, `not d.Box.Base != nil`, `not d.Box.Lid.N = 3`, `not d.Box.Lid.P = 3`, `not d.Box.Base.N = 3`,
		`not (d.Box.Size = 3 and d.N = 3)`, `not (d.Box.Size = 3 or d.N = 3)`, `not (d.N = 3 or d.Box.Size = 3)`, `not (not d.Box.Size = 3)`, `not d.Box.Size in [3, 5]`, `not "a" in d.Box.Lid.T`,
		`not holds(d)`, `b = d.Box and not b.Size = 3`, `d.N = 0 and not d.Box.Size = 3`, `not d.Box.Size = d.N`, `not d.N < d.Box.Size`, `d.Box.Size = 3 and not d.Box.Size = 3`,
		`not d.Box.Size = 3 and not d.Box.Size = 4`, `u.Name = "ben" and not d.Box.Size = u.Box.Size`, `not (d.Box = nil or d.Box.Size = 3)`, `not (d.Box != nil and d.Box.Size = 3)`,
		`not u.Attrs.n = d.N`, `not d.N = u.Attrs.n`, `not d.N < u.Attrs.n`, `not (d.N < u.Attrs.n)`, `not d.N in [u.Attrs.n, 0]`, `not (d.N = 7 or d.N = u.Attrs.n)`, `not (d.N = 7 and d.N = u.Attrs.n)`,
		`not three(d.Box) and not d.N = u.Attrs.n`, `not d.N = u.Attrs.n and not d.N = u.Attrs.m`, `not d.Box.Size = u.Attrs.n`, `a = u.Attrs and not a.n = d.N`, `d.N = u.Attrs.n`, `d.N != u.Attrs.n`, `u.Attrs.n != nil and not d.N = u.Attrs.n`,
		`not lacks(u, d)`, `not (not d.N = u.Attrs.n)`,
		`not d.Box.Rim.Lid = nil`, `not d.Box.Rim.Lid.N = 3`, `not d.Box.Rim.Lid.P = nil`, `not d.Box.Rim.Lid.P != nil`,
		`not d.Box.Rim.Lid.P = d.Box.Wide`, `not d.Box.Rim.Lid.P != d.Box.Lid.P`,
	} {
		asOso(t, body)
	}
}

// TestWhatCannotBeNilIsNotNilWhereItIsMissing stores documents without an embedded one that Go
// always has.
func TestWhatCannotBeNilIsNotNilWhereItIsMissing(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Parcel{}, Collection: "parcels"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	for _, body := range []string{
		`d.Box.Base.P = nil`, `d.Box.Base.P != 3`, `d.Box.Base.P = d.Box.Wide`, `d.Box.Base.T = []`, `not "a" in d.Box.Base.T`,
		`not d.Box.Base.P = 3`, `not d.Box.Base.P != nil`,
		`d.Box.Rim.Lid = nil`, `not d.Box.Rim.Lid != nil`, `not d.Box.Rim.Lid.N = 3`, `not d.Box.Rim.Lid.P != nil`,
	} {
		engine, err := oso.New(schema, `allow(_: Clerk, "read", d: Parcel) if d.N = 0 and (`+body+`);`,
			oso.WithStructs(structs), oso.WithClass("Clerk", Clerk{}))
		require.NoError(t, err, body)
		f, err := engine.Filter(t.Context(), clerks[0], "read", "Parcel")
		require.NoError(t, err, body)
		for _, box := range []bson.D{{}, {{Key: "base", Value: nil}, {Key: "rim", Value: nil}}, {{Key: "base", Value: 3}, {Key: "rim", Value: bson.A{}}}} {
			d := bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: 0}, {Key: "box", Value: box}}
			require.False(t, given(t, schema, f, d), "%s: %v: %v", body, d, f)
		}
	}
}

type (
	Strap struct {
		Width *int `bson:"width"`
		Knots int  `bson:"knots"`
	}
	Bundle struct {
		ID     int `bson:"_id"`
		*Strap `bson:"strap"`
	}
)

// TestAPromotedFieldBehindNil reads fields of a struct that is embedded by a pointer. Oso panics
// where it is nil.
func TestAPromotedFieldBehindNil(t *testing.T) {
	t.Parallel()
	structs := relations.Struct{Of: Bundle{}, Collection: "bundles"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	for body, want := range map[string]bool{ // of a strap without a width
		`d.Width = nil`: true, `d.Width != nil`: false, `d.Width != 3`: true, `not d.Width = 3`: true, `not d.Width != nil`: true,
		`d.Knots = 0`: true, `d.Knots != 1`: true, `d.Width != d.Knots`: true, `d.Width = d.Knots`: false,
	} {
		engine, err := oso.New(schema, `allow(_: Clerk, "read", d: Bundle) if d.ID != 9 and `+body+`;`,
			oso.WithStructs(structs), oso.WithClass("Clerk", Clerk{}))
		require.NoError(t, err, body)
		f, err := engine.Filter(t.Context(), clerks[0], "read", "Bundle")
		require.NoError(t, err, body)
		for _, strap := range []any{nil, bson.D{{Key: "knots", Value: 0}}} {
			d := bson.D{{Key: "_id", Value: 1}, {Key: "strap", Value: strap}}
			require.Equal(t, strap != nil && want, given(t, schema, f, d), "%s: %v: %v", body, d, f)
		}
		require.False(t, given(t, schema, f, bson.D{{Key: "_id", Value: 1}}), body)
	}
}
