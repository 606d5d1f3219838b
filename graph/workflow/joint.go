package workflow

import (
	"cmp"
	"maps"
	"slices"

	"culprit/graph"
	"culprit/model"
)

// joint is the workflow of now laid over that of usual: every step that either has, each
// before those below it, as they follow each other.
type joint struct {
	now, usual *Model // settled; usual is nil if there is nothing to compare with
	nodes      []node
	groups     int
}

// node is a step as it is now and as it is usually; either may be nil.
type node struct {
	now, usual *step
	parent     int // place in joint.nodes, -1 for the entry
	last       int // place of the last node below it, or its own
	group      int // 0: none
	how        string
}

// some is the step of either.
func (n *node) some() *step {
	if n.now != nil {
		return n.now
	}
	return n.usual
}

// there reports whether it is there now, if only because something below it is.
func (n *node) there() bool { return n.now != nil && n.now.runs+n.now.ghosts > 0 }

func newJoint(now, usual *Model) *joint {
	j := &joint{now: now, usual: usual}
	top := node{now: now.root, parent: -1}
	if usual != nil {
		top.usual = usual.root
	}
	j.add(top)
	return j
}

// add lists a node and what is below it. The depth of steps is bounded, so recursion is.
func (j *joint) add(n node) {
	at := len(j.nodes)
	j.nodes = append(j.nodes, n)
	kids := j.kids(&n)
	j.arrange(&n, kids)
	j.group(&n, kids)
	for _, k := range kids {
		k.parent = at
		j.add(k)
	}
	j.nodes[at].last = len(j.nodes) - 1
}

// kids are the nodes below a node, by name.
func (j *joint) kids(n *node) []node {
	sites := map[graph.Site]struct{}{}
	for _, s := range []*step{n.now, n.usual} {
		if s != nil {
			for site := range s.kids {
				sites[site] = struct{}{}
			}
		}
	}
	var out []node
	for _, site := range slices.SortedFunc(maps.Keys(sites), j.now.byName) {
		var k node
		if n.now != nil {
			k.now = n.now.kids[site]
		}
		if n.usual != nil {
			k.usual = n.usual.kids[site]
		}
		out = append(out, k)
	}
	return out
}

// between is how two nodes below n follow each other, now and usually.
func (n *node) between(a, b *node) order {
	var o order
	if n.now != nil && a.now != nil && b.now != nil {
		x := n.now.between(a.now, b.now)
		o.merge(&x)
	}
	if n.usual != nil && a.usual != nil && b.usual != nil {
		x := n.usual.between(a.usual, b.usual)
		o.merge(&x)
	}
	return o
}

// arrange sorts the nodes below one: by how often each comes before the others (Borda's
// count), where one clock says so; else by how long after the parent's beginning they
// begin. What hangs nowhere comes last.
func (j *joint) arrange(n *node, kids []node) {
	type place struct {
		node
		score float64
		after float64
		loose bool
	}
	places := make([]place, len(kids))
	for i := range kids {
		places[i] = place{node: kids[i], after: kids[i].after(), loose: kids[i].hop() == loose}
	}
	for i := range places {
		for k := range places {
			if i == k {
				continue
			}
			a, b := &places[i], &places[k]
			o := n.between(&a.node, &b.node)
			switch told := o.aFirst + o.bFirst; {
			case told > 0:
				a.score += float64(o.aFirst-o.bFirst) / float64(told)
			case a.after < b.after:
				a.score += 0.5
			case a.after > b.after:
				a.score -= 0.5
			}
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { // by name so far
		if a.loose != b.loose {
			if a.loose {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.after, b.after))
	})
	for i := range places {
		kids[i] = places[i].node
	}
}

// after is how long after its parent's beginning it begins, ns.
func (n *node) after() float64 {
	var sum, count int64
	for _, s := range []*step{n.now, n.usual} {
		if s != nil {
			sum, count = sum+s.offset/max(s.offsets, 1), count+1
		}
	}
	return float64(sum) / float64(max(count, 1))
}

// hop is how work mostly comes to it.
func (n *node) hop() hop {
	s := n.now
	if s == nil || s.total == 0 || s.hops[loose] == s.total && n.usual != nil {
		s = n.usual
	}
	if s == nil {
		return local
	}
	best := hop(0)
	for h := range s.hops {
		if s.hops[h] > s.hops[best] {
			best = hop(h)
		}
	}
	return best
}

// likely is how often two stages must be expected together, if they had nothing to do with
// each other, before it means something that they never are.
const likely = 3

// group finds neighbours that run at once, take turns or exclude each other.
func (j *joint) group(n *node, kids []node) {
	for i := 1; i < len(kids); i++ {
		how := n.relation(&kids[i-1], &kids[i])
		if how == "" || how == model.GroupAlternative && !n.excludes(&kids[i], kids[:i]) {
			continue
		}
		if before := &kids[i-1]; before.how != how {
			if before.how != "" {
				continue // it belongs to another group
			}
			j.groups++
			before.how, before.group = how, j.groups
		}
		kids[i].how, kids[i].group = how, kids[i-1].group
	}
}

// excludes reports whether a node excludes all of the group that it would join, the last of
// the kids.
func (n *node) excludes(k *node, kids []node) bool {
	group := kids[len(kids)-1].group
	for i := len(kids) - 1; i >= 0 && group > 0 && kids[i].group == group; i-- {
		if n.relation(&kids[i], k) != model.GroupAlternative {
			return false
		}
	}
	return true
}

// relation is what two neighbours have to do with each other, "" for one after the other.
func (n *node) relation(a, b *node) string {
	if a.hop() == loose || b.hop() == loose {
		return ""
	}
	o := n.between(a, b)
	switch {
	case o.timed > 0 && 2*o.overlap >= o.timed:
		return model.GroupParallel
	case o.timed > 0 && 2*o.mixed >= o.timed:
		return model.GroupLoop
	case o.both == 0:
		var with, without, parents float64
		for _, s := range []*step{n.now, n.usual} {
			if s == nil {
				continue
			}
			parents += float64(s.parents)
			if c := s.calls[a.some().site]; c != nil {
				with += float64(c.Parents)
			}
			if c := s.calls[b.some().site]; c != nil {
				without += float64(c.Parents)
			}
		}
		if with*without >= likely*parents {
			return model.GroupAlternative
		}
	}
	return ""
}
