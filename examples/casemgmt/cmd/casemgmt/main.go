// Casemgmt is a case-management service, authorized by mongoauthz, and what one needs to try it:
//
//	casemgmt demo [--listen ADDRESS] [--password P]     load the demonstration data, and serve it, with the review page
//	casemgmt load [DIR]                                 replace what is stored by a folder of Extended JSON files, or by the demonstration data
//	casemgmt generate --logs N                          replace the activity logs by N for each document
//	casemgmt serve [--listen ADDRESS] [--password P]    serve what is stored; --review with the review page
//	casemgmt ask --user U --action A --type T           the ids that the user may do the action with; --pipeline prints the stages
//	casemgmt ask --user U --action A --type T --id ID   why they may, or why not
//	casemgmt measure [--logs 2000,3000] [--out DIR]     how long a list of activity logs takes, as the logs grow
//
// demo, serve and ask take --policy polar for the policy in Polar (package polar) in place of the one in Go.
//
// CASEMGMT_URI names the server (MONGODB_URI does not count, which may name a server of somebody
// else), and --database (casemgmt unless set) the database on it, all of whose collections load,
// demo and measure replace, and generate the activity logs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "casemgmt:", strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "casemgmt: "))
		os.Exit(1)
	}
}

// errUsage is returned once it was said how the command is used.
var errUsage = errors.New("usage")

// A command does one thing with a database.
type command struct {
	flags *flag.FlagSet
	args  int // how many arguments it takes at most
	run   func(ctx context.Context, db *mongo.Database) error
}

func run(ctx context.Context, out, messages io.Writer, args []string) error {
	commands := map[string]func(*flag.FlagSet) command{
		"demo":     func(f *flag.FlagSet) command { return serveCommand(f, out, true) },
		"serve":    func(f *flag.FlagSet) command { return serveCommand(f, out, false) },
		"load":     func(f *flag.FlagSet) command { return loadCommand(f, out) },
		"generate": func(f *flag.FlagSet) command { return generateCommand(f, messages) },
		"ask":      func(f *flag.FlagSet) command { return askCommand(f, out) },
		"measure":  func(f *flag.FlagSet) command { return measureCommand(f, out, messages) },
	}
	usage := func() error {
		fmt.Fprintln(messages, "usage: casemgmt demo|load|generate|serve|ask|measure [flag ...] [argument]; casemgmt COMMAND --help says more")
		return errUsage
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return usage()
	}
	flags := flag.NewFlagSet("casemgmt "+args[0], flag.ContinueOnError)
	flags.SetOutput(messages)
	database := flags.String("database", "casemgmt", "the name of the database")
	c := commands[args[0]](flags)
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return errUsage
	}
	if flags.NArg() > c.args {
		return usage()
	}
	db, closed, err := open(ctx, *database)
	if err != nil {
		return err
	}
	defer closed()
	return c.run(ctx, db)
}

// open returns the database on the server that CASEMGMT_URI names.
func open(ctx context.Context, name string) (*mongo.Database, func(), error) {
	uri := os.Getenv("CASEMGMT_URI")
	if uri == "" {
		return nil, nil, errors.New("CASEMGMT_URI names no server: set it, or use make casemgmt, which starts one; MONGODB_URI does not count, since demo, load, generate and measure replace collections")
	}
	client, err := mongo.Connect(options.Client().SetServerSelectionTimeout(5 * time.Second).ApplyURI(uri))
	if err != nil {
		return nil, nil, fmt.Errorf("CASEMGMT_URI: %w", err)
	}
	if err := client.Ping(ctx, nil); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the server that CASEMGMT_URI names does not answer: %w", err), client.Disconnect(ctx))
	}
	return client.Database(name), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = client.Disconnect(ctx) // the process ends
	}, nil
}

// service returns the service of a database, once the database was found to be as it has to be.
func service(ctx context.Context, db *mongo.Database, c casemgmt.Config) (*casemgmt.Service, error) {
	opts, err := casemgmt.ServerOptions(ctx, db)
	if err != nil {
		return nil, err
	}
	c.Options = append(opts, mongoauthz.WithTimeLimit(30*time.Second))
	s, err := casemgmt.New(db, c)
	if err != nil {
		return nil, err
	}
	return s, s.Authorizer().Verify(ctx)
}

// load stores data, with indexes.
func load(ctx context.Context, db *mongo.Database, data casemgmt.Data) error {
	if err := casemgmt.Load(ctx, db, data); err != nil {
		return err
	}
	s, err := service(ctx, db, casemgmt.Config{})
	if err != nil {
		return err
	}
	return s.EnsureIndexes(ctx)
}

func loadCommand(flags *flag.FlagSet, out io.Writer) command {
	return command{flags, 1, func(ctx context.Context, db *mongo.Database) error {
		files := casemgmt.Demo()
		if flags.NArg() == 1 {
			files = os.DirFS(flags.Arg(0))
		}
		data, err := casemgmt.ReadData(files)
		if err != nil {
			return err
		}
		if err := load(ctx, db, data); err != nil {
			return err
		}
		for _, t := range casemgmt.Types() {
			fmt.Fprintf(out, "%6d %s\n", len(data[t.Collection]), t.Collection)
		}
		return nil
	}}
}

func generateCommand(flags *flag.FlagSet, messages io.Writer) command {
	logs := flags.Int("logs", 100, "how many activity logs each document gets")
	return command{flags, 0, func(ctx context.Context, db *mongo.Database) error {
		if *logs < 0 {
			return errors.New("--logs is negative")
		}
		if _, err := db.Collection("activity_logs").DeleteMany(ctx, bson.D{}); err != nil {
			return err
		}
		return casemgmt.Generate(ctx, db, casemgmt.Generated{To: *logs, Until: time.Now(), Progress: bar(messages)})
	}}
}

func askCommand(flags *flag.FlagSet, out io.Writer) command {
	var q casemgmt.Question
	var c casemgmt.Config
	policyFlag(flags, &c)
	flags.StringVar(&q.User, "user", "", "the id of the user; empty is nobody")
	flags.StringVar(&q.Action, "action", "view", "the action: view, add, change, delete, or a permission such as casemgmt.view_client")
	flags.StringVar(&q.Type, "type", "", "the resource type, such as client")
	flags.StringVar(&q.ID, "id", "", "the id of one document: why the user may, or why not")
	flags.BoolVar(&q.Stages, "pipeline", false, "print the stages of the pipeline")
	return command{flags, 0, func(ctx context.Context, db *mongo.Database) error {
		s, err := service(ctx, db, c)
		if err != nil {
			return err
		}
		return s.Ask(ctx, out, q)
	}}
}
