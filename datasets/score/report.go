package score

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"culprit/internal/stats"
	"culprit/model"
)

// confidenceLevel is that of all intervals.
const confidenceLevel = 0.95

// avgRanks is up to which rank Avg@5 averages AC@k.
const avgRanks = 5

// Verdict is what a method said about a case.
type Verdict struct {
	Recording string
	Case      Case
	Suspects  []model.Suspect
	Took      time.Duration
}

// Share is a share with its interval.
type Share struct {
	Hits  int          `json:"hits"`
	Of    int          `json:"of"`
	Value model.Number `json:"value"` // 0 if there is nothing to count
	Low   model.Number `json:"low"`
	High  model.Number `json:"high"`
}

func share(hits, of int) Share {
	s := Share{Hits: hits, Of: of}
	if of > 0 {
		s.Value = model.Number(float64(hits) / float64(of))
	}
	lo, hi := stats.Wilson(hits, of, confidenceLevel)
	s.Low, s.High = model.Number(lo), model.Number(hi)
	return s
}

// Accuracy is how often and how early the right place was named.
type Accuracy struct {
	Faults int          `json:"faults"` // whose labels know the level
	AC1    Share        `json:"ac_1"`
	AC3    Share        `json:"ac_3"`
	AC5    Share        `json:"ac_5"`
	Avg5   model.Number `json:"avg_5"` // mean of AC@1 to AC@5
	MRR    model.Number `json:"mrr"`   // mean of 1/rank, 0 where it was never named
}

// accuracy adds up ranks; 0 is never.
func accuracy(ranks []int) Accuracy {
	within := func(k int) (n int) {
		for _, r := range ranks {
			if r > 0 && r <= k {
				n++
			}
		}
		return n
	}
	n := len(ranks)
	a := Accuracy{Faults: n, AC1: share(within(1), n), AC3: share(within(3), n), AC5: share(within(5), n)}
	if n == 0 {
		return a
	}
	hits, mrr := 0, 0.0
	for k := 1; k <= avgRanks; k++ {
		hits += within(k)
	}
	for _, r := range ranks {
		if r > 0 {
			mrr += 1 / float64(r)
		}
	}
	a.Avg5 = model.Number(float64(hits) / float64(avgRanks*n))
	a.MRR = model.Number(mrr / float64(n))
	return a
}

// LevelAccuracy is the accuracy at a level.
type LevelAccuracy struct {
	Level string `json:"level"`
	Accuracy
}

// TypeAccuracy is the accuracy for a type of fault at a level.
type TypeAccuracy struct {
	Type  string `json:"type"`
	Level string `json:"level"`
	Accuracy
}

// FaultRanks are the ranks at which one fault was named; levels that its label does
// not know are left out, 0 means never.
type FaultRanks struct {
	Recording string         `json:"recording"`
	Fault     string         `json:"fault"`
	Type      string         `json:"type"`
	Ranks     map[string]int `json:"ranks"`
	First     model.Suspect  `json:"-"` // zero if nobody was named
}

// MethodReport is the table of one method.
type MethodReport struct {
	Method string          `json:"method"`
	Levels []LevelAccuracy `json:"levels"` // those that any label knows
	Types  []TypeAccuracy  `json:"types"`
	Faults []FaultRanks    `json:"faults"`
	// MedianMS and MaxMS are what a verdict took, from assembled traces to the ranking.
	MedianMS model.Number `json:"median_ms"`
	MaxMS    model.Number `json:"max_ms"`
}

// Method adds up the verdicts of a method at the levels that it can name at all.
func Method(name string, levels []Level, verdicts []Verdict) MethodReport {
	m := MethodReport{Method: name, Levels: []LevelAccuracy{}, Types: []TypeAccuracy{}, Faults: []FaultRanks{}}
	for _, v := range verdicts {
		f := FaultRanks{Recording: v.Recording, Fault: v.Case.Fault.ID, Type: v.Case.Fault.Type, Ranks: map[string]int{}}
		for _, l := range levels {
			if rank, known := Judge(l, v.Case, v.Suspects); known {
				f.Ranks[l.String()] = rank
			}
		}
		if len(v.Suspects) > 0 {
			f.First = v.Suspects[0]
		}
		m.Faults = append(m.Faults, f)
	}
	types := map[string]bool{}
	for _, f := range m.Faults {
		types[f.Type] = true
	}
	for _, l := range levels {
		if ranks := m.ranks(l, ""); len(ranks) > 0 {
			m.Levels = append(m.Levels, LevelAccuracy{l.String(), accuracy(ranks)})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(types)) {
		for _, l := range levels {
			if ranks := m.ranks(l, t); len(ranks) > 0 {
				m.Types = append(m.Types, TypeAccuracy{t, l.String(), accuracy(ranks)})
			}
		}
	}
	var took []float64
	for _, v := range verdicts {
		took = append(took, float64(v.Took)/1e6)
	}
	if slices.Sort(took); len(took) > 0 {
		m.MedianMS = model.Number(stats.QuantileSorted(took, 0.5))
		m.MaxMS = model.Number(took[len(took)-1])
	}
	return m
}

// ranks lists the ranks at a level, of one type of fault or of all.
func (m *MethodReport) ranks(l Level, faultType string) []int {
	var out []int
	for _, f := range m.Faults {
		if rank, known := f.Ranks[l.String()]; known && (faultType == "" || f.Type == faultType) {
			out = append(out, rank)
		}
	}
	return out
}

// at is the accuracy for a type of fault at a level; it reports false if the method
// names no such level.
func (m *MethodReport) at(faultType, level string) (Accuracy, bool) {
	for _, a := range m.Types {
		if a.Type == faultType && a.Level == level {
			return a.Accuracy, true
		}
	}
	return Accuracy{}, false
}

// Rate is how often something happens, with its exact interval.
type Rate struct {
	Events int          `json:"events"`
	Days   model.Number `json:"days"`
	PerDay model.Number `json:"per_day"` // null without any time
	Low    model.Number `json:"low"`
	High   model.Number `json:"high"`
}

// DetectionReport is what the live engine said.
type DetectionReport struct {
	Recall Share `json:"recall"`
	// Named is the share of found faults whose incident opened with a root cause first.
	Named              Share        `json:"named"`
	MedianDelayWindows model.Number `json:"median_delay_windows"` // null if none was found
	MedianDelaySeconds model.Number `json:"median_delay_seconds"`
	// Incidents is how many incidents were opened about faults: one for each is ideal.
	Incidents      int      `json:"incidents"`
	FalseIncidents Rate     `json:"false_incidents"`
	False          []string `json:"false"` // when and what
}

// Report writes the detections as figures.
func (d *Detections) Report() DetectionReport {
	r := DetectionReport{
		Recall: share(d.Found, d.Faults), Named: share(d.Named, d.Found), Incidents: d.Opened, False: []string{},
		MedianDelayWindows: model.Number(nan), MedianDelaySeconds: model.Number(nan),
	}
	if len(d.Delays) > 0 {
		delays := make([]float64, len(d.Delays))
		for i, x := range d.Delays {
			delays[i] = x.Seconds()
		}
		slices.Sort(delays)
		median := stats.QuantileSorted(delays, 0.5)
		r.MedianDelaySeconds, r.MedianDelayWindows = model.Number(median), model.Number(median/d.Window.Seconds())
	}
	days := d.Healthy.Hours() / 24
	lo, hi := stats.PoissonInterval(len(d.False), days, confidenceLevel)
	r.FalseIncidents = Rate{Events: len(d.False), Days: model.Number(days), PerDay: model.Number(nan), Low: model.Number(lo), High: model.Number(hi)}
	if days > 0 {
		r.FalseIncidents.PerDay = model.Number(float64(len(d.False)) / days)
	}
	for _, in := range d.False {
		r.False = append(r.False, in.UpdatedAt.UTC().Format(time.RFC3339)+" "+in.Title)
	}
	return r
}

// Recording says what was scored of a recording.
type Recording struct {
	Name      string           `json:"name"`
	System    string           `json:"system"`
	Traces    int              `json:"traces"`
	Spans     int              `json:"spans"`
	Faults    int              `json:"faults"`
	Invisible int              `json:"invisible"` // of those, left out
	Detection *DetectionReport `json:"detection,omitempty"`
}

// Report is the whole table.
type Report struct {
	Change     string           `json:"change"` // what was done to the recordings
	Recordings []Recording      `json:"recordings"`
	Methods    []MethodReport   `json:"methods"`
	Detection  *DetectionReport `json:"detection,omitempty"`
	// PeakMemoryMB is the most memory that the process has held so far.
	PeakMemoryMB model.Number    `json:"peak_memory_mb"`
	Warnings     []model.Warning `json:"warnings"`
}

// Total counts traces, spans, faults and invisible faults of all recordings.
func (r *Report) Total() (t Recording) {
	for _, x := range r.Recordings {
		t.Traces += x.Traces
		t.Spans += x.Spans
		t.Faults += x.Faults
		t.Invisible += x.Invisible
	}
	t.System = cmp.Or(t.System, "all")
	return t
}

// Share is AC@1 of the first method at a level, or recall and named of the live
// engine. It reports false if there is nothing to count.
func (r *Report) Share(what string) (Share, bool) {
	switch {
	case what == "recall" && r.Detection != nil:
		return r.Detection.Recall, r.Detection.Recall.Of > 0
	case what == "named" && r.Detection != nil:
		return r.Detection.Named, r.Detection.Named.Of > 0
	}
	if len(r.Methods) == 0 {
		return Share{}, false
	}
	for _, a := range r.Methods[0].Levels {
		if a.Level == what {
			return a.AC1, true
		}
	}
	return Share{}, false
}
