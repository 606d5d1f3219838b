package app

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// Demo plays a labelled recording through the live service.
type Demo struct {
	Config Config
	Pack   datasets.Pack
	Speed  float64 // so many times as fast as it was
	Log    *slog.Logger
	// Ready is told where REST answers and NATS listens.
	Ready func(rest net.Addr, nats string)
	// Told is told each incident as it is published.
	Told func(model.Incident)
	// Ended is told, when the recording is over, whether the culprits were named.
	Ended func([]Outcome)
}

// Outcome says how a labelled fault was told.
type Outcome struct {
	Fault    datasets.Fault
	Incident *model.Incident // nil: it was not told
	Rank     int             // of the first suspect that the label names; 0: none
}

// Run plays the recording and goes on serving until ctx ends.
func (d Demo) Run(ctx context.Context) error {
	labels, err := d.Pack.Labels()
	if err != nil {
		return err
	}
	book := struct {
		sync.Mutex
		told map[string]model.Incident
	}{told: map[string]model.Incident{}}
	play := newPlayback("recording "+labels.System, d.Pack, d.Speed)
	s, err := New(d.Config, d.Log, WithSource(play.name, play), OnAppend(func(in model.Incident) {
		book.Lock()
		book.told[in.ID] = in
		book.Unlock()
		d.Told(in)
	}))
	if err != nil {
		return err
	}
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	select {
	case err := <-over:
		return err
	case <-s.ready:
		d.Ready(s.addr, s.bus.Address())
	}
	select {
	case err := <-over:
		return err
	case <-play.ended:
		book.Lock()
		out := outcomes(labels, book.told, d.Config.Engine.Window)
		book.Unlock()
		d.Ended(out)
	}
	return <-over
}

// outcomes holds what was told against the labels. A fault is told by the incidents that
// began while it lasted, give or take two windows; the best of them counts.
func outcomes(l datasets.Labels, told map[string]model.Incident, window time.Duration) []Outcome {
	var out []Outcome
	for _, f := range l.Faults {
		o := Outcome{Fault: f}
		for _, in := range sorted(told) {
			if in.OpenedAt.Before(f.From) || in.OpenedAt.After(f.To.Add(2*window)) {
				continue
			}
			rank := 0
			for i, s := range in.Suspects {
				if f.Names(s) {
					rank = i + 1
					break
				}
			}
			if o.Incident == nil || rank > 0 && (o.Rank == 0 || rank < o.Rank) {
				o.Incident, o.Rank = &in, rank
			}
		}
		out = append(out, o)
	}
	return out
}
