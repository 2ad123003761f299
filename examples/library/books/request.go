package books

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A request is what is asked of the books that an actor may read, said twice: as stages for a database, and in Go.
type request struct {
	stages []bson.D
	pick   func([]Book) []Book
}

func everything() request {
	return request{pick: func(books []Book) []Book { return books }}
}

func byID(id int) request {
	return request{
		stages: []bson.D{{{Key: "$match", Value: bson.D{{Key: "_id", Value: id}}}}},
		pick: func(books []Book) []Book {
			return slices.DeleteFunc(books, func(b Book) bool { return b.ID != id })
		},
	}
}

// search asks for a page of the books that have a text in their titles, whatever the case, in the order of the titles.
func search(text string, skip, limit int) request {
	text = regexp.QuoteMeta(text) // as somebody typed it
	found := regexp.MustCompile("(?i)" + text)
	return request{
		stages: []bson.D{
			{{Key: "$match", Value: bson.D{{Key: "title", Value: bson.D{{Key: "$regex", Value: text}, {Key: "$options", Value: "i"}}}}}},
			{{Key: "$sort", Value: bson.D{{Key: "title", Value: 1}, {Key: "_id", Value: 1}}}},
			{{Key: "$skip", Value: skip}},
			{{Key: "$limit", Value: limit}},
		},
		pick: func(books []Book) []Book {
			books = slices.DeleteFunc(books, func(b Book) bool { return !found.MatchString(b.Title) })
			slices.SortFunc(books, func(a, b Book) int { return cmp.Or(strings.Compare(a.Title, b.Title), a.ID-b.ID) })
			books = books[min(skip, len(books)):]
			return books[:min(limit, len(books))]
		},
	}
}
