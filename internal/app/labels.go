package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"culprit/api/client"
	"culprit/datasets"
	"culprit/model"
)

// Labels makes labels of the feedback that a running service has, for the recording that
// it makes. unsaid is how many incidents nobody has said anything about: they are taken to
// be right, so that the score of what was judged is not mixed with false incidents
// that nobody has called false.
//
// A fault lasts from the onset to the last window in which its incident was seen to be
// wrong. Stretches between faults, with an hour on either side of all, are baseline.
func Labels(ctx context.Context, s *client.Service, params *client.ListIncidentsParams, system string) (l datasets.Labels, unsaid int, err error) {
	l = datasets.Labels{System: system, Baseline: []datasets.Stretch{}, Faults: []datasets.Fault{}}
	st, err := s.Status(ctx)
	if err != nil {
		return l, 0, err
	}
	window, err := time.ParseDuration(st.Window)
	if err != nil {
		return l, 0, err
	}
	for in, err := range s.Every(ctx, params) {
		if err != nil {
			return l, unsaid, err
		}
		begin, end := in.StartedAt, in.UpdatedAt
		if in.State == model.StateOpen {
			end = st.Watermark
		}
		if l.Start.IsZero() || begin.Before(l.Start) {
			l.Start = begin
		}
		if end.After(l.End) {
			l.End = end
		}
		f, said := faultOf(&in, datasets.Stretch{From: begin, To: end}, window)
		if !said {
			unsaid++
		}
		if f != nil {
			l.Faults = append(l.Faults, *f)
		}
	}
	slices.SortFunc(l.Faults, func(a, b datasets.Fault) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	if l.Start.IsZero() {
		l.Start, l.End = st.Watermark, st.Watermark
	}
	l.Start, l.End = l.Start.Add(-time.Hour), later(l.End, st.Watermark)
	l.Baseline = between(l)
	return l, unsaid, nil
}

// faultOf is the fault that an incident told of, nil if it was none. said reports whether
// somebody has said so.
func faultOf(in *model.Incident, at datasets.Stretch, window time.Duration) (f *datasets.Fault, said bool) {
	f = &datasets.Fault{ID: in.ID, Stretch: at, Visible: true, Note: in.Title, RootCauses: []datasets.RootCause{}}
	if !f.To.After(f.From) {
		f.To = f.From.Add(window)
	}
	if len(in.Suspects) > 0 {
		x := in.Suspects[0]
		f.Type = x.Kind
		if x.Service != "" || x.Instance != "" || x.Attribute != nil {
			f.RootCauses = append(f.RootCauses, datasets.RootCause{Service: x.Service, Operation: x.Operation, Instance: x.Instance, Attribute: x.Attribute})
		}
	}
	if in.Marks == nil || in.Marks.Feedback == nil || in.Marks.Feedback.Feedback == nil {
		return f, false
	}
	n := in.Marks.Feedback
	if n.Comment != "" {
		f.Note = n.Comment
	}
	switch fb := n.Feedback; {
	case fb.Verdict == model.VerdictRight:
		return f, true
	case fb.Verdict == model.VerdictWrong && len(fb.Causes) > 0:
		f.RootCauses = f.RootCauses[:0]
		for _, c := range fb.Causes {
			f.RootCauses = append(f.RootCauses, datasets.RootCause{Service: c.Service, Operation: c.Operation, Instance: c.Instance, Attribute: c.Attribute})
		}
		f.Type = cmp.Or(fb.Causes[0].Kind, "told otherwise")
		return f, true
	}
	return nil, true
}

// between lists what lies between the faults.
func between(l datasets.Labels) []datasets.Stretch {
	out := []datasets.Stretch{}
	at := l.Start
	for _, f := range l.Faults {
		if f.From.After(at) {
			out = append(out, datasets.Stretch{From: at, To: f.From})
		}
		at = later(at, f.To)
	}
	if l.End.After(at) {
		out = append(out, datasets.Stretch{From: at, To: l.End})
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
