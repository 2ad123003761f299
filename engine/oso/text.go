package oso

import (
	"strings"
	"unicode"
)

// refused are the words of Polar that are refused wherever they stand.
var refused = map[string]string{
	"cut":   "what it cuts off depends on the document, of which nothing is left in what the engine answers",
	"print": "it writes the actor's values to the standard output",
	"debug": "it waits for somebody at the standard input",
}

// checkText refuses the words of a policy text that are refused everywhere. It reads the text as Polar does: what stands in strings and
// comments are no words.
func checkText(text string) error {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
		case isWord(rune(c)):
			end := i
			for end < len(text) && (isWord(rune(text[end])) || text[end] >= '0' && text[end] <= '9') {
				end++
			}
			if problem, ok := refused[text[i:end]]; ok {
				return &textError{UnsupportedError{Construct: text[i:end], Problem: problem}}
			}
			i = end
		case c >= '0' && c <= '9':
			for i < len(text) && (isWord(rune(text[i])) || text[i] >= '0' && text[i] <= '9') {
				i++
			}
		default:
			i++
		}
	}
	return nil
}

func isWord(r rune) bool {
	return r == '_' || r < unicode.MaxASCII && unicode.IsLetter(r) || r > unicode.MaxASCII
}

// textError is an UnsupportedError about a text, and so a policy that cannot be loaded.
type textError struct{ UnsupportedError }

func (e *textError) Error() string        { return e.UnsupportedError.Error() }
func (e *textError) Is(target error) bool { return target == ErrPolicy || target == ErrUnsupported }
func (e *textError) Unwrap() error        { return &e.UnsupportedError }

func splitPath(path string) []string { return strings.Split(path, ".") }
