package rig

import (
	"context"
	"time"
)

// Fault is something that can be made to go wrong with HotROD.
type Fault struct {
	Name string // of packs and tests: "mysql-delay"
	Type string // in the labels: "latency", "lock_contention", ...
	Note string
	// Causes are the right answers as the labels give them; naming one is right.
	Causes []Cause
	// Kind is what the first suspect must be like, where it matters: a caller that lost
	// its concurrency is not slow, a callee that is gone does not err.
	Kind string
	// Part is the process that the fault is in, Knobs its flags while the fault lasts;
	// nil: the process is stopped.
	Part  string
	Knobs *Knobs
}

// Faults are the five of the project's table, by the names that HotROD's spans show.
// The two that blame mysql are kept apart: an incident that comes back within three
// windows of its resolution is the same incident.
var Faults = []Fault{
	{
		Name: "mysql-delay", Type: "latency", Part: Customer,
		Note:   "each query takes 800 ms instead of 100 (-D 800ms)",
		Knobs:  &Knobs{QueryDelay: "800ms", RoutePool: 100},
		Causes: []Cause{{Service: "mysql", Operation: "SQL SELECT"}},
	},
	{
		Name: "pool-of-one", Type: "lost_concurrency", Kind: "concurrency", Part: Frontend,
		Note:   "one worker calls route (-W 1): no child span is slower, only the caller's own time grows",
		Knobs:  &Knobs{QueryDelay: "100ms", RoutePool: 1},
		Causes: []Cause{{Service: "frontend", Operation: "/dispatch"}},
	},
	{
		Name: "route-stopped", Type: "silence", Kind: "silence", Part: Route,
		Note:   "the route process is killed; dispatch answers 200, faster than before",
		Causes: []Cause{{Service: "route"}},
	},
	{
		Name: "mutex", Type: "lock_contention", Part: Customer,
		Note:   "a mutex guards the only database connection (without -M): queries queue",
		Knobs:  &Knobs{QueryDelay: "100ms", RoutePool: 100, OneConn: true},
		Causes: []Cause{{Service: "mysql", Operation: "SQL SELECT"}},
	},
	{
		Name: "customer-stopped", Type: "crash", Part: Customer,
		Note:   "the customer process is killed, and with it its database: all rides fail",
		Causes: []Cause{{Service: "customer"}},
	},
}

// FaultNamed finds a fault by its name.
func FaultNamed(name string) (Fault, bool) {
	for _, f := range Faults {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

// On makes the fault and returns when it is there. A process that comes back with
// other flags does so while nobody asks, so that the only trace of its restart is
// two quiet seconds; one that is stopped dies in the middle of its work.
func (f Fault) On(ctx context.Context, h *HotROD, l *Load) (time.Time, error) {
	if f.Knobs == nil {
		h.StopPart(f.Part)
		return time.Now(), nil
	}
	return h.restart(ctx, l, f.Part, *f.Knobs)
}

// Off ends the fault and returns when it is gone.
func (f Fault) Off(ctx context.Context, h *HotROD, l *Load) (time.Time, error) {
	if f.Knobs == nil {
		err := h.StartPart(ctx, f.Part, Normal)
		return time.Now(), err
	}
	return h.restart(ctx, l, f.Part, Normal)
}

// restart changes the flags of one process between two rides. It returns when the
// last ride with the old flags had been answered.
func (h *HotROD) restart(ctx context.Context, l *Load, part string, k Knobs) (time.Time, error) {
	l.Pause()
	defer l.Resume()
	at := time.Now()
	time.Sleep(exportDelay)
	h.StopPart(part)
	return at, h.StartPart(ctx, part, k)
}
