package model

import "time"

// CriticalPaths is what the requests of entry points spent their time in during
// [From, To): the answer of `culprit criticalpath` and of GET /api/v1/criticalpath.
type CriticalPaths struct {
	From     time.Time    `json:"from"`
	To       time.Time    `json:"to"`
	Entries  []EntryPaths `json:"entries"` // most time first
	Warnings []Warning    `json:"warnings"`
}

// EntryPaths is an entry point. Times per request are means over all its requests, those
// that do not pass there included, so that those of all operations add up to MeanMS.
type EntryPaths struct {
	Service     string           `json:"service"`
	Operation   string           `json:"operation"`
	Requests    int64            `json:"requests"`
	Errors      int64            `json:"errors"`
	MeanMS      Number           `json:"mean_ms"`
	P50MS       Number           `json:"p50_ms"`
	P95MS       Number           `json:"p95_ms"`
	P99MS       Number           `json:"p99_ms"`
	Operations  []PathOperation  `json:"operations"` // most time first
	Instances   []PathInstance   `json:"instances"`
	Edges       []PathEdge       `json:"edges"`
	Predictions []PathPrediction `json:"predictions"` // what was asked for, or each of the first operations 20 % faster
	Stacks      []PathStack      `json:"stacks"`      // as a flame graph shows them; most time first
	Sampled     int              `json:"sampled"`     // requests that drag, slack and predictions are computed from
}

// PathOperation is an operation on the critical paths of an entry point.
type PathOperation struct {
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Kind      string  `json:"kind"`     // own; network: a client span with an answer; callee: sends no spans
	MS        Number  `json:"ms"`       // by itself on the path, per request
	Share     Number  `json:"share"`    // of the entry point's time
	Calls     Number  `json:"calls"`    // on the path, per request
	DragMS    *Number `json:"drag_ms"`  // what requests would gain if it took no time; null: not looked at
	SlackMS   *Number `json:"slack_ms"` // how much longer its calls could take unnoticed, mean; null: nobody waits for it, or not looked at
}

// PathInstance is one emitter of an operation.
type PathInstance struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Instance  string `json:"instance"`
	MS        Number `json:"ms"`
	Share     Number `json:"share"`
	Calls     Number `json:"calls"`
}

// PathEdge is a call from one service to another.
type PathEdge struct {
	Caller          string `json:"caller"`
	CallerOperation string `json:"caller_operation"`
	Callee          string `json:"callee"`
	CalleeOperation string `json:"callee_operation"`
	MS              Number `json:"ms"`         // on the path during the call, all below it included, per request
	BetweenMS       Number `json:"between_ms"` // of it between the two services
	Share           Number `json:"share"`
	Calls           Number `json:"calls"`
}

// PathPrediction is what an entry point would take if something spent less time by itself.
type PathPrediction struct {
	Service   string     `json:"service"`
	Operation string     `json:"operation,omitempty"` // empty: all of the service
	Faster    Number     `json:"faster"`              // by this share: 0.2 is 20 %; negative is slower
	Mean      PathChange `json:"mean"`
	P50       PathChange `json:"p50"`
	P99       PathChange `json:"p99"`
}

// PathChange is a quantity as it is and as it would be, with the gain and its 95 % interval.
type PathChange struct {
	BeforeMS Number `json:"before_ms"`
	AfterMS  Number `json:"after_ms"`
	GainMS   Number `json:"gain_ms"`
	LowMS    Number `json:"low_ms"`
	HighMS   Number `json:"high_ms"`
}

// PathStack is a chain of calls and the time spent in the last of them by itself.
type PathStack struct {
	Frames []string `json:"frames"` // "service operation", the entry point first
	MS     Number   `json:"ms"`     // per request
}
