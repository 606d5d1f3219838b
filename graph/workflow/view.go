package workflow

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"culprit/internal/stats"
	"culprit/model"
)

const (
	// maxDeviations is how many deviations are told: who reads fifty has stopped reading.
	maxDeviations = 50
	// maxShown is how many variants are told, the most frequent.
	maxShown = 20
	// maxDiffers is how many differences of a variant are named.
	maxDiffers = 6
	// smallGap is the share of a run's time below which nobody asks what was not traced.
	smallGap = 0.01
)

// View is the workflow as it is published, and how it deviates from the usual one, which
// may be nil: a model of the same operation with the same symbols. Ask when no span is on
// its way: then it does not depend on the order of arrival.
func (m *Model) View(usual *Model) model.Workflow {
	now := m.settled()
	var than *Model
	if usual != nil && usual.began > 0 {
		than = usual.settled()
	}
	j := newJoint(now, than)
	found := j.compare()
	v := view{joint: j, place: map[int]int{}, steps: map[*step]int{}, total: now.spent()}
	v.show(found)
	root := now.root.site
	out := model.Workflow{
		Service: m.table.Name(root.Service), Operation: m.table.Name(root.Operation),
		From: instant(now.from), To: instant(now.to), Runs: now.began, Errors: now.failed,
		P50MS: quantile(&now.took, 0.5), P95MS: quantile(&now.took, 0.95),
		Steps: v.out, Participants: v.participants(), Variants: now.shapes(),
		Deviations: v.deviations(found), Warnings: now.warnings(than),
	}
	if than != nil {
		out.Usual = &model.WorkflowUsual{
			From: instant(than.from), To: instant(than.to), Runs: than.began,
			P50MS: quantile(&than.took, 0.5), P95MS: quantile(&than.took, 0.95),
		}
	}
	return out
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// quantile is in milliseconds; without values it is none.
func quantile(s *stats.Sketch, q float64) model.Number {
	if s.Count() == 0 {
		return model.Number(math.NaN())
	}
	return model.Number(stats.UnlogMS(s.Quantile(q)))
}

// view turns nodes into published steps: those that are there, and those whose absence
// deviates.
type view struct {
	*joint
	place map[int]int   // of nodes that are shown: their place in out
	steps map[*step]int // of steps of now: their place in out
	total int64         // ns of all runs
	out   []model.WorkflowStep
}

func (v *view) show(found []finding) {
	wanted := map[int]bool{}
	for _, f := range found {
		for at := f.node; at >= 0 && !wanted[at]; at = v.nodes[at].parent {
			wanted[at] = true
		}
	}
	v.out = []model.WorkflowStep{}
	for i := range v.nodes {
		if n := &v.nodes[i]; n.there() || wanted[i] {
			v.place[i] = len(v.out)
			if n.now != nil {
				v.steps[n.now] = len(v.out)
			}
			v.out = append(v.out, v.step(i))
		}
	}
	for i, at := range v.place { // each writes its own step
		if n := &v.nodes[i]; n.now != nil {
			v.gaps(n.now, &v.out[at])
		}
	}
}

var hopNames = [nHops]string{model.HopEntry, model.HopLocal, model.HopCall, model.HopOpaque, model.HopMessage, model.HopLoose}

// step is a node as it is published; its gaps are added when all steps have a place.
func (v *view) step(i int) model.WorkflowStep {
	n := &v.nodes[i]
	table := v.now.table
	some := n.some()
	out := model.WorkflowStep{
		ID: len(v.out), Parent: -1,
		Service: table.Name(some.site.Service), Operation: table.Name(some.site.Operation), Via: v.via(some),
		Hop: hopNames[n.hop()], Group: n.group, GroupHow: n.how, Missing: !n.there(),
		Frequency: model.Number(math.NaN()), P50MS: model.Number(math.NaN()), P95MS: model.Number(math.NaN()),
		Gaps: []model.WorkflowGap{}, Deviations: []int{},
	}
	var up *step
	if n.parent >= 0 {
		out.Parent = v.place[n.parent]
		out.Caller = v.out[out.Parent].Service
		up = v.nodes[n.parent].now
	}
	s := n.now
	if s == nil || s.runs == 0 {
		return out
	}
	switch {
	case up == nil:
		out.Frequency = 1
	case n.hop() == loose && up.runs > 0:
		out.Frequency = model.Number(share(s.runs, v.now.began))
	case up.known > 0:
		out.Frequency = model.Number(share(s.under, up.known))
	}
	out.Runs, out.CallsMin, out.CallsMax = s.runs, s.least, s.most
	out.CallsMean = model.Number(share(s.total, s.runs))
	if up != nil {
		if o := up.pairs[pair{s.site, s.site}]; o != nil {
			out.Concurrent = o.timed > 0 && 2*o.overlap >= o.timed
		}
	}
	out.Errors, out.Unanswered = s.errors, s.silent-s.hops[opaque]
	out.Unanswered = max(out.Unanswered, 0)
	out.P50MS, out.P95MS = quantile(&s.took, 0.5), quantile(&s.took, 0.95)
	out.SelfMS = model.Number(perRun(s.selfNS, s.self.N) / 1e6)
	out.TimeShare = model.Number(share(s.critical, v.total))
	return out
}

// via is the caller's most frequent name for a stage, if it says something that the
// stage's own does not.
func (v *view) via(s *step) string {
	best, most := "", int64(0)
	for _, site := range slices.SortedFunc(maps.Keys(s.via), v.now.byName) {
		if s.via[site] > most {
			best, most = v.now.table.Name(site.Operation), s.via[site]
		}
	}
	if best == v.now.table.Name(s.site.Operation) {
		return ""
	}
	return best
}

// gaps adds the time in which nothing was traced, where it is felt.
func (v *view) gaps(s *step, out *model.WorkflowStep) {
	for _, before := range slices.SortedFunc(maps.Keys(s.gaps), v.now.byName) {
		ns := s.gaps[before]
		if share(ns, v.total) < smallGap {
			continue
		}
		g := model.WorkflowGap{Before: -1, MS: model.Number(perRun(ns, s.runs) / 1e6), Share: model.Number(share(ns, v.total))}
		if k := s.kids[before]; k != nil {
			g.Before = v.steps[k]
		}
		out.Gaps = append(out.Gaps, g)
	}
	slices.SortStableFunc(out.Gaps, func(a, b model.WorkflowGap) int { return cmp.Compare(b.Share, a.Share) })
}

// participants are the services in the order in which they are first asked.
func (v *view) participants() []model.WorkflowParticipant {
	at := map[string]int{}
	out := []model.WorkflowParticipant{}
	for i := range v.out {
		s := &v.out[i]
		k, ok := at[s.Service]
		if !ok {
			k = len(out)
			at[s.Service] = k
			out = append(out, model.WorkflowParticipant{Service: s.Service, Opaque: true})
		}
		out[k].Opaque = out[k].Opaque && s.Hop == model.HopOpaque
	}
	return out
}

// deviations publishes findings and marks their steps.
func (v *view) deviations(found []finding) []model.WorkflowDeviation {
	out := []model.WorkflowDeviation{}
	for _, f := range found[:min(len(found), maxDeviations)] {
		at := v.place[f.node]
		s := &v.out[at]
		s.Deviations = append(s.Deviations, len(out))
		out = append(out, model.WorkflowDeviation{
			Kind: f.kind, Step: at, Service: s.Service, Operation: s.Operation,
			Before: model.Number(f.before), Now: model.Number(f.now), Unit: f.unit,
			ExtraMS: model.Number(f.extra / 1e6), Certainty: model.Number(f.certain),
			Follows: f.follows, Sentence: f.text,
		})
	}
	return out
}

// shapes publishes the variants, most frequent first.
func (m *Model) shapes() []model.WorkflowVariant {
	type shape struct {
		hash uint64
		*variant
	}
	var all []shape
	for _, h := range slices.Sorted(maps.Keys(m.variants)) {
		all = append(all, shape{h, m.variants[h]})
	}
	slices.SortStableFunc(all, func(a, b shape) int { return cmp.Compare(b.runs, a.runs) })
	out := []model.WorkflowVariant{}
	for i, s := range all[:min(len(all), maxShown)] {
		w := model.WorkflowVariant{
			Runs: s.runs, Share: model.Number(share(s.runs, m.began)), Errors: s.errors,
			P50MS: quantile(&s.took, 0.5), P95MS: quantile(&s.took, 0.95),
			Exemplar: s.sample.String(), Differs: []string{},
		}
		if i > 0 {
			w.Differs = m.differs(all[0].variant, s.variant)
		}
		out = append(out, w)
	}
	return out
}

// differs says how a shape differs from another one: what is there or not, without what
// hangs below it, and what came several times.
func (m *Model) differs(from, v *variant) []string {
	a, b := map[*step]part{}, map[*step]part{}
	for _, p := range from.parts {
		a[p.step] = p
	}
	for _, p := range v.parts {
		b[p.step] = p
	}
	var out []string
	m.walk(func(s *step) {
		p, had := a[s]
		q, has := b[s]
		parentHad, parentHas := true, true
		if s.parent != nil {
			_, parentHad = a[s.parent]
			_, parentHas = b[s.parent]
		}
		switch {
		case had && !has && parentHas:
			out = append(out, "without "+m.title(s))
		case has && !had && parentHad:
			out = append(out, "with "+m.title(s))
		case has && had && q.several != p.several && q.several:
			out = append(out, m.title(s)+" several times")
		case has && had && q.several != p.several:
			out = append(out, m.title(s)+" once")
		case has && had && q.silent != p.silent && q.silent:
			out = append(out, m.title(s)+" not answered")
		case has && had && q.silent != p.silent:
			out = append(out, m.title(s)+" answered")
		}
	})
	if more := len(out) - maxDiffers; more > 0 {
		out = append(out[:maxDiffers], fmt.Sprintf("and %d more", more))
	}
	return out
}

// warnings say why the workflow is to be trusted less.
func (m *Model) warnings(usual *Model) []model.Warning {
	var out []model.Warning
	add := func(kind string, n int64, message string) {
		if n > 0 {
			out = append(out, model.Warning{Kind: kind, Count: n, Message: message})
		}
	}
	d := &m.doubts
	add("orphan-spans", d.torn, "runs have lost spans: stages may be missing that were there")
	add("loose-spans", d.loose, "runs have parts that hang nowhere; they are shown below the entry")
	add("clock-skew", d.skewed, "runs have clocks that differ: stages are placed where they fit")
	add("cycle", d.cyclic, "runs have spans that are each other's ancestors; cut at the earliest")
	add("truncated", d.cut, "runs have more spans than a trace may have; the rest is left out")
	add("deep", d.deep, fmt.Sprintf("spans lie deeper than %d stages and are counted with the stage there", maxDepth))
	add("many-shapes", m.shapeless, fmt.Sprintf("runs have shapes beyond the %d that are told apart", maxVariants))
	if m.pruned {
		add("many-steps", 1, fmt.Sprintf("there are more than %d stages: some are left out, and shapes are not told apart", maxSteps))
	}
	if usual != nil && usual.began < minUsual {
		add("few-usual-runs", 1, fmt.Sprintf("need %d usual runs to call anything unusual, have %d", minUsual, usual.began))
	}
	model.SortWarnings(out)
	if out == nil {
		out = []model.Warning{}
	}
	return out
}
