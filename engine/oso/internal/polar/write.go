package polar

import (
	"regexp"
	"slices"
	"strings"
)

var nameLike = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var infixes = []string{"=", "==", "!=", "<", "<=", ">", ">=", "in", "matches"}

// written writes an expression as Polar.
func written(e *Expr) string {
	switch {
	case e.Op == Variable && nameLike.MatchString(e.Name), e.Op == Fraction:
		return e.Name
	case e.Op == Constant:
		if s, ok := strings.CutPrefix(e.Name, `"`); ok {
			if strings.ContainsAny(s, "\"\\\n") {
				panic(errRewrite)
			}
			return `"` + s + `"`
		}
		return e.Name
	case e.Op == Dot && nameLike.MatchString(e.Name):
		return written(e.Args[0]) + "." + e.Name
	case e.Op == Method && nameLike.MatchString(e.Name):
		return written(e.Args[0]) + "." + e.Name + "(" + writtenAll(e.Args[1:]) + ")"
	case e.Op == Call:
		return e.Name + "(" + writtenAll(e.Args) + ")"
	case e.Op == List && e.Name != Dictionary:
		return "[" + writtenAll(e.Args) + "]"
	case e.Op == "not":
		return "not (" + written(e.Args[0]) + ")"
	case e.Op == "and" || e.Op == "or":
		return "(" + written(e.Args[0]) + " " + e.Op + " " + written(e.Args[1]) + ")"
	case e.Op == Pattern && nameLike.MatchString(e.Name):
		if len(e.Args) == 0 {
			return e.Name
		}
		fields := make([]string, len(e.Args))
		for i, f := range e.Args {
			if !nameLike.MatchString(f.Name) {
				panic(errRewrite)
			}
			fields[i] = f.Name + ": " + written(f.Args[0])
		}
		return e.Name + "{" + strings.Join(fields, ", ") + "}"
	case e.Op == "=" && e.dropped:
		return written(&Expr{Op: "==", Args: e.Args})
	case slices.Contains(infixes, e.Op) && len(e.Args) == 2:
		return written(e.Args[0]) + " " + e.Op + " " + written(e.Args[1])
	}
	panic(errRewrite)
}

func writtenAll(args []*Expr) string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = written(a)
	}
	return strings.Join(all, ", ")
}
