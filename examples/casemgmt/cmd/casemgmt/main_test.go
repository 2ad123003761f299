package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// commands returns what runs a command with a database of its own, and returns what it prints.
func commands(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	t.Setenv("CASEMGMT_URI", harness.URI(t))
	name := harness.Database(t).Name()
	return func(args ...string) (string, error) {
		var out bytes.Buffer
		withDatabase := append([]string{args[0], "--database", name}, args[1:]...)
		err := run(t.Context(), &out, io.Discard, withDatabase)
		return out.String(), err
	}
}

func TestAskAnswersAsTheListDoes(t *testing.T) {
	casemgmtCommand := commands(t)
	loaded, err := casemgmtCommand("load")
	require.NoError(t, err)
	require.Contains(t, loaded, "    12 documents\n")
	for _, tt := range []struct {
		args string
		want string
	}{
		{"--user alan-wkcmp --type document", "6\n7\n12\n"},
		{"--user alan-wkcmp --type documents --action delete", "6\n7\n12\n"},
		{"--user alan-wkcmp --type document --action casemgmt.view_activity_log", "6\n7\n12\n"},
		{"--user ralph-unemp --type template", "1\n2\n3\n4\n"},
		{"--user tom-auditor --type document --action change", ""},
		{"--type document", ""},
	} {
		for policy := range policies {
			got, err := casemgmtCommand(append([]string{"ask", "--policy", policy}, strings.Fields(tt.args)...)...)
			require.NoError(t, err)
			require.Equal(t, tt.want, got, "%s, policy in %s", tt.args, policy)
		}
	}
	why, err := casemgmtCommand("ask", "--user", "alan-wkcmp", "--type", "document", "--id", "6")
	require.NoError(t, err)
	require.Contains(t, why, `document: authorized by clause 1 "role in a caseload"`)
	whyNot, err := casemgmtCommand("ask", "--user", "alan-wkcmp", "--type", "document", "--id", "1")
	require.NoError(t, err)
	require.Contains(t, whyNot, "document: not authorized")
	stages, err := casemgmtCommand("ask", "--user", "alan-wkcmp", "--type", "document", "--pipeline")
	require.NoError(t, err)
	require.Contains(t, stages, `{"$match":`)
	require.Contains(t, stages, "caseload_roles")
}

func TestWhatCannotBeAskedIsAnError(t *testing.T) {
	casemgmtCommand := commands(t)
	_, err := casemgmtCommand("load")
	require.NoError(t, err)
	_, err = casemgmtCommand("ask", "--user", "admin", "--type", "document", "--action", "fly")
	require.ErrorIs(t, err, casemgmt.ErrUnknownPermission)
	_, err = casemgmtCommand("ask", "--user", "nobody", "--type", "document")
	require.ErrorIs(t, err, casemgmt.ErrNoUser)
	for _, args := range []string{"--type nothing", "--user {} --type document", "--user admin --type document --id $where"} {
		_, err = casemgmtCommand(append([]string{"ask"}, strings.Fields(args)...)...)
		require.Error(t, err, args)
		require.NotContains(t, err.Error(), "$where")
	}
	for _, args := range [][]string{{"fly"}, {"ask", "--fly"}, {"ask", "--policy", "prolog"}, {"ask", "more"}, {"load", "one", "two"}} {
		_, err = casemgmtCommand(args...)
		require.ErrorIs(t, err, errUsage)
	}
	require.ErrorIs(t, run(t.Context(), io.Discard, io.Discard, nil), errUsage)
	t.Setenv("MONGODB_URI", harness.URI(t))
	t.Setenv("CASEMGMT_URI", "")
	for _, replaces := range []string{"load", "demo", "generate", "measure"} {
		_, err = casemgmtCommand(replaces)
		require.ErrorContains(t, err, "CASEMGMT_URI names no server: set it", "a server that MONGODB_URI names may be somebody else's")
	}
}

func TestLoadReadsAFolder(t *testing.T) {
	casemgmtCommand := commands(t)
	write := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		return dir
	}
	loaded, err := casemgmtCommand("load", write(map[string]string{
		"users.json":       `[{"_id": {"$oid": "665000000000000000000001"}, "is_superuser": true}]`,
		"permissions.json": `{"_id": 1, "full_name": "casemgmt.view_client"}` + "\n" + `{"_id": {"$numberLong": "2"}, "full_name": "casemgmt.add_client"}`,
		"clients.json":     `[]`,
		"documents.json":   ``,
	}))
	require.NoError(t, err)
	require.Contains(t, loaded, "     2 permissions\n")
	got, err := casemgmtCommand("ask", "--user", "665000000000000000000001", "--type", "client")
	require.NoError(t, err)
	require.Empty(t, got)
	for name, files := range map[string]map[string]string{
		"nothing":                {},
		"a file for nothing":     {"client.json": "[]"},
		"a file of another kind": {"clients.csv": ""},
		"no JSON":                {"clients.json": "_id,name"},
		"no document":            {"clients.json": "[1]"},
		"an array without end":   {"clients.json": `[{"_id": 1}`},
		"more than an array":     {"clients.json": `[] {}`},
		"one id twice":           {"clients.json": `[{"_id": 1}, {"_id": 1.0}]`},
	} {
		_, err := casemgmtCommand("load", write(files))
		require.Error(t, err, name)
	}
	_, err = casemgmtCommand("load", filepath.Join(t.TempDir(), "missing"))
	require.Error(t, err)
}

func TestGenerateMakesLogsForEveryDocument(t *testing.T) {
	casemgmtCommand := commands(t)
	_, err := casemgmtCommand("load")
	require.NoError(t, err)
	for _, n := range []int{30, 7} { // not 37: they are replaced
		_, err = casemgmtCommand("generate", "--logs", fmt.Sprint(n))
		require.NoError(t, err)
		got, err := casemgmtCommand("ask", "--user", "alan-wkcmp", "--type", "activity_log")
		require.NoError(t, err)
		require.Equal(t, 3*n, strings.Count(got, "\n"), "he may view those of three documents")
	}
	_, err = casemgmtCommand("generate", "--logs", "-1")
	require.Error(t, err)
}

func TestMeasureReportsAndDraws(t *testing.T) {
	casemgmtCommand := commands(t)
	dir := t.TempDir()
	out, err := casemgmtCommand("measure", "--logs", "30,40", "--times", "3", "--out", dir)
	if err != nil {
		require.ErrorContains(t, err, "a cliff", "so few logs take no time, of which a busy machine makes anything")
	}
	require.Contains(t, out, "\n| 40 | ")
	report, err := os.ReadFile(filepath.Join(dir, "activities.md"))
	require.NoError(t, err)
	require.Equal(t, out, string(report))
	drawing, err := os.Open(filepath.Join(dir, "activities.svg"))
	require.NoError(t, err)
	defer func() { require.NoError(t, drawing.Close()) }()
	lines := 0
	for decoder := xml.NewDecoder(drawing); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "polyline" {
			lines++
		}
	}
	require.Equal(t, 6, lines, "three that were measured, three that were published")
	for _, logs := range []string{"", "0", "40,30", "40,40", "many"} {
		_, err := casemgmtCommand("measure", "--logs", logs)
		require.Error(t, err, logs)
	}
}

func TestTheServiceSaysWhereItIsAndAnswers(t *testing.T) {
	t.Setenv("CASEMGMT_URI", harness.URI(t))
	name := harness.Database(t).Name()
	ctx, stop := context.WithCancel(t.Context())
	said, saying := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, saying, io.Discard, []string{"demo", "--database", name, "--listen", "127.0.0.1:0", "--password", "open"})
		ended <- errors.Join(err, saying.Close())
	}()
	var text strings.Builder
	for buffer := make([]byte, 4096); !strings.Contains(text.String(), "curl"); {
		n, err := said.Read(buffer)
		require.NoError(t, err, "%v", text.String())
		text.Write(buffer[:n])
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	require.Contains(t, text.String(), "alan-wkcmp")
	address := strings.TrimSuffix(strings.SplitN(text.String(), "\n", 2)[0], "/")
	client := &http.Client{Timeout: 10 * time.Second}
	for path, status := range map[string]int{"/documents/6": 200, "/documents/1": 404, "/": 200, "/review": 403} { // a demonstration has the review page
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		require.NoError(t, err)
		r.SetBasicAuth("alan-wkcmp", "open")
		response, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, status, response.StatusCode, path)
	}
	client.CloseIdleConnections()
	stop()
	require.NoError(t, <-ended)
}
