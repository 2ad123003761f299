package pipeline

import (
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	maxKeys   = 1 << 24
	maxBytes  = 12 << 20 // of a plan's stages as they are sent; the server takes commands of 16 MiB
	maxGroups = 200      // of keys of several relations, each of which is a branch of an $or
)

// resolved is a resolution but for what the parameters of a prepared plan stand for.
type resolved struct {
	limit int
	reads []read
	sites map[*variable]site // by the variable of the quantifier that is replaced
}

// site is a quantifier that keys replace.
type site struct {
	read int
	ties []tie
}

// keyQueries returns the reads that can take the place of joins in clauses over the root.
func keyQueries(clauses []node, root *variable, prefix string, eager bool, limit int) *resolved {
	r := &resolved{limit: limit, sites: map[*variable]site{}}
	for _, n := range clauses {
		if !eager && score(n, root) == scoreID {
			continue
		}
		replace(n, func(e exists) (node, bool) {
			return e, r.turn(e, prefix, eager)
		})
	}
	return r
}

// turn adds the read for a quantifier, or finds the one that is equal.
func (r *resolved) turn(e exists, prefix string, eager bool) bool {
	c, ok := coreOf(e)
	if !ok {
		return false
	}
	start, score := c.start()
	if score < scoreBound && !eager {
		return false
	}
	stages, err := c.gather(start, prefix, r.limit)
	if err != nil {
		return false
	}
	now := read{start.collection, stages, len(c.ties)}
	for i := range r.reads {
		if r.reads[i].collection == now.collection && r.reads[i].ties == now.ties && mql.EqualStages(r.reads[i].stages, now.stages) {
			r.sites[e.v] = site{i, c.ties}
			return true
		}
	}
	r.sites[e.v] = site{len(r.reads), c.ties}
	r.reads = append(r.reads, now)
	return true
}

func (r *resolved) stages() (out []mql.Stage) {
	for i, b := range bundles(r.reads) {
		stages := b.write(r.reads, r.limit)
		if i == 0 {
			out = stages
			continue
		}
		out = append(out, mql.UnionWith{Collection: r.reads[b.reads[0]].collection, Pipeline: stages})
	}
	return out
}

// refuseLargest leaves the joins of the read whose keys take the most bytes. It reports false if no
// read has keys.
func refuseLargest(found []answer) bool {
	largest := 0
	for i := range found {
		if found[i].bytes > found[largest].bytes || found[largest].problem != "" {
			largest = i
		}
	}
	if found[largest].problem != "" || found[largest].bytes == 0 {
		return false
	}
	found[largest].refuse("keys that make a command of more than " + strconv.Itoa(maxBytes>>20) + " MiB")
	return true
}

// found sorts documents by the reads that found them.
func (r *resolved) found(documents []bson.Raw) ([]answer, error) {
	found := make([]answer, len(r.reads))
	for _, doc := range documents {
		i, ok := doc.Lookup("r").Int32OK()
		if !ok || i < 0 || int(i) >= len(r.reads) {
			return nil, errNotAsked
		}
		if err := found[i].add(doc, r.reads[i].ties, r.limit); err != nil {
			return nil, err
		}
	}
	for _, b := range bundles(r.reads) { // of which the server has cut off what is beyond the limit of all together
		n := 0
		for _, i := range b.reads {
			n += found[i].documents
		}
		for _, i := range b.reads {
			if n > len(b.reads)*r.limit {
				found[i].tooMany(r.limit)
			}
		}
	}
	return found, nil
}
