package score

import (
	"slices"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// late is how many windows after a fault an incident may still open and be about it:
// the last window that the fault touches ends within the first, and an alarm may wait
// for a second.
const late = 2

// Detections is what the live engine said about a recording.
type Detections struct {
	Faults  int             // that the recording can show
	Found   int             // of those, told by an incident
	Named   int             // of those, with a root cause as the first suspect when the incident opened
	Delays  []time.Duration // from the beginning of a found fault to the end of the window that told it
	Opened  int             // incidents that belong to a fault, invisible ones included
	False   []model.Incident
	Healthy time.Duration // watched without a fault
	Window  time.Duration
}

// Detect holds the revisions of incidents, in the order in which they were published,
// against the labels. starts are the beginnings of the recording's traces in ns,
// sorted.
func Detect(l datasets.Labels, revisions []model.Incident, starts []int64, window time.Duration) Detections {
	d := Detections{Window: window}
	var opened []model.Incident
	for _, in := range revisions {
		if in.Event == model.EventOpened || in.Event == model.EventReopened {
			opened = append(opened, in)
		}
	}
	about := func(in model.Incident, f datasets.Fault) bool {
		return in.UpdatedAt.After(f.From) && !in.UpdatedAt.After(f.To.Add(late*window))
	}
	for _, in := range opened {
		if slices.ContainsFunc(l.Faults, func(f datasets.Fault) bool { return about(in, f) }) {
			d.Opened++
		} else {
			d.False = append(d.False, in)
		}
	}
	for _, f := range l.Faults {
		if !f.Visible {
			continue
		}
		d.Faults++
		i := slices.IndexFunc(opened, func(in model.Incident) bool { return about(in, f) })
		if i < 0 {
			continue
		}
		d.Found++
		d.Delays = append(d.Delays, opened[i].UpdatedAt.Sub(f.From))
		if slices.ContainsFunc(opened, func(in model.Incident) bool {
			return about(in, f) && len(in.Suspects) > 0 && right(f, in.Suspects[0])
		}) {
			d.Named++
		}
	}
	step := window.Nanoseconds()
	for i := 0; i < len(starts); {
		from := floorTo(starts[i], step)
		at := stretch(from, from+step)
		if !slices.ContainsFunc(l.Faults, func(f datasets.Fault) bool {
			return at.From.Before(f.To.Add(late*window)) && f.From.Before(at.To)
		}) {
			d.Healthy += window
		}
		for i < len(starts) && starts[i] < from+step {
			i++
		}
	}
	return d
}

// right reports whether a suspect is the right answer to a fault: a service of its
// label, or a host or instance where that is all it knows; for a fault without a cause
// nobody.
func right(f datasets.Fault, s model.Suspect) bool {
	if len(f.RootCauses) == 0 {
		return nobody(s)
	}
	for _, l := range Levels() {
		if all := causes(l, f); len(all) > 0 {
			return names(all, placeOf(l, s.Service, s.Operation, s.Instance, s.Attribute))
		}
	}
	return false
}

// Add adds what was said about another recording.
func (d *Detections) Add(o Detections) {
	d.Window = max(d.Window, o.Window)
	d.Faults += o.Faults
	d.Found += o.Found
	d.Named += o.Named
	d.Delays = append(d.Delays, o.Delays...)
	d.Opened += o.Opened
	d.False = append(d.False, o.False...)
	d.Healthy += o.Healthy
}
