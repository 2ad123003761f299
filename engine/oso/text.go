package oso

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// refused are the words of Polar that are refused wherever they stand.
var refused = map[string]string{
	"cut":   "what it cuts off depends on the document, of which nothing is left in what Oso answers",
	"print": "it writes the actor's values to the standard output",
	"debug": "it waits for somebody at the standard input",

	"a computed attribute": "nobody knows which it is: say its name",
}

// prepare returns the text that Oso is to load for a policy, which differs where Oso would get it wrong, or drop something. What it refuses are
// constructs of which nothing is left in what Oso answers, or that do harm when it is asked, and a text that it cannot read.
func prepare(policy string, isList func(class, attr string) bool, relations polar.Relations) (string, error) {
	rules, err := polar.Parse(policy)
	if err != nil {
		return "", textProblem(err)
	}
	for i := range rules {
		said := []*polar.Expr{rules[i].Body}
		for _, p := range rules[i].Params {
			said = append(said, p.Fields...)
		}
		for _, e := range said {
			if err := checkExpression(e); err != nil {
				return "", textProblem(err)
			}
		}
	}
	wrong := check(policy, relations)
	if wrong == nil && polar.Negations(rules) == 0 {
		return policy, nil
	}
	if rewritten, err := polar.Rewrite(policy, isList, relations); err == nil && check(rewritten, relations) == nil {
		return rewritten, nil
	}
	return policy, textProblem(wrong)
}

// maxNegations is how many negations that Oso has to find out about a derivation may run. With two, policies were found that end the process.
const maxNegations = 1

// check refuses what Oso gets wrong, or drops, and more negations than its stack is sure to hold.
func check(policy string, relations polar.Relations) error {
	if err := polar.Check(policy); err != nil {
		return err
	}
	rules, err := polar.Parse(policy)
	if err == nil && polar.Negations(rules) > maxNegations {
		err = &polar.Error{Construct: "not", Line: 1, Problem: "several negations in a row, by which Oso may exhaust its stack"}
	}
	if err == nil {
		err = polar.NewAsked(rules, relations).Check()
	}
	return err
}

func textProblem(err error) error {
	if problem, ok := errors.AsType[*polar.Error](err); ok {
		return &textError{UnsupportedError{Construct: problem.Construct, Problem: fmt.Sprintf("line %d: %s", problem.Line, problem.Problem)}}
	}
	return err
}

func checkExpression(e *polar.Expr) error {
	if e == nil {
		return nil
	}
	if problem, ok := refused[e.Op]; ok {
		return &polar.Error{Construct: e.Op, Line: e.Line, Problem: problem}
	}
	if (e.Op == polar.Dot || e.Op == polar.Method || e.Op == polar.Attribute) &&
		(e.Name == methodsName || strings.HasSuffix(e.Name, polar.Elements) || strings.HasSuffix(e.Name, polar.Negated)) {
		return &polar.Error{Construct: e.Name, Line: e.Line, Problem: "an attribute has a name that this package makes use of"}
	}
	if e.Op == "=" || e.Op == ":=" {
		for _, side := range e.Args {
			if side.Op == polar.Variable && strings.HasPrefix(side.Name, "_") {
				return &polar.Error{Construct: side.Name + " = ?", Line: e.Line, Problem: "Oso drops it, although it holds only of what there is: use matches"}
			}
		}
	}
	for _, arg := range e.Args {
		if err := checkExpression(arg); err != nil {
			return err
		}
	}
	return nil
}

// textError is an UnsupportedError about a text, and so about a policy that cannot be loaded.
type textError struct{ UnsupportedError }

func (e *textError) Error() string        { return e.UnsupportedError.Error() }
func (e *textError) Is(target error) bool { return target == ErrPolicy || target == ErrUnsupported }
func (e *textError) Unwrap() error        { return &e.UnsupportedError }

func splitPath(path string) []string { return strings.Split(path, ".") }
