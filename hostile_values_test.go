package layers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// holder is a struct that can hold itself.
type holder struct {
	ID    any     `bson:"_id"`
	Self  *holder `bson:"self"`
	Other []any   `bson:"other"`
	Map   map[string]any
}

// itself is a pointer to itself.
type itself *itself

// broken encodes itself as what is no BSON.
type broken struct{}

func (broken) MarshalBSONValue() (byte, []byte, error) {
	return byte(bson.TypeArray), []byte{1, 2}, nil
}

// brokenFetcher fetches what is no document, refuser nothing.
type (
	brokenFetcher struct{}
	refuser       struct{}
)

func (brokenFetcher) Fetch(context.Context, evaluate.Request) ([]bson.Raw, error) {
	return []bson.Raw{nil, {1}, {5, 0, 0, 0, 0}, {255, 255, 255, 127, 0}}, nil
}

func (refuser) Fetch(context.Context, evaluate.Request) ([]bson.Raw, error) {
	return nil, errors.New("no")
}

var floats = []float64{0, 1.5, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.Copysign(0, -1)}

var texts = []any{
	"Book", "title", "publisher", "p", "_id", "", ".", "a..b", "publisher.name", "$where", "$", "tenant", "chapters.title",
	"a\x00b", "\xff\xfe", "__authz", "{}", "null", strings.Repeat("x", 1<<16), strings.Repeat("a.", 1<<12),
}

// nested returns n levels of documents, one in the other, as an ordered document and as raw BSON.
func nested(n int) (bson.D, bson.Raw) {
	d, raw := bson.D{}, bson.Raw{5, 0, 0, 0, 0}
	for range n {
		d = bson.D{{Key: "a", Value: d}}
	}
	// From the inside out: each level is its length, type and name, the level inside, and an end.
	size := len(raw) + 8*n
	out := make(bson.Raw, 0, size)
	for level := range n {
		length := size - 8*level
		out = append(out, byte(length), byte(length>>8), byte(length>>16), byte(length>>24), 3, 'a', 0)
	}
	out = append(out, raw...)
	return d, append(out, make([]byte, n)...)
}

// hostileAny returns values of any type: those that hold themselves, broken ones, and large ones.
func hostileAny() []any {
	selfD, selfA, selfM, selfMap, selfSlice := bson.D{{Key: "a"}}, bson.A{nil}, bson.M{}, map[string]any{}, []any{nil}
	selfD[0].Value, selfA[0], selfM["a"], selfMap["a"], selfSlice[0] = selfD, selfA, selfM, selfMap, selfSlice
	selfHolder := &holder{ID: 1, Other: []any{nil}, Map: map[string]any{}}
	selfHolder.Self, selfHolder.Other[0], selfHolder.Map["a"] = selfHolder, selfHolder, selfHolder
	var selfAny any
	selfAny = &selfAny
	var selfPointer itself
	selfPointer = itself(&selfPointer)
	shared := any(bson.A{1})
	for range doublings {
		shared = bson.A{shared, shared}
	}
	deepD, deepRaw := nested(levels)
	out := []any{
		bson.D{{Key: "_id", Value: int32(1)}, {Key: "title", Value: "x"}}, 1, "ann", nil, true,
		selfD, selfA, selfM, selfMap, selfSlice, selfHolder, &selfAny, selfPointer, shared, deepD, deepRaw,
		broken{}, &broken{}, (*broken)(nil), (*holder)(nil), holder{}, make(chan int), func() {}, struct{}{}, errors.New("x"),
		math.MinInt64, uint64(math.MaxUint64), complex(1, 2), uintptr(1), time.Time{}, time.Unix(math.MaxInt64, 0), []byte(nil),
		[]int{}, []any{}, []any{nil, 1, "a", math.NaN()}, bson.D{}, bson.D{{}}, bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: 1}}}},
		bson.D{{Key: "$gt", Value: ""}}, bson.D{{Key: "$where", Value: "1"}}, bson.M{"a": 1, "b": 2}, [0]int{}, [16]byte{},
		bson.D{{Key: "$and", Value: bson.A{selfD}}}, bson.D{{Key: "$set", Value: selfD}},
		mongo.Pipeline{{{Key: "$set", Value: selfD}}}, mongo.Pipeline{nil}, mongo.Pipeline{},
		bson.Regex{Pattern: "("}, bson.JavaScript("1"), bson.CodeWithScope{Code: "1", Scope: selfD}, bson.Undefined{}, bson.MinKey{}, bson.MaxKey{},
		bson.Decimal128{}, bson.NewDecimal128(math.MaxUint64, math.MaxUint64), bson.Binary{}, bson.Timestamp{T: math.MaxUint32}, bson.NilObjectID,
		mongoauthz.ID("Book", 1), mongoauthz.ID("Book", selfD), mongoauthz.Document("Book", selfHolder), mongoauthz.Resource{},
		filter.F("title"), filter.Param("tenant"), filter.Literal{Value: selfD}, reflect.ValueOf(1), reflect.TypeFor[int](),
	}
	out = append(out, texts...)
	for _, f := range floats {
		out = append(out, f)
	}
	return slices.Concat(out, hostileRawValues(), hostileRaws())
}

func hostileRawValues() []any {
	_, deep := nested(levels)
	out := []any{
		bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}},
		bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: deep},
		bson.RawValue{Type: bson.TypeArray, Value: deep},
	}
	for _, typ := range []bson.Type{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 127, 255} {
		for _, value := range [][]byte{nil, {}, {1}, {5, 0, 0, 0, 0}, {255, 255, 255, 127, 0}, {255, 255, 255, 255, 0}, make([]byte, 16)} {
			out = append(out, bson.RawValue{Type: typ, Value: value})
		}
	}
	return out
}

func hostileRaws() []any {
	_, deep := nested(levels)
	good, err := bson.Marshal(bson.D{{Key: "_id", Value: int32(1)}, {Key: "title", Value: "x"}, {Key: "publisher_id", Value: int32(1)}})
	if err != nil {
		panic(err)
	}
	cut := append(bson.Raw(nil), good[:len(good)-4]...)
	long := append(bson.Raw(nil), good...)
	long[0] = 255
	return []any{
		bson.Raw(good), deep, cut, long, bson.Raw{}, bson.Raw{1}, bson.Raw{5, 0, 0, 0, 0}, bson.Raw{5, 0, 0, 0, 1}, bson.Raw{0, 0, 0, 0},
		bson.Raw{255, 255, 255, 127, 0}, bson.Raw{255, 255, 255, 255, 0}, bson.Raw{8, 0, 0, 0, 2, 'a', 0, 0},
		bson.Raw{12, 0, 0, 0, 2, 'a', 0, 255, 255, 255, 255, 0},
	}
}

// hostileConditions returns conditions that hold themselves, are shared, or are deep.
func hostileConditions() []any {
	leaf := filter.F("title").Eq("x")
	clauses := make(filter.Any, 1)
	clauses[0] = filter.Where(clauses)
	conditions := make([]filter.Condition, 1)
	conditions[0] = filter.None{Conditions: conditions}
	both := make([]filter.Condition, 2)
	both[0], both[1] = filter.Surely{Conditions: both}, filter.Any{{Conditions: both}, {Conditions: both}}
	out := []any{leaf, clauses, conditions[0], both[0], both[1], (*filter.Comparison)(nil), &leaf, foreign{}}
	for _, n := range []int{99, 100, 101, levels} {
		none, any := filter.Condition(leaf), filter.Condition(leaf)
		for range n {
			none, any = filter.None(filter.Where(none)), filter.Any{filter.Where(any)}
		}
		out = append(out, none, any)
	}
	shared, sharedNone := filter.Condition(leaf), filter.Condition(leaf)
	for range doublings {
		shared = filter.Any{filter.Where(shared), filter.Where(shared)}
		sharedNone = filter.None(filter.Where(sharedNone, sharedNone))
	}
	product := make([]filter.Condition, 40)
	for i := range product {
		product[i] = filter.Any{filter.Where(filter.F("pages").Eq(i)), filter.Where(filter.F("title").Eq("x"))}
	}
	return append(out, shared, sharedNone, filter.None(filter.Where(product...)), filter.Surely(filter.Where(product...)))
}

// foreign is a condition of another package: a struct that holds one is one.
type foreign struct{ filter.Condition }

// hostileFilters returns filters of hostile conditions, and those that reach entities without end.
func hostileFilters() []any {
	many := make([]filter.Entity, 1001)
	chain := make([]filter.Condition, 60)
	for i := range many {
		many[i] = filter.Reach(fmt.Sprint("e", i), "publisher")
	}
	for i := range chain {
		e := filter.Reach(fmt.Sprint("e", i), "publisher")
		chain[i] = e.F("name").Eq(i)
	}
	circle := filter.Entity{Name: "a", Paths: []filter.Path{{From: "a", Relation: "publisher"}}}
	out := []any{
		filter.For("Book", filter.Some(filter.Reach("p", "publisher")).Where(filter.Reach("p", "publisher").F("name").Eq("x"))),
		filter.Allow("Book"), filter.Deny("Book"), filter.Allow("Note"), filter.Allow("\xff"),
		filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("tenant")))),
		filter.For("Book", filter.Some(many...).Where(filter.True)),
		filter.For("Book", filter.Some(many[:60]...).Where(chain...)),
		filter.For("Book", filter.Some(circle).Where(circle.Exists())),
		filter.For("Book", make([]filter.Clause, levels)...),
		filter.For("Book", filter.Some(filter.Free("f", "Book")).Where(filter.Free("f", "Book").F("pages").Eq(filter.F("pages")))),
	}
	for _, c := range hostileConditions() {
		if c, ok := c.(filter.Condition); ok {
			out = append(out, filter.For("Book", filter.Where(c)), filter.For("Book", filter.Where(filter.None(filter.Where(c)))))
		}
	}
	return out
}

func contexts(t *testing.T) []any {
	t.Helper()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	t.Cleanup(stop)
	return []any{t.Context(), nil, canceled, late}
}

func requests(t *testing.T) []any {
	t.Helper()
	out := []any{}
	for _, method := range []string{http.MethodGet, http.MethodPost, "\xff", "BREW"} {
		r := httptest.NewRequest(http.MethodGet, "/books/1", nil)
		r.Method = method
		r.SetPathValue("id", "1")
		out = append(out, r)
	}
	return append(out, &http.Request{})
}

// driverOptions has the driver's options, which are of an interface type each.
func driverOptions() map[reflect.Type][]any {
	self := bson.D{{Key: "a"}}
	self[0].Value = self
	return map[reflect.Type][]any{
		reflect.TypeFor[options.Lister[options.AggregateOptions]](): {
			options.Aggregate(), nil, (*options.AggregateOptionsBuilder)(nil), options.Aggregate().SetHint(self).SetLet(self),
		},
		reflect.TypeFor[options.Lister[options.UpdateOneOptions]](): {
			options.UpdateOne(), nil, options.UpdateOne().SetHint(self).SetSort(self).SetLet(self), options.UpdateOne().SetArrayFilters([]any{self}),
			options.UpdateOne().SetUpsert(true),
		},
		reflect.TypeFor[options.Lister[options.UpdateManyOptions]](): {
			options.UpdateMany(), nil, options.UpdateMany().SetHint(self).SetLet(self), options.UpdateMany().SetArrayFilters([]any{nil, self}),
		},
		reflect.TypeFor[options.Lister[options.DeleteOneOptions]]():  {options.DeleteOne(), nil, options.DeleteOne().SetHint(self).SetLet(self)},
		reflect.TypeFor[options.Lister[options.DeleteManyOptions]](): {options.DeleteMany(), nil, options.DeleteMany().SetHint(self).SetLet(self)},
		reflect.TypeFor[options.Lister[options.FindOneAndUpdateOptions]](): {
			options.FindOneAndUpdate(), nil, options.FindOneAndUpdate().SetProjection(self).SetSort(self),
			options.FindOneAndUpdate().SetHint(self).SetReturnDocument(options.ReturnDocument(-1)),
		},
	}
}

// errorsOf are errors that handlers report.
func errorsOf() []any {
	return []any{
		&mongoauthz.ForbiddenError{}, nil, errors.New("x"), fmt.Errorf("x: %w", mongoauthz.ErrNotFound), context.Canceled,
		errors.Join(nil, filter.ErrLimit, &relations.SchemaError{}), mongo.ErrNoDocuments,
	}
}

var loggers = []any{slog.New(slog.DiscardHandler), nil}
