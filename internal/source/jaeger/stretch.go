package jaeger

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	"culprit/internal/source"
)

// Read reads a stretch: the owners in full, some others for a few traces, and who
// turns out to be an owner in full too. A server whose first traces show that its
// protocol was chosen too early, there being none yet, is asked in another one.
func (r *reader) Read(ctx context.Context, s *source.Stretch) error {
	err := r.read(ctx, s)
	if errors.Is(err, errDialect) && r.cfg.Protocol == "" {
		r.avoid = ProtocolHTTPv3
		r.Close()
		err = r.read(ctx, s)
	}
	return err
}

func (r *reader) read(ctx context.Context, s *source.Stretch) error {
	if err := r.connected(ctx); err != nil {
		return err
	}
	names, err := r.services(ctx)
	if err != nil {
		return err
	}
	spare := r.Spare()
	r.mu.Lock()
	if r.begun != s {
		r.begun = s
		r.roster.begin(names, r.cfg.ExcludeServices)
	}
	few := r.roster.probes(spare)
	full := r.roster.owners()
	r.mu.Unlock()
	for len(full)+len(few) > 0 {
		if err := r.look(ctx, s.Window, full, few); err != nil {
			return err
		}
		r.mu.Lock()
		few, full = nil, r.roster.owners()
		r.mu.Unlock()
	}
	r.mu.Lock()
	r.full = r.roster.asked()
	r.mu.Unlock()
	return nil
}

func (r *reader) services(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	return r.speaker.services(ctx)
}

// Reread asks those who were asked for all of the stretch for all of it again.
func (r *reader) Reread(ctx context.Context, s *source.Stretch) error {
	if err := r.connected(ctx); err != nil {
		return err
	}
	return r.look(ctx, s.Window, r.full, nil)
}

// Recall fetches traces one by one.
func (r *reader) Recall(ctx context.Context, s *source.Stretch, ids []pcommon.TraceID) error {
	if err := r.connected(ctx); err != nil {
		return err
	}
	hints := source.Window{From: s.From.Add(-s.Length()), To: r.cfg.Now()}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.cfg.Concurrency)
	for _, id := range ids {
		g.Go(func() error { return r.recall(ctx, id, s.Window, hints) })
	}
	return g.Wait()
}

func (r *reader) recall(ctx context.Context, id pcommon.TraceID, w, hints source.Window) error {
	a, err := r.request(ctx, "trace "+id.String(), func(ctx context.Context, room *room) ([]ptrace.Traces, error) {
		return r.speaker.get(ctx, id, hints, room)
	})
	defer a.room.release()
	if errors.Is(err, errTooLarge) {
		r.Cut("", "a trace is larger than max_response_bytes")
		return nil
	}
	if err != nil {
		return err
	}
	return r.Take(ctx, w, a.traces)
}
