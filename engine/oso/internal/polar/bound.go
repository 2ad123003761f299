package polar

// CheckBound refuses a variable that is bound to a relation and of which an alternative asks nothing: Oso drops the relation there, and with it that
// there must be a document. Which attributes are relations is for isRelation to say.
func CheckBound(rules []Rule, isRelation func(attr string) bool) error {
	for i := range rules {
		if body := rules[i].Body; body != nil {
			if err := checkBound(body, body, isRelation); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkBound(e, body *Expr, isRelation func(attr string) bool) error {
	if e.Op == "=" || e.Op == ":=" {
		for i, side := range e.Args {
			to := e.Args[1-i]
			if side.Op == Variable && to.Op == Dot && isRelation(to.Name) && partly(body, map[string]bool{side.Name: true}) {
				return refuse(e, "an alternative asks nothing of the relation, and Oso drops it there: use matches, or the path itself")
			}
		}
	}
	for _, arg := range e.Args {
		if e.Op == "or" {
			body = arg // what is bound in an alternative is bound there
		}
		if err := checkBound(arg, body, isRelation); err != nil {
			return err
		}
	}
	return nil
}
