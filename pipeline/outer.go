package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// tie says that a value outside is a key, or holds keys, that the core has at a ref of its own.
type tie struct {
	outside ref
	list    bool // outside is a list of keys
	at      ref
	typ     relations.ValueType // of a comparison of two fields; Any for the key of a relation
	typed   bool                // it is a comparison of two fields
}

// read is one pipeline of a resolution.
type read struct {
	collection string
	stages     []mql.Stage
	ties       int
}

// among says that what is outside is among the keys of a core, which one $lookup brings that depends on no document: the server
// reads them once, where joins inside joins would run for each document.
type among struct {
	ties []tie
	read read
}

func (*among) node() {}

// held says that the foreign value of a join is, or holds, its key.
type held struct {
	key joinKey
	of  *variable // whose foreign field it is; nil: that of the level's own document
}

func (held) node() {}
