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
	// FindingFieldNames: the client writes a field under another name.
	FindingFieldNames Finding = iota + 64
	// FindingFieldTypes: the client writes a field as another BSON type, or cannot encode it.
	FindingFieldTypes
	// FindingFieldOmissions: the client leaves a field out that the schema's encoder writes, or the other
	// way round.
	FindingFieldOmissions
	// FindingFieldValues: the client writes another value of the same BSON type.
	FindingFieldValues
)

func (f Finding) ofEncoding() bool { return f >= FindingFieldNames && f <= FindingFieldValues }

// probeTexts are what the findings of probes say of a collection.
var probeTexts = map[Finding]string{
	FindingFieldNames:     "is written by the client with other field names than the schema has",
	FindingFieldTypes:     "is written by the client with other types than the schema has",
	FindingFieldOmissions: "is written by the client with other fields left out than the schema expects",
	FindingFieldValues:    "is written by the client with other values than the schema expects",
}

// encodingFindings are the findings of probes.
var encodingFindings = map[verify.Kind]Finding{
	verify.OtherNames: FindingFieldNames, verify.OtherTypes: FindingFieldTypes,
	verify.OtherOmissions: FindingFieldOmissions, verify.OtherValues: FindingFieldValues,
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
