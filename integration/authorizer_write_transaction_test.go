package integration_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestServerWithoutTransactionsRefusesThemBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	if harness.Has(t, harness.Transactions) {
		t.Skip("the server has transactions")
	}
	for operation, write := range writes {
		db, commands := monitored(t)
		d := newOffice(t, db)
		before := d.stored(t)
		queries := []*mongoauthz.Query{d.query(t, ownPapers), d.query(t, teamPapers), d.query(t, filter.Allow("Paper"))}
		for _, q := range queries {
			for range 2 {
				_, err := write(t.Context(), q.InTransaction(), bson.D{})
				requireRefusal(t, err, mongoauthz.RefuseTransaction)
			}
			_, err := write(t.Context(), q.NotMoving().InTransaction(), bson.D{})
			requireRefusal(t, err, mongoauthz.RefuseTransaction)
		}
		require.Equal(t, before, d.stored(t), operation)
		require.Len(t, commands("commitTransaction"), len(queries), "found out once for each authorizer")
	}
}

func TestWritesInATransactionReachAuthorizedDocumentsOnly(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Transactions)
	for _, f := range []filter.Filter{ownPapers, teamPapers} {
		for operation, write := range writes {
			for _, guard := range []func(*mongoauthz.Query) *mongoauthz.Query{
				(*mongoauthz.Query).InTransaction, func(q *mongoauthz.Query) *mongoauthz.Query { return q.InTransaction().NotMoving() },
			} {
				d := newOffice(t, harness.Database(t))
				before := d.stored(t)
				n, err := write(t.Context(), guard(d.query(t, f)), bson.D{})
				require.NoError(t, err, operation)
				got := touched(before, d.stored(t))
				require.EqualValues(t, len(got), n, operation)
				if operation == "UpdateMany" || operation == "DeleteMany" {
					require.Equal(t, []int32{1, 4}, got, operation)
				} else {
					require.Len(t, got, 1, operation)
				}
			}
		}
	}
}

func TestTransactionIsAbortedIfAnyDocumentMoved(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Transactions)
	d := newOffice(t, harness.Database(t))
	before := d.stored(t)
	some := mongo.Pipeline{{{Key: "$set", Value: bson.D{{Key: "n", Value: 9}, {Key: "owner", Value: bson.D{
		{Key: "$cond", Value: bson.A{bson.D{{Key: "$eq", Value: bson.A{"$_id", 4}}}, "bob", "$owner"}},
	}}}}}}
	_, err := d.query(t, ownPapers).InTransaction().NotMoving().UpdateMany(t.Context(), bson.D{}, some)
	requireRefusal(t, err, mongoauthz.RefuseMove)
	require.ErrorIs(t, err, mongoauthz.ErrForbidden)
	require.Equal(t, before, d.stored(t))

	az := d.authorizer(t, actions{"edit": ownPapers, "read": filter.For("Paper", filter.Where(filter.F("readers").Contains("ann")))})
	_, err = queryFor(t, az, "edit").NotMoving(queryFor(t, az, "read")).InTransaction().UpdateMany(t.Context(), bson.D{}, setting("readers", bson.A{"ann"}))
	requireRefusal(t, err, mongoauthz.RefuseMove)
	require.Equal(t, before, d.stored(t))

	r, err := d.query(t, ownPapers).InTransaction().NotMoving().UpdateMany(t.Context(), bson.D{}, setting("state", "final"))
	require.NoError(t, err)
	require.EqualValues(t, 2, r.ModifiedCount)
	require.Equal(t, []int{1, 4}, d.where(t, having("state", "final")))
}

func TestTransactionOfTheCallerIsAbortedUponARefusal(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Transactions)
	d := newOffice(t, harness.Database(t))
	before := d.stored(t)
	session, err := d.db.Client().StartSession()
	require.NoError(t, err)
	defer session.EndSession(t.Context())
	q := d.query(t, ownPapers).InTransaction().NotMoving()
	_, err = session.WithTransaction(t.Context(), func(ctx context.Context) (any, error) {
		if _, err := q.UpdateMany(ctx, having("_id", 1), setting("state", "final")); err != nil {
			return nil, err
		}
		_, err := q.UpdateMany(ctx, having("_id", 4), setting("owner", "bob"))
		requireRefusal(t, err, mongoauthz.RefuseMove)
		return nil, nil // the caller does not care
	})
	require.NoError(t, err)
	require.Equal(t, before, d.stored(t))
}

func TestTransactionIsTriedAgainIfADocumentChanges(t *testing.T) {
	t.Parallel()
	harness.Require(t, harness.Transactions)
	var theirs *mongo.Database
	d, theirs := interrupting(t, "aggregate", func(n int) {
		if n == 1 {
			_, err := theirs.Collection("papers").UpdateOne(context.WithoutCancel(t.Context()), having("_id", 4), setting("state", "sealed"))
			require.NoError(t, err)
		}
	})
	r, err := d.query(t, teamPapers).InTransaction().UpdateMany(t.Context(), bson.D{}, setting("n", 1))
	require.NoError(t, err)
	require.EqualValues(t, 1, r.MatchedCount)
	require.Equal(t, []int{1}, d.where(t, having("n", 1)))
}

// pretending is the office on the server of these tests, but that commits and aborts are answered as if it had transactions. Nothing is
// taken back by it: what can be seen is which commands are sent.
// The first commits are answered by the answers given, all others by success.
func pretending(t *testing.T, answers ...bson.D) (*office, func() []bson.Raw) {
	t.Helper()
	if harness.Has(t, harness.Transactions) {
		t.Skip("the server has transactions")
	}
	own := newOffice(t, harness.Database(t))
	var mu sync.Mutex
	var sent []bson.Raw
	client, err := mongo.Connect(options.Client().ApplyURI(pretender(t, answers)).SetMonitor(&event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, slices.Clone(e.Command))
		},
	}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	return &office{db: client.Database(own.db.Name()), schema: own.schema}, func() []bson.Raw {
		mu.Lock()
		defer mu.Unlock()
		all := sent
		sent = nil
		return all
	}
}

// pretender returns the URI of a proxy to the server.
func pretender(t *testing.T, answers []bson.D) string {
	t.Helper()
	commits := make(chan bson.D, len(answers))
	for _, answer := range answers {
		commits <- answer
	}
	to, err := url.Parse(harness.URI(t))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to.Host)
			if err != nil {
				_ = client.Close()
				return
			}
			end := func() { _, _ = client.Close(), server.Close() }
			go func() { defer end(); _, _ = io.Copy(client, server) }()
			go func() { defer end(); _ = pretend(client, server, commits) }()
		}
	}()
	through := *to
	through.Host = listener.Addr().String()
	query := through.Query()
	query.Set("directConnection", "true")
	through.RawQuery = query.Encode()
	return through.String()
}

// pretend hands messages on, and answers commits and aborts.
func pretend(client, server net.Conn, commits <-chan bson.D) error {
	const header, flagsAndKind = 16, 5
	for {
		message := make([]byte, header)
		if _, err := io.ReadFull(client, message); err != nil {
			return err
		}
		length := binary.LittleEndian.Uint32(message)
		if length < header+flagsAndKind || length > 64<<20 {
			return errors.New("no message")
		}
		message = append(message, make([]byte, length-header)...)
		if _, err := io.ReadFull(client, message[header:]); err != nil {
			return err
		}
		name, err := bson.Raw(message[header+flagsAndKind:]).IndexErr(0)
		if err != nil || name.Key() != "commitTransaction" && name.Key() != "abortTransaction" {
			if _, err := server.Write(message); err != nil {
				return err
			}
			continue
		}
		body := bson.D{{Key: "ok", Value: 1}}
		if name.Key() == "commitTransaction" {
			select {
			case body = <-commits:
			default:
			}
		}
		encoded, err := bson.Marshal(body)
		if err != nil {
			return err
		}
		answer := append(message[:header+flagsAndKind:header+flagsAndKind], encoded...)
		binary.LittleEndian.PutUint32(answer, uint32(len(answer)))
		copy(answer[8:12], message[4:8]) // it answers the request
		clear(answer[header : header+flagsAndKind])
		if _, err := client.Write(answer); err != nil {
			return err
		}
	}
}

// steps returns the names of commands, and requires those of a transaction to be marked as such.
func steps(t *testing.T, commands []bson.Raw) (names []string) {
	t.Helper()
	for _, command := range commands {
		name := command.Index(0).Key()
		names = append(names, name)
		if name == "endSessions" {
			continue
		}
		require.False(t, command.Lookup("autocommit").Boolean(), name)
		_, err := command.LookupErr("autocommit")
		require.NoError(t, err, name)
	}
	return names
}

func TestTransactionHoldsChoiceWriteAndTheSecondLook(t *testing.T) {
	t.Parallel()
	d, sent := pretending(t)
	az := d.authorizer(t, actions{"edit": ownPapers, "team": teamPapers})
	q, teams := queryFor(t, az, "edit"), queryFor(t, az, "team")
	final := setting("state", "final")

	n, err := writes["UpdateMany"](t.Context(), q.InTransaction(), bson.D{})
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	commands := sent()
	require.Equal(t, []string{"find", "commitTransaction", "update", "commitTransaction"}, steps(t, commands), "the server is found out about once")
	require.Equal(t, "snapshot", commands[2].Lookup("readConcern", "level").StringValue())
	require.Equal(t, "majority", commands[3].Lookup("writeConcern", "w").StringValue())

	for operation, write := range map[string]func() error{
		"update":        func() error { _, err := teams.InTransaction().UpdateMany(t.Context(), bson.D{}, final); return err },
		"findAndModify": func() error { return teams.InTransaction().FindOneAndUpdate(t.Context(), bson.D{}, final).Err() },
		"delete":        func() error { _, err := teams.InTransaction().DeleteOne(t.Context(), having("_id", 1)); return err },
	} {
		require.NoError(t, write())
		require.Equal(t, []string{"aggregate", operation, "commitTransaction"}, steps(t, sent()))
	}

	_, err = q.InTransaction().NotMoving().UpdateMany(t.Context(), bson.D{}, setting("state", "last"))
	require.NoError(t, err)
	require.Equal(t, []string{"aggregate", "update", "aggregate", "commitTransaction"}, steps(t, sent()))
	_, err = q.InTransaction().NotMoving(teams).UpdateOne(t.Context(), bson.D{}, setting("state", "very last"))
	require.NoError(t, err)
	require.Equal(t, []string{"aggregate", "aggregate", "update", "aggregate", "aggregate", "commitTransaction"}, steps(t, sent()))
	_, err = q.InTransaction().NotMoving().UpdateMany(t.Context(), having("_id", 3), setting("state", "none"))
	require.NoError(t, err)
	require.Equal(t, []string{"aggregate", "commitTransaction"}, steps(t, sent()), "nothing to write")

	err = q.InTransaction().NotMoving(teams).FindOneAndUpdate(t.Context(), bson.D{}, setting("team_id", 2)).Err()
	requireRefusal(t, err, mongoauthz.RefuseMove)
	require.Equal(t, []string{"aggregate", "aggregate", "findAndModify", "aggregate", "aggregate", "abortTransaction"}, steps(t, sent()))
	_, err = q.InTransaction().NotMoving().UpdateMany(t.Context(), bson.D{}, setting("owner", "bob"))
	requireRefusal(t, err, mongoauthz.RefuseMove)
	require.Equal(t, []string{"aggregate", "update", "aggregate", "abortTransaction"}, steps(t, sent()))
}

func TestWriteTakesPartInTheTransactionOfItsContext(t *testing.T) {
	t.Parallel()
	d, sent := pretending(t)
	q := d.query(t, ownPapers).InTransaction().NotMoving()
	session, err := d.db.Client().StartSession()
	require.NoError(t, err)
	defer session.EndSession(t.Context())
	ignoring := func(update any, want error) {
		t.Helper()
		_, err := session.WithTransaction(t.Context(), func(ctx context.Context) (any, error) {
			_, err := q.UpdateMany(ctx, having("_id", 4), update)
			require.ErrorIs(t, err, want)
			return nil, nil
		})
		require.NoError(t, err)
	}
	ignoring(setting("state", "final"), nil)
	require.Equal(t, []string{"find", "commitTransaction", "aggregate", "update", "aggregate", "commitTransaction"}, steps(t, sent()))
	ignoring(setting("owner", "bob"), mongoauthz.ErrForbidden)
	require.Equal(t, []string{"aggregate", "update", "aggregate", "abortTransaction"}, steps(t, sent()), "whatever the caller makes of the error")

	_, err = session.WithTransaction(t.Context(), func(ctx context.Context) (any, error) {
		_, err := q.UpdateMany(ctx, having("_id", 1), setting("owner.x", 1))
		require.ErrorAs(t, err, &mongo.WriteException{})
		return nil, nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{"aggregate", "update", "abortTransaction"}, steps(t, sent()), "something may have been written, and was not checked")
}

func TestTransactionThatIsTriedAgainForgetsWhatItDid(t *testing.T) {
	t.Parallel()
	found := bson.D{{Key: "ok", Value: 1}}
	again := bson.D{
		{Key: "ok", Value: 0}, {Key: "code", Value: 251}, {Key: "codeName", Value: "NoSuchTransaction"}, {Key: "errmsg", Value: "gone"},
		{Key: "errorLabels", Value: bson.A{"TransientTransactionError"}},
	}
	d, sent := pretending(t, found, again)
	r, err := d.query(t, teamPapers).InTransaction().UpdateMany(t.Context(), having("state", "draft"), setting("state", "final"))
	require.NoError(t, err)
	require.Equal(t, []string{"find", "commitTransaction", "aggregate", "update", "commitTransaction", "aggregate", "commitTransaction"}, steps(t, sent()))
	require.Equal(t, &mongo.UpdateResult{Acknowledged: true}, r, "nothing was left to write")
}
