package books

// Actor is who asks, as far as the service knows without the database.
type Actor struct {
	ID        string
	Publisher string // the publisher they work for, if any
	Patron    bool   // they may borrow books
	City      string // of the branch where they are a librarian, if they are one
}

// String says who it is.
func (a Actor) String() string {
	switch {
	case a.Publisher != "":
		return a.ID + ", who works for " + a.Publisher
	case a.City != "":
		return a.ID + ", a librarian in " + a.City
	case a.Patron:
		return a.ID + ", a patron"
	default:
		return a.ID
	}
}
