package rig

import (
	"context"
	"fmt"
	"time"
)

// Schedule is a run: quiet, then each fault followed by quiet.
type Schedule struct {
	Quiet  time.Duration // before the first fault
	Faults []Fault
	Fault  time.Duration // length of each
	Pause  time.Duration // quiet after each
}

// Play runs a schedule and returns what happened when. say is told each change.
func Play(ctx context.Context, s Schedule, h *HotROD, l *Load, say func(string)) (Labels, error) {
	out := Labels{System: "hotrod", Start: labelTime(time.Now()), Faults: []Label{}}
	say(fmt.Sprintf("quiet for %s", s.Quiet))
	if err := sleep(ctx, s.Quiet); err != nil {
		return out, err
	}
	out.Baseline = []Stretch{{From: out.Start, To: labelTime(time.Now())}}
	for i, f := range s.Faults {
		on, err := f.On(ctx, h, l)
		if err != nil {
			return out, fmt.Errorf("making %s: %w", f.Name, err)
		}
		say(fmt.Sprintf("%s for %s: %s", f.Name, s.Fault, f.Note))
		if err := sleep(ctx, s.Fault); err != nil {
			return out, err
		}
		off, err := f.Off(ctx, h, l)
		if err != nil {
			return out, fmt.Errorf("ending %s: %w", f.Name, err)
		}
		out.Faults = append(out.Faults, Label{
			ID: fmt.Sprintf("f%02d-%s", i+1, f.Name), From: labelTime(on), To: labelTime(off),
			Type: f.Type, RootCauses: f.Causes, Visible: true, Note: f.Note,
		})
		say(fmt.Sprintf("quiet for %s", s.Pause))
		if err := sleep(ctx, s.Pause); err != nil {
			return out, err
		}
	}
	out.End = labelTime(time.Now())
	return out, nil
}

func labelTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
