package model

import "time"

// SourceStatus is how one source is doing.
type SourceStatus struct {
	Name          string    `json:"name"`
	Protocol      string    `json:"protocol"` // what it speaks: "jaeger gRPC api_v3"
	Healthy       bool      `json:"healthy"`
	Error         string    `json:"error,omitempty"` // the last one while unhealthy
	Watermark     time.Time `json:"watermark"`       // how far it has read
	LagSeconds    *Number   `json:"lag_seconds"`     // from there to now; null before anything was read
	SpansReceived int64     `json:"spans_received"`
	SpansUsed     int64     `json:"spans_used"` // received / used is the fetch amplification
	TracesUsed    int64     `json:"traces_used"`
	Truncated     int64     `json:"truncated"` // answers that may have been cut
	Retries       int64     `json:"retries"`
	Warnings      []Warning `json:"warnings"`
}

// ServiceStatus is how the whole service is doing.
type ServiceStatus struct {
	Version           string         `json:"version"`
	StartedAt         time.Time      `json:"started_at"`
	Watermark         time.Time      `json:"watermark"`
	Window            string         `json:"window"`
	Provisional       bool           `json:"provisional"` // too little history for the promised rate
	HealthyWindows    int            `json:"healthy_windows"`
	FalseBudgetPerDay Number         `json:"false_incidents_per_day_budget"`
	FalseMeasured     *Number        `json:"false_incidents_per_day_measured"` // null before there is feedback
	FalseInterval     []Number       `json:"false_incidents_per_day_interval"` // exact Poisson, 95 %: lowest and highest rate; empty with it
	Feedback          FeedbackCounts `json:"feedback"`
	OpenIncidents     int            `json:"open_incidents"`
	Services          int            `json:"services"`
	Operations        int            `json:"operations"`
	SpansSeen         int64          `json:"spans_seen"`
	SpansPending      int64          `json:"spans_pending"`
	SpansDropped      int64          `json:"spans_dropped"`
	SpansLate         int64          `json:"spans_late"`
	Shards            int            `json:"shards"`
	Memory            Memory         `json:"memory"`
	Retained          *Retained      `json:"retained"` // null: no window has been judged yet
	Sources           []SourceStatus `json:"sources"`
	Targets           []TargetStatus `json:"targets"` // receivers of alerts
	Folded            []Folded       `json:"folded"`  // the names with most variants, at most a hundred
	Warnings          []Warning      `json:"warnings"`
}

// Memory is what the process holds, and what keeps it from growing.
type Memory struct {
	HeapBytes     int64         `json:"heap_bytes"`     // of Go: objects in use, and garbage that is not collected yet
	SystemBytes   int64         `json:"system_bytes"`   // what Go has from the system and has not given back
	ResidentBytes *int64        `json:"resident_bytes"` // of the process; null where the system does not tell
	PeakBytes     int64         `json:"peak_bytes"`     // the most that the process has held
	Bounds        []MemoryBound `json:"bounds"`         // what takes most of it
}

// MemoryBound is how much there is of something, and the most that there may be.
type MemoryBound struct {
	What    string `json:"what"` // "spans that wait for their window"
	Unit    string `json:"unit"` // spans, windows, incidents or bytes
	Have    int64  `json:"have"`
	Most    int64  `json:"most"`
	Setting string `json:"setting"` // the place of Most in the configuration
}

// Folded is an operation whose name as recorded holds generated parts.
type Folded struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Names     int64  `json:"names"`   // how many were folded into it, about: forgotten ones count again
	Example   string `json:"example"` // one of them
}

// FeedbackCounts count the incidents that are kept, by what was said about them.
type FeedbackCounts struct {
	Right        int    `json:"right"`
	Wrong        int    `json:"wrong"`         // something was wrong, elsewhere
	False        int    `json:"false"`         // nothing was wrong, or it was expected
	None         int    `json:"none"`          // nobody has said anything
	ObservedDays Number `json:"observed_days"` // of judged windows
}

// TopologyNode is a service as seen in a stretch.
type TopologyNode struct {
	Service    string   `json:"service"`
	Type       string   `json:"type"`   // service, database, cache, queue, external
	Opaque     bool     `json:"opaque"` // seen from its callers only
	Requests   int64    `json:"requests"`
	Errors     int64    `json:"errors"`
	P50MS      Number   `json:"p50_ms"`
	P95MS      Number   `json:"p95_ms"`
	Operations []string `json:"operations"`
	Instances  []string `json:"instances"`
	Suspect    bool     `json:"suspect"` // cause of an open incident
	Usual      *Usual   `json:"usual"`   // null: in no healthy window
}

// TopologyEdge is calls from one service to another.
type TopologyEdge struct {
	Caller string `json:"caller"`
	Callee string `json:"callee"`
	Async  bool   `json:"async"`
	Calls  int64  `json:"calls"`
	Errors int64  `json:"errors"`
	P50MS  Number `json:"p50_ms"` // as the caller sees it
	P95MS  Number `json:"p95_ms"`
	GapMS  Number `json:"gap_ms"` // mean of caller's minus callee's duration
	Usual  *Usual `json:"usual"`  // null: in no healthy window
}

// Usual is what the last healthy windows in memory showed of a service or an edge.
type Usual struct {
	Windows   int    `json:"windows"`
	PerSecond Number `json:"per_second"`
	ErrorRate Number `json:"error_rate"`
	P50MS     Number `json:"p50_ms"`
	P95MS     Number `json:"p95_ms"`
}

// Topology is who calls whom in [From, To).
type Topology struct {
	From  time.Time      `json:"from"`
	To    time.Time      `json:"to"`
	Nodes []TopologyNode `json:"nodes"`
	Edges []TopologyEdge `json:"edges"`
}
