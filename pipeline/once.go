package pipeline

// inRow is from how many documents in a row on keys are read once: joins as deep inside joins cost more for each document than
// to look for its key in an array, which may be long.
const inRow = 3

// once returns n with the cores of so many documents in a row that values narrow as keys that are read once.
func (s *source) once(n node) node {
	if score(n, s.root) == scoreID {
		return n
	}
	return replace(n, func(e exists) (node, bool) {
		c, ok := coreOf(e)
		if !ok || len(c.vars) < inRow {
			return e, true
		}
		start, score := c.start()
		if score < scoreBound {
			return e, true
		}
		stages, err := c.gather(start, s.prefix, 0)
		if err != nil {
			return e, true
		}
		return &among{c.ties, read{start.collection, stages, len(c.ties)}}, true
	})
}
