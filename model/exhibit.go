package model

import "time"

// Exhibit is what an incident is shown with: it is kept with the revision, bounded, since
// the windows and traces it was taken from leave memory within minutes.
type Exhibit struct {
	Trace      *ExhibitTrace    `json:"trace"`      // one that shows the fault; null: none was sampled
	Normal     *ExhibitTrace    `json:"normal"`     // the healthy trace most like it
	Excess     []ExhibitExcess  `json:"excess"`     // what Trace waited for beyond Normal, most first
	Charts     []Chart          `json:"charts"`     // the leading evidence first
	Topology   *Topology        `json:"topology"`   // from those who feel it to the cause, and whom that calls
	Attributes []AttributeSplit `json:"attributes"` // by key and value
}

// ExhibitTrace is a trace as a waterfall. Times are on the clock of its main span.
type ExhibitTrace struct {
	ID         string        `json:"id"`
	Start      time.Time     `json:"start"`
	DurationMS Number        `json:"duration_ms"` // of the main span
	Spans      []ExhibitSpan `json:"spans"`       // parents before children, in the order of a waterfall
	Omitted    int           `json:"omitted"`     // spans left out: those that took least
}

// ExhibitSpan is a span of an [ExhibitTrace].
type ExhibitSpan struct {
	Parent     int         `json:"parent"` // index in Spans, -1: none, or left out
	Depth      int         `json:"depth"`
	Service    string      `json:"service"`
	Operation  string      `json:"operation"`
	Instance   string      `json:"instance,omitempty"`
	StartMS    Number      `json:"start_ms"` // after the start of the main span
	DurationMS Number      `json:"duration_ms"`
	Failed     bool        `json:"failed"`
	Suspect    bool        `json:"suspect"`   // of the first suspect
	Path       [][2]Number `json:"path"`      // from, to, ms: when the trace waited for this span itself
	ExcessMS   Number      `json:"excess_ms"` // how much of that is beyond the normal trace
}

// ExhibitExcess is the time on the critical path that an operation has in each trace.
type ExhibitExcess struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	NormalMS  Number `json:"normal_ms"`
	NowMS     Number `json:"now_ms"`
}

// Chart is one quantity window by window, with what is usual for it. The three lists are
// parallel; windows without a value are left out.
type Chart struct {
	Quantity  string    `json:"quantity"` // own_time, duration, error, rate, or the family of the evidence
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	Callee    string    `json:"callee,omitempty"`
	Unit      string    `json:"unit"`
	From      time.Time `json:"from"`
	Step      Number    `json:"step_s"` // length of a window
	At        []int     `json:"at"`     // windows since From
	Value     []Number  `json:"value"`  // median of times, else the mean
	High      []Number  `json:"high"`   // 95th percentile of times; empty for others
	Low       Number    `json:"usual_low"`
	Usual     Number    `json:"usual"`
	Top       Number    `json:"usual_high"`
	Basis     string    `json:"basis"` // what the band is: "values" or "windows", nine in ten of them; empty: none
}

// AttributeSplit compares calls with one value of an attribute now with what was usual
// for them.
type AttributeSplit struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Calls  int    `json:"calls"` // sampled, now
	Share  Number `json:"share"` // of all sampled calls
	Before Number `json:"before"`
	Now    Number `json:"now"`
	Unit   string `json:"unit"`
	New    bool   `json:"new"`   // hardly seen before: Before is that of all calls
	Holds  bool   `json:"holds"` // the verdict names it
}
