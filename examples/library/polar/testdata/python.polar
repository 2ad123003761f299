# The policy of python_test.go.

allow(_: Patron, "read", book: Book) if book.Language = "English";

allow(patron: Patron, "read", book: Book) if
  book.Publisher.Location = patron.Address.State;
