package mongoauthz

import (
	"context"
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/verify"
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

// encodingFindings are the findings of probes.
var encodingFindings = map[verify.Kind]Finding{
	verify.OtherNames: OtherNames, verify.OtherTypes: OtherTypes,
	verify.OtherOmissions: OtherOmissions, verify.OtherValues: OtherValues,
}

// probe has the client encode values of the Go structs that the schema was made from.
func (az *Authorizer) probe(ctx context.Context) error {
	var errs []error
	for t := range az.schema.Types() {
		if t.Go == nil || t.Collection == "" {
			continue
		}
		differences, err := verify.Probe(ctx, az.db, az.schema, t.Go)
		if err != nil {
			err = fmt.Errorf("mongoauthz: verify: probe of %s: %w", t.Name, err)
			return errors.Join(append(errs, err)...)
		}
		for _, d := range differences {
			errs = append(errs, &VerifyError{
				Collection: t.Collection, Types: []string{t.Name},
				Finding: encodingFindings[d.Kind], Field: d.Field, Problem: d.Problem,
			})
		}
	}
	return errors.Join(errs...)
}
