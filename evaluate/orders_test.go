package evaluate_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// orders is a schema with every kind of relation. Keys are numbers, so that a test may write them in four types.
func orders(t testing.TB) *relations.Schema {
	number := func(name string) relations.Field { return relations.Field{Name: name, Type: relations.Number} }
	text := func(name string) relations.Field { return relations.Field{Name: name, Type: relations.String} }
	list := func(f relations.Field) relations.Field { f.List = true; return f }
	absentEmpty := func(f relations.Field) relations.Field { f.List, f.AbsentEmpty = true, true; return f }
	type pairs = []relations.KeyPair
	one := func(name, typ string, keys ...relations.KeyPair) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.ReferencesOne, Type: typ, Keys: keys}
	}
	many := func(name, typ string, keys ...relations.KeyPair) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.ReferencesMany, Type: typ, Keys: keys}
	}
	has := func(name, typ string, keys ...relations.KeyPair) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.HasMany, Type: typ, Keys: keys}
	}
	where := func(r relations.Relation, c ...relations.Constant) relations.Relation { r.Where = c; return r }
	through := func(name string, hops ...string) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.Through, Through: hops}
	}
	embeds := func(name string, kind relations.Kind, typ string) relations.Relation {
		return relations.Relation{Name: name, Kind: kind, Type: typ}
	}
	firm := relations.Type{
		Name: "Firm", Collection: "firms",
		Fields: []relations.Field{
			number("_id"), text("name"), text("code"), list(text("codes")), number("tenant"), number("owner_id"), number("rank"), list(number("site_ids")),
			{Name: "strict", Type: relations.Number, Strict: true},
		},
		Relations: []relations.Relation{
			embeds("lines", relations.EmbedsMany, "Line"),
			embeds("seat", relations.EmbedsOne, "Address"),
			one("owner", "Firm", relations.KeyPair{Local: "owner_id"}),
			many("sites", "Firm", relations.KeyPair{Local: "site_ids"}),
		},
	}
	live := firm
	live.Name, live.Scope = "Live", []filter.Condition{filter.F("name").Ne("gone")}
	return schema(t,
		firm, live,
		relations.Type{Name: "Line", Fields: []relations.Field{text("code"), list(text("codes"))}, Relations: []relations.Relation{embeds("subs", relations.EmbedsMany, "Line")}},
		relations.Type{Name: "Address", Fields: []relations.Field{text("city"), number("firm_id"), list(number("firm_ids")), absentEmpty(number("may_ids"))}},
		relations.Type{
			Name:   "Item",
			Fields: []relations.Field{text("sku"), number("qty"), number("firm_id"), list(number("nums")), absentEmpty(number("tags")), absentEmpty(number("may_ids"))},
			Relations: []relations.Relation{
				embeds("where", relations.EmbedsOne, "Address"),
				embeds("parts", relations.EmbedsMany, "Part"),
				{Name: "mayParts", Kind: relations.EmbedsMany, Type: "Part", AbsentEmpty: true},
				one("firm", "Firm", relations.KeyPair{Local: "firm_id"}),
				many("may", "Firm", relations.KeyPair{Local: "may_ids"}),
			},
		},
		relations.Type{Name: "Part", Fields: []relations.Field{text("sku")}},
		relations.Type{Name: "Picky", Fields: []relations.Field{text("sku"), number("qty")}, Scope: []filter.Condition{filter.F("qty").IsSet()}},
		relations.Type{Name: "Home", Fields: []relations.Field{text("city"), text("kind")}, Scope: []filter.Condition{filter.F("kind").Eq("home")}},
		relations.Type{Name: "Grant", Collection: "grants", Fields: []relations.Field{
			number("_id"), number("order_id"), list(number("order_ids")), text("type"), text("role"), number("firm_id"), number("tenant"),
		}, Relations: []relations.Relation{
			one("firm", "Firm", relations.KeyPair{Local: "firm_id"}), embeds("rows", relations.EmbedsMany, "Row"),
		}},
		relations.Type{Name: "Row", Fields: []relations.Field{number("order_id")}, Relations: []relations.Relation{embeds("rows", relations.EmbedsMany, "Row")}},
		relations.Type{
			Name: "Order", Collection: "orders",
			Fields: []relations.Field{
				number("_id"), text("code"), list(text("codes")), number("firm_id"), number("tenant"), text("kind"), number("max"), text("city"),
				list(number("member_ids")), absentEmpty(number("may_ids")), list(number("roots")), {Name: "flag", Type: relations.Bool},
			},
			Relations: []relations.Relation{
				embeds("address", relations.EmbedsOne, "Address"),
				embeds("home", relations.EmbedsOne, "Home"),
				embeds("items", relations.EmbedsMany, "Item"),
				embeds("picky", relations.EmbedsMany, "Picky"),
				{Name: "mayItems", Kind: relations.EmbedsMany, Type: "Item", AbsentEmpty: true},
				one("firm", "Firm", relations.KeyPair{Local: "firm_id"}),
				one("live", "Live", relations.KeyPair{Local: "firm_id"}),
				one("byCode", "Firm", relations.KeyPair{Local: "code", Foreign: "code"}),
				one("byCodes", "Firm", relations.KeyPair{Local: "code", Foreign: "codes"}),
				one("byLine", "Firm", relations.KeyPair{Local: "code", Foreign: "lines.code"}),
				one("bySubLine", "Firm", relations.KeyPair{Local: "code", Foreign: "lines.subs.codes"}),
				one("addressFirm", "Firm", relations.KeyPair{Local: "address.firm_id"}),
				one("both", "Firm", relations.KeyPair{Local: "firm_id"}, relations.KeyPair{Local: "tenant", Foreign: "tenant"}),
				many("members", "Firm", relations.KeyPair{Local: "member_ids"}),
				many("liveMembers", "Live", relations.KeyPair{Local: "member_ids"}),
				many("mayMembers", "Firm", relations.KeyPair{Local: "may_ids"}),
				many("addressMembers", "Firm", relations.KeyPair{Local: "address.firm_ids"}),
				many("addressMay", "Firm", relations.KeyPair{Local: "address.may_ids"}),
				many("byManyCodes", "Firm", relations.KeyPair{Local: "codes", Foreign: "codes"}),
				many("bothMembers", "Firm", relations.KeyPair{Local: "tenant", Foreign: "tenant"}, relations.KeyPair{Local: "member_ids"}),
				has("grants", "Grant", relations.KeyPair{Foreign: "order_id"}),
				{Name: "grant", Kind: relations.HasOne, Type: "Grant", Keys: pairs{{Foreign: "order_id"}}},
				has("twins", "Firm", relations.KeyPair{Foreign: "_id"}),
				has("listed", "Grant", relations.KeyPair{Foreign: "order_ids"}),
				has("rowed", "Grant", relations.KeyPair{Foreign: "rows.order_id"}),
				has("deep", "Grant", relations.KeyPair{Foreign: "rows.rows.order_id"}),
				has("byTenant", "Grant", relations.KeyPair{Foreign: "order_id"}, relations.KeyPair{Local: "tenant", Foreign: "tenant"}),
				where(one("namedFirm", "Firm", relations.KeyPair{Local: "firm_id"}), relations.Constant{Field: "name", Value: "acme"}),
				where(one("openFirm", "Firm", relations.KeyPair{Local: "firm_id"}), relations.Constant{Near: true, Field: "kind", Value: "open"}),
				where(many("openMembers", "Firm", relations.KeyPair{Local: "member_ids"}), relations.Constant{Near: true, Field: "kind", Value: "open"}),
				where(has("orderGrants", "Grant", relations.KeyPair{Foreign: "order_id"}), relations.Constant{Field: "type", Value: "order"}),
				where(embeds("openItems", relations.EmbedsMany, "Item"), relations.Constant{Near: true, Field: "kind", Value: "open"}, relations.Constant{Field: "qty", Value: 1}),
				where(embeds("openAddress", relations.EmbedsOne, "Address"), relations.Constant{Near: true, Field: "kind", Value: "open"}),
				through("firmOwner", "firm", "owner"),
				through("grantFirms", "grants", "firm"),
				through("itemFirms", "items", "firm"),
				through("itemMay", "items", "may"),
				through("liveOwner", "live", "owner"),
				through("grantOwners", "grantFirms", "owner"),
				through("firmLines", "firm", "lines"),
				through("itemParts", "items", "mayParts"),
			},
		},
	)
}
