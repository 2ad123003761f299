package oso_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// fetchFunc is a fetcher that does what a test needs it to do.
type fetchFunc func(ctx context.Context, r evaluate.Request) ([]bson.Raw, error)

func (f fetchFunc) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	return f(ctx, r)
}

// read asks for the filter of what ann, or another actor, may read.
func read(e *oso.Engine, actor any) (filter.Filter, error) {
	return e.Filter(context.Background(), actor, "read", "Doc")
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for policy, outcome := range map[string]filter.Outcome{
		`allow(_, _, _);`:                                                              filter.Allowed,
		`allow(_, "read", _: Doc);`:                                                    filter.Allowed,
		`allow(_, "write", _: Doc);`:                                                   filter.Denied,
		`allow(_, "read", _: Team);`:                                                   filter.Denied,
		`allow(_: Team, "read", _);`:                                                   filter.Denied,
		`allow(u: User, "read", u);`:                                                   filter.Denied,
		`allow(_, "read", d: Doc) if d.Public;`:                                        filter.Conditional,
		`allow(u: User, "read", _: Doc) if u.Name = "ann";`:                            filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Name = "ben";`:                            filter.Denied,
		`allow(u: User, "read", _: Doc) if u.Status = "open";`:                         filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Score > 2.5 and u.Score < 2.8;`:           filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Score = 2;`:                               filter.Denied,
		`allow(u: User, "read", _: Doc) if u.Grants = [] or "z" in u.Roles;`:           filter.Denied,
		`allow(u: User, "read", _: Doc) if not u.Born < u.Born and u.Born <= u.Born;`:  filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Credit < 1 and not u.Credit <= 0;`:        filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Attrs.tag = "x" and u.Attrs.floor = 1.5;`: filter.Allowed,
		`allow(u: User, "read", _: Doc) if u.Attrs.none = 1;`:                          filter.Denied,
	} {
		f, err := read(engine(t, policy), users(t)[0])
		require.NoError(t, err, policy)
		require.Equal(t, outcome, f.Outcome(), policy)
		require.Equal(t, "Doc", f.Resource)
	}
}

func TestTheResourceItselfIsAnInstance(t *testing.T) {
	t.Parallel()
	f, err := engine(t, `allow(u: User, "read", u);`).Filter(context.Background(), users(t)[0], "read", "User")
	require.NoError(t, err)
	require.Equal(t, filter.For("User", filter.Where(filter.F("_id").Eq(id(1)))).String(), f.String())
}

func TestActorsThatAreNoStructs(t *testing.T) {
	t.Parallel()
	e := engine(t, `allow("ann", "read", d: Doc) if d.Public; allow(u: Dictionary, "read", d: Doc) if d.Title = u.title; allow(n: Integer, "read", d: Doc) if d.Level = n;`)
	for actor, want := range map[any]string{"ann": "Doc where public = true", "ben": "no Doc", 3: "Doc where level = 3"} {
		f, err := read(e, actor)
		require.NoError(t, err)
		require.Equal(t, want, f.String())
	}
	f, err := read(e, map[string]any{"title": "x"})
	require.NoError(t, err)
	require.Equal(t, `Doc where title = "x"`, f.String())
	f, err = read(e, nil)
	require.NoError(t, err)
	require.Equal(t, filter.Denied, f.Outcome())
}

func TestFloatsArriveExactly(t *testing.T) {
	t.Parallel()
	e := engine(t, `allow(u: User, "read", d: Doc) if d.Price = u.Score;`, oso.WithCache(0))
	random := rand.New(rand.NewPCG(1, 2))
	scores := []float64{0, 0.1, 0.1 + 0.2, 2.75, 1 << 53, 1<<53 + 2, 1e21, 1e22, 1e23, 1e-22, 1e-23, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1)}
	for range 300 {
		scores = append(scores, math.Float64frombits(random.Uint64()), random.NormFloat64(), math.Round(random.NormFloat64()*1e6)/1e4, float64(random.Uint64()>>random.IntN(64)))
	}
	for _, score := range scores {
		if math.IsNaN(score) {
			continue
		}
		f, err := read(e, User{Score: score})
		require.NoError(t, err)
		literal := f.Clauses[0].Conditions[0].(filter.Comparison).Operand.(filter.Literal).Value.(bson.RawValue)
		var got float64
		require.NoError(t, literal.Unmarshal(&got))
		require.Equal(t, score, got)
	}
}

func TestValuesThatCannotBeCarriedAreRefused(t *testing.T) {
	t.Parallel()
	for name, actor := range map[string]User{
		"NaN":      {Score: math.NaN()},
		"unsigned": {Serial: math.MaxUint64},
		"UTF-8":    {Name: "a\xff"},
		"struct":   {Attrs: map[string]any{"x": struct{ A int }{1}}},
	} {
		for _, condition := range []string{"u.Score = d.Price", "u.Serial = d.Serial", "u.Name = d.Title", "u.Attrs.x = d.Title"} {
			f, err := read(engine(t, `allow(u: User, "read", d: Doc) if `+condition+`;`), actor)
			if concerned := map[string]string{"NaN": "Score", "unsigned": "Serial", "UTF-8": "Name", "struct": "Attrs"}[name]; strings.Contains(condition, concerned) {
				requireUnsupported(t, err, "User."+concerned)
				require.Equal(t, filter.Denied, f.Outcome())
			}
		}
	}
}

func TestAStructThatIsNotRegisteredIsRefused(t *testing.T) {
	t.Parallel()
	_, err := read(engine(t, `allow(_, _, _);`), struct{ Name string }{"ann"})
	require.ErrorIs(t, err, oso.ErrUnsupported)
	require.ErrorContains(t, err, "not registered")
}

func TestWithoutNil(t *testing.T) {
	t.Parallel()
	ann, ben := users(t)[0], users(t)[1]
	for condition, want := range map[string][2]string{ // for ann, and for ben, whose Level is nil
		`d.Level = u.Level`:    {"Doc where level = 3", "no Doc"},
		`d.Level != u.Level`:   {"Doc where level != 3", "no Doc"},
		`d.Level = nil`:        {"no Doc", "no Doc"},
		`d.Level != nil`:       {"no Doc", "no Doc"},
		`d.Level = d.Floor`:    {"Doc where floor = level", "Doc where floor = level"},
		`not u.Name in d.Tags`: {`Doc where tags not contains "ann"`, `Doc where tags not contains "ben"`},
		`d.Tags = []`:          {"Doc where tags subset of []", "Doc where tags subset of []"},
	} {
		e := engine(t, `allow(u: User, "read", d: Doc) if u.Name != "" and `+condition+`;`, oso.WithoutNil())
		for i, actor := range []User{ann, ben} {
			f, err := read(e, actor)
			require.NoError(t, err)
			require.Equal(t, want[i], f.String(), condition)
		}
	}
}

func TestAlternativesAreFolded(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`d.Level in [1, 2, 3] and d.Title in ["a", "b"]`:                `Doc where level in [1, 2, 3] and title in ["a", "b"]`,
		`d.Level = 1 or d.Level = 1`:                                    `Doc where level = 1`,
		`"a" in d.Tags or "b" in d.Tags`:                                `Doc where tags intersects ["a", "b"]`,
		`d.Level = 1 and d.Level = 1`:                                   `Doc where level = 1`,
		`d.owner.Name in ["a", "b"]`:                                    `Doc where owner owner: owner.name in ["a", "b"]`,
		`(d.Level = 1 and d.Public) or (d.Level = 2 and d.Title = "a")`: "Doc where\n  level = 1 and public = true\n  or level = 2 and title = \"a\"",
		// Of rows that are joined, either may hold; the resource's own fields keep their clauses, and so does a key, which is compared without a join.
		`d.owner.Name = "a" and (d.team.Name in ["b", "c"] or d.team.Limit = 1 or d.team.Limit < 0)`:                                             `Doc where owner owner, team team: owner.name = "a" and (team.name in ["b", "c"] or team.limit = 1 or team.limit < 0)`,
		`(d.team.Name = "a" or d.team.Limit < 1) and (d.team.Name = "b" or d.team.Limit < 2)`:                                                    `Doc where team team: (team.name = "a" or team.limit < 1) and (team.name = "b" or team.limit < 2)`,
		`d.team.Limit < 1 and d.Public or d.team.Limit < 2 and d.Public or d.team.Limit < 1 and d.Level = 3 or d.team.Limit < 3 and d.Level = 3`: "Doc where\n  team team: (team.limit < 1 or team.limit < 2) and public = true\n  or team team: (team.limit < 1 or team.limit < 3) and level = 3",
		`d.Level = 1 or d.Title = "a"`:                       "Doc where\n  level = 1\n  or title = \"a\"",
		`d.team.Name = "a" or d.team.ID = 3`:                 "Doc where\n  team team: team.name = \"a\"\n  or team team: team._id = 3",
		`d.team.Name = "a" or d.owner.Name = "a"`:            "Doc where\n  team team: team.name = \"a\"\n  or owner owner: owner.name = \"a\"",
		`i in d.Items and (i.Kind = "a" or i.Qty = 2)`:       "Doc where\n  items i: i.kind = \"a\"\n  or items i: i.qty = 2",
		`not ((d.Public or d.Level = 1) and d.Status = "a")`: "Doc where\n  public = false and (level is null or level != 1)\n  or status != \"a\"",
	} {
		f, err := read(engine(t, `allow(_, "read", d: Doc) if `+condition+`;`), "anyone")
		require.NoError(t, err)
		require.Equal(t, want, f.String(), condition)
	}
}

func TestNotAmongTheElementsOfAnActorsList(t *testing.T) {
	t.Parallel()
	ann, ben := users(t)[0], users(t)[1] // whose roles are a and b, and none
	for condition, want := range map[string][2]string{
		`not d.Title in u.Roles`:                           {`Doc where title not in ["a", "b"]`, "every Doc"},
		`not d.Nick in u.Roles and not d.Title in u.Roles`: {`Doc where (nick is null or nick not in ["a", "b"]) and title not in ["a", "b"]`, "every Doc"},
		`not d.owner.Name in u.Roles`:                      {`Doc where owner owner: owner.name not in ["a", "b"]`, "Doc where owner owner: owner exists"},
		`not (d.Title in u.Roles and d.Public)`:            {"Doc where\n  title not in [\"a\", \"b\"]\n  or public = false", "every Doc"},
		`not u.Name in u.Roles and not "a" in u.Roles`:     {"no Doc", "every Doc"},
		`not (u.Name = "ann" and not d.Title in u.Roles)`:  {`Doc where title in ["a", "b"]`, "every Doc"},
		`not d.Level in u.Grants`:                          {"", "every Doc"},
	} {
		e := engine(t, `allow(u: User, "read", d: Doc) if u.Name != "" and d = d and `+condition+`;`)
		for i, actor := range []User{ann, ben} {
			f, err := read(e, actor)
			if want[i] == "" {
				require.ErrorIs(t, err, oso.ErrUnsupported, condition)
				continue
			}
			require.NoError(t, err, condition)
			require.Equal(t, want[i], f.String(), condition)
		}
	}
}

func TestTheSameFilterEachTime(t *testing.T) {
	t.Parallel()
	policy := `allow(u: User, "read", d: Doc) if d.owner.team.Name = "red" and i in d.Items and i.Kind = "a" and j in d.Items and j.Qty = 2 and u.Name in d.Tags and not (d.Public and d.editor = u);`
	e := engine(t, policy, oso.WithCache(0))
	first, err := read(e, users(t)[0])
	require.NoError(t, err)
	for range 30 {
		f, err := read(engine(t, policy), users(t)[0])
		require.NoError(t, err)
		require.Equal(t, first.String(), f.String())
	}
}

func TestTooManyAlternatives(t *testing.T) {
	t.Parallel()
	condition := strings.Repeat(` and (d.Public or d.Title = "a")`, 6)
	e := engine(t, `allow(_, "read", d: Doc) if d.Level = 1`+condition+`;`, oso.WithAlternatives(10))
	for range 3 {
		f, err := read(e, "anyone")
		limit := (*filter.LimitError)(nil)
		require.ErrorAs(t, err, &limit)
		require.Equal(t, 10, limit.Limit)
		require.Equal(t, filter.Denied, f.Outcome())
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	type Twin struct {
		ID int `bson:"_id"`
	}
	ok := `allow(_, _, _);`
	for name, make := range map[string]func() (*oso.Engine, error){
		"no schema":     func() (*oso.Engine, error) { return oso.New(nil, ok) },
		"broken text":   func() (*oso.Engine, error) { return oso.New(schema(t), `allow(`) },
		"failing query": func() (*oso.Engine, error) { return oso.New(schema(t), ok+` ?= 1 = 2;`) },
		"no struct":     func() (*oso.Engine, error) { return oso.New(schema(t), ok, oso.WithClass("X", 3)) },
		"class twice": func() (*oso.Engine, error) {
			return oso.New(schema(t), ok, oso.WithClass("X", Twin{}), oso.WithClass("X", Twin{}))
		},
		"Polar's own": func() (*oso.Engine, error) { return oso.New(schema(t), ok, oso.WithClass("String", Twin{})) },
		"not in the schema": func() (*oso.Engine, error) {
			return oso.New(schema(t), ok, oso.WithStructs(relations.Struct{Of: Twin{}}))
		},
		"limit":       func() (*oso.Engine, error) { return oso.New(schema(t), ok, oso.WithAlternatives(0)) },
		"concurrency": func() (*oso.Engine, error) { return oso.New(schema(t), ok, oso.WithConcurrency(0)) },
		"cache":       func() (*oso.Engine, error) { return oso.New(schema(t), ok, oso.WithCache(-1)) },
		"cut":         func() (*oso.Engine, error) { return oso.New(schema(t), `allow(_, _, _) if cut;`) },
		"no file":     func() (*oso.Engine, error) { return oso.NewFS(schema(t), fstest.MapFS{}, []string{"*.polar"}) },
		"file of other name": func() (*oso.Engine, error) {
			return oso.NewFS(schema(t), fstest.MapFS{"p.txt": {Data: []byte(ok)}}, []string{"*"})
		},
	} {
		e, err := make()
		require.ErrorIs(t, err, oso.ErrPolicy, name)
		require.Nil(t, e, name)
	}
}

func TestNewFSLoadsAllFiles(t *testing.T) {
	t.Parallel()
	e, err := oso.NewFS(schema(t), fstest.MapFS{
		"a.polar": {Data: []byte(`allow(_, "read", d: Doc) if shown(d);`)}, "b.polar": {Data: []byte(`shown(d: Doc) if d.Public;`)},
	}, []string{"*.polar"}, oso.WithStructs(structs...))
	require.NoError(t, err)
	f, err := read(e, "anyone")
	require.NoError(t, err)
	require.Equal(t, "Doc where public = true", f.String())
}

func TestTypesWithoutAStructHaveTheNamesOfTheSchema(t *testing.T) {
	t.Parallel()
	e, err := oso.New(schema(t), `allow(_, "read", d: Doc) if d.owner_id = d.editor_id and d.address.city = "a" and d.team.name != "red";`)
	require.NoError(t, err)
	f, err := read(e, "anyone")
	require.NoError(t, err)
	require.Contains(t, f.String(), `address.city = "a" and (team.name is null or team.name != "red")`)
}

func TestAnUnknownResourceIsRefused(t *testing.T) {
	t.Parallel()
	for _, resource := range []string{"Nothing", "Address", ""} {
		f, err := engine(t, `allow(_, _, _);`).Filter(context.Background(), "anyone", "read", resource)
		require.ErrorIs(t, err, oso.ErrUnsupported, resource)
		require.Equal(t, filter.Denied, f.Outcome())
	}
	_, err := (*oso.Engine)(nil).Filter(context.Background(), "anyone", "read", "Doc")
	require.ErrorIs(t, err, oso.ErrPolicy)
}

func TestErrorsDoNotShowTheActor(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{`u.Missing = d.Title`, `u.Name.Missing = d.Title`, `d.Title = u.ID`, `u.Credit > 0 and d.Public`, `u.Attrs.tag.x = d.Title`, `u.Born < 5 and d.Public`, `u.Method(u.Secret) and d.Public`} {
		_, err := read(engine(t, `allow(u: User, "read", d: Doc) if u.Secret != "" and `+condition+`;`), users(t)[0])
		require.Error(t, err, condition)
		for _, secret := range []string{"do-not-tell", "ann", id(1).Hex()} {
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), secret, condition)
		}
	}
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	e := engine(t, `allow(u, "read", d: Doc) if u.Name = d.Title;`, oso.WithConcurrency(1), oso.WithCache(0))
	for range 5 {
		_, err := read(e, "a text has no attributes")
		failed := (*oso.EngineError)(nil)
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "panic", failed.Kind)
		f, err := read(e, users(t)[0])
		require.NoError(t, err)
		require.Equal(t, `Doc where title = "ann"`, f.String())
	}
}
