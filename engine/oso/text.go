package oso

import (
	"strings"
	"unicode/utf8"
)

// refused are the words of Polar that are refused wherever they stand.
var refused = map[string]string{
	"cut":   "what it cuts off depends on the document, of which nothing is left in what Oso answers",
	"print": "it writes the actor's values to the standard output",
	"debug": "it waits for somebody at the standard input",
}

// checkText refuses the constructs of which nothing is left in what Oso answers, or that do harm when it is asked.
func checkText(text string) error {
	words := tokens(text)
	for i, word := range words {
		if problem, ok := refused[word]; ok {
			return &textError{UnsupportedError{Construct: word, Problem: problem}}
		}
		if word != "=" {
			continue
		}
		for _, side := range []int{i - 1, i + 1} {
			if side >= 0 && side < len(words) && strings.HasPrefix(words[side], "_") {
				return &textError{UnsupportedError{Construct: words[side] + " = ?", Problem: "Oso drops it, although it holds only of what there is: use matches"}}
			}
		}
	}
	return nil
}

// tokens returns the words and signs of a policy text, as Polar reads it: comments are left out, and of strings what stands in them.
func tokens(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		start := i
		switch c := text[i]; {
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
			continue
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
			words = append(words, `""`)
			continue
		case isWord(c):
			for i < len(text) && isWord(text[i]) {
				i++
			}
		case strings.IndexByte("=!<>:", c) >= 0:
			i++
			if i < len(text) && text[i] == '=' {
				i++
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		default:
			i++
		}
		words = append(words, text[start:i])
	}
	return words
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

// textError is an UnsupportedError about a text, and so about a policy that cannot be loaded.
type textError struct{ UnsupportedError }

func (e *textError) Error() string        { return e.UnsupportedError.Error() }
func (e *textError) Is(target error) bool { return target == ErrPolicy || target == ErrUnsupported }
func (e *textError) Unwrap() error        { return &e.UnsupportedError }

func splitPath(path string) []string { return strings.Split(path, ".") }
