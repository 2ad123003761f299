package evaluate

import (
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/internal/rewritten"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// init hands the tests of the rewriting, some of which are in another module, an evaluator of what
// was rewritten.
func init() {
	rewritten.Prepare = func(checked any) (any, error) {
		f, ok := checked.(*relations.CheckedFilter)
		if !ok || f.Resource() == nil {
			return nil, fmt.Errorf("evaluate: a %T is no checked filter", checked)
		}
		return prepare(f)
	}
}
