package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// role makes the test binary be withserver, or the command that withserver runs.
const role = "WITHSERVER_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(harness.Main(m))
	case "withserver":
		_ = os.Setenv(role, "command")
		os.Exit(run(os.Args[1:], os.Stderr))
	case "command":
		os.Exit(command(os.Args[1:]))
	}
}

func command(args []string) int {
	switch args[0] {
	case "exit":
		code, _ := strconv.Atoi(args[1])
		return code
	case "uri":
		fmt.Println(os.Getenv("MONGODB_URI"))
	case "copy":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "skip":
		file, _ := os.OpenFile(os.Getenv(harness.SkipReportVariable), os.O_APPEND|os.O_WRONLY, 0)
		_, _ = fmt.Fprintf(file, "views\tTestView\n")
		_ = file.Close()
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		fmt.Println("waiting")
		fmt.Println("got", <-signals)
		return 3
	}
	return 0
}

// withserver returns the command to run withserver with args as the arguments of the command that it runs, on the server
// of this run.
func withserver(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, append([]string{self}, args...)...)
	cmd.Env = append(os.Environ(), role+"=withserver", "MONGODB_URI="+harness.URI(t))
	return cmd
}

func TestExitCodeIsTheCommands(t *testing.T) {
	for _, want := range []int{0, 1, 7, 125} {
		err := withserver(t, "exit", strconv.Itoa(want)).Run()
		assert.Equal(t, want, code(t, err))
	}
}

func TestExitCodeOfASignal(t *testing.T) {
	assert.Equal(t, 128+int(syscall.SIGKILL), code(t, withserver(t, "kill").Run()))
}

func TestOwnExitCodes(t *testing.T) {
	var out bytes.Buffer
	assert.Equal(t, 125, run(nil, &out))
	assert.Contains(t, out.String(), "usage: withserver")

	out.Reset()
	assert.Equal(t, 127, run([]string{"there-is-no-such-command"}, &out))
	assert.Contains(t, out.String(), "there-is-no-such-command")

	t.Setenv("MONGODB_URI", "")
	t.Setenv("MONGOAUTHZ_TEST_IMAGE", "localhost/mongoauthz/there-is-no-such-image")
	out.Reset()
	assert.Equal(t, 125, run([]string{os.Args[0]}, &out))
	assert.Equal(t, 1, strings.Count(out.String(), "\n"), out.String())
	assert.Contains(t, out.String(), "set MONGODB_URI")
}

func TestExportsTheAddress(t *testing.T) {
	out, err := withserver(t, "uri").Output()
	require.NoError(t, err)
	assert.Equal(t, harness.URI(t)+"\n", string(out))
}

func TestPassesTheStreams(t *testing.T) {
	cmd := withserver(t, "copy")
	cmd.Stdin = strings.NewReader("some input")
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, "some input", string(out))
}

func TestPassesSignals(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := withserver(t, "wait")
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(stdout)
		require.True(t, lines.Scan())
		assert.Equal(t, "waiting", lines.Text())
		require.NoError(t, cmd.Process.Signal(s))
		require.True(t, lines.Scan())
		assert.Equal(t, "got "+s.String(), lines.Text())
		assert.Equal(t, 3, code(t, cmd.Wait()))
	}
}

func TestPrintsWhatWasSkipped(t *testing.T) {
	cmd := withserver(t, "skip")
	var messages bytes.Buffer
	cmd.Stderr = &messages
	require.NoError(t, cmd.Run())
	assert.Contains(t, messages.String(), "harness: 1 skipped on this server:\n    1 need views: TestView\n")
}

// code returns the exit code that err, of running a command, stands for.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	return exit.ExitCode()
}
