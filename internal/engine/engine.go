package engine

import (
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/incident"
	"culprit/model"
)

// Engine judges windows. Its shards may run side by side; everything else belongs to
// one goroutine.
type Engine struct {
	past
	shards    []*Shard
	recent    []*detector.Window // newest first
	alarm     *alarm
	tracker   *incident.Tracker
	verdicts  verdicts             // on the operations of the window at hand
	following map[string]*followed // charts of open incidents
	shown     *shown               // what the window at hand says, until it is told
	lately    *usually             // what is usual with the window at hand, once it was asked for
	watched   bool                 // nothing may be learned from the window at hand, whatever is suspected

	changes  []model.Change              // by time, oldest first
	versions map[string]map[string]int64 // of services: when each was last seen
	fresh    []model.Change              // versions that nobody was told of yet
	started  map[string]*instances       // of services: who was seen lately
	judged   int64                       // windows that had enough data for a verdict
	loaded   int64                       // end of the last window whose trouble was too many requests

	held      []held // windows that may be learned later, oldest first
	watermark int64
	judgedTo  int64 // end of the last judged window
}

// New returns an engine that has seen nothing. Names of spans are in table.
func New(cfg Config, table *model.Symbols) *Engine {
	cfg = cfg.filled()
	e := &Engine{
		past:      past{cfg: cfg, table: table, baseline: detector.NewBaseline(table, cfg.History), calm: map[int64]bool{}},
		alarm:     newAlarm(cfg.FalseIncidentsPerDay, cfg.Window),
		tracker:   incident.NewTracker(cfg.Incident),
		versions:  map[string]map[string]int64{},
		started:   map[string]*instances{},
		following: map[string]*followed{},
	}
	for range cfg.Shards {
		e.shards = append(e.shards, newShard(cfg, table))
	}
	return e
}

// Shard returns observer i of Config.Shards. A trace always goes to the same one.
func (e *Engine) Shard(i int) *Shard { return e.shards[i] }

// Advance judges every window that ends at or before the watermark, after all shards
// were closed at it, and returns the revisions of incidents to publish, in order.
func (e *Engine) Advance(watermark time.Time) []model.Incident {
	to := align(watermark.UnixNano(), e.cfg.Window.Nanoseconds())
	e.watermark = max(e.watermark, watermark.UnixNano())
	var starts []int64
	for _, s := range e.shards {
		for from := range s.open {
			if from+e.cfg.Window.Nanoseconds() <= to {
				starts = append(starts, from)
			}
		}
	}
	slices.Sort(starts)
	var out []model.Incident
	for _, from := range slices.Compact(starts) {
		out = append(out, e.window(from)...)
	}
	if to > e.judgedTo && e.judgedTo > 0 {
		// nothing came since: time passes all the same
		events := e.tracker.Update(incident.Verdict{From: time.Unix(0, to-e.cfg.Window.Nanoseconds()).UTC(), To: time.Unix(0, to).UTC()})
		e.exhibit(events, nil)
		out = append(out, events...)
		e.judgedTo = to
	}
	return e.explained(out)
}

// Finish judges what is left at the end of a recording.
func (e *Engine) Finish() []model.Incident {
	var out []model.Incident
	for {
		end, ok := e.Next()
		if !ok {
			return out
		}
		for _, s := range e.shards {
			s.Close(end)
		}
		out = append(out, e.Advance(end)...)
	}
}

// Next is the end of the earliest window that has something to judge; ok is false
// when nothing waits. A replay closes and advances there, and so skips empty time.
func (e *Engine) Next() (end time.Time, ok bool) {
	at := noTime
	for _, s := range e.shards {
		at = min(at, s.oldest())
	}
	if at == noTime {
		return time.Time{}, false
	}
	w := e.cfg.Window.Nanoseconds()
	return time.Unix(0, align(at, w)+w).UTC(), true
}

// window judges one window and learns from it.
func (e *Engine) window(from int64) []model.Incident {
	merged := newWindow(from, from+e.cfg.Window.Nanoseconds(), e.cfg.SamplePerEntry, e.table)
	for _, s := range e.shards {
		if part := s.open[from]; part != nil {
			merged.sum.Merge(part.sum)
			merged.topo.Merge(part.topo)
			delete(s.open, from)
		}
	}
	merged.sum.Sample = merged.sum.Sample.Fit(sampled)
	e.judgedTo = from + e.cfg.Window.Nanoseconds()
	w := detector.NewWindow(merged.sum, e.baseline)
	e.remember(w)
	e.keep(merged)
	e.versionsOf(merged.traces().All, merged.sum.To)
	e.instancesOf(merged.sum)
	v, score := e.judge(w)
	if v.Judged {
		e.judged++
	}
	merged.judged = e.verdicts
	events := e.tracker.Update(v)
	e.exhibit(events, merged)
	e.shown, e.verdicts = nil, verdicts{}
	if v.Judged && len(e.tracker.Judged()) == 0 {
		e.alarm.learn(score, len(v.Findings) > 0 || e.watched || e.tracker.Suspicious())
	}
	e.baseline.Pass(w)
	if e.suspicious() {
		e.drop()
	} else {
		e.learn(w, v.Findings)
	}
	return events
}

// suspicious reports whether the window at hand may hold a fault: nothing is learned from
// it then. A young alarm has no scores to tell what is usual, and something new stands out
// of every window; if that alone kept windows from being learned, a handful of them would
// judge for ever. So it takes evidence that is worth something.
func (e *Engine) suspicious() bool {
	switch {
	case e.watched || len(e.tracker.Judged()) > 0:
		return true
	case !e.tracker.Suspicious(): // what was accepted as normal is not pending
		return false
	}
	return !e.alarm.young() || e.alarm.suspects()
}

// remember puts a window before the recent ones and lets go of those that are too many
// or too long ago to be judged together with it: a recording may skip hours.
func (e *Engine) remember(w *detector.Window) {
	oldest := w.From - (detector.Merges-1)*e.cfg.Window.Nanoseconds()
	if len(e.held) > 0 && e.held[0].w.From < oldest { // a gap: whether anything came back in it, nobody can tell
		e.drop()
	}
	e.recent = slices.Insert(e.recent, 0, w)
	for n := len(e.recent); n > detector.Merges || e.recent[n-1].From < oldest; n = len(e.recent) {
		e.recent[n-1].Forget()
		e.recent = e.recent[:n-1]
	}
}

// minWindows is the fewest healthy windows against which anything is judged: with
// two, one number tells how restless a quantity is.
const minWindows = 3

// minTraces is the fewest traces in a window for a verdict, good or bad.
const minTraces = 5

const (
	// sampled is the most traces of a window that are kept whole: enough for fifty of
	// each entry point of most systems, and 2 MB at ten spans a trace.
	sampled = 2000
	// sampledLong is how many of them stay while the window can be asked about.
	sampledLong = 300
)

func (e *Engine) judge(w *detector.Window) (incident.Verdict, float64) {
	e.watched = false
	v := incident.Verdict{
		From: time.Unix(0, w.From).UTC(), To: time.Unix(0, w.To).UTC(),
		Provisional: e.alarm.young(),
		Quality:     quality(w.Summary, e.baseline.Windows()),
		Warnings:    w.Summary.Warnings(),
	}
	if e.baseline.Windows() < minWindows || w.Traces < minTraces {
		return v, 0
	}
	v.Judged = true
	if len(e.recent) == 1 { // what was suspected before a gap may have ended in it
		clear(e.alarm.suspicions)
	}
	var raised []string
	defer func() { e.alarm.fade(w.To, raised) }()
	e.baseline.Doubt(e.alarm.young())
	e.baseline.Borrow(e.alarm.young())
	judged := e.baseline.Judge(e.recent)
	e.verdicts = verdictsOf(&judged, e.alarm.alone(), e.baseline.Windows())
	scene := &rootcause.Scene{
		Table:    e.table,
		Evidence: judged.Evidence,
		Now:      w,
		Baseline: e.baseline,
	}
	causes := rootcause.Rank(scene)
	if len(causes) == 0 {
		return v, 0
	}
	score := causes[0].Score
	if !e.alarm.calm(score) {
		scene.Traces, scene.Healthy = e.retained[len(e.retained)-1].traces(), e.healthy()
		for i, of := range faults(rootcause.Deepen(scene, causes)) {
			if i > 0 && len(e.tracker.Judged()) == 0 && !v.Findings[0].Alarm {
				break // a second fault is beside one that is known
			}
			first := &of.causes[0]
			f := e.finding(scene, of)
			if i == 0 {
				e.shown = &shown{scene, *first, f.Suspects[0]}
			}
			o := e.alarm.odds(first, &judged, len(w.Services()))
			f.Active = e.alarm.active(o)
			from := w.To - int64(lookedAt(first))*e.cfg.Window.Nanoseconds()
			if first.Kind == model.KindLoad {
				e.loaded = w.To
			}
			if symptom(f, e.tracker.Judged()) || e.crowded(from, e.tracker.Judged()) && first.Kind != model.KindLoad {
				e.watched = true
				continue
			}
			if e.cold(first, w.Summary) { // watched, so that nothing is learned from it
				e.watched, f.Active = true, true
				v.Findings, raised = append(v.Findings, f), append(raised, f.Cause)
				continue
			}
			f.Alarm = e.alarm.suspect(&f, from, w.To, o)
			v.Findings, raised = append(v.Findings, f), append(raised, f.Cause)
		}
	}
	return v, score
}

// lookedAt is how many windows the evidence for a cause was merged from.
func lookedAt(c *rootcause.Cause) int {
	if c.Lead == nil {
		return 1
	}
	return max(c.Lead.Windows, 1)
}
