package integration_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// construct is a row of the table in the package documentation.
type construct struct {
	row   string
	cases []kase
}

// kase is a condition in a policy, and the documents for which it holds, or the construct that it is refused for.
type kase struct {
	condition string
	holds     func(f facts) bool
	refused   string // the construct of an UnsupportedError
	fails     string // the kind of an EngineError
	unloaded  string // the construct of an UnsupportedError of New
}

// facts are what an expectation is made of: a document as Go decodes it, the actor, and what the document leads to.
type facts struct {
	Doc
	actor               User
	owner, editor       *User
	members, colleagues []User
	team, ownerTeam     *Team
	others              []User
	actorTeam           *Team
}

func is[T comparable](p *T, v T) bool { return p != nil && *p == v }

func find(us []User, key bson.ObjectID) *User {
	for i := range us {
		if us[i].ID == key {
			return &us[i]
		}
	}
	return nil
}

func findTeam(key *int) *Team {
	ts := teams()
	for i := range ts {
		if is(key, ts[i].ID) {
			return &ts[i]
		}
	}
	return nil
}

func factsOf(tb testing.TB, d Doc, actor User) facts {
	us := users(tb)
	f := facts{Doc: d, actor: actor, owner: find(us, d.OwnerID), team: findTeam(&d.TeamID), actorTeam: findTeam(actor.TeamID), others: us}
	if d.EditorID != nil {
		f.editor = find(us, *d.EditorID)
	}
	for _, m := range d.Members {
		if u := find(us, m); u != nil {
			f.members = append(f.members, *u)
		}
	}
	for _, u := range us {
		if f.team != nil && is(u.TeamID, f.team.ID) {
			f.colleagues = append(f.colleagues, u)
		}
	}
	if f.owner != nil {
		f.ownerTeam = findTeam(f.owner.TeamID)
	}
	return f
}

func anyItem(f facts, is func(Item) bool) bool { return slices.ContainsFunc(f.Items, is) }

var constructs = []construct{
	{"d.Field = value, value = d.Field, ==", []kase{
		{condition: `d.Public = true`, holds: func(f facts) bool { return f.Public }},
		{condition: `d.Public`, holds: func(f facts) bool { return f.Public }},
		{condition: `"b" = d.Title`, holds: func(f facts) bool { return f.Title == "b" }},
		{condition: `d.Title == "ä"`, holds: func(f facts) bool { return f.Title == "ä" }},
		{condition: `d.Title = "a.b"`, holds: func(f facts) bool { return f.Title == "a.b" }},
		{condition: `d.Level = 3`, holds: func(f facts) bool { return is(f.Level, 3) }},
		{condition: `d.Price = 2.75`, holds: func(f facts) bool { return f.Price == 2.75 }},
		{condition: `d.Price = 3`, holds: func(f facts) bool { return f.Price == 3 }},
		{condition: `x = d.Title and x = "b"`, holds: func(f facts) bool { return f.Title == "b" }},
		{condition: `[d.Title, 1] = ["b", 1]`, holds: func(f facts) bool { return f.Title == "b" }},
		{condition: `d.Any = 3`, holds: func(f facts) bool { return f.Any == int32(3) }},
	}},
	{"d.Field != value", []kase{
		{condition: `d.Public != true`, holds: func(f facts) bool { return !f.Public }},
		{condition: `d.Level != 3`, holds: func(f facts) bool { return !is(f.Level, 3) }},
		{condition: `d.Nick != "a"`, holds: func(f facts) bool { return !is(f.Nick, "a") }},
		{condition: `d.Hidden != true`, holds: func(f facts) bool { return !is(f.Hidden, true) }},
	}},
	{"d.Field < value, <=, >, >=", []kase{
		{condition: `d.Price < 2.75`, holds: func(f facts) bool { return f.Price < 2.75 }},
		{condition: `d.Price <= 2.75`, holds: func(f facts) bool { return f.Price <= 2.75 }},
		{condition: `2.6 < d.Price`, holds: func(f facts) bool { return f.Price > 2.6 }},
		{condition: `d.Title > "a"`, holds: func(f facts) bool { return f.Title > "a" }},
		{condition: `d.Level >= 3`, holds: func(f facts) bool { return f.Level != nil && *f.Level >= 3 }},
		{condition: `d.Public < true`, refused: "_this.Public < ?"},
		{condition: `d.Title < 5`, refused: "_this.Title < ?"},
	}},
	{"d.Field = u.Field", []kase{
		{condition: `d.Price >= u.Score`, holds: func(f facts) bool { return f.Price >= f.actor.Score }},
		{condition: `d.Price = u.Score`, holds: func(f facts) bool { return f.Price == f.actor.Score }},
		{condition: `d.Status = u.Status`, holds: func(f facts) bool { return f.Status == f.actor.Status }},
		{condition: `d.Status = "draft" and u.Status = "open"`, holds: func(f facts) bool { return f.Status == "draft" && f.actor.Status == "open" }},
		{condition: `d.At = u.Born`, holds: func(f facts) bool { return f.At.Equal(f.actor.Born) }},
		{condition: `d.At < u.Born`, holds: func(f facts) bool { return f.At.Before(f.actor.Born) }},
		{condition: `not (d.At < u.Born)`, holds: func(f facts) bool { return !f.At.Before(f.actor.Born) }},
		{condition: `d.Device = u.Device`, holds: func(f facts) bool { return f.Device == f.actor.Device }},
		{condition: `d.Device != u.Device`, holds: func(f facts) bool { return f.Device != f.actor.Device }},
		{condition: `d.Cost = u.Credit`, holds: func(f facts) bool { return f.Cost.String() != "7" && f.actor.Name == "ann" }},
		{condition: `d.Serial = u.Serial`, holds: func(f facts) bool { return f.Serial == f.actor.Serial }},
		{condition: `d.OwnerID = u.ID`, holds: func(f facts) bool { return f.OwnerID == f.actor.ID }},
		{condition: `d.OwnerID != u.ID`, holds: func(f facts) bool { return f.OwnerID != f.actor.ID }},
		{condition: `d.EditorID = u.ID`, holds: func(f facts) bool { return is(f.EditorID, f.actor.ID) }},
		{condition: `d.EditorID != u.ID`, holds: func(f facts) bool { return !is(f.EditorID, f.actor.ID) }},
		{condition: `u.Score > 2.5 and d.Public`, holds: func(f facts) bool { return f.actor.Score > 2.5 && f.Public }},
		{condition: `u.Name = "ann" and d.Floor = u.Attrs.floor`, holds: func(f facts) bool { return false }},
		{condition: `u.Name = "ann" and d.Price > u.Attrs.floor`, holds: func(f facts) bool { return f.actor.Name == "ann" && f.Price > 1.5 }},
		{condition: `d.Title = u.ID`, refused: "? = _this.Title"},
	}},
	{"d.Field = nil, d.Field != nil", []kase{
		{condition: `d.Level = nil`, holds: func(f facts) bool { return f.Level == nil }},
		{condition: `d.Level != nil`, holds: func(f facts) bool { return f.Level != nil }},
		{condition: `not d.Level = nil`, holds: func(f facts) bool { return f.Level != nil }},
		{condition: `d.EditorID = nil`, holds: func(f facts) bool { return f.EditorID == nil }},
		{condition: `d.Address.Zip = nil`, holds: func(f facts) bool { return f.Address.Zip == nil }},
		{condition: `d.Title = nil`, holds: func(facts) bool { return false }},
		{condition: `d.Title != nil`, holds: func(facts) bool { return true }},
		{condition: `d.Any = nil`, holds: func(f facts) bool { return f.Any == nil }},
	}},
	{"d.Field = u.Field, where it is nil", []kase{
		{condition: `d.Level = u.Level`, holds: func(f facts) bool {
			return f.Level == nil && f.actor.Level == nil || f.actor.Level != nil && is(f.Level, *f.actor.Level)
		}},
		{condition: `d.Level != u.Level`, holds: func(f facts) bool {
			return !(f.Level == nil && f.actor.Level == nil || f.actor.Level != nil && is(f.Level, *f.actor.Level))
		}},
	}},
	{"d.Field = d.Other", []kase{
		{condition: `d.Level = d.Floor`, holds: func(f facts) bool { return f.Level == nil && f.Floor == nil || f.Level != nil && is(f.Floor, *f.Level) }},
		{condition: `d.Level != d.Floor`, holds: func(f facts) bool {
			return !(f.Level == nil && f.Floor == nil || f.Level != nil && is(f.Floor, *f.Level))
		}},
		{condition: `d.Level > d.Floor`, holds: func(f facts) bool { return f.Level != nil && f.Floor != nil && *f.Level > *f.Floor }},
		{condition: `d.Title = d.Address.City`, holds: func(f facts) bool { return f.Title == f.Address.City }},
		{condition: `d.owner.Name != d.Title and d.owner.Level = d.Level`, holds: func(f facts) bool {
			return f.owner != nil && (f.owner.Level == nil && f.Level == nil || f.owner.Level != nil && is(f.Level, *f.owner.Level))
		}},
		{condition: `d.Title = d.Price`, refused: "_this.Price = _this.Title"},
	}},
	{"d.Field in [a, b], d.Field in u.List", []kase{
		{condition: `d.Status in ["draft", "x"]`, holds: func(f facts) bool { return f.Status == "draft" || f.Status == "x" }},
		{condition: `d.Title in u.Roles`, holds: func(f facts) bool { return slices.Contains(f.actor.Roles, f.Title) }},
		{condition: `t in u.Roles and d.Title = t`, holds: func(f facts) bool { return slices.Contains(f.actor.Roles, f.Title) }},
		{condition: `not d.Status in ["draft", "x"]`, holds: func(f facts) bool { return f.Status == "open" }},
		{condition: `not (d.Nick in ["a", "c"])`, holds: func(f facts) bool { return !is(f.Nick, "a") }},
		{condition: `g in u.Grants and d.Title = g.Kind and d.Level < g.Max`, holds: func(f facts) bool {
			return f.Level != nil && slices.ContainsFunc(f.actor.Grants, func(g Grant) bool { return g.Kind == f.Title && *f.Level < g.Max })
		}},
		{condition: `d.Level in [1, 3] and d.Status in ["draft", "open"]`, holds: func(f facts) bool { return (is(f.Level, 1) || is(f.Level, 3)) && f.Status != "x" }},
	}},
	{"value in d.List", []kase{
		{condition: `"x" in d.Tags`, holds: func(f facts) bool { return slices.Contains(f.Tags, "x") }},
		{condition: `t in d.Tags and t = "a"`, holds: func(f facts) bool { return slices.Contains(f.Tags, "a") }},
		{condition: `t in u.Roles and t in d.Tags`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.actor.Roles, func(r string) bool { return slices.Contains(f.Tags, r) })
		}},
		{condition: `u.ID in d.Members`, holds: func(f facts) bool { return slices.Contains(f.Members, f.actor.ID) }},
		{condition: `d.Title in d.Tags`, holds: func(f facts) bool { return slices.Contains(f.Tags, f.Title) }},
		{condition: `not d.Title in d.Tags`, holds: func(f facts) bool { return !slices.Contains(f.Tags, f.Title) }},
		{condition: `not d.Nick in d.Tags`, holds: func(f facts) bool { return f.Nick == nil || !slices.Contains(f.Tags, *f.Nick) }},
		{condition: `5 in d.Tags`, refused: "? in _this.Tags"},
		{condition: `nil in d.Tags`, refused: "? in _this.Tags"},
		{condition: `"x" in d.Title`, refused: "? in _this.Title"},
	}},
	{"not value in d.List", []kase{
		{condition: `not "a" in d.Tags`, holds: func(f facts) bool { return !slices.Contains(f.Tags, "a") }},
		{condition: `not "a" in d.Labels`, holds: func(f facts) bool { return !slices.Contains(f.Labels, "a") }},
		{condition: `not u.ID in d.Members`, holds: func(f facts) bool { return !slices.Contains(f.Members, f.actor.ID) }},
	}},
	{"e in d.List and e < value", []kase{
		{condition: `n in d.Numbers and n > 1`, holds: func(f facts) bool { return slices.ContainsFunc(f.Numbers, func(n int) bool { return n > 1 }) }},
		{condition: `n in d.Numbers and n > 1 and n < 9`, refused: "_n_22 < ?"},
		{condition: `n in d.Numbers and n != 1`, refused: "_n_20 != ?"},
		{condition: `n in d.Numbers and n = d.Level`, holds: func(f facts) bool { return f.Level != nil && slices.Contains(f.Numbers, *f.Level) }},
	}},
	{"_ in d.List, d.List = []", []kase{
		{condition: `_ in d.Tags`, holds: func(f facts) bool { return len(f.Tags) > 0 }},
		{condition: `d.Tags = []`, holds: func(f facts) bool { return len(f.Tags) == 0 }},
		{condition: `d.Tags != []`, holds: func(f facts) bool { return len(f.Tags) > 0 }},
		{condition: `not d.Labels = []`, holds: func(f facts) bool { return len(f.Labels) > 0 }},
		{condition: `d.Tags = nil`, holds: func(facts) bool { return false }},
		{condition: `d.Tags = ["a"]`, refused: "? = _this.Tags"},
		{condition: `[first] = d.Tags and first = "a"`, refused: "? = _this.Tags"},
	}},
	{"d.Embedded.Field", []kase{
		{condition: `d.Address.City = "a"`, holds: func(f facts) bool { return f.Address.City == "a" }},
		{condition: `d.Address.Zip != 8`, holds: func(f facts) bool { return !is(f.Address.Zip, 8) }},
		{condition: `d.Address matches Address{City: "a"}`, holds: func(f facts) bool { return f.Address.City == "a" }},
		{condition: `a = d.Address and a.City = "a" and a.Zip = 8`, holds: func(f facts) bool { return f.Address.City == "a" && is(f.Address.Zip, 8) }},
	}},
	{"d.Embedded = nil, d.Embedded != nil", []kase{
		{condition: `d.Stamp = nil`, holds: func(f facts) bool { return f.Stamp == nil }},
		{condition: `d.Stamp != nil`, holds: func(f facts) bool { return f.Stamp != nil }},
		{condition: `not d.Stamp matches Address`, holds: func(f facts) bool { return f.Stamp == nil }},
		{condition: `d.Stamp = nil or d.Stamp.Zip = nil`, holds: func(f facts) bool { return f.Stamp == nil || f.Stamp.Zip == nil }},
		{condition: `d.Address = nil`, holds: func(facts) bool { return false }},
		{condition: `d.Address != nil`, holds: func(facts) bool { return true }},
	}},
	{"d.relation.Field", []kase{
		{condition: `d.owner.Name = "ann"`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name == "ann" }},
		{condition: `d.Owner.Name = "ann"`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name == "ann" }},
		{condition: `d.owner.Name != "ann"`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name != "ann" }},
		{condition: `not d.owner.Name = "ann"`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name != "ann" }},
		{condition: `d.editor.Level != 3`, holds: func(f facts) bool { return f.editor != nil && !is(f.editor.Level, 3) }},
		{condition: `d.owner.team.Name = "red"`, holds: func(f facts) bool { return f.ownerTeam != nil && f.ownerTeam.Name == "red" }},
		{condition: `d.owner.Name = "ann" and d.editor.Name = "ben"`, holds: func(f facts) bool {
			return f.owner != nil && f.owner.Name == "ann" && f.editor != nil && f.editor.Name == "ben"
		}},
		{condition: `"a" in d.owner.Roles`, holds: func(f facts) bool { return f.owner != nil && slices.Contains(f.owner.Roles, "a") }},
		{condition: `not "a" in d.owner.Roles`, holds: func(f facts) bool { return f.owner != nil && !slices.Contains(f.owner.Roles, "a") }},
		{condition: `not (d.owner.Name = "ann" and d.Public = true)`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name != "ann" || !f.Public }},
	}},
	{"d.relation = u, d.relation != u", []kase{
		{condition: `d.owner = u`, holds: func(f facts) bool { return f.OwnerID == f.actor.ID }},
		{condition: `u = d.editor`, holds: func(f facts) bool { return is(f.EditorID, f.actor.ID) }},
		{condition: `d.owner != u`, holds: func(f facts) bool { return f.owner != nil && f.OwnerID != f.actor.ID }},
		{condition: `d.editor != u`, holds: func(f facts) bool { return f.editor != nil && *f.EditorID != f.actor.ID }},
		{condition: `not d.editor = u`, holds: func(f facts) bool { return f.editor != nil && *f.EditorID != f.actor.ID }},
		{condition: `d.owner.team = u.team`, holds: func(f facts) bool {
			return f.actorTeam != nil && f.ownerTeam != nil && f.actorTeam.ID == f.ownerTeam.ID
		}},
		{condition: `d.owner = "ann"`, refused: "? = _this.owner"},
		{condition: `d.team = u`, refused: "? = _this.team"},
	}},
	{"d.relation = d.other", []kase{
		{condition: `d.owner = d.editor`, holds: func(f facts) bool { return f.owner != nil && f.editor != nil && f.owner.ID == f.editor.ID }},
		{condition: `d.owner != d.editor`, holds: func(f facts) bool { return f.owner != nil && f.editor != nil && f.owner.ID != f.editor.ID }},
		{condition: `d.owner.team = d.team`, holds: func(f facts) bool { return f.ownerTeam != nil && f.team != nil && f.ownerTeam.ID == f.team.ID }},
		{condition: `d.team = d.owner`, refused: "_this.owner = _this.team"},
	}},
	{"d.relation != nil, d.relation matches Class", []kase{
		{condition: `d.editor != nil`, holds: func(f facts) bool { return f.editor != nil }},
		{condition: `d.editor matches User`, holds: func(f facts) bool { return f.editor != nil }},
		{condition: `d.editor matches User and d.editor.Name = "ben"`, holds: func(f facts) bool { return f.editor != nil && f.editor.Name == "ben" }},
		{condition: `d.editor = nil`, holds: func(facts) bool { return false }},
		{condition: `not d.editor = nil`, holds: func(f facts) bool { return f.editor != nil }},
		{condition: `d.editor matches Team`, holds: func(facts) bool { return false }},
	}},
	{"d.Field matches String, Integer, Float, Boolean", []kase{
		{condition: `d.Title matches String`, holds: func(facts) bool { return true }},
		{condition: `d.Nick matches String`, holds: func(f facts) bool { return f.Nick != nil }},
		{condition: `d.Level matches Integer`, holds: func(f facts) bool { return f.Level != nil }},
		{condition: `d.Level matches String`, holds: func(facts) bool { return false }},
		{condition: `d.Any matches String`, fails: "UnregisteredClassError"},
		{condition: `not d.Any matches String`, fails: "UnregisteredClassError"},
	}},
	{"d matches Doc{Field: value}", []kase{
		{condition: `d matches Doc{Public: true, Title: "b"}`, holds: func(f facts) bool { return f.Public && f.Title == "b" }},
		{condition: `d matches {Title: "b"}`, holds: func(f facts) bool { return f.Title == "b" }},
	}},
	{"x in d.relations and x.Field = value", []kase{
		{condition: `i in d.Items and i.Kind = "a"`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return i.Kind == "a" }) }},
		{condition: `i in d.Items and i.Kind = "a" and i.Qty = 2`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return i.Kind == "a" && is(i.Qty, 2) }) }},
		{condition: `i in d.Items and i.Kind = "a" and j in d.Items and j.Qty = 2`, holds: func(f facts) bool {
			return anyItem(f, func(i Item) bool { return i.Kind == "a" }) && anyItem(f, func(i Item) bool { return is(i.Qty, 2) })
		}},
		{condition: `i in d.Items and not i.Qty = 2`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return !is(i.Qty, 2) }) }},
		{condition: `i in d.Items and not (i.Kind = "a" and i.Qty = 2)`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return !(i.Kind == "a" && is(i.Qty, 2)) }) }},
		{condition: `i in d.Items and i matches Item and i.Kind = "b"`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return i.Kind == "b" }) }},
		{condition: `i in d.Items and i.Kind = d.Title`, holds: func(f facts) bool { return anyItem(f, func(i Item) bool { return i.Kind == f.Title }) }},
		{condition: `_ in d.Items`, holds: func(f facts) bool { return len(f.Items) > 0 }},
		{condition: `m in d.members and m.Name = "cyd"`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.members, func(u User) bool { return u.Name == "cyd" })
		}},
		{condition: `m in d.colleagues and m.Score > 2`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.colleagues, func(u User) bool { return u.Score > 2 })
		}},
		{condition: `m in d.members and m in d.colleagues`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.members, func(u User) bool { return find(f.colleagues, u.ID) != nil })
		}},
		{condition: `m in d.members and r in m.Roles and r = d.Title`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.members, func(u User) bool { return slices.Contains(u.Roles, f.Title) })
		}},
	}},
	{"u in d.relations, not u in d.relations", []kase{
		{condition: `u in d.members`, holds: func(f facts) bool { return slices.Contains(f.Members, f.actor.ID) }},
		{condition: `not u in d.members`, holds: func(f facts) bool { return !slices.Contains(f.Members, f.actor.ID) }},
		{condition: `m in d.members and m = u`, holds: func(f facts) bool { return slices.Contains(f.Members, f.actor.ID) }},
		{condition: `u in d.colleagues`, holds: func(f facts) bool { return find(f.colleagues, f.actor.ID) != nil }},
		{condition: `d.owner in d.members`, holds: func(f facts) bool { return f.owner != nil && slices.Contains(f.Members, f.OwnerID) }},
		{condition: `not d.owner in d.members`, refused: "_this.owner in _this.members"},
	}},
	{"not (A and B), not (A or B), not not A", []kase{
		{condition: `not (d.Status = "draft" and d.Public = true)`, holds: func(f facts) bool { return !(f.Status == "draft" && f.Public) }},
		{condition: `not (d.Status = "draft" or d.Level = 3)`, holds: func(f facts) bool { return !(f.Status == "draft" || is(f.Level, 3)) }},
		{condition: `not d.Public`, holds: func(f facts) bool { return !f.Public }},
		{condition: `not (not (d.Level = 3))`, holds: func(f facts) bool { return is(f.Level, 3) }},
		{condition: `x = d.Level and not x = 3`, holds: func(f facts) bool { return !is(f.Level, 3) }},
		{condition: `not (d.Public = true and (d.Status = "x" or d.Level = 3))`, holds: func(f facts) bool { return !(f.Public && (f.Status == "x" || is(f.Level, 3))) }},
		{condition: `not (d.Status in u.Roles) and not (d.Title in u.Roles) and not d.Public and not (u.Name in d.Tags)`, holds: func(f facts) bool {
			return !slices.Contains(f.actor.Roles, string(f.Status)) && !slices.Contains(f.actor.Roles, f.Title) && !f.Public && !slices.Contains(f.Tags, f.actor.Name)
		}},
		{condition: `not (i in d.Items and i.Kind = "a")`, unloaded: "not"},
		{condition: `not helper(u, d)`, holds: func(f facts) bool { return f.owner != nil && f.OwnerID != f.actor.ID && f.Status != "x" }},
		{condition: `not (not helper(u, d))`, holds: func(f facts) bool { return f.OwnerID == f.actor.ID || f.Status == "x" }},
	}},
	{"A or B", []kase{
		{condition: `d.Public or d.owner = u or d.editor.Name = "ben"`, holds: func(f facts) bool {
			return f.Public || f.OwnerID == f.actor.ID || f.editor != nil && f.editor.Name == "ben"
		}},
		{condition: `(d.Public = true or d.Status = "draft") and (d.Level = 1 or d.Level = 3)`, holds: func(f facts) bool {
			return (f.Public || f.Status == "draft") && (is(f.Level, 1) || is(f.Level, 3))
		}},
	}},
	{"rules, helpers, rule heads", []kase{
		{condition: `helper(u, d)`, holds: func(f facts) bool { return f.OwnerID == f.actor.ID || f.Status == "x" }},
		{condition: `r in u.Roles and grants(r, d)`, holds: func(f facts) bool {
			return slices.Contains(f.actor.Roles, "a") && f.Public || slices.Contains(f.actor.Roles, "b") && f.Level == nil
		}},
		{condition: `named(d.owner)`, holds: func(f facts) bool { return f.owner != nil && f.owner.Name == "ann" }},
	}},
	{"u.relation.Field", []kase{
		{condition: `u.team != nil and u.team.Name = "red" and d.Public`, holds: func(f facts) bool { return f.actorTeam != nil && f.actorTeam.Name == "red" && f.Public }},
		{condition: `u.team != nil and d.TeamID = u.team.ID`, holds: func(f facts) bool { return f.actorTeam != nil && f.TeamID == f.actorTeam.ID }},
		{condition: `u.team != nil and d.team = u.team`, holds: func(f facts) bool { return f.actorTeam != nil && f.TeamID == f.actorTeam.ID }},
		{condition: `u.team != nil and u.team.Limit != nil and d.Price > u.team.Limit`, holds: func(f facts) bool {
			return f.actorTeam != nil && f.actorTeam.Limit != nil && f.Price > *f.actorTeam.Limit
		}},
		{condition: `u.team != nil and v in u.team.users and d.owner = v`, holds: func(f facts) bool {
			return f.actorTeam != nil && f.owner != nil && is(f.owner.TeamID, f.actorTeam.ID)
		}},
	}},
	{"u.Method(value), r.Method()", []kase{
		{condition: `u.Has("a") and d.Public`, holds: func(f facts) bool { return slices.Contains(f.actor.Roles, "a") && f.Public }},
		{condition: `not u.Has("a")`, holds: func(f facts) bool { return !slices.Contains(f.actor.Roles, "a") }},
		{condition: `d.Title in u.Initials()`, holds: func(f facts) bool { return f.Title == f.actor.Name[:1] }},
		{condition: `d.Level < u.Reach(2)`, holds: func(f facts) bool { return f.Level != nil && *f.Level < len(f.actor.Roles)+2 }},
		{condition: `g in u.Grants and g.Covers(3) and d.Title = g.Kind`, holds: func(f facts) bool {
			return slices.ContainsFunc(f.actor.Grants, func(g Grant) bool { return g.Covers(3) && g.Kind == f.Title })
		}},
		{condition: `u.Has(d.Title)`, refused: "User.Has()"},
		{condition: `u.Method() = d.Title`, refused: "User.Method()"},
	}},
	{"forall(x in d.List, …), not (x in d.List and …)", []kase{
		{condition: `forall(i in d.Items, i.Kind = "a")`, unloaded: "not"},
		{condition: `not (i in d.Items and i.Kind = "a")`, unloaded: "not"},
		{condition: `forall(r in u.Roles, r != d.Title)`, holds: func(f facts) bool { return !slices.Contains(f.actor.Roles, f.Title) }},
	}},
	{"d.relations.Field", []kase{
		{condition: `d.members.Name = "ann"`, refused: "_this.members.Name"},
		{condition: `d.Title.Length = 3`, refused: "_this.Title.Length"},
	}},
	{"d.Unknown", []kase{{condition: `d.Nope = 3`, refused: "_this.Nope"}}},
	{"d.Field + 1, d.Method(), new", []kase{
		{condition: `d.Level + 1 = 4`, refused: "_this.Level + ? + ?"},
		{condition: `d.Title.StartsWith("a")`, fails: "RuntimeErrorUnsupported"},
	}},
	{"_ = d.Field", []kase{{condition: `_ = d.editor`, unloaded: "_ = ?"}, {condition: `d.editor = _e`, unloaded: "_e = ?"}}},
	{"d.(name)", []kase{{condition: `d.("Title") = "a"`, unloaded: "a computed attribute"}}},
	{"x = d.Field and y = d.Other and x = y", []kase{
		{condition: `x = d.Title and y = d.Status and x = y`, holds: func(f facts) bool { return f.Title == string(f.Status) }},
	}},
	{"h(x, x), [d.Field] = [d.Other]", []kase{{condition: `x = d.Title and [x] = [d.Status]`, unloaded: "="}}},
	{"cut, print(…), debug(…)", []kase{
		{condition: `d.Public and cut`, unloaded: "cut"},
		{condition: `print(u) and d.Public`, unloaded: "print"},
		{condition: `debug() and d.Public`, unloaded: "debug"},
		{condition: `d.Title = "cut" # cut`, holds: func(f facts) bool { return f.Title == "cut" }},
	}},
}
