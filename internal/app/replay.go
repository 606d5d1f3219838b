package app

import (
	"context"
	"fmt"
	"time"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/model"
)

// Recording is read from its beginning to its end: batches in order of arrival. A batch
// with a watermark says how far the live service had read by then; a recording without
// any is sorted by event time.
type Recording interface {
	Read(ctx context.Context, take func(source.Batch) error) error
}

// ReplayOptions says how a recording is replayed. The zero value replays all of it as
// fast as it goes.
type ReplayOptions struct {
	From, To time.Time // only traces that begin in [From, To)
	Speed    float64   // so many times as fast as it was; 0 is as fast as it goes
	Engine   engine.Config
	// TraceURL gives the URL of a trace's page that the recording holds. It is asked before the
	// first incident is told, and not at all if Engine has one.
	TraceURL func() string
}

// Replay runs the engine over a recording from an empty state and calls emit with every
// revision of an incident, in the order in which the live service would have published
// it. What is open at the end is left open.
//
// A recording with watermarks is taken in as the live service took it in; with a stretch
// given, and without watermarks, whole traces are sorted into their windows, empty time is
// skipped and the last window is judged. The warnings say what was wrong with the
// recording, also when there is an error.
func Replay(ctx context.Context, rec Recording, o ReplayOptions, emit func(model.Incident) error) ([]model.Warning, error) {
	r := replay{
		ctx:   ctx,
		pipe:  newPipeline(o.Engine),
		held:  newHeld(o.Engine.MaxSpans),
		clock: clock{speed: o.Speed},
		sort:  !o.From.IsZero() || !o.To.IsZero(),
		emit:  emit,
		url:   o.TraceURL,
	}
	if noted, ok := rec.(interface {
		Notes() ([]model.Note, []model.Warning, error)
	}); ok {
		notes, warnings, err := noted.Notes()
		if err != nil {
			return nil, err
		}
		r.pipe.warn(warnings)
		r.notes(notes)
	}
	err := rec.Read(ctx, r.take)
	if err == nil {
		err = r.rest(o.From, o.To)
	}
	return r.pipe.warnings(), err
}

type replay struct {
	ctx    context.Context
	pipe   *pipeline
	held   *held // until the first watermark
	marked bool  // a watermark has been seen
	sort   bool  // watermarks are to be ignored
	clock  clock
	emit   func(model.Incident) error
	url    func() string
}

// take takes in one batch of the recording.
func (r *replay) take(b source.Batch) error {
	r.pipe.warn(b.Warnings)
	if !r.sort {
		if err := r.clock.wait(r.ctx, b); err != nil {
			return err
		}
	}
	if !r.marked {
		if err := r.held.add(r.pipe.inOrder(b.Traces)); err != nil {
			return err
		}
		if b.Watermark.IsZero() || r.sort {
			return nil
		}
		r.marked = true
		for _, t := range r.held.traces { // what came before the first watermark, as it came
			r.pipe.engine.Shard(r.pipe.shardOf(t.frag)).Add(t.frag)
		}
		r.held = nil
	} else {
		r.pipe.take(b.Traces)
	}
	if b.Watermark.IsZero() {
		return nil
	}
	return r.advance(b.Watermark)
}

// notes hands over what was said to the live service. The last revision of an
// incident that it is about is remembered until it takes effect.
func (r *replay) notes(notes []model.Note) {
	about := map[string]model.Incident{}
	for _, n := range notes {
		if effective(n) {
			r.pipe.notes = append(r.pipe.notes, n)
			about[n.Incident] = model.Incident{}
		}
	}
	r.pipe.find = func(id string) (model.Incident, bool) {
		in, ok := about[id]
		return in, ok && in.ID != ""
	}
	emit := r.emit
	r.emit = func(in model.Incident) error {
		if _, ok := about[in.ID]; ok {
			about[in.ID] = in
		}
		return emit(in)
	}
}

func (r *replay) advance(to time.Time) error {
	if r.url != nil && r.pipe.url == "" {
		r.pipe.url = r.url()
	}
	incidents, _ := r.pipe.advance(to)
	return r.say(incidents)
}

func (r *replay) say(incidents []model.Incident) error {
	for _, in := range incidents {
		if err := r.emit(in); err != nil {
			return fmt.Errorf("writing incident %s: %w", in.ID, err)
		}
	}
	return nil
}

// rest sorts what has no watermarks into its windows and judges them one after the other.
func (r *replay) rest(from, to time.Time) error {
	if r.marked {
		return nil
	}
	traces := r.held.stretch(from, to)
	r.held = nil
	for len(traces) > 0 {
		if err := r.ctx.Err(); err != nil {
			return context.Cause(r.ctx)
		}
		end := alignTo(time.Unix(0, traces[0].start()), r.pipe.window).Add(r.pipe.window)
		n := 0
		for n < len(traces) && traces[n].start() < end.UnixNano() {
			t := traces[n].frag
			r.pipe.engine.Shard(r.pipe.shardOf(t)).Add(t)
			traces[n].frag = nil
			n++
		}
		traces = traces[n:]
		if err := r.advance(end); err != nil {
			return err
		}
		if err := pace(r.ctx, r.pipe.window, r.clock.speed); err != nil {
			return err
		}
	}
	return r.say(r.pipe.finish())
}
