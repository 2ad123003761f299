package verify

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/mongoauthz/go-mongoauthz/internal/sample"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Probe sends values of the Go struct that a type was made from through the client, and compares
// what arrives with what the schema's encoder writes.
func Probe(ctx context.Context, db *mongo.Database, s *relations.Schema, t reflect.Type) ([]Difference, error) {
	values := probes(s, t)
	echoed, err := echo(ctx, db, values)
	if _, unencoded := errors.AsType[mongo.MarshalError](err); unencoded {
		return []Difference{{OtherTypes, "", "the client cannot encode a " + t.String()}}, nil // its error shows the value
	}
	if err != nil {
		return nil, err
	}
	return Compare(s, values, echoed), nil
}

// echo has the client encode values, and returns what the server was sent. Where the server does
// not take documents in a pipeline, they are stored in a collection of their own, which is then
// dropped.
func echo(ctx context.Context, db *mongo.Database, values []any) ([]bson.Raw, error) {
	documents := make(bson.A, len(values))
	for i, v := range values {
		literal := bson.D{{Key: "$literal", Value: v}} // no text in it is an expression
		documents[i] = bson.D{{Key: "p", Value: literal}}
	}
	// Database.Aggregate would not do: it ignores the client's BSON options.
	cursor, err := db.RunCommandCursor(ctx, bson.D{
		{Key: "aggregate", Value: int32(1)},
		{Key: "pipeline", Value: bson.A{bson.D{{Key: "$documents", Value: documents}}}},
		{Key: "cursor", Value: bson.D{}},
	})
	var refused mongo.CommandError
	if errors.As(err, &refused) && ctx.Err() == nil && !refused.HasErrorLabel("NetworkError") {
		return echoStored(ctx, db, values)
	}
	return probed(ctx, cursor, err)
}

// echoStored is echo by way of a collection with a reserved name.
func echoStored(ctx context.Context, db *mongo.Database, values []any) (_ []bson.Raw, err error) {
	scratch := db.Collection("__authz_probe_" + bson.NewObjectID().Hex())
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, scratch.Drop(ctx))
	}()
	documents := make([]any, len(values))
	for i, v := range values {
		documents[i] = bson.D{{Key: "_id", Value: int32(i)}, {Key: "p", Value: v}}
	}
	if _, err := scratch.InsertMany(ctx, documents); err != nil {
		return nil, err
	}
	byID := bson.D{{Key: "_id", Value: int32(1)}}
	cursor, err := scratch.Find(ctx, bson.D{}, options.Find().SetSort(byID))
	return probed(ctx, cursor, err)
}

func probed(ctx context.Context, cursor *mongo.Cursor, err error) ([]bson.Raw, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var out []bson.Raw
	for cursor.Next(ctx) {
		p, ok := cursor.Current.Lookup("p").DocumentOK()
		if !ok {
			return nil, errors.New("the server answers with something else than a probe")
		}
		out = append(out, bytes.Clone(p))
	}
	return out, cursor.Err()
}

// probes returns values of a Go struct, as pointers: one with as many zero values as can be
// encoded, and one with as few.
func probes(s *relations.Schema, t reflect.Type) []any {
	zero, filled := reflect.New(t), reflect.New(t)
	for i := range t.NumField() {
		if !zero.Elem().Field(i).CanSet() {
			continue
		}
		of := t.Field(i).Type
		none := reflect.Zero(of)
		some, ok := encodable(s, of)
		if !ok {
			some = none
		}
		filled.Elem().Field(i).Set(some)
		if !encodes(s, none) {
			none = some
		}
		zero.Elem().Field(i).Set(none)
	}
	return []any{zero.Interface(), filled.Interface()}
}

// encodable returns a value that is not zero and that the schema's encoder takes.
func encodable(s *relations.Schema, t reflect.Type) (reflect.Value, bool) {
	for n, text := range []string{
		"a", "1", "0123456789abcdef01234567", "01234567-89ab-4def-8123-456789abcdef",
	} {
		if v := sample.Filled(t, n+1, text); encodes(s, v) {
			return v, true
		}
	}
	return reflect.Value{}, false
}

func encodes(s *relations.Schema, v reflect.Value) bool {
	holder := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: v.Type()}}))
	holder.Elem().Field(0).Set(v)
	raw, err := s.Marshal(holder.Interface())
	return err == nil && raw.Validate() == nil // a zero bson.RawValue makes broken BSON
}
