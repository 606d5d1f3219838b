package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"culprit/detector"
	"culprit/detector/bottleneck"
	"culprit/detector/rootcause"
	"culprit/internal/stats"
	"culprit/model"
)

// Options says what is told.
type Options struct {
	// FDR is the share of the changes told that may be chance, on average. 0 means 0.01.
	FDR         float64
	Before, Now string // names of the sides
	MostChanges int    // 0 means 100
}

const (
	// usualFDR is for comparisons that nobody looks at unless they say something: a gate
	// that is wrong once in a hundred findings.
	usualFDR = 0.01
	// usualChanges is the most changes that are told.
	usualChanges = 100
	// felt is the share of what a request takes below which a change of time is not worth
	// telling, however sure it is: machines differ by more.
	felt = 0.01
	// origin is the part of the first cause's score from which another cause is one too,
	// and not what follows from it.
	origin = 0.2
	// fewest is the fewest slices of the earlier side that say how restless it is.
	fewest = 3
	// minRequests is the fewest requests of an entry point that is called new or gone.
	minRequests = 5
)

// Compare says what changed from before to now. Both sides are read only.
func Compare(before, now *Side, o Options) model.Comparison {
	if o.FDR <= 0 {
		o.FDR = usualFDR
	}
	if o.MostChanges <= 0 {
		o.MostChanges = usualChanges
	}
	c := newComparison(before, now)
	out := model.Comparison{
		Before: before.view(o.Before, c.was), Now: now.view(o.Now, c.is),
		Changes: []model.Difference{}, FDR: model.Number(o.FDR),
		Entries: []model.EntryChange{}, Services: []model.ServiceChange{}, Warnings: c.warnings(),
	}
	c.judge()
	out.Tests = c.judged.Looks
	c.correct()
	out.Changes = append(out.Changes, c.changes(o.FDR)...)
	out.Changes = out.Changes[:min(len(out.Changes), o.MostChanges)]
	for i := range out.Changes {
		out.Changes[i].Rank = i + 1
	}
	out.Entries = append(out.Entries, c.entries()...)
	out.Services = append(out.Services, c.services(o.FDR)...)
	return out
}

// comparison is the work at hand.
type comparison struct {
	table       *model.Symbols
	before, now *Side
	was, is     Slice // all of a side

	scene  *rootcause.Scene
	judged detector.Judgement
	causes []rootcause.Cause
	q      map[*detector.Evidence]float64

	usual, times map[detector.Site]bottleneck.EntryTimes // by entry point
	order        []detector.Site                         // entry points of either side, by name
	requests     float64                                 // now, of entry points of both sides
}

func newComparison(before, now *Side) *comparison {
	c := &comparison{
		table: now.table, before: before, now: now, was: before.whole(), is: now.whole(),
		q: map[*detector.Evidence]float64{}, usual: map[detector.Site]bottleneck.EntryTimes{}, times: map[detector.Site]bottleneck.EntryTimes{},
	}
	for _, t := range c.was.Paths.Times() {
		c.usual[t.Entry] = t
		c.order = append(c.order, t.Entry)
	}
	for _, t := range c.is.Paths.Times() {
		c.times[t.Entry] = t
		if u, both := c.usual[t.Entry]; !both {
			c.order = append(c.order, t.Entry)
		} else if u.MeanMS > 0 {
			c.requests += float64(t.Requests)
		}
	}
	slices.SortFunc(c.order, detector.NamesOf(c.table).Compare)
	return c
}

func (c *comparison) warnings() []model.Warning {
	out := c.was.Sum.Warnings()
	out = append(out, c.is.Sum.Warnings()...)
	if n := len(c.before.slices); n < fewest {
		out = append(out, model.Warning{Kind: "few-slices", Count: 1, Message: fmt.Sprintf(
			"need %d slices of %v s before to know what is usual, have %d: what is told may be chance", fewest, float64(c.before.step)/1e9, n)})
	}
	if c.is.Sum.Traces == 0 {
		out = append(out, model.Warning{Kind: "no-requests", Count: 1, Message: "there are no requests on the later side"})
	}
	model.SortWarnings(out)
	return out
}

// judge compares the later side as one window with the slices of the earlier one.
func (c *comparison) judge() {
	var healthy []*detector.Summary
	for _, s := range c.before.ordered() {
		healthy = append(healthy, s.Sum)
	}
	b := detector.NewBaseline(c.table, max(len(healthy), 1))
	b.LearnAll(healthy)
	w := detector.NewWindow(c.is.Sum, b)
	if c.is.Sum.Traces > 0 && len(healthy) > 0 {
		c.judged = b.Judge([]*detector.Window{w})
	}
	c.scene = &rootcause.Scene{Table: c.table, Evidence: c.judged.Evidence, Now: w, Baseline: b}
	if len(c.judged.Evidence) > 0 {
		c.causes = rootcause.Rank(c.scene)
	}
}

// correct turns z-scores into q-values. Quantities that were compared and did not differ
// enough to be evidence count as having p = 1.
func (c *comparison) correct() {
	p := make([]float64, 0, max(c.judged.Looks, len(c.judged.Evidence)))
	for i := range c.judged.Evidence {
		p = append(p, min(1, 2*stats.NormalTail(math.Abs(c.judged.Evidence[i].Shift.Z))))
	}
	for len(p) < c.judged.Looks {
		p = append(p, 1)
	}
	q := stats.BenjaminiHochberg(p)
	for i := range c.judged.Evidence {
		c.q[&c.judged.Evidence[i]] = q[i]
	}
}

// weighed is a change while its place is sought.
type weighed struct {
	model.Difference
	cause int // its place among the causes; after all of them for none
	size  float64
}

func (c *comparison) changes(fdr float64) []model.Difference {
	explained := c.explained(fdr)
	var all []weighed
	for i := range c.judged.Evidence {
		e := &c.judged.Evidence[i]
		if c.q[e] > fdr || e.Key.Family == detector.Tail && c.slower(e.Key.Site, fdr) || c.client(e) {
			continue
		}
		if ch, ok := c.change(e, explained); ok {
			all = append(all, ch)
		}
	}
	all = append(all, c.comeAndGone()...)
	all = once(all)
	slices.SortStableFunc(all, func(a, b weighed) int {
		return cmp.Or(compareBools(b.Origin, a.Origin), cmp.Compare(b.size, a.size), cmp.Compare(a.cause, b.cause),
			cmp.Compare(math.Abs(float64(b.Z)), math.Abs(float64(a.Z))),
			strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation),
			strings.Compare(a.Callee, b.Callee), strings.Compare(a.CalleeOperation, b.CalleeOperation))
	})
	out := make([]model.Difference, len(all))
	for i := range all {
		out[i] = all[i].Difference
	}
	return out
}

// explained are the operations that spend another time for reasons of their own: by
// themselves, or since they are called more or less often.
func (c *comparison) explained(fdr float64) map[detector.Site]bool {
	out := map[detector.Site]bool{}
	for i := range c.judged.Evidence {
		e := &c.judged.Evidence[i]
		if c.q[e] > fdr {
			continue
		}
		switch e.Key.Family {
		case detector.OwnTime:
			out[e.Key.Site] = true
		case detector.Calls, detector.Repeats:
			out[e.Key.Child] = true
			for _, side := range []map[detector.Site]bottleneck.EntryTimes{c.usual, c.times} {
				for _, t := range side {
					for below := range t.Below[e.Key.Child] {
						out[below] = true
					}
				}
			}
		}
	}
	return out
}

// slower reports whether the mean own time of an operation has surely changed.
func (c *comparison) slower(site detector.Site, fdr float64) bool {
	for i := range c.judged.Evidence {
		if e := &c.judged.Evidence[i]; e.Key.Family == detector.OwnTime && e.Key.Site == site {
			return c.q[e] <= fdr
		}
	}
	return false
}

// client reports whether a change of structure is that of a client span: what its caller
// reaches by it is told already.
func (c *comparison) client(e *detector.Evidence) bool {
	if e.Key.Family != detector.Calls && e.Key.Family != detector.Repeats {
		return false
	}
	for _, s := range []Slice{c.was, c.is} {
		if ctx := s.Sum.Contexts[detector.ContextKey{Site: e.Key.Site, Parent: e.Key.Parent}]; ctx != nil && ctx.Client {
			return true
		}
	}
	return false
}

// once leaves the surest of several changes of one kind in one place: an operation in
// several contexts, a call from several.
func once(all []weighed) []weighed {
	best := map[string]int{}
	out := all[:0]
	for _, w := range all {
		k := strings.Join([]string{w.Level, w.Kind, w.Service, w.Operation, w.Callee, w.CalleeOperation}, "\x00")
		i, seen := best[k]
		switch {
		case !seen:
			best[k] = len(out)
			out = append(out, w)
		case math.Abs(float64(w.Z)) > math.Abs(float64(out[i].Z)):
			out[i] = w
		}
	}
	return out
}

// change turns a piece of evidence into a change; ok is false where it is not worth telling.
func (c *comparison) change(e *detector.Evidence, explained map[detector.Site]bool) (w weighed, ok bool) {
	p := c.scene.Publish(e)
	w.Difference = model.Difference{
		Level: "operation", Service: p.Service, Operation: p.Operation, Before: p.Before, Now: p.Now, Unit: p.Unit,
		Z: p.Z, Q: model.Number(c.q[e]), Samples: p.Samples, Baseline: p.Baseline, Sentence: p.Sentence,
		Entries: []model.EntryEffect{},
	}
	up := e.Shift.Effect > 0
	var effect func(t *bottleneck.EntryTimes) float64
	matters := func() bool { return math.Abs(float64(w.EffectShare)) >= felt }
	always := func() bool { return true }
	site := e.Key.Site
	switch e.Key.Family {
	case detector.OwnTime, detector.Tail:
		w.Kind = pick(up, model.ChangeSlower, model.ChangeFaster)
		effect = func(t *bottleneck.EntryTimes) float64 { return t.Sites[site] }
		if e.New {
			w.Kind, matters = model.ChangeNew, always
		}
	case detector.EdgeGap:
		w.Level, w.Kind, w.Callee = "edge", pick(up, model.ChangeSlower, model.ChangeFaster), c.table.Name(e.Key.Callee)
		effect = func(t *bottleneck.EntryTimes) float64 { return t.Between[site] }
	case detector.Errors:
		w.Kind, matters = pick(up, model.ChangeFailing, model.ChangeRecovered), always
		w.Failing = model.Number(c.failing(site))
		if !up == (w.Failing > 0) {
			w.Failing = 0
		}
	case detector.Calls, detector.Repeats:
		w.Level, w.Callee, w.CalleeOperation = "edge", c.table.Name(e.Key.Child.Service), c.table.Name(e.Key.Child.Operation)
		w.Kind, matters = pick(up, model.ChangeMore, model.ChangeFewer), always
		switch {
		case e.Key.Family == detector.Calls && e.New:
			w.Kind = model.ChangeNew
		case e.Key.Family == detector.Calls && e.Now <= rare && !up:
			w.Kind = model.ChangeGone
		}
		call := [2]detector.Site{site, e.Key.Child}
		effect = func(t *bottleneck.EntryTimes) float64 { return t.Calls[call] }
	case detector.Concurrency:
		w.Kind = pick(up, model.ChangeParallel, model.ChangeSerial)
		// what the calls below take together, but for what has become slower by itself
		effect = func(t *bottleneck.EntryTimes) (ms float64) {
			for _, below := range slices.SortedFunc(maps.Keys(t.Below[site]), detector.NamesOf(c.table).Compare) {
				if !explained[below] && below != site {
					ms += t.Sites[below]
				}
			}
			return ms
		}
	case detector.QueueWait:
		w.Kind, matters = pick(up, model.ChangeSlower, model.ChangeFaster), always
	default:
		return w, false // traffic and whole requests are told by entry point
	}
	if effect != nil {
		c.feel(&w.Difference, effect)
	}
	c.blame(&w, e)
	w.size = math.Abs(float64(w.EffectShare)) + math.Abs(float64(w.Failing))
	return w, matters()
}

// rare is the share of its parents that may still make a call that is gone.
const rare = 0.01

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// feel says what a change does to the mean request of each entry point and of all.
func (c *comparison) feel(ch *model.Difference, ms func(*bottleneck.EntryTimes) float64) {
	for _, site := range c.order {
		was, both := c.usual[site]
		is, also := c.times[site]
		if !both || !also || was.MeanMS <= 0 {
			continue
		}
		d := ms(&is) - ms(&was)
		part := float64(is.Requests) / c.requests
		ch.EffectMS += model.Number(d * part)
		ch.EffectShare += model.Number(d / was.MeanMS * part)
		if math.Abs(d) >= felt*was.MeanMS {
			service, operation := detector.NamesOf(c.table).Of(site)
			ch.Entries = append(ch.Entries, model.EntryEffect{Service: service, Operation: operation, MS: model.Number(d)})
		}
	}
	slices.SortStableFunc(ch.Entries, func(a, b model.EntryEffect) int {
		return cmp.Compare(math.Abs(float64(b.MS)), math.Abs(float64(a.MS)))
	})
	const most = 5
	ch.Entries = ch.Entries[:min(len(ch.Entries), most)]
}

// failing is the share of the requests that fail more than before, of those that reach an
// operation.
func (c *comparison) failing(at detector.Site) (d float64) {
	for _, site := range c.order {
		was, both := c.usual[site]
		is, also := c.times[site]
		reaches := site == at || was.Below[site][at] || is.Below[site][at]
		if both && also && reaches && was.Requests > 0 && is.Requests > 0 && c.requests > 0 {
			d += (share(is.Errors, is.Requests) - share(was.Errors, was.Requests)) * float64(is.Requests) / c.requests
		}
	}
	return d
}

// blame says which cause a change belongs to. It is an origin if it is what a cause rests
// on; a cause that scores far less than the first may follow from it. What a service that
// does not answer brings about is told with the call that it does not answer.
func (c *comparison) blame(w *weighed, e *detector.Evidence) {
	w.cause = len(c.causes)
	for i := range c.causes {
		k := &c.causes[i]
		if k.Lead != e && !slices.Contains(k.More, e) && !sameTrouble(k.Lead, e) {
			continue
		}
		w.cause = min(w.cause, i)
		strong := k.Score >= origin*c.causes[0].Score
		lost := lostCall(k)
		switch lost {
		case nil:
			w.Origin = w.Origin || strong && (k.Lead == e || sameTrouble(k.Lead, e))
		case e:
			w.Kind = model.ChangeUnanswered
			w.Origin = w.Origin || strong
			if slices.ContainsFunc(append([]*detector.Evidence{k.Lead}, k.More...), func(o *detector.Evidence) bool { return o.Key.Family == detector.Errors }) {
				w.Failing = model.Number(max(0, c.failing(e.Key.Site)))
			}
		}
	}
}

// sameTrouble reports whether two pieces of evidence are the same trouble of a service: its
// operations take longer by themselves, on average or at worst, or errors start there.
func sameTrouble(a, b *detector.Evidence) bool {
	if a == nil || a.Key.Site.Service != b.Key.Site.Service || a.Shift.Effect > 0 != (b.Shift.Effect > 0) {
		return false
	}
	time := func(f detector.Family) bool { return f == detector.OwnTime || f == detector.Tail }
	return time(a.Key.Family) && time(b.Key.Family) || a.Key.Family == detector.Errors && b.Key.Family == detector.Errors
}

// lostCall is the call that a silent service does not answer; nil if the cause is another.
func lostCall(k *rootcause.Cause) *detector.Evidence {
	if k.Kind != model.KindSilence || k.Lead == nil {
		return nil
	}
	for _, e := range append([]*detector.Evidence{k.Lead}, k.More...) {
		if e.Key.Family == detector.Calls && e.Key.Child.Service == k.Site.Service && e.Shift.Effect < 0 {
			return e
		}
	}
	return nil
}

// comeAndGone are entry points that only one side has.
func (c *comparison) comeAndGone() []weighed {
	var out []weighed
	for _, site := range c.order {
		was, before := c.usual[site]
		is, now := c.times[site]
		if before == now || max(was.Requests, is.Requests) < minRequests {
			continue
		}
		service, operation := detector.NamesOf(c.table).Of(site)
		w := weighed{cause: len(c.causes)}
		w.Difference = model.Difference{
			Level: "operation", Kind: model.ChangeGone, Service: service, Operation: operation, Unit: "requests",
			Before: model.Number(was.Requests), Now: model.Number(is.Requests), Entries: []model.EntryEffect{},
			Samples: int(is.Requests), Baseline: int(was.Requests),
			Sentence: fmt.Sprintf("%s is asked for no more (was %d requests)", strings.TrimSpace(service+" "+operation), was.Requests),
		}
		if now {
			w.Kind = model.ChangeNew
			w.Sentence = fmt.Sprintf("%s is asked for %d times, never before", strings.TrimSpace(service+" "+operation), is.Requests)
		}
		out = append(out, w)
	}
	return out
}

func share(a, b int64) float64 { return float64(a) / float64(max(b, 1)) }

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
