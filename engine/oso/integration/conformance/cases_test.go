package conformance_test

// doc is the head of most policies.
const doc = `allow(u: User, "read", d: Doc) if `

var cases = []policyCase{
	// Everything and nothing.
	{name: "everything", policy: `allow(_: User, "read", _: Doc);`},
	{name: "another action", policy: `allow(_: User, "write", _: Doc);`},
	{name: "another class", policy: `allow(_: User, "read", _: Item);`},
	{name: "another actor", policy: `allow(_: Team, "read", _: Doc);`},
	{name: "untyped", policy: `allow(_, _, _);`},
	{name: "a rule of constants that is false", policy: `allow(_: User, "read", _: Doc) if 1 = 2;`},
	{name: "only for roots", policy: `allow(u: User, "read", _: Doc) if u.Root;`},
	{name: "only for those who are not", policy: `allow(u: User, "read", _: Doc) if not u.Root;`},
	{name: "one by one", policy: `allow(_: User{ID: "amy"}, "read", _: Doc); allow(_: User{ID: "bob"}, "read", d: Doc) if d.Public;`},
	{name: "the action as a value", policy: `allow(_: User, action, d: Doc) if action in ["read", "list"] and d.Public = true;`},
	{name: "the action compared with a field", policy: `allow(_: User, action, d: Doc) if d.OwnerID = action;`},

	// Fields and values.
	{name: "own", policy: doc + `d.OwnerID = u.ID;`},
	{name: "own, turned round", policy: doc + `u.ID = d.OwnerID;`},
	{name: "not own", policy: doc + `d.OwnerID != u.ID;`},
	{name: "a flag", policy: `allow(_: User, "read", d: Doc) if d.Public;`},
	{name: "a flag that is false", policy: `allow(_: User, "read", d: Doc) if d.Public = false;`},
	{name: "not a flag", policy: `allow(_: User, "read", d: Doc) if not d.Public;`},
	{name: "two flags", policy: doc + `u.Root and d.Public;`},
	{name: "a literal", policy: `allow(_: User, "read", d: Doc) if d.Level = 2;`},
	{name: "a negative literal", policy: `allow(_: User, "read", d: Doc) if d.Level = -1;`},
	{name: "a literal unlike", policy: `allow(_: User, "read", d: Doc) if d.Level != 2;`},
	{name: "the empty text", policy: `allow(_: User, "read", d: Doc) if d.Lang = "";`},
	{name: "a text that looks like a path", policy: `allow(_: User, "read", d: Doc) if d.Lang = "$owner";`},
	{name: "a pattern in the head", policy: `allow(_: User, "read", _: Doc{Public: true, Level: 3});`},
	{name: "a pattern in the body", policy: `allow(_: User, "read", d: Doc) if d matches Doc{Public: true};`},
	{name: "a variable between", policy: doc + `x = d.OwnerID and y = u.ID and x = y;`},
	{name: "two fields", policy: `allow(_: User, "read", d: Doc) if d.OwnerID = d.EditorID;`},
	{name: "two fields unlike", policy: `allow(_: User, "read", d: Doc) if d.OwnerID != d.EditorID;`},
	{name: "two fields that may be nil", policy: `allow(_: User, "read", d: Doc) if d.EditorID = d.TeamID;`},
	{name: "two fields that may be nil, unlike", policy: `allow(_: User, "read", d: Doc) if d.EditorID != d.TeamID;`},
	{name: "a contradiction", policy: `allow(_: User, "read", d: Doc) if d.Level = 1 and d.Level = 2;`},

	// Order.
	{name: "less", policy: doc + `d.Level < u.Level;`},
	{name: "at most", policy: doc + `d.Level <= u.Level;`},
	{name: "more", policy: doc + `d.Level > u.Level;`},
	{name: "at least", policy: doc + `u.Level <= d.Level;`},
	{name: "between", policy: `allow(_: User, "read", d: Doc) if d.Level > 0 and 3 > d.Level;`},
	{name: "not less", policy: doc + `not d.Level < u.Level;`},
	{name: "order of texts", policy: `allow(_: User, "read", d: Doc) if d.OwnerID < "bz";`},
	{name: "order of two fields", policy: `allow(_: User, "read", d: Doc) if d.Level < d.Score;`, instead: map[string]string{"": "draft twice void"}},

	// Numbers with a fraction, dates, ObjectIDs.
	{name: "a fraction of the actor", policy: doc + `d.Score = u.Score;`},
	{name: "less than a fraction", policy: doc + `d.Score < u.Score;`},
	{name: "a fraction in the policy", policy: `allow(_: User, "read", d: Doc) if d.Score = 2.75;`},
	{name: "more than a fraction", policy: `allow(_: User, "read", d: Doc) if d.Score > 2.5;`, instead: map[string]string{"": "twice void"}},
	{name: "an integer with a fraction", policy: `allow(_: User, "read", d: Doc) if d.Level > 1.5;`},
	{name: "an integer is a fraction", policy: doc + `d.Level = u.Score;`},
	{name: "not a fraction", policy: doc + `d.Score != u.Score;`},
	{name: "a date", policy: doc + `d.At = u.Since;`},
	{name: "before a date", policy: doc + `d.At < u.Since;`},
	{name: "not before a date", policy: doc + `not d.At < u.Since;`},
	{name: "an ObjectID", policy: doc + `d.Badge = u.Badge;`},
	{name: "another ObjectID", policy: doc + `d.Badge != u.Badge;`},

	// Nil.
	{name: "nil", policy: `allow(_: User, "read", d: Doc) if d.Lang = nil;`},
	{name: "not nil", policy: `allow(_: User, "read", d: Doc) if d.Lang != nil;`},
	{name: "negated nil", policy: `allow(_: User, "read", d: Doc) if not d.Lang = nil;`},
	{name: "unlike a value, or nil", policy: `allow(_: User, "read", d: Doc) if d.Lang != "de";`},
	{name: "not a value, or nil", policy: `allow(_: User, "read", d: Doc) if not d.Lang = "de";`},
	{name: "nil of the actor", policy: doc + `d.TeamID = u.TeamID;`},
	{name: "unlike nil of the actor", policy: doc + `d.TeamID != u.TeamID;`},
	{name: "not nil of the actor", policy: doc + `not d.TeamID = u.TeamID;`},
	{name: "a number that may be nil", policy: doc + `d.Grade = u.Grade;`},
	{name: "a flag that may be nil", policy: `allow(_: User, "read", d: Doc) if d.Draft = false;`},
	{name: "a flag that may be nil, not true", policy: `allow(_: User, "read", d: Doc) if d.Draft != true;`},
	{name: "a flag that may be nil, alone", policy: `allow(_: User, "read", d: Doc) if d.Draft;`},
	{name: "nil and one more", policy: doc + `d.Lang = nil and d.OwnerID = u.ID;`},
	{name: "nil in a list of values", policy: `allow(_: User, "read", d: Doc) if d.Lang in ["de", nil];`},
	{name: "nil where there can be none", policy: `allow(_: User, "read", d: Doc) if d.OwnerID = nil;`},
	{name: "not nil where there can be none", policy: `allow(_: User, "read", d: Doc) if d.OwnerID != nil;`},
	{name: "after a date that may be nil", policy: doc + `d.Until > u.Since;`},
	{name: "no date, or after it", policy: doc + `d.Until = nil or d.Until > u.Since;`},

	// Lists.
	{name: "a value in the policy's list", policy: `allow(_: User, "read", d: Doc) if d.Level in [1, 2];`},
	{name: "a value in the empty list", policy: `allow(_: User, "read", d: Doc) if d.Level in [];`},
	{name: "a value in the actor's list", policy: doc + `d.Lang in u.Langs;`},
	{name: "not in the actor's list", policy: doc + `not d.Lang in u.Langs;`},
	{name: "an element", policy: `allow(_: User, "read", d: Doc) if "red" in d.Tags;`},
	{name: "not an element", policy: `allow(_: User, "read", d: Doc) if not "red" in d.Tags;`},
	{name: "an element that looks like an operator", policy: `allow(_: User, "read", d: Doc) if "$in" in d.Tags;`},
	{name: "two elements", policy: `allow(_: User, "read", d: Doc) if "red" in d.Tags and "blue" in d.Tags;`},
	{name: "the actor's value as an element", policy: doc + `u.Level in d.Marks;`},
	{name: "a list meets a list", policy: doc + `x in u.Langs and x in d.Tags;`},
	{name: "a field as an element", policy: `allow(_: User, "read", d: Doc) if d.Lang in d.Tags;`},
	{name: "a field as no element", policy: `allow(_: User, "read", d: Doc) if not d.Lang in d.Tags;`},
	{name: "some element", policy: `allow(_: User, "read", d: Doc) if x in d.Tags and x = "blue";`},
	{name: "some other element", policy: `allow(_: User, "read", d: Doc) if x in d.Tags and x != "red";`, refused: "an element of a list field is compared by !="},
	{name: "some element by order", policy: `allow(_: User, "read", d: Doc) if x in d.Marks and x > 1;`},
	{name: "any element", policy: `allow(_: User, "read", d: Doc) if _ in d.Tags;`},
	{name: "a list as a whole", policy: `allow(_: User, "read", d: Doc) if d.Tags = ["red", "de"];`, refused: "a list is compared as a whole"},
	{name: "the empty list", policy: `allow(_: User, "read", d: Doc) if d.Tags = [];`},

	// To one.
	{name: "a related value", policy: doc + `d.Team.LeadID = u.ID;`},
	{name: "a related value unlike", policy: doc + `d.Team.Name != u.Name;`},
	{name: "not a related value", policy: doc + `not d.Team.LeadID = u.ID;`},
	{name: "a related flag", policy: `allow(_: User, "read", d: Doc) if d.Team.Open;`},
	{name: "a related nil", policy: `allow(_: User, "read", d: Doc) if d.Team.LeadID = nil;`},
	{name: "a related key", policy: doc + `d.Owner.ID = u.ID;`},
	{name: "a related key unlike", policy: doc + `d.Owner.ID != u.ID;`},
	{name: "a related document", policy: doc + `d.Owner = u;`},
	{name: "another related document", policy: doc + `d.Editor != u;`},
	{name: "two steps", policy: doc + `d.Team.Lead.ID = u.ID;`},
	{name: "two steps to a value", policy: `allow(_: User, "read", d: Doc) if d.Team.Lead.Level = 3;`},
	{name: "two relations to one class", policy: `allow(_: User, "read", d: Doc) if d.Owner.Level = 3 and d.Editor.Level = 1;`},
	{name: "two relations compared", policy: `allow(_: User, "read", d: Doc) if d.Owner.Level > d.Editor.Level;`},
	{name: "author or editor", policy: doc + `d.Owner.ID = u.ID or d.Editor.ID = u.ID;`, also: map[string]string{"bob": "bare"}},
	{name: "a relation compared with a field", policy: `allow(_: User, "read", d: Doc) if d.Team.LeadID = d.OwnerID;`},
	{name: "a relation to itself", policy: doc + `d.Folder.Parent.OwnerID = u.ID;`},
	{name: "a relation to itself, twice", policy: doc + `d.Folder.Parent.Parent.OwnerID = u.ID;`},
	{name: "of a class", policy: `allow(_: User, "read", d: Doc) if d.Editor matches User;`},
	{name: "of a class with a value", policy: `allow(_: User, "read", d: Doc) if d.Team matches Team{Open: true};`},
	{name: "of no class", policy: `allow(_: User, "read", d: Doc) if not d.Editor matches User;`},
	{name: "a text or nothing", policy: `allow(_: User, "read", d: Doc) if d.Lang matches String;`},
	{name: "only the clauses that need it", policy: doc + `d.Public or d.Team.LeadID = u.ID;`},
	{name: "only the clauses that need it, last", policy: doc + `d.Team.LeadID = u.ID or d.Public;`},
	{name: "the actor's relation", policy: doc + `u.Team != nil and d.TeamID = u.Team.ID;`},
	{name: "the actor's relation, unguarded", policy: doc + `d.TeamID = u.Team.ID;`},
	{name: "the actor's relations in a row", policy: doc + `u.Team != nil and u.Team.Lead != nil and u.Team.Lead.ID = d.OwnerID;`},
	{name: "the actor's to-many", policy: doc + `x in u.Docs and x.ID = d.ID;`},
	{name: "the document among the actor's", policy: doc + `d in u.Docs;`},

	// To many.
	{name: "some item", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "a";`},
	{name: "one item, two conditions", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "a" and i.Qty = 2;`},
	{name: "two items", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Kind = "a" and j in d.Items and j.Qty = 2;`},
	{name: "two items in order", policy: `allow(_: User, "read", d: Doc) if i in d.Items and j in d.Items and i.Qty < j.Qty;`},
	{name: "any item", policy: `allow(_: User, "read", d: Doc) if _ in d.Items;`},
	{name: "any item, or public", policy: `allow(_: User, "read", d: Doc) if d.Public or _ in d.Items;`},
	{name: "any item, and public", policy: `allow(_: User, "read", d: Doc) if d.Public or (d.Level = 2 and _ in d.Items);`},
	{name: "an item unlike", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Kind != "a";`},
	{name: "an item with nil", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.UserID = nil;`},
	{name: "an item's user", policy: doc + `i in d.Items and i.User.ID = u.ID;`},
	{name: "an item's user's value", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.User.Level = 1 and i.Kind = "a";`},
	{name: "an item's value in the document", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Qty = d.Level;`},
	{name: "an item among values", policy: `allow(_: User, "read", d: Doc) if i in d.Items and i.Kind in ["b", "c"];`},
	{name: "all items", policy: `allow(_: User, "read", d: Doc) if forall(i in d.Items, i.Kind = "a");`, refused: "conditions on two variables"},
	{name: "no item", policy: `allow(_: User, "read", d: Doc) if not (i in d.Items and i.Kind = "a");`, refused: "conditions on two variables"},
	{name: "a team's members", policy: doc + `u in d.Team.Members;`},
	{name: "a team's members' key", policy: doc + `m in d.Team.Members and m.ID = u.ID;`},
	{name: "readers", policy: doc + `u in d.Readers;`},
	{name: "readers' key", policy: doc + `r in d.Readers and r.ID = u.ID;`},
	{name: "readers' value", policy: `allow(_: User, "read", d: Doc) if r in d.Readers and r.Level = 1;`},
	{name: "two readers", policy: `allow(_: User, "read", d: Doc) if r in d.Readers and s in d.Readers and r.Level < s.Level;`},
	{name: "reader ids", policy: doc + `u.ID in d.ReaderIDs;`},
	{name: "no reader", policy: doc + `not u.ID in d.ReaderIDs;`},

	// Embedded documents.
	{name: "embedded", policy: `allow(_: User, "read", d: Doc) if d.Price.Amount = 10;`},
	{name: "embedded, by order", policy: `allow(_: User, "read", d: Doc) if d.Price.Amount > 0;`},
	{name: "embedded nil", policy: `allow(_: User, "read", d: Doc) if d.Price.Currency = nil;`},
	{name: "embedded unlike", policy: `allow(_: User, "read", d: Doc) if d.Price.Currency != "EUR";`},
	{name: "embedded, perhaps", policy: `allow(_: User, "read", d: Doc) if d.Rebate.Amount = 10;`},
	{name: "embedded, perhaps unlike", policy: `allow(_: User, "read", d: Doc) if d.Rebate.Amount != 10;`},
	{name: "embedded, perhaps nil inside", policy: `allow(_: User, "read", d: Doc) if d.Rebate.Currency = nil;`},
	{name: "embedded, perhaps, negated", policy: `allow(_: User, "read", d: Doc) if not d.Rebate.Amount = 10;`},
	{name: "embedded, perhaps, negated by order", policy: `allow(_: User, "read", d: Doc) if not d.Rebate.Amount < 10;`},
	{name: "embedded, perhaps, both negated", policy: `allow(_: User, "read", d: Doc) if not (d.Rebate.Amount = 10 or d.Rebate.Currency = "EUR");`},
	{name: "embedded, perhaps, of the actor, negated", policy: doc + `not d.Rebate.Amount = u.Level;`},
	{name: "embedded, absent", policy: `allow(_: User, "read", d: Doc) if d.Rebate = nil;`},
	{name: "embedded, there", policy: `allow(_: User, "read", d: Doc) if d.Rebate != nil;`},
	{name: "embedded, not absent", policy: `allow(_: User, "read", d: Doc) if not d.Rebate = nil;`},
	{name: "embedded, not there", policy: `allow(_: User, "read", d: Doc) if not d.Rebate != nil;`},
	{name: "embedded, of no class", policy: `allow(_: User, "read", d: Doc) if not d.Rebate matches Price;`},
	{name: "embedded, absent or with a value", policy: `allow(_: User, "read", d: Doc) if d.Rebate = nil or d.Rebate.Amount = 10;`},
	{name: "embedded, there and public", policy: `allow(_: User, "read", d: Doc) if d.Rebate != nil and d.Public;`},
	{name: "embedded, absent where there can be none", policy: `allow(_: User, "read", d: Doc) if d.Price = nil;`},
	{name: "embedded, nil of the actor", policy: doc + `d.Rebate = u.Grade;`, refused: "a document is compared with a value"},
	{name: "some line", policy: `allow(_: User, "read", d: Doc) if l in d.Lines and l.Kind = "a";`},
	{name: "one line, two conditions", policy: `allow(_: User, "read", d: Doc) if l in d.Lines and l.Kind = "a" and l.Qty = 2;`},
	{name: "two lines", policy: `allow(_: User, "read", d: Doc) if l in d.Lines and l.Kind = "a" and m in d.Lines and m.Kind = "b";`},
	{name: "a line's user", policy: doc + `l in d.Lines and l.UserID = u.ID;`},
	{name: "a line's related user", policy: doc + `l in d.Lines and l.User.Level = u.Level;`},
	{name: "a line with nil", policy: `allow(_: User, "read", d: Doc) if l in d.Lines and l.UserID = nil;`},
	{name: "any line", policy: `allow(_: User, "read", d: Doc) if _ in d.Lines;`},
	{name: "a line and an item", policy: `allow(_: User, "read", d: Doc) if l in d.Lines and i in d.Items and l.Qty = i.Qty and l.Kind = i.Kind;`},

	// Rules that call rules.
	{name: "a helper", policy: doc + `may(u, d); may(u: User, d: Doc) if d.OwnerID = u.ID; may(_: User, d: Doc) if d.Public;`},
	{name: "a helper on a relation", policy: doc + `leads(u, d.Team); leads(u: User, t: Team) if t.LeadID = u.ID;`},
	{name: "a helper that asks nothing", policy: doc + `fine(u, d.Team); fine(u: User, _: Team) if u.Root;`},
	{name: "a helper on a text or nil", policy: `allow(_: User, "read", d: Doc) if named(d.Lang); named(s: String) if s != "de";`},
	{name: "not a helper", policy: doc + `not mine(u, d); mine(u: User, d: Doc) if d.OwnerID = u.ID;`},
	{name: "not one of two", policy: doc + `not (d.OwnerID = u.ID or d.Public = true);`},
	{name: "not both", policy: doc + `not (d.OwnerID = u.ID and d.Public = true);`},
	{name: "not not", policy: doc + `not (not d.OwnerID = u.ID);`},
	{name: "either of each", policy: doc + `(d.Level = 1 or d.Level = 2) and (d.Public or d.OwnerID = u.ID or d.EditorID = u.ID);`},
	{name: "deny first", policy: `allow(u: User, "read", d: Doc) if d.Public and not blocked(u, d); blocked(u: User, d: Doc) if d.EditorID = u.ID;`},
	{name: "deny first, spelled out", policy: doc + `d.Public and not d.EditorID = u.ID;`},
	{name: "deny first, of the document", policy: `allow(_: User, "read", d: Doc) if d.Public and not late(d); late(d: Doc) if d.Level > 2 and d.Lang = "de";`},
	{name: "deny first, one of several", policy: `allow(_: User, "read", d: Doc) if not closed(d); closed(d: Doc) if d.Draft = true; closed(d: Doc) if d.Level < 0;`},
	{name: "deny by the actor or the document", policy: doc + `not (u.Root or d.Draft = true);`},
	{name: "alternatives behind a condition", policy: `allow(_: User, "read", d: Doc) if not (d.Public = true and (d.Level = 3 or d.Level = 2));`},
	{name: "alternatives behind a condition, negated twice", policy: `allow(_: User, "read", d: Doc) if not (not (d.Public = true and (d.Level = 3 or d.Level = 2)));`},
	{name: "alternatives of a rule's rule", policy: `allow(_: User, "read", d: Doc) if not x(d); x(d) if y(d); y(d) if d.Level = 3; y(d) if d.Level = 2;`},
	{name: "an element of each under a not", policy: `allow(_: User, "read", d: Doc) if i in d.Items and not (i.Kind = "a" and d.Public = true);`},
	{name: "itself", policy: `allow(_: User, "read", d: Doc) if d.Team.Name = d.Team.Name;`, refused: "compare an attribute with itself"},
	{name: "not itself", policy: `allow(_: User, "read", d: Doc) if not d.Level = d.Level;`, refused: "compare an attribute with itself"},
	{name: "for all of the policy's", policy: `allow(_: User, "read", d: Doc) if forall(x in ["amy", "bob"], d.OwnerID != x);`},
	{name: "for all of the actor's", policy: doc + `forall(l in u.Langs, l in d.Tags);`},
	{name: "cut", policy: `allow(_: User, "read", d: Doc) if cut and d.Public;`, refused: "cut"},
	{name: "arithmetic", policy: `allow(_: User, "read", d: Doc) if d.Level + 1 = 3;`, refused: "an operator that has no translation"},
	{name: "a field that nobody has", policy: `allow(_: User, "read", d: Doc) if d.Missing = 3;`, refused: "Missing"},
	{name: "an existence only", policy: `allow(_: User, "read", d: Doc) if _ = d.Editor;`, refused: "Oso drops it"},
	{
		name: "resource blocks",
		policy: `allow(actor, action, resource) if has_permission(actor, action, resource);
			actor User {}
			resource Team { permissions = ["see"]; roles = ["member", "lead"]; "member" if "lead"; "see" if "member"; }
			resource Folder { roles = ["owner"]; }
			resource Doc {
				permissions = ["read", "write"];
				roles = ["reader", "writer"];
				relations = { team: Team, folder: Folder };
				"read" if "reader";
				"write" if "writer";
				"reader" if "writer";
				"writer" if "lead" on "team";
				"reader" if "member" on "team";
				"writer" if "owner" on "folder";
			}
			has_relation(t: Team, "team", d: Doc) if t = d.Team;
			has_relation(f: Folder, "folder", d: Doc) if f = d.Folder;
			has_role(u: User, "lead", t: Team) if t.LeadID = u.ID;
			has_role(u: User, "member", t: Team) if m in t.Members and m.ID = u.ID;
			has_role(u: User, "owner", f: Folder) if f.OwnerID = u.ID;
			has_role(u: User, "writer", d: Doc) if d.OwnerID = u.ID;`,
	},
	{
		name: "roles on the actor",
		policy: `allow(actor, action, resource) if has_permission(actor, action, resource);
			actor User {}
			resource Doc { permissions = ["read"]; roles = ["root", "reader"]; "read" if "reader"; "reader" if "root"; }
			has_role(u: User, "root", _: Doc) if u.Root;
			has_role(u: User, "reader", d: Doc) if d.Lang in u.Langs;`,
	},
}
