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
}

// checkText refuses the constructs of which nothing is left in what Oso answers, or that do harm when it is asked. A text that cannot be read is
// left to Oso, whose words about it are better.
func checkText(text string) error {
	rules, err := polar.Parse(text)
	if err == nil {
		err = polar.CheckNegations(text)
		for i := range rules {
			if rules[i].Body != nil && err == nil {
				err = checkExpression(rules[i].Body)
			}
		}
	}
	if problem, ok := errors.AsType[*polar.Error](err); ok {
		return &textError{UnsupportedError{Construct: problem.Construct, Problem: fmt.Sprintf("line %d: %s", problem.Line, problem.Problem)}}
	}
	return err
}

func checkExpression(e *polar.Expr) error {
	if problem, ok := refused[e.Op]; ok {
		return &polar.Error{Construct: e.Op, Line: e.Line, Problem: problem}
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
