package relations_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

var benchSchema = []relations.Type{
	{Name: "Publisher", Collection: "publishers", Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "city", Type: relations.String}}},
	{Name: "Book", Collection: "books", Fields: []relations.Field{
		{Name: "_id", Type: relations.ObjectID}, {Name: "public", Type: relations.Bool}, {Name: "title", Type: relations.String},
		{Name: "pages", Type: relations.Number}, {Name: "publisher_id", Type: relations.String}, {Name: "authors", Type: relations.String, List: true},
	}, Relations: []relations.Relation{{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}}}},
}

func BenchmarkCheck(b *testing.B) {
	s, err := relations.New(benchSchema...)
	if err != nil {
		b.Fatal(err)
	}
	p := filter.Reach("p", "publisher")
	f := filter.For("Book",
		filter.Where(filter.F("public").Eq(true)),
		filter.Some(p).Where(p.F("city").Eq("Oslo"), filter.F("pages").Lt(300), filter.F("title").StartsWith("A")),
		filter.Where(filter.F("authors").Contains("me"), filter.F("title").In([]string{"a", "b"})),
	)
	b.Run("as written", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Check(f); err != nil {
				b.Fatal(err)
			}
		}
	})
	again, err := s.Check(f)
	if err != nil {
		b.Fatal(err)
	}
	checked := again.Filter()
	b.Run("checked before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Check(checked); err != nil {
				b.Fatal(err)
			}
		}
	})
}
