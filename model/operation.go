package model

import "time"

// OperationView is the answer to "why was this operation flagged, or why not":
// what is normal for it, what is now, and every test with its threshold.
type OperationView struct {
	Service   string              `json:"service"`
	Operation string              `json:"operation"`
	From      time.Time           `json:"from"` // the judged stretch
	To        time.Time           `json:"to"`
	Flagged   bool                `json:"flagged"`
	Why       string              `json:"why"`     // one sentence, as it was judged then: why flagged, or why not
	Normal    *OperationNumbers   `json:"normal"`  // null: new, no baseline yet
	Now       *OperationNumbers   `json:"now"`     // null: not seen in the stretch
	Tests     []OperationTest     `json:"tests"`   // largest |z| first
	Callers   []OperationPeer     `json:"callers"` // sorted by service, operation
	Callees   []OperationPeer     `json:"callees"`
	Instances []OperationInstance `json:"instances"` // sorted by name
	Exemplars []string            `json:"exemplars"` // trace IDs of the stretch
	Links     []Link              `json:"links"`     // to the pages of exemplars, where the source has such pages
	Charts    []Chart             `json:"charts"`    // over the windows in memory
	Seasons   []OperationSeason   `json:"seasons"`   // by hour of the week; empty in the first hour
	Warnings  []Warning           `json:"warnings"`
}

// OperationSeason is what is usual for a quantity in each hour of the week, from what the
// last three weeks showed. The columns have 168 rows, the first is Monday 00:00 UTC.
type OperationSeason struct {
	Quantity string   `json:"quantity"` // own_time, error, duration, entry_error or traffic
	Unit     string   `json:"unit"`
	Usual    []Number `json:"usual"` // null: not known
	Low      []Number `json:"low"`   // the least of five minutes
	High     []Number `json:"high"`  // and the most
	Weeks    []int    `json:"weeks"` // how many weeks had the hour; from two on it is part of normal
}

// OperationNumbers are the plain figures of an operation in a stretch.
type OperationNumbers struct {
	Windows   int    `json:"windows"` // how many windows they come from
	Requests  int64  `json:"requests"`
	PerSecond Number `json:"per_second"`
	Errors    int64  `json:"errors"`
	ErrorRate Number `json:"error_rate"`
	P50MS     Number `json:"p50_ms"` // whole duration
	P95MS     Number `json:"p95_ms"`
	OwnP50MS  Number `json:"own_p50_ms"` // without its callees
	OwnP95MS  Number `json:"own_p95_ms"`
}

// OperationTest is one comparison of now with normal, passed or not. Its Z is what chance is
// judged by: what a single trace may have done is taken out of it.
type OperationTest struct {
	Evidence
	Threshold Number `json:"threshold"` // |z| from which it counts
	Flagged   bool   `json:"flagged"`
	Windows   int    `json:"windows"` // judged together, this one the last: a rare operation needs several
}

// OperationPeer is a caller or a callee of an operation in the stretch.
type OperationPeer struct {
	Service   string `json:"service"`
	Operation string `json:"operation,omitempty"` // empty where only the service is known
	Calls     int64  `json:"calls"`
	Errors    int64  `json:"errors"`
	P50MS     Number `json:"p50_ms"`
	P95MS     Number `json:"p95_ms"`
	Normal    Number `json:"normal_calls_per_trace"`
	Now       Number `json:"now_calls_per_trace"`
}

// OperationInstance is one instance of an operation in the stretch.
type OperationInstance struct {
	Instance  string `json:"instance"`
	Requests  int64  `json:"requests"`
	Errors    int64  `json:"errors"`
	NormalMS  Number `json:"normal_own_ms"` // geometric mean of own time
	NowMS     Number `json:"now_own_ms"`
	Z         Number `json:"z"`
	Deviating bool   `json:"deviating"`
}

// OperationSummary is an operation in a list.
type OperationSummary struct {
	Service     string `json:"service"`
	Operation   string `json:"operation"`
	PerSecond   Number `json:"per_second"`
	ErrorRate   Number `json:"error_rate"`
	OwnP50MS    Number `json:"own_p50_ms"`
	OwnP95MS    Number `json:"own_p95_ms"`
	UsualP50MS  Number `json:"usual_own_p50_ms"` // null: new
	UsualP95MS  Number `json:"usual_own_p95_ms"`
	UsualErrors Number `json:"usual_error_rate"`
	Z           Number `json:"z"`         // of the strangest quantity as it was judged; null: nothing was
	Family      string `json:"family"`    // which quantity that is
	Threshold   Number `json:"threshold"` // |z| from which that quantity is flagged; null: nothing was judged
	Flagged     bool   `json:"flagged"`
}

// OperationPage is the answer of GET /api/v1/operations.
type OperationPage struct {
	From       time.Time          `json:"from"`
	To         time.Time          `json:"to"`
	Threshold  Number             `json:"threshold"`  // |z| from which any quantity is flagged, some from a little less on; null: nothing was judged
	Total      int                `json:"total"`      // that the filters let through
	Operations []OperationSummary `json:"operations"` // strangest first
}
