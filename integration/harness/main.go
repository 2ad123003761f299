package harness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// databasePrefix begins the name of every database of a test.
const databasePrefix = "mongoauthz_test_"

// run is what the tests of one binary share. It is nil until Main has a server.
var run *state

type state struct {
	server *Server
	client *mongo.Client
	probes map[Capability]func() (string, error)

	mu        sync.Mutex
	databases map[string]bool // not yet dropped
}

// Main runs the tests of a package against a server and returns the code to exit with:
//
//	func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
//
// It finds or starts one server for the test binary, runs the tests, prints which of them were skipped and why, and
// removes what it started, also when tests fail and on an interrupt. Without a server it prints one line that says what
// to install or set, and returns 1. With -short, and where tests are only listed, it starts no server.
func Main(m *testing.M) int {
	if !flag.Parsed() {
		flag.Parse()
	}
	list := flag.Lookup("test.list")
	if testing.Short() || list != nil && list.Value.String() != "" {
		code := m.Run()
		skips.report(os.Stdout)
		return code
	}

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	server, err := Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, oneLine(err))
		return 1
	}
	client, err := mongo.Connect(options.Client().ApplyURI(server.URI()))
	if err != nil {
		fmt.Fprintln(os.Stderr, oneLine(errors.Join(fmt.Errorf("harness: connect: %w", redact(err)), server.Stop())))
		return 1
	}
	run = &state{server: server, client: client, probes: probes(client), databases: map[string]bool{}}

	// m.Run cannot be interrupted; on a signal the process cleans up beside it and ends.
	ended := make(chan struct{})
	var once sync.Once
	end := func() (err error) {
		once.Do(func() { err = run.end() })
		return err
	}
	go func() {
		select {
		case <-ended:
		case <-ctx.Done():
			_ = end()
			os.Exit(130)
		}
	}()
	code := m.Run()
	close(ended)
	skips.report(os.Stdout)
	if err := end(); err != nil {
		fmt.Fprintln(os.Stderr, oneLine(err))
		code = max(code, 1)
	}
	return code
}

// end drops the databases that an interrupt left and ends the server.
func (s *state) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	s.mu.Lock()
	for name := range s.databases {
		errs = append(errs, s.client.Database(name).Drop(ctx))
	}
	s.mu.Unlock()
	errs = append(errs, s.client.Disconnect(ctx), s.server.Stop())
	return errors.Join(errs...)
}

// shared returns the state of the run. It skips the test with -short, and fails it in a package whose TestMain does not
// call Main.
func shared(tb testing.TB) *state {
	tb.Helper()
	if run != nil {
		return run
	}
	if testing.Short() {
		skip(tb, "a server, and -short is set")
	}
	tb.Fatal("harness: this package has no server: its TestMain must be os.Exit(harness.Main(m))")
	return nil
}

// Client returns the client that all tests of the binary share. A test must not disconnect it.
func Client(tb testing.TB) *mongo.Client {
	tb.Helper()
	return shared(tb).client
}

// URI returns the connection string, for tests that make a client of their own.
func URI(tb testing.TB) string {
	tb.Helper()
	return shared(tb).server.URI()
}

// Compat reports whether the server is the compatible one, FerretDB, and not MongoDB. Tests use it to assert the known
// differences, never to leave something out: see [Require] for that.
func Compat(tb testing.TB) bool {
	tb.Helper()
	return shared(tb).server.Compat()
}

// Version returns the version of MongoDB that the server reports, for example "8.0.4".
func Version(tb testing.TB) string {
	tb.Helper()
	return shared(tb).server.Version()
}

// Database returns a new, empty database with a name that no other test has. It is dropped when tb and its subtests have
// ended; if that fails, tb fails.
func Database(tb testing.TB) *mongo.Database {
	tb.Helper()
	s := shared(tb)
	name := databaseName(tb.Name())
	s.mu.Lock()
	s.databases[name] = true
	s.mu.Unlock()
	db := s.client.Database(name)
	tb.Cleanup(func() {
		// Not tb.Context: that has ended here.
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := db.Drop(ctx); err != nil {
			tb.Errorf("harness: drop database %s: %v", name, err)
			return
		}
		s.mu.Lock()
		delete(s.databases, name)
		s.mu.Unlock()
	})
	return db
}

// databaseName makes a name within the server's limits (63 bytes, few characters, case ignored) that shows the test.
func databaseName(test string) string {
	readable := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '_'
		}
	}, test)
	var unique [6]byte
	_, _ = rand.Read(unique[:]) // never fails
	return databasePrefix + readable[:min(len(readable), 30)] + "_" + hex.EncodeToString(unique[:])
}
