package conformance_test

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// The words in which worlds are declared.

var (
	f    = filter.F
	some = filter.Some
	when = filter.Where
	not  = filter.Not
	root filter.Entity
)

// none is the None of a clause, and either the Any of clauses.
func none(c filter.Clause) filter.Condition      { return filter.None(c) }
func either(c ...filter.Clause) filter.Condition { return filter.Any(c) }

// typ declares a type by its fields, relations and the conditions of its scope. It has the key "_id", a string.
func typ(name, collection string, parts ...any) relations.Type {
	t := relations.Type{Name: name, Collection: collection}
	if collection != "" {
		t.Fields = strs("_id")
	}
	for _, part := range parts {
		switch part := part.(type) {
		case relations.Field:
			t.Fields = append(t.Fields, part)
		case []relations.Field:
			t.Fields = append(t.Fields, part...)
		case relations.Relation:
			t.Relations = append(t.Relations, part)
		case filter.Condition:
			t.Scope = append(t.Scope, part)
		default:
			panic("a type has fields, relations and conditions")
		}
	}
	return t
}

// fields declares fields of one type; their names are separated by blanks.
func fields(t relations.ValueType, names string) (fs []relations.Field) {
	for _, name := range strings.Fields(names) {
		fs = append(fs, relations.Field{Name: name, Type: t})
	}
	return fs
}

func strs(names string) []relations.Field  { return fields(relations.String, names) }
func nums(names string) []relations.Field  { return fields(relations.Number, names) }
func bools(names string) []relations.Field { return fields(relations.Bool, names) }

func list(name string, t relations.ValueType) relations.Field {
	return relations.Field{Name: name, Type: t, List: true}
}

// absentEmpty declares that absent means empty.
func absentEmpty(f relations.Field) relations.Field {
	f.AbsentEmpty = true
	return f
}

func strict(f relations.Field) relations.Field {
	f.Strict = true
	return f
}

func embedsOne(name, typ string) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.EmbedsOne, Type: typ}
}

func embedsMany(name, typ string) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.EmbedsMany, Type: typ}
}

// one, many, hasOne and hasMany declare relations that join by pairs of keys, written "local=foreign local=foreign"; a side may be left out.
func one(name, typ, keys string, where ...relations.Constant) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.ReferencesOne, Type: typ, Keys: pairs(keys), Where: where}
}

func many(name, typ, keys string, where ...relations.Constant) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.ReferencesMany, Type: typ, Keys: pairs(keys), Where: where}
}

func hasOne(name, typ, keys string, where ...relations.Constant) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.HasOne, Type: typ, Keys: pairs(keys), Where: where}
}

func hasMany(name, typ, keys string, where ...relations.Constant) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.HasMany, Type: typ, Keys: pairs(keys), Where: where}
}

func through(name string, hops ...string) relations.Relation {
	return relations.Relation{Name: name, Kind: relations.Through, Through: hops}
}

func pairs(keys string) (ps []relations.KeyPair) {
	for _, pair := range strings.Fields(keys) {
		local, foreign, _ := strings.Cut(pair, "=")
		ps = append(ps, relations.KeyPair{Local: local, Foreign: foreign})
	}
	return ps
}

// near and far are constants of a relation.
func near(field string, value any) relations.Constant {
	return relations.Constant{Near: true, Field: field, Value: value}
}

func far(field string, value any) relations.Constant {
	return relations.Constant{Field: field, Value: value}
}
