package score

import (
	"testing"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// event is a revision of an incident at seconds after noon.
func event(id, what string, seconds int, first string) model.Incident {
	in := model.Incident{ID: id, Event: what, UpdatedAt: noon.Add(time.Duration(seconds) * time.Second), Title: first + " is slow"}
	if first != "" {
		in.Suspects = []model.Suspect{{Service: first}}
	}
	return in
}

func TestDetect(t *testing.T) {
	l := datasets.Labels{Faults: []datasets.Fault{
		fault("found", at(300, 420)),
		fault("named late", at(900, 1020)),
		fault("missed", at(1500, 1620)),
		{ID: "unseen", Stretch: at(2100, 2220)},
	}}
	d := Detect(l, []model.Incident{
		event("a", model.EventOpened, 150, "web"), // nothing was wrong
		event("b", model.EventOpened, 330, "db"),
		event("b", model.EventUpdated, 360, "db"),
		event("b", model.EventResolved, 500, "db"),
		event("c", model.EventOpened, 960, "web"), // found, but blamed on someone else
		event("c", model.EventReopened, 1080, "db"),
		event("d", model.EventOpened, 1710, "db"),    // more than two windows after the third
		event("e", model.EventOpened, 2130, "cache"), // about what the label calls invisible
	}, starts(at(0, 3000)), window)
	if d.Faults != 3 || d.Found != 2 || d.Named != 2 || d.Opened != 4 || len(d.False) != 2 {
		t.Errorf("got %+v", d)
	}
	if len(d.Delays) != 2 || d.Delays[0] != 30*time.Second || d.Delays[1] != time.Minute {
		t.Errorf("delays: got %v, want 30s and 1m", d.Delays)
	}
	// 100 windows, of each fault four and the two after it are no time for false incidents
	if want := (100 - 4*6) * window; d.Healthy != want {
		t.Errorf("healthy for %v, want %v", d.Healthy, want)
	}
	r := d.Report()
	if r.Recall.Hits != 2 || r.Recall.Of != 3 || r.MedianDelaySeconds != 45 || r.MedianDelayWindows != 1.5 || r.FalseIncidents.Events != 2 {
		t.Errorf("got %+v", r)
	}
	if want := "2026-01-01T12:02:30Z web is slow"; len(r.False) != 2 || r.False[0] != want {
		t.Errorf("got %q, want %q first", r.False, want)
	}
}

func TestDetectionsAddUp(t *testing.T) {
	l := datasets.Labels{Faults: []datasets.Fault{fault("f", at(300, 420))}}
	one := Detect(l, []model.Incident{event("a", model.EventOpened, 330, "db")}, starts(at(0, 600)), window)
	two := Detect(datasets.Labels{}, []model.Incident{event("a", model.EventOpened, 330, "db")}, starts(at(0, 600)), window)
	sum := one
	sum.Add(two)
	if sum.Faults != 1 || sum.Found != 1 || len(sum.False) != 1 || sum.Healthy != one.Healthy+two.Healthy || sum.Window != window {
		t.Errorf("got %+v", sum)
	}
}

func TestDetectWithoutTime(t *testing.T) {
	var d Detections
	r := d.Report()
	if s := figure(r.FalseIncidents.PerDay) + figure(r.FalseIncidents.High) + figure(r.MedianDelayWindows); s != "-any-" {
		t.Errorf("got %s", s)
	}
}
