// Package source is the contract between the systems that spans come from and the
// service: what a source delivers and what it may rely on. The sources themselves
// are one package each below this one; none imports another.
//
// What sources have in common stands here: [Poller] reads a system that has to be
// asked, stretch of time by stretch of time, through the few calls of [Polled];
// [Health] counts what every source shows in the status.
package source

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// Batch is what a source has read since the last one, in order of arrival.
type Batch struct {
	// Source names the source instance, for status and metrics: "jaeger http://...".
	Source string
	// Traces in OTLP form, unmarked and unadjusted.
	Traces []ptrace.Traces
	// Watermark, if not zero, says that the source expects no more spans of traces
	// that start before it. It never goes back.
	Watermark time.Time
	// Pushed says that the traces were sent to the source, which can ask nobody for them
	// again: it keeps no cursor, so its watermark does not wait for slower sources.
	Pushed bool
	// Warnings are what was wrong with this batch: truncation, unreadable spans.
	Warnings []model.Warning
}

// Deliver hands a batch to the service. When it returns nil for a batch with a
// watermark, every incident of the windows before that watermark is in the incident
// log and the source may move its cursor there, unless the batch was pushed. It blocks while the service is
// busy: that is the back-pressure. Batches of one source are delivered one at a
// time; different sources may deliver at the same time.
type Deliver func(ctx context.Context, b Batch) error

// Source is a live system that traces come from.
type Source interface {
	// Run delivers batches until ctx ends, and survives whatever the system does.
	// from is where an earlier run stopped (zero: never ran).
	Run(ctx context.Context, from time.Time, deliver Deliver) error
	// Status is how the source is doing, for /api/v1/status. Safe to call at any time.
	Status() model.SourceStatus
}
