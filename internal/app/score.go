package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"culprit/datasets"
	"culprit/datasets/score"
	"culprit/detector/published"
	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// ScoreOptions says what is compared.
type ScoreOptions struct {
	Methods []string // names from [Methods]; the first is the one that matters
	Engine  engine.Config
	// Changes are what is done to the recordings, a report for each. One zero change
	// is as they are.
	Changes []score.Change
	// Detect has the live engine run over the recordings, too.
	Detect bool
	// Told is told each recording before it is read; it may be nil.
	Told func(name string)
}

// Labelled is a recording with its labels.
type Labelled struct {
	Name   string // in the report and in errors
	Labels datasets.Labels
	Read   Recording
}

// Score holds the verdicts of methods, and the incidents of the live engine, against
// labels: a report for each change. Each recording is decoded once; faults and methods
// share it and run side by side.
func Score(ctx context.Context, recs []Labelled, o ScoreOptions) ([]score.Report, error) {
	methods, err := methodsNamed(o.Methods)
	if err != nil {
		return nil, err
	}
	type sum struct {
		verdicts   [][]score.Verdict // by method
		detections score.Detections
		report     score.Report
	}
	sums := make([]sum, len(o.Changes))
	for i, c := range o.Changes {
		sums[i].verdicts = make([][]score.Verdict, len(methods))
		sums[i].report = score.Report{Change: c.String(), Recordings: []score.Recording{}, Methods: []score.MethodReport{}}
	}
	for _, rec := range recs {
		if o.Told != nil {
			o.Told(rec.Name)
		}
		whole, err := readScored(ctx, rec, o.Engine)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rec.Name, err)
		}
		for i, c := range o.Changes {
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			s := &sums[i]
			one := whole.changed(c)
			info := one.info()
			if o.Detect {
				d := one.detect(c.Healthy)
				r := d.Report()
				info.Detection = &r
				s.detections.Add(d)
			}
			for k, vs := range one.verdicts(methods, score.Cases(rec.Labels, one.starts, o.Engine.Window, c.Healthy)) {
				s.verdicts[k] = append(s.verdicts[k], vs...)
			}
			s.report.Recordings = append(s.report.Recordings, info)
			s.report.Warnings = model.MergeWarnings(append(s.report.Warnings, one.conv.warnings()...), maxPlaces)
		}
	}
	out := make([]score.Report, len(sums))
	for i := range sums {
		s := &sums[i]
		for k, m := range methods {
			s.report.Methods = append(s.report.Methods, score.Method(m.Name, m.levels, s.verdicts[k]))
		}
		if o.Detect {
			r := s.detections.Report()
			s.report.Detection = &r
		}
		s.report.PeakMemoryMB = model.Number(float64(peakMemory()) / 1e6)
		out[i] = s.report
	}
	return out, nil
}

// scored is a recording in memory while it is being scored.
type scored struct {
	rec    Labelled
	cfg    engine.Config
	conv   *conversion
	traces []heldTrace // by beginning
	starts []int64     // their beginnings, sorted
	spans  int
	corpus *published.Corpus // nil as long as only our own method is asked
}

// readScored decodes a recording.
func readScored(ctx context.Context, rec Labelled, cfg engine.Config) (*scored, error) {
	s := &scored{rec: rec, cfg: cfg, conv: newConversion(cfg.Shards)}
	h := newHeld(cfg.MaxSpans)
	err := rec.Read.Read(ctx, func(b source.Batch) error {
		s.conv.warn(b.Warnings)
		return h.add(s.conv.inOrder(b.Traces))
	})
	if err != nil {
		return nil, err
	}
	s.index(h.stretch(time.Time{}, time.Time{}))
	return s, nil
}

func (s *scored) index(traces []heldTrace) {
	s.traces = traces
	s.starts = make([]int64, len(traces))
	for i := range traces {
		s.starts[i] = traces[i].start()
		s.spans += len(traces[i].frag.Spans)
	}
}

// changed returns the recording as it would be with a change.
func (s *scored) changed(c score.Change) *scored {
	if !c.Fragments() {
		return s
	}
	h := newHeld(s.cfg.MaxSpans)
	for _, t := range s.traces {
		if f := c.Apply(s.conv.table, t.frag); f != nil {
			// never too many: there are no more of them than before
			_ = h.add([]*model.Fragment{f})
		}
	}
	out := &scored{rec: s.rec, cfg: s.cfg, conv: s.conv}
	out.index(h.stretch(time.Time{}, time.Time{}))
	return out
}

func (s *scored) info() score.Recording {
	r := score.Recording{Name: s.rec.Name, System: s.rec.Labels.System, Traces: len(s.traces), Spans: s.spans, Faults: len(s.rec.Labels.Faults)}
	for _, f := range s.rec.Labels.Faults {
		if !f.Visible {
			r.Invisible++
		}
	}
	return r
}

// bounds is the range of the traces that begin in a stretch.
func (s *scored) bounds(at datasets.Stretch) (lo, hi int) {
	lo, _ = slices.BinarySearch(s.starts, at.From.UnixNano())
	hi, _ = slices.BinarySearch(s.starts, at.To.UnixNano())
	return lo, max(lo, hi)
}

// within returns the traces that begin in a stretch.
func (s *scored) within(at datasets.Stretch) []heldTrace {
	lo, hi := s.bounds(at)
	return s.traces[lo:hi]
}

// verdicts has each method judge each case: by method, then in the order of the cases.
func (s *scored) verdicts(methods []Method, cases []score.Case) [][]score.Verdict {
	out := make([][]score.Verdict, len(methods))
	for i := range out {
		out[i] = make([]score.Verdict, len(cases))
		if methods[i].scores != nil && s.corpus == nil {
			s.assemble()
		}
	}
	var next atomic.Int64
	sideBySide(max(1, min(s.cfg.Shards, len(cases))), func(int) {
		for {
			k := int(next.Add(1)) - 1
			if k >= len(cases) {
				return
			}
			for i, m := range methods {
				begin := time.Now()
				suspects := m.rank(s, cases[k])
				out[i][k] = score.Verdict{Recording: s.rec.Name, Case: cases[k], Suspects: suspects, Took: time.Since(begin)}
			}
		}
	})
	return out
}

// detect runs the live engine over the recording from an empty state, as a replay
// without watermarks does, from so many healthy windows before the first fault on.
func (s *scored) detect(healthy int) score.Detections {
	p := &pipeline{conversion: s.conv, engine: engine.New(s.cfg, s.conv.table), shards: s.cfg.Shards, window: s.cfg.Window}
	var revisions []model.Incident
	first, _ := slices.BinarySearch(s.starts, score.Watched(s.rec.Labels, s.starts, s.cfg.Window, healthy))
	traces, starts := s.traces[first:], s.starts[first:]
	for len(traces) > 0 {
		end := alignTo(time.Unix(0, traces[0].start()), p.window).Add(p.window)
		n, _ := slices.BinarySearchFunc(traces, end.UnixNano(), func(t heldTrace, at int64) int { return cmp.Compare(t.start(), at) })
		for _, t := range traces[:n] {
			p.engine.Shard(p.shardOf(t.frag)).Add(t.frag)
		}
		traces = traces[n:]
		incidents, _ := p.advance(end)
		revisions = append(revisions, incidents...)
	}
	revisions = append(revisions, p.finish()...)
	return score.Detect(s.rec.Labels, revisions, starts, s.cfg.Window)
}
