# Who may read which book. The classes are the types of the schema and the Go struct of the actor, Person; their attributes have the names of the Go fields,
# and of the relations: book.Publisher, book.Loans, loan.Patron.

allow(actor, action, resource) if has_permission(actor, action, resource);

actor Person {}

resource Publisher {
  roles = ["staff"];
}

resource Book {
  permissions = ["read"];
  roles = ["borrower", "librarian"];
  relations = { publisher: Publisher };

  "read" if "borrower";
  "read" if "librarian";
  "read" if "staff" on "publisher";
}

# Public books.
has_permission(_: Person, "read", book: Book) if book.Public = true;

# Books of the own publisher.
has_relation(publisher: Publisher, "publisher", book: Book) if publisher = book.Publisher;
has_role(actor: Person, "staff", publisher: Publisher) if
  actor.Publisher != "" and
  publisher.ID = actor.Publisher;

# What a patron has on loan.
has_role(actor: Person, "borrower", book: Book) if
  actor.Patron and
  loan in book.Loans and
  loan.PatronID = actor.ID and
  loan.Returned = nil;

# What was lent in the city of the branch.
has_role(actor: Person, "librarian", book: Book) if
  actor.City != "" and
  loan in book.Loans and
  loan.Patron.Address.City = actor.City;
