package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestTextOperators(t *testing.T) {
	s := f("s")
	const strings = "a.b axb a.bc xa.b upper empty a-newline a-newline-b caret dollar backslash-E paren star composed decomposed emoji nul "
	world{
		types: types{typ("Doc", "docs", strs("s")), typ("Strict", "docs", strict(strs("s")[0])), typ("List", "docs", list("s", relations.String))},
		docs: docs{"docs": `
			{"_id": "a.b", "s": "a.b"}
			{"_id": "axb", "s": "axb"}
			{"_id": "a.bc", "s": "a.bc"}
			{"_id": "xa.b", "s": "xa.b"}
			{"_id": "upper", "s": "A.B"}
			{"_id": "empty", "s": ""}
			{"_id": "a-newline", "s": "a\n"}
			{"_id": "a-newline-b", "s": "a\nb"}
			{"_id": "caret", "s": "^a"}
			{"_id": "dollar", "s": "a$"}
			{"_id": "backslash-E", "s": "x\\E"}
			{"_id": "paren", "s": "(?i)a.b"}
			{"_id": "star", "s": "[a]*+{1}|#-~/"}
			{"_id": "composed", "s": "\u00e9"}
			{"_id": "decomposed", "s": "e\u0301"}
			{"_id": "emoji", "s": "😀b"}
			{"_id": "nul", "s": "n\u0000m"}
			{"_id": "number", "s": 5}
			{"_id": "pattern", "s": {"$regularExpression": {"pattern": "^a\\.b", "options": ""}}}
			{"_id": "document", "s": {"s": "a.b"}}
			{"_id": "null", "s": null}
			{"_id": "missing"}
			{"_id": "array", "s": ["x", "a.b"]}
			{"_id": "array-other", "s": ["axb", "upper"]}
			{"_id": "array-number", "s": ["axb", 5]}
			{"_id": "array-pattern", "s": [{"$regularExpression": {"pattern": "^a\\.b", "options": ""}}]}
			{"_id": "in-array", "s": [["a.b"]]}
			{"_id": "empty-array", "s": []}
		`},
		rules: []rule{
			{
				name:  "a dot in the needle is a dot; they apply to strings only",
				when:  when(s.StartsWith("a.b")),
				holds: "a.b a.bc array", none: without(strings, "a.b a.bc"),
			}, {
				name:  "EndsWith: the end is the end, and not before a last newline",
				when:  when(s.EndsWith("a")),
				holds: "caret", none: without(strings, "caret"),
			}, {
				name:  "EndsWith a newline",
				when:  when(s.EndsWith("\n")),
				holds: "a-newline", none: without(strings, "a-newline"),
			}, {
				name:  "StartsWith: the beginning is not the beginning of a line",
				when:  when(s.StartsWith("b")),
				holds: "", none: strings,
			}, {
				name:  "ContainsText a dot",
				when:  when(s.ContainsText(".")),
				holds: "a.b a.bc xa.b upper paren array", none: without(strings, "a.b a.bc xa.b upper paren"),
			}, {
				name:  "ContainsText an anchor",
				when:  when(s.ContainsText("^a")),
				holds: "caret", none: without(strings, "caret"),
			}, {
				name:  "EndsWith a dollar",
				when:  when(s.EndsWith("$")),
				holds: "dollar", none: without(strings, "dollar"),
			}, {
				name:  "ContainsText the end of a quotation",
				when:  when(s.ContainsText(`\E`)),
				holds: "backslash-E", none: without(strings, "backslash-E"),
			}, {
				name:  "StartsWith an option",
				when:  when(s.StartsWith("(?i)a.b")),
				holds: "paren", none: without(strings, "paren"),
			}, {
				name:  "ContainsText every other special character",
				when:  when(s.ContainsText("[a]*+{1}|#-~/")),
				holds: "star", none: without(strings, "star"),
			}, {
				name:  "a needle of wild characters finds nothing but itself",
				when:  when(s.ContainsText(".*")),
				holds: "", none: strings,
			}, {
				name:  "the empty needle is in every string",
				when:  when(s.ContainsText("")),
				holds: strings + "array array-other array-number",
			}, {
				name:  "strings compare in binary: case",
				when:  when(s.StartsWith("A")),
				holds: "upper", none: without(strings, "upper"),
			}, {
				name:  "strings compare in binary: composed characters",
				when:  when(s.Eq("\u00e9")),
				holds: "composed", none: without(strings, "composed"),
			}, {
				name:  "strings compare in binary: order",
				when:  when(s.Lt("B")),
				holds: "upper empty paren", none: without(strings, "upper empty paren"),
			}, {
				name:  "characters outside the basic plane",
				when:  when(s.StartsWith("😀")),
				holds: "emoji", none: without(strings, "emoji"),
			}, {
				name: "strict: an array is unknown", of: "Strict",
				when:  when(s.StartsWith("a.b")),
				holds: "a.b a.bc", none: without(strings, "a.b a.bc"),
			}, {
				name: "on a list: some element, and its negation only if every element is a string", of: "List",
				when:  when(s.ContainsText("a.b")),
				holds: "a.b a.bc xa.b paren array", none: "array-other empty-array",
			},
		},
	}.everywhere(t)
}
