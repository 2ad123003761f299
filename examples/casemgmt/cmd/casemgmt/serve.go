package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
)

func serveCommand(flags *flag.FlagSet, out io.Writer, demo bool) command {
	listen := flags.String("listen", "127.0.0.1:8080", "the address to listen at")
	var c casemgmt.Config
	policyFlag(flags, &c)
	password := "" // what is served in earnest has none that everybody knows
	if demo {
		password = "casemgmt"
	}
	flags.StringVar(&c.Password, "password", password, "the password of every user: this is a demonstration; serve needs one to be named")
	flags.BoolVar(&c.Review, "review", demo, "serve /review, on which superusers see what any user may do, and why")
	return command{flags, 0, func(ctx context.Context, db *mongo.Database) error {
		if c.Password == "" {
			return errors.New("serve needs --password")
		}
		if demo {
			data, err := casemgmt.ReadData(casemgmt.Demo())
			if err != nil {
				return err
			}
			if err := load(ctx, db, data); err != nil {
				return err
			}
		}
		s, err := service(ctx, db, c)
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", *listen)
		if err != nil {
			return err
		}
		if err := welcome(ctx, out, db, listener.Addr().String(), c.Password, c.Review); err != nil {
			return errors.Join(err, listener.Close())
		}
		return serve(ctx, listener, s.Handler())
	}}
}

// serve answers requests until the context ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(last)
}

// welcome prints the addresses and the users.
func welcome(ctx context.Context, out io.Writer, db *mongo.Database, address, password string, review bool) error {
	cursor, err := db.Collection("users").Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(20))
	if err != nil {
		return err
	}
	var users []bson.Raw
	if err := cursor.All(ctx, &users); err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s/\n", address)
	for _, t := range casemgmt.Types() {
		fmt.Fprintf(out, "http://%s/%s\n", address, t.Collection)
	}
	fmt.Fprintf(out, "http://%s/documents/6/activities\n", address)
	if review {
		fmt.Fprintf(out, "http://%s/review (for superusers)\n", address)
	}
	fmt.Fprintf(out, "\nThe password of each user is %s:\n", password)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		name, _ := u.Lookup("name").StringValueOK()
		fmt.Fprintf(table, "  %s\t%s\n", casemgmt.FormatID(u.Lookup("_id")), strings.TrimSpace(name))
	}
	fmt.Fprintf(table, "\ncurl -u alan-wkcmp:%s http://%s/documents\n", password, address)
	return table.Flush()
}
