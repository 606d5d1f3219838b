package workflow

import (
	"fmt"

	"culprit/model"
)

// explain finds the stages that were asked for and did not come back, and says which
// deviations follow from a graver one.
func (c *comparison) explain() {
	for i := range c.found {
		f := &c.found[i]
		if f.kind == model.DeviationMissing {
			c.unanswered(f)
		}
	}
	c.stuck()
	c.callers()
	c.dropTwins()
	c.followers()
}

// unanswered turns a missing stage into one that did not come back, where its caller asked
// for it: a call without an answer that bears the name which its caller has for it, or that
// names its service; or a client's or producer's span below which it usually is.
func (c *comparison) unanswered(f *finding) {
	n := &c.nodes[f.node]
	up := &c.nodes[n.parent]
	asked := func(o *step) bool {
		if o == nil || len(o.kids) > 0 {
			return false
		}
		_, via := n.usual.via[o.site]
		return via || o.silent > 0 && o.site.Service == n.usual.site.Service && o.site.Service != up.usual.site.Service
	}
	at := -1
	if up.now.silent > 0 && (up.usual.silent == 0 || share(up.now.silent, up.now.total) > 2*share(up.usual.silent, up.usual.total)) {
		at = n.parent
	}
	for k := n.parent + 1; k <= up.last && at < 0; k = c.nodes[k].last + 1 {
		if k != f.node && asked(c.nodes[k].now) && (c.nodes[k].usual == nil || c.nodes[k].usual.under < c.nodes[k].now.under) {
			at = k
		}
	}
	if at < 0 {
		return
	}
	waited := c.nodes[at].now
	f.kind = model.DeviationNoAnswer
	f.extra = perRun(waited.critical, c.now.began)
	f.text = fmt.Sprintf("%s did not answer in %s: it was asked, and nothing came back", c.title(n), c.of(c.nodes[n.parent].now.known-nowUnder(n), c.nodes[n.parent].now.known))
	if ns := perRun(waited.selfNS, waited.runs); ns >= felt*c.usualNS {
		f.text += fmt.Sprintf(" for %s", duration(ns))
	}
	for i := range c.found { // the unanswered call itself is no stage of its own
		if o := &c.found[i]; o.node == at && at != n.parent {
			o.follows = true
		}
	}
}

func nowUnder(n *node) int64 {
	if n.now == nil {
		return 0
	}
	return n.now.under
}

// stuck finds, in the deepest stage that never came to its end, the first usual one after
// the last that is there: that is what it waits for.
func (c *comparison) stuck() {
	for i := range c.nodes {
		n := &c.nodes[i]
		if n.now == nil || n.now.ghosts == 0 || n.usual == nil {
			continue
		}
		next, deeper := -1, false
		for k := i + 1; k <= n.last; k = c.nodes[k].last + 1 {
			kid := &c.nodes[k]
			switch {
			case kid.there():
				next = -1
				deeper = kid.now.ghosts > 0
			case next < 0 && kid.usual != nil && share(kid.usual.under, n.usual.known) >= rule:
				next = k
			}
		}
		if deeper || next < 0 {
			continue
		}
		f := finding{
			kind: model.DeviationNoAnswer, before: 1, unit: "share", share: share(n.now.ghosts, c.now.began),
			certain: certainty(1 / (c.usualRuns + 1)),
			text:    fmt.Sprintf("%s did not come back in %s: it is the next stage of %s, which never came to its end", c.title(&c.nodes[next]), c.of(n.now.ghosts, c.now.began), c.title(n)),
		}
		c.say(next, f)
	}
}

// callers marks calls that seem new only because what they asked for never came to its end.
func (c *comparison) callers() {
	for i := range c.found {
		f := &c.found[i]
		n := &c.nodes[f.node]
		if f.kind != model.DeviationExtra || n.parent < 0 {
			continue
		}
		up := &c.nodes[n.parent]
		for k := n.parent + 1; k <= up.last; k = c.nodes[k].last + 1 {
			o := &c.nodes[k]
			if o.now != nil && o.now.ghosts > 0 && o.usual != nil {
				if _, via := o.usual.via[n.now.site]; via {
					f.follows = true
				}
			}
		}
	}
}

// dropTwins leaves one finding of a node that is both missing and did not come back.
func (c *comparison) dropTwins() {
	back := map[int]bool{}
	for _, f := range c.found {
		if f.kind == model.DeviationNoAnswer && !f.follows {
			back[f.node] = true
		}
	}
	kept := c.found[:0]
	for _, f := range c.found {
		if f.kind == model.DeviationMissing && back[f.node] {
			continue
		}
		kept = append(kept, f)
	}
	c.found = kept
}

// followers marks what a graver deviation explains:
//
//   - a stage whose own stages are missing, or that fails, seems to take longer by itself;
//   - below a stage that is new, or comes more often, everything is new or more often;
//   - after a stage that failed or did not answer, stages are missing, and who asked for it
//     fails too.
func (c *comparison) followers() {
	for _, cause := range c.found {
		if cause.follows {
			continue
		}
		at := &c.nodes[cause.node]
		for i := range c.found {
			f := &c.found[i]
			below := f.node > cause.node && f.node <= at.last
			if f.kind == model.DeviationSlow {
				switch cause.kind {
				case model.DeviationFailed:
					f.follows = f.follows || f.node == cause.node
				case model.DeviationMissing:
					f.follows = f.follows || f.node == at.parent
				case model.DeviationNoAnswer:
					f.follows = f.follows || f.node == at.parent || f.node == cause.node
				case model.DeviationRepeated:
					f.follows = f.follows || f.node == cause.node && c.eachAsUsual(f.node)
				}
			}
			switch cause.kind {
			case model.DeviationExtra, model.DeviationRepeated, model.DeviationFewer:
				if below && f.kind != model.DeviationFailed && f.kind != model.DeviationNoAnswer && f.kind != model.DeviationSlow {
					f.follows = true
				}
			case model.DeviationNoAnswer, model.DeviationFailed:
				f.follows = f.follows || f.node > cause.node && (f.kind == model.DeviationMissing || f.kind == model.DeviationFewer || f.kind == model.DeviationOrder)
				above := cause.node > f.node && cause.node <= c.nodes[f.node].last
				f.follows = f.follows || above && (f.kind == model.DeviationFailed || f.kind == model.DeviationSlow)
			}
		}
	}
}

// slower is how many times as long one occurrence may take before a stage that comes more
// often is slow as well.
const slower = 1.5

// eachAsUsual reports whether one occurrence of a stage takes about as long as usual.
func (c *comparison) eachAsUsual(node int) bool {
	n := &c.nodes[node]
	now := float64(n.now.selfNS) / float64(max(n.now.total, 1))
	usual := float64(n.usual.selfNS) / float64(max(n.usual.total, 1))
	return now <= slower*usual
}
