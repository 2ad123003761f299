package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// What the Python adapter that this project starts from gets wrong, or says that it cannot.

var adapter = world{
	types: types{
		typ("Book", "books", strs("title language publisher_id distributor_id translator"), nums("pages sold"), list("author", relations.String),
			relations.Field{Name: "extra", Type: relations.AnyType},
			one("publisher", "Publisher", "publisher_id"), one("distributor", "Publisher", "distributor_id"), embedsOne("address", "Address")),
		typ("Address", "", strs("city publisher_id"), one("owner", "Publisher", "publisher_id")),
		typ("Publisher", "publishers", strs("name location")),
	},
	docs: docs{
		"publishers": `
			{"_id": "oreilly", "name": "O'Reilly Media", "location": "CA"}
			{"_id": "manning", "name": "Manning", "location": "NY"}
		`,
		"books": `
			{"_id": "both", "title": "a", "publisher_id": "oreilly", "distributor_id": "manning", "pages": 216, "sold": 216, "author": ["k", "m"], "language": "en", "address": {"city": "x", "publisher_id": "oreilly"}, "published_date": {"$date": "2010-09-24T00:00:00Z"}}
			{"_id": "turned", "title": "b", "publisher_id": "manning", "distributor_id": "oreilly", "pages": 100, "sold": 200, "author": ["k"], "language": "fr", "address": {"city": "y", "publisher_id": "manning"}, "extra": {"$gt": ""}}
			{"_id": "array-key", "title": "title", "publisher_id": ["oreilly", "manning"], "distributor_id": ["manning"], "pages": 3, "sold": 2, "author": [], "translator": "title", "address": [{"city": "x", "publisher_id": "oreilly"}], "extra": "x"}
			{"_id": "bare", "extra": ""}
		`,
	},
}

func TestAdapterNeRuns(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	p := filter.Reach("p", "publisher")
	s.require(t, filter.For("Book", when(f("title").Ne("a"))), "turned array-key")
	s.require(t, filter.For("Book", when(f("author").Ne("m"))), "turned array-key")
	s.require(t, filter.For("Book", some(p).Where(p.F("location").Ne("CA"))), "turned")
	s.require(t, filter.For("Book", when(f("address.city").Ne("x"))), "turned")
	s.require(t, filter.For("Book", when(f("pages").Ne(f("sold")))), "turned array-key")
}

func TestAdapterTwoRelationsToOneTypeInOneClause(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	p, d := filter.Reach("p", "publisher"), filter.Reach("d", "distributor")
	s.require(t, filter.For("Book", some(p, d).Where(p.F("location").Eq("CA"), d.F("location").Eq("NY"))), "both")
	s.require(t, filter.For("Book", some(p, d).Where(p.F("location").Eq("NY"), d.F("location").Eq("CA"))), "turned")
	s.require(t, filter.For("Book", some(p, d).Where(p.F("location").Eq("CA"), d.F("location").Eq("CA"))), "")
}

func TestAdapterFieldToFieldComparisonsAreReal(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	s.require(t, filter.For("Book", when(f("pages").Eq(f("sold")))), "both")
	s.require(t, filter.For("Book", when(f("pages").Lt(f("sold")))), "turned")
	s.require(t, filter.For("Book", when(f("translator").Eq(f("title")))), "array-key")
	s.require(t, filter.For("Book", when(f("title").Eq("title"))), "array-key")
	p, d := filter.Reach("p", "publisher"), filter.Reach("d", "distributor")
	s.require(t, filter.For("Book", some(p, d).Where(p.F("location").Gt(d.F("location")))), "turned")
}

func TestAdapterDocumentsAreNeverMultiplied(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	p, d := filter.Reach("p", "publisher"), filter.Reach("d", "distributor")
	every := when(f("title").IsSet())
	s.require(t, filter.For("Book", some(p).Where(p.Exists()), every), "both turned array-key")
	s.require(t, filter.For("Book", some(p, d).Where(p.Exists(), d.Exists()), every), "both turned array-key")
	s.require(t, filter.For("Book", some(p).Where(p.F("name").IsSet())), "both turned")
}

func TestAdapterResultsKeepTheirShape(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	address := filter.Reach("address", "address")
	owner := address.Reach("owner", "owner")
	p := filter.Reach("p", "publisher")
	plan := s.require(t, filter.For("Book", some(p, address, owner).Where(p.F("location").Eq("CA"), owner.F("name").Eq("O'Reilly Media"))), "both")
	got := s.aggregate(t, plan, plan.Stages())
	require.Equal(t, "oreilly", got[0].Lookup("publisher_id").StringValue())
	_, err := got[0].LookupErr("publisher")
	require.Error(t, err)
	_, err = got[0].LookupErr("address", "owner")
	require.Error(t, err)
}

func TestAdapterAValueThatLooksLikeAnOperatorStaysAValue(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	refused(t, s.schema, filter.For("Book", when(f("extra").Eq(map[string]any{"$gt": ""}))))
	refused(t, s.schema, filter.For("Book", when(f("extra").Eq(bson.M{"$gt": ""}))))
	refused(t, s.schema, filter.For("Book", when(f("title").Eq(bson.D{{Key: "$gt", Value: ""}}))))
	s.require(t, filter.For("Book", when(f("extra").Eq(bson.D{{Key: "$gt", Value: ""}}))), "turned")
	s.require(t, filter.For("Book", when(f("extra").Ne(bson.D{{Key: "$gt", Value: ""}}))), "array-key bare")
	s.require(t, filter.For("Book", when(f("title").Eq(`{"$gt": ""}`))), "")
}

// The adapter follows one key in the root of a document, and nested documents only where they hold no key.
func TestAdapterKeysAnywhere(t *testing.T) {
	t.Parallel()
	s := adapter.store(t)
	address := filter.Reach("address", "address")
	owner := address.Reach("owner", "owner")
	s.require(t, filter.For("Book", some(address, owner).Where(owner.F("location").Eq("CA"))), "both")
	s.require(t, filter.For("Book", when(f("address.city").Eq("x"))), "both")
	s.require(t, filter.For("Book", when(f("author").Contains("k"))), "both turned")
}
