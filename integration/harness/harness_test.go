package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// These tests are inside the package for the capability that no server has, and for what was recorded as skipped.

const (
	// never is a capability that no server has, unprobed one that cannot be found out.
	never     Capability = -1
	unprobed  Capability = -2
	abandoner            = "HARNESS_TEST_ABANDON"
)

func TestMain(m *testing.M) {
	if os.Getenv(abandoner) != "" {
		os.Exit(abandon())
	}
	for c, lack := range map[Capability]struct {
		lack string
		err  error
	}{never: {lack: "nobody has it"}, unprobed: {err: errors.New("no answer")}} {
		known := capabilities[c]
		known.name = fmt.Sprintf("capability %d", int(c))
		known.probe = func(context.Context, *mongo.Database) (string, error) { return lack.lack, lack.err }
		capabilities[c] = known
	}
	os.Exit(Main(m))
}

// abandon starts a server, prints its address and ends without stopping it, as a killed test binary does.
func abandon() int {
	server, err := Start(context.Background())
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(server.URI())
	return 0
}

func TestServerAnswers(t *testing.T) {
	require.NoError(t, Client(t).Ping(t.Context(), nil))
	assert.NotEmpty(t, URI(t))
	assert.Regexp(t, `^\d+\.\d+\.\d+`, Version(t))
}

func TestDatabaseIsFreshAndDropped(t *testing.T) {
	var names []string
	use := func(t *testing.T) {
		db := Database(t)
		names = append(names, db.Name())
		assert.LessOrEqual(t, len(db.Name()), 63)
		have, err := db.ListCollectionNames(t.Context(), bson.D{})
		require.NoError(t, err)
		assert.Empty(t, have)
		_, err = db.Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
		require.NoError(t, err)
	}
	t.Run("same name", use)
	t.Run("same name", use)
	t.Run("a very long name, longer than a database's may be, with \"characters\" /that/ are $not.allowed", use)

	require.Len(t, names, 3)
	assert.NotEqual(t, names[0], names[1])
	left, err := Client(t).ListDatabaseNames(t.Context(), bson.D{})
	require.NoError(t, err)
	for _, name := range names {
		assert.NotContains(t, left, name, "dropped at the end of its test")
	}
}

func BenchmarkDatabase(b *testing.B) {
	coll := Database(b).Collection("c")
	for b.Loop() {
		if _, err := coll.InsertOne(b.Context(), bson.D{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	has := map[Capability]bool{}
	for _, c := range []Capability{Transactions, SnapshotReads, Collation, ChangeStreams, Views} {
		has[c] = Has(t, c)
		t.Logf("%v: %v (%s)", c, has[c], lacking(t, c))
	}
	if Compat(t) {
		// Known of FerretDB 2.7. If one of these fails, the newer server can do more: run those tests on it.
		for c, have := range has {
			assert.False(t, have, c)
		}
	}
	// No probe leaves its database behind.
	names, err := Client(t).ListDatabaseNames(t.Context(), bson.D{})
	require.NoError(t, err)
	for _, name := range names {
		assert.NotContains(t, name, databasePrefix+"probe_")
	}
}

func TestCompatIsWhatBuildInfoSays(t *testing.T) {
	raw, err := Client(t).Database("admin").RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	require.NoError(t, err)
	_, err = raw.LookupErr("ferretdb")
	assert.Equal(t, err == nil, Compat(t))
}

func TestRequireSkipsByNameWithTheReason(t *testing.T) {
	var name string
	reached := false
	t.Run("needs", func(t *testing.T) {
		name = t.Name()
		t.Cleanup(func() { assert.True(t, t.Skipped()) })
		Require(t, never)
		reached = true
	})
	assert.False(t, reached)

	// Take the record out again, so that the summary of this run stays true.
	skips.mu.Lock()
	defer skips.mu.Unlock()
	for need, tests := range skips.tests {
		if strings.Contains(need, "nobody has it") {
			assert.Equal(t, []string{name}, tests)
			assert.Contains(t, need, never.String())
			delete(skips.tests, need)
			return
		}
	}
	t.Error("the skip was not recorded")
}

func TestRequireFailsIfItCannotBeFoundOut(t *testing.T) {
	for _, c := range []Capability{unprobed, 99} {
		recorder := &failing{TB: t}
		done := make(chan struct{})
		go func() { // Fatalf ends the goroutine
			defer close(done)
			Require(recorder, c)
		}()
		<-done
		assert.NotEmpty(t, recorder.failed, c)
		assert.False(t, recorder.skipped)
	}
}

func TestSkipsAreCountedAndReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "skips")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	t.Setenv(SkipReportVariable, path)

	var first, second skipped
	first.add("TestB", "transactions")
	first.add("TestA", "transactions")
	second.add("TestC/with spaces", "views (FerretDB)")
	var out bytes.Buffer
	first.report(&out)
	assert.Equal(t, "harness: 2 skipped on this server:\n    2 need transactions: TestA, TestB\n", out.String())
	second.report(&out)

	all, err := ReadSkips(path)
	require.NoError(t, err)
	out.Reset()
	WriteSkips(&out, all)
	assert.Equal(t, "harness: 3 skipped on this server:\n"+
		"    2 need transactions: TestA, TestB\n"+
		"    1 need views (FerretDB): TestC/with spaces\n", out.String())

	out.Reset()
	WriteSkips(&out, nil)
	assert.Empty(t, out.String())
}

func TestShortSkipsByNameWithoutAServer(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.short", "-test.v", "-test.run=^TestServerAnswers$")
	cmd.Env = append(os.Environ(), "MONGODB_URI=mongodb://127.0.0.1:1/", SkipReportVariable+"=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- SKIP: TestServerAnswers")
	assert.Contains(t, string(out), "harness: 1 skipped on this server:\n    1 need a server, and -short is set: TestServerAnswers\n")
}

func TestNoServerIsAFailureOfOneLine(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerAnswers$")
	cmd.Env = append(os.Environ(), "MONGODB_URI=", "MONGOAUTHZ_TEST_IMAGE=localhost/mongoauthz/there-is-no-such-image")
	out, err := cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v: %s", err, out)
	assert.Equal(t, 1, exit.ExitCode())
	assert.Equal(t, 1, bytes.Count(out, []byte("\n")), "%s", out)
	assert.Contains(t, string(out), "or set MONGODB_URI")

	t.Setenv("MONGODB_URI", "")
	t.Setenv("MONGOAUTHZ_TEST_IMAGE", "localhost/mongoauthz/there-is-no-such-image")
	_, err = Start(t.Context())
	assert.ErrorIs(t, err, ErrNoServer)
}

func TestStartDoesNotRepeatThePassword(t *testing.T) {
	for _, uri := range []string{"mongodb://user:hunter2@127.0.0.1:port/", "mongodb://user:hunter2@%zz/", "nonsense://user:hunter2@host"} {
		t.Setenv("MONGODB_URI", uri)
		_, err := Start(t.Context())
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestStopRemovesTheContainer(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	server, err := Start(t.Context())
	if errors.Is(err, ErrNoServer) {
		skip(t, "a Docker engine with an image")
	}
	require.NoError(t, err)
	assert.NoError(t, ping(t, server.URI()))
	require.NoError(t, server.Stop())
	assert.Error(t, ping(t, server.URI()))
}

func TestStartRemovesWhatAKilledProcessLeft(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), abandoner+"=1")
	out, err := cmd.Output()
	line, _, _ := bufio.ScanLines(out, true)
	uri := string(out[:max(0, line-1)])
	if strings.Contains(uri, ErrNoServer.Error()) {
		skip(t, "a Docker engine with an image")
	}
	require.NoError(t, err, uri)
	require.NoError(t, ping(t, uri))

	server, err := Start(t.Context())
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	assert.Error(t, ping(t, uri), "the container of the dead process is gone")
}

func ping(t *testing.T, uri string) error {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(time.Second))
	require.NoError(t, err)
	defer func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) }()
	return client.Ping(t.Context(), nil)
}

// failing is a test that records how it ended instead of ending t.
type failing struct {
	testing.TB
	failed  string
	skipped bool
}

func (f *failing) Fatalf(format string, args ...any) {
	f.failed = fmt.Sprintf(format, args...)
	// What testing's FailNow does; t itself must go on.
	runtime.Goexit()
}

func (f *failing) Skipf(string, ...any) { f.skipped = true; runtime.Goexit() }
