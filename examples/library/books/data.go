package books

import "time"

// The actors: what the service knows of whoever is signed in.
var (
	Kim = Actor{ID: "kim", Publisher: "oreilly"}
	Joe = Actor{ID: "joe", Patron: true}
	Lee = Actor{ID: "lee", City: "Faketon"}
)

// Actors are those for whom the programs print what they may read.
var Actors = []Actor{Kim, Joe, Lee}

// Documents returns what the library stores, by collection.
func Documents() map[string][]any {
	returned := time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC)
	return map[string][]any{
		"publishers": {
			Publisher{ID: "oreilly", Name: "O'Reilly Media", Founded: 1980, Location: "CA"},
			Publisher{ID: "manning", Name: "Manning Publications", Founded: 1990, Location: "NY"},
			Publisher{ID: "apress", Name: "Apress", Founded: 1999, Location: "NY"},
		},
		"books": {
			Book{ID: 1, Title: "MongoDB: The Definitive Guide", Author: []string{"Kristina Chodorow", "Mike Dirolf"}, Year: 2010, PublisherID: "oreilly"},
			Book{ID: 2, Title: "Scaling MongoDB", Author: []string{"Kristina Chodorow"}, Year: 2011, PublisherID: "oreilly"},
			Book{ID: 3, Title: "50 Tips and Tricks for MongoDB Developers", Author: []string{"Kristina Chodorow"}, Year: 2011, PublisherID: "oreilly"},
			Book{ID: 4, Title: "MongoDB in Action", Author: []string{"Kyle Banker"}, Year: 2011, PublisherID: "manning"},
			Book{ID: 5, Title: "The Definitive Guide to MongoDB", Author: []string{"Eelco Plugge", "Peter Membrey", "Tim Hawkins"}, Year: 2010, PublisherID: "apress"},
			Book{ID: 6, Title: "The Little MongoDB Book", Author: []string{"Karl Seguin"}, Year: 2011, Public: true},
			Book{ID: 7, Title: "Moby-Dick; or, The Whale", Author: []string{"Herman Melville"}, Year: 1851, Public: true},
		},
		"patrons": {
			Patron{ID: "joe", Name: "Joe Bookreader", Address: Address{Street: "123 Fake Street", City: "Faketon", State: "MA", Zip: "12345"}},
			Patron{ID: "sue", Name: "Sue Pageturner", Address: Address{Street: "1 Some Other Street", City: "Faketon", State: "MA", Zip: "12345"}},
			Patron{ID: "tom", Name: "Tom Skimmer", Address: Address{Street: "9 Long Road", City: "Elsewhere", State: "MA", Zip: "54321"}},
		},
		"loans": {
			Loan{ID: 1, BookID: 1, PatronID: "joe", Returned: &returned},
			Loan{ID: 2, BookID: 4, PatronID: "joe"},
			Loan{ID: 3, BookID: 4, PatronID: "sue", Returned: &returned}, // two loans of one book, and yet one book in lee's list
			Loan{ID: 4, BookID: 2, PatronID: "tom"},
			Loan{ID: 5, BookID: 6, PatronID: "sue"},
		},
	}
}
