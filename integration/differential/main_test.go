package differential_test

import (
	"flag"
	"os"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// ciWorlds is how many random worlds a plain run compares in; -rapid.checks says otherwise.
const ciWorlds = "500"

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", ciWorlds) // a default: the command line is parsed later, and wins
	_ = flag.Set("rapid.nofailfile", "true")
	_ = flag.Set("rapid.shrinktime", "1s") // suite.shrink does better
	os.Exit(harness.Main(m))
}
