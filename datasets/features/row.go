package features

import (
	"time"
)

// The kinds of rows.
const (
	KindTrace     = "trace"
	KindOperation = "operation"
)

// Row is a row of the file. Times are UTC; durations are in milliseconds; a z counts standard errors
// against the healthy windows before, and is null where the operation has no such
// evidence or nothing was learned yet. A null means unknown or not for this kind, never 0.
type Row struct {
	Kind      string    `parquet:"kind,dict"`                     // trace or operation
	Recording string    `parquet:"recording,dict"`                // where it is from
	Window    time.Time `parquet:"window,timestamp(microsecond)"` // beginning of its window
	Service   string    `parquet:"service,dict"`                  // of the operation; of a trace's entry point
	Operation string    `parquet:"operation,dict"`
	Fault     *string   `parquet:"fault,optional,dict"`      // labelled fault that touches the window; the first of several
	FaultType *string   `parquet:"fault_type,optional,dict"` // its type

	// Traces.
	TraceID       *string    `parquet:"trace_id,optional,plain"`
	Start         *time.Time `parquet:"start,optional,timestamp(microsecond)"`
	DurationMS    *float64   `parquet:"duration_ms,optional"`    // of the entry point
	Failed        *bool      `parquet:"failed,optional"`         // the entry point failed
	Spans         *int64     `parquet:"spans,optional"`          // both kinds: spans of the trace; of the operation in the window
	Services      *int64     `parquet:"services,optional"`       // that sent spans
	Depth         *int64     `parquet:"depth,optional"`          // spans on the longest way down
	ErrorSpans    *int64     `parquet:"error_spans,optional"`    // both kinds: failed spans
	ErrorStarts   *int64     `parquet:"error_starts,optional"`   // both kinds: failed spans with nothing failing below them
	Critical      *string    `parquet:"critical,optional,dict"`  // service with most of the critical path
	CriticalShare *float64   `parquet:"critical_share,optional"` // its share of the duration
	Incomplete    *bool      `parquet:"incomplete,optional"`     // spans are missing
	Skewed        *bool      `parquet:"skewed,optional"`         // clocks disagree
	Shape         *string    `parquet:"shape,optional,dict"`     // hash of who calls whom, the same for traces of one shape

	// Operations, each below its caller.
	ParentService   *string  `parquet:"parent_service,optional,dict"` // null for entry points
	ParentOperation *string  `parquet:"parent_operation,optional,dict"`
	Uninstrumented  *bool    `parquet:"uninstrumented,optional"` // seen by its callers only
	Client          *bool    `parquet:"client,optional"`         // a call as its caller sees it
	Traces          *int64   `parquet:"traces,optional"`         // it was seen in
	Timeouts        *int64   `parquet:"timeouts,optional"`       // spans that timed out or were cancelled
	OwnMeanMS       *float64 `parquet:"own_mean_ms,optional"`    // geometric mean of own times
	OwnSpread       *float64 `parquet:"own_spread,optional"`     // standard deviation of log own time, nats
	OwnP50MS        *float64 `parquet:"own_p50_ms,optional"`
	OwnP95MS        *float64 `parquet:"own_p95_ms,optional"`
	OwnTotalMS      *float64 `parquet:"own_total_ms,optional"`
	GapMeanMS       *float64 `parquet:"gap_mean_ms,optional"` // geometric mean of client minus server duration
	Callees         *int64   `parquet:"callees,optional"`     // different operations it calls
	AtOnce          *float64 `parquet:"at_once,optional"`     // mean of how many children run at once

	OwnTimeZ      *float64 `parquet:"own_time_z,optional"`
	OwnTimeEffect *float64 `parquet:"own_time_effect,optional"` // nats
	EdgeZ         *float64 `parquet:"edge_z,optional"`          // of the gap
	EdgeEffect    *float64 `parquet:"edge_effect,optional"`     // nats
	ErrorZ        *float64 `parquet:"error_z,optional"`
	ErrorEffect   *float64 `parquet:"error_effect,optional"` // share
	TailZ         *float64 `parquet:"tail_z,optional"`
	StructureZ    *float64 `parquet:"structure_z,optional"` // the largest in size of all calls it makes or loses
	ConcurrencyZ  *float64 `parquet:"concurrency_z,optional"`
}
