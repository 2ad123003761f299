// Withserver runs a command with a server for it to talk to:
//
//	withserver go run ./examples/library
//
// It finds or starts the server as package harness does for tests, exports its address as MONGODB_URI, and runs the
// command with the same standard streams. Signals are passed on, and the exit code is the command's. Afterwards it
// prints which tests were skipped, if the command was a run of tests, and removes the container that it started.
//
// Its own exit codes are 125 if there is no server, 126 if the command cannot be run, and 127 if it is not found; for a
// command ended by a signal it is 128 and the signal's number.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stderr))
}

func run(args []string, messages io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(messages, "usage: withserver command [argument ...]")
		return 125
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		fmt.Fprintf(messages, "withserver: %v\n", err)
		return 127
	}

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	server, err := start(signals, messages)
	if err != nil {
		fmt.Fprintf(messages, "withserver: %s\n", strings.Join(strings.Fields(err.Error()), " "))
		return 125
	}
	defer func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintf(messages, "withserver: %v\n", err)
		}
	}()

	report, err := os.CreateTemp("", "mongoauthz-skips-")
	if err != nil {
		fmt.Fprintf(messages, "withserver: %v\n", err)
		return 125
	}
	_ = report.Close()
	defer func() { _ = os.Remove(report.Name()) }()

	cmd := exec.Command(path)
	cmd.Args = args
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "MONGODB_URI="+server.URI(), harness.SkipReportVariable+"="+report.Name())
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(messages, "withserver: %v\n", err)
		return 126
	}
	code := wait(cmd, signals)

	if tests, err := harness.ReadSkips(report.Name()); err == nil {
		harness.WriteSkips(messages, tests)
	}
	return code
}

// start finds or starts the server and says which; a signal ends the attempt.
func start(signals <-chan os.Signal, messages io.Writer) (*harness.Server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	started := make(chan struct{})
	defer close(started)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-started:
		}
	}()
	begin := time.Now()
	server, err := harness.Start(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(messages, "withserver: %s, ready in %.1fs\n", server, time.Since(begin).Seconds())
	return server, nil
}

// wait passes signals on until the command ends, and returns the code to exit with.
func wait(cmd *exec.Cmd, signals <-chan os.Signal) int {
	terminal := onTerminal(os.Stdin)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// A terminal has sent these two to the command as well; a second one would read as impatience.
			if terminal && (s == os.Interrupt || s == syscall.SIGQUIT) {
				continue
			}
			_ = cmd.Process.Signal(s)
		case err := <-ended:
			failed, ok := errors.AsType[*exec.ExitError](err)
			switch {
			case err == nil:
				return 0
			case !ok:
				return 126
			}
			if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return 128 + int(status.Signal())
			}
			return failed.ExitCode()
		}
	}
}

// onTerminal reports whether the file is a terminal: a character device other than the null device.
func onTerminal(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && !os.SameFile(info, null)
}
