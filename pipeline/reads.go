package pipeline

import "slices"

// reads is the resolution of a template's plan, in which the values of a filter stand in known places. What is read, and which reads are one, depends
// on no more of the values than the joins of a plan do.
type reads struct {
	limit int
	of    *Resolution // nil for none
	parts []*part     // of the stages of each
	lost  bool        // there is a value of which it is not known where it comes from
	size
}

// resolution returns the resolution of a plan that the template was bound to. It is not ok where that must be made from the formula.
func (l *late) resolution(p *Plan, eager bool, limit int) (_ *Resolution, ok bool) {
	kept := &l.template.reads[0]
	if eager {
		kept = &l.template.reads[1]
	}
	k := kept.Load()
	if k == nil {
		k = l.template.newReads(eager, limit)
		kept.Store(k)
	}
	if k.lost || k.limit != limit {
		return nil, false
	}
	if k.of == nil {
		return nil, true
	}
	r := &Resolution{plan: p, limit: limit, reads: slices.Clone(k.of.reads), sites: k.of.sites}
	b := newBinder(l.slots, k.size)
	for i := range r.reads {
		r.reads[i].stages = b.documents(k.parts[i], r.reads[i].stages)
	}
	return r, true
}

func (t *template) newReads(eager bool, limit int) *reads {
	k := &reads{limit: limit, of: t.plan.resolution(eager, limit)}
	if k.of == nil {
		return k
	}
	f := newFinder(t.slots, t.own)
	k.parts = make([]*part, len(k.of.reads))
	for i := range k.of.reads {
		k.parts[i] = f.find(k.of.reads[i].stages)
	}
	k.lost, k.size = f.lost, f.size()
	return k
}
