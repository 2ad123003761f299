// Command benchreport measures the lists of the case-management shape in every way that package lists has, in one interleaved run, and writes
// what it found as report.md and report.svg. MONGODB_URI names the server. Each answer is compared with what it must be; a wrong one ends
// the run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type config struct {
	sizes       counts        // logs in the collection
	perDocument counts        // logs per document
	runs        int           // of each list, after one to warm up
	textbook    int           // the largest size at which the textbook form runs as often as the others
	deadline    time.Duration // of one list
	settle      time.Duration // between loading and measuring
	strategies  string        // names, separated by commas; empty: all
	out         string
}

func main() {
	c := config{
		sizes:       counts{5_000, 50_000, 200_000, 500_000},
		perDocument: counts{2_000, 4_000, 8_000, 15_000},
	}
	flag.Var(&c.sizes, "sizes", "collection `sizes`, ascending")
	flag.Var(&c.perDocument, "per-document", "`numbers` of logs per document, ascending")
	flag.IntVar(&c.runs, "runs", 15, "runs of each list")
	flag.IntVar(&c.textbook, "textbook", 5_000, "largest size at which the textbook form runs as often as the others; it runs once at the next, and not beyond")
	flag.DurationVar(&c.deadline, "deadline", 2*time.Minute, "for one list, after which it is given up")
	flag.DurationVar(&c.settle, "settle", 0, "wait after loading, for a server that gathers statistics in the background")
	flag.StringVar(&c.strategies, "strategies", "", "`names` of the strategies to compare, separated by commas; all if empty")
	flag.StringVar(&c.out, "out", "report", "directory to write to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "benchreport:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config) error {
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		return errors.New("MONGODB_URI is not set")
	}
	s, err := connect(ctx, uri)
	if err != nil {
		return err
	}
	defer s.close()
	r, err := measure(ctx, s, c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"report.md": r.markdown(), "report.svg": r.svg()} {
		if err := os.WriteFile(filepath.Join(c.out, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// counts is a list of numbers as a flag.
type counts []int

func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*c)), " ", ","), "[]")
}

func (c *counts) Set(s string) error {
	*c = nil
	for field := range strings.SplitSeq(s, ",") {
		if field == "" {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil || n < 100 || len(*c) > 0 && n <= (*c)[len(*c)-1] {
			return errors.New("not ascending numbers from 100")
		}
		*c = append(*c, n)
	}
	return nil
}
