package oso_test

import (
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type (
	// Switch leaves what is false out of its document.
	Switch struct {
		ID    int   `bson:"_id"`
		On    bool  `bson:"on,omitempty"`
		Off   bool  `bson:"off,omitempty"`
		Maybe *bool `bson:"maybe"`
		Case  *Case `bson:"case"`
	}
	Case struct {
		Open bool `bson:"open,omitempty"`
	}
	// Fitter is an actor that is stored, with the switches it fitted.
	Fitter struct {
		ID   int  `bson:"_id"`
		Gone bool `bson:"gone,omitempty"`
		Kind int  `bson:"kind"`
		Boss *int `bson:"boss"`
	}
)

// absentFalse is the schema of switches and fitters, in which a bool that is missing is false.
func absentFalse(t *testing.T) *relations.Schema {
	t.Helper()
	number := func(name string) relations.Field { return relations.Field{Name: name, Type: relations.Number} }
	no := func(name string) relations.Field {
		return relations.Field{Name: name, Type: relations.Bool, AbsentZero: false}
	}
	fitted := func(name, constant string, value any) relations.Relation {
		return relations.Relation{
			Name: name, Kind: relations.HasMany, Type: "Switch", Keys: []relations.KeyPair{{Foreign: "fitter"}},
			Where: []relations.Constant{{Near: true, Field: constant, Value: value}},
		}
	}
	s, err := relations.New(
		relations.Type{
			Name: "Switch", Collection: "switches",
			Fields: []relations.Field{
				number("_id"), number("fitter"), no("on"), no("off"), {Name: "maybe", Type: relations.Bool},
			},
			Relations: []relations.Relation{{Name: "case", Kind: relations.EmbedsOne, Type: "Case"}},
		},
		relations.Type{Name: "Case", Fields: []relations.Field{no("open")}},
		relations.Type{
			Name: "Fitter", Collection: "fitters", Fields: []relations.Field{number("_id"), no("gone"), number("kind"), number("boss")},
			Relations: []relations.Relation{
				fitted("present", "gone", false), fitted("kinds", "kind", 1),
				{Name: "chief", Kind: relations.ReferencesOne, Type: "Fitter", Keys: []relations.KeyPair{{Local: "boss"}}},
			},
		},
	)
	require.NoError(t, err)
	return s
}

// TestABoolThatIsLeftOutIsFalse compares with what Oso itself says of the documents in Go.
func TestABoolThatIsLeftOutIsFalse(t *testing.T) {
	t.Parallel()
	schema := absentFalse(t)
	yes, no := true, false
	switches := []Switch{
		{ID: 0}, {ID: 1, On: true, Maybe: &yes}, {ID: 2, Off: true, Maybe: &no, Case: &Case{}},
		{ID: 3, On: true, Off: true, Case: &Case{Open: true}},
	}
	for _, body := range []string{
		`d.On`, `not d.On`, `d.On = false`, `d.On != true`, `d.On != false`, `not d.On = false`, `d.On = nil`, `d.On != nil`,
		`not d.On = nil`, `not d.On != nil`, `d.On matches Boolean`, `not d.On matches Boolean`, `d.On = d.Off`, `d.On != d.Off`,
		`d.On = d.Maybe`, `d.On != d.Maybe`, `not d.On = d.Maybe`, `d.On in [true]`, `not d.On in [true]`,
		`d.Case.Open = false`, `d.Case.Open != nil`, `d.Case.Open != true`, `not d.Case.Open = true`, `d.Case.Open != d.Maybe`,
	} {
		policy := `allow(_: Clerk, "read", d: Switch) if d.ID != 99 and ` + body + `;`
		plain, err := gooso.NewOso()
		require.NoError(t, err)
		for name, of := range map[string]any{"Clerk": Clerk{}, "Switch": Switch{}, "Case": Case{}} {
			require.NoError(t, plain.RegisterClassWithName(of, nil, name))
		}
		require.NoError(t, plain.LoadString(policy))
		engine, err := oso.New(schema, policy, oso.WithStructs(relations.Struct{Of: Switch{}}), oso.WithClass("Clerk", Clerk{}))
		require.NoError(t, err, body)
		f, err := engine.Filter(t.Context(), clerks[0], "read", "Switch")
		require.NoError(t, err, body)
		for _, d := range switches {
			allowed, err := plain.IsAllowed(clerks[0], "read", d)
			raw, encodeErr := bson.Marshal(d)
			require.NoError(t, encodeErr)
			require.Equal(t, allowed && err == nil, given(t, schema, f, bson.Raw(raw)), "%s: switch %d: %v", body, d.ID, f)
		}
	}
}

// TestABoolThatIsLeftOutIsNotNil asks of types for which there is no struct, or one that says
// otherwise than the schema.
func TestABoolThatIsLeftOutIsNotNil(t *testing.T) {
	t.Parallel()
	schema := absentFalse(t)
	left, null := bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "_id", Value: 2}, {Key: "on", Value: nil}}
	for body, want := range map[string][2]bool{
		`d.on = false`: {true, false}, `d.on != true`: {true, false}, `d.on != false`: {false, false}, `d.on = nil`: {false, false},
		`d.on != nil`: {true, false}, `not d.on = true`: {true, false}, `d.on = d.off`: {true, false},
	} {
		engine, err := oso.New(schema, `allow(_: Clerk, "read", d: Switch) if d._id != 9 and `+body+`;`, oso.WithClass("Clerk", Clerk{}))
		require.NoError(t, err, body)
		f, err := engine.Filter(t.Context(), clerks[0], "read", "Switch")
		require.NoError(t, err, body)
		require.Equal(t, want, [2]bool{given(t, schema, f, left), given(t, schema, f, null)}, "%s: %v", body, f)
	}
	type Pointed struct {
		ID int   `bson:"_id"`
		On *bool `bson:"on,omitempty"`
	}
	engine, err := oso.New(schema, `allow(_: Clerk, "read", d: Switch) if d.On = false;`,
		oso.WithStructs(relations.Struct{Of: Pointed{}, Name: "Switch"}), oso.WithClass("Clerk", Clerk{}))
	require.NoError(t, err)
	_, err = engine.Filter(t.Context(), clerks[0], "read", "Switch")
	require.ErrorIs(t, err, oso.ErrUnsupported)
}

// TestNearConstantsOfTheActor looks up relations that an actor has by a constant of its own.
func TestNearConstantsOfTheActor(t *testing.T) {
	t.Parallel()
	schema := absentFalse(t)
	data := evaluate.Memory{}
	require.NoError(t, data.Insert("switches", bson.D{{Key: "_id", Value: 1}, {Key: "fitter", Value: 7}}))
	require.NoError(t, data.Insert("fitters",
		bson.D{{Key: "_id", Value: 7}, {Key: "kind", Value: 1}}, bson.D{{Key: "_id", Value: 8}, {Key: "gone", Value: true}, {Key: "kind", Value: 2}},
		bson.D{{Key: "_id", Value: 9}}, bson.D{{Key: "_id", Value: 10}, {Key: "kind", Value: "1"}},
	))
	for body, want := range map[string]map[int]string{
		`s in u.chief.present and d = s`:        {7: "_id = 1", 8: "no", 9: "no", 10: "no"},
		`u.chief.Gone = false`:                  {7: "every", 8: "no", 9: "every", 10: "every"},
		`s in u.chief.kinds and d = s`:          {7: "_id = 1", 8: "no", 9: "", 10: ""}, // not known of 9 and 10
		`forall(s in u.chief.kinds, s.ID = 99)`: {7: "no", 8: "every", 9: "", 10: ""},
	} {
		engine, err := oso.New(schema, `allow(u: Fitter, "read", d: Switch) if d = d and `+body+`;`,
			oso.WithStructs(relations.Struct{Of: Fitter{}}, relations.Struct{Of: Switch{}}), oso.WithFetcher(data))
		require.NoError(t, err, body)
		for boss, text := range want {
			f, err := engine.Filter(t.Context(), Fitter{ID: 1, Boss: &boss}, "read", "Switch")
			if text == "" {
				require.ErrorIs(t, err, oso.ErrUnsupported, "%s: %d: %v", body, boss, f)
				continue
			}
			require.NoError(t, err, "%s: %d", body, boss)
			switch text {
			case "no", "every":
				text += " Switch"
			default:
				text = "Switch where " + text
			}
			require.Equal(t, text, f.String(), "%s: %d", body, boss)
		}
	}
}
