package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// row is how long the list of one document's activity logs takes a worker who sees them by a role in a caseload.
type row struct {
	logs                 int // of each document
	count, page, request time.Duration
	fastest              time.Duration // page, which what else the machine does can only make slower
}

// published is what the application takes that this one is modelled on: Django and Oso on PostgreSQL, a request for the same list, on other hardware.
var published = []struct {
	label  string
	points [][2]float64 // logs for each document, milliseconds
}{
	{"Django, work_mem 4 MB", [][2]float64{{2000, 673}, {3000, 704}, {3500, 706}, {4000, 9649}}},
	{"Django, work_mem 10 MB", [][2]float64{{5000, 690}, {7500, 789}, {10000, 77505}}},
	{"Django, work_mem 20 MB", [][2]float64{{10000, 818}, {12500, 800}, {15000, 102400}}},
}

// cliff is how much longer the fastest page may take from one size to the next.
const cliff = 2.0

func measureCommand(flags *flag.FlagSet, out, messages io.Writer) command {
	logs := flags.String("logs", "2000,3000,4000,5000,7500,10000,12500,15000", "the numbers of logs for each document, increasing")
	dir := flags.String("out", "", "the folder for activities.md and activities.svg; empty prints the table only")
	times := flags.Int("times", 41, "how often each is measured")
	return command{flags, 0, func(ctx context.Context, db *mongo.Database) error {
		sizes, err := increasing(*logs)
		if err != nil {
			return err
		}
		if *times < 1 {
			return errors.New("--times is below 1")
		}
		rows, err := measure(ctx, db, sizes, *times, messages)
		if err != nil {
			return err
		}
		server, err := product(ctx, db)
		if err != nil {
			return err
		}
		report := table(rows, server)
		if _, err := io.WriteString(out, report); err != nil {
			return err
		}
		if *dir != "" {
			if err := os.WriteFile(filepath.Join(*dir, "activities.md"), []byte(report), 0o644); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(*dir, "activities.svg"), []byte(plot(rows)), 0o644); err != nil {
				return err
			}
		}
		for i := range rows[1:] {
			if grown := float64(rows[i+1].fastest) / float64(rows[i].fastest); grown >= cliff {
				return fmt.Errorf("a cliff: from %d to %d logs for each document, a page takes %.1f times as long", rows[i].logs, rows[i+1].logs, grown)
			}
		}
		return nil
	}}
}

func increasing(text string) (sizes []int, err error) {
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, errors.New("--logs is not a list of increasing numbers")
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// measure loads the demonstration data, and measures with more and more logs.
func measure(ctx context.Context, db *mongo.Database, sizes []int, times int, messages io.Writer) ([]row, error) {
	data, err := casemgmt.ReadData(casemgmt.Demo())
	if err != nil {
		return nil, err
	}
	data["activity_logs"] = nil
	if err := load(ctx, db, data); err != nil {
		return nil, err
	}
	s, err := service(ctx, db, casemgmt.Config{Password: "measured"})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serve(serving, listener, s.Handler()) }()
	defer func() { stop(); <-ended }()

	var rows []row
	from := 0
	for _, size := range sizes {
		fmt.Fprintf(messages, "%d logs for each document\n", size)
		if err := casemgmt.Generate(ctx, db, casemgmt.Generated{From: from, To: size, Until: time.Now(), Progress: bar(messages)}); err != nil {
			return nil, err
		}
		from = size
		r := row{logs: size}
		if r.count, _, err = measured(ctx, times, func(ctx context.Context) error {
			q, err := activities(ctx, s)
			if err != nil {
				return err
			}
			n, err := q.Count(ctx)
			if err == nil && n != int64(size) {
				err = fmt.Errorf("%d logs were counted", n)
			}
			return err
		}); err != nil {
			return nil, err
		}
		if r.page, r.fastest, err = measured(ctx, times, func(ctx context.Context) error {
			q, err := activities(ctx, s)
			if err != nil {
				return err
			}
			page, err := mongoauthz.FetchPage[bson.Raw](ctx, q, mongoauthz.PageRequest{Limit: casemgmt.PageSize, NoTotal: true})
			if err == nil && len(page.Items) != casemgmt.PageSize {
				err = fmt.Errorf("%d logs were on the page", len(page.Items))
			}
			return err
		}); err != nil {
			return nil, err
		}
		url := "http://" + listener.Addr().String() + "/documents/6/activities"
		if r.request, _, err = measured(ctx, times, func(ctx context.Context) error { return get(ctx, url) }); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// activities returns the query for what alan-wkcmp may view of the logs of document 6, as the service makes it; who he is, is read anew.
func activities(ctx context.Context, s *casemgmt.Service) (*mongoauthz.Query, error) {
	id, err := casemgmt.ParseID("alan-wkcmp")
	if err != nil {
		return nil, err
	}
	actor, err := s.Directory().Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	q, err := s.Authorizer().AuthorizedQuery(ctx, actor, "view", "activity_log")
	if err != nil {
		return nil, err
	}
	return q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "document", Value: 6}}}})
}

func get(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r.SetBasicAuth("alan-wkcmp", "measured")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	err = errors.Join(err, response.Body.Close())
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the request's status is %d", response.StatusCode)
	}
	return err
}

// measured returns how long f takes as a rule, once it is warm, and at best.
func measured(ctx context.Context, times int, f func(context.Context) error) (median, fastest time.Duration, err error) {
	took := make([]time.Duration, 0, times)
	for i := range times + 2 {
		start := time.Now()
		if err := f(ctx); err != nil {
			return 0, 0, err
		}
		if i >= 2 {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	return took[len(took)/2], took[0], nil
}

// product says which server it is.
func product(ctx context.Context, db *mongo.Database) (string, error) {
	info, err := db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	if err != nil {
		return "", err
	}
	if ferret, ok := info.Lookup("ferretdb", "version").StringValueOK(); ok {
		return "FerretDB " + strings.TrimPrefix(ferret, "v"), nil
	}
	version, _ := info.Lookup("version").StringValueOK()
	return "MongoDB " + version, nil
}

// table returns the report's table, in Markdown.
func table(rows []row, server string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The activity logs of one of 12 documents, for a worker who may view them by a role in a caseload, five collections away. Medians on %s, %d CPUs,\n", server, runtime.NumCPU())
	b.WriteString("client and server on one machine. *Request* is the whole of it over HTTP: who asks, the document, a page of 25 and the count.\n\n")
	b.WriteString("| logs per document | count | first page | request | the request as published (Django, Oso, PostgreSQL) |\n|---:|---:|---:|---:|:---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", r.logs, milliseconds(r.count), milliseconds(r.page), milliseconds(r.request), publishedAt(r.logs))
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
}

// publishedAt returns what was published of a size.
func publishedAt(logs int) string {
	var said []string
	for _, p := range published {
		for _, point := range p.points {
			if int(point[0]) == logs {
				said = append(said, fmt.Sprintf("%.0f ms (%s)", point[1], strings.TrimPrefix(p.label, "Django, ")))
			}
		}
	}
	return strings.Join(said, ", ")
}
