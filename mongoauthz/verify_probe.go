package mongoauthz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/mongoauthz/go-mongoauthz/internal/sample"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// The findings of [Authorizer.Verify] about how the client encodes the Go structs that the schema
// was made from. Documents that the client writes are not as the schema declares them, and answers
// are wrong. Make the schema by the encoding of the client ([EncodingOf]).
const (
	// OtherNames: the client writes a field under another name.
	OtherNames Finding = iota + 64
	// OtherTypes: the client writes a field as another BSON type, or cannot encode it.
	OtherTypes
	// OtherOmissions: the client leaves a field out that the schema's encoder writes, or the other
	// way round.
	OtherOmissions
	// OtherValues: the client writes another value of the same BSON type.
	OtherValues
)

func (f Finding) ofEncoding() bool { return f >= OtherNames && f <= OtherValues }

// probeTexts are what the findings of probes say of a collection.
var probeTexts = map[Finding]string{
	OtherNames:     "is written by the client with other field names than the schema has",
	OtherTypes:     "is written by the client with other types than the schema has",
	OtherOmissions: "is written by the client with other fields left out than the schema expects",
	OtherValues:    "is written by the client with other values than the schema expects",
}

// probe sends values of the Go structs that the schema was made from through the client, and
// compares what arrives with what the schema's encoder writes.
func (az *Authorizer) probe(ctx context.Context) error {
	var errs []error
	for t := range az.schema.Types() {
		if t.Go == nil || t.Collection == "" {
			continue
		}
		found, err := az.probeType(ctx, t)
		if err != nil {
			err = fmt.Errorf("mongoauthz: verify: probe of %s: %w", t.Name, err)
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, found...)
	}
	return errors.Join(errs...)
}

func (az *Authorizer) probeType(ctx context.Context, t *relations.Type) ([]error, error) {
	report := func(d difference) error {
		return &VerifyError{
			Collection: t.Collection, Types: []string{t.Name},
			Finding: d.finding, Field: d.field, Problem: d.problem,
		}
	}
	values := probes(az.schema, t.Go)
	echoed, err := az.echo(ctx, values)
	var unencoded mongo.MarshalError
	switch {
	case errors.As(err, &unencoded):
		const problem = "the client cannot encode a " // the driver's error shows the value
		return []error{report(difference{OtherTypes, "", problem + t.Go.String()})}, nil
	case err != nil:
		return nil, err
	}
	var out []error
	for _, d := range compareProbes(az.schema, values, echoed) {
		out = append(out, report(d))
	}
	return out, nil
}

// echo has the client encode values, and returns what the server was sent. Where the server does
// not take documents in a pipeline, they are stored in a collection of their own, which is then
// dropped.
func (az *Authorizer) echo(ctx context.Context, values []any) ([]bson.Raw, error) {
	documents := make(bson.A, len(values))
	for i, v := range values {
		literal := bson.D{{Key: "$literal", Value: v}} // no text in it is an expression
		documents[i] = bson.D{{Key: "p", Value: literal}}
	}
	// Database.Aggregate would not do: it ignores the client's BSON options.
	cursor, err := az.db.RunCommandCursor(ctx, bson.D{
		{Key: "aggregate", Value: int32(1)},
		{Key: "pipeline", Value: bson.A{bson.D{{Key: "$documents", Value: documents}}}},
		{Key: "cursor", Value: bson.D{}},
	})
	var refused mongo.CommandError
	if errors.As(err, &refused) && ctx.Err() == nil && !refused.HasErrorLabel("NetworkError") {
		return az.echoStored(ctx, values)
	}
	return probed(ctx, cursor, err)
}

// echoStored is echo by way of a collection with a reserved name.
func (az *Authorizer) echoStored(ctx context.Context, values []any) (_ []bson.Raw, err error) {
	scratch := az.db.Collection("__authz_probe_" + bson.NewObjectID().Hex())
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
