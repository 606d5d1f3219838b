package api

import (
	"context"
	"fmt"
	"time"

	"culprit/model"
)

// Engine answers questions about the present and the retained past. Its methods
// are called from many goroutines at once; what they return may be shared, and is only read.
//
// A time outside what is retained is a [*NotRetainedError], a name that was never
// seen an [*UnknownError]. Every other error is shown to users as an internal one.
type Engine interface {
	// Moment grows whenever one of the answers up to Workflow may be another one than before,
	// as a window was judged: until then they are kept and given again.
	Moment() uint64
	// Rank ranks the causes of what happened in [from, to) against the baseline
	// stretches, each [from, to). Without any, against what was learned as normal.
	Rank(ctx context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error)
	// Topology is who called whom in the window that holds at; the zero time asks
	// for the newest judged window.
	Topology(at time.Time) (model.Topology, error)
	// Operation says what was normal and what was so at a moment, as Topology does.
	Operation(service, operation string, at time.Time) (model.OperationView, error)
	// Operations lists the operations of a moment, the strangest first: of one service unless
	// it is empty, and only those whose names hold find, at most most of them.
	Operations(at time.Time, service, find string, most int) (model.OperationPage, error)
	// Compare says what changed from the stretch before to now. Both are [from, to).
	Compare(ctx context.Context, before, now [2]time.Time) (model.Comparison, error)
	// Correlate says which attributes set the chosen requests of an operation apart from
	// the rest, in [from, to), zero times being no limit.
	Correlate(ctx context.Context, service, operation string, from, to time.Time, chosen Chosen) (model.Correlation, error)
	// CriticalPaths says what the requests of an entry point (of all for empty names) spent
	// their time in, in [from, to), zero times being no limit and two of them the newest
	// requests. A name in faster that is not known is an [*UnknownError].
	CriticalPaths(ctx context.Context, service, operation string, from, to time.Time, faster []Faster) (model.CriticalPaths, error)
	// Workflow is how the runs of an operation travel in [from, to), zero times being no
	// limit and two of them the newest runs; of one trace, unless it is zero. A trace that
	// is not in memory is an [*UnknownError].
	Workflow(ctx context.Context, service, operation string, from, to time.Time, trace model.TraceID) (model.Workflow, error)
	// Status is how the service is doing.
	Status() model.ServiceStatus
	// Ready is nil once the log has been read and traces are taken in; otherwise it
	// says what is missing.
	Ready() error

	// Note keeps what somebody says. It fills in the ID and the event time, and reports
	// false if the same had been said before. An incident that is not there is an
	// [*UnknownError].
	Note(ctx context.Context, n model.Note) (kept model.Note, fresh bool, err error)
	// Alerts is how the receivers of alerts are doing.
	Alerts(ctx context.Context) (model.AlertStatus, error)
	// Resend sends a dead letter once more and returns when it was taken; Drop throws one
	// away. One that is not there is an [*UnknownError], a receiver that refuses again a
	// [*RefusedError].
	Resend(ctx context.Context, id string) error
	Drop(ctx context.Context, id string) error
}

// RefusedError says that a receiver did not take what was sent.
type RefusedError struct{ Err error }

// Error says why.
func (e *RefusedError) Error() string { return "the receiver did not take it: " + e.Err.Error() }

// Unwrap is the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// NotLeadingError says that another process takes what people say.
type NotLeadingError struct{ Err error }

// Error says so.
func (e *NotLeadingError) Error() string { return e.Err.Error() }

// Unwrap is the reason.
func (e *NotLeadingError) Unwrap() error { return e.Err }

// Chosen are conditions that requests are chosen by; all of them hold. The zero value
// chooses the slowest tenth.
type Chosen struct {
	SlowerThan   time.Duration // 0: no condition
	Failing      bool
	Since, Until time.Time // zero times are no limit
}

// Faster is something that is to spend less time by itself.
type Faster struct {
	Site string  // "service operation" or "service"
	By   float64 // share of its own time; negative is slower
}

// NotRetainedError says that a question goes beyond what is in memory.
type NotRetainedError struct {
	Retained *model.Retained // what is there; nil: nothing yet
}

// Error says what is retained.
func (e *NotRetainedError) Error() string {
	if e.Retained == nil {
		return "no window has been judged yet: ask again once spans have come in and the settle delay has passed"
	}
	return fmt.Sprintf("outside what is retained: ask for a time in [%s, %s)",
		e.Retained.From.UTC().Format(time.RFC3339Nano), e.Retained.To.UTC().Format(time.RFC3339Nano))
}

// UnknownError says that a name was never seen.
type UnknownError struct {
	What  string   // "service", "operation", "incident", "mute" or "dead-letter"
	Name  string   // as it was asked for
	Known []string // names of that kind that exist, in any order; the closest are offered
}

// Error names the name.
func (e *UnknownError) Error() string {
	switch e.What {
	case "service", "operation":
		return fmt.Sprintf("%s %q was not seen in what is retained", e.What, clip(e.Name))
	}
	return fmt.Sprintf("no %s %q is kept", e.What, clip(e.Name))
}
