package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/bench/lists"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// operation is something to list, or to count.
type operation string

const (
	first    operation = "page 1"    // the 25 newest
	fortieth operation = "page 40"   // or the last full one
	next     operation = "next page" // by the cursor of page 1
	total    operation = "count"
	all      operation = "all"
)

const perPage = 25

var operations = []operation{first, fortieth, next, total}

// place is what a list was measured on.
type place struct {
	size     int
	user     string
	op       operation
	strategy string
}

// figure is what was measured.
type figure struct {
	times    []time.Duration // by run, without the first
	warmUp   time.Duration   // the first
	slow     bool            // fewer runs than asked for, or a single one that had not been warmed up
	over     bool            // given up
	failed   bool            // given up, as the server could not do it
	commands int64           // of the last run
	rows     int64           // returned, or counted
}

// report is all that was measured.
type report struct {
	config
	server      string
	cpus        int
	figures     map[place]*figure
	perDocument map[place]*figure // by logs per document
	strategies  []lists.Strategy
}

func measure(ctx context.Context, s *server, c config) (*report, error) {
	r := &report{config: c, server: s.version, cpus: runtime.NumCPU(), figures: map[place]*figure{}, perDocument: map[place]*figure{}}
	given := map[string]bool{} // strategies that have met the deadline
	for i, size := range c.sizes {
		w := casemgmt.New(size)
		err := s.with(ctx, w, c.settle, func(strategies []lists.Strategy) (err error) {
			if strategies, err = c.chosen(strategies); err != nil {
				return err
			}
			r.strategies = strategies
			m := &measurement{server: s, config: c, figures: r.figures, size: size, given: given}
			once := i > 0 && c.sizes[i-1] == c.textbook
			m.skip = func(st lists.Strategy, user string, op operation) (skipped, single bool) {
				switch st.Name() {
				case "walk", "sample": // their counts are those of keys
					return op == total, false
				case "textbook":
				default:
					return false, false
				}
				return size > c.textbook && (!once || op != first && op != total) || user == casemgmt.FixedUser, once
			}
			return m.run(ctx, w, strategies, casemgmt.Users, operations)
		})
		if err != nil {
			return nil, fmt.Errorf("%d logs: %w", size, err)
		}
	}
	for _, n := range c.perDocument {
		w := casemgmt.New(n * casemgmt.Documents)
		err := s.with(ctx, w, c.settle, func(strategies []lists.Strategy) error {
			m := &measurement{server: s, config: c, figures: r.perDocument, size: n, given: given}
			m.skip = func(st lists.Strategy, _ string, _ operation) (bool, bool) {
				return st.Name() != "automatic" && st.Name() != "keys", false
			}
			return m.run(ctx, w, strategies, []string{"p05"}, []operation{all, first, total})
		})
		if err != nil {
			return nil, fmt.Errorf("%d logs per document: %w", n, err)
		}
	}
	return r, nil
}

// chosen returns the strategies that were asked for.
func (c config) chosen(all []lists.Strategy) ([]lists.Strategy, error) {
	if c.strategies == "" {
		return all, nil
	}
	var out []lists.Strategy
	for name := range strings.SplitSeq(c.strategies, ",") {
		i := slices.IndexFunc(all, func(st lists.Strategy) bool { return st.Name() == name })
		if i < 0 {
			return nil, fmt.Errorf("no strategy is named %q", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// measurement is the measurement of one world.
type measurement struct {
	*server
	config
	figures map[place]*figure
	size    int
	given   map[string]bool
	skip    func(st lists.Strategy, user string, op operation) (skipped, once bool)
}

// run runs every strategy as often as it shall, in rounds, so that what else the machine does meets all of them.
func (m *measurement) run(ctx context.Context, w *casemgmt.World, strategies []lists.Strategy, users []string, ops []operation) error {
	answers := map[string]*casemgmt.Answers{}
	for _, user := range users {
		answers[user] = w.For(user)
	}
	start := time.Now()
	for round := range m.runs + 1 {
		for _, user := range users {
			for _, op := range ops {
				for i := range strategies {
					st := strategies[(i+round)%len(strategies)] // none is always the one after the slow one
					if err := m.one(ctx, st, user, op, answers[user], round); err != nil {
						return fmt.Errorf("%s, %s, %s: %w", user, op, st.Name(), err)
					}
				}
			}
		}
		fmt.Fprintf(os.Stderr, "%d: round %d of %d, %v\n", m.size, round, m.runs, time.Since(start).Round(time.Second))
	}
	return nil
}

// Lists that take so long run less often.
const (
	slow     = time.Second
	slowRuns = 3
)

func (m *measurement) one(ctx context.Context, st lists.Strategy, user string, op operation, a *casemgmt.Answers, round int) error {
	skipped, once := m.skip(st, user, op)
	at := place{m.size, user, op, st.Name()}
	f := m.figures[at]
	if skipped || f == nil && m.given[st.Name()] || f != nil && f.over {
		return nil
	}
	if f == nil {
		f = &figure{}
		m.figures[at] = f
	}
	if f.slow && len(f.times) >= slowRuns || once && len(f.times) > 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, m.deadline)
	defer cancel()
	before := m.commands.Load()
	begin := time.Now()
	found, n, err := list(limited, st, user, op, a)
	took := time.Since(begin)
	f.commands = m.commands.Load() - before
	switch {
	case err != nil && ctx.Err() == nil && (limited.Err() != nil || took >= m.deadline-time.Second):
		f.over, f.times, m.given[st.Name()] = true, nil, true
		return nil
	case err != nil && ctx.Err() == nil && st.Name() == "textbook": // of which a server may run out of memory
		fmt.Fprintf(os.Stderr, "%d: %s, %s, %s: %v\n", m.size, user, op, st.Name(), err)
		f.over, f.failed, f.times, m.given[st.Name()] = true, true, nil, true
		return nil
	case err != nil:
		return err
	}
	if f.rows, err = check(found, n, op, a); err != nil {
		return err
	}
	if round == 0 && !once {
		f.warmUp = took
		return nil
	}
	if len(f.times) == 0 { // slow twice: once may be another's fault
		f.slow = once || min(f.warmUp, took) > slow && (st.Name() != "textbook" || m.size > m.textbook)
	}
	f.times = append(f.times, took)
	return nil
}

func list(ctx context.Context, st lists.Strategy, user string, op operation, a *casemgmt.Answers) ([]bson.Raw, int64, error) {
	if op == total {
		n, err := st.Count(ctx, user)
		return nil, n, err
	}
	r := lists.Request{User: user, Limit: perPage}
	switch op {
	case fortieth:
		r.Skip = skipTo(a)
	case next:
		cursor := a.Cursor(perPage)
		r.After = &cursor
	case all:
		r.Limit = 0
	}
	found, err := st.List(ctx, r)
	return found, 0, err
}

// skipTo returns how many logs are before page 40, or before the last 25.
func skipTo(a *casemgmt.Answers) int64 { return max(0, min(39*perPage, a.Count()-perPage)) }

// check compares an answer with what it must be, document by document, and returns its rows.
func check(found []bson.Raw, n int64, op operation, a *casemgmt.Answers) (int64, error) {
	var want []casemgmt.Log
	switch op {
	case total:
		if n != a.Count() {
			return 0, fmt.Errorf("counted %d, not %d", n, a.Count())
		}
		return n, nil
	case all:
		if int64(len(found)) != a.Count() {
			return 0, fmt.Errorf("%d logs, not %d", len(found), a.Count())
		}
		return a.Count(), a.Are(found)
	case first:
		want = a.Page(0, perPage)
	case fortieth:
		want = a.Page(int(skipTo(a)), perPage)
	case next:
		want = a.Page(perPage, perPage)
	default:
		return 0, errors.New("unknown operation")
	}
	return int64(len(found)), casemgmt.Same(found, want)
}
