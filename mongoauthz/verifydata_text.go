package mongoauthz

import (
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxShownID bounds how many bytes of an _id are shown. An _id may be a document of any size.
const maxShownID = 60

// String returns the report as text, one line for each finding and one for each thing skipped. Each
// says what to do next. Of documents it shows their _ids and nothing else.
func (r DataReport) String() string {
	var lines []string
	for i := range r.Findings {
		lines = append(lines, r.Findings[i].String())
	}
	for _, s := range r.Skipped {
		lines = append(lines, "skipped: "+s.place()+": "+s.Reason+".")
	}
	if len(r.Findings) == 0 {
		lines = append(lines, "No findings.")
	}
	return strings.Join(lines, "\n")
}

// String returns the finding as one line, such as "warning: Task.due in tasks: 3 of 12 documents
// hold …", with what to do next and the _ids of some documents.
func (f DataFinding) String() string {
	grade := "warning"
	if f.Broken {
		grade = "error"
	}
	said, next := f.said()
	at := place(f.Type, f.Path)
	line := fmt.Sprintf("%s: %s in %s: %s. %s.", grade, at, f.Collection, said, next)
	if len(f.Examples) > 0 {
		line += " For example _id " + shownIDs(f.Examples) + "."
	}
	return line
}

func (s DataSkip) place() string { return place(s.Type, s.Path) }

func place(typ, path string) string {
	if path == "" {
		return typ
	}
	return typ + "." + path
}

// said returns what was found and what to do next, each a sentence without its full stop.
func (f *DataFinding) said() (found, next string) {
	switch f.Problem {
	case DataOtherType, DataArray, DataNoArray, DataElement, DataNullElement:
		return f.saidOfShape()
	case DataDangling, DataNoRow, DataBadKey, DataRepeatedKey:
		return f.saidOfKeys()
	case DataSubtype:
		return f.some("hold", "holds") + " a binary of another subtype than is declared",
			"No equality finds these documents, and a negated one finds them all: " +
				"store the declared subtype, or declare the stored one"
	case DataNeverOccurs:
		return fmt.Sprintf("none of %s has it", documentCount(f.Of)),
			"The name is likely misspelt: compare it with the stored one, " +
				"or remove the declaration"
	case DataOmitted:
		next = "Conditions on it miss these documents: "
		switch f.Declared {
		case relations.Number, relations.String, relations.Bool:
			next += "tag it `absent zero`, or store the value"
		default:
			next += "store the value"
		}
		return f.some("lack", "lacks") + " it, as the encoder leaves its zero value out", next
	case DataAbsentList:
		return f.some("lack the list or hold", "lacks the list or holds") + " null in its place",
			missNegated + "tag it `absent empty`, or store an empty array"
	case DataRequired:
		return f.some("lack", "lacks") + " it or " + verb(f.Documents, "hold", "holds") +
			" null there, and it is declared required", "Store a value, or remove the declaration"
	case DataScopeUnknown:
		return f.some("are", "is") + " neither inside the scope of the type nor outside",
			"No list returns these documents: a field that the scope reads is missing, null " +
				"or of another type, so store it"
	case DataNoDocuments:
		if f.Of == 0 {
			return "the collection holds no documents",
				"Every list is empty: compare its name with the stored one"
		}
		return fmt.Sprintf("none of %s is inside the scope of the type", documentCount(f.Of)),
			"Every list is empty: compare the scope with what is stored"
	default:
		return f.some("have", "has") + " " + f.Problem.String(), "Compare the schema with what is stored"
	}
}

// missNegated begins what to do where a condition is not known to be false.
const missNegated = "Negated conditions and None miss these documents: "

func (f *DataFinding) saidOfShape() (found, next string) {
	holds := f.some("hold", "holds") + " "
	stored, embedded := storedName(f.Stored), f.Declared == relations.Document
	switch f.Problem {
	case DataArray:
		if embedded {
			return holds + "an array where one document is declared",
				"Conditions on it reach nothing: store one document, " +
					"or declare that it embeds many"
		}
		return holds + "an array where one value is declared",
			"Negated conditions on it miss these documents: " +
				"store one value, or declare a list"
	case DataNoArray:
		return holds + stored + " where an array is declared",
			missNegated + "store an array, or declare one " + oneOf(embedded)
	case DataElement:
		return holds + stored + " in an array of " + f.Declared.String(),
			missNegated + "store " + f.Declared.String() + ", or declare what is stored"
	case DataNullElement:
		return holds + "a null in an array of " + f.Declared.String(),
			missNegated + "remove the nulls"
	default:
		return holds + stored + " where " + f.Declared.String() + " is declared",
			"Conditions on it miss these documents: store " + f.Declared.String() +
				", or declare what is stored"
	}
}

func (f *DataFinding) saidOfKeys() (found, next string) {
	switch {
	case f.Problem == DataNoRow:
		return f.some("have", "has") + " no row in " + f.Target +
				", and the relation is declared required",
			"Insert the rows, or remove the declaration"
	case f.Problem == DataBadKey && f.Stored == bson.TypeArray:
		return f.some("have", "has") + " an array for a key",
			"No reference reaches these documents: store one value"
	case f.Problem == DataBadKey:
		return f.some("have", "has") + " no key, or null",
			"No reference reaches these documents: store a key"
	case f.Problem == DataRepeatedKey:
		return f.some("share their", "shares its") + " key with another document",
			"A reference to the key reaches each of them: make the key unique, " +
				"by a unique index"
	case f.Broken:
		return f.some("hold", "holds") + " a key of no document in " + f.Target +
				", and the relation is declared complete",
			"Lists may return what they should not: remove the declaration, " +
				"or restore the documents or remove the keys"
	default:
		return f.some("hold", "holds") + " a key of no document in " + f.Target,
			"Conditions on the related document miss these: restore the documents, " +
				"or remove the keys"
	}
}

// some returns how many documents have a problem, and the verb for so many, such as "1 of 12
// documents lacks".
func (f *DataFinding) some(plural, singular string) string {
	v := verb(f.Documents, plural, singular)
	return fmt.Sprintf("%d of %s %s", f.Documents, documentCount(f.Of), v)
}

func verb(n int64, plural, singular string) string {
	if n == 1 {
		return singular
	}
	return plural
}

func documentCount(n int64) string {
	return fmt.Sprintf("%d %s", n, verb(n, "documents", "document"))
}

func oneOf(embedded bool) string {
	if embedded {
		return "document"
	}
	return "value"
}

// storedName returns the name of a BSON type, with its article.
func storedName(t bson.Type) string {
	switch t {
	case bson.TypeArray:
		return "an array"
	case bson.TypeEmbeddedDocument:
		return "a document"
	case bson.TypeObjectID:
		return "an ObjectID"
	case bson.TypeUndefined:
		return "an undefined"
	case bson.TypeDateTime:
		return "a date"
	default:
		return "a " + t.String()
	}
}

// shownIDs spells _ids as extended JSON, such as "4, 5".
func shownIDs(ids []bson.RawValue) string {
	shown := make([]string, len(ids))
	for i, id := range ids {
		shown[i] = shownID(id)
	}
	return strings.Join(shown, ", ")
}

func shownID(id bson.RawValue) string {
	document, err := bson.MarshalExtJSON(bson.D{{Key: "", Value: id}}, false, false)
	if err != nil {
		return "(" + id.Type.String() + ")"
	}
	text := strings.TrimSuffix(strings.TrimPrefix(string(document), `{"":`), "}")
	if len(text) > maxShownID {
		return strings.ToValidUTF8(text[:maxShownID], "") + "…"
	}
	return text
}
