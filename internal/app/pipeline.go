package app

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/engine"
	"culprit/model"
)

// pipeline is the way from OTLP traces to changed incidents. It is not safe for
// concurrent use, but for count; what runs side by side inside a call has ended when it
// returns.
type pipeline struct {
	*conversion
	tally
	engine *engine.Engine
	shards int
	window time.Duration
	url    string       // of a trace's page
	closed time.Time    // all windows before it are judged
	notes  []model.Note // still to take effect, by time
	find   func(id string) (model.Incident, bool)
}

func newPipeline(cfg engine.Config) *pipeline {
	c := newConversion(cfg.Shards)
	p := &pipeline{conversion: c, engine: engine.New(cfg, c.table), shards: cfg.Shards, window: cfg.Window, url: cfg.TraceURL,
		find: func(string) (model.Incident, bool) { return model.Incident{}, false }}
	p.recount()
	return p
}

// take adds the traces to the windows that they belong to. Each shard gets its fragments
// in the order in which they came, so that the number of shards changes nothing.
func (p *pipeline) take(messages []ptrace.Traces) {
	if len(messages) == 0 {
		return
	}
	defer p.changes()()
	parts := make([][][]*model.Fragment, len(messages)) // by message and shard
	for i := range parts {
		parts[i] = make([][]*model.Fragment, p.shards)
	}
	p.all(messages, func(i int, f *model.Fragment) {
		s := p.shardOf(f)
		parts[i][s] = append(parts[i][s], f)
	})
	sideBySide(p.shards, func(shard int) {
		s := p.engine.Shard(shard)
		for i := range parts {
			for _, f := range parts[i][shard] {
				s.Add(f)
			}
		}
	})
}

func (p *pipeline) shardOf(f *model.Fragment) int {
	return int(f.Trace.Hash() % uint64(p.shards))
}

// advance judges the windows that end at or before the watermark and returns the
// revisions that they caused, and those that notes caused which were made between them. It
// reports false if there is no such window.
func (p *pipeline) advance(watermark time.Time) ([]model.Incident, bool) {
	end := alignTo(watermark, p.window)
	if !end.After(p.closed) {
		return nil, false
	}
	out := p.due()
	for len(p.notes) > 0 {
		at := alignTo(p.notes[0].At.Add(p.window-1), p.window)
		if !at.Before(end) {
			break
		}
		out = append(out, p.to(at)...)
		out = append(out, p.due()...)
	}
	out = append(out, p.to(end)...)
	return append(out, p.due()...), true
}

// to judges the windows that end at or before a moment.
func (p *pipeline) to(end time.Time) []model.Incident {
	p.close(end)
	p.closed = end
	return p.linked(p.engine.Advance(end))
}

// close assembles and sums up what belongs to the windows that end at or before a moment.
func (p *pipeline) close(end time.Time) {
	defer p.changes()()
	sideBySide(p.shards, func(i int) { p.engine.Shard(i).Close(end) })
}

// warn adds warnings from elsewhere.
func (p *pipeline) warn(ws []model.Warning) {
	defer p.changes()()
	p.conversion.warn(ws)
}

// finish judges what is left at the end of a recording.
func (p *pipeline) finish() []model.Incident { return p.linked(p.engine.Finish()) }

func (p *pipeline) linked(ins []model.Incident) []model.Incident {
	for i := range ins {
		ins[i] = link(ins[i], p.url)
	}
	return ins
}

// alignTo rounds down to the start of a window. Windows are aligned to 1970.
func alignTo(t time.Time, window time.Duration) time.Time {
	r := t.UnixNano() % int64(window)
	if r < 0 {
		r += int64(window)
	}
	return t.Add(-time.Duration(r)).UTC()
}
