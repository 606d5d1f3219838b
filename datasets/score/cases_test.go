package score

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/datasets"
)

const window = 30 * time.Second

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// at is a stretch in seconds after noon.
func at(from, to int) datasets.Stretch {
	return datasets.Stretch{From: noon.Add(time.Duration(from) * time.Second), To: noon.Add(time.Duration(to) * time.Second)}
}

// starts are traces every second of some stretches.
func starts(in ...datasets.Stretch) []int64 {
	var out []int64
	for _, s := range in {
		for t := s.From; t.Before(s.To); t = t.Add(time.Second) {
			out = append(out, t.UnixNano())
		}
	}
	slices.Sort(out)
	return out
}

func fault(id string, s datasets.Stretch) datasets.Fault {
	return datasets.Fault{ID: id, Stretch: s, Visible: true, RootCauses: []datasets.RootCause{{Service: "db"}}}
}

func words(all []datasets.Stretch) string {
	var out []string
	for _, s := range all {
		out = append(out, fmt.Sprintf("%g-%g", s.From.Sub(noon).Seconds(), s.To.Sub(noon).Seconds()))
	}
	return strings.Join(out, " ")
}

func TestCases(t *testing.T) {
	for _, c := range []struct {
		rule    string
		labels  datasets.Labels
		traces  []datasets.Stretch
		healthy int
		want    []string // by fault
	}{
		{
			rule:   "a continuous recording lends the last thirty windows before a fault",
			labels: datasets.Labels{Faults: []datasets.Fault{fault("f", at(3000, 3100))}},
			traces: []datasets.Stretch{at(0, 3600)},
			want:   []string{"2100-3000"},
		},
		{
			rule:   "other faults and the minute after them are not healthy",
			labels: datasets.Labels{Faults: []datasets.Fault{fault("a", at(300, 400)), fault("b", at(600, 700))}},
			traces: []datasets.Stretch{at(0, 900)},
			want:   []string{"0-300", "0-300 480-600"},
		},
		{
			rule:   "where too little is before, what is nearest after joins in",
			labels: datasets.Labels{Faults: []datasets.Fault{fault("f", at(30, 90))}},
			traces: []datasets.Stretch{at(0, 600)},
			want:   []string{"0-30 150-210"},
		},
		{
			rule: "snippets lend the baseline and what is before every fault, later ones too",
			labels: datasets.Labels{
				Baseline: []datasets.Stretch{at(5000, 5060)},
				Faults:   []datasets.Fault{fault("a", at(1000, 1100)), fault("b", at(3000, 3100))},
			},
			traces: []datasets.Stretch{at(900, 1100), at(2900, 3100), at(5000, 5060)},
			want:   []string{"900-1000 2900-3000 5000-5060", "900-1000 2900-3000 5000-5060"},
		},
		{
			rule: "nothing within a minute after a fault is healthy, labelled or not",
			labels: datasets.Labels{
				Baseline: []datasets.Stretch{at(1080, 1200)},
				Faults:   []datasets.Fault{fault("a", at(1000, 1090)), fault("b", at(3000, 3100))},
			},
			traces: []datasets.Stretch{at(900, 1100), at(2900, 3100)},
			want:   []string{"900-1000 1150-1200 2900-3000", "900-1000 1150-1200 2900-3000"},
		},
		{
			rule:    "a limit keeps the nearest windows of a continuous recording",
			labels:  datasets.Labels{Faults: []datasets.Fault{fault("f", at(3000, 3100))}},
			traces:  []datasets.Stretch{at(0, 3600)},
			healthy: 3,
			want:    []string{"2910-3000"},
		},
		{
			rule: "a limit keeps the nearest windows of snippets that hold traces",
			labels: datasets.Labels{
				Faults: []datasets.Fault{fault("a", at(1000, 1100)), fault("b", at(3000, 3100))},
			},
			traces:  []datasets.Stretch{at(900, 960), at(2900, 3100)},
			healthy: 1,
			want:    []string{"930-960", "2970-3000"},
		},
		{
			rule: "invisible faults are no cases, but not healthy either",
			labels: datasets.Labels{Faults: []datasets.Fault{
				{ID: "unseen", Stretch: at(300, 400), RootCauses: []datasets.RootCause{{Service: "db"}}},
				fault("f", at(660, 700)),
			}},
			traces: []datasets.Stretch{at(0, 900)},
			want:   []string{"0-300 480-660"},
		},
	} {
		var got []string
		for _, one := range Cases(c.labels, starts(c.traces...), window, c.healthy) {
			if one.Now != one.Fault.Stretch {
				t.Errorf("%s: now is %v, want the fault as labelled", c.rule, one.Now)
			}
			got = append(got, words(one.Healthy))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.rule, got, c.want)
		}
	}
}

func TestCasesOfNothing(t *testing.T) {
	got := Cases(datasets.Labels{Faults: []datasets.Fault{fault("f", at(0, 60))}}, nil, window, 0)
	if len(got) != 1 || len(got[0].Healthy) != 1 {
		t.Errorf("got %+v, want a case with what was before the fault, though nothing is there", got)
	}
}

func TestCasesKnowWhatElseLasts(t *testing.T) {
	l := datasets.Labels{Faults: []datasets.Fault{fault("a", at(100, 200)), fault("b", at(150, 250)), fault("c", at(250, 300))}}
	for i, want := range []string{"b", "a", ""} {
		got := ""
		for _, f := range Cases(l, starts(at(0, 300)), window, 0)[i].Also {
			got += f.ID
		}
		if got != want {
			t.Errorf("beside %s: got %q, want %q", l.Faults[i].ID, got, want)
		}
	}
}

func TestWatched(t *testing.T) {
	two := datasets.Labels{Faults: []datasets.Fault{fault("later", at(900, 960)), fault("f", at(610, 700))}}
	for _, c := range []struct {
		rule    string
		labels  datasets.Labels
		traces  []datasets.Stretch
		healthy int
		want    float64 // s from noon on
	}{
		{"all of it", two, []datasets.Stretch{at(0, 900)}, 0, 0},
		{"the window of the first fault is not healthy", two, []datasets.Stretch{at(0, 900)}, 3, 510},
		{"windows without traces do not count", two, []datasets.Stretch{at(0, 90), at(570, 900)}, 2, 60},
		{"there are not so many", two, []datasets.Stretch{at(300, 900)}, 30, 300},
		{"no fault", datasets.Labels{}, []datasets.Stretch{at(300, 900)}, 3, 300},
	} {
		got := time.Unix(0, Watched(c.labels, starts(c.traces...), window, c.healthy)).Sub(noon).Seconds()
		if got != c.want {
			t.Errorf("%s: from %g s on, want %g", c.rule, got, c.want)
		}
	}
	if got := Watched(two, nil, window, 3); got != 0 {
		t.Errorf("nothing: %d, want 0", got)
	}
}
