package model

import "time"

// Workflow is how the runs of an operation travel: the answer of `culprit workflow` and of
// GET /api/v1/workflows/{service}/{operation}. A run is one span of the operation with
// all that came of it.
type Workflow struct {
	Service      string                `json:"service"`
	Operation    string                `json:"operation"`
	From         time.Time             `json:"from"`            // first beginning of a run
	To           time.Time             `json:"to"`              // last one
	Trace        string                `json:"trace,omitempty"` // if it is the workflow of one trace only
	Runs         int64                 `json:"runs"`
	Errors       int64                 `json:"errors"` // runs that failed
	P50MS        Number                `json:"p50_ms"`
	P95MS        Number                `json:"p95_ms"`
	Participants []WorkflowParticipant `json:"participants"` // in the order in which they are first asked
	Steps        []WorkflowStep        `json:"steps"`        // as they follow each other, each before those below it
	Variants     []WorkflowVariant     `json:"variants"`     // most frequent first
	Usual        *WorkflowUsual        `json:"usual"`        // null: there is nothing to compare with
	Deviations   []WorkflowDeviation   `json:"deviations"`   // gravest first
	Warnings     []Warning             `json:"warnings"`
}

// WorkflowParticipant is a service that takes part.
type WorkflowParticipant struct {
	Service string `json:"service"`
	Opaque  bool   `json:"opaque"` // it sends no spans: only its callers speak of it
}

// The ways in which work comes to a step.
const (
	HopEntry   = "entry"          // it is the operation itself
	HopLocal   = "local"          // inside the service
	HopCall    = "call"           // from another process, which waits
	HopOpaque  = "opaque_call"    // the callee sends no spans
	HopMessage = "message"        // through a queue, or asked for without waiting
	HopLoose   = "origin_unknown" // where it came from was not traced
)

// What steps of one group have to do with each other.
const (
	GroupParallel    = "parallel"    // they run at the same time
	GroupAlternative = "alternative" // one of them runs
	GroupLoop        = "loop"        // they take turns
)

// WorkflowStep is a stage by its way from the entry: all occurrences of an operation below
// the same stage, folded.
type WorkflowStep struct {
	ID         int           `json:"id"`               // its place in the list
	Parent     int           `json:"parent"`           // the step that asked for it; -1 for the entry
	Caller     string        `json:"caller,omitempty"` // the parent's service
	Service    string        `json:"service"`
	Operation  string        `json:"operation"`
	Via        string        `json:"via,omitempty"` // the caller's name for it, where it has its own
	Hop        string        `json:"hop"`
	Group      int           `json:"group,omitempty"`     // neighbours of one number belong together
	GroupHow   string        `json:"group_how,omitempty"` // parallel, alternative or loop
	Runs       int64         `json:"runs"`                // that have it
	Frequency  Number        `json:"frequency"`           // share of its parent's runs that have it; null: spans are missing
	CallsMin   int64         `json:"calls_min"`           // in a run that has it
	CallsMax   int64         `json:"calls_max"`
	CallsMean  Number        `json:"calls_mean"`
	Concurrent bool          `json:"concurrent"` // several of one parent mostly run at once
	Errors     int64         `json:"errors"`     // occurrences that failed
	Unanswered int64         `json:"unanswered"` // calls and messages that nothing came of
	P50MS      Number        `json:"p50_ms"`     // of one occurrence, as its caller sees it
	P95MS      Number        `json:"p95_ms"`
	SelfMS     Number        `json:"self_ms"`    // mean of a run, without the steps below it
	TimeShare  Number        `json:"time_share"` // of the entry's time that was spent in it, on the critical path
	Gaps       []WorkflowGap `json:"gaps"`       // largest first
	Missing    bool          `json:"missing"`    // usual, and not there now
	Deviations []int         `json:"deviations"` // places in Workflow.Deviations
}

// WorkflowGap is time of a step in which nothing was traced, although it has steps below.
type WorkflowGap struct {
	Before int    `json:"before"` // the step that follows; -1: after the last
	MS     Number `json:"ms"`     // mean of a run that has the step
	Share  Number `json:"share"`  // of the entry's time
}

// WorkflowVariant is a shape that runs took.
type WorkflowVariant struct {
	Runs     int64    `json:"runs"`
	Share    Number   `json:"share"`
	Errors   int64    `json:"errors"`
	P50MS    Number   `json:"p50_ms"`
	P95MS    Number   `json:"p95_ms"`
	Exemplar string   `json:"exemplar"` // trace ID
	Differs  []string `json:"differs"`  // from the most frequent shape; empty for that one
}

// WorkflowUsual is what a workflow was compared with.
type WorkflowUsual struct {
	From  time.Time `json:"from"` // first beginning of a run
	To    time.Time `json:"to"`   // last one
	Runs  int64     `json:"runs"`
	P50MS Number    `json:"p50_ms"`
	P95MS Number    `json:"p95_ms"`
}

// The ways in which a workflow can deviate from what is usual.
const (
	DeviationNoAnswer = "no_answer" // a stage was asked for and did not come back
	DeviationMissing  = "missing"   // a usual stage is not there
	DeviationExtra    = "extra"     // a stage that is not usual
	DeviationRepeated = "repeated"  // more often than usual
	DeviationFewer    = "fewer"     // less often than usual
	DeviationOrder    = "order"     // before what it usually follows
	DeviationFailed   = "failed"    // it fails by itself
	DeviationSlow     = "slow"      // it takes longer than usual by itself
)

// WorkflowDeviation is one difference between a workflow and what is usual.
type WorkflowDeviation struct {
	Kind      string `json:"kind"`
	Step      int    `json:"step"` // place in Workflow.Steps
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Before    Number `json:"before"` // usual
	Now       Number `json:"now"`
	Unit      string `json:"unit"`      // "ms", "share", "per run"
	ExtraMS   Number `json:"extra_ms"`  // mean of a run, beyond the usual
	Certainty Number `json:"certainty"` // -log10 of the chance that it is none, at most 12
	Follows   bool   `json:"follows"`   // explained by a graver one
	Sentence  string `json:"sentence"`
}
