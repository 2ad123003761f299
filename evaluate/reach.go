package evaluate

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// entity is an entity of a clause: one it declares, or an unnamed hop of a through.
type entity struct {
	slot       int
	paths      []path // none: it is free
	collection string // where its documents live; "" if they are embedded, or if it ranges over keys
	keys       bool   // it is answered from the keys alone, and ranges over them
	inside     string // the dotted path of what is embedded in the document decided on; "" for others
	// documentsOnly: something is asked of the element that a nested array would answer as well (IsNull, IsSet, absent means empty),
	// so it is reached only in an array that holds nothing but documents.
	documentsOnly bool
	about         declaration // for explanations
}

// path is a relation followed from one entity to another, never a through.
type path struct {
	from     int // the slot of the entity where it starts
	kind     relations.Kind
	near     []condition // constants of the near side: it leads nowhere unless they are true
	must     []condition // to-one: the scope and the constants of the far side, without which it has not reached its document
	required bool        // has one: the range is unknown unless there is a row of which must is true
	complete bool        // references one: a key that is set has its document
	// An embedded document or array is at the field of that name.
	name        string
	absentEmpty bool
	// Otherwise documents are joined by pairs of fields.
	pairs []pair
}

// pair is a pair of fields that join two documents.
type pair struct {
	local       []string
	list        bool // a list of keys
	absentEmpty bool
	foreign     []string
	field       string // foreign, as a dotted path
}

// reach returns what an entity ranges over, and whether that range is known.
func (d *decision) reach(e *entity) (reached []choice, known bool, err error) {
	if len(e.paths) == 0 {
		if err := d.fetch(e.collection, nil); err != nil {
			return nil, false, err
		}
		return d.related.in(e.collection).documents, true, nil
	}
	for i := range e.paths {
		if d.at(e.paths[i].from).kind == phantom {
			return nil, false, nil // nothing is known of what lies behind a phantom
		}
	}
	if e.keys {
		keys, known := d.keys(&e.paths[0])
		for _, k := range keys[0] {
			reached = append(reached, choice{kind: key, key: k})
		}
		return reached, known, nil
	}
	known = true
	nothing := false // one path is known to reach nothing: so do all together
	for i := range e.paths {
		along, rangeKnown, err := d.along(e, &e.paths[i])
		if err != nil {
			return nil, false, err
		}
		nothing = nothing || rangeKnown && len(along) == 0
		if i == 0 {
			reached = along
		} else {
			reached = slices.DeleteFunc(reached, func(c choice) bool { return !slices.ContainsFunc(along, c.same) })
		}
		known = known && rangeKnown
	}
	return reached, known || nothing, nil
}

// same reports whether two choices are one document. (One decision sees one version of each: see related.)
func (c choice) same(other choice) bool { return &c.document[0] == &other.document[0] }

// along returns what one path of an entity reaches, and whether that range is known.
func (d *decision) along(e *entity, p *path) (reached []choice, known bool, err error) {
	near, err := d.all(p.near)
	if err != nil || near != True { // false: nothing is reached, and that is known, whatever the keys hold
		return nil, near == False, err
	}
	if p.kind.Embedded() {
		reached, known = p.embedded(d.at(p.from).document, e.documentsOnly)
	} else {
		var keys [][]bson.RawValue
		keys, known = d.keys(p)
		reached, err = d.joined(e, p, keys)
	}
	if err != nil || !p.kind.ToOne() && !p.required {
		return reached, known, err
	}
	found, err := d.found(e, p, reached)
	switch {
	case err != nil:
		return nil, false, err
	case p.required: // that there is a row is what makes the range known
		return reached, known && len(found) > 0, nil
	case p.complete:
		return found, known || len(found) > 0, nil
	default: // to-one: that a document was reached is what makes the range known
		return found, len(found) > 0, nil
	}
}

// found returns those of which the scope and the far constants of a path are true.
func (d *decision) found(e *entity, p *path, reached []choice) (found []choice, err error) {
	was := d.slots[e.slot]
	defer func() { d.slots[e.slot] = was }()
	for _, c := range reached {
		d.slots[e.slot] = c
		t, err := d.all(p.must)
		if err != nil {
			return nil, err
		}
		if t == True {
			found = append(found, c)
		}
	}
	return found, nil
}

// embedded returns the embedded document, or the documents of the embedded array, and whether that is all there is.
func (p *path) embedded(in bson.Raw, documentsOnly bool) (reached []choice, known bool) {
	v, at := lookup(in, []string{p.name})
	if p.kind == relations.EmbedsOne {
		if at == stored && v.Type == bson.TypeEmbeddedDocument {
			reached = []choice{{kind: document, document: v.Value}}
		}
		return reached, len(reached) > 0
	}
	switch {
	case at != stored:
		return nil, p.absentEmpty
	case v.Type != bson.TypeArray:
		return nil, false
	}
	known = true
	for _, element := range elements(v.Value) {
		if element.Type == bson.TypeEmbeddedDocument {
			reached = append(reached, choice{kind: document, document: element.Value})
		} else {
			known = false
		}
	}
	if documentsOnly && !known {
		return nil, false
	}
	return reached, known
}

// keys returns, for each pair of a path, the keys stored on the local side, and whether they are known to be all: each single key is set and
// not an array, each list of keys is an array without null. Null and arrays are no keys.
func (d *decision) keys(p *path) (keys [][]bson.RawValue, known bool) {
	keys, known = make([][]bson.RawValue, len(p.pairs)), true
	for i := range p.pairs {
		pair := &p.pairs[i]
		v, at := lookup(d.at(p.from).document, pair.local)
		isArray := at == stored && v.Type == bson.TypeArray
		switch {
		case isArray && pair.list:
			for _, element := range elements(v.Value) {
				switch element.Type {
				case bson.TypeNull:
					known = false
				case bson.TypeArray:
				default:
					keys[i] = append(keys[i], element)
				}
			}
		case isArray:
			known = false
		case at == stored:
			keys[i] = []bson.RawValue{v}
			known = known && !pair.list
		case at == detached, at == orphaned:
			known = false
		default:
			known = known && pair.absentEmpty
		}
	}
	return keys, known
}

// joined returns the documents that the keys lead to.
func (d *decision) joined(e *entity, p *path, keys [][]bson.RawValue) (reached []choice, err error) {
	if !complete(keys) {
		return nil, nil
	}
	if err := d.fetchAlong(e, p, keys); err != nil {
		return nil, err
	}
	for _, c := range d.related.in(e.collection).documents {
		if p.joins(keys, c.document) {
			reached = append(reached, c)
		}
	}
	return reached, nil
}

// complete reports whether there is a key for each pair.
func complete(keys [][]bson.RawValue) bool {
	return !slices.ContainsFunc(keys, func(k []bson.RawValue) bool { return len(k) == 0 })
}

// joins reports whether a document is one that the keys lead to: for each pair, its field is or holds one of them.
func (p *path) joins(keys [][]bson.RawValue, document bson.Raw) bool {
	for i := range p.pairs {
		if !holdsKey(document, p.pairs[i].foreign, keys[i]) {
			return false
		}
	}
	return true
}

// holdsKey reports whether some value at a path equals one of the keys, or is an array with an element that does. The path leads through
// documents, and through arrays of documents: every element that is a document is looked into; nested arrays are not.
func holdsKey(document []byte, path []string, keys []bson.RawValue) bool {
	v, ok := find(document, path[0])
	if !ok {
		return false
	}
	if rest := path[1:]; len(rest) > 0 {
		switch v.Type {
		case bson.TypeEmbeddedDocument:
			return holdsKey(v.Value, rest, keys)
		case bson.TypeArray:
			for _, element := range elements(v.Value) {
				if element.Type == bson.TypeEmbeddedDocument && holdsKey(element.Value, rest, keys) {
					return true
				}
			}
		}
		return false
	}
	if v.Type == bson.TypeArray {
		for _, element := range elements(v.Value) {
			if among(element, keys) {
				return true
			}
		}
		return false
	}
	return among(v, keys)
}

func among(v bson.RawValue, keys []bson.RawValue) bool {
	return slices.ContainsFunc(keys, func(k bson.RawValue) bool { return Equal(v, k) })
}
