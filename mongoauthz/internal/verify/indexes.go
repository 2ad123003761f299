package verify

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Indexes are those of a live database.
type Indexes struct {
	DB          *mongo.Database
	Collation   *options.Collation              // of the queries; nil: the default of each collection
	Collections []mongo.CollectionSpecification // of which a default collation is known
}

// Missing returns those of the indexes that the database does not have, nor others that serve as
// well.
func (x *Indexes) Missing(ctx context.Context, indexes []pipeline.Index) ([]pipeline.Index, error) {
	live := map[string][]bson.D{}
	var out []pipeline.Index
	for _, ix := range indexes {
		keys, known := live[ix.Collection]
		if !known {
			var err error
			if keys, err = x.keys(ctx, ix.Collection); err != nil {
				return nil, fmt.Errorf("mongoauthz: list the indexes of %s: %w", ix.Collection, err)
			}
			live[ix.Collection] = keys
		}
		if !ix.ServedBy(keys...) {
			out = append(out, ix)
		}
	}
	return out, nil
}

// keys returns the keys of the indexes of a collection that serve queries.
func (x *Indexes) keys(ctx context.Context, collection string) ([]bson.D, error) {
	var defaults bson.Raw
	for _, c := range x.Collections {
		if c.Name == collection {
			defaults, _ = c.Options.Lookup("collation").DocumentOK()
		}
	}
	var specifications []bson.Raw
	cursor, err := x.DB.Collection(collection).Indexes().List(ctx)
	if err == nil {
		err = cursor.All(ctx, &specifications)
	}
	if err != nil {
		return nil, err
	}
	return Usable(x.Collation, specifications, defaults), nil
}

// Usable returns the keys of the indexes, as listIndexes describes them, that serve queries by a
// collation, whatever they ask. Defaults is the collection's collation.
func Usable(collation *options.Collation, specifications []bson.Raw, defaults bson.Raw) (keys []bson.D) {
	for _, ix := range specifications {
		if isSet(ix.Lookup("sparse")) || isSet(ix.Lookup("hidden")) || isSet(ix.Lookup("partialFilterExpression")) {
			continue
		}
		own, _ := ix.Lookup("collation").DocumentOK()
		if !collates(collation, own, defaults) {
			continue
		}
		var key bson.D
		if raw, ok := ix.Lookup("key").DocumentOK(); ok && bson.Unmarshal(raw, &key) == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// isSet reports whether an option of an index is there, and not false or 0.
func isSet(v bson.RawValue) bool {
	if b, ok := v.BooleanOK(); ok {
		return b
	}
	if n, ok := v.AsInt64OK(); ok {
		return n != 0
	}
	return !v.IsZero()
}

// collates reports whether the collation of an index is that of the queries. A server lists all of
// its parts, or none for the simple one.
func collates(queries *options.Collation, index, defaults bson.Raw) bool {
	parts := func(c bson.Raw) collationParts {
		p := collationParts{Locale: "simple"}
		if len(c) > 0 && bson.Unmarshal(c, &p) != nil {
			p.Locale = ""
		}
		return p.normal()
	}
	want := parts(defaults)
	if c := queries; c != nil {
		want = collationParts{
			Locale: c.Locale, Strength: c.Strength, CaseLevel: c.CaseLevel, CaseFirst: c.CaseFirst,
			NumericOrdering: c.NumericOrdering, Alternate: c.Alternate, MaxVariable: c.MaxVariable,
			Normalization: c.Normalization, Backwards: c.Backwards,
		}.normal()
	}
	return parts(index) == want
}

// collationParts is a collation as documents have it.
type collationParts struct {
	Locale          string `bson:"locale"`
	Strength        int    `bson:"strength"`
	CaseLevel       bool   `bson:"caseLevel"`
	CaseFirst       string `bson:"caseFirst"`
	NumericOrdering bool   `bson:"numericOrdering"`
	Alternate       string `bson:"alternate"`
	MaxVariable     string `bson:"maxVariable"`
	Normalization   bool   `bson:"normalization"`
	Backwards       bool   `bson:"backwards"`
}

// normal fills in what a server takes for parts that are not said. Of the simple collation there
// are none.
func (p collationParts) normal() collationParts {
	if p.Locale == "simple" {
		return collationParts{Locale: p.Locale}
	}
	p.CaseFirst = cmp.Or(p.CaseFirst, "off")
	p.Alternate = cmp.Or(p.Alternate, "non-ignorable")
	p.MaxVariable = cmp.Or(p.MaxVariable, "punct")
	p.Strength = cmp.Or(p.Strength, 3)
	return p
}
