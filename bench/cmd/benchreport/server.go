package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/bench/lists"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// server is the server that is measured.
type server struct {
	client   *mongo.Client
	commands atomic.Int64 // sent so far
	version  string
}

func connect(ctx context.Context, uri string) (*server, error) {
	s := &server{}
	monitor := &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) { s.commands.Add(1) }}
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetMonitor(monitor))
	if err != nil {
		return nil, err
	}
	s.client = client
	var info struct {
		Version  string
		FerretDB struct{ Version string }
	}
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info); err != nil {
		s.close()
		return nil, err
	}
	s.version = "MongoDB " + info.Version
	if v := info.FerretDB.Version; v != "" {
		s.version = "FerretDB " + v + ", which calls itself MongoDB " + info.Version
	}
	return s, nil
}

func (s *server) close() { _ = s.client.Disconnect(context.Background()) }

// with loads a world into a database of its own, calls f, and drops the database.
func (s *server) with(ctx context.Context, w *casemgmt.World, settle time.Duration, f func([]lists.Strategy) error) (err error) {
	db := s.client.Database("mongoauthz_bench_" + bson.NewObjectID().Hex())
	defer func() {
		if e := db.Drop(context.WithoutCancel(ctx)); err == nil {
			err = e
		}
	}()
	if err := w.Load(ctx, db); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	strategies, err := lists.All(db)
	if err != nil {
		return err
	}
	return f(strategies)
}
