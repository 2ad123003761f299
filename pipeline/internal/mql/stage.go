package mql

// Stage is a stage of an aggregation pipeline.
//
//sumtype:decl
type Stage interface{ stage() }

type (
	// Match is {$match: query}.
	Match struct{ Query Query }

	// Lookup is {$lookup: …}.
	Lookup struct {
		From         string
		LocalField   string // with ForeignField the equality of the join; "" where there is none
		ForeignField string
		Let          Object
		Pipeline     []Stage // nil for the plain equality
		As           string
	}

	// Unwind is {$unwind: "$path"}.
	Unwind struct{ Path string }

	// Group is {$group: …}: its _id, and the fields it accumulates.
	Group struct {
		ID     Expr
		Fields Object
	}

	// Project is {$project: …}; a field's expression may be Const 0 or 1.
	Project struct{ Fields Object }

	// Unset is {$unset: …}.
	Unset []string

	// Limit is {$limit: n}.
	Limit int32

	// UnionWith is {$unionWith: …}.
	UnionWith struct {
		Collection string
		Pipeline   []Stage
	}
)

func (Match) stage()     {}
func (*Lookup) stage()   {}
func (Unwind) stage()    {}
func (*Group) stage()    {}
func (Project) stage()   {}
func (Unset) stage()     {}
func (Limit) stage()     {}
func (UnionWith) stage() {}
