package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// types shortens the declaration of worlds.
type types = []relations.Type

type docs = map[string]string

func TestEmbedsOne(t *testing.T) {
	home := filter.Reach("home", "home")
	geo := home.Reach("geo", "geo")
	friend := filter.Reach("friend", "friends")
	world{
		types: types{
			typ("Patron", "patrons", embedsOne("home", "Address"), bools("ok"), list("friend_ids", relations.String), many("friends", "Patron", "friend_ids")),
			typ("Address", "", strs("city"), nums("zip"), embedsOne("geo", "Geo")),
			typ("Geo", "", strs("zone"), nums("level")),
		},
		docs: docs{"patrons": `
			{"_id": "x1", "home": {"city": "x", "zip": 1, "geo": {"zone": "a", "level": 1}}}
			{"_id": "y2", "home": {"city": "y", "zip": 2, "geo": {"zone": "b", "level": 2}}}
			{"_id": "bare", "home": {}, "ok": true, "friend_ids": ["a"]}
			{"_id": "nulls", "home": {"city": null, "zip": null, "geo": null}}
			{"_id": "bare-geo", "home": {"geo": {}}}
			{"_id": "missing", "ok": true, "friend_ids": ["a"]}
			{"_id": "null", "home": null, "ok": true, "friend_ids": ["a"]}
			{"_id": "scalar", "home": "x", "ok": true, "friend_ids": ["a"]}
			{"_id": "empty-array", "home": [], "ok": true, "friend_ids": ["a"]}
			{"_id": "array", "home": [{"city": "x", "zip": 1, "geo": {"zone": "a", "level": 1}}], "ok": true, "friend_ids": ["a"]}
			{"_id": "two", "home": [{"city": "x", "zip": 2, "geo": {"zone": "a", "level": 2}}, {"city": "y", "zip": 1, "geo": {"zone": "b", "level": 1}}]}
			{"_id": "array-geo", "home": {"city": "x", "zip": 2, "geo": [{"zone": "a", "level": 2}, {"zone": "b", "level": 1}]}}
			{"_id": "scalar-geo", "home": {"city": "y", "zip": 1, "geo": "a"}}
		`},
		rules: []rule{
			{
				name:  "what is not one document reaches nothing and has no known range",
				when:  some(home),
				holds: "x1 y2 bare nulls bare-geo array-geo scalar-geo",
			}, {
				name:  "the fields of the document are compared",
				when:  some(home).Where(home.F("city").Eq("x")),
				holds: "x1 array-geo", not: "y2 scalar-geo", none: "y2 scalar-geo",
			}, {
				name:  "a dotted path compares them too",
				when:  when(f("home.city").Eq("x")),
				holds: "x1 array-geo", none: "y2 scalar-geo",
			}, {
				name:  "IsNull speaks of a document that is reached only",
				when:  some(home).Where(home.F("city").IsNull()),
				holds: "bare nulls bare-geo", not: "x1 y2 array-geo scalar-geo", none: "x1 y2 array-geo scalar-geo",
			}, {
				name:  "IsNull by a dotted path holds where the document around is missing or null, and is unknown where something else stands there",
				when:  when(f("home.city").IsNull()),
				holds: "bare nulls bare-geo missing null", none: "x1 y2 array-geo scalar-geo",
			}, {
				name:  "IsNull beside a condition on the patron, in one alternative",
				when:  some(home).Where(either(when(home.F("city").IsNull(), f("ok").Eq(true)), when(home.F("city").Eq("x")))),
				holds: "x1 bare array-geo", not: "y2 scalar-geo", none: "y2 scalar-geo",
			}, {
				name:  "IsNull beside a condition on the patron's keys, in one alternative",
				when:  some(home).Where(either(some(friend).Where(friend.F("_id").Eq("a"), home.F("city").IsNull()), when(home.F("city").Eq("x")))),
				holds: "x1 bare array-geo", not: "y2 scalar-geo", none: "y2 scalar-geo",
			}, {
				name:  "two conditions are not met by two elements of an array",
				when:  some(home).Where(home.F("city").Eq("x"), home.F("zip").Eq(1)),
				holds: "x1", not: "array-geo", none: "y2 array-geo scalar-geo",
			}, {
				name:  "two conditions by dotted paths are not met by two elements of an array",
				when:  when(f("home.city").Eq("x"), f("home.zip").Eq(1)),
				holds: "x1", not: "array-geo", none: "y2 array-geo scalar-geo",
			}, {
				name:  "every level is guarded",
				when:  some(home, geo).Where(geo.F("zone").Eq("a")),
				holds: "x1", not: "y2", none: "y2",
			}, {
				name:  "every level of a dotted path is guarded",
				when:  when(f("home.geo.zone").Eq("a")),
				holds: "x1", none: "y2",
			}, {
				name:  "IsNull two levels down looks through both",
				when:  when(f("home.geo.zone").IsNull()),
				holds: "bare nulls bare-geo missing null", none: "x1 y2",
			}, {
				name:  "two conditions two levels down are not met by two elements of an array",
				when:  some(home, geo).Where(geo.F("zone").Eq("a"), geo.F("level").Eq(1)),
				holds: "x1", not: "", none: "y2",
			}, {
				name:  "a condition on the outer document can be false without the inner one",
				when:  some(home, geo).Where(home.F("zip").Eq(1), geo.F("zone").Eq("a")),
				holds: "x1", not: "", none: "y2 array-geo",
			},
		},
	}.check(t)
}

func TestReferencesOneByID(t *testing.T) {
	p := filter.Reach("p", "publisher")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id"), one("publisher", "Publisher", "publisher_id")),
			typ("Publisher", "publishers", strs("name")),
		},
		docs: docs{
			"publishers": `
				{"_id": "px", "name": "x"}
				{"_id": "py", "name": "y"}
				{"_id": "bare"}
				{"_id": "nulled", "name": null}
				{"_id": null, "name": "x"}
				{"_id": 1, "name": "x"}
			`,
			"books": `
				{"_id": "x", "publisher_id": "px"}
				{"_id": "y", "publisher_id": "py"}
				{"_id": "bare", "publisher_id": "bare"}
				{"_id": "nulled", "publisher_id": "nulled"}
				{"_id": "dangling", "publisher_id": "nobody"}
				{"_id": "missing"}
				{"_id": "null", "publisher_id": null}
				{"_id": "empty-array", "publisher_id": []}
				{"_id": "array", "publisher_id": ["px"]}
				{"_id": "array-of-two", "publisher_id": ["px", "py"]}
				{"_id": "array-of-null", "publisher_id": [null]}
				{"_id": "number", "publisher_id": 1}
				{"_id": "long", "publisher_id": {"$numberLong": "1"}}
			`,
		},
		rules: []rule{
			{
				name:  "a key that is missing, null, an array or leads nowhere reaches nothing and has no known range",
				when:  some(p),
				holds: "x y bare nulled number long",
			}, {
				name:  "the document with that key is compared; keys are equal as BSON is",
				when:  some(p).Where(p.F("name").Eq("x")),
				holds: "x number long", not: "y", none: "y",
			}, {
				name:  "IsNull speaks of a document that is reached only",
				when:  some(p).Where(p.F("name").IsNull()),
				holds: "bare nulled", not: "x y number long", none: "x y number long",
			},
		},
	}.check(t)
}

func TestReferencesOneByAnotherKey(t *testing.T) {
	w := filter.Reach("w", "writer")
	world{
		types: types{
			typ("Book", "books", strs("pen"), one("writer", "Writer", "pen=pen")),
			typ("Writer", "writers", strs("pen country")),
		},
		docs: docs{
			"writers": `
				{"_id": "w1", "pen": "k", "country": "x"}
				{"_id": "w2", "pen": "k", "country": "y"}
				{"_id": "w3", "pen": "u", "country": "x"}
				{"_id": "w4", "pen": ["k", "l"], "country": "z"}
				{"_id": "w5", "pen": null, "country": "x"}
				{"_id": "w6", "country": "x"}
				{"_id": "w7", "pen": [], "country": "x"}
				{"_id": "w8", "pen": [null], "country": "x"}
				{"_id": "w9", "pen": [["u"]], "country": "y"}
				{"_id": "w10", "pen": ["v", null], "country": "y"}
			`,
			"books": `
				{"_id": "k", "pen": "k"}
				{"_id": "u", "pen": "u"}
				{"_id": "l", "pen": "l"}
				{"_id": "v", "pen": "v"}
				{"_id": "dangling", "pen": "nobody"}
				{"_id": "missing"}
				{"_id": "null", "pen": null}
				{"_id": "empty-array", "pen": []}
				{"_id": "array", "pen": ["u"]}
				{"_id": "array-of-null", "pen": [null]}
			`,
		},
		rules: []rule{
			{
				name:  "a foreign field matches if it is or holds the key",
				when:  some(w),
				holds: "k u l v",
			}, {
				name:  "each document is reached where the key is not unique",
				when:  some(w).Where(w.F("country").Eq("x")),
				holds: "k u", not: "k l v", none: "l v",
			}, {
				name:  "a foreign list that holds a null beside the key is reached",
				when:  some(w).Where(w.F("country").Eq("y")),
				holds: "k v", not: "k u l", none: "u l",
			},
		},
	}.check(t)
}

func TestReferencesOneByTwoPairsOfKeys(t *testing.T) {
	e := filter.Reach("e", "edition")
	world{
		types: types{
			typ("Book", "books", strs("isbn lang"), one("edition", "Edition", "isbn=isbn lang=lang")),
			typ("Edition", "editions", strs("isbn lang format")),
		},
		docs: docs{
			"editions": `
				{"_id": "e1", "isbn": "1", "lang": "en", "format": "x"}
				{"_id": "e2", "isbn": "1", "lang": "fr", "format": "y"}
				{"_id": "e3", "isbn": ["2", "3"], "lang": "en", "format": "x"}
				{"_id": "e4", "isbn": "4", "format": "x"}
				{"_id": "e5", "isbn": "5", "lang": null, "format": "x"}
				{"_id": "e6", "lang": "en", "format": "x"}
				{"_id": "e7", "format": "x"}
			`,
			"books": `
				{"_id": "en1", "isbn": "1", "lang": "en"}
				{"_id": "fr1", "isbn": "1", "lang": "fr"}
				{"_id": "de1", "isbn": "1", "lang": "de"}
				{"_id": "en3", "isbn": "3", "lang": "en"}
				{"_id": "second-missing", "isbn": "4"}
				{"_id": "second-null", "isbn": "5", "lang": null}
				{"_id": "first-missing", "lang": "en"}
				{"_id": "both-missing"}
				{"_id": "first-array", "isbn": ["1"], "lang": "en"}
				{"_id": "second-array", "isbn": "1", "lang": ["en"]}
			`,
		},
		rules: []rule{
			{
				name:  "every pair must be equal, and every local key set and one value",
				when:  some(e),
				holds: "en1 fr1 en3",
			}, {
				name:  "the document that all pairs lead to is compared",
				when:  some(e).Where(e.F("format").Eq("x")),
				holds: "en1 en3", not: "fr1", none: "fr1",
			},
		},
	}.check(t)
}

func TestReferencesOneWithConstants(t *testing.T) {
	p := filter.Reach("p", "publisher")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id kind"),
				one("publisher", "Publisher", "publisher_id", near("kind", "print"), far("active", true))),
			typ("Publisher", "publishers", strs("name"), bools("active")),
		},
		docs: docs{
			"publishers": `
				{"_id": "on", "active": true, "name": "x"}
				{"_id": "on-y", "active": true, "name": "y"}
				{"_id": "off", "active": false, "name": "x"}
				{"_id": "unsaid", "name": "y"}
			`,
			"books": `
				{"_id": "x", "publisher_id": "on", "kind": "print"}
				{"_id": "y", "publisher_id": "on-y", "kind": "print"}
				{"_id": "far-false", "publisher_id": "off", "kind": "print"}
				{"_id": "far-unknown", "publisher_id": "unsaid", "kind": "print"}
				{"_id": "near-false", "publisher_id": "on-y", "kind": "audio"}
				{"_id": "near-unknown", "publisher_id": "on-y"}
				{"_id": "near-listed", "publisher_id": "on", "kind": ["print", "audio"]}
			`,
		},
		rules: []rule{
			{
				name:  "a to-one relation has reached its document only if the constants of both sides are true",
				when:  some(p),
				holds: "x y near-listed", none: "near-false",
			}, {
				name:  "a constant of the near side that is false reaches nothing, and that is known",
				when:  some(p).Where(p.F("name").Eq("x")),
				holds: "x near-listed", not: "y", none: "near-false y",
			},
		},
	}.check(t)
}

func TestReferencesOneByAKeyInAnEmbeddedDocument(t *testing.T) {
	o := filter.Reach("o", "owner")
	place := filter.Reach("place", "place")
	landlord := place.Reach("l", "landlord")
	world{
		types: types{
			typ("Book", "books", embedsOne("place", "Place"), one("owner", "User", "place.deed.owner_id")),
			typ("Place", "", strs("landlord_id"), embedsOne("deed", "Deed"), one("landlord", "User", "landlord_id")),
			typ("Deed", "", strs("owner_id")),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
				{"_id": null, "name": "x"}
			`,
			"books": `
				{"_id": "x", "place": {"landlord_id": "ux", "deed": {"owner_id": "ux"}}}
				{"_id": "y", "place": {"landlord_id": "uy", "deed": {"owner_id": "uy"}}}
				{"_id": "bare", "place": {"deed": {}}}
				{"_id": "missing"}
				{"_id": "scalar", "place": "ux"}
				{"_id": "scalar-deed", "place": {"deed": "ux"}}
				{"_id": "array", "place": [{"landlord_id": "ux", "deed": {"owner_id": "ux"}}]}
				{"_id": "array-deed", "place": {"landlord_id": "uy", "deed": [{"owner_id": "ux"}]}}
				{"_id": "array-key", "place": {"landlord_id": ["ux"], "deed": {"owner_id": ["ux"]}}}
			`,
		},
		rules: []rule{
			{
				name:  "local paths cross single documents only, at every level",
				when:  some(o),
				holds: "x y",
			}, {
				name:  "a condition on what the key reaches",
				when:  some(o).Where(o.F("name").Eq("x")),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "a relation of the embedded type starts from the embedded document",
				when:  some(place, landlord).Where(landlord.F("name").Eq("x")),
				holds: "x", not: "y array-deed", none: "y array-deed",
			},
		},
	}.check(t)
}

func TestSelfReference(t *testing.T) {
	boss := filter.Reach("boss", "boss")
	upper := boss.Reach("upper", "boss")
	world{
		types: types{typ("User", "users", strs("name boss_id"), one("boss", "User", "boss_id"))},
		docs: docs{"users": `
			{"_id": "top", "name": "t"}
			{"_id": "mid", "name": "m", "boss_id": "top"}
			{"_id": "low", "name": "l", "boss_id": "mid"}
			{"_id": "own", "name": "o", "boss_id": "own"}
			{"_id": "hen", "name": "h", "boss_id": "egg"}
			{"_id": "egg", "name": "e", "boss_id": "hen"}
		`},
		rules: []rule{
			{
				name:  "a relation to the same type reaches another document",
				when:  some(boss).Where(boss.F("name").Eq("m")),
				holds: "low", not: "mid own hen egg", none: "mid own hen egg",
			}, {
				name:  "it may reach the document itself",
				when:  some(boss).Where(boss.F("name").Eq(f("name"))),
				holds: "own", not: "mid low hen egg", none: "mid low hen egg",
			}, {
				name:  "it may be followed twice in a row",
				when:  some(boss, upper).Where(upper.F("name").Eq("t")),
				holds: "low", not: "own hen egg", none: "own hen egg",
			}, {
				name:  "a circle of two leads back",
				when:  some(boss, upper).Where(upper.F("name").Eq(f("name"))),
				holds: "own hen egg", not: "low", none: "low",
			},
		},
	}.check(t)
}
