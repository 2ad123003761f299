package adapter

import "github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"

// lost are the words and operators that Oso's filter loses, or that it does not take, with the reason.
var lost = map[string]string{
	"<":                    ordered,
	">":                    ordered,
	"<=":                   ordered,
	">=":                   ordered,
	"==":                   "Oso makes no filter of it: use =",
	"not":                  "Oso's filter has some negations as their opposite",
	"forall":               "Oso's filter has no quantifier",
	"cut":                  "it is applied while the document is not known yet",
	"matches":              "Oso's filter does not ask whether the value is there",
	polar.Fraction:         "Oso's filter has the number without its fraction",
	"new":                  "instances of a policy's own cannot be compared in a database",
	"debug":                "it stops the service",
	"print":                "it shows the actor",
	"mod":                  arithmetic,
	"rem":                  arithmetic,
	"+":                    arithmetic,
	"-":                    arithmetic,
	"*":                    arithmetic,
	"/":                    arithmetic,
	":=":                   "assignments are for debugging",
	"a computed attribute": "nobody knows which it is",
}

const (
	ordered    = "Oso's filter has a comparison by order as an equality"
	arithmetic = "Oso's filter has no arithmetic, and loses fractions"
)

// lossless refuses rules with something that the filter loses.
func lossless(rules []polar.Rule) error {
	var walk func(e *polar.Expr) error
	walk = func(e *polar.Expr) error {
		if e == nil {
			return nil
		}
		if why := lost[e.Op]; why != "" {
			return &polar.Error{Construct: e.Op, Line: e.Line, Problem: why}
		}
		for _, a := range e.Args {
			if err := walk(a); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range rules {
		for _, p := range r.Params {
			for _, e := range append([]*polar.Expr{p.Value}, p.Fields...) {
				if err := walk(e); err != nil {
					return err
				}
			}
		}
		if err := walk(r.Body); err != nil {
			return err
		}
	}
	return nil
}
