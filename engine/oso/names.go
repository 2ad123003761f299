package oso

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// checkNames refuses variables with the name of a class: Oso takes them for the class itself, which equals nothing. Schemas often name their
// types as one would name a variable. A class in capitals is let through: whoever spells one where a value belongs means the class.
func (cs *classes) checkNames(text string) error {
	rules, err := polar.Parse(text)
	if err != nil {
		return nil // its own check says what is wrong
	}
	for i := range rules {
		for _, p := range rules[i].Params {
			if err := cs.checkName(p.Value, p.Fields...); err != nil {
				return err
			}
		}
		if err := cs.checkName(rules[i].Body); err != nil {
			return err
		}
	}
	return nil
}

func (cs *classes) checkName(e *polar.Expr, more ...*polar.Expr) error {
	if e == nil {
		return nil
	}
	first, _ := utf8.DecodeRuneInString(e.Name)
	if e.Op == polar.Variable && cs.byName[e.Name] != nil && !unicode.IsUpper(first) {
		return &textError{UnsupportedError{Construct: e.Name, Problem: fmt.Sprintf("line %d: a variable has the name of a class, for which Oso takes it", e.Line)}}
	}
	for _, inner := range append(e.Args[:len(e.Args):len(e.Args)], more...) {
		if err := cs.checkName(inner); err != nil {
			return err
		}
	}
	return nil
}
