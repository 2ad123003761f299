package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// root is the folder of the root module, where a newcomer starts the example.
const root = "../.."

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

func TestLibraryPrintsWithAServerWhatItDecidesWithout(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join(root, "examples", "library", "testdata", "output.txt"))
	require.NoError(t, err)
	want := string(golden) + "\nDecided in process, and asked of a server: both agree, on every pipeline and every book.\n"
	require.Equal(t, want, run(t, "./examples/library"), "if that is what it should print: make golden")
}

func TestLibraryDropsItsDatabase(t *testing.T) {
	before := databases(t)
	run(t, "./examples/library")
	// Somebody else may be running it on the same server; theirs will be gone too.
	require.Eventually(t, func() bool { return len(databases(t)) <= len(before) }, 20*time.Second, 100*time.Millisecond)
}

func databases(t *testing.T) []string {
	t.Helper()
	names, err := harness.Client(t).ListDatabaseNames(t.Context(), bson.D{})
	require.NoError(t, err)
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "mongoauthz_library_") })
}

// run runs a program of the root module against the tests' server, and returns what it prints.
func run(t *testing.T, program string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", program)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "MONGODB_URI="+harness.URI(t))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s", &stderr)
	require.Empty(t, stderr.String())
	return stdout.String()
}
