package engine

import (
	"math"
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/model"
)

// Stretch is a stretch of time, [From, To).
type Stretch struct{ From, To time.Time }

func (s Stretch) holds(at int64) bool {
	return at >= s.From.UnixNano() && at < s.To.UnixNano()
}

// Stretches ranks the causes of what happened in one stretch of a recording against
// others of it. It belongs to one goroutine.
type Stretches struct {
	cfg     Config
	table   *model.Symbols
	now     Stretch
	healthy []Stretch
	pending map[model.TraceID]*model.Fragment
	order   []model.TraceID
	without rootcause.Part
}

// samplePerEntry is how many traces of an entry point are kept whole for a ranking:
// more than live, since there is one window only.
const samplePerEntry = 500

// NewStretches prepares a ranking of now. Without healthy stretches, what the
// recording holds before now is taken to be healthy, or what it holds after it where
// nothing is before.
func NewStretches(cfg Config, table *model.Symbols, now Stretch, healthy []Stretch) *Stretches {
	return &Stretches{cfg: cfg.filled(), table: table, now: now, healthy: healthy, pending: map[model.TraceID]*model.Fragment{}}
}

// Without has the ranking made without a part, to see what that is worth.
func (s *Stretches) Without(part rootcause.Part) { s.without = part }

// Add takes in a piece of a trace. It keeps the fragment's slices.
func (s *Stretches) Add(f *model.Fragment) {
	if have := s.pending[f.Trace]; have != nil {
		have.Append(f)
		return
	}
	c := *f
	s.pending[f.Trace] = &c
	s.order = append(s.order, f.Trace)
}

// Rank assembles what was added and ranks the causes.
func (s *Stretches) Rank() model.Ranking {
	now := detector.NewSummary(s.now.From.UnixNano(), s.now.To.UnixNano(), samplePerEntry)
	before, after := windows{}, windows{}
	observer := detector.NewObserver(s.table)
	assembler := graph.NewAssembler(graph.Config{MaxSpans: s.cfg.MaxSpansPerTrace, Symbols: s.table})
	step := s.cfg.Window.Nanoseconds()
	for _, id := range s.order {
		t := assembler.Assemble(s.pending[id])
		var sum *detector.Summary
		switch {
		case s.now.holds(t.Start):
			sum = now
		case len(s.healthy) > 0:
			for _, h := range s.healthy {
				if h.holds(t.Start) {
					sum = before.at(t.Start, step, h)
					break
				}
			}
		case t.Start < s.now.From.UnixNano():
			sum = before.at(t.Start, step, Stretch{})
		default:
			sum = after.at(t.Start, step, Stretch{})
		}
		if sum != nil {
			observer.Observe(sum, t)
		}
	}
	healthy := before.sorted()
	if len(healthy) == 0 {
		healthy = after.sorted()
	}
	return rank(s.table, s.now, now, healthy, len(s.healthy) > 0, s.without)
}

// windows are the summaries of healthy windows by their start.
type windows map[int64]*detector.Summary

func (w windows) at(t, step int64, in Stretch) *detector.Summary {
	from := align(t, step)
	sum := w[from]
	if sum == nil {
		sum = detector.NewSummary(from, from+step, healthySample)
		w[from] = sum
	}
	return sum
}

const healthySample = 50

func (w windows) sorted() []*detector.Summary {
	starts := make([]int64, 0, len(w))
	for from := range w {
		starts = append(starts, from)
	}
	slices.Sort(starts)
	out := make([]*detector.Summary, len(starts))
	for i, from := range starts {
		out[i] = w[from]
	}
	return out
}

// rank judges one summary against healthy ones; vouched says that somebody named them.
func rank(table *model.Symbols, at Stretch, now *detector.Summary, healthy []*detector.Summary, vouched bool, without rootcause.Part) model.Ranking {
	out := model.Ranking{From: at.From.UTC(), To: at.To.UTC(), Method: "culprit", Suspects: []model.Suspect{}, Warnings: now.Warnings()}
	if now.Traces == 0 {
		return out
	}
	b := detector.NewBaseline(table, max(len(healthy), 1))
	b.Doubt(!vouched)
	b.LearnAll(healthy)
	if len(healthy) == 0 {
		out.Warnings = append(out.Warnings, model.Warning{Kind: "no-baseline", Count: 1, Message: "the recording holds no healthy stretch to compare with: give --baseline-from and --baseline-to"})
	}
	w := detector.NewWindow(now, b)
	judged := b.Judge([]*detector.Window{w})
	scene := &rootcause.Scene{
		Table:    table,
		Evidence: judged.Evidence,
		Now:      w,
		Baseline: b,
		Traces:   now.Sample.Traces(),
		Without:  without,
	}
	for _, h := range healthy {
		scene.Healthy = append(scene.Healthy, h.Sample.Traces())
	}
	causes := rootcause.Deepen(scene, rootcause.Rank(scene))
	out.Suspects = rootcause.Suspects(scene, causes)
	if len(causes) > 0 && causes[0].Lead != nil {
		out.Anomalous = causes[0].Score >= least && logChance(&causes[0], &judged, 1) <= math.Log(single)
	}
	return out
}
