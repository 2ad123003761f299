package differential_test

import (
	"flag"
	"os"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// A plain run compares in ciWorlds random worlds, always the same ones. -rapid.checks and
// -rapid.seed say otherwise (a seed of 0 is a new one each time), and -for repeats for that long:
// make fuzz-server.
const (
	ciWorlds = "400"
	ciSeed   = "20261122"
)

var fuzzFor = flag.Duration("for", 0, "how long to compare lists on ever new random worlds")

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", ciWorlds) // a default: the command line is parsed later, and wins
	_ = flag.Set("rapid.seed", ciSeed)
	_ = flag.Set("rapid.nofailfile", "true")
	_ = flag.Set("rapid.shrinktime", "1s") // suite.shrink does better
	os.Exit(harness.Main(m))
}
