package main

import (
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
)

// The targets.
const (
	overByHand = 1.3 // automatic, as a multiple of the best query by hand
	overSizes  = 1.5 // automatic at the largest size, as a multiple of the smallest, for what the user sees as much of
	overRows   = 2.0 // time for each row, from one number of logs per document to the next
)

// verdict says whether a ratio is at most the target, with 95 percent confidence.
func verdict(r ratio, target float64) string {
	if r.high <= target {
		return "shown"
	}
	return "not shown"
}

func (r ratio) String() string { return fmt.Sprintf("%.2f [%.2f, %.2f]", r.value, r.low, r.high) }

// best returns the fastest of the queries by hand that ran as often as the automatic choice.
func (r *report) best(size int, user string, op operation) (string, *figure) {
	var (
		name string
		best *figure
	)
	for _, st := range r.strategies {
		f := r.figures[place{size, user, op, st.Name()}]
		if st.ByHand() && f != nil && len(f.times) == r.runs && (best == nil || median(f.times) < median(best.times)) {
			name, best = st.Name(), f
		}
	}
	return name, best
}

func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# Authorized lists on the case-management shape\n\n")
	p("Written by `make bench-report`. Server: %s, with the client on one machine of %d CPUs. ", r.server, r.cpus)
	p("A figure is the median of %d interleaved runs after one to warm up, in milliseconds as the caller waits; ", r.runs)
	p("a list that takes more than %v runs %d times (²), the textbook form beyond %d logs once (¹); what takes more than %v is given up. ", slow, slowRuns, r.textbook, r.deadline)
	p("Every answer was compared, document by document, with that of an oracle in memory. Compare figures of one row only.\n\n")
	p("p05, p50 and p100 see 6, 50 and 100 %% of the logs, fixed sees %d of them, whatever the size. The strategies are described in [package lists](../lists/doc.go), the data in [package casemgmt](../casemgmt/doc.go).\n\n", casemgmt.FixedLogs)
	p("*auto : best* is the automatic choice against the fastest query by hand of the row, as a ratio of medians with the 95 %% interval of a paired bootstrap. At most %v is *shown* if the interval's upper end is.\n\n", overByHand)
	p("![latency against collection size](report.svg)\n")
	for _, op := range operations {
		p("\n## %s\n\n| logs | user |", title(op))
		for _, st := range r.strategies {
			p(" %s |", st.Name())
		}
		p(" auto : best | ≤ %v |\n|---:|---|%s---|---|\n", overByHand, strings.Repeat("---:|", len(r.strategies)))
		for _, size := range r.sizes {
			for _, user := range casemgmt.Users {
				p("| %s | %s |", thousands(size), user)
				for _, st := range r.strategies {
					p(" %s |", r.cell(r.figures[place{size, user, op, st.Name()}]))
				}
				p(" %s |\n", r.againstByHand(size, user, op))
			}
		}
	}
	r.commandsTable(p)
	r.growthTable(p)
	r.perDocumentTable(p)
	return b.String()
}

func title(op operation) string {
	switch op {
	case first:
		return "Page 1: the 25 newest"
	case fortieth:
		return "Page 40: skip 975, or as far as the last full page"
	case next:
		return "The page after page 1, by its cursor"
	case total:
		return "Count"
	default:
		return string(op)
	}
}

func (r *report) cell(f *figure) string {
	switch {
	case f == nil:
		return "–"
	case f.failed:
		return "failed"
	case f.over:
		return fmt.Sprintf("> %.0f", float64(r.deadline.Milliseconds()))
	case len(f.times) == 0:
		return "–"
	}
	text := milliseconds(median(f.times))
	switch {
	case len(f.times) == 1 && r.runs > 1:
		text += "¹"
	case len(f.times) < r.runs:
		text += "²"
	}
	return text
}

func (r *report) againstByHand(size int, user string, op operation) string {
	auto := r.figures[place{size, user, op, "automatic"}]
	name, best := r.best(size, user, op)
	if auto == nil || best == nil || len(auto.times) != r.runs {
		return "– | not shown"
	}
	c := compare(auto.times, best.times, true)
	return fmt.Sprintf("%v %s | %s", c, name, verdict(c, overByHand))
}

// commandsTable says how many commands each list took.
func (r *report) commandsTable(p func(string, ...any)) {
	p("\n## Commands\n\nThe most that one list sent to the server, of all sizes and users.\n\n|  |")
	for _, st := range r.strategies {
		p(" %s |", st.Name())
	}
	p("\n|---|%s\n", strings.Repeat("---:|", len(r.strategies)))
	for _, op := range operations {
		p("| %s |", op)
		for _, st := range r.strategies {
			most := int64(0)
			for at, f := range r.figures {
				if at.op == op && at.strategy == st.Name() {
					most = max(most, f.commands)
				}
			}
			p(" %d |", most)
		}
		p("\n")
	}
}

// growthTable compares the sizes for the user who sees the same in all.
func (r *report) growthTable(p func(string, ...any)) {
	if len(r.sizes) < 2 {
		return
	}
	smallest, largest := r.sizes[0], r.sizes[len(r.sizes)-1]
	p("\n## Does the cost grow with the collection when the visible set does not?\n\n")
	p("The automatic choice for the user who sees %d logs in every collection, at %s logs against %s. A collection %d times as large at most %v times the cost is *shown* if the 95 %% interval's upper end is.\n\n",
		casemgmt.FixedLogs, thousands(largest), thousands(smallest), largest/smallest, overSizes)
	p("|  | ms | ms | ratio | ≤ %v |\n|---|---:|---:|---|---|\n", overSizes)
	for _, op := range operations {
		a, b := r.figures[place{largest, casemgmt.FixedUser, op, "automatic"}], r.figures[place{smallest, casemgmt.FixedUser, op, "automatic"}]
		if a == nil || b == nil || len(a.times) == 0 || len(b.times) == 0 {
			p("| %s | %s | %s | – | not shown |\n", op, r.cell(b), r.cell(a))
			continue
		}
		c := compare(a.times, b.times, false)
		p("| %s | %s | %s | %v | %s |\n", op, r.cell(b), r.cell(a), c, verdict(c, overSizes))
	}
}

// perDocumentTable looks for a cliff.
func (r *report) perDocumentTable(p func(string, ...any)) {
	if len(r.config.perDocument) == 0 {
		return
	}
	p("\n## Is there a cliff as documents have more logs?\n\n")
	p("The automatic choice for p05, who sees the logs of three of %d documents: all of them, the 25 newest, their number. µs a row is the time for each log returned, or counted; *step* is that against the row before, with its 95 %% interval: less than %v is *shown* if the upper end is. The ratio to *keys* is as above.\n\n",
		casemgmt.Documents, overRows)
	p("|  | logs per document | rows | ms | µs a row | step | < %v | auto : keys |\n|---|---:|---:|---:|---:|---|---|---|\n", overRows)
	for _, op := range []operation{all, first, total} {
		var before *figure
		for _, n := range r.config.perDocument {
			f, byHand := r.perDocument[place{n, "p05", op, "automatic"}], r.perDocument[place{n, "p05", op, "keys"}]
			if f == nil || f.rows == 0 || len(f.times) == 0 {
				p("| %s | %s | – | %s | – | – | not shown | – |\n", op, thousands(n), r.cell(f))
				before = nil
				continue
			}
			step, shown := "–", "–"
			if before != nil {
				c := compare(f.times, before.times, false)
				fewer := float64(before.rows) / float64(f.rows)
				c = ratio{c.value * fewer, c.low * fewer, c.high * fewer}
				step, shown = c.String(), verdict(c, overRows)
			}
			against := "–"
			if byHand != nil && len(byHand.times) == len(f.times) {
				against = compare(f.times, byHand.times, true).String()
			}
			p("| %s | %s | %s | %s | %s | %s | %s | %s |\n", op, thousands(n), thousands(int(f.rows)), r.cell(f), milliseconds(median(f.times)*1000/float64(f.rows)), step, shown, against)
			before = f
		}
	}
}

// milliseconds returns a time with as many digits as it is worth.
func milliseconds(ms float64) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f", ms)
	default:
		return fmt.Sprintf("%.0f", ms)
	}
}

// thousands returns a number in groups of three digits.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
