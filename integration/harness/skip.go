package harness

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// SkipReportVariable names the environment variable that holds the path of a file to which [Main] appends what it
// skipped, since "go test" hides what a passing package prints. The command withserver sets it and prints the sum.
const SkipReportVariable = "MONGOAUTHZ_SKIP_REPORT"

// skips holds what the tests of this binary skipped.
var skips skipped

type skipped struct {
	mu    sync.Mutex
	tests map[string][]string // by what they need
}

// Skip skips the test, by name and with what it needs, as [Require] does: for what is missing besides the server, such as a program. [Main] prints it
// with the others at the end.
func Skip(tb testing.TB, need string) {
	tb.Helper()
	skip(tb, need)
}

// skip ends the test as skipped, and records it.
func skip(tb testing.TB, need string) {
	tb.Helper()
	skips.add(tb.Name(), need)
	tb.Skipf("%s needs %s", tb.Name(), need)
}

func (s *skipped) add(test, need string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tests == nil {
		s.tests = map[string][]string{}
	}
	s.tests[need] = append(s.tests[need], test)
}

// report prints the tests that were skipped, counted, by reason, and appends them to the file that withserver asked for.
func (s *skipped) report(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	WriteSkips(w, s.tests)
	path := os.Getenv(SkipReportVariable)
	if path == "" || len(s.tests) == 0 {
		return
	}
	// One write of whole lines, in append mode: several test binaries share the file.
	var lines strings.Builder
	for need, tests := range s.tests {
		for _, test := range tests {
			fmt.Fprintf(&lines, "%s\t%s\n", need, test)
		}
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = io.WriteString(file, lines.String())
		err = errFirst(err, file.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "harness: report the skipped tests:", err)
	}
}

// ReadSkips returns what the [Main] of one or more test binaries appended to a file, as needs and their tests.
func ReadSkips(path string) (map[string][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tests := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if need, test, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			tests[need] = append(tests[need], test)
		}
	}
	return tests, nil
}

// WriteSkips prints skipped tests, given by what they need: a line with their number, and a line for each need. It prints
// nothing if there are none.
func WriteSkips(w io.Writer, tests map[string][]string) {
	count := 0
	needs := make([]string, 0, len(tests))
	for need, names := range tests {
		count += len(names)
		needs = append(needs, need)
	}
	if count == 0 {
		return
	}
	slices.Sort(needs)
	fmt.Fprintf(w, "harness: %d skipped on this server:\n", count)
	for _, need := range needs {
		names := slices.Sorted(slices.Values(tests[need]))
		fmt.Fprintf(w, "    %d need %s: %s\n", len(names), need, strings.Join(names, ", "))
	}
}

func errFirst(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
